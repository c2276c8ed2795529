//! Filters: `@.kind == "Pod" && !@.name`, `@ =~ /x.*/`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::{Path, Selector};
use gostd::float;
use gostd::regexp::Regexp;
use goyaml::{Node, Value};

/// A condition on a node.
#[derive(Debug)]
pub(super) enum Filter {
    Or(Box<Filter>, Box<Filter>),
    And(Box<Filter>, Box<Filter>),
    Not(Box<Filter>),
    Compare(Term, Operator, Term),
    Exists(Term),
}

/// One side of a comparison.
#[derive(Debug)]
pub(super) enum Term {
    /// `@...`
    Item(Path),
    /// `$...`
    Root(Path),
    Literal(Scalar),
    Regexp(Arc<Regexp>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Matches,
}

/// The type and text of a value in a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Number(f64),
    Text(Arc<str>),
    /// A collection.
    Other,
}

impl Scalar {
    fn of(node: &Node) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "numbers are compared as floats")]
        match &node.value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Number(*value as f64),
            Value::Uint(value) => Self::Number(*value as f64),
            Value::Float(value) => Self::Number(*value),
            Value::String(text) => Self::Text(Arc::clone(text)),
            Value::List(_) | Value::Map(_) => Self::Other,
        }
    }

    /// A numeric literal.
    pub(super) fn number(text: &str) -> Option<Self> {
        float::parse(text).ok().map(Self::Number)
    }

    /// The order of two values; `None` if they cannot be compared.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Bool(a), Self::Bool(b)) => (a == b).then_some(Ordering::Equal),
            (Self::Number(a), Self::Number(b)) => Some(a.partial_cmp(b).unwrap_or(Ordering::Equal)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }
}

impl Filter {
    /// Whether a node matches.
    pub(super) fn accepts(&self, node: &Node, root: &Node) -> bool {
        match self {
            Self::Or(a, b) => a.accepts(node, root) || b.accepts(node, root),
            Self::And(a, b) => a.accepts(node, root) && b.accepts(node, root),
            Self::Not(inner) => !inner.accepts(node, root),
            Self::Exists(Term::Literal(Scalar::Bool(value))) => *value,
            Self::Exists(term) => !term.nodes(node, root).is_empty(),
            Self::Compare(left, operator, right) => {
                let left = left.scalars(node, root);
                if let Term::Regexp(regexp) = right {
                    let is_match = |scalar: &Scalar| matches!(scalar, Scalar::Text(text) if regexp.is_match(text));
                    return *operator == Operator::Matches && !left.is_empty() && left.iter().all(is_match);
                }
                let right = right.scalars(node, root);
                let mut pairs = left
                    .iter()
                    .flat_map(|left| right.iter().map(move |right| (left, right)));
                !left.is_empty() && !right.is_empty() && pairs.all(|(left, right)| operator.holds(left.compare(right)))
            }
        }
    }
}

impl Operator {
    fn holds(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::NotEqual => order != Some(Ordering::Equal),
            Self::Greater => order == Some(Ordering::Greater),
            Self::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Self::Less => order == Some(Ordering::Less),
            Self::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Matches => false,
        }
    }
}

impl Term {
    fn nodes(&self, node: &Node, root: &Node) -> Vec<Node> {
        match self {
            Self::Item(path) => path.find(node),
            Self::Root(path) => path.find(root),
            Self::Literal(_) | Self::Regexp(_) => Vec::new(),
        }
    }

    fn scalars(&self, node: &Node, root: &Node) -> Vec<Scalar> {
        match self {
            Self::Literal(scalar) => vec![scalar.clone()],
            _ => self.nodes(node, root).iter().map(Scalar::of).collect(),
        }
    }

    /// A term of a path.
    pub(super) fn path(is_item: bool, steps: Vec<Selector>) -> Self {
        let path = Path { steps };
        if is_item { Self::Item(path) } else { Self::Root(path) }
    }
}
