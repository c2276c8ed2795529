//! Goes through templates and notes under which conditions each branch is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::branches::Arm;
use super::super::parsed::ParsedChart;
use super::super::usage::value::{Path, Step, key};
use super::formula::{Atom, Constant, Formula, Known};
use super::shape::Shape;
use chart::Metadata;
use engine::render::Release;
use gotemplate::ast::{Branch, Command, Fields, List, Node, Operand, Pipeline, Tree, Variable};
use source::Span;

/// How deep templates may call templates before nothing more is said.
const MAX_DEPTH: usize = 40;
/// How many commands may be looked at.
const MAX_STEPS: usize = 1_000_000;
/// How often a template is gone through with one dot: under other conditions it has other ways.
const MAX_VISITS: usize = 2;
/// How many items of a list or map that a template makes are gone through one by one.
const MAX_TURNS: usize = 40;
/// How many ways to a branch are kept.
const MAX_GOALS: usize = 8;

/// The conditions on the way from the rendered file to an arm: all of them must be as said for the arm to be taken.
pub(super) type Needs = Vec<(Formula, bool)>;

/// A place at which the render ends unless something holds.
#[derive(Debug)]
pub(super) struct Demand {
    pub(super) span: Span,
    /// Conditions that must not all hold, or what must be there.
    pub(super) ways: Vec<(Formula, bool)>,
}

/// The conditions of a chart's templates, as far as they are understood.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    /// The ways to each branch.
    pub(super) goals: BTreeMap<Arm, Vec<Needs>>,
    /// Where renders end.
    pub(super) demands: Vec<Demand>,
    /// How values are used.
    pub(super) shape: Shape,
    /// The paths at which the values of charts begin.
    pub(super) charts: BTreeSet<Path>,
}

/// A template with its file.
#[derive(Clone, Debug)]
pub(super) struct Named<'a> {
    file: Arc<str>,
    tree: &'a Tree,
}

/// The state of the walk.
pub(super) struct Interpreter<'a> {
    pub(super) found: Conditions,
    templates: BTreeMap<Arc<str>, Named<'a>>,
    /// The result of a template with a dot, and how often it was interpreted.
    done: BTreeMap<(*const Tree, Known), (usize, Known)>,
    /// The fields that templates set in the root context of a chart for other templates, by name.
    pub(super) kept: BTreeMap<(Path, Arc<str>), Known>,
    /// `.Release`, as far as it is known.
    builtins: Known,
    /// `.Chart`, as far as it is known, by where the values of the chart begin.
    metadata: BTreeMap<Path, Known>,
    /// The conditions that hold here.
    needs: Needs,
    file: Arc<str>,
    depth: usize,
    steps: usize,
}

impl Default for Interpreter<'_> {
    fn default() -> Self {
        Self {
            found: Conditions::default(),
            templates: BTreeMap::new(),
            done: BTreeMap::new(),
            kept: BTreeMap::new(),
            builtins: Known::Unknown,
            metadata: BTreeMap::new(),
            needs: Needs::new(),
            file: "".into(),
            depth: 0,
            steps: 0,
        }
    }
}

/// `.Release`
fn builtins(release: &Release) -> Known {
    let upgrade = Formula::Atom(Atom::Upgrade);
    dict([
        ("Name", Known::text(&release.name)),
        ("Namespace", Known::text(&release.namespace)),
        ("Service", Known::text("Helm")),
        ("Revision", Known::Constant(Constant::Int(release.revision))),
        ("IsUpgrade", Known::Truth(upgrade.clone())),
        ("IsInstall", Known::Truth(upgrade.not())),
    ])
}

/// `.Chart`
fn metadata(metadata: &Metadata) -> Known {
    dict([
        ("Name", Known::text(&metadata.name)),
        ("Version", Known::text(&metadata.version)),
        ("AppVersion", Known::text(&metadata.app_version)),
        ("Type", Known::text(&metadata.chart_type)),
        ("Annotations", Known::Unknown),
        ("Dependencies", Known::Unknown),
        ("KubeVersion", Known::text(&metadata.kube_version)),
        ("Description", Known::text(&metadata.description)),
        ("Home", Known::text(&metadata.home)),
        ("Icon", Known::text(&metadata.icon)),
        ("Deprecated", Known::Constant(Constant::Bool(metadata.deprecated))),
    ])
}

fn dict<const N: usize>(entries: [(&str, Known); N]) -> Known {
    Known::Dict(Arc::new(
        entries.into_iter().map(|(key, known)| (key.into(), known)).collect(),
    ))
}

/// The variables of a template, and its dot.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) dot: Known,
    pub(super) variables: Vec<(Arc<str>, Known)>,
}

/// The conditions of a chart and its subcharts.
pub(super) fn conditions(chart: &ParsedChart, release: &Release) -> Conditions {
    let mut interpreter = Interpreter {
        builtins: builtins(release),
        ..Interpreter::default()
    };
    let charts = chart.walk();
    let mut files = Vec::new();
    for (path, chart) in &charts {
        let prefix: Path = path.iter().map(|name| key(name)).collect();
        interpreter.found.charts.insert(prefix.clone());
        interpreter
            .metadata
            .insert(prefix.clone(), metadata(&chart.chart.metadata));
        for template in &chart.templates {
            files.push((template, prefix.clone(), chart.chart.is_library()));
        }
    }
    // As the engine reads them: of two definitions with one name the last one counts, unless it is empty.
    files.sort_by(|(a, ..), (b, ..)| {
        let depth = |name: &str| name.matches('/').count();
        depth(&b.name).cmp(&depth(&a.name)).then_with(|| b.name.cmp(&a.name))
    });
    for (template, ..) in &files {
        for tree in &template.trees {
            if tree.root.is_empty() && interpreter.templates.contains_key(&tree.name) {
                continue;
            }
            let named = Named {
                file: Arc::clone(&template.name),
                tree,
            };
            interpreter.templates.insert(Arc::clone(&tree.name), named);
        }
    }
    let switches: BTreeMap<Path, Needs> = charts
        .iter()
        .map(|(path, _)| {
            let prefix: Path = path.iter().map(|name| key(name)).collect();
            (prefix, switches(chart, path))
        })
        .collect();
    for (template, prefix, is_library) in &files {
        let is_partial = template
            .name
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with('_'));
        let Some(tree) = template.trees.last().filter(|_| !is_partial && !is_library) else {
            continue;
        };
        interpreter.needs = switches.get(prefix).cloned().unwrap_or_default();
        let needs = interpreter.needs.clone();
        interpreter
            .found
            .goals
            .insert(Arm::of_file(&template.name), vec![needs]);
        interpreter.steps = 0;
        let named = Named {
            file: Arc::clone(&template.name),
            tree,
        };
        interpreter.template(&named, &Known::Dot(prefix.clone()));
    }
    interpreter.found
}

/// The conditions that enable a subchart: the `condition` of each dependency on the way to it, or else its tags.
fn switches(root: &ParsedChart, path: &[&str]) -> Needs {
    let mut needs = Needs::new();
    let mut chart = root;
    for (depth, name) in path.iter().enumerate() {
        let dependency = chart
            .chart
            .metadata
            .dependencies
            .iter()
            .find(|dependency| dependency.name_or_alias() == *name);
        if let Some(dependency) = dependency {
            let below = |condition: &str| -> Path {
                let steps = condition.split('.').filter(|step| !step.is_empty()).map(key);
                path[..depth].iter().map(|name| key(name)).chain(steps).collect()
            };
            let condition = dependency
                .condition
                .split(',')
                .map(str::trim)
                .find(|one| !one.is_empty());
            if let Some(condition) = condition {
                let path = below(condition);
                needs.push((Formula::Atom(Atom::Truthy(path)), true));
            } else if let Some(tag) = dependency.tags.first() {
                let path = vec![key("tags"), key(tag)];
                needs.push((Formula::Atom(Atom::Truthy(path)), true));
            }
        }
        let Some(next) = chart.subcharts.iter().find(|subchart| subchart.name == *name) else {
            break;
        };
        chart = next;
    }
    needs
}

impl<'a> Interpreter<'a> {
    /// Goes through a template; gives what it prints.
    pub(super) fn template(&mut self, named: &Named<'a>, dot: &Known) -> Known {
        let at = (std::ptr::from_ref(named.tree), dot.clone());
        if let Some((visits, printed)) = self.done.get(&at)
            && *visits >= MAX_VISITS
        {
            return printed.clone();
        }
        if self.depth >= MAX_DEPTH || self.steps > MAX_STEPS {
            return Known::Unknown;
        }
        self.done.entry(at.clone()).or_insert((0, Known::Unknown)).0 += 1;
        self.depth += 1;
        let outer = std::mem::replace(&mut self.file, Arc::clone(&named.file));
        let mut scope = Scope {
            dot: dot.clone(),
            variables: vec![("$".into(), dot.clone())],
        };
        let (printed, _) = self.list(&named.tree.root, &mut scope);
        self.file = outer;
        self.depth -= 1;
        if let Some((_, known)) = self.done.get_mut(&at) {
            *known = printed.clone();
        }
        printed
    }

    /// Goes through whatever templates a name may mean.
    pub(super) fn call(&mut self, name: &Known, dot: &Known) -> Known {
        match name {
            Known::Constant(Constant::Text(name)) => match self.templates.get(name).cloned() {
                Some(named) => self.template(&named, dot),
                None => Known::Unknown,
            },
            Known::Choice(names) => {
                let printed: Vec<(Formula, Known)> = names
                    .iter()
                    .map(|(condition, name)| (condition.clone(), self.call(name, dot)))
                    .collect();
                Known::choice(printed)
            }
            Known::Pattern(pattern) => {
                let parts: Vec<&str> = pattern.split('*').collect();
                let fitting = |name: &Arc<str>| !name.contains('/') && super::super::usage::fits(name, &parts);
                let names: Vec<Named<'a>> = self
                    .templates
                    .iter()
                    .filter(|(name, _)| fitting(name))
                    .map(|(_, named)| named.clone())
                    .collect();
                names.iter().for_each(|named| _ = self.template(named, dot));
                Known::Unknown
            }
            _ => Known::Unknown,
        }
    }

    /// Goes through a list. Gives what it prints, and whether it surely ends the render.
    fn list(&mut self, list: &List, scope: &mut Scope) -> (Known, bool) {
        let depth = scope.variables.len();
        let mut printed = Known::text("");
        let mut ends = false;
        for node in &list.nodes {
            let (next, end) = self.node(node, scope);
            printed = printed.then(next);
            ends |= end;
        }
        scope.variables.truncate(depth);
        (printed, ends)
    }

    fn node(&mut self, node: &Node, scope: &mut Scope) -> (Known, bool) {
        let nothing = Known::text("");
        match node {
            Node::Text(text) => (Known::text(&text.text), false),
            Node::Action(action) => {
                let value = self.pipeline(&action.pipeline, scope);
                let last = action.pipeline.commands.last().map(|command| &command.operands[0]);
                let ends = matches!(last, Some(Operand::Identifier(_, name)) if &**name == "fail");
                if ends {
                    self.demand(action.meta.span, None);
                }
                if !action.pipeline.declarations.is_empty() {
                    return (nothing, ends);
                }
                self.printed(&value);
                (value, ends)
            }
            Node::If(branch) | Node::With(branch) | Node::Range(branch) => self.branch(node, branch, scope),
            Node::Template(call) => {
                let dot = match &call.pipeline {
                    Some(pipeline) => self.pipeline(pipeline, scope),
                    None => Known::Constant(Constant::Null),
                };
                (
                    self.call(&Known::Constant(Constant::Text(Arc::clone(&call.name))), &dot),
                    false,
                )
            }
            Node::Break(_) | Node::Continue(_) => (nothing, false),
        }
    }

    /// Notes that a value is printed, as a text most likely.
    fn printed(&mut self, value: &Known) {
        if let Known::At(path) = value {
            self.found.shape.make(path).is_text = true;
        }
    }

    /// Notes that the render ends here unless something holds; without it, whatever holds.
    pub(super) fn demand(&mut self, span: Span, unless: Option<Formula>) {
        const MOST: usize = 2000;
        if self.found.demands.len() >= MOST {
            return;
        }
        let ways = match unless {
            Some(formula) => vec![(formula, true)],
            // Innermost first: what is nearest says it best.
            None => self
                .needs
                .iter()
                .rev()
                .map(|(formula, is_met)| (formula.clone(), !is_met))
                .collect(),
        };
        self.found.demands.push(Demand { span, ways });
    }

    fn arm(&self, branch: &Branch, is_else: bool) -> Arm {
        Arm {
            file: Arc::clone(&self.file),
            node: branch.meta.id,
            is_else,
        }
    }

    /// Notes a way to a branch.
    fn goal(&mut self, arm: &Arm) {
        let goals = self.found.goals.entry(arm.clone()).or_default();
        if goals.len() < MAX_GOALS && !goals.contains(&self.needs) {
            goals.push(self.needs.clone());
        }
    }

    fn branch(&mut self, node: &Node, branch: &Branch, scope: &mut Scope) -> (Known, bool) {
        let depth = scope.variables.len();
        let is_range = matches!(node, Node::Range(_));
        let value = if is_range {
            let mut bare = branch.pipeline.clone();
            bare.declarations.clear();
            self.pipeline(&bare, scope)
        } else {
            self.pipeline(&branch.pipeline, scope)
        };
        let condition = value.truth();
        if is_range && let Some(turns) = turns(&value) {
            return self.loop_over(branch, &condition, &turns, scope);
        }
        let mut inner = None;
        if is_range {
            inner = Some(self.range_variables(branch, &value, scope));
        } else if matches!(node, Node::With(_)) {
            inner = Some(narrow(&value));
        }
        let before = scope.clone();
        let depth_of_needs = self.needs.len();
        // The first body.
        self.needs.push((condition.clone(), true));
        let then = self.arm(branch, false);
        self.goal(&then);
        if let Some(inner) = inner {
            scope.dot = inner;
        }
        let (first, first_ends) = self.list(&branch.list, scope);
        scope.dot = before.dot.clone();
        self.needs.truncate(depth_of_needs);
        // The other one, which may be nothing.
        let after = std::mem::replace(&mut scope.variables, before.variables);
        self.needs.push((condition.clone(), false));
        let otherwise = self.arm(branch, true);
        self.goal(&otherwise);
        let (second, second_ends) = match &branch.else_list {
            Some(list) => self.list(list, scope),
            None => (Known::text(""), false),
        };
        self.needs.truncate(depth_of_needs);
        match (first_ends, second_ends) {
            (true, _) => {}
            (false, true) => scope.variables = after,
            (false, false) => {
                for ((_, known), (_, other)) in scope.variables.iter_mut().zip(after) {
                    if *known != other {
                        *known = Known::either(&condition, &other, known);
                    }
                }
            }
        }
        scope.variables.truncate(depth);
        let first = match (is_range, first) {
            (true, Known::Constant(constant)) if constant.is_true() => Known::Filled,
            (_, first) => first,
        };
        let printed = if first == second {
            first
        } else {
            Known::choice([(condition.clone(), first), (condition.not(), second)])
        };
        (printed, first_ends && second_ends)
    }

    /// Goes through a `range` over what the template itself made, item by item.
    fn loop_over(
        &mut self,
        branch: &Branch,
        condition: &Formula,
        turns: &[(Known, Known)],
        scope: &mut Scope,
    ) -> (Known, bool) {
        let (depth, dot, needs) = (scope.variables.len(), scope.dot.clone(), self.needs.len());
        let mut printed = Known::text("");
        self.needs.push((condition.clone(), true));
        let then = self.arm(branch, false);
        self.goal(&then);
        self.needs.truncate(needs);
        for (key, item) in turns {
            let presence = match key {
                Known::Constant(Constant::Text(_)) => item.presence(),
                _ => Formula::Always(true),
            };
            if presence == Formula::Always(false) {
                continue;
            }
            let item = &match &presence {
                Formula::Always(_) => item.clone(),
                _ => narrow(item),
            };
            let before = scope.clone();
            self.needs.push((presence.clone(), true));
            match &branch.pipeline.declarations[..] {
                [name] => declare(&branch.pipeline, name, item.clone(), scope),
                [index, name, ..] => {
                    declare(&branch.pipeline, index, key.clone(), scope);
                    declare(&branch.pipeline, name, item.clone(), scope);
                }
                [] => {}
            }
            scope.dot = item.clone();
            let (next, _) = self.list(&branch.list, scope);
            self.needs.truncate(needs);
            scope.dot = dot.clone();
            scope.variables.truncate(depth);
            if presence != Formula::Always(true) {
                for ((_, known), (_, other)) in scope.variables.iter_mut().zip(before.variables) {
                    if *known != other {
                        *known = Known::either(&presence, known, &other);
                    }
                }
            }
            printed = printed.then(next);
        }
        self.needs.push((condition.clone(), false));
        let otherwise = self.arm(branch, true);
        self.goal(&otherwise);
        if let Some(list) = &branch.else_list {
            let (other, _) = self.list(list, scope);
            printed = Known::either(condition, &printed, &other);
        }
        self.needs.truncate(needs);
        scope.variables.truncate(depth);
        (printed, false)
    }

    /// Declares the variables of a loop, and gives its dot.
    fn range_variables(&mut self, branch: &Branch, value: &Known, scope: &mut Scope) -> Known {
        let item = value.item();
        let names = &branch.pipeline.declarations;
        if let Known::At(path) = value {
            let shape = self.found.shape.make(path);
            _ = shape.item.get_or_insert_default();
            if let [index, _, ..] = &names[..] {
                let name = index.name.trim_start_matches('$').to_lowercase();
                let is_index = ["i", "_", "idx", "index", "count", "n"].contains(&&*name);
                shape.has_keys |= !is_index;
            }
        }
        match &names[..] {
            [item_name] => declare(&branch.pipeline, item_name, item.clone(), scope),
            [index, item_name, ..] => {
                declare(&branch.pipeline, index, Known::Unknown, scope);
                declare(&branch.pipeline, item_name, item.clone(), scope);
            }
            [] => {}
        }
        item
    }

    pub(super) fn pipeline(&mut self, pipeline: &Pipeline, scope: &mut Scope) -> Known {
        let mut value = None;
        for command in &pipeline.commands {
            value = Some(self.command(command, value.take(), scope));
        }
        let value = value.unwrap_or(Known::Unknown);
        for variable in &pipeline.declarations {
            declare(pipeline, variable, value.clone(), scope);
        }
        value
    }

    fn command(&mut self, command: &Command, piped: Option<Known>, scope: &mut Scope) -> Known {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Known::Unknown;
        }
        let (first, rest) = (&command.operands[0], &command.operands[1..]);
        match first {
            Operand::Identifier(_, name) => self.function(name, command.meta.span, rest, piped, scope),
            _ if rest.is_empty() && piped.is_none() => self.operand(first, scope),
            _ => {
                let callee = self.operand(first, scope);
                let mut arguments: Vec<Known> = rest.iter().map(|operand| self.operand(operand, scope)).collect();
                arguments.extend(piped);
                super::functions::method(&callee, &arguments)
            }
        }
    }

    pub(super) fn operand(&mut self, operand: &Operand, scope: &mut Scope) -> Known {
        match operand {
            Operand::Dot(_) => scope.dot.clone(),
            Operand::String(_, string) => Known::Constant(Constant::Text(Arc::clone(&string.text))),
            Operand::Nil(_) => Known::Constant(Constant::Null),
            Operand::Bool(_, value) => Known::Constant(Constant::Bool(*value)),
            Operand::Number(_, number) => match number.int {
                Some(int) => Known::Constant(Constant::Int(int)),
                None => Known::Filled,
            },
            Operand::Identifier(meta, name) => self.function(name, meta.span, &[], None, scope),
            Operand::Field(_, fields) => {
                let dot = scope.dot.clone();
                self.fields(dot, fields)
            }
            Operand::Variable(variable) => {
                let mut known = scope.variables.iter().rev();
                let known = known.find(|(known, _)| *known == variable.name);
                let value = known.map_or(Known::Unknown, |(_, value)| value.clone());
                self.fields(value, &variable.fields)
            }
            Operand::Pipeline(pipeline) => self.pipeline(pipeline, scope),
            Operand::Chain(chain) => {
                let value = self.operand(&chain.operand, scope);
                self.fields(value, &chain.fields)
            }
        }
    }

    fn fields(&mut self, value: Known, fields: &Fields) -> Known {
        if fields.is_empty() {
            return value;
        }
        let value = fields.names().fold(value, |value, name| self.field(&value, name));
        self.touch(&value);
        value
    }

    /// A field of a value. Global values are those of the first chart, wherever they are read.
    pub(super) fn field(&self, value: &Known, name: &str) -> Known {
        if let Known::At(path) = value
            && name == chart::values::GLOBAL
            && !path.is_empty()
            && self.found.charts.contains(path)
        {
            return Known::At(vec![Step::Key(name.into())]);
        }
        match (value, name) {
            (Known::Dot(_), "Release") => return self.builtins.clone(),
            (Known::Dot(path), "Chart") => {
                return self.metadata.get(path).cloned().unwrap_or(Known::Unknown);
            }
            (Known::Dot(path), name) => {
                if let Some(kept) = self.kept.get(&(path.clone(), name.into())) {
                    return kept.clone();
                }
            }
            _ => {}
        }
        value.field(name)
    }

    fn touch(&mut self, value: &Known) {
        match value {
            Known::At(path) => _ = self.found.shape.make(path),
            Known::Choice(alternatives) => {
                let alternatives = Arc::clone(alternatives);
                alternatives.iter().for_each(|(_, known)| self.touch(known));
            }
            _ => {}
        }
    }
}

fn declare(pipeline: &Pipeline, variable: &Variable, value: Known, scope: &mut Scope) {
    if pipeline.is_assign {
        let name = &variable.name;
        if let Some((_, known)) = scope.variables.iter_mut().rev().find(|(known, _)| known == name) {
            *known = value;
        }
    } else {
        scope.variables.push((Arc::clone(&variable.name), value));
    }
}

/// The keys and items of what a template made, if all of them are known and they are not too many.
fn turns(value: &Known) -> Option<Vec<(Known, Known)>> {
    let turns: Vec<(Known, Known)> = match value {
        Known::List(items) => (0..)
            .map(|at| Known::Constant(Constant::Int(at)))
            .zip(items.iter().cloned())
            .collect(),
        Known::Dict(entries) if !entries.contains_key(super::formula::OPEN) => entries
            .iter()
            .map(|(key, entry)| (Known::text(key), entry.clone()))
            .collect(),
        _ => return None,
    };
    (!turns.is_empty() && turns.len() <= MAX_TURNS).then_some(turns)
}

/// The dot of a `with`: of several values, only those that are not empty come into question.
fn narrow(value: &Known) -> Known {
    match value {
        Known::Choice(alternatives) => {
            let full = |(_, known): &&(Formula, Known)| known.truth() != Formula::Always(false);
            Known::choice(alternatives.iter().filter(full).cloned())
        }
        known => known.clone(),
    }
}
