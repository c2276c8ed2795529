//! Aggregations and function calls.

use super::functions::{self, Function};
use super::parser::{Expression, Parsed, Parser};
use super::token::{Aggregation, Keyword, Kind, Op, Token};
use super::{Error, ErrorKind, Type};
use gostd::quote::quote;

impl Parser<'_> {
    pub(super) fn aggregation_or_metric(&mut self, aggregation: Aggregation, token: Token) -> Parsed<Expression> {
        match self.token.kind {
            Kind::LeftParen | Kind::Keyword(Keyword::By | Keyword::Without) => self.aggregation(aggregation, &token),
            // A token that can follow an expression: the name is that of a metric.
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

    /// Parses `by (...)` or `without (...)`; returns whether there is one.
    fn grouping(&mut self) -> Parsed<bool> {
        let found = matches!(self.keyword(), Some(Keyword::By | Keyword::Without));
        if found {
            self.take();
            self.grouping_labels()?;
        }
        Ok(found)
    }

    /// Parses `(label, ...)`.
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
                    if label.is_empty() || gostd::string::may_have_escapes(&label) {
                        let message = format!("invalid label name for grouping: {}", quote(&label));
                        self.syntax(token.range, message);
                    }
                    labels.push(label);
                }
                // Any word is a label, even a keyword; Prometheus' grammar omits only this one.
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

    /// Parses `(expression, ...)`.
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

    pub(super) fn call(&mut self, name: &Token) -> Parsed<Expression> {
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
        // The number of arguments is checked before their types.
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

/// The message for a wrong number of arguments; none if the number is valid.
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
