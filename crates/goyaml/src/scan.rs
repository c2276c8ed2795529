//! The scanner: characters to tokens.
//!
//! It behaves as the scanner of go-yaml v2 (derived from libyaml's): same tokens, and the same errors at the same
//! moment. Its lookahead matters because the first error wins. It therefore tracks *simple keys* (scalars and the like
//! that become keys when a `:` follows) exactly as go-yaml does, quirks included. `scan_token.rs` has the effect of
//! each kind of token on that state; `scan_scalar.rs` reads scalars, `scan_word.rs` tags, anchors and directives.

use std::collections::VecDeque;

use super::error::Fault;
use super::mark::Mark;
use super::reader::{Input, Reader};
use super::token::{ScalarStyle, Token, TokenKind};

/// The nesting limit of flow collections and, separately, of block collections.
pub(super) const MAX_DEPTH: usize = 10_000;
/// The maximum length, in characters, of a key without `?`.
const MAX_SIMPLE_KEY: usize = 1024;

/// A position that becomes a key if a `:` follows.
#[derive(Clone, Copy, Default)]
pub(super) struct SimpleKey {
    pub(super) possible: bool,
    /// In a block mapping, where only a key is allowed.
    pub(super) required: bool,
    /// The number of its first token in the stream.
    pub(super) token: usize,
    pub(super) mark: Mark,
}

/// Which possible simple key starts with which token. Token numbers only ever grow.
#[derive(Default)]
pub(super) struct KeysByToken(VecDeque<(usize, Option<usize>)>);

impl KeysByToken {
    fn insert(&mut self, token: usize, level: usize) {
        match self.0.back_mut() {
            Some(last) if last.0 == token => last.1 = Some(level),
            _ => self.0.push_back((token, Some(level))),
        }
    }

    pub(super) fn remove(&mut self, token: usize) {
        if let Ok(at) = self.0.binary_search_by_key(&token, |entry| entry.0) {
            self.0[at].1 = None;
        }
    }

    /// The level of the key that starts with this token. Earlier tokens are not looked up again.
    fn at(&mut self, token: usize) -> Option<usize> {
        while self.0.front().is_some_and(|entry| entry.0 < token) {
            self.0.pop_front();
        }
        self.0
            .front()
            .filter(|entry| entry.0 == token)
            .and_then(|entry| entry.1)
    }
}

pub(super) struct Scanner<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) tokens: VecDeque<Token<'a>>,
    /// The number of tokens taken.
    pub(super) taken: usize,
    /// Whether the first token of the queue is final.
    ready: bool,
    started: bool,
    /// The column of the innermost block collection; -1 outside of any.
    pub(super) indent: isize,
    indents: Vec<isize>,
    pub(super) flow_level: usize,
    pub(super) simple_key_allowed: bool,
    /// One for each flow level, and one for the block context.
    pub(super) simple_keys: Vec<SimpleKey>,
    pub(super) keys_by_token: KeysByToken,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(input: &'a Input<'_>) -> Self {
        Self {
            reader: Reader::new(input),
            tokens: VecDeque::new(),
            taken: 0,
            ready: false,
            started: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![SimpleKey::default()],
            keys_by_token: KeysByToken::default(),
        }
    }

    /// The next token.
    pub(super) fn peek(&mut self) -> Result<&mut Token<'a>, Fault> {
        if !self.ready {
            self.fetch_more()?;
        }
        self.tokens
            .front_mut()
            .ok_or_else(|| Fault::decoder("unknown problem parsing YAML content", 0..0))
    }

    /// Drops the token that [`Scanner::peek`] returned.
    pub(super) fn skip(&mut self) {
        self.ready = false;
        self.taken += 1;
        self.tokens.pop_front();
    }

    pub(super) fn error(&self, problem: &'static str) -> Fault {
        Fault::scanner(problem, self.reader.mark, self.reader.mark)
    }

    /// Fetches tokens until the first of the queue is no longer a possible simple key.
    fn fetch_more(&mut self) -> Result<(), Fault> {
        loop {
            if !self.tokens.is_empty() {
                match self.keys_by_token.at(self.taken) {
                    Some(level) if self.still_possible(level)? => {}
                    _ => break,
                }
            }
            self.fetch_next()?;
        }
        self.ready = true;
        Ok(())
    }

    fn fetch_next(&mut self) -> Result<(), Fault> {
        self.reader.need(1)?;
        if !self.started {
            self.started = true;
            self.push(TokenKind::StreamStart, self.reader.mark);
            return Ok(());
        }
        self.skip_to_token()?;
        self.unroll_indent(isize::try_from(self.reader.mark.column).unwrap_or(isize::MAX));
        self.reader.need(4)?;

        let in_flow = self.flow_level > 0;
        let glued = !self.reader.is_blank_or_end_at(1);
        match self.reader.at(0) {
            0 => self.fetch_stream_end(),
            b'%' if self.reader.mark.column == 0 => self.fetch_directive(),
            b'-' if self.reader.is_document_indicator() => self.fetch_document_indicator(TokenKind::DocumentStart),
            b'.' if self.reader.is_document_indicator() => self.fetch_document_indicator(TokenKind::DocumentEnd),
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => self.fetch_flow_entry(),
            b'-' if !glued => self.fetch_block_entry(),
            b'?' if in_flow || !glued => self.fetch_key(),
            b':' if in_flow || !glued => self.fetch_value(),
            b'*' | b'&' => self.fetch_anchor(),
            b'!' => self.fetch_tag(),
            b'|' if !in_flow => self.fetch_block_scalar(ScalarStyle::Literal),
            b'>' if !in_flow => self.fetch_block_scalar(ScalarStyle::Folded),
            b'\'' => self.fetch_flow_scalar(ScalarStyle::SingleQuoted),
            b'"' => self.fetch_flow_scalar(ScalarStyle::DoubleQuoted),
            b'#' | b'|' | b'>' | b'%' | b'@' | b'`' | b' ' | b'\t' => {
                Err(self.error("found character that cannot start any token"))
            }
            _ => self.fetch_plain_scalar(),
        }
    }

    /// Skips blanks, comments and line breaks.
    fn skip_to_token(&mut self) -> Result<(), Fault> {
        loop {
            self.reader.need(1)?;
            if self.reader.mark.column == 0 && self.reader.window_has_bom() {
                self.reader.skip();
            }
            self.reader.need(1)?;
            // A tab is allowed between tokens, but not where it could be indentation.
            while self.reader.at(0) == b' '
                || self.reader.at(0) == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed)
            {
                self.reader.skip();
                self.reader.need(1)?;
            }
            self.skip_comment()?;
            if !self.reader.is_break() {
                return Ok(());
            }
            self.reader.need(2)?;
            self.reader.skip_break();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    /// Skips to the end of the line if a comment starts here.
    pub(super) fn skip_comment(&mut self) -> Result<(), Fault> {
        if self.reader.at(0) == b'#' {
            self.reader.skip_ascii();
            self.reader.need(1)?;
            while !self.reader.is_break_or_end() {
                self.reader.skip();
                self.reader.skip_ascii();
                self.reader.need(1)?;
            }
        }
        Ok(())
    }

    pub(super) fn skip_blanks(&mut self) -> Result<(), Fault> {
        self.reader.need(1)?;
        while self.reader.is_blank() {
            self.reader.skip();
            self.reader.need(1)?;
        }
        Ok(())
    }

    // The queue.

    /// Appends a token that reaches from `start` to the reader's position.
    pub(super) fn push(&mut self, kind: TokenKind<'a>, start: Mark) {
        self.tokens.push_back(Token {
            kind,
            start,
            end: self.reader.mark,
        });
    }

    /// Inserts an empty token before the token of the given number, or at the end if that one was taken already.
    pub(super) fn insert(&mut self, kind: TokenKind<'a>, mark: Mark, before: Option<usize>) {
        let token = Token {
            kind,
            start: mark,
            end: mark,
        };
        match before.and_then(|number| number.checked_sub(self.taken)) {
            Some(at) if at <= self.tokens.len() => self.tokens.insert(at, token),
            _ => self.tokens.push_back(token),
        }
    }

    /// Appends the token of an indicator of `width` characters, and skips it.
    pub(super) fn push_indicator(&mut self, kind: TokenKind<'a>, width: usize) {
        let start = self.reader.mark;
        for _ in 0..width {
            self.reader.skip();
        }
        self.push(kind, start);
    }

    // Simple keys.

    /// Whether the possible key of a level still is one: it must end on its line and within the length limit.
    pub(super) fn still_possible(&mut self, level: usize) -> Result<bool, Fault> {
        let now = self.reader.mark;
        let Some(key) = self.simple_keys.get_mut(level) else {
            return Ok(false);
        };
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < now.line || key.mark.index + MAX_SIMPLE_KEY < now.index {
            if key.required {
                return Err(Fault::scanner("could not find expected ':'", key.mark, now));
            }
            key.possible = false;
        }
        Ok(key.possible)
    }

    pub(super) fn current_key(&mut self) -> &mut SimpleKey {
        if self.simple_keys.is_empty() {
            self.simple_keys.push(SimpleKey::default());
        }
        let last = self.simple_keys.len() - 1;
        &mut self.simple_keys[last]
    }

    /// Records that a key could start here.
    pub(super) fn save_simple_key(&mut self) -> Result<(), Fault> {
        if !self.simple_key_allowed {
            return Ok(());
        }
        let mark = self.reader.mark;
        let key = SimpleKey {
            possible: true,
            required: self.flow_level == 0 && usize::try_from(self.indent) == Ok(mark.column),
            token: self.taken + self.tokens.len(),
            mark,
        };
        self.remove_simple_key()?;
        *self.current_key() = key;
        self.keys_by_token.insert(key.token, self.simple_keys.len() - 1);
        Ok(())
    }

    /// Drops the possible key of this level.
    pub(super) fn remove_simple_key(&mut self) -> Result<(), Fault> {
        let now = self.reader.mark;
        let key = self.current_key();
        if key.possible {
            if key.required {
                return Err(Fault::scanner("could not find expected ':'", key.mark, now));
            }
            key.possible = false;
            let token = key.token;
            self.keys_by_token.remove(token);
        }
        Ok(())
    }

    // Indentation.

    /// Opens a block collection if the column is to the right of the innermost one.
    pub(super) fn roll_indent(&mut self, kind: TokenKind<'a>, mark: Mark, before: Option<usize>) -> Result<(), Fault> {
        let column = isize::try_from(mark.column).unwrap_or(isize::MAX);
        if self.flow_level > 0 || self.indent >= column {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = column;
        if self.indents.len() > MAX_DEPTH {
            let context = self.current_key().mark;
            return Err(Fault::scanner(too_deep(), context, self.reader.mark));
        }
        self.insert(kind, mark, before);
        Ok(())
    }

    /// Closes the block collections to the right of the column.
    pub(super) fn unroll_indent(&mut self, column: isize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.reader.mark);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }
}

pub(super) fn too_deep() -> String {
    format!("exceeded max depth of {MAX_DEPTH}")
}
