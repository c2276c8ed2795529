//! Scanning of scalars: block, quoted and plain.

use std::ops::Range;

use super::error::Fault;
use super::scan::Scanner;
use super::token::{ScalarStyle, Text, Token, TokenKind};

/// The blanks and line breaks between two words of a scalar. They are folded when the second word comes.
#[derive(Default)]
struct Gap {
    /// Blanks on the line of the first word.
    blanks: Range<usize>,
    /// Whether a line break was seen; blanks no longer count then.
    broken: bool,
    /// The first break in its scalar form; empty if it was escaped.
    first: &'static [u8],
    /// The breaks after it.
    more: Vec<u8>,
}

impl Gap {
    fn add_break(&mut self, text: &'static [u8]) {
        if self.broken {
            self.more.extend_from_slice(text);
        } else {
            self.blanks = 0..0;
            self.first = text;
            self.broken = true;
        }
    }

    /// Appends the folded gap and empties it: a single line break becomes a space; of several, the first is dropped. LS
    /// and PS are kept.
    fn flush<'a>(&mut self, value: &mut Text<'a>, input: &'a [u8]) {
        if self.broken {
            if self.first == b"\n" {
                value.push(if self.more.is_empty() { b" " } else { &self.more });
            } else {
                value.push(self.first);
                value.push(&self.more);
            }
            self.more.clear();
            self.first = b"";
            self.broken = false;
        } else {
            value.push_range(input, self.blanks.start, self.blanks.end);
            self.blanks = 0..0;
        }
    }
}

/// How the line breaks at the end of a block scalar are treated.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    /// Scans a `|` or `>` scalar. Its token ends with the last line that is not blank.
    pub(super) fn scan_block_scalar(&mut self, style: ScalarStyle) -> Result<Token<'a>, Fault> {
        let start = self.reader.mark;
        let error = |scanner: &Self, problem: &'static str| Err(Fault::scanner(problem, start, scanner.reader.mark));
        self.reader.skip();

        let mut chomping = None;
        let mut increment = 0;
        self.reader.need(1)?;
        for _ in 0..2 {
            match self.reader.at(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                b'0' if increment == 0 => return error(self, "found an indentation indicator equal to 0"),
                digit @ b'1'..=b'9' if increment == 0 => increment = isize::from(digit - b'0'),
                _ => break,
            }
            self.reader.skip();
            self.reader.need(1)?;
        }
        let chomping = chomping.unwrap_or(Chomping::Clip);

        self.skip_blanks()?;
        self.skip_comment()?;
        if !self.reader.is_break_or_end() {
            return error(self, "did not find expected comment or line break");
        }
        if self.reader.is_break() {
            self.reader.need(2)?;
            self.reader.skip_break();
        }

        let mut indent = if increment > 0 {
            self.indent.max(0) + increment
        } else {
            0
        };
        let mut end = self.reader.mark;
        let mut value = Text::new(self.reader.bytes(), self.reader.mark.offset);
        let mut last_break: &'static [u8] = b"";
        let mut more_breaks = Vec::new();
        self.scan_block_breaks(&mut indent, &mut more_breaks, start)?;
        self.reader.need(1)?;
        let mut blank_before = false;
        while isize::try_from(self.reader.mark.column) == Ok(indent) && !self.reader.is_end() {
            // A folded line break becomes a space, unless an adjacent line begins with a blank.
            let blank = self.reader.is_blank();
            if style == ScalarStyle::Folded && !blank_before && !blank && last_break == b"\n" {
                if more_breaks.is_empty() {
                    value.push(b" ");
                }
            } else {
                value.push(last_break);
            }
            value.push(&more_breaks);
            more_breaks.clear();
            blank_before = blank;

            let from = self.reader.mark.offset;
            while !self.reader.is_break_or_end() {
                self.reader.skip();
                self.reader.need(1)?;
            }
            end = self.reader.mark;
            value.push_range(self.reader.bytes(), from, end.offset);
            self.reader.need(2)?;
            last_break = self.reader.skip_break();
            self.scan_block_breaks(&mut indent, &mut more_breaks, start)?;
        }
        if chomping != Chomping::Strip {
            value.push(last_break);
        }
        if chomping == Chomping::Keep {
            value.push(&more_breaks);
        }
        Ok(Token {
            kind: TokenKind::Scalar {
                value: value.finish(),
                style,
            },
            start,
            end,
        })
    }

    /// Skips indentation and empty lines; determines the indentation if it is unknown (0).
    fn scan_block_breaks(
        &mut self,
        indent: &mut isize,
        breaks: &mut Vec<u8>,
        start: super::mark::Mark,
    ) -> Result<(), Fault> {
        let mut widest = 0;
        loop {
            self.reader.need(1)?;
            let mut column = isize::try_from(self.reader.mark.column).unwrap_or(isize::MAX);
            while (*indent == 0 || column < *indent) && self.reader.at(0) == b' ' {
                self.reader.skip();
                self.reader.need(1)?;
                column += 1;
            }
            widest = widest.max(column);
            if (*indent == 0 || column < *indent) && self.reader.at(0) == b'\t' {
                return Err(Fault::scanner(
                    "found a tab character where an indentation space is expected",
                    start,
                    self.reader.mark,
                ));
            }
            if !self.reader.is_break() {
                break;
            }
            self.reader.need(2)?;
            breaks.extend_from_slice(self.reader.skip_break());
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    /// Scans a quoted scalar.
    pub(super) fn scan_flow_scalar(&mut self, style: ScalarStyle) -> Result<Token<'a>, Fault> {
        let start = self.reader.mark;
        let single = style == ScalarStyle::SingleQuoted;
        let quote = if single { b'\'' } else { b'"' };
        self.reader.skip();
        let mut value = Text::new(self.reader.bytes(), self.reader.mark.offset);
        let mut gap = Gap::default();
        loop {
            self.reader.need(4)?;
            if self.reader.is_document_indicator() {
                return Err(Fault::scanner(
                    "found unexpected document indicator",
                    start,
                    self.reader.mark,
                ));
            }
            if self.reader.is_end() {
                return Err(Fault::scanner(
                    "found unexpected end of stream",
                    start,
                    self.reader.mark,
                ));
            }
            while !self.reader.is_blank_or_end() {
                match self.reader.at(0) {
                    b'\'' if single && self.reader.at(1) == b'\'' => {
                        value.push(b"'");
                        self.reader.skip();
                        self.reader.skip();
                    }
                    byte if byte == quote => break,
                    b'\\' if !single && self.reader.is_break_at(1) => {
                        self.reader.need(3)?;
                        self.reader.skip();
                        self.reader.skip_break();
                        gap.add_break(b"");
                        break;
                    }
                    b'\\' if !single => self.scan_escape(&mut value, start)?,
                    _ => {
                        let from = self.reader.mark.offset;
                        while !self.reader.is_blank_or_end()
                            && self.reader.at(0) != quote
                            && (single || self.reader.at(0) != b'\\')
                        {
                            self.reader.skip();
                            self.reader.need(2)?;
                        }
                        value.push_range(self.reader.bytes(), from, self.reader.mark.offset);
                        continue;
                    }
                }
                self.reader.need(2)?;
            }
            self.reader.need(1)?;
            if self.reader.at(0) == quote {
                break;
            }
            self.scan_gap(&mut gap, None)?;
            gap.flush(&mut value, self.reader.bytes());
        }
        self.reader.skip();
        Ok(Token {
            kind: TokenKind::Scalar {
                value: value.finish(),
                style,
            },
            start,
            end: self.reader.mark,
        })
    }

    /// Scans an escape of a double-quoted scalar.
    fn scan_escape(&mut self, value: &mut Text<'a>, start: super::mark::Mark) -> Result<(), Fault> {
        let error = |scanner: &Self, problem: &'static str| Err(Fault::scanner(problem, start, scanner.reader.mark));
        let (text, digits): (&str, usize) = match self.reader.at(1) {
            b'0' => ("\0", 0),
            b'a' => ("\u{7}", 0),
            b'b' => ("\u{8}", 0),
            b't' | b'\t' => ("\t", 0),
            b'n' => ("\n", 0),
            b'v' => ("\u{B}", 0),
            b'f' => ("\u{C}", 0),
            b'r' => ("\r", 0),
            b'e' => ("\u{1B}", 0),
            b' ' => (" ", 0),
            b'"' => ("\"", 0),
            b'\'' => ("'", 0),
            b'\\' => ("\\", 0),
            b'N' => ("\u{85}", 0),
            b'_' => ("\u{A0}", 0),
            b'L' => ("\u{2028}", 0),
            b'P' => ("\u{2029}", 0),
            b'x' => ("", 2),
            b'u' => ("", 4),
            b'U' => ("", 8),
            _ => return error(self, "found unknown escape character"),
        };
        value.push(text.as_bytes());
        self.reader.skip();
        self.reader.skip();
        if digits == 0 {
            return Ok(());
        }
        self.reader.need(isize::try_from(digits).unwrap_or(8))?;
        let mut code = 0;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.reader.at(ahead)).to_digit(16) else {
                return error(self, "did not find expected hexdecimal number");
            };
            code = code << 4 | digit;
        }
        let Some(c) = char::from_u32(code) else {
            return error(self, "found invalid Unicode character escape code");
        };
        value.push(c.encode_utf8(&mut [0; 4]).as_bytes());
        for _ in 0..digits {
            self.reader.skip();
        }
        Ok(())
    }

    /// Scans blanks and line breaks. In a plain scalar, a tab to the left of column `least` is an error.
    fn scan_gap(&mut self, gap: &mut Gap, least: Option<(isize, super::mark::Mark)>) -> Result<(), Fault> {
        while self.reader.is_blank() || self.reader.is_break() {
            if self.reader.is_blank() {
                if let Some((least, start)) = least
                    && gap.broken
                    && self.reader.at(0) == b'\t'
                    && isize::try_from(self.reader.mark.column).is_ok_and(|column| column < least)
                {
                    return Err(Fault::scanner(
                        "found a tab character that violates indentation",
                        start,
                        self.reader.mark,
                    ));
                }
                let at = self.reader.mark.offset;
                self.reader.skip();
                if !gap.broken {
                    if gap.blanks.is_empty() {
                        gap.blanks.start = at;
                    }
                    gap.blanks.end = self.reader.mark.offset;
                }
            } else {
                self.reader.need(2)?;
                gap.add_break(self.reader.skip_break());
            }
            self.reader.need(1)?;
        }
        Ok(())
    }

    /// Scans a plain scalar.
    pub(super) fn scan_plain_scalar(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.reader.mark;
        let least = self.indent + 1;
        let in_flow = self.flow_level > 0;
        let mut end = start;
        let mut value = Text::new(self.reader.bytes(), start.offset);
        let mut gap = Gap::default();
        loop {
            self.reader.need(4)?;
            if self.reader.is_document_indicator() || self.reader.at(0) == b'#' {
                break;
            }
            let from = self.reader.mark.offset;
            while !self.reader.is_blank_or_end() {
                match self.reader.at(0) {
                    b':' if self.reader.is_blank_or_end_at(1) => break,
                    b',' | b'?' | b'[' | b']' | b'{' | b'}' if in_flow => break,
                    _ => {}
                }
                self.reader.skip();
                end = self.reader.mark;
                self.reader.need(2)?;
            }
            if self.reader.mark.offset > from {
                gap.flush(&mut value, self.reader.bytes());
                value.push_range(self.reader.bytes(), from, end.offset);
            }
            if !self.reader.is_blank() && !self.reader.is_break() {
                break;
            }
            self.reader.need(1)?;
            self.scan_gap(&mut gap, Some((least, start)))?;
            if !in_flow && isize::try_from(self.reader.mark.column).is_ok_and(|column| column < least) {
                break;
            }
        }
        if gap.broken {
            self.simple_key_allowed = true;
        }
        Ok(Token {
            kind: TokenKind::Scalar {
                value: value.finish(),
                style: ScalarStyle::Plain,
            },
            start,
            end,
        })
    }
}
