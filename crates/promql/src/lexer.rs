//! The lexer: characters to tokens.
//!
//! Mirrors `promql/parser/lex.go`: inside braces every word is a name, inside brackets only durations are valid.

use std::ops::Range;

use super::number;
use super::token::{Kind, Op, Token, duration_keyword, is_alpha, keyword};
use gostd::quote::quote_char;

/// The lexer's state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Statements,
    Braces,
    /// After `[`, before the first number.
    Duration,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    start: usize,
    state: State,
    parentheses: usize,
    in_brackets: bool,
    got_colon: bool,
    got_duration: bool,
}

/// A token kind, or the message of the error that ends the input.
type Lexed = Result<Kind, String>;

pub(super) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn unexpected(what: &str, c: char) -> String {
    format!("unexpected {what} {}", quote_char(c))
}

/// The error for a character that cannot follow another one; `None` is the end of the input.
fn after(what: &str, next: Option<char>) -> String {
    // Go's lexer represents the end as -1, which prints as the replacement character.
    format!(
        "unexpected character after {what}: {}",
        quote_char(next.unwrap_or('\u{FFFD}'))
    )
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            start: 0,
            state: State::Statements,
            parentheses: 0,
            in_brackets: false,
            got_colon: false,
            got_duration: false,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
        }
        found
    }

    fn eat_while(&mut self, accept: impl Fn(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !accept(c)).unwrap_or(rest.len());
    }

    /// Returns the next token. After the end or an error it returns the same token again.
    pub(super) fn next(&mut self) -> Token {
        self.skip_blanks();
        self.start = self.at;
        let lexed = match self.state {
            State::Statements => self.statement(),
            State::Braces => self.in_braces(),
            State::Duration => self.in_duration(),
        };
        match lexed {
            Ok(kind) => Token {
                kind,
                range: self.start..self.at,
            },
            Err(message) => {
                let start = self.start;
                self.at = start;
                Token {
                    kind: Kind::Error(message),
                    range: start..self.text.len(),
                }
            }
        }
    }

    /// Skips spaces and comments. A comment cannot precede the first number between brackets.
    fn skip_blanks(&mut self) {
        loop {
            self.eat_while(is_space);
            if self.state == State::Duration || !self.rest().starts_with('#') {
                return;
            }
            self.eat_while(|c| c != '\n' && c != '\r');
        }
    }

    fn statement(&mut self) -> Lexed {
        let Some(c) = self.bump() else {
            if self.parentheses > 0 {
                return Err("unclosed left parenthesis".to_owned());
            }
            if self.in_brackets {
                return Err("unclosed left bracket".to_owned());
            }
            return Ok(Kind::End);
        };
        Ok(match c {
            '=' if self.eat('=') => Kind::Op(Op::Equal),
            '=' if self.peek() == Some('~') => return Err(after("'='", Some('~'))),
            '=' => Kind::Is,
            '!' if self.eat('=') => Kind::Op(Op::NotEqual),
            '!' => return Err(after("'!'", self.peek())),
            '<' if self.eat('=') => Kind::Op(Op::LessOrEqual),
            '<' if self.eat('/') => Kind::Op(Op::TrimUpper),
            '<' => Kind::Op(Op::Less),
            '>' if self.eat('=') => Kind::Op(Op::GreaterOrEqual),
            '>' if self.eat('/') => Kind::Op(Op::TrimLower),
            '>' => Kind::Op(Op::Greater),
            '0'..='9' => return self.number_or_duration(),
            '.' if self.peek().is_some_and(|next| next.is_ascii_digit()) => return self.number_or_duration(),
            '"' | '\'' | '`' => return self.string(c),
            _ if is_alpha(c) || c == ':' => return self.word(c),
            '{' => {
                self.state = State::Braces;
                Kind::LeftBrace
            }
            '[' => {
                if self.in_brackets {
                    return Err(unexpected("left bracket", c));
                }
                self.got_colon = false;
                self.got_duration = false;
                self.in_brackets = true;
                self.state = State::Duration;
                Kind::LeftBracket
            }
            ']' => {
                if !self.in_brackets {
                    return Err(unexpected("right bracket", c));
                }
                self.in_brackets = false;
                Kind::RightBracket
            }
            '@' => Kind::At,
            _ => match self.sign(c)? {
                Some(kind) => kind,
                None => return Err(unexpected("character:", c)),
            },
        })
    }

    /// Lexes the tokens that are the same inside and outside of brackets.
    fn sign(&mut self, c: char) -> Result<Option<Kind>, String> {
        Ok(Some(match c {
            ',' => Kind::Comma,
            '*' => Kind::Op(Op::Mul),
            '/' => Kind::Op(Op::Div),
            '%' => Kind::Op(Op::Mod),
            '+' => Kind::Op(Op::Add),
            '-' => Kind::Op(Op::Sub),
            '^' => Kind::Op(Op::Pow),
            '(' => {
                self.parentheses += 1;
                Kind::LeftParen
            }
            ')' => {
                self.parentheses = self
                    .parentheses
                    .checked_sub(1)
                    .ok_or_else(|| unexpected("right parenthesis", c))?;
                Kind::RightParen
            }
            _ => return Ok(None),
        }))
    }

    fn in_braces(&mut self) -> Lexed {
        let Some(c) = self.bump() else {
            return Err("unexpected end of input inside braces".to_owned());
        };
        Ok(match c {
            _ if is_alpha(c) => {
                self.eat_while(|c| is_alpha(c) || c.is_ascii_digit());
                Kind::Identifier
            }
            ',' => Kind::Comma,
            '"' | '\'' | '`' => return self.string(c),
            '=' if self.eat('~') => Kind::Matches,
            '=' => Kind::Is,
            '!' if self.eat('~') => Kind::MatchesNot,
            '!' if self.eat('=') => Kind::Op(Op::NotEqual),
            '!' => return Err(after("'!' inside braces", self.peek())),
            '{' => return Err(unexpected("left brace", c)),
            '}' => {
                self.state = State::Statements;
                Kind::RightBrace
            }
            _ => return Err(unexpected("character inside braces:", c)),
        })
    }

    fn in_duration(&mut self) -> Lexed {
        let Some(c) = self.bump() else {
            return Err("unexpected end of input in duration expression".to_owned());
        };
        Ok(match c {
            ']' => {
                self.in_brackets = false;
                self.got_colon = false;
                self.state = State::Statements;
                Kind::RightBracket
            }
            ':' => {
                if !self.got_duration {
                    return Err("unexpected colon before duration in duration expression".to_owned());
                }
                if self.got_colon {
                    return Err("unexpected repeated colon in duration expression".to_owned());
                }
                self.got_colon = true;
                Kind::Colon
            }
            '0'..='9' => {
                self.got_duration = true;
                self.state = State::Statements;
                return self.number_or_duration();
            }
            '.' if self.peek().is_some_and(|next| next.is_ascii_digit()) => {
                self.got_duration = true;
                self.state = State::Statements;
                return self.number_or_duration();
            }
            _ => {
                if let Some(kind) = self.sign(c)? {
                    return Ok(kind);
                }
                let kind = self
                    .duration_word(c)
                    .ok_or_else(|| unexpected("character in duration expression:", c))?;
                self.got_duration = true;
                kind
            }
        })
    }

    /// Lexes the rest of `step`, `range`, `max_of` or `min_of`, whose first letter has been read.
    fn duration_word(&mut self, first: char) -> Option<Kind> {
        if !matches!(first.to_ascii_lowercase(), 's' | 'r' | 'm') {
            return None;
        }
        self.eat_while(is_alpha);
        duration_keyword(&self.text[self.start..self.at].to_ascii_lowercase())
    }

    fn word(&mut self, first: char) -> Lexed {
        if self.in_brackets {
            if first == ':' && !self.got_colon {
                self.got_colon = true;
                return Ok(Kind::Colon);
            }
            if first == ':' {
                return Err(unexpected("colon", first));
            }
            return self
                .duration_word(first)
                .ok_or_else(|| format!("{}, expected ':'", unexpected("character:", first)));
        }
        self.eat_while(|c| is_alpha(c) || c.is_ascii_digit() || c == ':');
        let word = &self.text[self.start..self.at];
        Ok(match keyword(word) {
            // These keywords are recent: they remain names wherever they can.
            Some(Kind::Keyword(_))
                if word.to_ascii_lowercase().starts_with("fill")
                    && !self.rest().trim_start_matches(is_space).starts_with('(') =>
            {
                Kind::Identifier
            }
            Some(kind) => kind,
            None if word.contains(':') => Kind::MetricIdentifier,
            None => Kind::Identifier,
        })
    }

    fn number_or_duration(&mut self) -> Lexed {
        self.at = self.start;
        let (length, is_number) = number::scan(self.rest());
        self.at += length;
        if is_number {
            return Ok(Kind::Number);
        }
        match self.duration_end() {
            Ok(()) => Ok(Kind::Duration),
            Err(read) => Err(format!(
                "bad number or duration syntax: {}",
                gostd::quote::quote(&self.text[self.start..read])
            )),
        }
    }

    /// Reads the first unit of a duration and the parts that follow.
    ///
    /// # Errors
    /// The offset at which the duration becomes invalid.
    fn duration_end(&mut self) -> Result<(), usize> {
        let mut units: &[char] = &['s', 'm', 'h', 'd', 'w', 'y'];
        loop {
            if !self.peek().is_some_and(|c| units.contains(&c)) {
                return Err(self.at);
            }
            self.bump();
            self.eat('s');
            if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
                break;
            }
            self.eat_while(|c| c.is_ascii_digit());
            units = &units[..units.len().min(5)];
        }
        match self.peek() {
            Some(c) if is_alpha(c) => Err(self.at + c.len_utf8()),
            _ => Ok(()),
        }
    }

    fn string(&mut self, open: char) -> Lexed {
        loop {
            match self.bump() {
                Some(c) if c == open => return Ok(Kind::String),
                Some('\\') if open != '`' => self.escape(open)?,
                Some(c) if gostd::string::escaped_byte(c).is_some() || c == '\u{FFFD}' => {
                    return Err("invalid UTF-8 rune".to_owned());
                }
                None if open == '`' => return Err("unterminated raw string".to_owned()),
                Some('\n') if open != '`' => return Err("unterminated quoted string".to_owned()),
                None => return Err("unterminated quoted string".to_owned()),
                Some(_) => {}
            }
        }
    }

    /// Reads an escape after its backslash.
    fn escape(&mut self, open: char) -> Result<(), String> {
        let end = || "escape sequence not terminated".to_owned();
        let (digits, base, max) = match self.bump().ok_or_else(end)? {
            'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '\\' => return Ok(()),
            c if c == open => return Ok(()),
            '0'..='7' => {
                self.at -= 1;
                (3, 8, 255)
            }
            'x' => (2, 16, 255),
            'u' => (4, 16, 0x0010_FFFF),
            'U' => (8, 16, 0x0010_FFFF),
            c => return Err(format!("unknown escape sequence {}", unicode(c))),
        };
        let mut value: u32 = 0;
        for _ in 0..digits {
            let c = self.bump().ok_or_else(end)?;
            let digit = c
                .to_digit(base)
                .ok_or_else(|| format!("illegal character {} in escape sequence", unicode(c)))?;
            value = value.wrapping_mul(base).wrapping_add(digit);
        }
        if value > max || (0xD800..0xE000).contains(&value) {
            return Err("escape sequence is an invalid Unicode code point".to_owned());
        }
        Ok(())
    }

    /// Trims white space from a token's range.
    pub(super) fn trim(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.text[range.clone()];
        let start = range.start + (text.len() - text.trim_start_matches(is_space).len());
        let end = range.end - (text.len() - text.trim_end_matches(is_space).len());
        start..end.max(start)
    }
}

/// Formats a character as Go's `%#U`.
fn unicode(c: char) -> String {
    let code = gostd::unicode::rune(c) as u32;
    if c.is_control() {
        format!("U+{code:04X}")
    } else {
        format!("U+{code:04X} '{c}'")
    }
}
