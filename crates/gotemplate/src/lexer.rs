//! Go's template scanner: text to tokens.
//!
//! Mirrors `text/template/parse/lex.go`. Trim markers are applied here, so the parser never sees them. A scan error is
//! a [`TokenKind::Error`] token, followed only by [`TokenKind::Eof`].

use super::token::{ScanError, Token, TokenKind};
use gostd::unicode::{is_digit, is_letter, is_print, rune};

const LEFT: &str = "{{";
const RIGHT: &str = "}}";
const LEFT_COMMENT: &str = "/*";
const RIGHT_COMMENT: &str = "*/";
/// A trim marker is a minus and one space.
const TRIM_MARKER_LENGTH: usize = 2;

/// The tokens of a text. The last one is [`TokenKind::Eof`].
pub fn lex(text: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        text,
        position: 0,
        start: 0,
        line: 1,
        start_line: 1,
        parentheses: 0,
        // On average there is a token for every five bytes.
        tokens: Vec::with_capacity(text.len() / 4),
    };
    if let Err(error) = lexer.text() {
        lexer.push(TokenKind::Error(error));
    }
    lexer.start = lexer.position;
    lexer.push(TokenKind::Eof);
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    position: usize,
    /// The start of the current token.
    start: usize,
    line: usize,
    start_line: usize,
    /// The number of open parentheses in the current action.
    parentheses: usize,
    tokens: Vec<Token>,
}

type Result = std::result::Result<(), ScanError>;

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn bytes(&self) -> &'a [u8] {
        &self.text.as_bytes()[self.position..]
    }

    fn peek(&self) -> Option<char> {
        match self.bytes().first() {
            Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
            Some(_) => self.rest().chars().next(),
            None => None,
        }
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.position += c.len_utf8();
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn accept(&mut self, valid: &str) -> bool {
        let found = self.peek().is_some_and(|c| valid.contains(c));
        if found {
            self.next();
        }
        found
    }

    fn accept_run(&mut self, valid: &str) {
        while self.accept(valid) {}
    }

    fn push(&mut self, kind: TokenKind) {
        self.tokens.push(Token {
            kind,
            start: self.start,
            end: self.position,
            line: self.start_line,
        });
        self.start = self.position;
        self.start_line = self.line;
    }

    /// Advances to a position and counts the lines passed.
    fn advance_to(&mut self, position: usize) {
        self.line += memchr::memchr_iter(b'\n', &self.text.as_bytes()[self.position..position]).count();
        self.position = position;
    }

    fn ignore(&mut self) {
        self.start = self.position;
        self.start_line = self.line;
    }

    /// Scans text and actions up to the end of the input.
    fn text(&mut self) -> Result {
        while let Some(delimiter) = self.find_left() {
            let before = &self.text[self.position..delimiter];
            let trims = has_left_trim_marker(&self.text.as_bytes()[delimiter + LEFT.len()..]);
            let kept = if trims { trim_end(before).len() } else { before.len() };
            self.advance_to(self.position + kept);
            if kept > 0 {
                self.push(TokenKind::Text);
            }
            self.advance_to(delimiter);
            self.ignore();
            self.left_delimiter()?;
        }
        self.advance_to(self.text.len());
        if self.position > self.start {
            self.push(TokenKind::Text);
        }
        Ok(())
    }

    /// Finds the next left delimiter.
    fn find_left(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        memchr::memchr_iter(b'{', self.bytes())
            .map(|at| self.position + at)
            .find(|at| bytes.get(at + 1) == Some(&b'{'))
    }

    fn left_delimiter(&mut self) -> Result {
        self.position += LEFT.len();
        let after_marker = if has_left_trim_marker(self.bytes()) {
            TRIM_MARKER_LENGTH
        } else {
            0
        };
        if self.rest()[after_marker..].starts_with(LEFT_COMMENT) {
            self.advance_to(self.position + after_marker);
            self.ignore();
            return self.comment();
        }
        self.push(TokenKind::LeftDelim);
        self.advance_to(self.position + after_marker);
        self.ignore();
        self.parentheses = 0;
        self.action()
    }

    fn comment(&mut self) -> Result {
        let body = &self.rest()[LEFT_COMMENT.len()..];
        let Some(found) = memchr::memmem::find(body.as_bytes(), RIGHT_COMMENT.as_bytes()) else {
            return Err(ScanError::UnclosedComment);
        };
        let end = self.position + LEFT_COMMENT.len() + found + RIGHT_COMMENT.len();
        let Some(trims) = right_delimiter_at(&self.text.as_bytes()[end..]) else {
            return Err(ScanError::CommentBeforeDelimiter);
        };
        self.advance_to(end);
        self.push(TokenKind::Comment);
        self.after_right_delimiter(trims);
        Ok(())
    }

    /// Skips the right delimiter at the current position, with its trim marker and the space it trims.
    fn after_right_delimiter(&mut self, trims: bool) {
        let marker = if trims { TRIM_MARKER_LENGTH } else { 0 };
        self.advance_to(self.position + marker + RIGHT.len());
        if trims {
            let rest = self.rest();
            self.advance_to(self.position + rest.len() - trim_start(rest).len());
        }
        self.ignore();
    }

    /// Scans the inside of an action and its right delimiter.
    fn action(&mut self) -> Result {
        loop {
            if let Some(trims) = right_delimiter_at(self.bytes()) {
                if self.parentheses > 0 {
                    return Err(ScanError::UnclosedParenthesis);
                }
                self.right_delimiter(trims);
                return Ok(());
            }
            match self.peek() {
                None => return Err(ScanError::UnclosedAction),
                Some(c) if is_space(c) => self.space(),
                Some('=') => self.single(TokenKind::Assign),
                Some(':') => {
                    self.next();
                    if self.next() != Some('=') {
                        return Err(ScanError::ExpectedDeclare);
                    }
                    self.push(TokenKind::Declare);
                }
                Some('|') => self.single(TokenKind::Pipe),
                Some('"') => self.quoted(b'"', ScanError::UnterminatedString, TokenKind::String)?,
                Some('\'') => self.quoted(b'\'', ScanError::UnterminatedCharacter, TokenKind::CharConstant)?,
                Some('`') => self.raw_string()?,
                Some('$') => {
                    self.next();
                    self.name(TokenKind::Variable, TokenKind::Variable)?;
                }
                Some('.') if !self.bytes().get(1).is_some_and(u8::is_ascii_digit) => {
                    self.next();
                    if self.bytes().is_empty() {
                        // At the end of the text, Go takes a trailing dot for the start of a number.
                        self.position -= 1;
                        self.number()?;
                    } else {
                        self.name(TokenKind::Field, TokenKind::Dot)?;
                    }
                }
                Some(c) if c == '.' || c == '+' || c == '-' || c.is_ascii_digit() => self.number()?,
                Some(c) if is_alphanumeric(c) => self.identifier()?,
                Some('(') => {
                    self.parentheses += 1;
                    self.single(TokenKind::LeftParen);
                }
                Some(')') => {
                    self.next();
                    self.parentheses = self
                        .parentheses
                        .checked_sub(1)
                        .ok_or(ScanError::UnexpectedParenthesis)?;
                    self.push(TokenKind::RightParen);
                }
                Some(c) if c.is_ascii() && is_print(c) => self.single(TokenKind::Char),
                Some(c) => {
                    self.next();
                    return Err(ScanError::Unrecognized(c));
                }
            }
        }
    }

    fn single(&mut self, kind: TokenKind) {
        self.next();
        self.push(kind);
    }

    fn right_delimiter(&mut self, trims: bool) {
        let marker = if trims { TRIM_MARKER_LENGTH } else { 0 };
        self.advance_to(self.position + marker);
        self.ignore();
        self.position += RIGHT.len();
        self.push(TokenKind::RightDelim);
        if trims {
            let rest = self.rest();
            self.advance_to(self.position + rest.len() - trim_start(rest).len());
            self.ignore();
        }
    }

    /// Scans a run of spaces. The last one may belong to a trim marker.
    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            // The space before "-}}" belongs to the delimiter.
            if right_delimiter_at(self.bytes()) == Some(true) {
                break;
            }
            self.next();
        }
        if self.position > self.start {
            self.push(TokenKind::Space);
        }
    }

    fn quoted(&mut self, quote: u8, unterminated: ScanError, kind: TokenKind) -> Result {
        self.next();
        loop {
            let bytes = self.bytes();
            self.position += memchr::memchr3(quote, b'\\', b'\n', bytes).unwrap_or(bytes.len());
            match self.next() {
                Some('\\') if !matches!(self.peek(), None | Some('\n')) => {
                    self.next();
                }
                None | Some('\n' | '\\') => return Err(unterminated),
                Some(_) => break,
            }
        }
        self.push(kind);
        Ok(())
    }

    fn raw_string(&mut self) -> Result {
        self.next();
        let Some(found) = memchr::memchr(b'`', self.rest().as_bytes()) else {
            return Err(ScanError::UnterminatedRawString);
        };
        self.advance_to(self.position + found + 1);
        self.push(TokenKind::RawString);
        Ok(())
    }

    /// Scans the name after `.` or `$`; `bare` is the token kind if there is none.
    fn name(&mut self, kind: TokenKind, bare: TokenKind) -> Result {
        if self.at_terminator() {
            self.push(bare);
            return Ok(());
        }
        self.word();
        self.expect_terminator()?;
        self.push(kind);
        Ok(())
    }

    /// Skips letters, digits and underscores.
    fn word(&mut self) {
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        loop {
            let bytes = self.bytes();
            self.position += bytes.iter().position(|byte| !is_plain(byte)).unwrap_or(bytes.len());
            match self.peek() {
                Some(c) if !c.is_ascii() && is_alphanumeric(c) => self.position += c.len_utf8(),
                _ => return,
            }
        }
    }

    fn identifier(&mut self) -> Result {
        self.word();
        self.expect_terminator()?;
        self.push(match &self.text[self.start..self.position] {
            "block" => TokenKind::Block,
            "break" => TokenKind::Break,
            "continue" => TokenKind::Continue,
            "define" => TokenKind::Define,
            "else" => TokenKind::Else,
            "end" => TokenKind::End,
            "if" => TokenKind::If,
            "nil" => TokenKind::Nil,
            "range" => TokenKind::Range,
            "template" => TokenKind::Template,
            "with" => TokenKind::With,
            "true" | "false" => TokenKind::Bool,
            _ => TokenKind::Identifier,
        });
        Ok(())
    }

    fn at_terminator(&self) -> bool {
        match self.peek() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(') => true,
            Some(c) => is_space(c) || self.bytes().starts_with(RIGHT.as_bytes()),
        }
    }

    fn expect_terminator(&mut self) -> Result {
        match self.peek() {
            Some(c) if !self.at_terminator() => Err(ScanError::BadCharacter(c)),
            _ => Ok(()),
        }
    }

    fn number(&mut self) -> Result {
        let complete = self.scan_number();
        if complete && !matches!(self.peek(), Some('+' | '-')) {
            self.push(TokenKind::Number);
            return Ok(());
        }
        // A complex number: 1+2i, without spaces, ending in i.
        if complete && self.scan_number() && self.text[..self.position].ends_with('i') {
            self.push(TokenKind::Complex);
            return Ok(());
        }
        Err(ScanError::BadNumber)
    }

    /// Scans the characters of a number. The parser checks whether the number is valid.
    fn scan_number(&mut self) -> bool {
        self.accept("+-");
        let mut digits = "0123456789_";
        let mut exponent = "eE";
        if self.accept("0") {
            if self.accept("xX") {
                (digits, exponent) = ("0123456789abcdefABCDEF_", "pP");
            } else if self.accept("oO") {
                (digits, exponent) = ("01234567_", "");
            } else if self.accept("bB") {
                (digits, exponent) = ("01_", "");
            }
        }
        self.accept_run(digits);
        if self.accept(".") {
            self.accept_run(digits);
        }
        if self.accept(exponent) {
            self.accept("+-");
            self.accept_run("0123456789_");
        }
        self.accept("i");
        if self.peek().is_some_and(is_alphanumeric) {
            self.next();
            return false;
        }
        true
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() {
        return c == '_' || c.is_ascii_alphanumeric();
    }
    let c = rune(c);
    c == '_' || is_letter(c) || is_digit(c)
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_space)
}

fn has_left_trim_marker(text: &[u8]) -> bool {
    matches!(text, [b'-', space, ..] if is_space(char::from(*space)))
}

/// Whether a right delimiter is here; if so, whether it has a trim marker.
fn right_delimiter_at(text: &[u8]) -> Option<bool> {
    match text {
        [b'}', b'}', ..] => Some(false),
        [space, b'-', b'}', b'}', ..] if is_space(char::from(*space)) => Some(true),
        _ => None,
    }
}
