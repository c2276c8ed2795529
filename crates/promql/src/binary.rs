//! Binary operators: vector matching, and the operand types of each operator.

use std::collections::BTreeSet;

use super::Type;
use super::parser::{Expression, Parsed, Parser};
use super::token::{Keyword, Kind, Op, POW};
use gostd::quote::quote;

impl Parser<'_> {
    /// Parses an operator and its right operand, and checks the types of both sides.
    pub(super) fn binary(&mut self, left: &Expression, op: Op) -> Parsed<Expression> {
        let operator = self.take();
        let matching = self.matching()?;
        let least = if op == Op::Pow { POW } else { op.precedence() + 1 };
        let right = self.expression(least)?;
        let range = left.range.start..right.range.end;
        let place = self.lexer.trim(operator.range.start..right.range.start);
        let scalars = left.ty == Type::Scalar && right.ty == Type::Scalar;
        if matching.fills && !self.options.fill_modifiers {
            self.syntax(range.clone(), "binop fill modifiers are experimental and not enabled");
        }
        if matching.returns_bool && !op.is_comparison() {
            self.type_error(place.clone(), "bool modifier can only be used on comparison operators");
        }
        if op.is_comparison() && !matching.returns_bool && scalars {
            self.type_error(place.clone(), "comparisons between scalars must use BOOL modifier");
        }
        if matching.on {
            let include: BTreeSet<&String> = matching.include.iter().collect();
            for label in matching.labels.iter().filter(|label| include.contains(label)) {
                let message = format!("label {} must not occur in ON and GROUP clause at once", quote(label));
                self.type_error(place.clone(), message);
            }
        }
        for side in [left, &right] {
            if !matches!(side.ty, Type::Scalar | Type::Vector) {
                let message = "binary expression must contain only scalar and instant vector types";
                self.type_error(side.range.clone(), message);
            }
        }
        if left.ty != Type::Vector || right.ty != Type::Vector {
            if !matching.labels.is_empty() {
                self.type_error(range.clone(), "vector matching only allowed between instant vectors");
            }
            if matching.fills {
                let message = "filling in missing series only allowed between instant vectors";
                self.type_error(range.clone(), message);
            }
        } else if op.is_set() {
            if matching.groups {
                let name = quote(op.as_str());
                self.type_error(range.clone(), format!("no grouping allowed for {name} operation"));
                self.type_error(range.clone(), "set operations must always be many-to-many");
            }
            if matching.fills {
                let message = "filling in missing series not allowed for set operators";
                self.type_error(range.clone(), message);
            }
        }
        if op.is_set() && (left.ty == Type::Scalar || right.ty == Type::Scalar) {
            let name = quote(op.as_str());
            let message = format!("set operator {name} not allowed in binary scalar expression");
            self.type_error(range.clone(), message);
        }
        let ty = if scalars { Type::Scalar } else { Type::Vector };
        Ok(Expression::other(ty, range))
    }

    /// Parses `bool on (...) group_left (...) fill (...)`; each part is optional.
    fn matching(&mut self) -> Parsed<Matching> {
        let mut matching = Matching::default();
        if self.keyword() == Some(Keyword::Bool) {
            self.take();
            matching.returns_bool = true;
        }
        if let Some(word @ (Keyword::On | Keyword::Ignoring)) = self.keyword() {
            self.take();
            matching.on = word == Keyword::On;
            matching.labels = self.grouping_labels()?;
            if matches!(self.keyword(), Some(Keyword::GroupLeft | Keyword::GroupRight)) {
                self.take();
                matching.groups = true;
                if self.is(&Kind::LeftParen) {
                    matching.include = self.grouping_labels()?;
                }
            }
        }
        let first = self.fill(&mut matching)?;
        let second = match first {
            Some(Keyword::FillLeft) => Keyword::FillRight,
            Some(Keyword::FillRight) => Keyword::FillLeft,
            _ => return Ok(matching),
        };
        if self.keyword() == Some(second) {
            self.fill(&mut matching)?;
        }
        Ok(matching)
    }

    /// Parses `fill (number)`, `fill_left (number)` or `fill_right (number)`, if there is one.
    fn fill(&mut self, matching: &mut Matching) -> Parsed<Option<Keyword>> {
        let Some(word @ (Keyword::Fill | Keyword::FillLeft | Keyword::FillRight)) = self.keyword() else {
            return Ok(None);
        };
        self.take();
        matching.fills = true;
        self.expect(&Kind::LeftParen)?;
        if matches!(self.token.kind, Kind::Op(Op::Add | Op::Sub)) {
            self.take();
        }
        if !matches!(self.token.kind, Kind::Number | Kind::Duration) {
            return self.misplaced();
        }
        self.number()?;
        self.expect(&Kind::RightParen)?;
        Ok(Some(word))
    }
}

/// The vector matching of an operator.
#[derive(Default)]
struct Matching {
    returns_bool: bool,
    on: bool,
    labels: Vec<String>,
    groups: bool,
    include: Vec<String>,
    fills: bool,
}
