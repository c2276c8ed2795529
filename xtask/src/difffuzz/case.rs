//! Random cases: values, and a template with every feature of the language.

use std::fmt::Write as _;

use promchart::go::quote::quote;

use super::expression::Scope;
use super::slots::Kind;
use super::texts;
use crate::random::Random;

/// The input of both programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Case {
    /// A template and the YAML of `.Values`. The names that it defines begin with `@`, a placeholder for the name of
    /// the case.
    Template { template: String, values: String },
    /// An argument of `--set`.
    Set { flag: String },
}

/// The context of an action.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// Whether `break` and `continue` are allowed here.
    in_range: bool,
}

impl Case {
    /// Generates a case. Returns it with its choices.
    pub(super) fn draw(mut random: Random) -> (Self, Vec<u32>) {
        if random.one_in(40) {
            let flag = texts::set_flag(&mut random);
            return (Self::Set { flag }, random.into_tape());
        }
        let values = values(&mut random);
        let mut scope = Scope::new(random);
        let template = scope.file();
        (Self::Template { template, values }, scope.random.into_tape())
    }
}

/// The values that the expressions use, mostly with the expected types.
fn values(random: &mut Random) -> String {
    const STRINGS: &[&str] = &[
        "text",
        "'a,b,c'",
        "\"é\\n\"",
        "''",
        "1.2.3",
        "Hello World",
        "'012'",
        "\"\\U0001F600\"",
        "a-b_c",
        "2001-01-01",
        "true story",
        "'{{ .a }}'",
    ];
    const NUMBERS: &[&str] = &[
        "3",
        "0",
        "-1",
        "1.5",
        "1e6",
        "12345678",
        "0x1F",
        "0777",
        "1_000",
        "9007199254740993",
        "1e-7",
        "100000.5",
        "123456789012345678901",
    ];
    let mut text = String::new();
    let mut put = |key: &str, value: &str| {
        let _ = writeln!(text, "{key}: {value}");
    };
    put("s", random.pick(STRINGS));
    put("t", random.pick(STRINGS));
    put("num", random.pick(NUMBERS));
    put("f", random.pick(&["1.5", "0.1", "-2.75", "1e21", "3.0"]));
    put(
        "big",
        random.pick(&["1000000", "12345678", "1e300", "4294967296", "999999"]),
    );
    put("b", random.pick(&["true", "false", "yes", "off"]));
    put("z", random.pick(&["null", "~", ""]));
    put("e", random.pick(&["{}", "{a: }"]));
    put(
        "m",
        &format!(
            "{{k: {}, num: {}, a: {}}}",
            random.pick(STRINGS),
            random.pick(NUMBERS),
            texts::flow(random, 1)
        ),
    );
    put(
        "mm",
        &format!(
            "{{x: {{s: {}, a: {}}}, w: {{b: 1}}}}",
            random.pick(STRINGS),
            texts::flow(random, 1)
        ),
    );
    let mut list = |key: &str, draw: &mut dyn FnMut(&mut Random) -> String| {
        let items: Vec<String> = (0..random.below(5)).map(|_| draw(random)).collect();
        put(key, &format!("[{}]", items.join(", ")));
    };
    list("l", &mut |random| texts::flow(random, 1));
    list("ln", &mut |random| random.pick(NUMBERS).to_owned());
    list("ls", &mut |random| random.pick(STRINGS).to_owned());
    list("lm", &mut |random| {
        format!("{{a: {}, b: {}}}", texts::flow(random, 2), random.pick(STRINGS))
    });
    put("le", "[]");
    text
}

impl Scope {
    /// A template file: definitions, and the text to render.
    fn file(&mut self) -> String {
        self.templates = (0..self.random.below(3)).map(|number| format!("@{number}")).collect();
        let own = self.list(Place {
            depth: 0,
            in_range: false,
        });
        let mut text = String::new();
        // A definition calls only earlier ones: on a cycle Helm recurses a thousand times.
        for number in 0..self.templates.len() {
            let all = self.templates.clone();
            self.templates.truncate(number);
            let body = self.apart(None, |scope| {
                scope.list(Place {
                    depth: 1,
                    in_range: false,
                })
            });
            let _ = write!(text, "{{{{ define {} }}}}{body}{{{{ end }}}}", quote(&all[number]));
            self.templates = all;
        }
        text + &own
    }

    /// Runs with another dot; variables declared inside are dropped after it.
    fn within(&mut self, dot: Option<Kind>, run: impl FnOnce(&mut Self) -> String) -> String {
        let (outer, count) = (self.dot, self.variables.len());
        self.dot = dot;
        let text = run(self);
        self.dot = outer;
        self.variables.truncate(count);
        text
    }

    /// Runs as the body of a definition, which does not see the outer variables.
    fn apart(&mut self, dot: Option<Kind>, run: impl FnOnce(&mut Self) -> String) -> String {
        let variables = std::mem::take(&mut self.variables);
        // Half of the definitions treat their argument as the root.
        let has_root = std::mem::replace(&mut self.has_root, dot.is_none());
        let text = self.within(dot, run);
        self.variables = variables;
        self.has_root = has_root;
        text
    }

    fn list(&mut self, place: Place) -> String {
        let most = if place.depth == 0 { 4 } else { 3 };
        (0..=self.random.below(most)).map(|_| self.node(place)).collect()
    }

    /// An action with its delimiters, which sometimes trim.
    fn action(&mut self, text: &str) -> String {
        let left = self.random.pick(&["{{ ", "{{ ", "{{", "{{- "]);
        let right = self.random.pick(&[" }}", " }}", "}}", " -}}"]);
        format!("{left}{text}{right}")
    }

    fn node(&mut self, place: Place) -> String {
        let inner = Place {
            depth: place.depth + 1,
            ..place
        };
        match self.random.below(if place.depth > 2 { 12 } else { 22 }) {
            0..6 => {
                let pipeline = self.pipeline(Kind::Any, 0);
                self.action(&pipeline)
            }
            6 => self
                .random
                .pick(&["text", "\n", "  x ", "{", "}", " a: b\n", "é", "\t"])
                .to_owned(),
            7 | 8 => self.declaration(),
            9 => self.assignment(),
            10 => self.random.pick(&["{{/* c */}}", "{{- /* c\nd */ -}}"]).to_owned(),
            11 if place.in_range => {
                let condition = self.operand(Kind::Bool, 1);
                let jump = self.random.pick(&["break", "continue"]);
                format!("{{{{ if {condition} }}}}{{{{ {jump} }}}}{{{{ end }}}}")
            }
            11 => self.action("$.Values"),
            12 | 13 => self.conditional(inner),
            14 | 15 => {
                let kind = self.some_kind();
                let (head, named) = self.head("with", kind);
                let first = self.within(Some(kind), |scope| {
                    scope.variables.extend(named.clone());
                    scope.list(inner)
                });
                let otherwise = match self.random.below(4) {
                    2 => self.action("else") + &self.list(inner),
                    3 => {
                        let kind = self.some_kind();
                        let (head, _) = self.head("else with", kind);
                        head + &self.within(Some(kind), |scope| scope.list(inner))
                    }
                    _ => String::new(),
                };
                head + &first + &otherwise + &self.action("end")
            }
            16..19 => self.range(inner),
            19 => {
                let mut call = format!("template {}", quote(self.templates.last().map_or("@none", |name| name)));
                if !self.random.one_in(3) {
                    let dot = if self.dot.is_none() {
                        ".".to_owned()
                    } else {
                        self.pipeline(Kind::Any, 1)
                    };
                    call = format!("{call} {dot}");
                }
                self.action(&call)
            }
            20 => {
                let (name, kind) = (format!("@b{}", self.random.below(3)), self.some_kind());
                let head = format!("block {} {}", quote(&name), self.pipeline(kind, 1));
                let body = self.apart(Some(kind), |scope| {
                    scope.list(Place {
                        depth: 2,
                        in_range: false,
                    })
                });
                self.action(&head) + &body + &self.action("end")
            }
            _ => {
                let pipeline = self.pipeline(Kind::String, 0);
                self.action(&pipeline)
            }
        }
    }

    fn some_kind(&mut self) -> Kind {
        [
            Kind::Map,
            Kind::String,
            Kind::List,
            Kind::Int,
            Kind::Nil,
            Kind::Float,
            Kind::Strings,
            Kind::Bool,
        ][self.random.below(8)]
    }

    fn fresh(&mut self) -> String {
        format!("$v{}", self.random.below(4))
    }

    /// The head `keyword [$x :=] pipeline`, with the declared variable.
    fn head(&mut self, keyword: &str, kind: Kind) -> (String, Option<(String, Kind)>) {
        let pipeline = self.pipeline(kind, 1);
        if self.random.one_in(4) {
            let name = self.fresh();
            return (
                self.action(&format!("{keyword} {name} := {pipeline}")),
                Some((name, kind)),
            );
        }
        (self.action(&format!("{keyword} {pipeline}")), None)
    }

    fn declaration(&mut self) -> String {
        let kind = [self.some_kind(), Kind::Any][self.random.below(2)];
        let pipeline = self.pipeline(kind, 0);
        let name = self.fresh();
        self.variables.push((name.clone(), kind));
        self.action(&format!("{name} := {pipeline}"))
    }

    fn assignment(&mut self) -> String {
        if self.variables.is_empty() {
            return self.declaration();
        }
        let (name, kind) = self.variables[self.random.below(self.variables.len())].clone();
        let pipeline = self.pipeline(kind, 0);
        self.action(&format!("{name} = {pipeline}"))
    }

    fn conditional(&mut self, inner: Place) -> String {
        let kind = [Kind::Bool, Kind::Any][self.random.below(2)];
        let (mut text, named) = self.head("if", kind);
        let count = self.variables.len();
        self.variables.extend(named);
        text += &self.within(self.dot, |scope| scope.list(inner));
        for _ in 0..self.random.below(3) {
            let (head, named) = self.head("else if", Kind::Bool);
            self.variables.extend(named);
            text += &head;
            text += &self.within(self.dot, |scope| scope.list(inner));
        }
        if self.random.one_in(2) {
            text += &self.action("else");
            text += &self.within(self.dot, |scope| scope.list(inner));
        }
        self.variables.truncate(count);
        text + &self.action("end")
    }

    fn range(&mut self, inner: Place) -> String {
        let (over, element) = match self.random.below(7) {
            0 | 1 => (Kind::List, Kind::Any),
            2 => (Kind::Strings, Kind::String),
            3 | 4 => (Kind::Map, Kind::Any),
            5 => (Kind::Nil, Kind::Any),
            _ => (Kind::Int, Kind::Int),
        };
        let over_what = match over {
            // Numbers must be small, because Helm loops that often.
            Kind::Int => self
                .random
                .pick(&["3", "1", "0", "-1", "(len .)", "(until 3)", "2.5", "(int 4)"])
                .to_owned(),
            over => self.operand(over, 1),
        };
        let (first, second) = (self.fresh(), format!("$w{}", self.random.below(2)));
        let mut variables = Vec::new();
        let assigned = self.variables.first().map(|(name, _)| name.clone());
        let head = match (self.random.below(8), assigned) {
            (0 | 1, _) => {
                variables.push((first.clone(), Kind::Any));
                variables.push((second.clone(), element));
                format!("range {first}, {second} := {over_what}")
            }
            (2 | 3, _) => {
                variables.push((first.clone(), element));
                format!("range {first} := {over_what}")
            }
            (4, Some(name)) => format!("range {name} = {over_what}"),
            _ => format!("range {over_what}"),
        };
        let text = self.action(&head);
        let place = Place {
            in_range: true,
            ..inner
        };
        let body = self.within(Some(element), |scope| {
            scope.variables.extend(variables);
            scope.list(place)
        });
        let otherwise = if self.random.one_in(3) {
            self.action("else") + &self.list(inner)
        } else {
            String::new()
        };
        text + &body + &otherwise + &self.action("end")
    }
}
