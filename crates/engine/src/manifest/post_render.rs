//! `--post-renderer`: pipes all manifests through a program. Mirrors `annotateAndMerge` and `splitAndDeannotate` of
//! Helm's `pkg/action/action.go`.
//!
//! Each document is annotated with its file name, because the program may reorder and drop documents. Helm serializes
//! the documents again for that; here only the annotation is inserted and removed, and every other byte is kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{is_manifest, split};
use diagnostics::{Diagnostic, Report, Result};
use gostd::quote::quote;
use gostd::string as gostring;
use gostd::unicode::is_space;
use goyaml::{Entry, Map, Node, Style, Value};
use source::{FileId, Source, SourceKind, Sources, Span};
use system::System;

/// The rule for post-renderers that fail.
pub const POST_RENDER: &str = "post-render";
/// Helm's annotation with the file name of a document.
const ANNOTATION: &str = "postrenderer.helm.sh/postrender-filename";
/// The path of the annotation.
const PATH: [&str; 3] = ["metadata", "annotations", ANNOTATION];

/// A program that turns manifests on its standard input into manifests on its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRenderer {
    /// Its path, or its name if it is on the `PATH`.
    pub program: String,
    /// The arguments that it is called with.
    pub arguments: Vec<String>,
}

impl PostRenderer {
    /// Pipes the rendered files through the program. Its standard error goes to the report.
    ///
    /// # Errors
    /// A document is not a mapping, or the program cannot be run, fails, or prints nothing or invalid YAML.
    pub fn run(
        &self,
        files: &BTreeMap<Arc<str>, String>,
        system: &dyn System,
        sources: &Sources,
        log: &mut Report,
    ) -> Result<BTreeMap<Arc<str>, String>> {
        let failed = |what: &str, message: String| {
            Box::new(Diagnostic::error(POST_RENDER, message.clone()).helm(format!("{what}: {message}")))
        };
        let mut documents = Vec::new();
        for (path, text) in files {
            if !is_manifest(path) {
                continue;
            }
            for (_, text) in split(text) {
                let document = Document::read(path, text, sources)
                    .map_err(|message| failed("error merging manifests", format!("parsing {path}: {message}")))?;
                documents.extend(document.map(|document| document.with_annotation(path, sources)));
            }
        }
        let running = "error while running post render on files";
        let name = quote(&self.program);
        let invoking = format!("failed to invoke post-renderer plugin {name}");
        let piped = system
            .pipe(
                &self.program,
                &self.arguments,
                &gostring::decode(&documents.join("---\n")),
            )
            .map_err(|error| failed(running, format!("{invoking}: {error}")))?;
        let messages = gostring::encode_owned(piped.messages).trim_matches(is_space).to_owned();
        if let Some(failure) = piped.failure {
            let mut error = failed(running, format!("{invoking}: plugin {name} exited with error"));
            error.message = format!("{} ended with {failure}", self.program);
            error.help = Some(messages).filter(|messages| !messages.is_empty());
            return Err(error);
        }
        if !messages.is_empty() {
            log.push(Diagnostic::info(POST_RENDER, messages));
        }
        let output = gostring::encode_owned(piped.output);
        if output.trim_matches(is_space).is_empty() {
            return Err(failed(running, format!("post-renderer {name} produced empty output")));
        }
        let mut rendered: BTreeMap<Arc<str>, String> = BTreeMap::new();
        for (at, (_, text)) in split(&output).into_iter().enumerate() {
            let document = Document::read("post-renderer", text, sources)
                .map_err(|message| failed("error while parsing post rendered output: error parsing YAML", message))?;
            let Some(document) = document else { continue };
            let (path, text) = document
                .without_annotation(sources)
                .unwrap_or_else(|| (format!("generated-by-postrender-{at}.yaml").into(), text.to_owned()));
            let file = rendered.entry(path).or_default();
            if !file.is_empty() {
                file.push_str("---\n");
            }
            file.push_str(&text);
            if !text.ends_with('\n') {
                file.push('\n');
            }
        }
        Ok(rendered)
    }
}

/// A document and its parsed content.
struct Document {
    source: Arc<Source>,
    node: Node,
}

impl Document {
    /// Parses a document; `None` if it holds only comments.
    fn read(name: &str, text: &str, sources: &Sources) -> std::result::Result<Option<Self>, String> {
        let source = Source::new(name, SourceKind::Made, gostring::decode(text).into_owned());
        let file = sources.add(source);
        let source = sources.get(file);
        let node = parse(&source, file)?;
        match node.value {
            Value::Null => Ok(None),
            Value::Map(_) => Ok(Some(Self { source, node })),
            _ => Err("a manifest must be a mapping".to_owned()),
        }
    }

    /// The text with the annotation for the file, ending with a line break.
    fn with_annotation(&self, file: &str, sources: &Sources) -> String {
        let mut wanted = self.node.clone();
        set(&mut wanted, &PATH, file);
        let mut text = self.checked(self.inserted(file), &wanted, sources);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    }

    /// The text without the annotation, and the file named in it; `None` if there is no annotation.
    fn without_annotation(&self, sources: &Sources) -> Option<(Arc<str>, String)> {
        let file: Arc<str> = PATH
            .iter()
            .try_fold(&self.node, |node, name| node.get(name))?
            .as_str()?
            .into();
        let mut wanted = self.node.clone();
        remove(&mut wanted, &PATH);
        Some((file, self.checked(self.cut(), &wanted, sources)))
    }

    /// Returns the edited text if it parses to the wanted node, and otherwise the wanted node serialized again.
    fn checked(&self, edited: Option<String>, wanted: &Node, sources: &Sources) -> String {
        let says_it = |text: &String| {
            let source = Source::new(
                self.source.name(),
                SourceKind::Made,
                gostring::decode(text).into_owned(),
            );
            let file = sources.add(source);
            parse(&sources.get(file), file).is_ok_and(|node| written(&node) == written(wanted))
        };
        edited.filter(says_it).unwrap_or_else(|| written(wanted))
    }

    /// The text with the annotation inserted at the start of its mapping.
    fn inserted(&self, file: &str) -> Option<String> {
        let mut node = &self.node;
        let mut path = &PATH[..];
        while let [name, rest @ ..] = path
            && let Some(inner) = node.get(name)
        {
            (node, path) = (inner, rest);
        }
        let value = format!("'{}'", file.replace('\'', "''"));
        let text = self.source.text();
        let map = node.as_map()?;
        let start = node.span.start as usize;
        let mut out = text.to_owned();
        if text[start..].starts_with('{') {
            let braces = "}".repeat(path.len() - 1);
            let comma = if map.is_empty() { "" } else { ", " };
            out.insert_str(start + 1, &format!("{}: {value}{braces}{comma}", path.join(": {")));
        } else {
            let first = map.iter().map(|(_, entry)| entry.key.start as usize).min()?;
            let indent = &text[self.line_start(first)..first];
            let mut lines = String::new();
            for (depth, name) in path.iter().enumerate() {
                let value = if depth + 1 == path.len() {
                    format!(" {value}")
                } else {
                    String::new()
                };
                let deeper = "  ".repeat(depth + 1);
                let next = if depth + 1 == path.len() { "" } else { &deeper };
                lines.push_str(&format!("{name}:{value}\n{indent}{next}"));
            }
            out.insert_str(first, &lines);
        }
        Some(out)
    }

    /// The text without the annotation, and without mappings that would be left empty.
    fn cut(&self) -> Option<String> {
        let text = self.source.text();
        let mut node = &self.node;
        let mut entries: Vec<(usize, &Entry)> = Vec::new();
        for name in PATH {
            let map = node.as_map()?;
            let entry = map.get(name)?;
            entries.push((map.len(), entry));
            node = &entry.node;
        }
        let end = node.span.end as usize;
        let keep = entries.iter().rposition(|(len, _)| *len > 1)?;
        let start = entries[keep].1.key.start as usize;
        let line_start = self.line_start(start);
        let mut out = text.to_owned();
        if text[line_start..start].chars().all(|c| c == ' ') {
            let line_end = memchr::memchr(b'\n', &text.as_bytes()[end..]).map_or(text.len(), |at| end + at + 1);
            out.replace_range(line_start..line_end, "");
        } else {
            let braces = entries.len() - 1 - keep;
            let after = &text[end..];
            let after = after.strip_prefix(&*"}".repeat(braces)).unwrap_or(after);
            let after = after.strip_prefix(", ").unwrap_or(after);
            out.replace_range(start..text.len() - after.len(), "");
        }
        Some(out)
    }

    fn line_start(&self, at: usize) -> usize {
        self.source.text()[..at].rfind('\n').map_or(0, |found| found + 1)
    }
}

fn parse(source: &Source, file: FileId) -> std::result::Result<Node, String> {
    goyaml::parse(source, file, 0..source.text().len())
        .map(|parsed| parsed.node)
        .map_err(|error| error.message)
}

fn written(node: &Node) -> String {
    // Serialization fails only for values nested deeper than the parser allows.
    goyaml::to_yaml(Style::V2, node).unwrap_or_default()
}

/// Sets the value at a path and creates the missing mappings on the way.
fn set(node: &mut Node, path: &[&str], text: &str) {
    let [name, rest @ ..] = path else {
        node.value = Value::String(text.into());
        return;
    };
    if node.as_map().is_none() {
        node.value = Value::Map(Arc::default());
    }
    let Some(map) = node.as_map_mut() else { return };
    if map.get(name).is_none() {
        let span = Span::file_start(FileId::NONE);
        let node = Node::empty_map(span);
        map.insert(*name, Entry { key: span, node });
    }
    if let Some(entry) = map.get_mut(name) {
        set(&mut entry.node, rest, text);
    }
}

/// Removes the value at a path, and the mappings on the way that become empty.
fn remove(node: &mut Node, path: &[&str]) {
    let ([name, rest @ ..], Some(map)) = (path, node.as_map_mut()) else {
        return;
    };
    if let Some(entry) = map.get_mut(name) {
        remove(&mut entry.node, rest);
        if rest.is_empty() || entry.node.as_map().is_some_and(Map::is_empty) {
            map.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn there_and_back(text: &str) -> String {
        let sources = Sources::new();
        let document = Document::read("x", text, &sources).unwrap().unwrap();
        let annotated = document.with_annotation("c/templates/it's.yaml", &sources);
        let document = Document::read("x", &annotated, &sources).unwrap().unwrap();
        let (file, back) = document.without_annotation(&sources).unwrap();
        assert_eq!((&*file, &*back), ("c/templates/it's.yaml", text));
        annotated
    }

    #[test]
    fn the_annotation_leaves_no_trace() {
        let line = "postrenderer.helm.sh/postrender-filename: 'c/templates/it''s.yaml'";
        assert_eq!(
            there_and_back("# c\nkind: A\nmetadata:\n    name:  a # d\n    x: |\n      y\n"),
            format!("# c\nkind: A\nmetadata:\n    annotations:\n      {line}\n    name:  a # d\n    x: |\n      y\n")
        );
        assert_eq!(
            there_and_back("metadata:\n  annotations:\n    a: b\n  name: x\n"),
            format!("metadata:\n  annotations:\n    {line}\n    a: b\n  name: x\n")
        );
        assert_eq!(
            there_and_back("metadata: {name: x}\n"),
            format!("metadata: {{annotations: {{{line}}}, name: x}}\n")
        );
        assert_eq!(
            there_and_back("metadata: {name: x, annotations: {a: b}}\n"),
            format!("metadata: {{name: x, annotations: {{{line}, a: b}}}}\n")
        );
        assert_eq!(
            there_and_back("{a: 1}\n"),
            format!("{{metadata: {{annotations: {{{line}}}}}, a: 1}}\n")
        );
        assert_eq!(
            there_and_back("foo: 1\n"),
            format!("metadata:\n  annotations:\n    {line}\nfoo: 1\n")
        );
    }

    #[test]
    fn what_cannot_be_edited_is_written_anew() {
        let sources = Sources::new();
        let document = Document::read("x", "kind: A\nmetadata:\n", &sources).unwrap().unwrap();
        assert_eq!(
            document.with_annotation("f", &sources),
            "kind: A\nmetadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: f\n"
        );
        assert!(Document::read("x", "# nothing\n", &sources).unwrap().is_none());
        assert!(Document::read("x", "- 1\n", &sources).is_err());
    }
}
