//! Everything that sets a key: values files, flags, the chart's defaults, parents, imports, globals.

use std::sync::Arc;

use super::Traced;
use chart::Chart;
use chart::values::GLOBAL;
use engine::names::starts_with;
use engine::objects::{Path, Step};
use goyaml::{Node, Value};
use source::{SourceKind, Span};

/// The maximum depth of imports of imports.
const MAX_DEPTH: usize = 8;

/// One place that sets a key.
#[derive(Clone, Debug)]
pub(super) struct Setter {
    /// The kind of setter: `defaults of the chart`.
    pub(super) role: String,
    pub(super) key: Option<Span>,
    pub(super) node: Node,
    /// Whether its value takes effect, for a mapping at least in part.
    pub(super) is_used: bool,
    /// Whether it is a file or flag of the user.
    pub(super) is_given: bool,
    rank: (usize, usize),
}

impl Setter {
    /// The position to edit.
    pub(super) fn place(&self) -> Span {
        self.key.unwrap_or(self.node.span)
    }
}

/// A chart with the names that lead to it.
pub(super) struct Named<'a> {
    pub(super) prefix: Vec<&'a str>,
    pub(super) chart: &'a Chart,
}

/// A chart and all its subcharts, with their names in the values.
pub(super) fn walk(chart: &Chart) -> Vec<Named<'_>> {
    let mut found = vec![Named {
        prefix: Vec::new(),
        chart,
    }];
    let mut at = 0;
    while at < found.len() {
        let (prefix, chart) = (found[at].prefix.clone(), found[at].chart);
        for subchart in &chart.subcharts {
            for name in chart.names_of(subchart) {
                let mut prefix = prefix.clone();
                prefix.push(name);
                found.push(Named {
                    prefix,
                    chart: subchart,
                });
            }
        }
        at += 1;
    }
    found
}

impl Traced<'_> {
    /// Everything that sets a key, the strongest first. A list is set as a whole.
    pub(super) fn setters(&self, path: &Path) -> Vec<Setter> {
        let path = without_items(path);
        let mut found = Vec::new();
        self.collect(&path, 0, "", 0, &mut found);
        found.sort_by_key(|setter| std::cmp::Reverse(setter.rank));
        let computed = path.get(&self.values);
        let is_map = computed.as_ref().is_some_and(|field| field.node.as_map().is_some());
        let mut is_hidden = false;
        for setter in &mut found {
            setter.is_used = match &computed {
                Some(field) if !is_map => field.node.span == setter.node.span,
                Some(_) => !is_hidden && setter.node.as_map().is_some(),
                None => !is_hidden && setter.node.is_null(),
            };
            is_hidden |= setter.node.as_map().is_none();
        }
        // The render has applied Helm's precedence; its result overrides the ranks computed here.
        found.sort_by_key(|setter| !setter.is_used);
        if let Some(field) = computed.filter(|_| !found.iter().any(|setter| setter.is_used))
            && self.sources.get(field.node.span.file).kind() != SourceKind::Made
        {
            found.insert(
                0,
                Setter {
                    role: String::new(),
                    key: field.key,
                    node: field.node.clone(),
                    is_used: true,
                    is_given: false,
                    rank: (0, 0),
                },
            );
        }
        found
    }

    /// `strength` is the distance to the chart that sets a global value.
    fn collect(&self, path: &Path, strength: usize, via: &str, depth: usize, found: &mut Vec<Setter>) {
        const GIVEN: usize = 1 << 20;
        if depth > MAX_DEPTH {
            return;
        }
        let mut add = |path: &Path, root: &Node, rank: usize, role: String, is_given: bool| {
            if path.0.is_empty() {
                return;
            }
            if let Some(field) = path.get(root) {
                found.push(Setter {
                    role: if via.is_empty() { role } else { format!("{role}, {via}") },
                    key: field.key,
                    node: field.node.clone(),
                    is_used: false,
                    is_given,
                    rank: (strength, rank),
                });
            }
        };
        let is_via = usize::from(via.is_empty());
        for (at, layer) in self.layers.iter().enumerate() {
            let file = self.sources.get(layer.span.file);
            let role = if file.kind() == SourceKind::Flag { "flag" } else { "-f" };
            add(path, layer, is_via * 2 * GIVEN + GIVEN + at, role.to_owned(), true);
        }
        let charts = walk(self.chart());
        for Named { prefix, chart } in &charts {
            if !starts_with(path, prefix) {
                continue;
            }
            let rest = Path(path.0[prefix.len()..].to_vec());
            let role = match prefix[..] {
                [] if charts
                    .iter()
                    .any(|other| other.prefix.len() == 1 && starts_with(path, &other.prefix)) =>
                {
                    "values of the parent chart".to_owned()
                }
                [] => "defaults of the chart".to_owned(),
                _ => format!("defaults of the chart {}", prefix.join(".")),
            };
            add(
                &rest,
                &chart.values,
                is_via * 2 * GIVEN + 1000_usize.saturating_sub(prefix.len()),
                role,
                false,
            );
        }
        self.globals_above(path, &charts, (via, depth), found);
        for Named { prefix, chart } in &charts {
            if starts_with(path, prefix) {
                self.imported(path, prefix, chart, (strength, depth), found);
            }
        }
    }

    /// Global values of the parent charts.
    fn globals_above(&self, path: &Path, charts: &[Named<'_>], (via, depth): (&str, usize), found: &mut Vec<Setter>) {
        let is_of = |at: usize| {
            let is_chart = |named: &Named<'_>| named.prefix.len() == at && starts_with(path, &named.prefix);
            charts.iter().any(is_chart)
        };
        let at = path
            .0
            .iter()
            .position(|step| matches!(step, Step::Key(key) if **key == *GLOBAL));
        let Some(at) = at.filter(|at| depth == 0 && *at > 0 && is_of(*at)) else {
            return;
        };
        for above in 0..at {
            let steps = path.0[..above].iter().chain(&path.0[at..]).cloned();
            self.collect(&Path(steps.collect()), at - above, via, depth + 1, found);
        }
    }

    /// Values that a chart imports from its subcharts.
    fn imported(
        &self,
        path: &Path,
        prefix: &[&str],
        chart: &Chart,
        (strength, depth): (usize, usize),
        found: &mut Vec<Setter>,
    ) {
        for dependency in &chart.metadata.dependencies {
            for import in &dependency.import_values {
                let (child, parent) = import.paths();
                let parent: Vec<&str> = steps(&parent).collect();
                let target: Vec<&str> = prefix.iter().copied().chain(parent).collect();
                if !starts_with(path, &target) || path.0.len() <= target.len() {
                    continue;
                }
                let name = dependency.name_or_alias();
                let own = prefix.iter().copied().chain([name]).chain(steps(&child));
                let own = own.map(|name| Step::Key(name.into()));
                let rest = path.0[target.len()..].iter().cloned();
                let from = Path(own.chain(rest).collect());
                let via = format!("imported from {from} (import-values)");
                self.collect(&from, strength, &via, depth + 1, found);
            }
        }
    }
}

fn steps(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').filter(|step| !step.is_empty())
}

/// The key of the outermost list on a path, or the path itself.
pub(super) fn without_items(path: &Path) -> Path {
    let keys = path.0.iter().take_while(|step| matches!(step, Step::Key(_)));
    Path(keys.cloned().collect())
}

/// The value of a setter in a line: truncated JSON.
pub(super) fn shown(node: &Node) -> String {
    match &node.value {
        Value::Map(map) if map.is_empty() => "{}".to_owned(),
        Value::Map(map) => format!("a mapping of {}", count(map.len(), "key")),
        Value::List(list) if list.is_empty() => "[]".to_owned(),
        Value::List(list) => format!("a list of {}", count(list.len(), "item")),
        Value::String(text) => {
            let text = serde_json::Value::from(&**text).to_string();
            super::screen::cut(&text)
        }
        _ => super::change::json(node),
    }
}

pub(super) fn count(number: usize, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {word}{plural}")
}

/// A key in the syntax of `--set`.
pub(super) fn as_flag(path: &Path) -> String {
    let mut text = String::new();
    for step in &path.0 {
        match step {
            Step::Key(key) => {
                if !text.is_empty() {
                    text.push('.');
                }
                for c in key.chars() {
                    if matches!(c, '.' | ',' | '=' | '[' | ']' | '{' | '}' | '\\') {
                        text.push('\\');
                    }
                    text.push(c);
                }
            }
            Step::Index(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

/// A path of keys.
pub(super) fn path_of(keys: &[Arc<str>]) -> Path {
    Path(keys.iter().map(|key| Step::Key(Arc::clone(key))).collect())
}
