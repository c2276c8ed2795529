//! The texts that everything is read from, and places in them.
//!
//! Every file of a chart, every values file, every `--set` flag and every text that `tpl` renders is a [`Source`] with a
//! [`FileId`]. A [`Span`] is a range of bytes of one source; tokens, syntax nodes, YAML keys and values carry one from
//! the moment they are read.

use std::fmt;
use std::sync::{Arc, OnceLock, RwLock};

use gostd::string as gostring;

/// Names one source of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes in a source, end excluded. Offsets count bytes of [`Source::text`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source that the range lies in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl FileId {
    /// No source at all: for nodes that nobody will ever point at.
    pub const NONE: Self = Self(u32::MAX);
}

impl Span {
    /// The range `start..end` of `file`. Offsets past 4 GiB, which no source reaches, are cut off.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let offset = |value| u32::try_from(value).unwrap_or(u32::MAX);
        Self {
            file,
            start: offset(start),
            end: offset(end),
        }
    }

    /// The empty range at the start of `file`, for findings about a file as a whole.
    pub fn file_start(file: FileId) -> Self {
        Self { file, start: 0, end: 0 }
    }

    /// The range as indices into the text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The smallest range that covers both; the two must lie in one source.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}..{}", self.file.0, self.start, self.end)
    }
}

/// A place as people write it: both numbers start at 1; the column counts bytes, as compilers and Helm count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineColumn {
    /// The line, from 1.
    pub line: usize,
    /// The byte in the line, from 1.
    pub column: usize,
}

/// What kind of text a source is. Diagnostics show the name of a file as a path, that of a flag as it was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A file on disk or in an archive.
    File,
    /// A command line flag such as `--set a=b`.
    Flag,
    /// A text that came up while rendering: the argument of `tpl`, the output of a template.
    Made,
}

/// One text with its name.
#[derive(Debug)]
pub struct Source {
    name: String,
    kind: SourceKind,
    text: Arc<str>,
    /// Offset of the first byte of each line.
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// A source from the bytes of a file. The byte order mark of a file is dropped, as Helm does; bytes that are not
    /// UTF-8 are kept as [`gostd::string`] escapes.
    pub fn new(name: impl Into<String>, kind: SourceKind, bytes: Vec<u8>) -> Self {
        let mut text = gostring::encode_owned(bytes);
        if kind == SourceKind::File && text.starts_with('\u{FEFF}') {
            text.drain(..'\u{FEFF}'.len_utf8());
        }
        Self::of_text(name, kind, text.into())
    }

    /// A source of a text that has its escapes, and no byte order mark, already.
    pub fn of_text(name: impl Into<String>, kind: SourceKind, text: Arc<str>) -> Self {
        Self {
            name: name.into(),
            kind,
            text,
            line_starts: OnceLock::new(),
        }
    }

    /// Few sources are ever pointed at.
    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.text.as_bytes());
            let starts = breaks.map(|at| u32::try_from(at + 1).unwrap_or(u32::MAX));
            std::iter::once(0).chain(starts).collect()
        })
    }

    /// The path as the user would type it, or the flag as it was typed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What kind of text this is.
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of an offset; an offset past the end is the place after the last byte.
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_starts().partition_point(|&start| start <= offset).max(1);
        let start = self.line_starts()[line - 1] as usize;
        let end = (offset as usize).clamp(start, self.text.len().max(start));
        let column = self.text.get(start..end).map_or(end - start, gostring::len) + 1;
        LineColumn { line, column }
    }

    /// The text of a line (from 1) without its line break; empty where there is no such line.
    pub fn line(&self, line: usize) -> &str {
        let Some(range) = self.line_range(line) else { return "" };
        self.text[range].trim_end_matches(['\n', '\r'])
    }

    /// The bytes of a line (from 1), its line break included.
    pub fn line_range(&self, line: usize) -> Option<std::ops::Range<usize>> {
        let start = *self.line_starts().get(line.checked_sub(1)?)? as usize;
        let end = self
            .line_starts()
            .get(line)
            .map_or(self.text.len(), |&next| next as usize);
        Some(start..end)
    }

    /// How many lines there are; at least 1.
    pub fn line_count(&self) -> usize {
        self.line_starts().len()
    }
}

/// All sources of a run. Cheap to clone: the clones share one table, which only grows.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<RwLock<Vec<Arc<Source>>>>);

impl Sources {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a source.
    pub fn add(&self, source: Source) -> FileId {
        let mut table = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        table.push(Arc::new(source));
        FileId(u32::try_from(table.len() - 1).unwrap_or(u32::MAX))
    }

    /// Drops the text of a source that nothing will point at any more.
    pub fn forget(&self, file: FileId) {
        let mut table = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(source) = table.get_mut(file.0 as usize) {
            let name = source.name().to_owned();
            *source = Arc::new(Source::new(name, source.kind(), Vec::new()));
        }
    }

    /// The source with this id.
    ///
    /// # Panics
    /// If the id is of another table.
    pub fn get(&self, file: FileId) -> Arc<Source> {
        let table = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&table[file.0 as usize])
    }

    /// All sources so far, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, Arc<Source>)> {
        let table = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        table
            .into_iter()
            .enumerate()
            .map(|(at, source)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), source))
    }

    /// `name:line:column` of the start of a span.
    pub fn place(&self, span: Span) -> String {
        let source = self.get(span.file);
        let LineColumn { line, column } = source.line_column(span.start);
        format!("{}:{line}:{column}", source.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &[u8]) -> Source {
        Source::new("x", SourceKind::File, text.to_vec())
    }

    #[test]
    fn lines_and_columns_start_at_one() {
        let source = source(b"ab\ncd\n");
        let at = |offset| {
            let LineColumn { line, column } = source.line_column(offset);
            (line, column)
        };
        assert_eq!(
            [at(0), at(2), at(3), at(6), at(99)],
            [(1, 1), (1, 3), (2, 1), (3, 1), (3, 1)]
        );
        assert_eq!((source.line(2), source.line(9)), ("cd", ""));
    }

    #[test]
    fn columns_count_the_bytes_of_the_file() {
        let source = source(b"\xffx: \xc3\xa9y");
        let y = u32::try_from(source.text().find('y').unwrap()).unwrap();
        assert_eq!(source.line_column(y).column, 7);
    }

    #[test]
    fn byte_order_mark_is_dropped() {
        assert_eq!(source(b"\xef\xbb\xbfa: 1").text(), "a: 1");
    }
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
