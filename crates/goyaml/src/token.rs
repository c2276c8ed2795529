//! The tokens between scanner and parser.

use std::borrow::Cow;

use super::mark::Mark;

/// The style in which a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ScalarStyle {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
    Folded,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    StreamStart,
    StreamEnd,
    VersionDirective {
        major: u8,
        minor: u8,
    },
    /// Handle and prefix.
    TagDirective(Box<(Vec<u8>, Vec<u8>)>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(&'a [u8]),
    Anchor(&'a [u8]),
    /// Handle and suffix.
    Tag(Box<(Vec<u8>, Vec<u8>)>),
    Scalar {
        value: Cow<'a, [u8]>,
        style: ScalarStyle,
    },
}

#[derive(Clone, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// The value of a scalar being read: a slice of the input as long as possible, then a copy.
pub(super) enum Text<'a> {
    Slice { input: &'a [u8], start: usize },
    Owned(Vec<u8>),
}

impl<'a> Text<'a> {
    /// An empty value at an offset of the input.
    pub(super) fn new(input: &'a [u8], start: usize) -> Self {
        Self::Slice {
            input: &input[..start.min(input.len())],
            start,
        }
    }

    /// Appends `input[start..end]`.
    pub(super) fn push_range(&mut self, whole: &'a [u8], start: usize, end: usize) {
        if start == end {
            return;
        }
        match self {
            Self::Slice { input, start: begin } if input.len() == start || input.len() <= *begin => {
                if input.len() <= *begin {
                    *begin = start;
                }
                *input = &whole[..end];
            }
            _ => self.owned().extend_from_slice(&whole[start..end]),
        }
    }

    /// Appends bytes that are not in the input.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.owned().extend_from_slice(bytes);
        }
    }

    fn owned(&mut self) -> &mut Vec<u8> {
        if let Self::Slice { input, start } = self {
            *self = Self::Owned(input.get(*start..).unwrap_or(&[]).to_vec());
        }
        match self {
            Self::Owned(bytes) => bytes,
            Self::Slice { .. } => unreachable!("made owned above"),
        }
    }

    pub(super) fn finish(self) -> Cow<'a, [u8]> {
        match self {
            Self::Slice { input, start } => Cow::Borrowed(input.get(start..).unwrap_or(&[])),
            Self::Owned(bytes) => Cow::Owned(bytes),
        }
    }
}
