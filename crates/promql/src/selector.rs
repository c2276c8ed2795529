//! Selectors: `name{label="value"}`.

use std::ops::Range;

use super::Type;
use super::parser::{Expression, Parsed, Parser, Shape};
use super::token::{Kind, Op, Token};
use gostd::quote::quote;
use gostd::regexp::Regexp;

/// The properties of a selector that later checks need.
#[derive(Clone, Debug, Default)]
pub(super) struct Selector {
    /// Whether the metric's name precedes the braces.
    pub(super) named: bool,
    pub(super) has_offset: bool,
    pub(super) has_at: bool,
    pub(super) anchored: bool,
    pub(super) smoothed: bool,
    /// The index of the type error that says that it matches everything.
    pub(super) selects_all: Option<usize>,
}

/// `label op "value"`, or the name of a metric in quotes.
struct Matcher {
    label: String,
    value: String,
    matches_empty: bool,
}

const CONTEXT: &str = "label matching";

impl Parser<'_> {
    /// Parses a selector: after the metric's name, or of braces alone.
    pub(super) fn selector(&mut self, name: Option<Token>) -> Parsed<Expression> {
        let start = name.as_ref().map_or(self.token.range.start, |name| name.range.start);
        let matchers = if self.is(&Kind::LeftBrace) {
            self.matchers()?
        } else {
            Vec::new()
        };
        let range = start..self.end;
        let mut selector = Selector {
            named: name.is_some(),
            ..Selector::default()
        };
        if let Some(name) = name {
            let name = quote(self.value(&name));
            for matcher in matchers.iter().filter(|matcher| matcher.label == "__name__") {
                let message = format!("metric name must not be set twice: {name} or {}", quote(&matcher.value));
                self.type_error(range.clone(), message);
            }
        } else if matchers.iter().all(|matcher| matcher.matches_empty) {
            selector.selects_all = Some(self.types.len());
            let message = "vector selector must contain at least one non-empty matcher";
            self.type_error(range.clone(), message);
        }
        Ok(Expression {
            shape: Shape::Selector(selector),
            ty: Type::Vector,
            range,
        })
    }

    fn matchers(&mut self) -> Parsed<Vec<Matcher>> {
        self.take();
        let mut matchers = Vec::new();
        if self.is(&Kind::RightBrace) {
            self.take();
            return Ok(matchers);
        }
        loop {
            matchers.extend(self.matcher()?);
            match self.token.kind {
                Kind::Comma => {
                    self.take();
                }
                Kind::RightBrace => {}
                _ => return self.unexpected(CONTEXT, "\",\" or \"}\""),
            }
            if self.is(&Kind::RightBrace) {
                self.take();
                return Ok(matchers);
            }
        }
    }

    /// Parses a matcher; none if its regular expression is invalid.
    fn matcher(&mut self) -> Parsed<Option<Matcher>> {
        let (label, place) = match self.token.kind {
            Kind::Identifier => {
                let token = self.take();
                (self.value(&token).to_owned(), token.range)
            }
            Kind::String => {
                let token = self.take();
                let text = self.unquote(&token);
                if matches!(self.token.kind, Kind::Comma | Kind::RightBrace) {
                    return Ok(Some(Matcher {
                        label: "__name__".to_owned(),
                        matches_empty: text.is_empty(),
                        value: text,
                    }));
                }
                if !self.is_match_operator() {
                    return self.unexpected(CONTEXT, "\",\" or \"}\"");
                }
                (text, token.range)
            }
            _ => return self.unexpected(CONTEXT, "identifier or \"}\""),
        };
        if !self.is_match_operator() {
            return self.unexpected(CONTEXT, "label matching operator");
        }
        let operator = self.take().kind;
        if !self.is(&Kind::String) {
            return self.unexpected(CONTEXT, "string");
        }
        let token = self.take();
        let value = self.unquote(&token);
        let matches_empty = match operator {
            Kind::Is => value.is_empty(),
            Kind::Op(_) => !value.is_empty(),
            _ => match full_match(&value) {
                Ok(regex) => regex.is_match("") == (operator == Kind::Matches),
                Err(message) => {
                    self.syntax(place.start..token.range.end, message);
                    return Ok(None);
                }
            },
        };
        Ok(Some(Matcher {
            label,
            value,
            matches_empty,
        }))
    }

    fn is_match_operator(&self) -> bool {
        matches!(
            self.token.kind,
            Kind::Is | Kind::Op(Op::NotEqual) | Kind::Matches | Kind::MatchesNot
        )
    }

    /// Checks the second argument of `info`. It selects labels: a selector without a name, which may match everything.
    pub(super) fn labels_of_info(&mut self, labels: &Expression, call: &Range<usize>) {
        if labels.ty != Type::Vector {
            let message = format!(
                "expected type {} in call to function \"info\", got {}",
                Type::Vector,
                labels.ty
            );
            self.type_error(call.clone(), message);
        }
        match &labels.shape {
            Shape::Selector(selector) if selector.named => {
                let message = "expected label selectors only, got vector selector instead";
                self.type_error(labels.range.clone(), message);
            }
            Shape::Selector(selector) => {
                if let Some(at) = selector.selects_all {
                    self.types.remove(at);
                }
            }
            _ => self.type_error(labels.range.clone(), "expected label selectors only"),
        }
    }
}

/// Compiles the regular expression of a matcher, which must match the whole value.
fn full_match(expression: &str) -> Result<std::sync::Arc<Regexp>, String> {
    // Compiled alone first: the error must not show the added text, and the expression must not close the added group.
    Regexp::compile(expression)?;
    Regexp::compile(&format!("^(?s:{expression})$"))
}
