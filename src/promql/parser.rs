//! Tokens to types.
//!
//! Mirrors `promql/parser/generated_parser.y` and `checkAST` of `parse.go`. Binary operators are read by climbing their
//! precedences; selectors, ranges and durations have files of their own.

use std::ops::Range;

use super::functions::{self, Function};
use super::lexer::Lexer;
use super::selector::Selector;
use super::token::{Aggregation, Keyword, Kind, MUL, Op, POW, Token};
use super::{Error, ErrorKind, Options, Type};
use crate::go::quote::{quote, unquote_promql};

/// How deep expressions may nest. Prometheus sets no limit; the deepest that people write is about 20.
const MAX_DEPTH: usize = 200;

/// Reads an expression: its type, or all that is wrong with it in the order in which Prometheus says it. There are errors of
/// type only where there are none of syntax.
///
/// # Errors
/// When Prometheus would refuse the expression.
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

/// The expression cannot be read on; what is wrong has been noted.
#[derive(Debug)]
pub(super) struct Stop;

pub(super) type Parsed<T> = Result<T, Stop>;

/// What an expression is, as far as it matters to what may follow.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Number(f64),
    Selector(Selector),
    /// A selector with a range; none where something else was given one.
    Matrix(Option<Selector>),
    /// Any expression with a range and a step; of a selector only the modifiers count.
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
    /// Where the last token ended that was taken.
    pub(super) end: usize,
    pub(super) options: Options,
    syntax: Vec<Error>,
    pub(super) types: Vec<Error>,
    /// How many aggregations are open: an error within one is blamed on it.
    aggregations: usize,
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

    /// Blames the next token, which ends the parse.
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

    /// Blames the next token where the grammar has no better words.
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

    /// One step into the expression; it is for the caller to step out.
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

    /// An expression whose operators all bind at least as tightly as `least`.
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

    /// A number or a duration, in seconds.
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

    fn aggregation_or_metric(&mut self, aggregation: Aggregation, token: Token) -> Parsed<Expression> {
        match self.token.kind {
            Kind::LeftParen | Kind::Keyword(Keyword::By | Keyword::Without) => self.aggregation(aggregation, &token),
            // What can follow an expression follows a metric with this name.
            Kind::End
            | Kind::Op(_)
            | Kind::LeftBrace
            | Kind::LeftBracket
            | Kind::RightParen
            | Kind::Comma
            | Kind::At
            | Kind::Keyword(Keyword::Offset | Keyword::Anchored | Keyword::Smoothed) => self.selector(Some(token)),
            _ => self.misplaced(),
        }
    }

    fn aggregation(&mut self, aggregation: Aggregation, token: &Token) -> Parsed<Expression> {
        self.aggregations += 1;
        let before = self.grouping()?;
        let arguments = self.arguments()?;
        if !before {
            self.grouping()?;
        }
        self.aggregations -= 1;
        let range = token.range.start..self.end;
        let name = self.value(token).to_lowercase();
        let wanted = if aggregation == Aggregation::Plain { 1 } else { 2 };
        if arguments.is_empty() {
            self.syntax(range.clone(), "no arguments for aggregate expression provided");
        } else if aggregation == Aggregation::Experimental && !self.options.experimental_functions {
            let flag = "--enable-feature=promql-experimental-functions";
            self.syntax(
                range.clone(),
                format!("{name}() is experimental and must be enabled with {flag}"),
            );
        } else if arguments.len() != wanted {
            let message = format!(
                "wrong number of arguments for aggregate expression provided, expected {wanted}, got {}",
                arguments.len()
            );
            self.syntax(range.clone(), message);
        }
        let parameter = match aggregation {
            Aggregation::Plain => None,
            Aggregation::Number | Aggregation::Experimental => Some(Type::Scalar),
            Aggregation::Text => Some(Type::String),
        };
        if let Some(inner) = arguments.last() {
            self.expect_type(inner, Type::Vector, "aggregation expression");
        }
        if let (Some(wanted), Some(given)) = (parameter, arguments.first()) {
            self.expect_type(given, wanted, "aggregation parameter");
        }
        Ok(Expression::other(Type::Vector, range))
    }

    fn expect_type(&mut self, given: &Expression, wanted: Type, context: &str) {
        if given.ty != wanted {
            let message = format!("expected type {wanted} in {context}, got {}", given.ty);
            self.type_error(given.range.clone(), message);
        }
    }

    /// `by (...)` or `without (...)`, if there is one.
    fn grouping(&mut self) -> Parsed<bool> {
        let found = matches!(self.keyword(), Some(Keyword::By | Keyword::Without));
        if found {
            self.take();
            self.grouping_labels()?;
        }
        Ok(found)
    }

    /// `(label, ...)`
    pub(super) fn grouping_labels(&mut self) -> Parsed<Vec<String>> {
        const CONTEXT: &str = "grouping opts";
        if !self.is(&Kind::LeftParen) {
            return self.unexpected(CONTEXT, "\"(\"");
        }
        self.take();
        let mut labels = Vec::new();
        loop {
            if self.is(&Kind::RightParen) {
                break;
            }
            match self.token.kind {
                Kind::String => {
                    let token = self.take();
                    let label = self.unquote(&token);
                    if label.is_empty() || crate::go::string::may_have_escapes(&label) {
                        let message = format!("invalid label name for grouping: {}", quote(&label));
                        self.syntax(token.range, message);
                    }
                    labels.push(label);
                }
                // All words are labels, keywords too, but for one that was forgotten.
                Kind::Keyword(Keyword::Without) => return self.unexpected(CONTEXT, "label"),
                Kind::Identifier
                | Kind::MetricIdentifier
                | Kind::Aggregation(_)
                | Kind::Keyword(_)
                | Kind::Op(Op::And | Op::Or | Op::Unless | Op::Atan2) => {
                    let token = self.take();
                    labels.push(self.value(&token).to_owned());
                }
                _ => return self.unexpected(CONTEXT, "label"),
            }
            match self.token.kind {
                Kind::Comma => {
                    self.take();
                }
                Kind::RightParen => {}
                _ => return self.unexpected(CONTEXT, "\",\" or \")\""),
            }
        }
        self.take();
        Ok(labels)
    }

    /// `(expression, ...)`
    fn arguments(&mut self) -> Parsed<Vec<Expression>> {
        self.expect(&Kind::LeftParen)?;
        let mut arguments = Vec::new();
        while !self.is(&Kind::RightParen) {
            arguments.push(self.expression(0)?);
            if !self.is(&Kind::Comma) {
                break;
            }
            let comma = self.take();
            if self.is(&Kind::RightParen) {
                self.syntax(comma.range, "trailing commas not allowed in function call args");
            }
        }
        self.expect(&Kind::RightParen)?;
        Ok(arguments)
    }

    fn call(&mut self, name: &Token) -> Parsed<Expression> {
        let errors = self.types.len();
        let arguments = self.arguments()?;
        let range = name.range.start..self.end;
        let word = self.value(name);
        let Some(function) = functions::find(word) else {
            let mut message = format!("unknown function with name {}", quote(word));
            if let Some(similar) = functions::similar(word) {
                message.push_str(&format!(", did you mean {}?", quote(similar)));
            }
            self.syntax(name.range.clone(), message);
            return Ok(Expression::other(Type::Vector, range));
        };
        if function.experimental && !self.options.experimental_functions {
            let message = format!("function {} is not enabled", quote(word));
            self.syntax(name.range.clone(), message);
        }
        // The number of arguments is judged before what is in them.
        if let Some(message) = wrong_count(function, arguments.len()) {
            let error = Error {
                kind: ErrorKind::Type,
                message,
                range: range.clone(),
            };
            self.types.insert(errors, error);
        }
        if function.name == "info"
            && let Some(labels) = arguments.get(1)
        {
            self.labels_of_info(labels, &range);
        }
        for (at, argument) in arguments.iter().enumerate() {
            let listed = function.arguments;
            let wanted = match listed.get(at) {
                Some(wanted) => *wanted,
                None if function.variadic == 0 => break,
                None => listed[listed.len() - 1],
            };
            let context = format!("call to function {}", quote(function.name));
            self.expect_type(argument, wanted, &context);
        }
        Ok(Expression::other(function.result, range))
    }
}

/// What is wrong with a number of arguments.
fn wrong_count(function: &Function, given: usize) -> Option<String> {
    let name = quote(function.name);
    let listed = function.arguments.len();
    let Ok(more) = usize::try_from(function.variadic) else {
        let least = listed - 1;
        return (given < least)
            .then(|| format!("expected at least {least} argument(s) in call to {name}, got {given}"));
    };
    if more == 0 {
        return (given != listed).then(|| format!("expected {listed} argument(s) in call to {name}, got {given}"));
    }
    let (least, most) = (listed - 1, listed - 1 + more);
    if given < least {
        Some(format!(
            "expected at least {least} argument(s) in call to {name}, got {given}"
        ))
    } else if given > most {
        Some(format!(
            "expected at most {most} argument(s) in call to {name}, got {given}"
        ))
    } else {
        None
    }
}

/// A sign binds like `*`.
const _: () = assert!(MUL < POW);
