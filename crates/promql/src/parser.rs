//! The parser: tokens to types.
//!
//! Mirrors `promql/parser/generated_parser.y` and `checkAST` of `parse.go`. Binary operators are parsed by precedence
//! climbing; selectors, ranges and durations are in other files.

use std::ops::Range;

use super::lexer::Lexer;
use super::selector::Selector;
use super::token::{Keyword, Kind, MUL, Op, POW, Token};
use super::{Error, ErrorKind, Options, Type};
use gostd::quote::{quote, unquote_promql};

/// The nesting limit of expressions. Prometheus sets no limit; expressions in practice reach about 20 levels.
const MAX_DEPTH: usize = 200;

/// Checks an expression and returns its type, or all its errors in Prometheus' order. Type errors are reported only if
/// the syntax is valid.
///
/// # Errors
/// If Prometheus rejects the expression.
pub fn check(text: &str, options: Options) -> Result<Type, Vec<Error>> {
    let mut lexer = Lexer::new(text);
    let token = lexer.next();
    let mut parser = Parser {
        text,
        lexer,
        token,
        end: 0,
        options,
        syntax: Vec::new(),
        types: Vec::new(),
        aggregations: 0,
        depth: 0,
    };
    let found = parser.whole();
    let errors = if parser.syntax.is_empty() {
        parser.types
    } else {
        parser.syntax
    };
    match found {
        Ok(expression) if errors.is_empty() => Ok(expression.ty),
        _ => Err(errors),
    }
}

/// Parsing cannot continue; the error has been recorded.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Parsed<T> = Result<T, Stop>;

/// The form of an expression, as far as it decides which modifiers may follow.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Number(f64),
    Selector(Selector),
    /// A range selector; none if the range was applied to another expression.
    Matrix(Option<Selector>),
    /// A subquery. Only the modifiers of its selector matter.
    Subquery(Selector),
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Expression {
    pub(super) shape: Shape,
    pub(super) ty: Type,
    pub(super) range: Range<usize>,
}

impl Expression {
    pub(super) fn other(ty: Type, range: Range<usize>) -> Self {
        Self {
            shape: Shape::Other,
            ty,
            range,
        }
    }
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) lexer: Lexer<'a>,
    /// The next token.
    pub(super) token: Token,
    /// The end of the last token taken.
    pub(super) end: usize,
    pub(super) options: Options,
    syntax: Vec<Error>,
    pub(super) types: Vec<Error>,
    /// The number of open aggregations. An error inside one names the aggregation.
    pub(super) aggregations: usize,
    depth: usize,
}

impl Parser<'_> {
    pub(super) fn take(&mut self) -> Token {
        let next = self.lexer.next();
        let token = std::mem::replace(&mut self.token, next);
        self.end = token.range.end;
        token
    }

    pub(super) fn is(&self, kind: &Kind) -> bool {
        self.token.kind == *kind
    }

    pub(super) fn keyword(&self) -> Option<Keyword> {
        match self.token.kind {
            Kind::Keyword(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn value(&self, token: &Token) -> &str {
        &self.text[token.range.clone()]
    }

    pub(super) fn syntax(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.syntax.push(Error {
            kind: ErrorKind::Syntax,
            message: message.into(),
            range,
        });
    }

    pub(super) fn type_error(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.types.push(Error {
            kind: ErrorKind::Type,
            message: message.into(),
            range,
        });
    }

    /// Records that the next token is unexpected, and ends the parse.
    pub(super) fn unexpected<T>(&mut self, context: &str, expected: &str) -> Parsed<T> {
        let message = if let Kind::Error(message) = &self.token.kind {
            message.clone()
        } else {
            let mut message = format!("unexpected {}", self.token.describe(self.text));
            if !context.is_empty() {
                message.push_str(" in ");
                message.push_str(context);
            }
            if !expected.is_empty() {
                message.push_str(", expected ");
                message.push_str(expected);
            }
            message
        };
        self.syntax(self.token.range.clone(), message);
        Err(Stop)
    }

    /// Like [`Parser::unexpected`], where the grammar has no specific message.
    pub(super) fn misplaced<T>(&mut self) -> Parsed<T> {
        let context = if self.aggregations > 0 { "aggregation" } else { "" };
        self.unexpected(context, "")
    }

    pub(super) fn expect(&mut self, kind: &Kind) -> Parsed<Token> {
        if self.is(kind) {
            Ok(self.take())
        } else {
            self.misplaced()
        }
    }

    /// Enters one nesting level; the caller leaves it.
    pub(super) fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.syntax(self.token.range.clone(), "expression nested too deeply");
            return Err(Stop);
        }
        Ok(())
    }

    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn unquote(&mut self, token: &Token) -> String {
        let literal = self.value(token);
        match unquote_promql(literal) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("error unquoting string {}: {error}", quote(literal));
                self.syntax(token.range.clone(), message);
                String::new()
            }
        }
    }

    fn whole(&mut self) -> Parsed<Expression> {
        if self.is(&Kind::End) {
            self.syntax(0..0, "no expression found in input");
            return Err(Stop);
        }
        let expression = self.expression(0)?;
        if self.is(&Kind::End) {
            Ok(expression)
        } else {
            self.misplaced()
        }
    }

    /// Parses an expression whose operators all have at least the precedence `least`.
    pub(super) fn expression(&mut self, least: u8) -> Parsed<Expression> {
        self.deeper()?;
        let operand = self.operand()?;
        let mut left = self.modifiers(operand)?;
        while let Kind::Op(op) = self.token.kind
            && op.precedence() >= least
        {
            left = self.binary(&left, op)?;
        }
        self.shallower();
        Ok(left)
    }

    fn operand(&mut self) -> Parsed<Expression> {
        let start = self.token.range.start;
        match self.token.kind {
            Kind::Number | Kind::Duration => {
                let (value, range) = self.number()?;
                Ok(Expression {
                    shape: Shape::Number(value),
                    ty: Type::Scalar,
                    range,
                })
            }
            Kind::String => {
                let token = self.take();
                self.unquote(&token);
                Ok(Expression::other(Type::String, token.range))
            }
            Kind::LeftParen => {
                self.take();
                let inner = self.expression(0)?;
                self.expect(&Kind::RightParen)?;
                Ok(Expression::other(inner.ty, start..self.end))
            }
            Kind::Op(sign @ (Op::Add | Op::Sub)) => {
                self.take();
                self.signed(sign, start)
            }
            Kind::LeftBrace => self.selector(None),
            Kind::Aggregation(aggregation) => {
                let token = self.take();
                self.aggregation_or_metric(aggregation, token)
            }
            Kind::Identifier | Kind::MetricIdentifier | Kind::Op(Op::And | Op::Or | Op::Unless) => {
                let token = self.take();
                if token.kind == Kind::Identifier && self.is(&Kind::LeftParen) {
                    self.call(&token)
                } else {
                    self.selector(Some(token))
                }
            }
            Kind::Keyword(word) if word.may_be_metric() => {
                let token = self.take();
                if word.may_be_function() && self.is(&Kind::LeftParen) {
                    self.call(&token)
                } else {
                    self.selector(Some(token))
                }
            }
            _ => self.misplaced(),
        }
    }

    /// Parses a number or a duration, in seconds.
    pub(super) fn number(&mut self) -> Parsed<(f64, Range<usize>)> {
        let token = self.take();
        let read = match token.kind {
            Kind::Number => {
                super::number::value(self.value(&token)).map_err(|error| format!("error parsing number: {error}"))
            }
            #[allow(clippy::cast_precision_loss)] // as Go does
            _ => super::duration::parse(self.value(&token)).map(|nanoseconds| nanoseconds as f64 / 1e9),
        };
        let value = read.unwrap_or_else(|message| {
            self.syntax(token.range.clone(), message);
            1.0
        });
        Ok((value, token.range))
    }

    fn signed(&mut self, sign: Op, start: usize) -> Parsed<Expression> {
        let inner = self.expression(POW)?;
        let range = start..inner.range.end;
        if let Shape::Number(value) = inner.shape {
            let value = if sign == Op::Sub { -value } else { value };
            return Ok(Expression {
                shape: Shape::Number(value),
                ty: Type::Scalar,
                range,
            });
        }
        if !matches!(inner.ty, Type::Scalar | Type::Vector) {
            let message = format!(
                "unary expression only allowed on expressions of type scalar or instant vector, got {}",
                quote(&inner.ty.to_string())
            );
            self.type_error(range.clone(), message);
        }
        Ok(Expression::other(inner.ty, range))
    }
}

/// A sign has the precedence of `*`, below `^`.
const _: () = assert!(MUL < POW);
