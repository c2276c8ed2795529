//! A schema made ready for use, and what is wrong with one that is none.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{Uri, ValidationError, Validator};
use serde_json::{Map, Value as Json};

use super::extent::Fault;
use super::{message, metaschema, pattern, tree};
use gostd::string::encode;
use source::{FileId, Sources, Span};

/// The address that Helm gives to the schema of every chart.
const ADDRESS: &str = "file:///values.schema.json";

/// A schema that cannot be used.
pub(super) struct Unusable {
    /// What Helm prints.
    pub(super) helm: String,
    /// The fault alone.
    pub(super) message: String,
    pub(super) span: Span,
}

/// References to other files and addresses are never followed. Keeps those that there are: which one is asked for first is chance.
#[derive(Clone, Default)]
struct Offline {
    missing: Arc<Mutex<BTreeSet<String>>>,
}

impl jsonschema::Retrieve for Offline {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Json, Box<dyn std::error::Error + Send + Sync>> {
        // Helm takes an unresolved URN for a schema that accepts everything.
        if uri.scheme().as_str() != "urn" {
            self.missing().insert(uri.to_string());
        }
        Ok(Json::Bool(true))
    }
}

impl Offline {
    fn missing(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of the reference that comes first in the file, if there is one that was not followed.
    fn error(&self, sources: &Sources, file: FileId) -> Option<Unusable> {
        let source = sources.get(file);
        let missing = self.missing();
        // One that is put together from a base and a relative reference is not found.
        let place = |address: &&String| source.text().find(&***address).unwrap_or(usize::MAX);
        let first = missing.iter().min_by_key(place)?;
        let start = place(&first);
        let span = match start {
            usize::MAX => Span::file_start(file),
            _ => Span::new(file, start, start + first.len()),
        };
        let message = format!("failing loading \"{first}\": promchart works offline; bundle the schema into one file");
        Some(Unusable {
            helm: message.clone(),
            message,
            span,
        })
    }
}

/// Reads the file of a schema.
///
/// # Errors
/// If it is no JSON.
pub(super) fn read(sources: &Sources, file: FileId) -> Result<Json, Unusable> {
    let source = sources.get(file);
    serde_json::from_str(source.text()).map_err(|error| no_json(&error, source.text(), file))
}

/// What is said of a schema that goes too far.
pub(super) fn endless(fault: Fault, file: FileId) -> Unusable {
    let message = match fault {
        Fault::Cycle => "its references go round in a circle, causing reference cycle".to_owned(),
        Fault::TooLarge => "it comes to too much once its references are followed".to_owned(),
    };
    Unusable {
        helm: format!("- at '': {message}"),
        message,
        span: Span::file_start(file),
    }
}

/// Compiles a schema.
///
/// # Errors
/// If it is no schema.
pub(super) fn compile(schema: &Json, sources: &Sources, file: FileId) -> Result<Validator, Unusable> {
    if let Some(unseen) = metaschema::unseen(schema) {
        return Err(Unusable {
            helm: against_metaschema(schema, &unseen.lines),
            message: unseen.message,
            span: place(&unseen.pointer, sources, file),
        });
    }
    let mut prepared = schema.clone();
    prepare(&mut prepared);
    let offline = Offline::default();
    let built = jsonschema::options()
        .with_retriever(offline.clone())
        .with_keyword(pattern::NAME, pattern::keyword)
        .with_base_uri(ADDRESS)
        .build(&prepared);
    match offline.error(sources, file) {
        Some(unusable) => Err(unusable),
        None => built.map_err(|error| no_schema(&error, schema, sources, file)),
    }
}

/// Renames the keyword `pattern`, so that Go's expressions are not taken for JavaScript's, which they need not be, and names
/// the schemas of schemas by their usual addresses, which the validator has without asking for them.
fn prepare(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(prepare),
        Json::Object(map) => {
            for keyword in ["$schema", "$ref"] {
                if let Some(Json::String(address)) = map.get_mut(keyword) {
                    let (start, fragment) = address.split_at(address.find('#').unwrap_or(address.len()));
                    if let Some(usual) = metaschema::known(start) {
                        *address = format!("{usual}{fragment}");
                    }
                }
            }
            if map.get("pattern").is_some_and(Json::is_string)
                && let Some(text) = map.shift_remove("pattern")
            {
                map.insert(pattern::NAME.to_owned(), text);
            }
            // These hold values, not schemas.
            let is_data = |keyword: &str| matches!(keyword, "const" | "default" | "enum" | "example" | "examples");
            let below = map.iter_mut().filter(|(keyword, _)| !is_data(keyword));
            below.for_each(|(_, value)| prepare(value));
        }
        _ => {}
    }
}

fn no_json(error: &serde_json::Error, text: &str, file: FileId) -> Unusable {
    // The words are those of Go's reader, the place is serde's.
    let message = match goyaml::json::parse_first(text, &|_| Span::file_start(file)) {
        Err(go) => go.message,
        Ok((_, end)) if !text[end..].trim_ascii().is_empty() => "invalid character after top-level value".to_owned(),
        Ok(_) => error.to_string(),
    };
    let line = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let at = line.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
    let at = text.floor_char_boundary(at.min(text.len()));
    Unusable {
        helm: message.clone(),
        message,
        span: Span::new(file, at, at),
    }
}

fn no_schema(error: &ValidationError<'_>, schema: &Json, sources: &Sources, file: FileId) -> Unusable {
    let (helm, message, pointer) = match error.kind() {
        Kind::Referencing(error) => {
            let shown = error.to_string();
            let message = match shown
                .strip_prefix("Pointer '")
                .and_then(|rest| rest.strip_suffix("' does not exist"))
            {
                Some(pointer) => format!("json-pointer in \"{ADDRESS}#{pointer}\" not found"),
                None => shown,
            };
            (message.clone(), message, String::new())
        }
        _ => {
            let mut lines = metaschema::lines(schema);
            if lines.is_empty() {
                lines = tree::lines_of(error, schema);
            }
            let pointer = error.instance_path().as_str().to_owned();
            (against_metaschema(schema, &lines), message::text(error), pointer)
        }
    };
    Unusable {
        helm,
        message,
        span: place(&pointer, sources, file),
    }
}

fn against_metaschema(schema: &Json, lines: &[String]) -> String {
    let draft = message::quote(&format!("{}#", metaschema::draft(schema)));
    let lines = lines.join("\n");
    format!("\"{ADDRESS}#\" is not valid against metaschema: jsonschema validation failed with {draft}\n{lines}")
}

/// Where a part of the schema stands; the start of the file if it cannot be found.
fn place(pointer: &str, sources: &Sources, file: FileId) -> Span {
    let source = sources.get(file);
    let span = |range: std::ops::Range<usize>| Span::new(file, range.start, range.end);
    let node = goyaml::json::parse_first(&encode(source.text().as_bytes()), &span).ok();
    node.and_then(|(node, _)| super::node_at(&node, pointer).map(|node| node.span))
        .unwrap_or_else(|| Span::file_start(file))
}

/// What a schema lists as its properties.
pub(super) fn properties<'a>(schema: &'a Json, pointer: &str) -> Option<&'a Map<String, Json>> {
    schema.pointer(&format!("{pointer}/properties"))?.as_object()
}
