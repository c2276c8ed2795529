//! Texts of several lines, line by line.

use similar::{Algorithm, ChangeTag, TextDiff};

/// Lines around what differs.
const CONTEXT: usize = 2;

/// One run of lines with what is around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// The first line of the old text, from 1.
    pub old_line: usize,
    /// The first line of the new text, from 1.
    pub new_line: usize,
    /// The lines: ` ` is the same, `-` old, `+` new, `\` says something about the line above.
    pub lines: Vec<(char, String)>,
}

impl Hunk {
    /// The first line with a sign, counted in the text that has it.
    pub(super) fn first(&self, sign: char) -> Option<usize> {
        let start = if sign == '-' { self.old_line } else { self.new_line };
        let own = self.lines.iter().filter(|(other, _)| *other == ' ' || *other == sign);
        own.enumerate()
            .find(|(_, (other, _))| *other == sign)
            .map(|(at, _)| start + at)
    }
}

/// The lines that differ; none of texts of one line. JSON on one line is laid out first.
pub(super) fn between(old: &str, new: &str) -> Vec<Hunk> {
    if let Some((old, new)) = laid_out(old).zip(laid_out(new)) {
        return hunks(&old, &new);
    }
    if old.trim_end().contains('\n') || new.trim_end().contains('\n') {
        return hunks(old, new);
    }
    Vec::new()
}

/// JSON that is written on one line, on several.
fn laid_out(text: &str) -> Option<String> {
    let is_one_line = !text.trim().contains('\n') && text.starts_with(['{', '[']) && text.len() > 40;
    let json: serde_json::Value = is_one_line.then(|| serde_json::from_str(text).ok())??;
    serde_json::to_string_pretty(&json).ok()
}

fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::configure()
        .algorithm(Algorithm::Patience)
        .diff_lines(old, new);
    let mut hunks = Vec::new();
    for group in diff.grouped_ops(CONTEXT) {
        let Some(first) = group.first() else { continue };
        let mut lines = Vec::new();
        for op in &group {
            for change in diff.iter_changes(op) {
                let sign = match change.tag() {
                    ChangeTag::Equal => ' ',
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                };
                let ends = change.value().ends_with('\n');
                lines.push((sign, change.value().trim_end_matches('\n').to_owned()));
                if !ends && sign != ' ' {
                    lines.push(('\\', "no line break at the end".to_owned()));
                }
            }
        }
        hunks.push(Hunk {
            old_line: first.old_range().start + 1,
            new_line: first.new_range().start + 1,
            lines,
        });
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted() {
        let found = between("a\nb\nc\nd\n", "a\nb\nx\nd\ne\n");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].first('-'), found[0].first('+')), (Some(3), Some(3)));
        assert!(between("a", "b").is_empty());
        assert!(
            !between(
                "{\"a\": 1, \"text\": \"longer than forty characters\"}",
                "{\"a\": 2, \"text\": \"longer than forty characters\"}"
            )
            .is_empty()
        );
    }
}
