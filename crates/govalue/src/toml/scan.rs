//! The characters of a TOML text, and the words and strings in it.

use gostd::quote::{quote, quote_rune};
use gostd::string::escaped_byte;
use gostd::unicode::is_letter;

/// An error and the line that it refers to.
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) message: String,
}

pub(super) type Scanned<T> = Result<T, Fault>;

/// Reads a text from the front.
pub(super) struct Scanner<'t> {
    text: &'t str,
    pub(super) at: usize,
    /// Whether the end of the text was consumed and not only peeked at.
    ended: bool,
}

impl<'t> Scanner<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text: text.strip_prefix('\u{feff}').unwrap_or(text),
            at: 0,
            ended: false,
        }
    }

    /// The line of an offset, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// An error about the last character read, or about the end of the text.
    pub(super) fn fault<T>(&self, message: impl Into<String>) -> Scanned<T> {
        let mut line = self.line(self.at);
        if self.ended && self.text.ends_with('\n') {
            line -= 1;
        }
        self.fault_at(line, message)
    }

    pub(super) fn fault_at<T>(&self, line: usize, message: impl Into<String>) -> Scanned<T> {
        let _ = self;
        Err(Fault {
            line,
            message: message.into(),
        })
    }

    /// Returns the next character without consuming it.
    pub(super) fn peek(&self) -> Scanned<Option<char>> {
        let rest = &self.text[self.at..];
        let Some(c) = rest.chars().next() else { return Ok(None) };
        if let Some(byte) = escaped_byte(c) {
            return self.fault_at(self.line(self.at), format!("invalid UTF-8 byte: 0x{byte:02x}"));
        }
        let control =
            c.is_ascii_control() && !matches!(c, '\t' | '\r' | '\n') || c == '\r' && !rest.starts_with("\r\n");
        if control {
            let message = format!("TOML files cannot contain control characters: '0x{:02x}'", c as u32);
            return self.fault_at(self.line(self.at), message);
        }
        Ok(Some(c))
    }

    pub(super) fn next(&mut self) -> Scanned<Option<char>> {
        let c = self.peek()?;
        self.at += c.map_or(0, char::len_utf8);
        self.ended = c.is_none();
        Ok(c)
    }

    pub(super) fn accept(&mut self, text: &str) -> bool {
        let found = self.text[self.at..].starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Skips blanks and tabs.
    pub(super) fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    /// Skips blanks, tabs, line breaks and comments.
    pub(super) fn space(&mut self) -> Scanned<()> {
        loop {
            match self.peek()? {
                Some(' ' | '\t' | '\r' | '\n') => self.at += 1,
                Some('#') => self.comment()?,
                _ => return Ok(()),
            }
        }
    }

    /// Skips a comment, up to the end of its line.
    pub(super) fn comment(&mut self) -> Scanned<()> {
        while !matches!(self.peek()?, None | Some('\r' | '\n')) {
            self.next()?;
        }
        Ok(())
    }

    /// Reads characters as long as they fit.
    pub(super) fn run(&mut self, fits: impl Fn(char) -> bool) -> Scanned<&'t str> {
        let start = self.at;
        while self.peek()?.is_some_and(&fits) {
            self.next()?;
        }
        Ok(&self.text[start..self.at])
    }

    /// Reads a word such as `true`.
    pub(super) fn word(&mut self) -> Scanned<&'t str> {
        self.run(is_letter)
    }

    /// Formats a character as `%q`, for example `'x'`; a NUL at the end of the text.
    pub(super) fn shown(c: Option<char>) -> String {
        quote_rune(c.unwrap_or('\0'), false)
    }

    /// Reads a string that starts here.
    pub(super) fn string(&mut self, multi_line: bool) -> Scanned<String> {
        if multi_line && self.accept("\"\"\"") {
            return self.multi_line('"');
        }
        if multi_line && self.accept("'''") {
            return self.multi_line('\'');
        }
        let quote = self.next()?.unwrap_or('"');
        let start = self.at;
        let mut text = String::new();
        loop {
            match self.next()? {
                None => {
                    let wanted = if quote == '"' { "'\"'" } else { "\"'\"" };
                    return self.fault(format!("unexpected EOF; expected {wanted}"));
                }
                Some(c @ ('\r' | '\n')) => {
                    // Go reports the previous line; at `\r` it has not counted the line break yet.
                    let line = self.line(start).saturating_sub(usize::from(c == '\r'));
                    return self.fault_at(line, "strings cannot contain newlines");
                }
                Some('\\') if quote == '"' => text.push(self.escape()?),
                Some(c) if c == quote => return Ok(text),
                Some(c) => text.push(c),
            }
        }
    }

    fn multi_line(&mut self, quote: char) -> Scanned<String> {
        let mut text = String::new();
        // A line break directly after the opening quotes is ignored.
        if !self.accept("\n") {
            self.accept("\r\n");
        }
        loop {
            let rest = self.rest();
            match self.next()? {
                None => {
                    let wanted = if quote == '"' { "'\"\"\"'" } else { "\"'''\"" };
                    return self.fault(format!("unexpected EOF; expected {wanted}"));
                }
                Some('\\') if quote == '"' => {
                    let after = self.rest().trim_start_matches([' ', '\t', '\r', '\n']);
                    let skipped = &self.rest()[..self.rest().len() - after.len()];
                    if skipped.contains('\n') {
                        self.at += skipped.len();
                    } else {
                        text.push(self.escape()?);
                    }
                }
                Some(c) if c == quote => {
                    let count = rest.chars().take_while(|&c| c == quote).count();
                    if count < 3 {
                        text.push(c);
                        continue;
                    }
                    self.at += 2;
                    // One or two quotes may precede the closing ones.
                    for _ in 3..count.min(5) {
                        text.push(quote);
                        self.at += 1;
                    }
                    if count > 5 {
                        let six = quote.to_string().repeat(6);
                        let shown = if quote == '"' {
                            format!("'{six}'")
                        } else {
                            format!("\"{six}\"")
                        };
                        return self.fault(format!("unexpected {shown}"));
                    }
                    return Ok(text);
                }
                Some(c) => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Scanned<char> {
        let start = self.at;
        let (digits, count) = match self.next()? {
            Some('b') => return Ok('\u{8}'),
            Some('t') => return Ok('\t'),
            Some('n') => return Ok('\n'),
            Some('f') => return Ok('\u{c}'),
            Some('r') => return Ok('\r'),
            Some('e') => return Ok('\u{1b}'),
            Some(c @ ('"' | '\\')) => return Ok(c),
            Some(c @ (' ' | '\t')) => return self.fault(format!("invalid escape: '\\{c}'")),
            Some('x') => (2, "two hexadecimal digits after '\\x'"),
            Some('u') => (4, "four hexadecimal digits after '\\u'"),
            Some('U') => (8, "eight hexadecimal digits after '\\U'"),
            c => return self.fault(format!("invalid escape in string '\\{}'", c.unwrap_or('\0'))),
        };
        let mut code = 0u32;
        for _ in 0..digits {
            match self.next()?.and_then(|c| c.to_digit(16)) {
                Some(digit) => code = code.wrapping_shl(4) | digit,
                None => {
                    let read = quote(&self.text[start - 1..self.at]);
                    return self.fault(format!("expected {count}, but got {read} instead"));
                }
            }
        }
        match char::from_u32(code) {
            Some(c) => Ok(c),
            None => {
                let digits = &self.text[start + 1..self.at];
                self.fault(format!("Escaped character '\\u{digits}' is not valid UTF-8."))
            }
        }
    }
}
