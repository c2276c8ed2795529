//! The structure of Prometheus' files as tables, and the walk that checks values by them.
//!
//! The tables are the `yaml` tags of Prometheus' Go structs. A value is checked as `go.yaml.in/yaml/v2` decodes it with
//! `UnmarshalStrict`: a string field accepts any scalar, an integer field no string, and null keeps the default.

use diagnostics::Diagnostic;
use gostd::quote::quote;
use goyaml::{Node, Value};
use source::Span;

use super::check::{Check, Object};
use super::rules_table::{FIELD, REGEX, VALUE};
use super::scalars;

/// A field and its type.
pub(super) type Field = (&'static str, Ty);

/// The type of a value.
pub(super) enum Ty {
    Text,
    Bool,
    Int,
    Uint,
    Float,
    /// `5m`
    Duration,
    /// Go's own `5m`, of `time.Duration`.
    GoDuration,
    /// `512MiB`
    Size,
    Url,
    /// A regular expression that matches a whole label value.
    Regex,
    LabelName,
    /// One of a set of words, with the message for any other.
    Choice(&'static [&'static str], fn(&str) -> String),
    List(&'static Ty),
    /// A list without nulls, with the message for a null item.
    Full(&'static Ty, &'static str),
    /// Names mapped to strings.
    TextMap,
    /// Label names mapped to strings.
    LabelMap,
    /// Names mapped to values.
    Map(&'static Ty),
    Struct(&'static Struct),
    Any,
}

/// A list of strings.
pub(super) const TEXTS: Ty = Ty::List(&Ty::Text);

/// A mapping with known fields.
pub(super) struct Struct {
    /// The Go type's name, for messages.
    pub(super) name: &'static str,
    /// Its own fields and those of embedded structs.
    pub(super) fields: &'static [&'static [Field]],
    /// Checks the constraints between fields.
    pub(super) check: fn(&mut Check<'_>, Object<'_>),
}

/// The check of a struct without constraints between its fields.
pub(super) fn free(_: &mut Check<'_>, _: Object<'_>) {}

impl Struct {
    fn field(&self, name: &str) -> Option<&'static Ty> {
        let fields = self.fields.iter().flat_map(|part| part.iter());
        fields.into_iter().find(|(known, _)| *known == name).map(|(_, ty)| ty)
    }

    fn similar(&self, name: &str) -> Option<&'static str> {
        let fields = self.fields.iter().flat_map(|part| part.iter());
        suggest::closest(name, fields.map(|(known, _)| *known))
    }

    /// Whether a struct has a field. Used to detect the kind of a file.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.field(name).is_some()
    }
}

/// A value's tag and the start of its text, as Go's YAML library describes it.
fn describe(check: &Check<'_>, node: &Node) -> String {
    let tag = match &node.value {
        Value::Null => "!!null",
        Value::Bool(_) => "!!bool",
        Value::Int(_) | Value::Uint(_) => "!!int",
        Value::Float(_) => "!!float",
        Value::String(_) => "!!str",
        Value::List(_) => return "!!seq".to_owned(),
        Value::Map(_) => return "!!map".to_owned(),
    };
    let text = check.text(node).unwrap_or_default();
    let short = if text.chars().count() > 10 {
        format!("{}...", text.chars().take(7).collect::<String>())
    } else {
        text
    };
    format!("{tag} `{short}`")
}

impl Check<'_> {
    /// Checks a document whose root is a struct.
    pub(super) fn document(&mut self, root: &'static Struct, node: &Node) {
        self.structure(root, node);
    }

    fn mismatch(&mut self, node: &Node, wanted: &str) {
        let message = format!("cannot unmarshal {} into {wanted}", describe(self, node));
        self.error(VALUE, node.span, message);
    }

    pub(super) fn structure(&mut self, known: &'static Struct, node: &Node) {
        let Some(object) = Object::of(node) else {
            if !node.is_null() {
                self.mismatch(node, known.name);
            }
            return;
        };
        for (key, entry) in object.map.iter() {
            match known.field(key) {
                Some(ty) => self.value(ty, &entry.node),
                None => self.unknown_field(known, key, entry.key),
            }
        }
        (known.check)(self, object);
    }

    fn unknown_field(&mut self, known: &Struct, key: &str, place: Span) {
        let message = format!("field {key} not found in type {}", known.name);
        let mut diagnostic = Diagnostic::error(FIELD, message).at(place);
        if let Some(similar) = known.similar(key) {
            diagnostic = diagnostic.help(format!("did you mean {similar}?"));
        }
        self.report.push(diagnostic);
    }

    fn texts(&mut self, node: &Node, wanted: &str, mut each: impl FnMut(&mut Self, &str, Span)) {
        let Some(object) = Object::of(node) else {
            self.mismatch(node, wanted);
            return;
        };
        for (key, entry) in object.map.iter() {
            each(self, key, entry.key);
            if self.text(&entry.node).is_none() {
                self.mismatch(&entry.node, "string");
            }
        }
    }

    pub(super) fn value(&mut self, ty: &'static Ty, node: &Node) {
        if node.is_null() {
            return;
        }
        let is_number = matches!(node.value, Value::Int(_) | Value::Uint(_) | Value::Float(_));
        let is_negative = match node.value {
            Value::Int(value) => value < 0,
            Value::Float(value) => value < 0.0,
            _ => false,
        };
        let fits = match ty {
            Ty::Bool => matches!(node.value, Value::Bool(_)),
            // An integer field truncates a number with a fraction.
            Ty::Int | Ty::Float => is_number,
            Ty::Uint => is_number && !is_negative,
            _ => true,
        };
        if !fits {
            return self.mismatch(node, ty.go_name());
        }
        match ty {
            Ty::Any | Ty::Bool | Ty::Int | Ty::Uint | Ty::Float => {}
            Ty::List(of) | Ty::Full(of, _) => {
                let Some(list) = node.as_list() else {
                    self.mismatch(node, &format!("[]{}", of.go_name()));
                    return;
                };
                for item in list {
                    if let (Ty::Full(_, fault), true) = (ty, item.is_null()) {
                        self.error(VALUE, item.span, *fault);
                    }
                    self.value(of, item);
                }
            }
            Ty::Map(of) => {
                let Some(map) = node.as_map() else {
                    self.mismatch(node, &format!("map[string]{}", of.go_name()));
                    return;
                };
                for (_, entry) in map.iter() {
                    self.value(of, &entry.node);
                }
            }
            Ty::TextMap => self.texts(node, "map[string]string", |_, _, _| {}),
            Ty::LabelMap => self.texts(node, "model.LabelSet", |check, key, place| {
                if let Some(fault) = scalars::label_name_fault(key, check.legacy_names) {
                    check.error(VALUE, place, fault);
                }
            }),
            Ty::Struct(of) => self.structure(of, node),
            _ => self.scalar(ty, node),
        }
    }

    /// Checks a scalar that is read as a string.
    fn scalar(&mut self, ty: &Ty, node: &Node) {
        let Some(text) = self.text(node) else {
            self.mismatch(node, ty.go_name());
            return;
        };
        let (rule, fault) = match ty {
            Ty::Duration => (VALUE, promql::duration::parse(&text).err()),
            // Go reads a bare integer as nanoseconds.
            Ty::GoDuration if matches!(node.value, Value::Int(_)) => (VALUE, None),
            Ty::GoDuration => (VALUE, gostd::duration::parse(&text).err()),
            Ty::Size => (VALUE, scalars::size(&text).err()),
            Ty::Url => (VALUE, gostd::url::Url::parse(&gostd::string::decode(&text)).err()),
            Ty::Regex => (REGEX, scalars::relabel_regex(&text).err()),
            Ty::LabelName => (VALUE, scalars::label_name_fault(&text, self.legacy_names)),
            Ty::Choice(words, fault) => (VALUE, (!words.contains(&text.as_str())).then(|| fault(&text))),
            _ => (VALUE, None),
        };
        let Some(message) = fault else { return };
        let mut diagnostic = Diagnostic::error(rule, message).at(node.span);
        if let Ty::Choice(words, _) = ty {
            let words = || words.iter().copied().filter(|word| !word.is_empty());
            diagnostic = diagnostic.help(match suggest::closest(&text, words()) {
                Some(similar) => format!("did you mean {}?", quote(similar)),
                None => format!("one of {}", words().collect::<Vec<_>>().join(", ")),
            });
        }
        self.report.push(diagnostic);
    }
}

impl Ty {
    fn go_name(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Float => "float64",
            Self::Struct(known) => known.name,
            Self::Map(_) | Self::TextMap | Self::LabelMap => "map[string]string",
            Self::List(_) | Self::Full(..) => "[]string",
            _ => "string",
        }
    }
}
