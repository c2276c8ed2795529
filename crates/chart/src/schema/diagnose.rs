//! Converts faults to diagnostics, each at the value or key that has to change.

use std::collections::VecDeque;

use serde_json::Value as Json;

use super::fault::{Fault, What};
use super::program::{Id, Rest, Schema};
use super::{Compiled, SCHEMA, example, message, node_at};
use diagnostics::{Diagnostic, did_you_mean};
use goyaml::Node;
use source::Span;

/// The maximum number of an object's keys that are listed.
const MAX_KEYS: usize = 8;
/// The maximum number of schemas searched for the place of a key.
const MAX_SEARCHED: usize = 5_000;

/// Returns the diagnostics for faults.
pub(super) fn all(compiled: &Compiled, faults: &[Fault], values: &Node) -> Vec<Diagnostic> {
    let mut teller = Teller {
        compiled,
        values,
        found: Vec::new(),
    };
    faults.iter().for_each(|fault| teller.tell(fault));
    teller.found.dedup();
    teller.found
}

struct Teller<'a> {
    compiled: &'a Compiled,
    values: &'a Node,
    found: Vec<Diagnostic>,
}

impl Teller<'_> {
    fn schema(&self, fault: &Fault) -> &Schema {
        self.compiled.program.get(fault.schema)
    }

    fn tell(&mut self, fault: &Fault) {
        match &*fault.what {
            What::Group | What::Reference | What::AllOf if !fault.causes.is_empty() => {
                fault.causes.iter().for_each(|cause| self.tell(cause));
            }
            What::Additional(names) => names.iter().for_each(|name| self.unknown(fault, &fault.at, name)),
            What::FalseSchema if self.schema(fault).pointer.ends_with("/unevaluatedProperties") => {
                let (parent, name) = fault.at.rsplit_once('/').unwrap_or(("", &fault.at));
                self.unknown(fault, parent, &name.replace("~1", "/").replace("~0", "~"));
            }
            What::AnyOf | What::OneOf(None) => self.choice(fault),
            What::PropertyName(name) => {
                let reasons: Vec<String> = fault.causes.iter().map(|cause| cause.what.text()).collect();
                let text = format!("{}: {}", fault.what.text(), reasons.join(", "));
                let span = self.key_at(&fault.at, name);
                self.found.push(Diagnostic::error(SCHEMA, text).at(span));
            }
            _ => self.at_value(fault, fault.what.text()),
        }
    }

    /// The span of a key in the map at a pointer.
    fn key_at(&self, pointer: &str, key: &str) -> Span {
        let entry = node_at(self.values, pointer)
            .and_then(Node::as_map)
            .and_then(|map| map.get(key));
        entry.map_or(self.values.span, |entry| entry.key)
    }

    fn unknown(&mut self, fault: &Fault, parent: &str, key: &str) {
        let shown = message::dotted(parent);
        let name = if shown.is_empty() {
            key.to_owned()
        } else {
            format!("{shown}.{key}")
        };
        let mut diagnostic = Diagnostic::error(SCHEMA, format!("unknown key {name}")).at(self.key_at(parent, key));
        let owner = self.owner(fault);
        let known = owner.iter().map(|(name, _)| &**name);
        diagnostic.help = did_you_mean(key, known).or_else(|| self.elsewhere(&shown, key));
        self.found.push(diagnostic);
    }

    /// The properties declared beside the keyword that rejects a key.
    fn owner(&self, fault: &Fault) -> &[(String, Id)] {
        let schema = self.schema(fault);
        let Some(parent) = schema.pointer.strip_suffix("/unevaluatedProperties") else {
            return &schema.properties;
        };
        let mut all = self.compiled.program.schemas.iter();
        let owner = all.find(|other| other.address == schema.address && other.pointer == parent);
        owner.map_or(&[], |owner| &owner.properties)
    }

    /// The place where a key that is unknown here is declared: below this place, or the only place that declares it.
    fn elsewhere(&self, parent: &str, key: &str) -> Option<String> {
        let places = self.places(key);
        let inside = format!("{parent}.");
        let below = places
            .iter()
            .filter(|place| parent.is_empty() || place.starts_with(&inside));
        let place = match &places[..] {
            [only] => only,
            _ => below.min_by_key(|place| (place.matches('.').count(), place.len()))?,
        };
        Some(if place.is_empty() {
            format!("`{key}` is a key of the top level")
        } else {
            format!("`{key}` is a key of `{place}`")
        })
    }

    /// The paths of all objects that declare a key.
    fn places(&self, key: &str) -> Vec<String> {
        let mut places = Vec::new();
        let mut left = VecDeque::from([(String::new(), self.compiled.root, 0)]);
        let mut searched = 0;
        while let Some((path, id, depth)) = left.pop_front() {
            searched += 1;
            if searched > MAX_SEARCHED || depth > 12 {
                break;
            }
            let schema = self.compiled.program.get(id);
            for (name, inner) in &schema.properties {
                if name == key && !places.contains(&path) {
                    places.push(path.clone());
                }
                let dot = if path.is_empty() { "" } else { "." };
                left.push_back((format!("{path}{dot}{name}"), *inner, depth + 1));
            }
            let same = schema
                .reference
                .iter()
                .chain(&schema.all_of)
                .chain(&schema.any_of)
                .chain(&schema.one_of);
            left.extend(same.map(|inner| (path.clone(), *inner, depth + 1)));
        }
        places
    }

    /// Reports a value that no branch of an `anyOf` or `oneOf` accepts.
    fn choice(&mut self, fault: &Fault) {
        let options: Option<Vec<&Json>> = fault
            .causes
            .iter()
            .map(|cause| match &*cause.what {
                What::Const(only) if cause.at == fault.at => Some(std::slice::from_ref(only)),
                What::Enum(options) if cause.at == fault.at => Some(&options[..]),
                _ => None,
            })
            .collect::<Option<Vec<&[Json]>>>()
            .map(|all| all.into_iter().flatten().collect());
        if let Some(options) = options.filter(|options| !options.is_empty()) {
            let options = What::Enum(options.into_iter().cloned().collect());
            return self.at_value(
                &Fault {
                    what: Box::new(options.clone()),
                    causes: Vec::new(),
                    ..fault.clone()
                },
                options.text(),
            );
        }
        // The branch whose faults are deepest is most likely the intended one.
        let best = fault.causes.iter().max_by_key(|branch| {
            let mut leaves = Vec::new();
            collect(branch, &mut leaves);
            let depth = leaves.iter().map(|leaf| leaf.at.matches('/').count()).max();
            let is_wrong_type = leaves
                .iter()
                .any(|leaf| matches!(*leaf.what, What::Type { .. }) && leaf.at == fault.at);
            (!is_wrong_type, depth, std::cmp::Reverse(leaves.len()))
        });
        let Some(branch) = best else {
            return self.at_value(fault, fault.what.text());
        };
        let mut leaves = Vec::new();
        collect(branch, &mut leaves);
        if leaves.len() == 1 || leaves.iter().any(|leaf| leaf.at != fault.at) {
            self.tell(branch);
        } else {
            self.at_value(fault, fault.what.text());
        }
    }

    fn at_value(&mut self, fault: &Fault, text: String) {
        let shown = message::dotted(&fault.at);
        let message = if shown.is_empty() {
            text
        } else {
            format!("{shown}: {text}")
        };
        let node = node_at(self.values, &fault.at);
        let span = node.map_or(self.values.span, |node| node.span);
        let mut diagnostic = Diagnostic::error(SCHEMA, message).at(span);
        diagnostic.help = self.help(fault, node);
        self.found.push(diagnostic);
    }

    fn help(&self, fault: &Fault, node: Option<&Node>) -> Option<String> {
        let schema = self.schema(fault);
        match &*fault.what {
            What::Enum(options) => {
                let options: Vec<&str> = options.iter().filter_map(Json::as_str).collect();
                did_you_mean(node?.as_str()?, options)
            }
            What::Const(Json::String(only)) => did_you_mean(node?.as_str()?, [&**only]),
            What::Type { want, .. } if want.contains(&"object") => {
                let keys: Vec<String> = schema.properties.iter().map(|(key, _)| format!("`{key}`")).collect();
                let more = if keys.len() > MAX_KEYS { ", ..." } else { "" };
                let shown = keys[..keys.len().min(MAX_KEYS)].join(", ");
                (!keys.is_empty()).then(|| format!("its keys are {shown}{more}"))
            }
            What::Type { want, .. } if want == &["array"] => {
                let item = schema.items.map(|id| self.compiled.program.get(id))?;
                let key = item.properties.first().map(|(key, _)| key.clone());
                let is_closed = matches!(item.additional, Some(Rest::Allowed(false)));
                key.filter(|_| is_closed)
                    .map(|key| format!("a list of objects with `{key}` and the like"))
            }
            What::Pattern { .. } => {
                let pattern = schema.pattern.as_ref()?;
                let own = schema.examples.iter().filter_map(Json::as_str);
                let own = own
                    .into_iter()
                    .find(|text| !text.is_empty() && pattern.regexp.is_match(text));
                let text = own.map(str::to_owned).or_else(|| example::of(pattern))?;
                Some(format!("for example `{text}`"))
            }
            What::Format { .. } => {
                let example = schema.examples.iter().find_map(Json::as_str)?;
                (!example.is_empty()).then(|| format!("for example `{example}`"))
            }
            _ => None,
        }
    }
}

/// Collects the faults that have no causes.
fn collect<'f>(fault: &'f Fault, leaves: &mut Vec<&'f Fault>) {
    if fault.causes.is_empty() {
        leaves.push(fault);
    }
    fault.causes.iter().for_each(|cause| collect(cause, leaves));
}
