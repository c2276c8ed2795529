//! Evaluates templates with abstract values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::reads::Reads;
use super::value::{Abstract, Path, Step, join, key};
use gotemplate::Template;
use gotemplate::ast::{Branch, Command, Fields, List, Node, Operand, Pipeline, Tree, Variable};
use source::Span;

/// The nesting limit of template calls. Beyond it the analysis gives up.
const MAX_DEPTH: usize = 60;
/// The limit on evaluated commands. Beyond it the analysis gives up.
const MAX_STEPS: usize = 3_000_000;
/// The nesting limit of abstract values. Recursive templates build ever deeper ones.
const MAX_NESTING: usize = 12;

/// The state of an analysis.
#[derive(Default)]
pub(super) struct Evaluator<'a> {
    pub(super) reads: Reads,
    /// The paths of the values of all charts.
    pub(super) charts: BTreeSet<Path>,
    /// String values that are templates, as possible arguments of `tpl`.
    pub(super) texts: Vec<Arc<Template>>,
    pub(super) called: Vec<(Arc<str>, Span)>,
    pub(super) calls_unknown: bool,
    /// The names of templates that something may call.
    pub(super) reached: BTreeSet<Arc<str>>,
    templates: BTreeMap<Arc<str>, Vec<&'a Tree>>,
    /// The names and texts of the templates, so that copies in subcharts are analysed only once.
    texts_of_templates: BTreeSet<(Arc<str>, String)>,
    /// The templates that are files. All others are definitions.
    files: BTreeSet<Arc<str>>,
    done: BTreeSet<(*const Tree, Abstract)>,
    depth: usize,
    steps: usize,
    is_over: bool,
    /// The number of enclosing templates that come from string values; their places are not in files of the chart.
    in_text: usize,
    /// The number of enclosing guards: positive while the current value may be missing.
    pub(super) guards: usize,
}

/// The dot and the variables of a template.
pub(super) struct Scope {
    pub(super) dot: Abstract,
    variables: Vec<(Arc<str>, Abstract)>,
}

impl<'a> Evaluator<'a> {
    /// Registers a template, unless it is a copy of a known one.
    pub(super) fn define(&mut self, template: &Template, tree: &'a Tree) {
        if tree.name == template.name {
            self.files.insert(Arc::clone(&tree.name));
        }
        let known = (Arc::clone(&tree.name), tree.root.to_string());
        if self.texts_of_templates.insert(known) {
            self.templates.entry(Arc::clone(&tree.name)).or_default().push(tree);
        }
    }

    /// Whether the analysis gave up.
    pub(super) fn gave_up(&self) -> bool {
        self.is_over
    }

    /// The names of definitions, without those of files.
    fn definitions(&self) -> impl Iterator<Item = &Arc<str>> {
        self.templates.keys().filter(|name| !self.files.contains(*name))
    }

    /// Evaluates a template, unless it has been evaluated with the same dot.
    pub(super) fn template(&mut self, tree: &Tree, dot: &Abstract) {
        if self.is_over || !self.done.insert((std::ptr::from_ref(tree), dot.clone())) {
            return;
        }
        if self.depth >= MAX_DEPTH || dot.depth() > MAX_NESTING {
            self.is_over = true;
            return;
        }
        self.depth += 1;
        let guards = std::mem::take(&mut self.guards);
        let mut scope = Scope {
            dot: dot.clone(),
            variables: vec![("$".into(), dot.clone())],
        };
        self.list(&tree.root, &mut scope);
        self.guards = guards;
        self.depth -= 1;
    }

    /// Evaluates every template that a name can refer to.
    pub(super) fn call(&mut self, name: &Abstract, span: Span, dot: &Abstract) {
        let names: Vec<Arc<str>> = match name {
            Abstract::Text(name) => {
                if self.in_text == 0 {
                    self.called.push((Arc::clone(name), span));
                }
                vec![Arc::clone(name)]
            }
            Abstract::Pattern(pattern) => {
                let parts: Vec<&str> = pattern.split('*').collect();
                self.definitions().filter(|name| fits(name, &parts)).cloned().collect()
            }
            Abstract::Either(names) => {
                return names.clone().iter().for_each(|name| self.call(name, span, dot));
            }
            _ => {
                self.calls_unknown = true;
                self.definitions().cloned().collect()
            }
        };
        for name in names {
            self.reached.insert(Arc::clone(&name));
            for tree in self.templates.get(&name).cloned().unwrap_or_default() {
                self.template(tree, dot);
            }
        }
    }

    /// Evaluates the string values that are templates.
    pub(super) fn rendered_texts(&mut self, dot: &Abstract) {
        let texts = self.texts.clone();
        self.in_text += 1;
        for template in &texts {
            if let Some(tree) = template.trees.last() {
                self.template(tree, dot);
            }
        }
        self.in_text -= 1;
    }

    /// Evaluates a list. Returns whether it always ends the render with `fail`; its assignments then have no effect.
    fn list(&mut self, list: &List, scope: &mut Scope) -> bool {
        let depth = scope.variables.len();
        let mut ends = false;
        for node in &list.nodes {
            ends |= self.node(node, scope);
        }
        scope.variables.truncate(depth);
        ends
    }

    fn node(&mut self, node: &Node, scope: &mut Scope) -> bool {
        let mut ends = false;
        match node {
            Node::Action(action) => {
                let value = self.pipeline(&action.pipeline, scope);
                if action.pipeline.declarations.is_empty() {
                    self.whole(&value);
                }
                let last = action.pipeline.commands.last().map(|command| &command.operands[0]);
                ends = matches!(last, Some(Operand::Identifier(_, name)) if &**name == "fail");
            }
            Node::If(branch) => {
                let depth = scope.variables.len();
                self.guarded(|this| this.pipeline(&branch.pipeline, scope));
                ends = self.bodies(branch, scope, None);
                scope.variables.truncate(depth);
            }
            Node::With(branch) => {
                let depth = scope.variables.len();
                let value = self.guarded(|this| this.pipeline(&branch.pipeline, scope));
                ends = self.bodies(branch, scope, Some(value));
                scope.variables.truncate(depth);
            }
            Node::Range(branch) => self.range(branch, scope),
            Node::Template(call) => {
                let dot = match &call.pipeline {
                    Some(pipeline) => self.pipeline(pipeline, scope),
                    None => Abstract::Unknown,
                };
                self.call(&Abstract::Text(Arc::clone(&call.name)), call.meta.span, &dot);
            }
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => {}
        }
        ends
    }

    /// Evaluates both bodies and merges their assignments. Returns whether both end the render.
    fn bodies(&mut self, branch: &Branch, scope: &mut Scope, dot: Option<Abstract>) -> bool {
        let outer = scope.dot.clone();
        let before = scope.variables.clone();
        if let Some(dot) = dot {
            scope.dot = dot;
        }
        let first_ends = self.list(&branch.list, scope);
        scope.dot = outer;
        let after = std::mem::replace(&mut scope.variables, before);
        let second_ends = branch.else_list.as_ref().is_some_and(|list| self.list(list, scope));
        match (first_ends, second_ends) {
            (true, _) => {}
            (false, true) => scope.variables = after,
            (false, false) => {
                for ((_, known), (_, other)) in scope.variables.iter_mut().zip(after) {
                    if *known != other {
                        *known = Abstract::either([known.clone(), other]).unwrap_or(Abstract::Unknown);
                    }
                }
            }
        }
        first_ends && second_ends
    }

    fn range(&mut self, branch: &Branch, scope: &mut Scope) {
        let depth = scope.variables.len();
        let mut bare = branch.pipeline.clone();
        bare.declarations.clear();
        let value = self.guarded(|this| this.pipeline(&bare, scope));
        let item = self.item(&value);
        self.touch(&item);
        let names = &branch.pipeline.declarations;
        match &names[..] {
            [item_name] => self.declare(&branch.pipeline, item_name, item.clone(), scope),
            [index, item_name, ..] => {
                self.declare(&branch.pipeline, index, Abstract::Unknown, scope);
                self.declare(&branch.pipeline, item_name, item.clone(), scope);
            }
            [] => {}
        }
        self.bodies(branch, scope, Some(item));
        scope.variables.truncate(depth);
    }

    fn declare(&mut self, pipeline: &Pipeline, variable: &Variable, value: Abstract, scope: &mut Scope) {
        let name = &variable.name;
        if pipeline.is_assign {
            // Its later value depends on the control flow, so all of the value counts as read.
            self.whole(&value);
            if let Some((_, known)) = scope.variables.iter_mut().rev().find(|(known, _)| known == name) {
                *known = value;
            }
        } else {
            scope.variables.push((Arc::clone(name), value));
        }
    }

    /// Evaluates something that may be missing.
    pub(super) fn guarded<T>(&mut self, look: impl FnOnce(&mut Self) -> T) -> T {
        self.guards += 1;
        let result = look(self);
        self.guards -= 1;
        result
    }

    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Abstract {
        // A value piped into `default` and the like may be missing.
        let guards = usize::from(pipeline.commands[1..].iter().any(super::calls::takes_absent));
        self.guards += guards;
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, value.take(), scope));
        }
        self.guards -= guards;
        let value = value.unwrap_or(Abstract::Unknown);
        for variable in &pipeline.declarations {
            self.declare(pipeline, variable, value.clone(), scope);
        }
        value
    }

    fn command(&mut self, command: &Command, piped: Option<Abstract>, scope: &mut Scope) -> Abstract {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            self.is_over = true;
        }
        if self.is_over {
            return Abstract::Unknown;
        }
        let (first, rest) = (&command.operands[0], &command.operands[1..]);
        match first {
            Operand::Identifier(_, name) => self.function(name, rest, piped, scope),
            _ if rest.is_empty() && piped.is_none() => self.operand(first, scope),
            _ => {
                // A method call: `.Files.Get`, `.Capabilities.APIVersions.Has`.
                let callee = self.operand(first, scope);
                self.whole(&callee);
                for operand in rest {
                    let value = self.operand(operand, scope);
                    self.whole(&value);
                }
                if let Some(piped) = piped {
                    self.whole(&piped);
                }
                Abstract::Unknown
            }
        }
    }

    pub(super) fn operand(&mut self, operand: &Operand, scope: &mut Scope) -> Abstract {
        let span = operand.meta().span;
        match operand {
            Operand::Dot(_) => scope.dot.clone(),
            Operand::String(_, string) => Abstract::Text(Arc::clone(&string.text)),
            Operand::Nil(_) | Operand::Bool(..) | Operand::Number(..) => Abstract::Unknown,
            Operand::Identifier(_, name) => self.function(name, &[], None, scope),
            Operand::Field(_, fields) => {
                let dot = scope.dot.clone();
                self.fields(dot, fields, span)
            }
            Operand::Variable(variable) => {
                let mut known = scope.variables.iter().rev();
                let known = known.find(|(known, _)| *known == variable.name);
                let value = known.map_or(Abstract::Unknown, |(_, value)| value.clone());
                self.fields(value, &variable.fields, span)
            }
            Operand::Pipeline(pipeline) => self.pipeline(pipeline, scope),
            Operand::Chain(chain) => {
                let value = self.operand(&chain.operand, scope);
                self.fields(value, &chain.fields, span)
            }
        }
    }

    fn fields(&mut self, value: Abstract, fields: &Fields, span: Span) -> Abstract {
        if fields.is_empty() {
            return value;
        }
        let value = fields.names().fold(value, |value, name| self.field(&value, name));
        self.touch(&value);
        if self.in_text == 0 {
            self.note(&value, span);
        }
        value
    }

    /// Records the place of a read.
    fn note(&mut self, value: &Abstract, span: Span) {
        if let Abstract::At(path) = value {
            self.reads.place(path, span, self.guards > 0);
        }
    }

    /// A field of a value.
    pub(super) fn field(&mut self, value: &Abstract, name: &str) -> Abstract {
        match value {
            Abstract::Dot(path) => match name {
                "Values" => Abstract::At(path.clone()),
                "Subcharts" => {
                    let below = self
                        .charts
                        .iter()
                        .filter(|chart| chart.len() == path.len() + 1 && chart.starts_with(path));
                    let entries = below.filter_map(|chart| match chart.last() {
                        Some(Step::Key(name)) => Some((Arc::clone(name), Abstract::Dot(chart.clone()))),
                        _ => None,
                    });
                    Abstract::Dict(Arc::new(entries.collect()))
                }
                _ => Abstract::Unknown,
            },
            Abstract::At(path) => Abstract::At(join(path, Step::Key(name.into()))),
            Abstract::Dict(entries) => entries.get(name).cloned().unwrap_or(Abstract::Unknown),
            Abstract::Either(values) => {
                let fields: Vec<Abstract> = values.iter().map(|value| self.field(value, name)).collect();
                self.either(&fields)
            }
            _ => Abstract::Unknown,
        }
    }

    /// The element of a value in a `range`.
    pub(super) fn item(&mut self, value: &Abstract) -> Abstract {
        match value {
            Abstract::At(path) => Abstract::At(join(path, Step::Any)),
            Abstract::List(item) => (**item).clone(),
            Abstract::Dict(entries) => {
                let items: Vec<Abstract> = entries.values().cloned().collect();
                self.either(&items)
            }
            Abstract::Either(values) => {
                let items: Vec<Abstract> = values.iter().map(|value| self.item(value)).collect();
                self.either(&items)
            }
            Abstract::Dot(_) => {
                self.whole(value);
                Abstract::Unknown
            }
            _ => Abstract::Unknown,
        }
    }

    /// One of several values. If there are too many, all of them count as read.
    pub(super) fn either(&mut self, values: &[Abstract]) -> Abstract {
        if let Some(value) = Abstract::either(values.iter().cloned()) {
            return value;
        }
        values.iter().for_each(|value| self.whole(value));
        Abstract::Unknown
    }

    /// Marks a value as read, without its contents.
    pub(super) fn touch(&mut self, value: &Abstract) {
        match value {
            Abstract::At(path) => self.for_paths(path, Reads::touch),
            Abstract::Either(values) => values.iter().for_each(|value| self.touch(value)),
            _ => {}
        }
    }

    /// Marks a value as read, with all of its contents.
    pub(super) fn whole(&mut self, value: &Abstract) {
        match value {
            Abstract::At(path) | Abstract::Dot(path) => self.for_paths(path, Reads::whole),
            Abstract::Dict(entries) => entries.values().for_each(|value| self.whole(value)),
            Abstract::List(item) => self.whole(item),
            Abstract::Either(values) => values.iter().for_each(|value| self.whole(value)),
            Abstract::Unknown | Abstract::Text(_) | Abstract::Pattern(_) => {}
        }
    }

    /// Applies a read to a path. A global value of a subchart may come from any chart above it.
    fn for_paths(&mut self, path: &Path, read: fn(&mut Reads, &Path)) {
        read(&mut self.reads, path);
        let global = key(chart::values::GLOBAL);
        let Some(at) = path.iter().position(|step| *step == global) else {
            return;
        };
        if self.charts.contains(&path[..at]) {
            for end in 0..at {
                let above: Path = path[..end].iter().chain(&path[at..]).cloned().collect();
                read(&mut self.reads, &above);
            }
        }
    }
}

/// Whether a name matches a pattern given by its parts: in order, the first at the start and the last at the end.
pub(in super::super) fn fits(name: &str, parts: &[&str]) -> bool {
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return true;
    };
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    for part in &parts[1..] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    name.ends_with(last)
}
