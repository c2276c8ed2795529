//! The tokens of the language.

use std::ops::Range;

use gostd::quote::quote;

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Equal,
    NotEqual,
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    TrimUpper,
    TrimLower,
    And,
    Or,
    Unless,
    Atan2,
}

impl Op {
    pub(super) fn is_comparison(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::NotEqual | Self::LessOrEqual | Self::Less | Self::GreaterOrEqual | Self::Greater
        )
    }

    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    /// The precedence; only `^` is right-associative.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Add | Self::Sub => 4,
            Self::Mul | Self::Div | Self::Mod | Self::Atan2 => MUL,
            Self::Pow => POW,
            _ => 3,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::Pow => "^",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::LessOrEqual => "<=",
            Self::Less => "<",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
            Self::TrimUpper => "</",
            Self::TrimLower => ">/",
            Self::And => "and",
            Self::Or => "or",
            Self::Unless => "unless",
            Self::Atan2 => "atan2",
        }
    }
}

/// The precedence of `*` and of a sign.
pub(super) const MUL: u8 = 5;
/// The precedence of `^`.
pub(super) const POW: u8 = 6;

/// Aggregation operators, which are not functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregation {
    /// Takes only a vector.
    Plain,
    /// Takes a number first: `topk` and the like.
    Number,
    /// Takes a number first, and is behind a flag: `limitk`, `limit_ratio`.
    Experimental,
    /// Takes a string first: `count_values`.
    Text,
}

/// Keywords other than operators and aggregations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keyword {
    Offset,
    Smoothed,
    Anchored,
    By,
    Without,
    On,
    Ignoring,
    GroupLeft,
    GroupRight,
    Fill,
    FillLeft,
    FillRight,
    Bool,
    Start,
    End,
    Step,
    Range,
    MaxOf,
    MinOf,
}

impl Keyword {
    /// Whether the word can also name a metric.
    pub(super) fn may_be_metric(self) -> bool {
        !matches!(
            self,
            Self::On | Self::Ignoring | Self::GroupLeft | Self::GroupRight | Self::Bool
        )
    }

    /// Whether the word is also the name of a function.
    pub(super) fn may_be_function(self) -> bool {
        matches!(
            self,
            Self::Start | Self::End | Self::Step | Self::Range | Self::MaxOf | Self::MinOf
        )
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    End,
    /// A lexer error, with its message.
    Error(String),
    Identifier,
    MetricIdentifier,
    String,
    Number,
    Duration,
    /// `=`
    Is,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
    Colon,
    Comma,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    LeftParen,
    RightParen,
    At,
    Op(Op),
    Aggregation(Aggregation),
    Keyword(Keyword),
}

/// The keyword for a word, in any case.
pub(super) fn keyword(word: &str) -> Option<Kind> {
    let lower = word.to_ascii_lowercase();
    Some(match lower.as_str() {
        "and" => Kind::Op(Op::And),
        "or" => Kind::Op(Op::Or),
        "unless" => Kind::Op(Op::Unless),
        "atan2" => Kind::Op(Op::Atan2),
        "sum" | "avg" | "count" | "min" | "max" | "group" | "stddev" | "stdvar" => {
            Kind::Aggregation(Aggregation::Plain)
        }
        "topk" | "bottomk" | "quantile" => Kind::Aggregation(Aggregation::Number),
        "limitk" | "limit_ratio" => Kind::Aggregation(Aggregation::Experimental),
        "count_values" => Kind::Aggregation(Aggregation::Text),
        "inf" | "nan" => Kind::Number,
        "offset" => Kind::Keyword(Keyword::Offset),
        "smoothed" => Kind::Keyword(Keyword::Smoothed),
        "anchored" => Kind::Keyword(Keyword::Anchored),
        "by" => Kind::Keyword(Keyword::By),
        "without" => Kind::Keyword(Keyword::Without),
        "on" => Kind::Keyword(Keyword::On),
        "ignoring" => Kind::Keyword(Keyword::Ignoring),
        "group_left" => Kind::Keyword(Keyword::GroupLeft),
        "group_right" => Kind::Keyword(Keyword::GroupRight),
        "fill" => Kind::Keyword(Keyword::Fill),
        "fill_left" => Kind::Keyword(Keyword::FillLeft),
        "fill_right" => Kind::Keyword(Keyword::FillRight),
        "bool" => Kind::Keyword(Keyword::Bool),
        "start" => Kind::Keyword(Keyword::Start),
        "end" => Kind::Keyword(Keyword::End),
        _ => return duration_keyword(&lower),
    })
}

/// The keyword for a word between brackets. The word is in lower case.
pub(super) fn duration_keyword(lower: &str) -> Option<Kind> {
    Some(Kind::Keyword(match lower {
        "step" => Keyword::Step,
        "range" => Keyword::Range,
        "max_of" => Keyword::MaxOf,
        "min_of" => Keyword::MinOf,
        _ => return None,
    }))
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

impl Token {
    /// The token as Prometheus' messages describe it.
    pub(super) fn describe(&self, text: &str) -> String {
        let value = &text[self.range.clone()];
        let quoted = || {
            if value.len() > 10 {
                format!("{}...", quote(&value.chars().take(10).collect::<String>()))
            } else {
                quote(value)
            }
        };
        match &self.kind {
            Kind::End => "end of input".to_owned(),
            Kind::Error(message) => message.clone(),
            Kind::Identifier => format!("identifier {}", quote(value)),
            Kind::MetricIdentifier => format!("metric identifier {}", quote(value)),
            Kind::String => format!("string {}", quoted()),
            Kind::Number => format!("number {}", quoted()),
            Kind::Duration => format!("duration {}", quoted()),
            Kind::Op(_) | Kind::At | Kind::Matches | Kind::MatchesNot => format!("<op:{value}>"),
            Kind::Aggregation(_) => format!("<aggr:{value}>"),
            Kind::Keyword(word) if word.may_be_function() => quoted(),
            Kind::Keyword(_) => format!("<{value}>"),
            _ => quoted(),
        }
    }
}

/// Whether a character may begin a name.
pub(super) fn is_alpha(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic()
}
