//! Validates values step by step as santhosh-tekuri/jsonschema does (`validator.go`): in the same order and nesting, so
//! that the faults are those that Helm prints. Its maps are unordered; here they are sorted.

mod parts;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::address::escape;
use super::documents::Resource;
use super::fault::{Fault, What};
use super::program::{Id, Program, Schema, TYPES};
use super::{formats, metaschema, number};

/// The maximum number of schema evaluations, so that nested alternatives cannot take forever.
const MAX_STEPS: usize = 2_000_000;
/// The maximum number of faults that are kept: nested alternatives keep those of all their branches.
const MAX_FAULTS: usize = 200_000;
/// The maximum nesting depth of schemas.
const MAX_DEPTH: usize = 6_000;

/// The result of a validation.
pub(super) enum Outcome {
    Valid,
    Faults(Vec<Fault>),
    /// The limits are exceeded.
    TooMuch,
}

/// The properties and items that no keyword has evaluated yet.
#[derive(Clone, Debug, Default)]
struct Rest {
    properties: BTreeSet<String>,
    items: BTreeSet<usize>,
}

impl Rest {
    fn new(value: &Json, schema: &Schema, is_wanted: bool) -> Self {
        let mut rest = Self::default();
        let evaluated = schema.evaluated;
        match value {
            Json::Object(map) if !evaluated.properties && (is_wanted || schema.unevaluated_properties.is_some()) => {
                rest.properties = map.keys().cloned().collect();
            }
            Json::Array(items) if !evaluated.items && (is_wanted || schema.unevaluated_items.is_some()) => {
                rest.items = (evaluated.first_items..items.len()).collect();
            }
            _ => {}
        }
        rest
    }

    fn keep_only(&mut self, other: &Self) {
        self.properties.retain(|name| other.properties.contains(name));
        self.items.retain(|at| other.items.contains(at));
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.items.is_empty()
    }
}

/// A schema that is being evaluated.
struct Scope {
    schema: Id,
    /// The reference keyword that led here, or empty.
    keyword: &'static str,
    /// The depth of the value: scopes of the same value have the same depth.
    depth: usize,
}

/// The mode in which a schema is evaluated.
#[derive(Clone, Copy)]
struct How {
    /// Whether only validity matters and no faults are needed.
    is_quiet: bool,
    /// The metaschema, if the value is a schema that is validated.
    meta: Option<Id>,
}

/// The evaluation of one schema for one value.
struct Frame<'a> {
    id: Id,
    value: &'a Json,
    how: How,
    rest: Rest,
    faults: Vec<Fault>,
}

impl Frame<'_> {
    fn is_decided(&self) -> bool {
        self.how.is_quiet && !self.faults.is_empty()
    }
}

/// Validates values against compiled schemas.
pub(super) struct Walker<'p> {
    program: &'p Program,
    /// The resources of the schema that is validated against a metaschema; they may have other drafts.
    resources: Option<&'p BTreeMap<String, Resource>>,
    path: Vec<String>,
    scopes: Vec<Scope>,
    steps: usize,
    faults: Cell<usize>,
}

impl<'p> Walker<'p> {
    pub(super) fn new(program: &'p Program) -> Self {
        Self {
            program,
            resources: None,
            path: Vec::new(),
            scopes: Vec::new(),
            steps: 0,
            faults: Cell::new(0),
        }
    }

    /// Sets up the validation of a schema against its metaschema.
    #[must_use]
    pub(super) fn of_schemas(mut self, resources: &'p BTreeMap<String, Resource>) -> Self {
        self.resources = Some(resources);
        self
    }

    /// Validates a value against a schema.
    pub(super) fn run(&mut self, id: Id, value: &Json) -> Outcome {
        let how = How {
            is_quiet: false,
            meta: self.resources.map(|_| id),
        };
        let found = self.root(id, value, how);
        if self.is_exhausted() {
            return Outcome::TooMuch;
        }
        match found {
            Ok(_) => Outcome::Valid,
            Err(fault) if *fault.what == What::Group => Outcome::Faults(fault.causes),
            Err(fault) => Outcome::Faults(vec![fault]),
        }
    }

    fn is_exhausted(&self) -> bool {
        self.steps > MAX_STEPS || self.faults.get() > MAX_FAULTS || self.scopes.len() > MAX_DEPTH
    }

    /// Starts with an empty path and no scopes.
    fn root(&mut self, id: Id, value: &Json, how: How) -> Result<Rest, Fault> {
        let path = std::mem::take(&mut self.path);
        let scopes = std::mem::take(&mut self.scopes);
        self.scopes.push(Scope {
            schema: id,
            keyword: "",
            depth: 0,
        });
        let rest = Rest::new(value, self.program.get(id), false);
        let found = self.validate(id, value, how, rest);
        if !self.is_exhausted() {
            self.scopes = scopes;
        }
        self.path = path;
        found
    }

    /// Evaluates a schema for the same value and takes over what it leaves unevaluated.
    fn apply(&mut self, frame: &mut Frame<'_>, id: Id, keyword: &'static str, is_quiet: bool) -> Result<(), Fault> {
        let how = How {
            is_quiet: frame.how.is_quiet || is_quiet,
            ..frame.how
        };
        let rest = Rest::new(frame.value, self.program.get(id), !frame.rest.is_empty());
        let depth = self.scopes.last().map_or(0, |scope| scope.depth);
        let left = self.enter(id, keyword, depth, frame.value, how, rest)?;
        frame.rest.keep_only(&left);
        Ok(())
    }

    /// Evaluates a schema for a part of the value.
    fn apply_to(&mut self, frame: &Frame<'_>, id: Id, value: &Json, step: String) -> Result<(), Fault> {
        let depth = self.scopes.last().map_or(0, |scope| scope.depth) + 1;
        let rest = Rest::new(value, self.program.get(id), false);
        self.path.push(step);
        let found = self.enter(id, "", depth, value, frame.how, rest);
        self.path.pop();
        found.map(drop)
    }

    fn enter(
        &mut self,
        id: Id,
        keyword: &'static str,
        depth: usize,
        value: &Json,
        how: How,
        rest: Rest,
    ) -> Result<Rest, Fault> {
        self.steps += 1;
        self.scopes.push(Scope {
            schema: id,
            keyword,
            depth,
        });
        if self.is_exhausted() {
            return Ok(rest);
        }
        let (id, how) = self.own_draft(id, how);
        let found = self.validate(id, value, how, rest);
        if !self.is_exhausted() {
            self.scopes.pop();
        }
        found
    }

    /// A resource inside a schema is validated against the metaschema of its own draft.
    fn own_draft(&self, id: Id, how: How) -> (Id, How) {
        let own = || {
            let resources = self.resources?;
            let resource = resources.get(&self.pointer())?;
            metaschema::root_of(resource.dialect.draft)
        };
        match (how.meta == Some(id)).then(own).flatten() {
            Some(own) => (own, How { meta: Some(own), ..how }),
            None => (id, how),
        }
    }

    fn pointer(&self) -> String {
        self.path.iter().fold(String::new(), |mut pointer, step| {
            pointer.push('/');
            pointer.push_str(&escape(step));
            pointer
        })
    }

    fn fault(&self, frame: &Frame<'_>, what: impl FnOnce() -> What) -> Fault {
        let is_quiet = frame.how.is_quiet;
        self.faults.set(self.faults.get() + usize::from(!is_quiet));
        Fault {
            at: if is_quiet { String::new() } else { self.pointer() },
            schema: frame.id,
            what: Box::new(if is_quiet { What::Group } else { what() }),
            causes: Vec::new(),
        }
    }

    fn push(&self, frame: &mut Frame<'_>, what: impl FnOnce() -> What) {
        let fault = self.fault(frame, what);
        frame.faults.push(fault);
    }

    fn validate(&mut self, id: Id, value: &Json, how: How, rest: Rest) -> Result<Rest, Fault> {
        let program = self.program;
        let schema = program.get(id);
        let mut frame = Frame {
            id,
            value,
            how,
            rest,
            faults: Vec::new(),
        };
        match schema.always {
            Some(true) => return Ok(frame.rest),
            Some(false) => return Err(self.fault(&frame, || What::FalseSchema)),
            None => {}
        }
        if let Some(what) = self.cycle() {
            return Err(self.fault(&frame, || what));
        }
        if let Some(what) = last_word(schema, value) {
            return Err(self.fault(&frame, || what));
        }
        if let Some(reference) = schema.reference {
            let found = self.refer(&mut frame, reference, "$ref");
            if schema.draft < 2019 {
                return found.map(|()| frame.rest);
            }
            frame.faults.extend(found.err());
        }
        match value {
            Json::Object(map) => self.object(&mut frame, schema, map),
            Json::Array(items) => self.array(&mut frame, schema, items),
            Json::String(text) => self.string(&mut frame, schema, text),
            Json::Number(number) => self.number(&mut frame, schema, number),
            Json::Null | Json::Bool(_) => {}
        }
        if !frame.is_decided() {
            self.later_references(&mut frame, schema);
            self.conditions(&mut frame, schema);
            self.unevaluated(&mut frame, schema);
        }
        match frame.faults.len() {
            0 => Ok(frame.rest),
            1 => Err(frame.faults.remove(0)),
            _ => {
                let mut group = self.fault(&frame, || What::Group);
                group.causes = frame.faults;
                Err(group)
            }
        }
    }

    /// Returns the cycle if the same schema is already being evaluated for the same value.
    fn cycle(&self) -> Option<What> {
        let (last, before) = self.scopes.split_last()?;
        let open = before
            .iter()
            .rposition(|scope| scope.depth != last.depth)
            .map_or(0, |at| at + 1);
        let found = open + before[open..].iter().rposition(|scope| scope.schema == last.schema)?;
        Some(What::Cycle {
            first: self.way(before.len()),
            second: self.way(found),
            location: self.program.location(last.schema),
        })
    }

    /// The keywords that lead to a scope.
    fn way(&self, to: usize) -> String {
        let mut way = String::new();
        for at in 1..=to {
            let scope = &self.scopes[at];
            if scope.keyword.is_empty() {
                let own = self.program.location(scope.schema);
                let outer = self.program.location(self.scopes[at - 1].schema);
                way.push_str(own.get(outer.len()..).unwrap_or_default());
            } else {
                way.push('/');
                way.push_str(scope.keyword);
            }
        }
        way
    }

    /// Follows a reference.
    fn refer(&mut self, frame: &mut Frame<'_>, id: Id, keyword: &'static str) -> Result<(), Fault> {
        let Err(found) = self.apply(frame, id, keyword, false) else {
            return Ok(());
        };
        let mut fault = self.fault(frame, || What::Reference);
        fault.causes = if *found.what == What::Group {
            found.causes
        } else {
            vec![found]
        };
        Err(fault)
    }

    fn later_references(&mut self, frame: &mut Frame<'_>, schema: &Schema) {
        if schema.draft < 2019 {
            return;
        }
        if let Some(mut id) = schema.recursive_reference {
            if self.program.get(id).recursive_anchor {
                let program = self.program;
                let is_anchor = |scope: &&Scope| program.get(program.get(scope.schema).resource).recursive_anchor;
                id = self.scopes.iter().find(is_anchor).map_or(id, |scope| scope.schema);
            }
            let found = self.refer(frame, id, "$recursiveRef");
            frame.faults.extend(found.err());
        }
        if let Some((mut id, anchor)) = schema.dynamic_reference.clone() {
            if !anchor.is_empty() && self.program.get(id).dynamic_anchor == anchor {
                let program = self.program;
                let anchored = |scope: &Scope| {
                    let resource = program.get(program.get(scope.schema).resource);
                    let found = resource.dynamic_anchors.iter().find(|(name, _)| *name == anchor);
                    found.map(|(_, id)| *id)
                };
                id = self.scopes.iter().find_map(anchored).unwrap_or(id);
            }
            let found = self.refer(frame, id, "$dynamicRef");
            frame.faults.extend(found.err());
        }
    }
}

/// The faults that end the validation of a value: a wrong type, `const`, `enum` or format.
fn last_word(schema: &Schema, value: &Json) -> Option<What> {
    let (bit, name) = type_of(value);
    let is_integer = || matches!(value, Json::Number(number) if schema.types & 8 != 0 && number::is_integer(number));
    if schema.types != 0 && schema.types & bit == 0 && !is_integer() {
        let want = TYPES.iter().filter(|(bit, _)| schema.types & bit != 0);
        return Some(What::Type {
            got: name,
            want: want.map(|(_, name)| *name).collect(),
        });
    }
    if let Some(constant) = schema.constant.as_ref().filter(|constant| !equal(value, constant)) {
        return Some(What::Const(constant.clone()));
    }
    if let Some(options) = schema
        .options
        .as_ref()
        .filter(|options| !options.iter().any(|option| equal(value, option)))
    {
        return Some(What::Enum(options.clone()));
    }
    let (name, text) = (schema.format.as_ref()?, value.as_str()?);
    formats::check(name, text).err().map(|why| What::Format {
        got: value.clone(),
        name: name.clone(),
        why,
    })
}

fn type_of(value: &Json) -> (u8, &'static str) {
    let at = match value {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 4,
        Json::Array(_) => 5,
        Json::Object(_) => 6,
    };
    TYPES[at]
}

/// Whether two values are equal; `1` equals `1.0`.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => number::compare(a, b).is_eq(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}
