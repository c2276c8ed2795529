//! Automatic fixes: a mistyped key, an API version with a successor, an unquoted scalar.
//!
//! An edit is only a guess until the edited files have been linted: the caller lints again and keeps the edits that
//! cause no new findings.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diagnostics::{Diagnostic, Report};
use source::{FileId, SourceKind, Sources, Span};

/// Rules about unknown keys.
const UNKNOWN: [&str; 4] = ["values-schema", "unknown-value", "unknown-field", "chart-unknown-field"];
/// Rules about API versions.
const VERSIONS: [&str; 2] = ["deprecated-api", "removed-api"];

/// A replacement for a part of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The replaced text.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// The edits for the given findings, sorted by position; none overlap.
pub fn edits(found: &Report, sources: &Sources) -> Vec<Edit> {
    let edits = found.diagnostics.iter().filter_map(|finding| edit(finding, sources));
    let mut edits: Vec<Edit> = edits.collect();
    edits.sort();
    edits.dedup();
    let mut kept: Vec<Edit> = Vec::new();
    for edit in edits {
        let is_apart = |last: &Edit| last.span.file != edit.span.file || last.span.end <= edit.span.start;
        if kept.last().is_none_or(is_apart) {
            kept.push(edit);
        }
    }
    kept
}

fn edit(finding: &Diagnostic, sources: &Sources) -> Option<Edit> {
    let span = finding.span?;
    let source = sources.get(span.file);
    let is_file = source.kind() == SourceKind::File && !source.name().contains(".tgz");
    let written = source.text().get(span.range()).filter(|_| is_file)?;
    let help = finding.help.as_deref()?;
    let quoted = |before: &str| help.strip_prefix(before)?.split('`').next();
    if written.contains(['\n', '{', '}']) || written.is_empty() {
        return None;
    }
    let text = if UNKNOWN.contains(&finding.rule) {
        let close = quoted("did you mean `")?;
        let bare = written.trim_matches(['"', '\'']);
        // The span must be that of the name in the finding, not that of a value that contributes to it.
        let is_name = finding
            .message
            .split([' ', '`', ':'])
            .any(|word| word.rsplit('.').next() == Some(bare));
        is_name.then(|| written.replace(bare, close))?
    } else if VERSIONS.contains(&finding.rule) {
        let newer = quoted("use `")?;
        let is_version = written
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"./-".contains(&byte));
        is_version.then(|| newer.to_owned())?
    } else if finding.rule == "misread-scalar" || help.starts_with("put it in quotes") {
        let is_bare = !written.starts_with(['"', '\'', '&', '*', '!', '|', '>']) && !written.contains(['"', '\\']);
        is_bare.then(|| format!("\"{written}\""))?
    } else {
        return None;
    };
    (text != written).then_some(Edit { span, text })
}

/// The edited files with their new texts.
pub fn apply(edits: &[Edit], sources: &Sources) -> BTreeMap<PathBuf, String> {
    let mut files: BTreeMap<FileId, String> = BTreeMap::new();
    for edit in edits.iter().rev() {
        let source = sources.get(edit.span.file);
        let text = files.entry(edit.span.file).or_insert_with(|| source.text().to_owned());
        text.replace_range(edit.span.range(), &edit.text);
    }
    let named = files
        .into_iter()
        .map(|(file, text)| (PathBuf::from(sources.get(file).name()), text));
    named.collect()
}

/// The edits as a diff without context lines, which `patch` accepts.
pub fn diff(edits: &[Edit], sources: &Sources) -> String {
    let mut out = String::new();
    let mut at = 0;
    let mut file = None;
    while let Some(first) = edits.get(at) {
        let source = sources.get(first.span.file);
        let text = source.text();
        if file != Some(first.span.file) {
            let name = source.name();
            out.push_str(&format!("--- {name}\n+++ {name}\n"));
            file = Some(first.span.file);
        }
        let range = first.span.range();
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at);
        let same_line = |edit: &&Edit| edit.span.file == first.span.file && edit.span.range().start < end;
        let count = edits[at..].iter().take_while(same_line).count();
        let mut changed = text[start..end].to_owned();
        for edit in edits[at..at + count].iter().rev() {
            let range = edit.span.range();
            changed.replace_range(range.start - start..range.end - start, &edit.text);
        }
        let line = text[..start].matches('\n').count() + 1;
        out.push_str(&format!("@@ -{line} +{line} @@\n-{}\n+{changed}\n", &text[start..end]));
        at += count;
    }
    out
}
