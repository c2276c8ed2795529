//! Random charts with subcharts: declared dependencies, aliases, conditions and imports.

use std::fmt::Write as _;

use crate::random::Random;

/// A chart as files, with its command-line arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The paths relative to the chart's folder, and the contents.
    pub(super) files: Vec<(String, String)>,
    /// The arguments after the chart. `values-of-user.yaml` is one of the files.
    pub(super) arguments: Vec<String>,
}

/// Names of charts. There are few, so that names, aliases, keys and paths collide.
const NAMES: [&str; 7] = ["a", "b", "cc", "d", "dot.sub", "x", "data"];
const ALIASES: [&str; 6] = ["x", "y", "a", "b", "second", "data"];
const KEYS: [&str; 12] = [
    "p", "q", "k", "data", "more", "x", "a", "b", "enabled", "exports", "global", "cc",
];
const PATHS: [&str; 10] = [
    "data",
    "p",
    "p.q",
    "exports.data",
    "k",
    "global",
    "x",
    "a.data",
    "global.p",
    "data.p.q",
];
const CONDITIONS: [&str; 8] = [
    "a.enabled",
    "b.enabled",
    "x.enabled",
    "nowhere.enabled",
    "a.enabled,global.enabled",
    " x.enabled , b.enabled",
    "p",
    "dot.sub.enabled",
];
const DEPTH: usize = 4;

impl Layout {
    /// Generates a layout. Returns it with its choices.
    pub(super) fn draw(mut random: Random) -> (Self, Vec<u32>) {
        let mut drawer = Drawer {
            random: &mut random,
            files: Vec::new(),
            changes_values: false,
            charts: 0,
        };
        drawer.changes_values = drawer.random.one_in(3);
        drawer.chart("", "root", 0);
        let mut arguments = Vec::new();
        if drawer.random.one_in(3) {
            let values = drawer.values(1);
            drawer.files.push(("values-of-user.yaml".to_owned(), values));
            arguments.extend(["-f".to_owned(), "values-of-user.yaml".to_owned()]);
        }
        while drawer.random.one_in(4) {
            const FLAGS: [&str; 9] = [
                "a.enabled=false",
                "x.enabled=true",
                "tags.t=false",
                "tags.t=null",
                "global.p.q.k=9",
                "a.p=null",
                "b.enabled=1",
                "global.p=null",
                "a.global.p.q=null",
            ];
            let flag = drawer.random.pick(&FLAGS);
            arguments.extend(["--set".to_owned(), flag.to_owned()]);
        }
        if drawer.random.one_in(8) {
            arguments.push("--include-crds".to_owned());
        }
        let files = drawer.files;
        (Self { files, arguments }, random.into_tape())
    }
}

struct Drawer<'a> {
    random: &'a mut Random,
    files: Vec<(String, String)>,
    /// Whether templates modify the tables of `global`.
    changes_values: bool,
    charts: usize,
}

impl Drawer<'_> {
    fn add(&mut self, folder: &str, name: &str, text: impl Into<String>) {
        self.files.push((format!("{folder}{name}"), text.into()));
    }

    fn chart(&mut self, folder: &str, name: &str, depth: usize) {
        self.charts += 1;
        let version = ["1.0.0", "1.2.3", "2.0.0-rc.1"][self.random.below(3)];
        let mut text = format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
        if depth > 0 && self.random.one_in(16) {
            text.push_str("type: library\n");
        }
        let mut children: Vec<&str> = Vec::new();
        let most = if self.charts > 14 { 0 } else { DEPTH - depth };
        for _ in 0..most {
            if self.random.below(5) <= depth {
                break;
            }
            let name = NAMES[self.random.below(NAMES.len())];
            // If two charts have the same name, Helm picks either one.
            if !children.contains(&name) || self.random.one_in(12) {
                children.push(name);
            }
        }
        let dependencies = self.dependencies(&children, depth);
        if self.random.one_in(12) && depth == 0 {
            self.add(folder, "requirements.yaml", dependencies);
            if self.random.one_in(2) {
                let more = self.dependencies(&children, depth);
                text.push_str(&more);
            }
        } else {
            text.push_str(&dependencies);
        }
        self.add(folder, "Chart.yaml", text);
        if !self.random.one_in(10) {
            let values = self.values(0);
            self.add(folder, "values.yaml", values);
        }
        self.add(folder, "templates/t.yaml", self.template());
        if self.random.one_in(6) {
            self.add(folder, "crds/c.yaml", format!("kind: CRD\nof: {name}\n"));
        }
        for (at, child) in children.iter().enumerate() {
            let inner = format!("{folder}charts/{child}-{at}/");
            self.chart(&inner, child, depth + 1);
        }
    }

    fn template(&self) -> String {
        let mut text = String::from(
            "kind: T\nname: {{ .Template.Name }}\nbase: {{ .Template.BasePath }}\nroot: {{ .Chart.IsRoot }}\n\
             chart: {{ toJson .Chart.Name }}\ndependencies: {{ toJson .Chart.Dependencies | quote }}\n\
             subcharts: {{ keys .Subcharts | sortAlpha | toJson | quote }}\nvalues: {{ toJson .Values | quote }}\n",
        );
        if self.changes_values {
            text.push_str(
                "{{- if kindIs \"map\" .Values.global }}\n{{- range $k, $v := .Values.global }}{{ if kindIs \"map\" $v }}\
                 {{ $_ := set $v \"mark\" $.Chart.Name }}{{ range $l, $w := $v }}{{ if kindIs \"map\" $w }}\
                 {{ $_ := set $w \"touched\" $.Template.Name }}{{ range $m, $u := $w }}{{ if kindIs \"map\" $u }}\
                 {{ $_ := set $u \"deep\" $.Template.Name }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}{{ end }}\n",
            );
        }
        text
    }

    fn dependencies(&mut self, children: &[&str], depth: usize) -> String {
        if self.random.one_in(8) {
            return ["", "dependencies: []\n", "dependencies: null\n"][self.random.below(3)].to_owned();
        }
        let mut text = String::new();
        let mut known: Vec<&str> = Vec::new();
        for child in children {
            if self.random.one_in(4) {
                continue;
            }
            for copy in 0..=(self.random.below(10) / 7) {
                let alias = if copy > 0 || self.random.one_in(3) {
                    ALIASES[self.random.below(ALIASES.len())]
                } else {
                    ""
                };
                let name = if alias.is_empty() { child } else { alias };
                // Helm rejects a chart with two dependencies of one name.
                if known.contains(&name) && !self.random.one_in(40) {
                    continue;
                }
                known.push(name);
                self.dependency(&mut text, child, alias, depth);
            }
        }
        if text.is_empty() {
            return text;
        }
        format!("dependencies:\n{text}")
    }

    fn dependency(&mut self, text: &mut String, name: &str, alias: &str, depth: usize) {
        const VERSIONS: [&str; 6] = ["", "*", "1.x", ">=1.2.0", "^2.0.0-0", "9.9.9"];
        let _ = write!(text, "- name: {name}\n  repository: file://../{name}\n");
        let version = if self.random.one_in(4) {
            VERSIONS[self.random.below(VERSIONS.len())]
        } else {
            ">=1.0.0-0"
        };
        let _ = writeln!(text, "  version: {version:?}");
        if !alias.is_empty() {
            let _ = writeln!(text, "  alias: {alias}");
        }
        if self.random.one_in(4) {
            let condition = CONDITIONS[self.random.below(CONDITIONS.len())];
            let _ = writeln!(text, "  condition: {condition:?}");
        }
        if self.random.one_in(5) {
            text.push_str(["  tags: [t]\n", "  tags: [t, u]\n", "  tags: [no]\n"][self.random.below(3)]);
        }
        if self.random.below(3 + depth) < 2 {
            text.push_str("  import-values:\n");
            for _ in 0..=self.random.below(3) {
                match self.random.below(10) {
                    0..5 => {
                        let _ = writeln!(text, "  - {}", ["data", "more", "p"][self.random.below(3)]);
                    }
                    9 if self.random.one_in(3) => {
                        text.push_str(["  - 1\n", "  - null\n", "  - {child: data}\n"][self.random.below(3)]);
                    }
                    _ => {
                        let child = PATHS[self.random.below(PATHS.len())];
                        let parent = if self.random.one_in(3) {
                            "."
                        } else {
                            PATHS[self.random.below(PATHS.len())]
                        };
                        let _ = writeln!(text, "  - {{child: {child}, parent: {parent}}}");
                    }
                }
            }
        }
    }

    /// A values file.
    fn values(&mut self, least: usize) -> String {
        let mut text = String::new();
        let mut known = Vec::new();
        if !self.random.one_in(3) {
            text.push_str("exports:\n  data: ");
            self.table(&mut text, 2);
            text.push_str("\n  more: ");
            self.table(&mut text, 2);
            text.push('\n');
            known.push("exports");
        }
        if self.random.one_in(3) {
            let _ = writeln!(
                text,
                "tags: {{t: {}}}",
                ["true", "false", "yes please", "null"][self.random.below(4)]
            );
        }
        for _ in 0..least + self.random.below(5) {
            let key = KEYS[self.random.below(KEYS.len())];
            if known.contains(&key) {
                continue;
            }
            known.push(key);
            let _ = write!(text, "{key}: ");
            // In practice most of these are tables.
            if self.random.below(4) > 0 {
                self.table(&mut text, 3);
            } else {
                self.value(&mut text, 3);
            }
            text.push('\n');
        }
        text
    }

    fn table(&mut self, text: &mut String, depth: usize) {
        let mut known = Vec::new();
        text.push('{');
        for _ in 0..self.random.below(4) {
            let key = KEYS[self.random.below(if depth == 3 { KEYS.len() } else { 5 })];
            if known.contains(&key) {
                continue;
            }
            if !known.is_empty() {
                text.push_str(", ");
            }
            known.push(key);
            let _ = write!(text, "{key}: ");
            self.value(text, depth);
        }
        text.push('}');
    }

    fn value(&mut self, text: &mut String, depth: usize) {
        const SCALARS: [&str; 8] = ["1", "2", "true", "false", "text", "null", "[1, {q: 2}]", "''"];
        if depth > 0 && self.random.below(5) > 1 {
            self.table(text, depth - 1);
        } else {
            text.push_str(SCALARS[self.random.below(SCALARS.len())]);
        }
    }
}
