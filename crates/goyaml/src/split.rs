//! Splits a values file into documents as Kubernetes' `YAMLReader` does: at `---` lines only, before any YAML is read.

use std::ops::Range;

use gostd::unicode::is_space;

/// A line that begins with `---` and continues with anything but a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSeparator {
    /// Kubernetes' message.
    pub message: String,
    /// The line.
    pub range: Range<usize>,
}

/// The ranges of the documents. A separator at the start of a document belongs to it, so line numbers in messages count
/// it.
///
/// # Errors
/// The first invalid separator.
pub fn split_documents(text: &str) -> Result<Vec<Range<usize>>, BadSeparator> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim_matches(is_space);
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(BadSeparator {
                    message: format!("invalid Yaml document separator: {rest}"),
                    range: at..at + line.trim_end().len(),
                });
            }
            if at > start {
                ranges.push(start..at);
                start = end;
            }
        }
        at = end;
    }
    if text.len() > start {
        ranges.push(start..text.len());
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_where_kubernetes_cuts() {
        let documents = |text: &str| {
            split_documents(text)
                .unwrap()
                .into_iter()
                .map(|range| text[range].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(documents("a: 1\n---\nb: 2\n--- # x\n# c"), ["a: 1\n", "b: 2\n", "# c"]);
        assert_eq!(documents("---\na: 1\n"), ["---\na: 1\n"]);
        assert_eq!(documents("---\n---\na: 1\n"), ["---\n", "a: 1\n"]);
        assert_eq!(documents(""), Vec::<String>::new());
        assert_eq!(
            split_documents("--- a: 1\n").unwrap_err().message,
            "invalid Yaml document separator: a: 1"
        );
    }
}
