//! Random expressions for actions.

use promchart::functions::Function;
use promchart::go::quote::quote;
use promchart::go::string::encode;

use super::slots::{Kind, Slot, functions, result, slots};
use super::texts::{self, Text, draw};
use crate::random::Random;

/// The nesting limit of calls.
const DEEPEST: usize = 3;

/// The names that a case can refer to, and its source of choices.
pub(super) struct Scope {
    pub(super) random: Random,
    functions: Vec<&'static Function>,
    /// The variables in scope, with their kinds.
    pub(super) variables: Vec<(String, Kind)>,
    /// The kind of the dot; none at the root.
    pub(super) dot: Option<Kind>,
    /// Whether `$` is the root.
    pub(super) has_root: bool,
    /// The names of the defined templates.
    pub(super) templates: Vec<String>,
}

impl Scope {
    pub(super) fn new(random: Random) -> Self {
        Self {
            random,
            functions: functions(),
            variables: Vec::new(),
            dot: None,
            has_root: true,
            templates: Vec::new(),
        }
    }

    /// A path from the root, in a form that is valid in this scope.
    fn root(&mut self, path: &str) -> String {
        match (self.dot, self.has_root) {
            (None, true) if !self.random.one_in(3) => format!(".{path}"),
            (_, true) => format!("$.{path}"),
            _ => "(dict \"a\" 1).b".to_owned(),
        }
    }

    /// An operand: a constant, a field, a variable, or a parenthesized call.
    pub(super) fn operand(&mut self, wanted: Kind, depth: usize) -> String {
        // Sometimes the type is wrong.
        let kind = match wanted {
            Kind::Any => self.any_kind(),
            wanted if self.random.one_in(40) => {
                let other = self.any_kind();
                if self.random.one_in(2) { other } else { wanted }
            }
            wanted => wanted,
        };
        let variables: Vec<String> = self
            .variables
            .iter()
            .filter(|(_, of)| *of == kind || wanted == Kind::Any)
            .map(|(name, _)| name.clone())
            .collect();
        match self.random.below(10) {
            6..=8 if depth < DEEPEST => format!("({})", self.pipeline(kind, depth + 1)),
            9 if !variables.is_empty() => variables[self.random.below(variables.len())].clone(),
            5 if self.dot.is_some_and(|dot| dot == kind || wanted == Kind::Any) => ".".to_owned(),
            _ => self.atom(kind, depth),
        }
    }

    fn any_kind(&mut self) -> Kind {
        const KINDS: [Kind; 16] = [
            Kind::String,
            Kind::Int,
            Kind::Float,
            Kind::Bool,
            Kind::Map,
            Kind::List,
            Kind::String,
            Kind::Strings,
            Kind::Nil,
            Kind::Map,
            Kind::List,
            Kind::Float,
            Kind::Int,
            Kind::Time,
            Kind::Duration,
            Kind::Version,
        ];
        KINDS[self.random.below(KINDS.len())]
    }

    fn atom(&mut self, kind: Kind, depth: usize) -> String {
        match kind {
            Kind::String => match self.random.below(6) {
                4 => {
                    let path = self.random.pick(&[
                        "Values.s",
                        "Values.t",
                        "Values.m.k",
                        "Release.Name",
                        "Chart.Name",
                        "Capabilities.KubeVersion.Version",
                        "Values.mm.x.s",
                    ]);
                    self.root(path)
                }
                5 => self.text(Text::Words),
                _ => self.text(Text::Plain),
            },
            Kind::Int => match self.random.below(5) {
                4 => format!("(int {})", self.root("Values.num")),
                _ => self
                    .random
                    .pick(&[
                        "1",
                        "0",
                        "2",
                        "-1",
                        "7",
                        "0x1F",
                        "0b11",
                        "0o17",
                        "017",
                        "1_000",
                        "'a'",
                        "+3",
                        "9223372036854775807",
                        "-9223372036854775808",
                        "1000000",
                        "12345678",
                        "'\\n'",
                    ])
                    .to_owned(),
            },
            Kind::Float => match self.random.below(3) {
                2 => {
                    let path = self
                        .random
                        .pick(&["Values.num", "Values.f", "Values.big", "Values.m.num"]);
                    self.root(path)
                }
                _ => self
                    .random
                    .pick(&[
                        "1.5",
                        "0.0",
                        "1e3",
                        "-2.5",
                        "0x1p-2",
                        "1e21",
                        "1e-7",
                        "3.0",
                        "100000.5",
                        "1234567.0",
                        ".5",
                        "1e6",
                        "-0.0",
                        "123456789.125",
                    ])
                    .to_owned(),
            },
            Kind::Bool => match self.random.below(3) {
                2 => self.root("Values.b"),
                _ => self.random.pick(&["true", "false"]).to_owned(),
            },
            Kind::Map => match self.random.below(3) {
                2 => format!("({})", self.dict(depth)),
                _ => {
                    let path = self.random.pick(&["Values.m", "Values.mm", "Values.mm.x", "Values.e"]);
                    self.root(path)
                }
            },
            Kind::List => match self.random.below(3) {
                2 if depth <= DEEPEST => {
                    let items: String = (0..self.random.below(4))
                        .map(|_| format!(" {}", self.operand(Kind::Any, depth + 1)))
                        .collect();
                    format!("(list{items})")
                }
                _ => {
                    let path = self
                        .random
                        .pick(&["Values.l", "Values.ln", "Values.ls", "Values.lm", "Values.le"]);
                    self.root(path)
                }
            },
            Kind::Strings => match self.random.below(3) {
                2 => "(splitList \",\" \"c,a,b,a\")".to_owned(),
                1 => "(keys (dict \"b\" 1 \"a\" 2) | sortAlpha)".to_owned(),
                _ => self.root("Values.ls"),
            },
            Kind::Time => {
                let layout = ["2006-01-02", "2006-01-02T15:04:05Z07:00"][self.random.below(2)];
                let date = self.text(Text::DateAs(layout));
                format!("(toDate {} {date})", quote(layout))
            }
            Kind::Duration => {
                let text = self.random.pick(&["1h30m", "90s", "-5m", "1.5s", "0", "26h", "100ms"]);
                format!("(mustToDuration {})", quote(text))
            }
            Kind::Version => {
                let text = self.random.pick(&["1.2.3", "v1.30.0", "2.0.0-rc.1+b.5", "1", "0.9"]);
                format!("(semver {})", quote(text))
            }
            Kind::Nil => match self.random.below(3) {
                0 => "nil".to_owned(),
                1 => self.root("Values.z"),
                _ => self.root("Values.nope"),
            },
            Kind::Any => self.operand(Kind::Any, depth),
        }
    }

    fn dict(&mut self, depth: usize) -> String {
        let mut text = "dict".to_owned();
        for _ in 0..self.random.below(4) {
            let (key, value) = (self.text(Text::Key), self.operand(Kind::Any, depth + 1));
            text += &format!(" {key} {value}");
        }
        text
    }

    /// A string constant.
    fn text(&mut self, text: Text) -> String {
        let text = draw(text, &mut self.random);
        if !text.contains('`') && !text.contains('\r') && !text.contains('\u{feff}') && self.random.one_in(8) {
            return format!("`{text}`");
        }
        quote(&encode(text.as_bytes()))
    }

    fn slot(&mut self, slot: Slot, depth: usize) -> String {
        match slot {
            Slot::Of(kind) => self.operand(kind, depth),
            Slot::Text(text) => match self.random.below(12) {
                11 => self.operand(Kind::String, depth),
                _ => self.text(text),
            },
            Slot::Small => self
                .random
                .pick(&["1", "0", "2", "3", "5", "8", "13", "-1", "-3", "4", "10"])
                .to_owned(),
            Slot::Number => match self.random.below(4) {
                0 => self.operand(Kind::Int, depth),
                1 => self.operand(Kind::Float, depth),
                2 => self.text(Text::Number),
                _ => self.operand(Kind::Any, depth),
            },
            Slot::Moment => match self.random.below(3) {
                2 => self
                    .random
                    .pick(&["1700000000", "0", "-1", "1000000000", "86400"])
                    .to_owned(),
                _ => {
                    let date = self.random.pick(&["2024-02-29", "1999-12-31", "2023-06-15"]);
                    format!("(toDate \"2006-01-02\" {})", quote(date))
                }
            },
        }
    }

    /// A call of a function. The last argument is returned separately.
    fn call(&mut self, function: &Function, depth: usize) -> (String, Option<String>) {
        let slots = slots(function);
        let mut count = slots.len();
        if function.signature.variadic && function.name != "dig" {
            count = (count - 1) + self.random.below(4);
        }
        // Sometimes one argument too many or too few.
        match self.random.below(150) {
            148 => count += 1,
            149 => count = count.saturating_sub(1),
            _ => {}
        }
        let mut arguments: Vec<String> = (0..count)
            .filter_map(|at| slots.get(at).or(slots.last()).copied())
            .map(|slot| self.slot(slot, depth))
            .collect();
        let last = arguments.pop();
        (
            std::iter::once(function.name.to_owned())
                .chain(arguments)
                .collect::<Vec<_>>()
                .join(" "),
            last,
        )
    }

    /// A pipeline whose value should be of this kind.
    pub(super) fn pipeline(&mut self, wanted: Kind, depth: usize) -> String {
        let special = self.random.below(14);
        match (special, wanted) {
            (13, Kind::String | Kind::Any) => return self.printf(depth),
            (12, Kind::String | Kind::Any) => return self.include(depth),
            (11, Kind::Strings | Kind::Any | Kind::List) => {
                let map = self.operand(Kind::Map, depth);
                return format!("{} {map} | sortAlpha", self.random.pick(&["keys", "values"]));
            }
            (10, Kind::Map | Kind::Any) => return self.dict(depth),
            (9, Kind::Any | Kind::Int | Kind::String | Kind::Bool) => return self.method(depth),
            (8, _) if depth > 0 || wanted != Kind::Any => return self.operand(wanted, depth),
            _ => {}
        }
        let fitting: Vec<&'static Function> = self
            .functions
            .iter()
            .copied()
            .filter(|function| {
                wanted == Kind::Any
                    || result(function) == wanted
                    || wanted == Kind::List && result(function) == Kind::Strings
            })
            .collect();
        if fitting.is_empty() {
            return self.operand(wanted, depth.max(DEEPEST));
        }
        let function = fitting[self.random.below(fitting.len())];
        let (call, last) = self.call(function, depth);
        match last {
            // The last argument is piped in, possibly from another call.
            Some(last) if self.random.one_in(3) => format!(
                "{} | {call}",
                last.strip_prefix('(').and_then(|inner| whole(inner)).unwrap_or(&last)
            ),
            Some(last) => format!("{call} {last}"),
            None => call,
        }
    }

    fn printf(&mut self, depth: usize) -> String {
        let (format, mut verbs) = texts::format(&mut self.random);
        match self.random.below(12) {
            10 => verbs += 1,
            11 => verbs = verbs.saturating_sub(1),
            _ => {}
        }
        let argument = |scope: &mut Self| match scope.any_kind() {
            // With a time, a numeric verb prints the address of the time zone.
            Kind::Time => scope.operand(Kind::String, depth.max(1)),
            kind => scope.operand(kind, depth.max(1)),
        };
        let arguments: Vec<String> = (0..verbs).map(|_| argument(self)).collect();
        format!("printf {} {}", quote(&encode(format.as_bytes())), arguments.join(" "))
            .trim_end()
            .to_owned()
    }

    fn include(&mut self, depth: usize) -> String {
        if self.templates.is_empty() || self.random.one_in(3) {
            let text = self.random.pick(&[
                "{{ . }}",
                "{{ .a }}",
                "{{ len . }}x",
                "{{ .Values.s }}",
                "{{ range . }}[{{ . }}]{{ end }}",
                "{{ define \"l\" }}L{{ . }}{{ end }}{{ include \"l\" . }}",
                "{{ nope }}",
                "a {{- 1 -}} b",
            ]);
            return format!("tpl {} {}", quote(text), self.operand(Kind::Any, depth));
        }
        let name = self.templates[self.random.below(self.templates.len())].clone();
        let dot = if self.dot.is_none() && self.has_root {
            ".".to_owned()
        } else {
            self.operand(Kind::Any, depth)
        };
        format!("include {} {dot}", quote(&name))
    }

    fn method(&mut self, depth: usize) -> String {
        match self.random.below(5) {
            0 => {
                let name = self.random.pick(&[
                    "Year",
                    "Month",
                    "Day",
                    "Weekday",
                    "YearDay",
                    "Unix",
                    "UnixMilli",
                    "UTC",
                    "IsZero",
                    "Format \"2006-01-02\"",
                    "String",
                    "Hour",
                    "Location",
                    "AddDate 0 1 -3",
                    "ISOWeek",
                    "Nope",
                    "Zone",
                    "GoString",
                    "UnixNano",
                    "Truncate (mustToDuration \"1h\")",
                    "Format \"Jan 2\" | upper",
                ]);
                format!("{}.{name}", self.atom(Kind::Time, depth))
            }
            1 => {
                let name = self.random.pick(&[
                    "Hours",
                    "Minutes",
                    "Seconds",
                    "Milliseconds",
                    "String",
                    "Abs",
                    "Nanoseconds",
                    "Round (mustToDuration \"1m\")",
                    "Truncate (mustToDuration \"1h\")",
                    "Nope",
                    "Hours 1",
                ]);
                format!("{}.{name}", self.atom(Kind::Duration, depth))
            }
            2 => {
                let name = self.random.pick(&[
                    "Major",
                    "Minor",
                    "Patch",
                    "Prerelease",
                    "Metadata",
                    "Original",
                    "String",
                    "IncMinor",
                    "Compare (semver \"1.2\")",
                    "LessThan (semver \"2\")",
                    "Equal (semver \"1\")",
                    "IncPatch.String",
                    "Nope",
                ]);
                format!("{}.{name}", self.atom(Kind::Version, depth))
            }
            3 => {
                let path = self.random.pick(&[
                    "Capabilities.APIVersions.Has \"v1\"",
                    "Capabilities.APIVersions.Has \"x/v1\"",
                    "Capabilities.KubeVersion.Major",
                    "Files.Get \"f.txt\"",
                    "Files.Get \"nope\"",
                    "Files.Lines \"f.txt\"",
                    "Release.Service",
                    "Release.IsInstall",
                    "Release.Revision",
                    "Chart.Version",
                    "Chart.Keywords",
                    "Files.AsConfig",
                    "Files.AsSecrets",
                    "Chart.Nope.x",
                    "Capabilities.KubeVersion.Nope",
                    "(Files.Glob \"*.txt\").AsConfig",
                    "Values.m.k.x",
                    "Values.l.x",
                    "Values.nope.x",
                    "Values.z.x",
                    "Values.s.Nope",
                ]);
                match path.strip_prefix('(') {
                    Some(inner) => format!("({}", self.root(inner)),
                    None => self.root(path),
                }
            }
            _ => {
                let (map, key) = (
                    self.operand(Kind::Map, depth),
                    self.random.pick(&["a", "k", "b", "nope", "a.b"]),
                );
                if map.starts_with('(') || map.starts_with('$') || map.len() > 1 {
                    format!("{map}.{key}")
                } else {
                    format!(".{key}")
                }
            }
        }
    }
}

/// The text inside a parenthesized operand; none if its parenthesis closes before the end.
fn whole(inner: &str) -> Option<&str> {
    let inner = inner.strip_suffix(')')?;
    let mut depth = 0_i32;
    let (mut quoted, mut raw, mut escaped) = (false, false, false);
    for c in inner.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if !raw => quoted = !quoted,
            '`' if !quoted => raw = !raw,
            '(' if !quoted && !raw => depth += 1,
            ')' if !quoted && !raw => {
                depth -= 1;
                if depth < 0 {
                    return None;
                }
            }
            _ => {}
        }
    }
    (depth == 0).then_some(inner)
}
