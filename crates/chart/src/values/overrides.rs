//! Values from the command line: values files and `--set` flags. Mirrors Helm's `pkg/cli/values/options.go`.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::set::{self, SetKind};
use crate::{merge_maps, values_document};
use diagnostics::{Diagnostic, Result};
use gostd::errno;
use gostd::string as gostring;
use goyaml::Node;
use source::{Source, SourceKind, Sources, Span};
use system::System;

/// The rule for flags that cannot be parsed.
pub const FLAG: &str = "values-flag";

/// Values files and flags, each kind in command-line order. Kinds further down take precedence over the ones above.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `-f`, `--values`: paths; `-` is the standard input.
    pub files: Vec<String>,
    /// `--set-json`
    pub json: Vec<String>,
    /// `--set`
    pub set: Vec<String>,
    /// `--set-string`
    pub string: Vec<String>,
    /// `--set-file`
    pub file: Vec<String>,
    /// `--set-literal`
    pub literal: Vec<String>,
}

/// Reads all files and flags into one mapping.
///
/// # Errors
/// A file cannot be read or is not a mapping, or a flag does not parse; with Helm's text.
pub fn read_overrides(system: &dyn System, overrides: &Overrides, sources: &Sources) -> Result<Node> {
    read(system, overrides, sources, None)
}

/// Reads all files and flags as [`read_overrides`] does. Also returns the separate values of each file and flag, in
/// order of precedence: the last one takes precedence.
///
/// # Errors
/// As [`read_overrides`].
pub fn read_layers(system: &dyn System, overrides: &Overrides, sources: &Sources) -> Result<(Node, Vec<Node>)> {
    let mut layers = Vec::new();
    let merged = read(system, overrides, sources, Some(&mut layers))?;
    Ok((merged, layers))
}

fn read(
    system: &dyn System,
    overrides: &Overrides,
    sources: &Sources,
    mut layers: Option<&mut Vec<Node>>,
) -> Result<Node> {
    let origin = sources.add(Source::new("values", SourceKind::Made, Vec::new()));
    let mut values = Node::empty_map(Span::file_start(origin));
    for path in &overrides.files {
        let file = values_file(system, path, sources)?;
        if let Some(layers) = &mut layers {
            layers.push(file.clone());
        }
        merge_maps(&mut values, file);
    }
    let kinds = [
        (SetKind::Json, &overrides.json),
        (SetKind::Set, &overrides.set),
        (SetKind::String, &overrides.string),
        (SetKind::File, &overrides.file),
        (SetKind::Literal, &overrides.literal),
    ];
    for (kind, texts) in kinds {
        for text in texts {
            let layer = flag_into(system, kind, text, &mut values, (sources, layers.is_some()))?;
            if let (Some(layers), Some(layer)) = (&mut layers, layer) {
                layers.push(layer);
            }
        }
    }
    Ok(values)
}

fn values_file(system: &dyn System, path: &str, sources: &Sources) -> Result<Node> {
    let (name, bytes) = if path.trim() == "-" {
        ("<stdin>", system.read_stdin())
    } else if path.contains("://") {
        return Err(Diagnostic::error(FLAG, format!("cannot fetch {path}"))
            .help("promchart works offline: fetch the file first and give its path")
            .into());
    } else {
        (path, system.read(Path::new(path)))
    };
    let bytes =
        bytes.map_err(|error| Diagnostic::error(FLAG, unreadable(path, &error)).help("check the path after -f"))?;
    let file = sources.add(Source::new(name, SourceKind::File, bytes));
    values_document(sources, file).map_err(|mut error| {
        error.helm = Some(format!("failed to parse {path}: {}", error.headline()));
        error
    })
}

/// Go's message for a file that cannot be read. In Go a folder can be opened, but not read.
fn unreadable(path: &str, error: &io::Error) -> String {
    let failed = match error.kind() {
        io::ErrorKind::IsADirectory => "read",
        _ => "open",
    };
    format!("{failed} {path}: {}", errno::message(error))
}

/// The bytes of a text as Go's flag parsers see them: each byte that is not UTF-8 becomes U+FFFD.
fn runes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for chunk in gostring::decode(text).utf8_chunks() {
        bytes.extend_from_slice(chunk.valid().as_bytes());
        bytes.extend(chunk.invalid().iter().flat_map(|_| "\u{FFFD}".bytes()));
    }
    bytes
}

/// Parses a flag into the values read so far. If `is_kept`, also returns the values of the flag alone, with the same
/// spans.
fn flag_into(
    system: &dyn System,
    kind: SetKind,
    text: &str,
    values: &mut Node,
    (sources, is_kept): (&Sources, bool),
) -> Result<Option<Node>> {
    let name = format!("{} {text}", kind.flag());
    let file = sources.add(Source::new(name, SourceKind::Flag, runes(text)));
    let source = sources.get(file);
    // The standard input can be read only once.
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut read_file = |path: &str| {
        if let Some(text) = known.get(path) {
            return Ok(text.clone());
        }
        let bytes = if path.trim() == "-" {
            system.read_stdin()
        } else {
            system.read(Path::new(path))
        };
        match bytes {
            Ok(bytes) => {
                let text = gostring::encode_owned(bytes);
                if is_kept {
                    known.insert(path.to_owned(), text.clone());
                }
                Ok(text)
            }
            Err(error) => Err(unreadable(path, &error)),
        }
    };
    set::parse_into(kind, &source, file, values, &mut read_file)
        .map_err(|error| Box::new(Diagnostic::error(FLAG, error.message).at(error.span).helm(error.helm)))?;
    if !is_kept {
        return Ok(None);
    }
    let mut alone = Node::empty_map(Span::file_start(file));
    let is_read = set::parse_into(kind, &source, file, &mut alone, &mut read_file).is_ok();
    Ok(is_read.then_some(alone))
}
