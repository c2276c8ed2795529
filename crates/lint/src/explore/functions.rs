//! The results of template functions for partly known values.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::usage::value::Path;
use super::formula::{Atom, Constant, Formula, Known, OPEN, kind_is, longer};
use super::interpret::{Interpreter, Scope};
use gotemplate::ast::Operand;
use source::Span;

/// How many items of a list that a template makes are told apart.
const MAX_ITEMS: usize = 48;

/// Functions that change a text or a number, but not whether there is one. What is compared with their results is compared with
/// what they were given.
const TRANSPARENT: &[&str] = &[
    "toString",
    "lower",
    "upper",
    "trim",
    "trimAll",
    "trimPrefix",
    "trimSuffix",
    "trunc",
    "nindent",
    "indent",
    "b64enc",
    "b64dec",
    "replace",
    "title",
    "untitle",
    "kebabcase",
    "camelcase",
    "snakecase",
    "deepCopy",
    "mustDeepCopy",
    "compact",
    "mustCompact",
    "uniq",
    "mustUniq",
    "sortAlpha",
    "reverse",
    "mustReverse",
    "omit",
    "unset",
    "keys",
    "values",
    "without",
    "mustWithout",
    "join",
    "toStrings",
    "splitList",
    "int",
    "int64",
    "float64",
    "atoi",
    "semver",
    "html",
    "js",
    "urlquery",
];

impl Interpreter<'_> {
    /// A call of a function.
    pub(super) fn function(
        &mut self,
        name: &str,
        span: Span,
        operands: &[Operand],
        piped: Option<Known>,
        scope: &mut Scope,
    ) -> Known {
        let mut arguments: Vec<Known> = operands.iter().map(|operand| self.operand(operand, scope)).collect();
        arguments.extend(piped);
        self.note(name, &arguments);
        match (name, &arguments[..]) {
            ("and", arguments) => match arguments.last() {
                // The last one, if all others are true.
                Some(last) if arguments.len() > 1 => {
                    let first = Formula::all(arguments[..arguments.len() - 1].iter().map(Known::truth));
                    match last {
                        Known::At(_) => Known::choice([
                            (first.clone(), last.clone()),
                            (first.not(), Known::Constant(Constant::Bool(false))),
                        ]),
                        last => Known::Truth(Formula::all([first, last.truth()])),
                    }
                }
                _ => arguments.last().cloned().unwrap_or(Known::Unknown),
            },
            ("or" | "coalesce", arguments) => first_true(arguments),
            ("default", [default, value]) => first_true(&[value.clone(), default.clone()]),
            ("not" | "empty", [value]) => Known::Truth(value.truth().not()),
            ("all", values) => Known::Truth(Formula::all(values.iter().map(Known::truth))),
            ("any", values) => Known::Truth(Formula::any(values.iter().map(Known::truth))),
            ("eq", [first, others @ ..]) => Known::Truth(Formula::any(others.iter().map(|other| first.equals(other)))),
            ("ne", [first, second]) => Known::Truth(first.equals(second).not()),
            ("gt", [one, other]) => Known::Truth(greater(one, other)),
            ("lt", [one, other]) => Known::Truth(greater(other, one)),
            ("ge", [one, other]) => Known::Truth(greater(other, one).not()),
            ("le", [one, other]) => Known::Truth(greater(one, other).not()),
            ("ternary", [yes, no, condition]) => {
                let condition = condition.truth();
                Known::choice([(condition.clone(), yes.clone()), (condition.not(), no.clone())])
            }
            // Whichever template asks first keeps it.
            ("hasKey", [Known::Dot(chart), Known::Constant(Constant::Text(key))])
                if self.kept.contains_key(&(chart.clone(), Arc::clone(key))) =>
            {
                Known::Truth(Formula::Unknown)
            }
            ("hasKey", [..])
                if operands
                    .first()
                    .is_some_and(|operand| self.kept_place(operand, scope).is_some()) =>
            {
                Known::Truth(Formula::Unknown)
            }
            ("hasKey", [map, Known::Constant(Constant::Text(key))]) => Known::Truth(has_key(map, key)),
            ("get" | "index", [map, keys @ ..]) => self.path(map, keys),
            ("dig", [keys @ .., default, map]) => {
                let found = self.path(map, keys);
                first_true(&[found, default.clone()])
            }
            ("kindIs" | "typeIs" | "typeIsLike", [Known::Constant(Constant::Text(kind)), value]) => {
                Known::Truth(kind_of(value, kind))
            }
            ("kindOf" | "typeOf", [value]) => value.map(&|known| match known {
                Known::At(path) => Known::Kind(path.clone()),
                Known::Constant(Constant::Text(_)) | Known::Pattern(_) => Known::text("string"),
                Known::Constant(Constant::Bool(_)) => Known::text("bool"),
                Known::Dict(_) => Known::text("map"),
                Known::List(_) => Known::text("slice"),
                _ => Known::Unknown,
            }),
            ("contains", [part, text]) => Known::Truth(contains(text, part)),
            ("has" | "mustHas", [item, list]) => Known::Truth(contains(list, item)),
            ("hasPrefix", [Known::Constant(Constant::Text(part)), text]) => {
                Known::Truth(test(text, &|path| Atom::Prefix(path.to_vec(), Arc::clone(part))))
            }
            ("hasSuffix", [Known::Constant(Constant::Text(part)), text]) => {
                Known::Truth(test(text, &|path| Atom::Suffix(path.to_vec(), Arc::clone(part))))
            }
            ("regexMatch" | "mustRegexMatch", [Known::Constant(Constant::Text(pattern)), text]) => {
                Known::Truth(test(text, &|path| Atom::Matches(path.to_vec(), Arc::clone(pattern))))
            }
            ("semverCompare", [Known::Constant(Constant::Text(constraint)), version]) => {
                Known::Truth(version_fits(version, constraint))
            }
            ("len", [value]) => value.map(&|known| match known {
                Known::At(path) => Known::Length(path.clone()),
                Known::Constant(Constant::Text(text)) => {
                    Known::Constant(Constant::Int(i64::try_from(text.len()).unwrap_or(i64::MAX)))
                }
                Known::Truth(_) | Known::Length(_) => known.clone(),
                _ => Known::Unknown,
            }),
            ("include", [name, dot]) => self.call(name, dot),
            ("tpl", [text, _]) => text.clone(),
            ("required", [_, value]) => {
                self.demand(span, Some(value.truth()));
                value.clone()
            }
            ("first" | "last" | "mustFirst" | "mustLast", [list]) => list.map(&|list| match list {
                Known::List(items) => {
                    let is_first = matches!(name, "first" | "mustFirst");
                    let item = if is_first { items.first() } else { items.last() };
                    item.cloned().unwrap_or(Known::Constant(Constant::Null))
                }
                list => list.item(),
            }),
            // Items may be left out, even all of them.
            ("without" | "mustWithout" | "compact" | "mustCompact", [Known::List(items), ..]) if !items.is_empty() => {
                let empty = Known::List(Arc::default());
                Known::choice([(Formula::Unknown, arguments[0].clone()), (Formula::Unknown, empty)])
            }
            ("rest" | "mustRest", [Known::List(items)]) => {
                Known::List(Arc::new(items.iter().skip(1).cloned().collect()))
            }
            ("keys", [Known::Dict(entries)]) if is_fixed(entries) => {
                Known::List(Arc::new(entries.keys().map(|key| Known::text(key)).collect()))
            }
            (
                "splitList",
                [
                    Known::Constant(Constant::Text(sep)),
                    Known::Constant(Constant::Text(text)),
                ],
            ) if !sep.is_empty() => Known::List(Arc::new(text.split(&**sep).map(Known::text).collect())),
            ("concat" | "mustConcat", lists) if lists.iter().all(|list| matches!(list, Known::List(_))) => {
                let items = lists.iter().flat_map(|list| match list {
                    Known::List(items) => items.to_vec(),
                    _ => Vec::new(),
                });
                Known::List(Arc::new(items.collect()))
            }
            ("dict", pairs) => dict(pairs),
            ("list" | "tuple", items) => Known::List(Arc::new(items.to_vec())),
            ("set", [map, key, value]) => {
                let changed = match operands.first().and_then(|operand| self.kept_place(operand, scope)) {
                    Some((chart, name)) => {
                        let before = self.kept.get(&(chart.clone(), Arc::clone(&name))).cloned();
                        let before = before.unwrap_or_else(|| Known::Dict(Arc::default()));
                        let changed = before.with_entry(key, value);
                        self.kept.insert((chart, name), changed.clone());
                        return changed;
                    }
                    None => map.with_entry(key, value),
                };
                if let (Known::Dot(chart), Known::Constant(Constant::Text(name))) = (map, key) {
                    self.kept.insert((chart.clone(), Arc::clone(name)), value.clone());
                }
                if let Some(Operand::Variable(variable)) = operands.first()
                    && variable.fields.is_empty()
                    && let Some((_, known)) = scope
                        .variables
                        .iter_mut()
                        .rev()
                        .find(|(name, _)| *name == variable.name)
                {
                    *known = changed.clone();
                }
                changed
            }
            ("merge" | "mustMerge" | "mergeOverwrite" | "mustMergeOverwrite" | "concat" | "mustConcat", values) => {
                // Each is in it as far as there is something in it.
                Known::choice(values.iter().map(|value| (value.truth(), value.clone())))
            }
            ("append" | "prepend" | "push" | "mustAppend" | "mustPush" | "mustPrepend", [list, item]) => match list {
                Known::List(items) if items.len() < MAX_ITEMS => {
                    Known::List(Arc::new(items.iter().chain([item]).cloned().collect()))
                }
                Known::List(_) => Known::Filled,
                Known::Choice(alternatives) => Known::choice(alternatives.iter().map(|(condition, known)| {
                    let known = match known {
                        Known::List(items) if items.len() < MAX_ITEMS => {
                            Known::List(Arc::new(items.iter().chain([item]).cloned().collect()))
                        }
                        Known::List(_) => Known::Filled,
                        known => known.clone(),
                    };
                    (condition.clone(), known)
                })),
                _ => list.clone(),
            },
            // A text if any item is one.
            ("join", [_, Known::List(items)]) => {
                let any = Formula::any(items.iter().map(Known::truth));
                Known::choice([(any.clone(), Known::Filled), (any.not(), Known::text(""))])
            }
            ("fromYaml", [Known::Filled]) => Known::Filled,
            ("fromJson" | "fromYaml" | "fromJsonArray" | "fromYamlArray", [text]) => text.map(&|known| match known {
                Known::Encoded(value) => Known::clone(value),
                Known::Constant(Constant::Text(text)) if text.trim().is_empty() => Known::Dict(Arc::default()),
                _ => Known::Unknown,
            }),
            ("pick", [map, ..]) => map.clone(),
            ("pluck", [key, maps @ ..]) => {
                let found: Vec<Known> = maps
                    .iter()
                    .map(|map| self.path(map, std::slice::from_ref(key)))
                    .collect();
                Known::List(Arc::new(found))
            }
            ("printf", [Known::Constant(Constant::Text(format)), values @ ..]) => printf(format, values),
            ("print", [value]) => value.clone(),
            // Of null nothing is left, of an empty text the quotes.
            ("quote", [Known::At(path)]) => {
                let is_null = Formula::Atom(Atom::Equals(path.clone(), Constant::Null));
                let is_empty = Formula::Atom(Atom::Equals(path.clone(), Constant::Text("".into())));
                let is_other = Formula::all([is_null.clone().not(), is_empty.clone().not()]);
                Known::choice([
                    (is_null, Known::text("")),
                    (is_empty, Known::text("\"\"")),
                    (is_other, Known::Filled),
                ])
            }
            ("quote", [Known::Constant(Constant::Text(text))]) => Known::text(&format!("\"{text}\"")),
            ("toYaml" | "toJson" | "toPrettyJson" | "toRawJson", [value]) => Known::Encoded(Arc::new(value.clone())),
            ("quote" | "squote" | "toYaml" | "toJson" | "toPrettyJson" | "toRawJson" | "toToml" | "sha256sum", _) => {
                Known::Filled
            }
            ("until", [count]) => Known::Truth(count.truth()),
            ("lookup", _) => Known::Dict(Arc::default()),
            ("fail", _) => Known::text(""),
            (name, arguments) if TRANSPARENT.contains(&name) => match arguments {
                // The value is the last argument of most; of these the first.
                [value, ..] if matches!(name, "omit" | "unset" | "without" | "mustWithout") => value.clone(),
                [.., value] => value.map(&|known| transparent(name, known)),
                [] => Known::Unknown,
            },
            _ => Known::Unknown,
        }
    }

    /// The field of the root context that an operand reads or sets: the chart, and the name of the field.
    fn kept_place(&mut self, operand: &Operand, scope: &mut Scope) -> Option<(Path, Arc<str>)> {
        let (base, fields) = match operand {
            Operand::Field(_, fields) => (scope.dot.clone(), fields),
            Operand::Variable(variable) => {
                let mut known = scope.variables.iter().rev();
                let (_, value) = known.find(|(known, _)| *known == variable.name)?;
                (value.clone(), &variable.fields)
            }
            Operand::Chain(chain) => (self.operand(&chain.operand, scope), &chain.fields),
            _ => return None,
        };
        let names: Vec<&str> = fields.names().collect();
        let (last, outer) = names.split_last()?;
        let base = outer.iter().fold(base, |value, name| self.field(&value, name));
        let Known::Dot(chart) = base else { return None };
        let place = (chart, Arc::from(*last));
        self.kept.contains_key(&place).then_some(place)
    }

    /// `get` and `index`: a value, then keys.
    fn path(&mut self, value: &Known, keys: &[Known]) -> Known {
        let mut value = value.clone();
        for key in keys {
            value = match (&value, key) {
                (Known::List(items), Known::Constant(Constant::Int(at))) => {
                    let item = usize::try_from(*at).ok().and_then(|at| items.get(at));
                    item.cloned().unwrap_or(Known::Unknown)
                }
                (_, Known::Constant(Constant::Text(name))) => self.field(&value, name),
                (_, Known::Choice(names)) => {
                    let fields: Vec<(Formula, Known)> = names
                        .iter()
                        .map(|(condition, name)| {
                            let field = match name {
                                Known::Constant(Constant::Text(name)) => self.field(&value, name),
                                _ => value.item(),
                            };
                            (condition.clone(), field)
                        })
                        .collect();
                    Known::choice(fields)
                }
                _ => value.item(),
            };
        }
        if let Known::At(path) = &value {
            self.found.shape.make(path);
        }
        value
    }

    /// Notes what a function takes its arguments for.
    fn note(&mut self, name: &str, arguments: &[Known]) {
        let shape = &mut self.found.shape;
        let paths = arguments.iter().flat_map(|argument| match argument {
            Known::At(path) => vec![path.clone()],
            Known::Choice(alternatives) => alternatives
                .iter()
                .filter_map(|(_, known)| match known {
                    Known::At(path) => Some(path.clone()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        });
        for path in paths {
            let shape = shape.make(&path);
            match name {
                "int" | "int64" | "float64" | "add" | "sub" | "mul" | "div" | "max" | "min" | "gt" | "lt" | "ge"
                | "le" | "until" => shape.is_number = true,
                "quote" | "squote" | "tpl" | "b64enc" | "printf" | "trunc" | "trimSuffix" | "trimPrefix" | "lower"
                | "replace" | "sha256sum" | "hasPrefix" | "hasSuffix" | "regexMatch" | "contains" => {
                    shape.is_text = true;
                }
                "toYaml" | "toJson" => shape.is_yaml = true,
                "eq" | "ne" | "has" | "default" => {
                    let constants = arguments.iter().flat_map(|argument| match argument {
                        Known::Constant(constant) => vec![constant.clone()],
                        Known::List(items) => items
                            .iter()
                            .filter_map(|item| match item {
                                Known::Constant(constant) => Some(constant.clone()),
                                _ => None,
                            })
                            .collect(),
                        _ => Vec::new(),
                    });
                    shape.constants.extend(constants);
                }
                _ => {}
            }
        }
    }
}

/// A call of a method.
pub(super) fn method(callee: &Known, arguments: &[Known]) -> Known {
    match (callee, arguments) {
        (Known::Builtin(name), [Known::Constant(Constant::Text(api))]) if &**name == "Capabilities.APIVersions.Has" => {
            Known::Truth(Formula::Atom(Atom::Served(Arc::clone(api))))
        }
        _ => Known::Unknown,
    }
}

/// The first of several that is true, else the last.
fn first_true(values: &[Known]) -> Known {
    let Some((last, others)) = values.split_last() else {
        return Known::Unknown;
    };
    let mut passed = Vec::new();
    let mut alternatives = Vec::new();
    for value in others {
        let truth = value.truth();
        alternatives.push((
            Formula::all(passed.iter().cloned().chain([truth.clone()])),
            value.clone(),
        ));
        passed.push(truth.not());
    }
    alternatives.push((Formula::all(passed), last.clone()));
    Known::choice(alternatives)
}

fn greater(one: &Known, other: &Known) -> Formula {
    match (one, other) {
        (Known::Constant(Constant::Int(one)), Known::Constant(Constant::Int(other))) => Formula::Always(one > other),
        (Known::At(path), Known::Constant(Constant::Int(number))) => {
            Formula::Atom(Atom::Greater(path.clone(), *number))
        }
        (Known::Constant(Constant::Int(number)), Known::At(path)) => {
            Formula::Atom(Atom::Greater(path.clone(), number.saturating_sub(1))).not()
        }
        (Known::Length(path), Known::Constant(Constant::Int(number))) => longer(path, *number),
        (Known::Constant(Constant::Int(number)), Known::Length(path)) => longer(path, number.saturating_sub(1)).not(),
        (Known::Choice(alternatives), other) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), greater(known, other)])),
        ),
        (one, Known::Choice(alternatives)) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), greater(one, known)])),
        ),
        _ => Formula::Unknown,
    }
}

fn has_key(map: &Known, key: &str) -> Formula {
    match map {
        Known::At(_) => match map.field(key) {
            Known::At(path) => Formula::Atom(Atom::Present(path)),
            _ => Formula::Unknown,
        },
        Known::Dict(entries) => match entries.get(key) {
            Some(entry) => entry.presence(),
            None if entries.contains_key(OPEN) => Formula::Unknown,
            None => Formula::Always(false),
        },
        Known::Choice(alternatives) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), has_key(known, key)])),
        ),
        Known::Dot(_) => Formula::Always(matches!(
            key,
            "Values" | "Release" | "Chart" | "Capabilities" | "Template" | "Files" | "Subcharts"
        )),
        _ => Formula::Unknown,
    }
}

fn kind_of(value: &Known, kind: &str) -> Formula {
    match value {
        Known::At(path) => kind_is(path, kind),
        Known::Constant(Constant::Text(_)) | Known::Pattern(_) => Formula::Always(kind == "string"),
        Known::Constant(Constant::Bool(_)) => Formula::Always(kind == "bool"),
        Known::Constant(Constant::Null) => Formula::Always(kind == "invalid"),
        Known::Dict(_) => Formula::Always(kind.starts_with("map")),
        Known::List(_) => Formula::Always(kind == "slice" || kind == "[]interface {}"),
        Known::Choice(alternatives) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), kind_of(known, kind)])),
        ),
        _ => Formula::Unknown,
    }
}

/// Whether a list has an item, or a text a part.
fn contains(whole: &Known, part: &Known) -> Formula {
    match (whole, part) {
        (Known::List(items), part) => Formula::any(items.iter().map(|item| item.equals(part))),
        (Known::At(path), Known::Constant(constant)) => Formula::Atom(Atom::Contains(path.clone(), constant.clone())),
        (Known::Builtin(name), Known::Constant(Constant::Text(api))) if &**name == "Capabilities.APIVersions" => {
            Formula::Atom(Atom::Served(Arc::clone(api)))
        }
        (Known::Choice(alternatives), part) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), contains(known, part)])),
        ),
        (Known::Constant(Constant::Text(text)), Known::Constant(Constant::Text(part))) => {
            Formula::Always(text.contains(&**part))
        }
        // The whole text is a part of itself.
        (Known::Constant(Constant::Text(text)), Known::At(path)) => {
            Formula::Atom(Atom::Equals(path.clone(), Constant::Text(Arc::clone(text))))
        }
        (whole, Known::Choice(alternatives)) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), contains(whole, known)])),
        ),
        _ => Formula::Unknown,
    }
}

/// A test of a text.
fn test(text: &Known, make: &dyn Fn(&[super::super::usage::value::Step]) -> Atom) -> Formula {
    match text {
        Known::At(path) => Formula::Atom(make(path)),
        Known::Choice(alternatives) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), test(known, make)])),
        ),
        _ => Formula::Unknown,
    }
}

fn version_fits(version: &Known, constraint: &str) -> Formula {
    match version {
        Known::Builtin(name) if name.starts_with("Capabilities.KubeVersion") => {
            Formula::Atom(Atom::Version(constraint.into()))
        }
        Known::Choice(alternatives) => Formula::any(
            alternatives
                .iter()
                .map(|(condition, known)| Formula::all([condition.clone(), version_fits(known, constraint)])),
        ),
        Known::Constant(Constant::Text(version)) => Formula::Always(gostd::semver::is_compatible(constraint, version)),
        _ => Formula::Unknown,
    }
}

fn dict(pairs: &[Known]) -> Known {
    let mut entries = BTreeMap::new();
    for pair in pairs.chunks(2) {
        let [Known::Constant(Constant::Text(key)), value] = pair else {
            return Known::Unknown;
        };
        entries.insert(Arc::clone(key), value.clone());
    }
    Known::Dict(Arc::new(entries))
}

/// Whether a map has just the keys that are known, whatever the values.
fn is_fixed(entries: &BTreeMap<Arc<str>, Known>) -> bool {
    let is_there = |entry: &Known| entry.presence() == Formula::Always(true);
    !entries.contains_key(OPEN) && entries.values().all(is_there)
}

fn transparent(name: &str, known: &Known) -> Known {
    match (name, known) {
        ("lower", Known::Constant(Constant::Text(text))) => Known::text(&text.to_lowercase()),
        ("upper", Known::Constant(Constant::Text(text))) => Known::text(&text.to_uppercase()),
        ("trim", Known::Constant(Constant::Text(text))) => Known::text(text.trim()),
        ("toString", Known::Constant(Constant::Bool(value))) => Known::text(&value.to_string()),
        ("toString", Known::Constant(Constant::Int(value))) => Known::text(&value.to_string()),
        // `true` and `"true"`: what prints so.
        ("toString", Known::Truth(formula)) => Known::choice([
            (formula.clone(), Known::text("true")),
            (formula.clone().not(), Known::text("false")),
        ]),
        ("int" | "int64" | "atoi", Known::Constant(Constant::Text(text))) => text
            .parse()
            .map_or(Known::Unknown, |number| Known::Constant(Constant::Int(number))),
        ("lower" | "upper" | "trim" | "toString" | "int" | "int64", known) => known.clone(),
        (_, Known::Constant(constant)) if constant.is_true() => Known::Filled,
        (_, known) => known.clone(),
    }
}

/// A formatted text: as far as the values are constants, all of it, else its format without the verbs.
fn printf(format: &str, values: &[Known]) -> Known {
    if matches!(format, "%s" | "%v" | "%d") && values.len() == 1 {
        return values[0].clone();
    }
    let mut made = String::new();
    let mut rest = format;
    let mut values = values.iter();
    while let Some(at) = rest.find('%') {
        made.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let length = after
            .find(|c: char| c.is_ascii_alphabetic() || c == '%')
            .map_or(after.len(), |end| end + 1);
        let verb = after.get(..length).unwrap_or_default();
        rest = after.get(length..).unwrap_or_default();
        match verb {
            "%" => made.push('%'),
            "s" | "v" | "d" => match values.next() {
                Some(Known::Constant(Constant::Text(text))) => made.push_str(text),
                Some(Known::Constant(Constant::Int(number))) => made.push_str(&number.to_string()),
                _ => made.push('*'),
            },
            _ => {
                values.next();
                made.push('*');
            }
        }
    }
    made.push_str(rest);
    if made.contains('*') {
        Known::Pattern(made.into())
    } else {
        Known::text(&made)
    }
}
