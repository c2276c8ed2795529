//! The output of `promchart template`, and the pieces of rendered files that it consists of.

use std::ops::Range;

use super::template::push_document;
use explain::source_map::{Origin, Part};
use gostd::unicode::is_space;

/// Printed text, with its pieces and those in files.
#[derive(Debug, Default)]
pub(super) struct Printed {
    pub(super) text: String,
    /// By offset in the text.
    pieces: Vec<(usize, Origin, Range<usize>)>,
    /// In files.
    written: Vec<Part>,
}

impl Printed {
    /// Adds a document: text that begins at an offset of a rendered file.
    pub(super) fn push(&mut self, path: &str, text: &str, (from, start): (Origin, usize)) {
        push_document(&mut self.text, path, text);
        // A line break follows it.
        let at = self.text.len() - text.len() - 1;
        self.pieces.push((at, from, start..start + text.len()));
    }

    /// Records a document in a file: the folder, the path there, the lines before it.
    pub(super) fn wrote(
        &mut self,
        (folder, path, before): (&str, &str, usize),
        (from, start): (Origin, usize),
        text: &str,
    ) {
        // `---` and `# Source:`, then the text.
        const HEAD: usize = 2;
        self.written.push(Part {
            output: Some(format!("{folder}/{path}")),
            line: before + HEAD + 1,
            from,
            range: start..start + text.len(),
        });
    }

    /// Appends `other` to this text, which is trimmed and ended by a line break.
    pub(super) fn followed_by(mut self, other: Self) -> Self {
        let blank = self.text.len() - self.text.trim_start_matches(is_space).len();
        self.text.drain(..blank);
        self.text.truncate(self.text.trim_end_matches(is_space).len());
        self.text.push('\n');
        let length = self.text.len();
        let moved = |at: usize| length + at;
        for (at, ..) in &mut self.pieces {
            *at -= blank;
        }
        let others = other.pieces.into_iter();
        self.pieces
            .extend(others.map(|(at, from, range)| (moved(at), from, range)));
        self.text.push_str(&other.text);
        self.written.extend(other.written);
        self
    }

    /// Adds a part of another text.
    pub(super) fn take(&mut self, other: &Self, part: Range<usize>) {
        let target = self.text.len();
        for (at, from, range) in &other.pieces {
            let (start, end) = ((*at).max(part.start), (at + range.len()).min(part.end));
            if start < end {
                let range = range.start + start - at..range.start + end - at;
                self.pieces.push((target + start - part.start, from.clone(), range));
            }
        }
        self.text.push_str(&other.text[part]);
    }

    /// The pieces with their lines.
    pub(super) fn parts(&self) -> Vec<Part> {
        let (mut line, mut counted) = (1, 0);
        let of_text = self.pieces.iter().map(|(at, from, range)| {
            line += self.text[counted..*at].matches('\n').count();
            counted = *at;
            Part {
                output: None,
                line,
                from: from.clone(),
                range: range.clone(),
            }
        });
        of_text.chain(self.written.iter().cloned()).collect()
    }
}
