//! Bundles the sources of a values schema into a single file, because Helm can only read one.
//!
//! A source refers to another one by its path (`"$ref": "definitions/port.json"`). The bundle is the root schema, with
//! every referenced file added under `definitions` and named after its path. References are rewritten accordingly.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use diagnostics::{Diagnostic, Result};
use source::{Source, SourceKind, Sources, Span};
use system::System;

/// The rule for schema sources that cannot be bundled.
pub const BUNDLE: &str = "schema-bundle";

/// Bundles the schema whose root is at a path. The result ends with a line break.
///
/// # Errors
/// A file is missing, is not JSON, or refers to a URL.
pub fn bundle(system: &dyn System, root: &Path, sources: &Sources) -> Result<String> {
    let folder = root.parent().map(Path::to_path_buf).unwrap_or_default();
    let name = root
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let mut bundler = Bundler {
        system,
        sources,
        folder,
        root: name.clone(),
        wanted: BTreeSet::new(),
    };
    let mut schema = bundler.read(&name)?;
    let mut definitions: BTreeMap<String, Json> = BTreeMap::new();
    while let Some(path) = bundler.wanted.pop_first() {
        let name = definition_name(&path);
        if let std::collections::btree_map::Entry::Vacant(entry) = definitions.entry(name) {
            entry.insert(Json::Null);
            let definition = bundler.read(&path)?;
            definitions.insert(definition_name(&path), definition);
        }
    }
    if let Some(schema) = schema.as_object_mut() {
        let own = schema.entry("definitions").or_insert_with(|| Json::Object(Map::new()));
        if let Some(own) = own.as_object_mut() {
            own.extend(definitions);
        }
    }
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Diagnostic::error(BUNDLE, format!("cannot write the bundle: {error}")))?;
    Ok(text + "\n")
}

struct Bundler<'a> {
    system: &'a dyn System,
    sources: &'a Sources,
    folder: PathBuf,
    /// The name of the root file.
    root: String,
    /// The referenced files, relative to the folder.
    wanted: BTreeSet<String>,
}

impl Bundler<'_> {
    fn read(&mut self, path: &str) -> Result<Json> {
        let file = self.folder.join(path);
        let bytes = self
            .system
            .read(&file)
            .map_err(|error| Diagnostic::error(BUNDLE, format!("cannot read {}: {error}", file.display())))?;
        let id = self
            .sources
            .add(Source::new(file.display().to_string(), SourceKind::File, bytes));
        let source = self.sources.get(id);
        let mut schema: Json = serde_json::from_str(source.text()).map_err(|error| {
            let line = source.line_range(error.line()).map_or(0, |range| range.start);
            let at = line + error.column().saturating_sub(1);
            Diagnostic::error(BUNDLE, format!("not JSON: {error}")).at(Span::new(id, at, at))
        })?;
        self.rewrite(&mut schema, path)
            .map_err(|message| Box::new(Diagnostic::error(BUNDLE, message).at(Span::file_start(id))))?;
        Ok(schema)
    }

    /// Rewrites the references of a file's schema to point into the bundle.
    fn rewrite(&mut self, schema: &mut Json, file: &str) -> std::result::Result<(), String> {
        match schema {
            Json::Array(items) => items.iter_mut().try_for_each(|item| self.rewrite(item, file)),
            Json::Object(map) => {
                if let Some(Json::String(reference)) = map.get_mut("$ref") {
                    *reference = self.bundled(reference, file)?;
                }
                map.values_mut().try_for_each(|value| self.rewrite(value, file))
            }
            _ => Ok(()),
        }
    }

    /// Returns the reference in the bundle that replaces a reference.
    fn bundled(&mut self, reference: &str, file: &str) -> std::result::Result<String, String> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let path = match address.strip_prefix("file://") {
            _ if address.is_empty() => file.to_owned(),
            Some(path) => path.to_owned(),
            None if address.contains("://") => return Err(format!("refers to {reference}; a bundle holds files only")),
            None => resolve(file.rsplit_once('/').map_or("", |(folder, _)| folder), address)?,
        };
        if path == self.root {
            return Ok(format!("#{fragment}"));
        }
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Err(format!(
                "refers to {reference}; a bundle has no anchors: name the place as #/..."
            ));
        }
        let name = definition_name(&path);
        self.wanted.insert(path);
        Ok(format!("#/definitions/{name}{fragment}"))
    }
}

/// Resolves a path in a folder relative to the root; an absolute path is unchanged.
fn resolve(here: &str, path: &str) -> std::result::Result<String, String> {
    if path.starts_with('/') {
        return Ok(path.to_owned());
    }
    let root = if here.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = here.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts
                    .pop()
                    .ok_or_else(|| format!("refers to {path}, outside of the schema's folder"))?;
            }
            part => parts.push(part),
        }
    }
    Ok(format!("{root}{}", parts.join("/")))
}

fn definition_name(path: &str) -> String {
    let name = path.strip_suffix(".json").unwrap_or(path);
    name.trim_start_matches('/').replace('/', ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use system::Memory;

    #[test]
    fn files_become_definitions() {
        let system = Memory::new()
            .with_file(
                "schema/values.json",
                r#"{"type": "object", "properties": {"a": {"$ref": "d/port.json"}}}"#,
            )
            .with_file(
                "schema/d/port.json",
                r#"{"anyOf": [{"$ref": "name.json"}, {"$ref": "../d/port.json"}]}"#,
            )
            .with_file("schema/d/name.json", r#"{"type": "string"}"#);
        let text = bundle(&system, Path::new("schema/values.json"), &Sources::new()).unwrap();
        let bundled: Json = serde_json::from_str(&text).unwrap();
        assert_eq!(bundled.pointer("/properties/a/$ref").unwrap(), "#/definitions/d.port");
        assert_eq!(
            bundled.pointer("/definitions/d.port/anyOf/0/$ref").unwrap(),
            "#/definitions/d.name"
        );
        assert_eq!(bundled.pointer("/definitions/d.name/type").unwrap(), "string");
    }

    #[test]
    fn places_in_files_are_kept() {
        let system = Memory::new()
            .with_file(
                "values.json",
                r##"{"properties": {"a": {"$ref": "lib.json#/definitions/n"}, "b": {"$ref": "file:///x/y.json"}, "c": {"$ref": "#"}}}"##,
            )
            .with_file(
                "lib.json",
                r##"{"definitions": {"n": {"$ref": "#/definitions/m"}, "m": {"$ref": "values.json#/properties/a"}}}"##,
            )
            .with_file("/x/y.json", r##"{"items": {"$ref": "#"}, "not": {"$ref": "z.json"}}"##)
            .with_file("/x/z.json", "true");
        let text = bundle(&system, Path::new("values.json"), &Sources::new()).unwrap();
        let bundled: Json = serde_json::from_str(&text).unwrap();
        for (place, want) in [
            ("/properties/a/$ref", "#/definitions/lib/definitions/n"),
            ("/properties/b/$ref", "#/definitions/x.y"),
            ("/properties/c/$ref", "#"),
            ("/definitions/lib/definitions/n/$ref", "#/definitions/lib/definitions/m"),
            ("/definitions/lib/definitions/m/$ref", "#/properties/a"),
            ("/definitions/x.y/items/$ref", "#/definitions/x.y"),
            ("/definitions/x.y/not/$ref", "#/definitions/x.z"),
        ] {
            assert_eq!(bundled.pointer(place).unwrap(), want);
        }
    }

    #[test]
    fn a_missing_file_is_named() {
        let system = Memory::new().with_file("values.json", r#"{"$ref": "nope.json"}"#);
        let error = bundle(&system, Path::new("values.json"), &Sources::new()).unwrap_err();
        assert!(error.message.contains("nope.json"));
    }
}
