//! The tokens of Go's template language.

use gostd::quote::quote;
use gostd::unicode::sharp_u;

/// A token: its kind and the bytes of the text that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// The kind.
    pub kind: TokenKind,
    /// Offset of its first byte in the source text.
    pub start: usize,
    /// Offset after its last byte.
    pub end: usize,
    /// The line that it starts on, from 1.
    pub line: usize,
}

/// The kind of a token. The names follow the item types of Go's `text/template/parse`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A scan error, which ends the input.
    Error(ScanError),
    /// `true` or `false`.
    Bool,
    /// Any other printable ASCII character.
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
    /// The name of a function.
    Identifier,
    /// `{{`, with its trim marker if there is one.
    LeftDelim,
    /// `(`.
    LeftParen,
    /// A number.
    Number,
    /// `|`.
    Pipe,
    /// A string in backquotes, quotes included.
    RawString,
    /// `}}`.
    RightDelim,
    /// `)`.
    RightParen,
    /// A run of spaces between arguments.
    Space,
    /// A string in double quotes, quotes included.
    String,
    /// Text outside of actions, trimmed as the adjacent markers request.
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

/// An error of the scanner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScanError {
    /// An unclosed comment.
    UnclosedComment,
    /// Text between the end of a comment and the right delimiter.
    CommentBeforeDelimiter,
    /// An action without a right delimiter.
    UnclosedAction,
    /// A right delimiter inside parentheses.
    UnclosedParenthesis,
    /// A closing parenthesis without an opening one.
    UnexpectedParenthesis,
    /// A colon that is not followed by `=`.
    ExpectedDeclare,
    /// A quoted string that does not end on its line.
    UnterminatedString,
    /// A character constant that does not end on its line.
    UnterminatedCharacter,
    /// A raw string that does not end.
    UnterminatedRawString,
    /// A character that cannot begin a token.
    Unrecognized(char),
    /// A character that cannot follow a name.
    BadCharacter(char),
    /// An invalid number.
    BadNumber,
}

impl TokenKind {
    /// Whether Go counts the kind among the keywords. Messages put keywords in angle brackets.
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
    /// Go's message for a scan error; none for other tokens.
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

    /// The token as Go's messages show it: `EOF`, `<end>`, `"abcdefghij"...`.
    pub fn describe(&self, text: &str) -> String {
        let value = text.get(self.start..self.end).unwrap_or_default();
        match &self.kind {
            TokenKind::Eof => "EOF".to_owned(),
            TokenKind::Error(_) => self.error(text).unwrap_or_default(),
            kind if kind.is_keyword() => format!("<{value}>"),
            // Go's `%.10q` cuts to ten characters before it quotes.
            _ if gostd::string::len(value) > 10 => {
                format!("{}...", quote(&value.chars().take(10).collect::<String>()))
            }
            _ => quote(value),
        }
    }
}
