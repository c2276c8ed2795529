//! Identifies findings across runs.

use sha2::{Digest, Sha256};

use crate::Diagnostic;
use source::{SourceKind, Sources};

/// Returns a fingerprint that distinguishes a finding from others and is unchanged by edits elsewhere: a hash of the
/// rule, the object, the file and the message. Line numbers are not included.
pub fn fingerprint(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let file = diagnostic
        .span
        .map(|span| sources.get(span.file))
        .filter(|source| source.kind() == SourceKind::File);
    let mut hash = Sha256::new();
    let mut part = |text: &str| {
        hash.update(text.as_bytes());
        hash.update([0]);
    };
    part(diagnostic.rule);
    if let Some(object) = &diagnostic.object {
        part(&object.kind);
        part(&object.name);
    }
    part(file.as_ref().map_or("", |file| file.name()));
    part(&diagnostic.message);
    let mut text = String::new();
    for byte in hash.finalize().iter().take(12) {
        text.push_str(&format!("{byte:02x}"));
    }
    text
}
