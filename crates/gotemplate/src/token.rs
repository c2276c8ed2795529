//! The tokens of Go's template language.

use gostd::quote::quote;
use gostd::unicode::sharp_u;

/// A token: what it is and the bytes of the text that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Offset of its first byte in the source text.
    pub start: usize,
    /// Offset after its last byte.
    pub end: usize,
    /// The line that it starts on, from 1.
    pub line: usize,
}

/// What a token is. The names follow the item types of Go's `text/template/parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The scanner could not go on.
    Error(ScanError),
    /// `true` or `false`.
    Bool,
    /// Any printable ASCII character that is nothing else.
    Char,
    /// `'a'`.
    CharConstant,
    /// `1+2i`.
    Complex,
    /// `=`.
    Assign,
    /// `:=`.
    Declare,
    /// The end of the text.
    Eof,
    /// `.name`.
    Field,
    /// A name of a function.
    Identifier,
    /// `{{`, with its trim marker if it has one.
    LeftDelim,
    /// `(`.
    LeftParen,
    /// A number.
    Number,
    /// `|`.
    Pipe,
    /// A text in backquotes, quotes included.
    RawString,
    /// `}}`.
    RightDelim,
    /// `)`.
    RightParen,
    /// A run of spaces between arguments.
    Space,
    /// A text in double quotes, quotes included.
    String,
    /// Text outside of actions, trimmed as its neighbours ask.
    Text,
    /// `$`, `$name`.
    Variable,
    /// `{{/* ... */}}`, without the delimiters.
    Comment,
    /// `block`.
    Block,
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `.`.
    Dot,
    /// `define`.
    Define,
    /// `else`.
    Else,
    /// `end`.
    End,
    /// `if`.
    If,
    /// `nil`.
    Nil,
    /// `range`.
    Range,
    /// `template`.
    Template,
    /// `with`.
    With,
}

/// Why the scanner could not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanError {
    /// A comment without its end.
    UnclosedComment,
    /// Something between the end of a comment and the right delimiter.
    CommentBeforeDelimiter,
    /// An action without its right delimiter.
    UnclosedAction,
    /// A right delimiter within parentheses.
    UnclosedParenthesis,
    /// A parenthesis that closes none.
    UnexpectedParenthesis,
    /// A colon that is not followed by `=`.
    ExpectedDeclare,
    /// A text in quotes that does not end on its line.
    UnterminatedString,
    /// A character in quotes that does not end on its line.
    UnterminatedCharacter,
    /// A text in backquotes that does not end.
    UnterminatedRawString,
    /// A character that no token begins with.
    Unrecognized(char),
    /// A character after a name that cannot stand there.
    BadCharacter(char),
    /// What the token covers looks like a number and is none.
    BadNumber,
}

impl TokenKind {
    /// Whether Go counts the kind among the keywords (it puts them in angle brackets in messages).
    fn is_keyword(self) -> bool {
        matches!(
            self,
            Self::Block
                | Self::Break
                | Self::Continue
                | Self::Dot
                | Self::Define
                | Self::Else
                | Self::End
                | Self::If
                | Self::Nil
                | Self::Range
                | Self::Template
                | Self::With
        )
    }
}

impl Token {
    /// Go's words for an error of the scanner; `None` for all other tokens.
    pub fn error(&self, text: &str) -> Option<String> {
        let TokenKind::Error(error) = self.kind else {
            return None;
        };
        Some(match error {
            ScanError::UnclosedComment => "unclosed comment".to_owned(),
            ScanError::CommentBeforeDelimiter => "comment ends before closing delimiter".to_owned(),
            ScanError::UnclosedAction => "unclosed action".to_owned(),
            ScanError::UnclosedParenthesis => "unclosed left paren".to_owned(),
            ScanError::UnexpectedParenthesis => "unexpected right paren".to_owned(),
            ScanError::ExpectedDeclare => "expected :=".to_owned(),
            ScanError::UnterminatedString => "unterminated quoted string".to_owned(),
            ScanError::UnterminatedCharacter => "unterminated character constant".to_owned(),
            ScanError::UnterminatedRawString => "unterminated raw quoted string".to_owned(),
            ScanError::Unrecognized(c) => format!("unrecognized character in action: {}", sharp_u(c)),
            ScanError::BadCharacter(c) => format!("bad character {}", sharp_u(c)),
            ScanError::BadNumber => {
                let number = text.get(self.start..self.end).unwrap_or_default();
                format!("bad number syntax: {}", quote(number))
            }
        })
    }

    /// The token as Go shows it in messages: `EOF`, `<end>`, `"abcdefghij"...`.
    pub fn describe(&self, text: &str) -> String {
        let value = text.get(self.start..self.end).unwrap_or_default();
        match &self.kind {
            TokenKind::Eof => "EOF".to_owned(),
            TokenKind::Error(_) => self.error(text).unwrap_or_default(),
            kind if kind.is_keyword() => format!("<{value}>"),
            // Go's %.10q cuts to ten characters before it quotes.
            _ if gostd::string::len(value) > 10 => {
                format!("{}...", quote(&value.chars().take(10).collect::<String>()))
            }
            _ => quote(value),
        }
    }
}
