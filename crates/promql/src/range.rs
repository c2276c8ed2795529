//! The modifiers of an expression: ranges, subqueries, `offset`, `@`, and duration arithmetic.

use std::ops::Range;

use super::Type;
use super::parser::{Expression, Parsed, Parser, Shape};
use super::selector::Selector;
use super::token::{Keyword, Kind, MUL, Op, POW};

/// The first number of seconds that overflows Go's `time.Duration`.
const LIMIT: f64 = 9_223_372_036.854_776;

const NO_SELECTOR: &str = "must be preceded by an instant vector selector or range vector selector or a subquery";
const RANGES_ONLY: &str = "ranges only allowed for vector selectors";

/// A duration: its seconds if it is a literal number.
struct Duration {
    literal: Option<f64>,
    range: Range<usize>,
}

/// The expected tokens that messages name where a duration is missing.
const DURATION: &str = "number, duration, step(), or range()";
const SUBQUERY_OR_SELECTOR: &str = "subquery or range selector";

impl Parser<'_> {
    /// Parses all modifiers, which bind more tightly than any operator.
    pub(super) fn modifiers(&mut self, mut expression: Expression) -> Parsed<Expression> {
        loop {
            match self.token.kind {
                Kind::LeftBracket => expression = self.brackets(expression)?,
                Kind::Keyword(Keyword::Offset) => self.offset(&mut expression)?,
                Kind::At => self.at_modifier(&mut expression)?,
                Kind::Keyword(word @ (Keyword::Anchored | Keyword::Smoothed)) => {
                    self.take();
                    self.interpolation(&mut expression, word == Keyword::Anchored);
                }
                _ => return Ok(expression),
            }
        }
    }

    /// Parses `[5m]` or `[5m:1m]`.
    fn brackets(&mut self, inner: Expression) -> Parsed<Expression> {
        let open = self.take();
        self.positive_duration(SUBQUERY_OR_SELECTOR, DURATION)?;
        if self.is(&Kind::Colon) {
            self.take();
            if !self.is(&Kind::RightBracket) {
                let expected = "number, duration, step(), range(), or \"]\"";
                self.positive_duration("subquery selector", expected)?;
                if !self.is(&Kind::RightBracket) {
                    return self.unexpected("subquery selector", "\"]\"");
                }
            }
            self.take();
            let range = inner.range.start..self.end;
            if inner.ty != Type::Vector {
                let message = format!(
                    "subquery is only allowed on instant vector, got {} instead",
                    inner.ty.as_str()
                );
                self.type_error(range.clone(), message);
            }
            return Ok(Expression {
                shape: Shape::Subquery(Selector::default()),
                ty: Type::Matrix,
                range,
            });
        }
        if !self.is(&Kind::RightBracket) {
            return self.unexpected("subquery or range", "\":\" or \"]\"");
        }
        self.take();
        let fault = match &inner.shape {
            Shape::Selector(selector) if selector.has_offset => Some("no offset modifiers allowed before range"),
            Shape::Selector(selector) if selector.has_at => Some("no @ modifiers allowed before range"),
            Shape::Selector(_) => None,
            _ => Some(RANGES_ONLY),
        };
        if let Some(fault) = fault {
            self.syntax(open.range.start..self.end, fault);
        }
        let selector = match inner.shape {
            Shape::Selector(selector) => Some(selector),
            _ => None,
        };
        Ok(Expression {
            shape: Shape::Matrix(selector),
            ty: Type::Matrix,
            range: inner.range.start..self.end,
        })
    }

    /// The modifiers of an expression that supports them; records an error for one that does not.
    fn modified<'e>(&mut self, expression: &'e mut Expression, name: &str) -> Option<&'e mut Selector> {
        let message = match &expression.shape {
            Shape::Matrix(None) => RANGES_ONLY.to_owned(),
            Shape::Selector(_) | Shape::Matrix(_) | Shape::Subquery(_) => String::new(),
            _ => format!("{name} modifier {NO_SELECTOR}"),
        };
        if !message.is_empty() {
            self.syntax(expression.range.clone(), message);
        }
        match &mut expression.shape {
            Shape::Selector(selector) | Shape::Subquery(selector) | Shape::Matrix(Some(selector)) => Some(selector),
            _ => None,
        }
    }

    /// Parses `offset 5m`.
    fn offset(&mut self, expression: &mut Expression) -> Parsed<()> {
        self.take();
        let duration = self.offset_duration()?;
        let before = expression.range.clone();
        let end = self.end;
        if let Some(selector) = self.modified(expression, "offset") {
            let again = selector.has_offset;
            // An offset of less than half a nanosecond counts as none.
            selector.has_offset |= duration.literal.is_none_or(|seconds| (seconds * 1e9).round() != 0.0);
            if again {
                self.syntax(before, "offset may not be set multiple times");
            }
            expression.range.end = end;
        }
        Ok(())
    }

    /// Parses `@ 1609746000` or `@ start()`.
    fn at_modifier(&mut self, expression: &mut Expression) -> Parsed<()> {
        self.take();
        let before = expression.range.clone();
        if let Some(Keyword::Start | Keyword::End) = self.keyword() {
            self.take();
            for kind in [Kind::LeftParen, Kind::RightParen] {
                self.expect(&kind)?;
            }
        } else {
            let negative = self.is(&Kind::Op(Op::Sub));
            if negative || self.is(&Kind::Op(Op::Add)) {
                self.take();
            }
            if !matches!(self.token.kind, Kind::Number | Kind::Duration) {
                return self.unexpected("@", "timestamp");
            }
            let (value, _) = self.number()?;
            let value = if negative { -value } else { value };
            if !value.is_finite() || value.abs() >= 9_223_372_036_854_775_808.0 {
                let value = gostd::float::format(value, 'f', Some(6));
                self.syntax(
                    before.clone(),
                    format!("timestamp out of bounds for @ modifier: {value}"),
                );
            }
        }
        let end = self.end;
        if let Some(selector) = self.modified(expression, "@") {
            if selector.has_at {
                self.syntax(before, "@ <timestamp> may not be set multiple times");
            } else {
                selector.has_at = true;
                expression.range.end = end;
            }
        }
        Ok(())
    }

    /// Parses `anchored` or `smoothed`.
    fn interpolation(&mut self, expression: &mut Expression, anchored: bool) {
        let name = if anchored { "anchored" } else { "smoothed" };
        let range = expression.range.clone();
        match &mut expression.shape {
            Shape::Selector(selector) | Shape::Matrix(Some(selector)) => {
                selector.anchored |= anchored;
                selector.smoothed |= !anchored;
                if selector.anchored && selector.smoothed {
                    let message = "anchored and smoothed modifiers cannot be used together";
                    self.syntax(range, message);
                }
            }
            Shape::Matrix(None) => {}
            Shape::Subquery(_) => self.syntax(range, format!("{name} modifier is not supported for subqueries")),
            _ => self.syntax(range, format!("{name} modifier not implemented")),
        }
    }

    fn positive_duration(&mut self, context: &str, expected: &str) -> Parsed<()> {
        let duration = self.duration(0, context, expected)?;
        if duration.literal.is_some_and(|seconds| seconds <= 0.0) {
            self.syntax(duration.range, "duration must be greater than 0");
        }
        Ok(())
    }

    fn checked(&mut self, seconds: f64, range: Range<usize>) -> Duration {
        if seconds.abs() > LIMIT {
            self.syntax(range.clone(), "duration out of range");
        }
        Duration {
            literal: Some(seconds),
            range,
        }
    }

    /// Parses the duration of `offset`. A number or a call ends it; only a parenthesis can begin a longer expression,
    /// because `foo offset -2 ^ 2` means `(foo offset -2) ^ 2`.
    fn offset_duration(&mut self) -> Parsed<Duration> {
        const CONTEXT: &str = "offset";
        let start = self.token.range.start;
        match self.token.kind {
            Kind::Number | Kind::Duration | Kind::Keyword(_) => self.duration_operand(CONTEXT, DURATION),
            Kind::Op(Op::Add | Op::Sub) => {
                let negative = self.is(&Kind::Op(Op::Sub));
                self.take();
                if matches!(self.token.kind, Kind::Op(_)) {
                    let inner = self.duration(MUL, CONTEXT, DURATION)?;
                    let signed = Self::signed_duration(negative, &inner, start);
                    return self.duration_operators(signed, 0, CONTEXT, DURATION);
                }
                let inner = self.duration_operand(CONTEXT, DURATION)?;
                Ok(Self::signed_duration(negative, &inner, start))
            }
            _ => self.duration(0, CONTEXT, DURATION),
        }
    }

    fn signed_duration(negative: bool, inner: &Duration, start: usize) -> Duration {
        Duration {
            literal: inner.literal.map(|seconds| if negative { -seconds } else { seconds }),
            range: start..inner.range.end,
        }
    }

    /// Parses a duration expression whose operators all have at least the precedence `least`.
    fn duration(&mut self, least: u8, context: &str, expected: &str) -> Parsed<Duration> {
        self.deeper()?;
        let start = self.token.range.start;
        let left = if matches!(self.token.kind, Kind::Op(Op::Add | Op::Sub)) {
            let negative = self.is(&Kind::Op(Op::Sub));
            self.take();
            let inner = self.duration(POW, context, expected)?;
            Self::signed_duration(negative, &inner, start)
        } else {
            self.duration_operand(context, expected)?
        };
        let left = self.duration_operators(left, least, context, expected)?;
        self.shallower();
        Ok(left)
    }

    fn duration_operators(&mut self, mut left: Duration, least: u8, context: &str, expected: &str) -> Parsed<Duration> {
        while let Kind::Op(op @ (Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod | Op::Pow)) = self.token.kind
            && op.precedence() >= least
        {
            let operator = self.take();
            let next = if op == Op::Pow { POW } else { op.precedence() + 1 };
            let right = self.duration(next, context, expected)?;
            let by_zero = match op {
                Op::Div => Some("division by zero"),
                Op::Mod => Some("modulo by zero"),
                _ => None,
            };
            if let Some(message) = by_zero
                && right.literal == Some(0.0)
            {
                self.syntax(operator.range, message);
            }
            left = Duration {
                literal: None,
                range: left.range.start..right.range.end,
            };
        }
        Ok(left)
    }

    /// Parses a number, a duration, `step()`, `range()`, `max_of(a, b)`, `min_of(a, b)`, or an expression in
    /// parentheses.
    fn duration_operand(&mut self, context: &str, expected: &str) -> Parsed<Duration> {
        let start = self.token.range.start;
        match self.token.kind {
            Kind::Number | Kind::Duration => {
                let (seconds, range) = self.number()?;
                return Ok(self.checked(seconds, range));
            }
            Kind::LeftParen => {
                self.take();
                self.duration(0, context, expected)?;
            }
            Kind::Keyword(Keyword::Step | Keyword::Range) => {
                self.take();
                if !self.is(&Kind::LeftParen) {
                    return self.unexpected(context, expected);
                }
                self.take();
            }
            Kind::Keyword(Keyword::MaxOf | Keyword::MinOf) => {
                self.take();
                if !self.is(&Kind::LeftParen) {
                    return self.unexpected(context, expected);
                }
                self.take();
                self.duration(0, context, expected)?;
                if !self.is(&Kind::Comma) {
                    return self.unexpected(context, expected);
                }
                self.take();
                self.duration(0, context, expected)?;
            }
            _ => return self.unexpected(context, expected),
        }
        if !self.is(&Kind::RightParen) {
            return self.unexpected(context, expected);
        }
        self.take();
        Ok(Duration {
            literal: None,
            range: start..self.end,
        })
    }
}
