//! Walks an object along its definition, and checks fields, types and the rules of [`crate::rules`] on the way.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::definitions::{Definitions, Type};
use crate::formats::{encoding, quantity, shown, times};
use crate::problem::Side;
use crate::rules::Rules;
use crate::walker::{Position, Walker};
use crate::words::{describe, empty_of, fits, found, whole};

/// The maximum depth of an object; anything deeper is not checked. Only schemas in CustomResourceDefinitions can nest
/// without limit.
const DEEPEST: usize = 120;

impl<'a> Walker<'a> {
    /// Checks an object of a definition.
    pub(crate) fn object(&mut self, definition: usize, map: &'a Map<String, Value>) {
        let (definitions, version) = (Definitions::get(), self.version);
        if self.depth() > DEEPEST {
            return;
        }
        let fields = definitions.at(definition);
        let own = Rules::get().of(definition);
        self.frames.push((definition, self.depth()));
        for (key, value) in map {
            let Some(field) = fields.field(key, version) else {
                self.below(Position::Key(key), |walker| {
                    walker.unknown_field(definition, key, value);
                });
                continue;
            };
            if value.is_null() {
                if field.required && !self.in_status() {
                    self.below(Position::Key(key), |walker| {
                        walker.fault(
                            Side::Value,
                            "missing-required-field",
                            format!("`{key}` is null, but it is required"),
                        );
                    });
                }
                continue;
            }
            self.below(Position::Key(key), |walker| {
                let before = walker.count();
                walker.is_merged = own.merged(key).is_some();
                walker.value(&field.kind, value);
                walker.is_merged = false;
                if !walker.has_errors_since(before) && !walker.in_status() {
                    let before = walker.count();
                    own.check_field(walker, key, field.required, value);
                    walker.note_unchecked_template(before);
                }
            });
        }
        if !self.in_status() {
            for field in fields.fields(version) {
                if field.required && !map.contains_key(field.name) {
                    self.missing(field.name);
                }
            }
            let before = self.count();
            own.check_tables(self, map);
            for check in &own.checks {
                check(self, map);
            }
            self.note_unchecked_template(before);
        }
        self.frames.pop();
    }

    /// Checks a value that is not null.
    pub(crate) fn value(&mut self, kind: &Type, value: &'a Value) {
        match (kind, value) {
            (Type::Any, _)
            | (Type::String | Type::IntOrString, Value::String(_))
            | (Type::Boolean | Type::SchemaOrBoolean, Value::Bool(_))
            | (Type::Number, Value::Number(_))
            | (Type::AnyObject, Value::Object(_)) => {}
            (Type::Int32 | Type::IntOrString, Value::Number(_)) => {
                self.integer(value, kind, i64::from(i32::MIN), i64::from(i32::MAX));
            }
            (Type::Int64, Value::Number(_)) => self.integer(value, kind, i64::MIN, i64::MAX),
            (Type::Byte, Value::String(text)) => self.text("bad-base64", "base64", text, encoding::base64),
            (Type::MicroTime, Value::String(text)) => self.text("bad-date-time", "a time", text, times::micro_time),
            (Type::DateTime, Value::String(text)) => self.text("bad-date-time", "a time", text, times::date_time),
            (Type::Quantity, Value::String(text)) => {
                // Decoding takes spaces around it away.
                self.text("bad-quantity", "a quantity", text, |text| {
                    quantity::parse(text.trim()).map(drop)
                });
            }
            (Type::Quantity, Value::Number(number)) => {
                self.text("bad-quantity", "a quantity", &number.to_string(), |text| {
                    quantity::parse(text).map(drop)
                });
            }
            (Type::Reference(index), Value::Object(map)) => self.object(*index, map),
            (Type::SchemaOrList | Type::SchemaOrBoolean | Type::SchemaOrStrings, Value::Object(map)) => {
                if let Some(schema) = self.schema() {
                    self.loose += 1;
                    self.object(schema, map);
                    self.loose -= 1;
                }
            }
            (Type::SchemaOrList, Value::Array(items)) => {
                if let Some(schema) = self.schema() {
                    self.loose += 1;
                    self.items(&Type::Reference(schema), items);
                    self.loose -= 1;
                }
            }
            (Type::SchemaOrList, Value::String(_) | Value::Number(_) | Value::Bool(_)) => {
                let message = format!("a schema is wanted, this is {}: Kubernetes ignores it", found(value));
                self.fault(Side::Value, "server-warning", message);
            }
            (Type::SchemaOrStrings, Value::Array(items)) => self.items(&Type::String, items),
            (Type::List(kind), Value::Array(items)) => self.items(kind, items),
            (Type::Map(kind), Value::Object(map)) => {
                for (key, value) in map {
                    self.below(Position::Key(key), |walker| {
                        if value.is_null() && **kind != Type::Any {
                            walker.fault(
                                Side::Value,
                                "null-value",
                                format!("null stands for {} here", empty_of(kind)),
                            );
                        } else {
                            walker.value(kind, value);
                        }
                    });
                }
            }
            _ => self.wrong_type(kind, value),
        }
    }

    /// The `JSONSchemaProps` definition that is being walked.
    fn schema(&self) -> Option<usize> {
        self.frames.last().map(|(definition, _)| *definition)
    }

    fn items(&mut self, kind: &Type, items: &'a [Value]) {
        static NOTHING: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        let is_merged = std::mem::take(&mut self.is_merged);
        for (index, item) in items.iter().enumerate() {
            self.below(Position::Index(index), |walker| {
                if item.is_null() && matches!(kind, Type::String | Type::Quantity) {
                    walker.fault(
                        Side::Value,
                        "null-value",
                        format!("null stands for {} here", empty_of(kind)),
                    );
                } else if let (Value::Null, Type::Reference(definition), false) = (item, kind, is_merged) {
                    // Server-side apply refuses nulls only in lists that it merges by key.
                    let before = walker.count();
                    walker.object(*definition, &NOTHING);
                    let is_wrong = walker.has_errors_since(before);
                    walker.forget_since(before);
                    let wanted = describe(kind, Definitions::get());
                    if is_wrong {
                        let help = format!("{wanted} is wanted: remove the item, or fill it");
                        walker
                            .fault(Side::Value, "null-item", "an item of the list is null")
                            .help = Some(help);
                    } else {
                        let message = format!("null stands for an empty item here, {wanted}");
                        walker.fault(Side::Value, "null-value", message);
                    }
                } else if item.is_null() && *kind != Type::Any {
                    walker
                        .fault(Side::Value, "null-item", "an item of the list is null")
                        .help = Some(format!(
                        "{} is wanted: remove the item, or fill it",
                        describe(kind, Definitions::get())
                    ));
                } else {
                    walker.value(kind, item);
                }
            });
        }
    }

    fn integer(&mut self, value: &Value, kind: &Type, least: i64, most: i64) {
        match whole(value) {
            Some(number) if (i128::from(least)..=i128::from(most)).contains(&number) => {}
            Some(number) => {
                self.fault(
                    Side::Value,
                    "int-range",
                    format!("{number} is out of range: from {least} to {most} is allowed"),
                );
            }
            None => self.wrong_type(kind, value),
        }
    }

    /// Says of what is wrong in a StatefulSet's pod template who refuses it before 1.34: not the API server, which does
    /// not validate the template (`ValidatePodTemplateSpecForStatefulSet`), but every pod fails to be created.
    fn note_unchecked_template(&mut self, since: usize) {
        if self.version.minor >= 34 || self.count() == since || !self.is_in(&["spec", "template", "spec"]) {
            return;
        }
        let definitions = Definitions::get();
        let of = self.frames.first().map(|(definition, _)| *definition);
        if of.is_some() && of == definitions.index("apps.v1.StatefulSet") {
            let note = format!(
                "Kubernetes {} accepts the StatefulSet, but refuses its pods",
                self.version
            );
            self.help_since(since, &note);
        }
    }

    fn wrong_type(&mut self, kind: &Type, value: &Value) {
        let wanted = describe(kind, Definitions::get());
        let problem = self.fault(
            Side::Value,
            "wrong-type",
            format!("{wanted} is wanted, this is {}", found(value)),
        );
        problem.help = match (kind, value) {
            (Type::String | Type::Byte, Value::Number(_) | Value::Bool(_)) => {
                Some(format!("put it in quotes: \"{value}\""))
            }
            (Type::Int32 | Type::Int64 | Type::Number, Value::String(text)) if text.parse::<i64>().is_ok() => {
                Some(format!("remove the quotes: {text}"))
            }
            (Type::Boolean, Value::String(text)) if text == "true" || text == "false" => {
                Some(format!("remove the quotes: {text}"))
            }
            (Type::List(_), _) => Some("each item of a list starts with `- `".to_owned()),
            _ => None,
        };
    }

    fn unknown_field(&mut self, definition: usize, key: &str, value: &Value) {
        let help = self.unknown_field_help(definition, key, value);
        let message = format!("there is no field `{}`", shown(key));
        let problem = if self.loose > 0 {
            self.fault(Side::Key, "server-warning", format!("{message}: Kubernetes ignores it"))
        } else {
            self.fault(Side::Key, "unknown-field", message)
        };
        problem.help = help;
    }

    fn unknown_field_help(&self, definition: usize, key: &str, value: &Value) -> Option<String> {
        let (definitions, version) = (Definitions::get(), self.version);
        let fields = definitions.at(definition);
        if let Some(field) = fields.any_field(key).next() {
            return Some(if field.from > version.minor {
                format!("Kubernetes has it from 1.{} on", field.from)
            } else {
                format!("Kubernetes had it up to 1.{}", field.to)
            });
        }
        let names = || fields.fields(version).map(|field| field.name);
        if let Some(nearest) = suggest::typo(key, names()) {
            return Some(format!("did you mean `{nearest}`?"));
        }
        for (parent, length) in self.frames.iter().rev().skip(1) {
            if definitions
                .at(*parent)
                .field(key, version)
                .is_some_and(|field| fits(field, value))
            {
                let place = self.pointer(*length);
                return Some(if place.is_empty() {
                    "it belongs to the top of the object".to_owned()
                } else {
                    format!("it belongs to `{place}`")
                });
            }
        }
        if let Some(child) = self.child_with(definition, key, value) {
            return Some(format!("it belongs to `{child}`"));
        }
        suggest::did_you_mean(key, names())
    }

    /// Finds a field, or a path of two fields, whose object can have the key with this value.
    fn child_with(&self, definition: usize, key: &str, value: &Value) -> Option<String> {
        let (definitions, version) = (Definitions::get(), self.version);
        let children = |definition: usize| {
            definitions
                .at(definition)
                .fields(version)
                .filter_map(|field| match &field.kind {
                    Type::Reference(index) if field.name != "status" => Some((field.name, *index)),
                    _ => None,
                })
        };
        let has = |index| {
            definitions
                .at(index)
                .field(key, version)
                .is_some_and(|field| fits(field, value))
        };
        if let Some((name, _)) = children(definition).find(|(_, index)| has(*index)) {
            return Some(name.to_owned());
        }
        for (name, index) in children(definition) {
            if let Some((second, _)) = children(index).find(|(_, index)| has(*index)) {
                return Some(format!("{name}.{second}"));
            }
        }
        None
    }
}
