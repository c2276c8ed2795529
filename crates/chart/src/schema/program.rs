//! Compiles schemas. Mirrors `compiler.go` and `objcompiler.go` of santhosh-tekuri/jsonschema. The meaning of a keyword
//! in each draft, and invalid schemas, are decided here, once.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Number, Value as Json};

use super::address::{encode, escape, join};
use super::documents::{Dialect, Documents, Refusal};
use gostd::quote::quote;
use gostd::regexp::Regexp;

/// The index of a schema.
pub(super) type Id = usize;

/// The JSON types, as bits.
pub(super) const TYPES: [(u8, &str); 7] = [
    (1, "null"),
    (2, "boolean"),
    (4, "number"),
    (8, "integer"),
    (16, "string"),
    (32, "array"),
    (64, "object"),
];

/// The value of `additionalProperties` or `additionalItems`.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    Allowed(bool),
    Schema(Id),
}

/// The requirement that the presence of a key triggers.
#[derive(Clone, Debug)]
pub(super) enum Dependency {
    Keys(Vec<String>),
    Schema(Id),
}

/// A pattern in Go's syntax.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: String,
    pub(super) regexp: Arc<Regexp>,
}

/// The properties and items that a schema evaluates, for `unevaluatedProperties` and `unevaluatedItems`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evaluated {
    pub(super) properties: bool,
    pub(super) items: bool,
    pub(super) first_items: usize,
}

/// A compiled schema. Keywords that its draft does not define are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    pub(super) address: Arc<str>,
    pub(super) pointer: String,
    pub(super) draft: u16,
    pub(super) resource: Id,
    pub(super) always: Option<bool>,
    pub(super) evaluated: Evaluated,
    pub(super) dynamic_anchors: Vec<(String, Id)>,
    pub(super) dynamic_anchor: String,
    pub(super) recursive_anchor: bool,
    pub(super) reference: Option<Id>,
    pub(super) recursive_reference: Option<Id>,
    pub(super) dynamic_reference: Option<(Id, String)>,
    pub(super) types: u8,
    pub(super) options: Option<Vec<Json>>,
    pub(super) constant: Option<Json>,
    pub(super) format: Option<String>,
    pub(super) not: Option<Id>,
    pub(super) all_of: Vec<Id>,
    pub(super) any_of: Vec<Id>,
    pub(super) one_of: Vec<Id>,
    pub(super) condition: Option<Id>,
    pub(super) then: Option<Id>,
    pub(super) otherwise: Option<Id>,
    /// `minLength` and similar keywords.
    pub(super) counts: BTreeMap<&'static str, i64>,
    /// `minimum` and similar keywords.
    pub(super) bounds: BTreeMap<&'static str, Number>,
    pub(super) multiple_of: Option<Number>,
    pub(super) pattern: Option<Pattern>,
    pub(super) required: Vec<String>,
    pub(super) properties: Vec<(String, Id)>,
    pub(super) patterns: Vec<(Pattern, Id)>,
    pub(super) additional: Option<Rest>,
    pub(super) names: Option<Id>,
    pub(super) dependencies: Vec<(String, Dependency)>,
    pub(super) dependent_schemas: Vec<(String, Id)>,
    pub(super) dependent_required: Vec<(String, Vec<String>)>,
    pub(super) unevaluated_properties: Option<Id>,
    /// `prefixItems`, or before draft 2020-12 an `items` that is a list.
    pub(super) first_items: Vec<Id>,
    /// `items`.
    pub(super) items: Option<Id>,
    pub(super) additional_items: Option<Rest>,
    pub(super) unique_items: bool,
    pub(super) contains: Option<Id>,
    pub(super) unevaluated_items: Option<Id>,
    /// `examples`, `example` and `default`, used in messages.
    pub(super) examples: Vec<Json>,
}

/// Compiled schemas, which refer to each other by index.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) schemas: Vec<Schema>,
    known: BTreeMap<(Arc<str>, String), Id>,
}

impl Program {
    /// Returns the schema with an index.
    pub(super) fn get(&self, id: Id) -> &Schema {
        &self.schemas[id]
    }

    /// The URL of a schema, with its pointer as the fragment.
    pub(super) fn location(&self, id: Id) -> String {
        let schema = self.get(id);
        format!("{}#{}", schema.address, encode(&schema.pointer))
    }

    fn enqueue(&mut self, address: &Arc<str>, pointer: String) -> Id {
        let key = (Arc::clone(address), pointer);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let id = self.schemas.len();
        self.schemas.push(Schema {
            address: Arc::clone(address),
            pointer: key.1.clone(),
            ..Schema::default()
        });
        self.known.insert(key, id);
        id
    }

    /// Compiles a file and everything that it refers to. Formats are asserted in drafts before 2019-09, and elsewhere
    /// if `formats` is set.
    ///
    /// # Errors
    /// Helm's validator rejects a schema.
    pub(super) fn compile(
        &mut self,
        documents: &mut Documents<'_>,
        address: &str,
        formats: bool,
    ) -> Result<Id, Refusal> {
        let mut done = self.schemas.len();
        documents.root(address)?;
        let root = self.enqueue(&Arc::from(address), String::new());
        while done < self.schemas.len() {
            self.compile_one(documents, done, formats)?;
            done += 1;
        }
        Ok(root)
    }

    fn compile_one(&mut self, documents: &mut Documents<'_>, id: Id, formats: bool) -> Result<(), Refusal> {
        let (address, pointer) = (Arc::clone(&self.get(id).address), self.get(id).pointer.clone());
        documents.ensure_schema(&address, &pointer)?;
        let root = documents.root(&address)?;
        let document = Arc::clone(&root.document);
        root.lookup(&pointer)?;
        let resource = root.resource(&pointer);
        let (base, owner, dialect) = (resource.id.clone(), resource.pointer.clone(), resource.dialect.clone());
        let anchors: Vec<(String, String)> = resource
            .anchors
            .iter()
            .filter(|(name, _)| dialect.draft >= 2020 && resource.dynamic_anchors.contains(name))
            .map(|(name, place)| (name.clone(), place.clone()))
            .collect();
        let mut schema = Schema {
            draft: dialect.draft,
            ..self.get(id).clone()
        };
        schema.resource = self.enqueue(&address, owner.clone());
        if owner == pointer {
            for (name, place) in anchors {
                let anchored = self.enqueue(&address, place);
                schema.dynamic_anchors.push((name, anchored));
            }
        }
        match document.pointer(&pointer) {
            Some(Json::Bool(always)) => schema.always = Some(*always),
            Some(Json::Object(object)) if object.is_empty() => schema.always = Some(true),
            Some(Json::Object(object)) => {
                let mut compiler = Compiler {
                    program: self,
                    documents,
                    object,
                    address: &address,
                    pointer: &pointer,
                    base: &base,
                    dialect: &dialect,
                    formats,
                };
                compiler.compile(&mut schema)?;
            }
            _ => {}
        }
        schema.evaluated = Evaluated {
            properties: schema.additional.is_some(),
            items: schema.items.is_some() || schema.additional_items.is_some(),
            first_items: schema.first_items.len(),
        };
        self.schemas[id] = schema;
        Ok(())
    }
}

/// Compiles one object.
struct Compiler<'a, 'd, 'w> {
    program: &'a mut Program,
    documents: &'d mut Documents<'w>,
    object: &'a Map<String, Json>,
    address: &'a Arc<str>,
    pointer: &'a str,
    base: &'a str,
    dialect: &'a Dialect,
    formats: bool,
}

impl Compiler<'_, '_, '_> {
    fn compile(&mut self, schema: &mut Schema) -> Result<(), Refusal> {
        let draft = schema.draft;
        schema.reference = self.reference("$ref")?;
        // Beside a `$ref`, only the keywords of later drafts apply.
        if draft >= 2019 || schema.reference.is_none() {
            self.since_4(schema)?;
        }
        let (applies, asserts) = (self.dialect.has("applicator"), self.dialect.has("validation"));
        if draft >= 6 && applies {
            schema.contains = self.one("contains");
            schema.names = self.one("propertyNames");
        }
        if draft >= 6 && asserts {
            schema.constant = self.object.get("const").cloned();
        }
        if draft >= 7 && applies {
            schema.condition = self.one("if");
            if schema.condition.is_some() {
                let always = self.object.get("if").and_then(Json::as_bool);
                schema.then = (always != Some(false)).then(|| self.one("then")).flatten();
                schema.otherwise = (always != Some(true)).then(|| self.one("else")).flatten();
            }
        }
        if draft >= 2019 {
            self.since_2019(schema, applies, asserts)?;
        }
        if draft >= 2020 {
            if let Some(id) = self.reference("$dynamicRef")? {
                let named = self
                    .object
                    .get("$dynamicRef")
                    .and_then(Json::as_str)
                    .unwrap_or_default();
                let fragment = super::address::unescape(super::address::split(named).1).unwrap_or_default();
                let anchor = if fragment.starts_with('/') {
                    String::new()
                } else {
                    fragment
                };
                schema.dynamic_reference = Some((id, anchor));
            }
            schema.dynamic_anchor = self.text("$dynamicAnchor").unwrap_or_default().to_owned();
            if applies {
                schema.first_items = self.list("prefixItems");
                schema.items = self.one("items");
            }
        }
        for keyword in ["examples", "example", "default"] {
            match self.object.get(keyword) {
                Some(Json::Array(items)) if keyword == "examples" => schema.examples.extend(items.iter().cloned()),
                Some(value) => schema.examples.push(value.clone()),
                None => {}
            }
        }
        Ok(())
    }

    fn since_4(&mut self, schema: &mut Schema) -> Result<(), Refusal> {
        if self.dialect.has("applicator") {
            schema.all_of = self.list("allOf");
            schema.any_of = self.list("anyOf");
            schema.one_of = self.list("oneOf");
            schema.not = self.one("not");
            if schema.draft < 2020 {
                if self.object.get("items").is_some_and(Json::is_array) {
                    schema.first_items = self.list("items");
                    schema.additional_items = self.rest("additionalItems");
                } else {
                    schema.items = self.one("items");
                }
            }
            schema.properties = self.map("properties");
            for (text, id) in self.map("patternProperties") {
                let regexp = self.regexp("patternProperties", &text)?;
                schema.patterns.push((Pattern { text, regexp }, id));
            }
            schema.additional = self.rest("additionalProperties");
            let dependencies = self.object.get("dependencies").and_then(Json::as_object);
            for (key, value) in dependencies.into_iter().flatten() {
                let dependency = match value {
                    Json::Array(_) => Dependency::Keys(strings(value)),
                    _ => Dependency::Schema(self.at(&["dependencies", key])),
                };
                schema.dependencies.push((key.clone(), dependency));
            }
        }
        if self.dialect.has("validation") {
            self.assertions(schema)?;
        }
        let has_formats = self.formats
            || match schema.draft {
                2020 => self.dialect.has("format-assertion"),
                2019 => self.dialect.has("format"),
                _ => true,
            };
        if has_formats {
            schema.format = self.text("format").map(str::to_owned);
        }
        Ok(())
    }

    fn assertions(&self, schema: &mut Schema) -> Result<(), Refusal> {
        let types = match self.object.get("type") {
            Some(Json::String(one)) => vec![one.clone()],
            Some(several) => strings(several),
            None => Vec::new(),
        };
        let bit = |name: &String| TYPES.iter().find(|(_, known)| known == name).map_or(0, |(bit, _)| *bit);
        schema.types = types.iter().map(bit).fold(0, |all, bit| all | bit);
        schema.options = self.object.get("enum").and_then(Json::as_array).cloned();
        schema.multiple_of = self.number("multipleOf");
        for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            let limit = self.number(bound);
            // In draft 4, this boolean makes the bound exclusive.
            if self.object.get(exclusive).and_then(Json::as_bool) == Some(true) {
                schema.bounds.extend(limit.map(|limit| (exclusive, limit)));
            } else {
                schema.bounds.extend(limit.map(|limit| (bound, limit)));
                schema
                    .bounds
                    .extend(self.number(exclusive).map(|limit| (exclusive, limit)));
            }
        }
        for keyword in [
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
        ] {
            schema.counts.extend(self.count(keyword).map(|count| (keyword, count)));
        }
        if let Some(text) = self.text("pattern") {
            schema.pattern = Some(Pattern {
                text: text.to_owned(),
                regexp: self.regexp("pattern", text)?,
            });
        }
        schema.unique_items = self.object.get("uniqueItems").and_then(Json::as_bool) == Some(true);
        schema.required = self.object.get("required").map(strings).unwrap_or_default();
        Ok(())
    }

    fn since_2019(&mut self, schema: &mut Schema, applies: bool, asserts: bool) -> Result<(), Refusal> {
        schema.recursive_reference = self.reference("$recursiveRef")?;
        schema.recursive_anchor = self.object.get("$recursiveAnchor").and_then(Json::as_bool) == Some(true);
        if asserts {
            if schema.contains.is_some() {
                for keyword in ["minContains", "maxContains"] {
                    schema.counts.extend(self.count(keyword).map(|count| (keyword, count)));
                }
            }
            let required = self.object.get("dependentRequired").and_then(Json::as_object);
            let required = required.into_iter().flatten().filter(|(_, names)| names.is_array());
            schema.dependent_required = required.map(|(key, names)| (key.clone(), strings(names))).collect();
        }
        if applies {
            schema.dependent_schemas = self.map("dependentSchemas");
        }
        let unevaluated = if schema.draft == 2019 {
            "applicator"
        } else {
            "unevaluated"
        };
        if self.dialect.has(unevaluated) {
            schema.unevaluated_items = self.one("unevaluatedItems");
            schema.unevaluated_properties = self.one("unevaluatedProperties");
        }
        Ok(())
    }

    fn at(&mut self, steps: &[&str]) -> Id {
        let mut pointer = self.pointer.to_owned();
        for step in steps {
            pointer.push('/');
            pointer.push_str(&escape(step));
        }
        self.program.enqueue(self.address, pointer)
    }

    fn one(&mut self, keyword: &str) -> Option<Id> {
        self.object.contains_key(keyword).then(|| self.at(&[keyword]))
    }

    fn list(&mut self, keyword: &str) -> Vec<Id> {
        let count = self.object.get(keyword).and_then(Json::as_array).map_or(0, Vec::len);
        (0..count).map(|at| self.at(&[keyword, &at.to_string()])).collect()
    }

    fn map(&mut self, keyword: &str) -> Vec<(String, Id)> {
        let map = self.object.get(keyword).and_then(Json::as_object);
        let keys = map.into_iter().flat_map(Map::keys);
        keys.map(|key| (key.clone(), self.at(&[keyword, key]))).collect()
    }

    fn rest(&mut self, keyword: &str) -> Option<Rest> {
        match self.object.get(keyword)?.as_bool() {
            Some(allowed) => Some(Rest::Allowed(allowed)),
            None => self.one(keyword).map(Rest::Schema),
        }
    }

    fn reference(&mut self, keyword: &str) -> Result<Option<Id>, Refusal> {
        let Some(reference) = self.text(keyword).map(str::to_owned) else {
            return Ok(None);
        };
        let place = format!("{}/{keyword}", self.pointer);
        let here = |mut refusal: Refusal| {
            refusal.address = self.address.to_string();
            refusal.pointer.clone_from(&place);
            refusal
        };
        let (address, fragment) =
            join(self.base, &reference).map_err(|message| here(Refusal::new(message, self.address, &place)))?;
        let root = self.documents.root(self.address)?;
        if let Some(found) = root.resolve(&address, &fragment) {
            let pointer = found.map_err(here)?;
            // A missing part is reported here, where the location of the reference is known.
            root.lookup(&pointer).map_err(here)?;
            return Ok(Some(self.program.enqueue(self.address, pointer)));
        }
        let root = self.documents.root(&address).map_err(|refusal| {
            let is_metaschema = refusal.helm != refusal.message;
            if is_metaschema { refusal } else { here(refusal) }
        })?;
        let pointer = root
            .resolve(&root.address, &fragment)
            .unwrap_or(Ok(String::new()))
            .map_err(here)?;
        root.lookup(&pointer).map_err(here)?;
        Ok(Some(self.program.enqueue(&Arc::from(address.as_str()), pointer)))
    }

    fn regexp(&self, keyword: &str, text: &str) -> Result<Arc<Regexp>, Refusal> {
        Regexp::compile(text).map_err(|error| {
            let place = format!("{}#{}/{keyword}", self.address, encode(self.pointer));
            let message = format!("invalid regex {} at {}: {error}", quote(text), quote(&place));
            Refusal::new(message, self.address, &format!("{}/{keyword}", self.pointer))
        })
    }

    fn text(&self, keyword: &str) -> Option<&str> {
        self.object.get(keyword)?.as_str()
    }

    fn number(&self, keyword: &str) -> Option<Number> {
        match self.object.get(keyword)? {
            Json::Number(number) => Some(number.clone()),
            _ => None,
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a count beyond all counts stays one")]
    fn count(&self, keyword: &str) -> Option<i64> {
        let number = self.number(keyword)?;
        number.as_i64().or_else(|| {
            let value = super::number::value(&number);
            (value.fract() == 0.0).then_some(value as i64)
        })
    }
}

/// Returns the strings of a list.
fn strings(list: &Json) -> Vec<String> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
