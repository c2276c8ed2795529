//! The parser: tokens to events, by the grammar of YAML 1.1 as go-yaml v2 reads it.
//!
//! It is a state machine with its own stack, so nesting costs no native stack. The grammar, in tokens:
//!
//! ```text
//! stream      = document? (directive* "---" document? | "...")*
//! node        = alias | (tag? anchor? | anchor? tag?) (scalar | collection)?
//! collection  = block sequence | block mapping | indentless sequence (values of block mappings only)
//!             | "[" entry, … "]" | "{" entry, … "}"
//! ```

use std::borrow::Cow;

use super::error::Fault;
use super::mark::Mark;
use super::reader::Input;
use super::resolve::Tag;
use super::scan::Scanner;
use super::token::{ScalarStyle, Token, TokenKind};

/// An event of the parser.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) kind: EventKind<'a>,
    /// Where it begins, including tag and anchor.
    pub(super) start: Mark,
    /// The offsets of its text, without tag and anchor.
    pub(super) from: usize,
    pub(super) to: usize,
}

#[derive(Debug)]
pub(super) enum EventKind<'a> {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(&'a [u8]),
    Scalar(ScalarEvent<'a>),
    SequenceStart { anchor: Option<&'a [u8]> },
    SequenceEnd,
    MappingStart { anchor: Option<&'a [u8]> },
    MappingEnd,
}

#[derive(Debug)]
pub(super) struct ScalarEvent<'a> {
    pub(super) anchor: Option<&'a [u8]>,
    pub(super) tag: Tag,
    pub(super) value: Cow<'a, [u8]>,
    /// Whether the text decides the type: a plain scalar without a tag, or any scalar with the tag `!`.
    pub(super) implicit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry { first: bool },
    IndentlessSequenceEntry,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequenceEntry { first: bool },
    FlowPairKey,
    FlowPairValue,
    FlowPairEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
    End,
}

/// The position of a node in the grammar.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Context {
    Flow,
    Block,
    /// A block node, or a sequence indented no more than its key.
    BlockOrIndentless,
}

pub(super) struct Parser<'a> {
    scanner: Scanner<'a>,
    pub(super) state: State,
    /// The states to return to after the nodes being read.
    pub(super) states: Vec<State>,
    /// The starts of the collections being read.
    pub(super) marks: Vec<Mark>,
    /// Tag handles and their prefixes.
    tag_directives: Vec<(Vec<u8>, Vec<u8>)>,
    /// The end of the last token taken.
    pub(super) last_end: usize,
}

pub(super) type Parsed<'a> = Result<Event<'a>, Fault>;

impl<'a> Parser<'a> {
    pub(super) fn new(input: &'a Input<'_>) -> Self {
        Self {
            scanner: Scanner::new(input),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: Vec::new(),
            last_end: 0,
        }
    }

    /// The next event.
    pub(super) fn next(&mut self) -> Parsed<'a> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(Context::Block),
            State::BlockSequenceEntry { first } => self.block_sequence_entry(first),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceEntry { first } => self.flow_sequence_entry(first),
            State::FlowPairKey => self.flow_pair_key(),
            State::FlowPairValue => self.flow_pair_value(),
            State::FlowPairEnd => self.flow_pair_end(),
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
            State::End => Ok(Event::at(EventKind::StreamEnd, Mark::default())),
        }
    }

    pub(super) fn peek(&mut self) -> Result<&mut Token<'a>, Fault> {
        self.scanner.peek()
    }

    pub(super) fn skip(&mut self) {
        self.scanner.skip();
    }

    /// Takes the next token.
    pub(super) fn take(&mut self) -> Result<Token<'a>, Fault> {
        let token = self.peek()?;
        let token = Token {
            kind: std::mem::replace(&mut token.kind, TokenKind::StreamEnd),
            ..*token
        };
        self.skip();
        self.last_end = token.end.offset;
        Ok(token)
    }

    pub(super) fn pop_state(&mut self) {
        self.state = self.states.pop().unwrap_or(State::End);
    }

    pub(super) fn error_in<T>(&mut self, problem: &'static str) -> Result<T, Fault> {
        let at = self.peek()?.start;
        Err(Fault::parser(problem, self.marks.pop(), at))
    }

    /// The null of an empty position.
    pub(super) fn empty_scalar(at: Mark) -> Event<'a> {
        Event::at(
            EventKind::Scalar(ScalarEvent {
                anchor: None,
                tag: Tag::None,
                value: Cow::Borrowed(b""),
                implicit: true,
            }),
            at,
        )
    }

    // Documents.

    fn document_start(&mut self, implicit: bool) -> Parsed<'a> {
        let skipped = if implicit {
            TokenKind::StreamStart
        } else {
            TokenKind::DocumentEnd
        };
        while self.peek()?.kind == skipped {
            self.skip();
        }
        let token = self.peek()?;
        let start = token.start;
        let explicit = matches!(
            token.kind,
            TokenKind::VersionDirective { .. } | TokenKind::TagDirective(_) | TokenKind::DocumentStart
        );
        if token.kind == TokenKind::StreamEnd {
            self.skip();
            self.state = State::End;
            return Ok(Event::at(EventKind::StreamEnd, start));
        }
        self.directives()?;
        self.states.push(State::DocumentEnd);
        if implicit && !explicit {
            self.state = State::BlockNode;
        } else {
            let token = self.peek()?;
            if token.kind != TokenKind::DocumentStart {
                return Err(Fault::parser(
                    "did not find expected <document start>",
                    None,
                    token.start,
                ));
            }
            self.take()?;
            self.state = State::DocumentContent;
        }
        Ok(Event::at(EventKind::DocumentStart, start))
    }

    fn directives(&mut self) -> Result<(), Fault> {
        let mut has_version = false;
        loop {
            let start = self.peek()?.start;
            let error = |problem| Err(Fault::parser(problem, None, start));
            match self.peek()?.kind {
                TokenKind::VersionDirective { .. } if has_version => return error("found duplicate %YAML directive"),
                TokenKind::VersionDirective { major: 1, minor: 1 } => has_version = true,
                TokenKind::VersionDirective { .. } => return error("found incompatible YAML document"),
                TokenKind::TagDirective(_) => {
                    if let TokenKind::TagDirective(directive) = self.take()?.kind {
                        if self.tag_directives.iter().any(|known| known.0 == directive.0) {
                            return error("found duplicate %TAG directive");
                        }
                        self.tag_directives.push(*directive);
                    }
                    continue;
                }
                _ => break,
            }
            self.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tag_directives.iter().any(|known| known.0 == handle.as_bytes()) {
                self.tag_directives.push((handle.into(), prefix.into()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Parsed<'a> {
        let token = self.peek()?;
        let start = token.start;
        if matches!(
            token.kind,
            TokenKind::VersionDirective { .. }
                | TokenKind::TagDirective(_)
                | TokenKind::DocumentStart
                | TokenKind::DocumentEnd
                | TokenKind::StreamEnd
        ) {
            self.pop_state();
            return Ok(Self::empty_scalar(start));
        }
        self.node(Context::Block)
    }

    fn document_end(&mut self) -> Parsed<'a> {
        let token = self.peek()?;
        let start = token.start;
        let mut event = Event::at(EventKind::DocumentEnd, start);
        if token.kind == TokenKind::DocumentEnd {
            event.to = token.end.offset;
            self.skip();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(event)
    }

    // Nodes.

    pub(super) fn node(&mut self, context: Context) -> Parsed<'a> {
        let mut start = self.peek()?.start;
        if let TokenKind::Alias(name) = self.peek()?.kind {
            let token = self.take()?;
            self.pop_state();
            return Ok(Event::over(EventKind::Alias(name), token.start, token.end));
        }

        let mut anchor = None;
        let mut tag_token = None;
        let mut properties_end = None;
        // At most one of each, in either order.
        loop {
            match self.peek()?.kind {
                TokenKind::Anchor(name) if anchor.is_none() => anchor = Some(name),
                TokenKind::Tag(_) if tag_token.is_none() => {}
                _ => break,
            }
            let token = self.take()?;
            if properties_end.is_none() {
                start = token.start;
            }
            properties_end = Some(token.end);
            if let TokenKind::Tag(tag) = token.kind {
                tag_token = Some((token.start, *tag));
            }
        }
        let tag = match tag_token {
            None => Tag::None,
            Some((_, (handle, suffix))) if handle.is_empty() => Tag::new(&suffix),
            Some((at, (handle, suffix))) => {
                let known = self.tag_directives.iter().find(|known| known.0 == handle);
                match known.map(|known| [&known.1[..], &suffix].concat()) {
                    Some(tag) if !tag.is_empty() => Tag::new(&tag),
                    _ => return Err(Fault::parser("found undefined tag handle", Some(start), at)),
                }
            }
        };

        let token = self.peek()?;
        let from = token.start.offset;
        let block = context != Context::Flow;
        let sequence = EventKind::SequenceStart { anchor };
        let mapping = EventKind::MappingStart { anchor };
        let (kind, state) = match token.kind {
            TokenKind::BlockEntry if context == Context::BlockOrIndentless => {
                (sequence, State::IndentlessSequenceEntry)
            }
            TokenKind::Scalar { .. } => return self.scalar(start, anchor, tag),
            TokenKind::FlowSequenceStart => (sequence, State::FlowSequenceEntry { first: true }),
            TokenKind::FlowMappingStart => (mapping, State::FlowMappingKey { first: true }),
            TokenKind::BlockSequenceStart if block => (sequence, State::BlockSequenceEntry { first: true }),
            TokenKind::BlockMappingStart if block => (mapping, State::BlockMappingKey { first: true }),
            _ => {
                // A tag or an anchor without a node belongs to a null.
                let Some(end) = properties_end else {
                    return Err(Fault::parser(
                        "did not find expected node content",
                        Some(start),
                        token.start,
                    ));
                };
                self.pop_state();
                let implicit = tag == Tag::None;
                let value = Cow::Borrowed(&b""[..]);
                let scalar = ScalarEvent {
                    anchor,
                    tag,
                    value,
                    implicit,
                };
                return Ok(Event::over(EventKind::Scalar(scalar), start, end));
            }
        };
        self.state = state;
        Ok(Event {
            kind,
            start,
            from,
            to: from,
        })
    }

    fn scalar(&mut self, start: Mark, anchor: Option<&'a [u8]>, tag: Tag) -> Parsed<'a> {
        let token = self.take()?;
        self.pop_state();
        let (value, style) = match token.kind {
            TokenKind::Scalar { value, style } => (value, style),
            _ => (Cow::Borrowed(&b""[..]), ScalarStyle::Plain),
        };
        let implicit = tag == Tag::None && style == ScalarStyle::Plain || tag == Tag::NonSpecific;
        Ok(Event {
            kind: EventKind::Scalar(ScalarEvent {
                anchor,
                tag,
                value,
                implicit,
            }),
            start,
            from: token.start.offset,
            to: token.end.offset,
        })
    }
}

impl<'a> Event<'a> {
    pub(super) fn at(kind: EventKind<'a>, mark: Mark) -> Self {
        Self::over(kind, mark, mark)
    }

    pub(super) fn over(kind: EventKind<'a>, start: Mark, end: Mark) -> Self {
        let (from, to) = (start.offset, end.offset);
        Self { kind, start, from, to }
    }
}
