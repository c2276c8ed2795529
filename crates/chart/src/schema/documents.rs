//! The files of schemas: their references, embedded resources and anchors. Mirrors `roots.go` and `loader.go` of
//! santhosh-tekuri/jsonschema, which Helm uses.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::address::{encode, escape, join, split, unescape};
use super::metaschema;
use gostd::errno;
use gostd::quote::quote;
use gostd::url::Url;
use system::System;

/// The URL that Helm gives the schema of every chart.
pub(super) const ADDRESS: &str = "file:///values.schema.json";

/// The reason why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Helm's message.
    pub(super) helm: String,
    /// The fault itself.
    pub(super) message: String,
    /// The URL of the file.
    pub(super) address: String,
    /// The JSON pointer in the file.
    pub(super) pointer: String,
}

impl Refusal {
    pub(super) fn new(message: String, address: &str, pointer: &str) -> Self {
        Self {
            helm: message.clone(),
            message,
            address: address.to_owned(),
            pointer: pointer.to_owned(),
        }
    }
}

/// The draft and vocabularies of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// 4, 6, 7, 2019 or 2020.
    pub(super) draft: u16,
    /// The vocabularies required by a custom metaschema; `None` for the default ones of the draft.
    vocabularies: Option<Vec<String>>,
}

impl Dialect {
    /// Whether the keywords of a vocabulary apply.
    pub(super) fn has(&self, vocabulary: &str) -> bool {
        if vocabulary == "core" || self.draft < 2019 {
            return true;
        }
        match &self.vocabularies {
            Some(own) => own.iter().any(|name| name == vocabulary),
            None => {
                matches!(vocabulary, "applicator" | "validation") || vocabulary == "unevaluated" && self.draft == 2020
            }
        }
    }
}

/// A schema resource: a schema with a URL of its own.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    pub(super) pointer: String,
    pub(super) id: String,
    pub(super) dialect: Dialect,
    pub(super) anchors: BTreeMap<String, String>,
    pub(super) dynamic_anchors: Vec<String>,
}

/// A schema file.
#[derive(Clone, Debug)]
pub(super) struct Root {
    pub(super) address: String,
    pub(super) document: Arc<Json>,
    /// The resources, by JSON pointer.
    pub(super) resources: BTreeMap<String, Resource>,
    seen: BTreeSet<String>,
}

impl Root {
    /// Returns the resource that contains a schema.
    pub(super) fn resource(&self, pointer: &str) -> &Resource {
        let mut pointer = pointer;
        loop {
            if let Some(found) = self.resources.get(pointer) {
                return found;
            }
            match pointer.rfind('/') {
                Some(slash) => pointer = &pointer[..slash],
                None => return &self.resources[""],
            }
        }
    }

    /// Resolves a URL to a schema, if it is in this file.
    pub(super) fn resolve(&self, address: &str, fragment: &str) -> Option<Result<String, Refusal>> {
        let resource = if address == self.address {
            &self.resources[""]
        } else {
            self.resources.values().find(|resource| resource.id == address)?
        };
        Some(self.resolve_in(fragment, resource))
    }

    fn resolve_in(&self, fragment: &str, resource: &Resource) -> Result<String, Refusal> {
        if fragment.is_empty() || fragment.starts_with('/') {
            return Ok(format!("{}{fragment}", resource.pointer));
        }
        resource.anchors.get(fragment).cloned().ok_or_else(|| {
            let reference = quote(&format!("{}#{}", resource.id, encode(fragment)));
            let message = format!("anchor in {reference} not found in schema {}", quote(&self.address));
            Refusal::new(message, &self.address, "")
        })
    }

    /// Returns the part of the file at a JSON pointer.
    pub(super) fn lookup(&self, pointer: &str) -> Result<&Json, Refusal> {
        let shown = || quote(&format!("{}#{}", self.address, encode(pointer)));
        let mut part = &*self.document;
        for step in pointer.split('/').skip(1) {
            let is_escaped = step.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
            if !is_escaped {
                let message = format!("invalid json-pointer {}", shown());
                return Err(Refusal::new(message, &self.address, ""));
            }
            let step = step.replace("~1", "/").replace("~0", "~");
            let next = match part {
                Json::Object(map) => map.get(&step),
                Json::Array(items) => step.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            part =
                next.ok_or_else(|| Refusal::new(format!("json-pointer in {} not found", shown()), &self.address, ""))?;
        }
        Ok(part)
    }

    fn collect_anchors(&mut self, object: &Map<String, Json>, pointer: &str, owner: &str) -> Result<(), Refusal> {
        let address = self.address.clone();
        let Some(resource) = self.resources.get_mut(owner) else {
            return Ok(());
        };
        let draft = resource.dialect.draft;
        let mut found: Vec<String> = Vec::new();
        let text = |key: &str| object.get(key).and_then(Json::as_str);
        if draft < 2019 {
            if object.contains_key("$ref") {
                return Ok(());
            }
            if let Some(id) = text(id_keyword(draft)) {
                let fragment = unescape(split(id).1).map_err(|_| {
                    let place = quote(&format!("{address}#{}", encode(pointer)));
                    Refusal::new(format!("error in parsing anchor at {place}"), &address, pointer)
                })?;
                if !fragment.is_empty() && !fragment.starts_with('/') {
                    found.push(fragment);
                }
            }
        } else {
            found.extend(text("$anchor").map(str::to_owned));
            if let Some(anchor) = text("$dynamicAnchor").filter(|_| draft >= 2020) {
                found.push(anchor.to_owned());
                resource.dynamic_anchors.push(anchor.to_owned());
            }
        }
        for anchor in found {
            match resource.anchors.get(&anchor) {
                Some(other) if other != pointer => {
                    let message = format!(
                        "duplicate anchor {} in {} at {} and {}",
                        quote(&anchor),
                        quote(&address),
                        quote(other),
                        quote(pointer)
                    );
                    return Err(Refusal::new(message, &address, pointer));
                }
                _ => drop(resource.anchors.insert(anchor, pointer.to_owned())),
            }
        }
        Ok(())
    }
}

fn id_keyword(draft: u16) -> &'static str {
    if draft == 4 { "id" } else { "$id" }
}

/// The URL in a schema's `$id`, without its fragment.
fn id(object: &Map<String, Json>, draft: u16) -> Option<&str> {
    if draft < 2019 && object.contains_key("$ref") {
        return None;
    }
    let id = object.get(id_keyword(draft))?.as_str()?;
    Some(split(id).0).filter(|id| !id.is_empty())
}

/// Returns the pointers of the subschemas directly inside a schema.
fn inner(object: &Map<String, Json>, draft: u16, pointer: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, value) in object {
        let place = format!("{pointer}/{}", escape(keyword));
        let (is_map, is_list, is_one, since) = match &**keyword {
            "definitions" | "properties" | "patternProperties" | "dependencies" => (true, false, false, 4),
            "not" | "additionalProperties" | "additionalItems" => (false, false, true, 4),
            "allOf" | "anyOf" | "oneOf" => (false, true, false, 4),
            "items" => (false, true, true, 4),
            "propertyNames" | "contains" => (false, false, true, 6),
            "if" | "then" | "else" => (false, false, true, 7),
            "$defs" | "dependentSchemas" => (true, false, false, 2019),
            "unevaluatedProperties" | "unevaluatedItems" | "contentSchema" => (false, false, true, 2019),
            "prefixItems" => (false, true, false, 2020),
            _ => continue,
        };
        if draft < since {
            continue;
        }
        match value {
            Json::Object(map) if is_map => found.extend(map.keys().map(|key| format!("{place}/{}", escape(key)))),
            Json::Array(items) if is_list => found.extend((0..items.len()).map(|at| format!("{place}/{at}"))),
            _ => {}
        }
        if is_one {
            found.push(place);
        }
    }
    found
}

/// The schema files that have been read.
pub(super) struct Documents<'w> {
    system: Option<&'w dyn System>,
    read: BTreeMap<String, Arc<Json>>,
    roots: BTreeMap<String, Root>,
}

impl<'w> Documents<'w> {
    /// Creates an empty set of files. Without a system, only metaschemas can be referenced.
    pub(super) fn new(system: Option<&'w dyn System>) -> Self {
        Self {
            system,
            read: BTreeMap::new(),
            roots: BTreeMap::new(),
        }
    }

    /// Adds a file whose content is already known.
    pub(super) fn add(&mut self, address: &str, document: Json) {
        self.read.insert(address.to_owned(), Arc::new(document));
    }

    fn load(&mut self, address: &str) -> Result<Arc<Json>, Refusal> {
        if let Some(known) = self.read.get(address) {
            return Ok(Arc::clone(known));
        }
        let document =
            match metaschema::document(address) {
                Some(schema) => Arc::new(schema.clone()),
                None => Arc::new(self.fetch(address).map_err(|error| {
                    Refusal::new(format!("failing loading {}: {error}", quote(address)), address, "")
                })?),
            };
        self.read.insert(address.to_owned(), Arc::clone(&document));
        Ok(document)
    }

    fn fetch(&self, address: &str) -> Result<Json, String> {
        let url = Url::parse(address.as_bytes())?;
        match &*url.scheme {
            b"file" => {
                let path = String::from_utf8_lossy(&url.path).into_owned();
                let read = self.system.map(|system| system.read(Path::new(&path)));
                let bytes = match read {
                    Some(Ok(bytes)) => bytes,
                    Some(Err(error)) => return Err(format!("open {path}: {}", errno::message(&error))),
                    None => return Err(format!("open {path}: no such file or directory")),
                };
                super::read_json(&String::from_utf8_lossy(&bytes)).map_err(|fault| fault.message)
            }
            b"http" | b"https" => Err("promchart works offline; bundle the schema into one file".to_owned()),
            // Helm treats an unresolved URN as a schema that accepts everything.
            b"urn" => Ok(Json::Bool(true)),
            _ => Err(format!("no URLLoader registered for {}", quote(address))),
        }
    }

    /// Loads a file and its resources, and checks that it is a valid schema.
    ///
    /// # Errors
    /// The file cannot be read or is not a valid schema.
    pub(super) fn root(&mut self, address: &str) -> Result<&Root, Refusal> {
        if !self.roots.contains_key(address) {
            let document = self.load(address)?;
            let mut root = Root {
                address: address.to_owned(),
                document: Arc::clone(&document),
                resources: BTreeMap::new(),
                seen: BTreeSet::new(),
            };
            let newest = Dialect {
                draft: 2020,
                vocabularies: None,
            };
            self.collect(&mut root, &document, address, "", &newest)?;
            if !["http://json-schema.org/", "https://json-schema.org/"]
                .iter()
                .any(|known| address.starts_with(known))
            {
                metaschema::check(&root, "")?;
            }
            self.roots.insert(address.to_owned(), root);
        }
        Ok(&self.roots[address])
    }

    /// Checks a part of a file that was not known to be a schema until a reference pointed to it.
    ///
    /// # Errors
    /// The part does not exist or is not a valid schema.
    pub(super) fn ensure_schema(&mut self, address: &str, pointer: &str) -> Result<(), Refusal> {
        let root = self.root(address)?;
        if root.seen.contains(pointer) {
            return Ok(());
        }
        root.lookup(pointer)?;
        let mut root = root.clone();
        let document = Arc::clone(&root.document);
        let base = root.resource(pointer).clone();
        let part = document.pointer(pointer).unwrap_or(&Json::Null);
        self.collect(&mut root, part, &base.id, pointer, &base.dialect)?;
        if let (Some(object), false) = (part.as_object(), root.resources.contains_key(pointer)) {
            root.collect_anchors(object, pointer, &base.pointer)?;
        }
        metaschema::check(&root, pointer)?;
        self.roots.insert(address.to_owned(), root);
        Ok(())
    }

    fn collect(
        &mut self,
        root: &mut Root,
        schema: &Json,
        base: &str,
        pointer: &str,
        fallback: &Dialect,
    ) -> Result<(), Refusal> {
        if !root.seen.insert(pointer.to_owned()) {
            return Ok(());
        }
        let resource = |id: &str, dialect: Dialect| Resource {
            pointer: pointer.to_owned(),
            id: id.to_owned(),
            dialect,
            anchors: BTreeMap::new(),
            dynamic_anchors: Vec::new(),
        };
        let Some(object) = schema.as_object() else {
            if pointer.is_empty() {
                root.resources.insert(String::new(), resource(base, fallback.clone()));
            }
            return Ok(());
        };
        let mut names_draft = object.get("$schema").is_some_and(Json::is_string);
        let mut draft = self.draft(&root.address, pointer, object, fallback.draft, &mut BTreeSet::new())?;
        let mut own = id(object, draft);
        if own.is_none() && !pointer.is_empty() {
            draft = fallback.draft;
            names_draft = false;
            own = id(object, draft);
        }
        let base = match own {
            Some(own) => {
                join(base, own)
                    .map_err(|_| {
                        let place = quote(&format!("{}#{}", root.address, encode(pointer)));
                        Refusal::new(format!("error in parsing id at {place}"), &root.address, pointer)
                    })?
                    .0
            }
            None => base.to_owned(),
        };
        if own.is_some() || pointer.is_empty() {
            match root.resources.values().find(|resource| resource.id == base) {
                Some(other) if other.pointer != pointer => {
                    let message = format!(
                        "duplicate id {} in {} at {} and {}",
                        quote(&base),
                        quote(&root.address),
                        quote(pointer),
                        quote(&other.pointer)
                    );
                    return Err(Refusal::new(message, &root.address, pointer));
                }
                Some(_) => {}
                None => {
                    let dialect = if names_draft {
                        Dialect {
                            draft,
                            vocabularies: self.vocabularies(object, draft)?,
                        }
                    } else {
                        fallback.clone()
                    };
                    root.resources.insert(pointer.to_owned(), resource(&base, dialect));
                }
            }
        }
        let owner = root.resources.values().find(|resource| resource.id == base);
        let Some((owner, dialect)) = owner.map(|owner| (owner.pointer.clone(), owner.dialect.clone())) else {
            return Ok(());
        };
        root.collect_anchors(object, pointer, &owner)?;
        let document = Arc::clone(&root.document);
        for place in inner(object, draft, pointer) {
            if let Some(part) = document.pointer(&place) {
                self.collect(root, part, &base, &place, &dialect)?;
            }
        }
        Ok(())
    }

    /// Determines the draft of a schema from its metaschema, which may be a file.
    fn draft(
        &mut self,
        address: &str,
        pointer: &str,
        object: &Map<String, Json>,
        fallback: u16,
        open: &mut BTreeSet<String>,
    ) -> Result<u16, Refusal> {
        let Some(named) = object.get("$schema").and_then(Json::as_str) else {
            return Ok(fallback);
        };
        if let Some(draft) = metaschema::draft(named) {
            return Ok(draft);
        }
        let named = split(named).0;
        let here = || quote(&format!("{address}#{}", encode(pointer)));
        if let Err(error) = Url::parse(named.as_bytes()) {
            let message = format!("invalid $schema in {}: {error}", here());
            return Err(Refusal::new(message, address, pointer));
        }
        if pointer.is_empty() && named == address {
            return Err(Refusal::new(
                format!("draft {} is not supported", quote(named)),
                address,
                "",
            ));
        }
        if !open.insert(named.to_owned()) {
            let message = format!("cycle in resolving $schema in {}", here());
            return Err(Refusal::new(message, address, pointer));
        }
        let document = self.load(named)?;
        match document.as_object() {
            Some(object) => self.draft(named, "", object, fallback, open),
            None => Ok(fallback),
        }
    }

    /// Determines the vocabularies required by a schema's metaschema.
    fn vocabularies(&mut self, object: &Map<String, Json>, draft: u16) -> Result<Option<Vec<String>>, Refusal> {
        let named = object.get("$schema").and_then(Json::as_str).unwrap_or_default();
        if metaschema::draft(named).is_some() || draft < 2019 {
            return Ok(None);
        }
        let address = split(named).0;
        let document = self.load(address)?;
        let Some(asked) = document.get("$vocabulary").and_then(Json::as_object) else {
            return Ok(None);
        };
        let mut found = vec!["core".to_owned()];
        for (name, _) in asked.iter().filter(|(_, is_needed)| is_needed.as_bool() == Some(true)) {
            match metaschema::vocabulary(draft, name) {
                Some(known) => found.push(known.to_owned()),
                None => {
                    let message = format!("unsupported vocabulary {} in {}", quote(name), quote(address));
                    return Err(Refusal::new(message, address, ""));
                }
            }
        }
        Ok(Some(found))
    }
}
