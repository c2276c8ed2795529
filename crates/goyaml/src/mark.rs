//! Positions in the input of the reader.

/// A position in the input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The bytes before it.
    pub(super) offset: usize,
    /// The characters before it.
    pub(super) index: usize,
    /// The lines before it.
    pub(super) line: usize,
    /// The characters before it in its line.
    pub(super) column: usize,
}
