//! The tokens of Go's template language.

/// A token: what it is and the bytes of the text that it covers.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    /// The scanner could not go on; Go's words for why.
    Error(String),
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

impl TokenKind {
    /// Whether Go counts the kind among the keywords (it puts them in angle brackets in messages).
    fn is_keyword(&self) -> bool {
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
    /// The token as Go shows it in messages: `EOF`, `<end>`, `"abcdefghij"...`.
    pub fn describe(&self, text: &str) -> String {
        let value = text.get(self.start..self.end).unwrap_or_default();
        match &self.kind {
            TokenKind::Eof => "EOF".to_owned(),
            TokenKind::Error(message) => message.clone(),
            kind if kind.is_keyword() => format!("<{value}>"),
            // Go's %.10q cuts to ten characters before it quotes.
            _ if crate::go::string::len(value) > 10 => {
                format!(
                    "{}...",
                    crate::go::quote::quote(&value.chars().take(10).collect::<String>())
                )
            }
            _ => crate::go::quote::quote(value),
        }
    }
}
