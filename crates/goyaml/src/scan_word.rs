//! Scanning of anchors, aliases, tags and directives.

use super::error::Fault;
use super::mark::Mark;
use super::scan::Scanner;
use super::token::{Token, TokenKind};

impl<'a> Scanner<'a> {
    fn error_since<T>(&self, start: Mark, problem: &'static str) -> Result<T, Fault> {
        Err(Fault::scanner(problem, start, self.reader.mark))
    }

    /// Scans letters, digits, `_` and `-`.
    fn scan_word(&mut self) -> Result<&'a [u8], Fault> {
        self.reader.need(1)?;
        let from = self.reader.mark.offset;
        while self.reader.is_word() {
            self.reader.skip();
            self.reader.need(1)?;
        }
        Ok(self.reader.slice(from, self.reader.mark.offset))
    }

    /// Scans `*name` or `&name`.
    pub(super) fn scan_anchor(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.reader.mark;
        let alias = self.reader.at(0) == b'*';
        self.reader.skip();
        let name = self.scan_word()?;
        let ends = self.reader.is_blank_or_end()
            || matches!(self.reader.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return self.error_since(start, "did not find expected alphabetic or numeric character");
        }
        Ok(Token {
            kind: if alias {
                TokenKind::Alias(name)
            } else {
                TokenKind::Anchor(name)
            },
            start,
            end: self.reader.mark,
        })
    }

    /// Scans `!<uri>`, `!handle!suffix`, `!suffix` or `!`.
    pub(super) fn scan_tag(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.reader.mark;
        self.reader.need(2)?;
        let (mut handle, mut suffix) = (Vec::new(), Vec::new());
        if self.reader.at(1) == b'<' {
            self.reader.skip();
            self.reader.skip();
            self.scan_tag_uri(&mut suffix, false, start)?;
            if self.reader.at(0) != b'>' {
                return self.error_since(start, "did not find the expected '>'");
            }
            self.reader.skip();
        } else {
            handle = self.scan_tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with(b"!") {
                self.scan_tag_uri(&mut suffix, false, start)?;
            } else {
                // Not a handle, but `!` and the start of the suffix.
                suffix.extend_from_slice(&handle[1..]);
                self.scan_tag_uri(&mut suffix, true, start)?;
                if suffix.is_empty() {
                    (handle, suffix) = (Vec::new(), b"!".to_vec());
                } else {
                    handle = b"!".to_vec();
                }
            }
        }
        self.reader.need(1)?;
        if !self.reader.is_blank_or_end() {
            return self.error_since(start, "did not find expected whitespace or line break");
        }
        Ok(Token {
            kind: TokenKind::Tag(Box::new((handle, suffix))),
            start,
            end: self.reader.mark,
        })
    }

    /// Scans `!`, `!word` or `!word!`; a directive accepts only forms that end with `!`.
    fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Result<Vec<u8>, Fault> {
        self.reader.need(1)?;
        if self.reader.at(0) != b'!' {
            return self.error_since(start, "did not find expected '!'");
        }
        self.reader.skip();
        let mut handle = b"!".to_vec();
        handle.extend_from_slice(self.scan_word()?);
        if self.reader.at(0) == b'!' {
            self.reader.skip();
            handle.push(b'!');
        } else if directive && handle != b"!" {
            return self.error_since(start, "did not find expected '!'");
        }
        Ok(handle)
    }

    /// Appends the characters of a URI. It must not be empty unless `started` says that a part precedes it.
    fn scan_tag_uri(&mut self, uri: &mut Vec<u8>, started: bool, start: Mark) -> Result<(), Fault> {
        let mut any = started;
        self.reader.need(1)?;
        while self.reader.is_word() || b";/?:@&=+$,.!~*'()[]%".contains(&self.reader.at(0)) {
            if self.reader.at(0) == b'%' {
                self.scan_uri_escapes(uri, start)?;
            } else {
                uri.push(self.reader.at(0));
                self.reader.skip();
            }
            self.reader.need(1)?;
            any = true;
        }
        if any {
            Ok(())
        } else {
            self.error_since(start, "did not find expected tag URI")
        }
    }

    /// Decodes the `%xx` escapes of one character.
    fn scan_uri_escapes(&mut self, uri: &mut Vec<u8>, start: Mark) -> Result<(), Fault> {
        let mut left = None;
        while left != Some(0) {
            self.reader.need(3)?;
            let digit = |ahead| {
                char::from(self.reader.at(ahead))
                    .to_digit(16)
                    .and_then(|digit| u8::try_from(digit).ok())
            };
            let octet = match (self.reader.at(0), digit(1), digit(2)) {
                (b'%', Some(high), Some(low)) => high << 4 | low,
                _ => return self.error_since(start, "did not find URI escaped octet"),
            };
            left = Some(match left {
                Some(left) if octet & 0xC0 == 0x80 => left - 1,
                Some(_) => return self.error_since(start, "found an incorrect trailing UTF-8 octet"),
                None => match octet {
                    0..=0x7F => 0,
                    0xC0..=0xDF => 1,
                    0xE0..=0xEF => 2,
                    0xF0..=0xF7 => 3,
                    _ => return self.error_since(start, "found an incorrect leading UTF-8 octet"),
                },
            });
            uri.push(octet);
            for _ in 0..3 {
                self.reader.skip();
            }
        }
        Ok(())
    }

    /// Scans `%YAML 1.1` or `%TAG !handle! prefix`, and the rest of the line.
    pub(super) fn scan_directive(&mut self) -> Result<Token<'a>, Fault> {
        let start = self.reader.mark;
        self.reader.skip();
        let name = self.scan_word()?;
        if name.is_empty() {
            return self.error_since(start, "could not find expected directive name");
        }
        if !self.reader.is_blank_or_end() {
            return self.error_since(start, "found unexpected non-alphabetical character");
        }
        let kind = match name {
            b"YAML" => self.scan_version(start)?,
            b"TAG" => self.scan_tag_directive(start)?,
            _ => return self.error_since(start, "found unknown directive name"),
        };
        let end = self.reader.mark;
        self.skip_blanks()?;
        self.skip_comment()?;
        if !self.reader.is_break_or_end() {
            return self.error_since(start, "did not find expected comment or line break");
        }
        if self.reader.is_break() {
            self.reader.need(2)?;
            self.reader.skip_break();
        }
        Ok(Token { kind, start, end })
    }

    fn scan_version(&mut self, start: Mark) -> Result<TokenKind<'a>, Fault> {
        self.skip_blanks()?;
        let major = self.scan_version_number(start)?;
        if self.reader.at(0) != b'.' {
            return self.error_since(start, "did not find expected digit or '.' character");
        }
        self.reader.skip();
        let minor = self.scan_version_number(start)?;
        Ok(TokenKind::VersionDirective { major, minor })
    }

    fn scan_version_number(&mut self, start: Mark) -> Result<u8, Fault> {
        self.reader.need(1)?;
        let (mut number, mut length) = (0, 0);
        while self.reader.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.error_since(start, "found extremely long version number");
            }
            number = number * 10 + (self.reader.at(0) - b'0');
            self.reader.skip();
            self.reader.need(1)?;
        }
        if length == 0 {
            return self.error_since(start, "did not find expected version number");
        }
        Ok(number)
    }

    fn scan_tag_directive(&mut self, start: Mark) -> Result<TokenKind<'a>, Fault> {
        self.skip_blanks()?;
        let handle = self.scan_tag_handle(true, start)?;
        self.reader.need(1)?;
        if !self.reader.is_blank() {
            return self.error_since(start, "did not find expected whitespace");
        }
        self.skip_blanks()?;
        let mut prefix = Vec::new();
        self.scan_tag_uri(&mut prefix, false, start)?;
        self.reader.need(1)?;
        if !self.reader.is_blank_or_end() {
            return self.error_since(start, "did not find expected whitespace or line break");
        }
        Ok(TokenKind::TagDirective(Box::new((handle, prefix))))
    }
}
