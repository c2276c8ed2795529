//! The effect of functions on abstract values.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::eval::{Evaluator, Scope};
use super::value::Abstract;
use gotemplate::ast::{Command, Operand};

/// Functions that test for a value, or replace a missing one.
const TAKE_ABSENT: &[&str] = &[
    "default",
    "coalesce",
    "ternary",
    "empty",
    "not",
    "and",
    "or",
    "hasKey",
    "dig",
    "get",
    "kindIs",
    "kindOf",
    "typeOf",
    "typeIs",
    "required",
    "eq",
    "ne",
    "include",
    "tpl",
    "toYaml",
    "toJson",
    "fail",
    "len",
    "all",
    "any",
    "merge",
    "mergeOverwrite",
    "mustMerge",
    "mustMergeOverwrite",
    "deepCopy",
    "dict",
    "list",
    "concat",
    "has",
    "omit",
    "pick",
    "pluck",
];

/// Whether the command is a function that accepts a missing value.
pub(super) fn takes_absent(command: &Command) -> bool {
    matches!(&command.operands[0], Operand::Identifier(_, name) if TAKE_ABSENT.contains(&&**name))
}

/// Whether an operand refers to a value that is reachable in other ways, so that changes to it are visible elsewhere.
fn is_shared(operand: Option<&Operand>) -> bool {
    matches!(
        operand,
        Some(Operand::Variable(_) | Operand::Field(..) | Operand::Dot(_) | Operand::Chain(_))
    )
}

impl Evaluator<'_> {
    /// A call of a function.
    pub(super) fn function(
        &mut self,
        name: &str,
        operands: &[Operand],
        piped: Option<Abstract>,
        scope: &mut Scope,
    ) -> Abstract {
        let guards = usize::from(TAKE_ABSENT.contains(&name));
        self.guards += guards;
        let mut arguments: Vec<Abstract> = operands.iter().map(|operand| self.operand(operand, scope)).collect();
        arguments.extend(piped);
        self.guards -= guards;
        match name {
            "include" => self.include(operands, &arguments),
            "tpl" => {
                let [text, dot] = &arguments[..] else {
                    return self.consume(&arguments);
                };
                self.whole(text);
                self.rendered_texts(dot);
                Abstract::Unknown
            }
            "default" | "coalesce" | "or" | "and" | "concat" | "mustConcat" | "append" | "mustAppend" | "push"
            | "prepend" | "mustPrepend" => self.either(&arguments),
            "required" => arguments.pop().unwrap_or(Abstract::Unknown),
            "ternary" => {
                if let Some(condition) = arguments.pop() {
                    self.touch(&condition);
                }
                self.either(&arguments)
            }
            "empty" | "not" | "kindIs" | "kindOf" | "typeOf" | "typeIs" | "typeIsLike" => {
                arguments.iter().for_each(|argument| self.touch(argument));
                Abstract::Unknown
            }
            "hasKey" => {
                self.guarded(|this| this.path(&arguments));
                Abstract::Unknown
            }
            "get" | "index" => self.path(&arguments),
            "dig" => self.dig(arguments),
            "first" | "last" | "mustFirst" | "mustLast" => match arguments.pop() {
                Some(list) => {
                    let item = self.item(&list);
                    self.touch(&item);
                    item
                }
                None => Abstract::Unknown,
            },
            "rest" | "mustRest" | "initial" | "mustInitial" | "reverse" | "mustReverse" | "compact" | "mustCompact"
            | "uniq" | "mustUniq" | "slice" | "mustSlice" | "deepCopy" | "mustDeepCopy" | "omit" | "unset" => {
                match arguments.into_iter().next() {
                    Some(value) => value,
                    None => Abstract::Unknown,
                }
            }
            "without" | "mustWithout" => arguments.into_iter().next().unwrap_or(Abstract::Unknown),
            "dict" => self.dict(&arguments),
            "list" | "tuple" => {
                let item = self.either(&arguments);
                Abstract::List(Box::new(item))
            }
            "set" => {
                arguments[1..].iter().for_each(|argument| self.whole(argument));
                arguments.into_iter().next().unwrap_or(Abstract::Unknown)
            }
            "merge" | "mergeOverwrite" | "mustMerge" | "mustMergeOverwrite" => {
                // The first map is changed in place: any other reference to it sees the contents of the others.
                if is_shared(operands.first()) && arguments.len() > 1 {
                    arguments[1..].iter().for_each(|argument| self.whole(argument));
                }
                self.either(&arguments)
            }
            "pick" => self.pick(&arguments),
            "pluck" => self.pluck(&arguments),
            "keys" => {
                for argument in &arguments {
                    let item = self.item(argument);
                    self.touch(&item);
                }
                Abstract::Unknown
            }
            "values" => match arguments.first() {
                Some(map) => {
                    let item = self.item(map);
                    self.touch(&item);
                    Abstract::List(Box::new(item))
                }
                None => Abstract::Unknown,
            },
            "printf" => self.printf(&arguments),
            "print" => {
                let pattern = arguments.iter().map(|argument| match argument {
                    Abstract::Text(text) => text.to_string(),
                    _ => "*".to_owned(),
                });
                let pattern: String = pattern.collect();
                self.consume(&arguments);
                Abstract::Pattern(pattern.into())
            }
            _ => self.consume(&arguments),
        }
    }

    /// A function that may read all of its arguments and returns a new value.
    fn consume(&mut self, arguments: &[Abstract]) -> Abstract {
        arguments.iter().for_each(|argument| self.whole(argument));
        Abstract::Unknown
    }

    fn include(&mut self, operands: &[Operand], arguments: &[Abstract]) -> Abstract {
        let [name, dot] = arguments else {
            return self.consume(arguments);
        };
        let span = operands.first().map(|operand| operand.meta().span);
        // A template file included for a checksum; all files are analysed anyway.
        let is_file = operands
            .first()
            .is_some_and(|operand| operand.to_string().contains(".Template.BasePath"));
        if !is_file && let Some(span) = span {
            self.call(name, span, dot);
        }
        Abstract::Unknown
    }

    /// `get` and `index`: a map, then keys.
    fn path(&mut self, arguments: &[Abstract]) -> Abstract {
        let Some((map, keys)) = arguments.split_first() else {
            return Abstract::Unknown;
        };
        let mut value = map.clone();
        for key in keys {
            value = self.step(&value, key);
        }
        self.touch(&value);
        value
    }

    fn step(&mut self, value: &Abstract, key: &Abstract) -> Abstract {
        match key {
            Abstract::Text(name) => self.field(value, name),
            Abstract::Either(keys) if keys.iter().all(|key| matches!(key, Abstract::Text(_))) => {
                let values: Vec<Abstract> = keys.iter().map(|key| self.step(value, key)).collect();
                self.either(&values)
            }
            key => {
                self.whole(key);
                self.item(value)
            }
        }
    }

    /// `dig "a" "b" default map`
    fn dig(&mut self, mut arguments: Vec<Abstract>) -> Abstract {
        let (Some(map), Some(default)) = (arguments.pop(), arguments.pop()) else {
            return Abstract::Unknown;
        };
        let mut path = vec![map];
        path.append(&mut arguments);
        let found = self.path(&path);
        self.either(&[default, found])
    }

    fn dict(&mut self, arguments: &[Abstract]) -> Abstract {
        let mut entries = BTreeMap::new();
        for pair in arguments.chunks(2) {
            match pair {
                [Abstract::Text(key), value] => {
                    entries.insert(Arc::clone(key), value.clone());
                }
                pair => pair.iter().for_each(|value| self.whole(value)),
            }
        }
        Abstract::Dict(Arc::new(entries))
    }

    fn pick(&mut self, arguments: &[Abstract]) -> Abstract {
        let Some((map, keys)) = arguments.split_first() else {
            return Abstract::Unknown;
        };
        let mut entries = BTreeMap::new();
        for key in keys {
            let Abstract::Text(name) = key else {
                keys.iter().for_each(|key| self.whole(key));
                return map.clone();
            };
            let value = self.field(map, name);
            self.touch(&value);
            entries.insert(Arc::clone(name), value);
        }
        Abstract::Dict(Arc::new(entries))
    }

    fn pluck(&mut self, arguments: &[Abstract]) -> Abstract {
        let Some((key, maps)) = arguments.split_first() else {
            return Abstract::Unknown;
        };
        let values: Vec<Abstract> = maps.iter().map(|map| self.step(map, key)).collect();
        values.iter().for_each(|value| self.touch(value));
        let item = self.either(&values);
        Abstract::List(Box::new(item))
    }

    /// The pattern of a formatted text: the format with a star for each verb.
    fn printf(&mut self, arguments: &[Abstract]) -> Abstract {
        self.consume(arguments);
        let Some(Abstract::Text(format)) = arguments.first() else {
            return Abstract::Unknown;
        };
        let mut pattern = String::new();
        let mut rest = &**format;
        while let Some(at) = rest.find('%') {
            pattern.push_str(&rest[..at]);
            pattern.push('*');
            let after = &rest[at + 1..];
            let verb = after
                .find(|c: char| c.is_ascii_alphabetic() || c == '%')
                .map_or(after.len(), |end| end + 1);
            rest = after.get(verb..).unwrap_or_default();
        }
        pattern.push_str(rest);
        if pattern.contains('*') {
            Abstract::Pattern(pattern.into())
        } else {
            Abstract::Text(pattern.into())
        }
    }
}
