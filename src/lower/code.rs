//! Lowered text under construction, with the places that lead back to the template.

use crate::template::ast::NodeId;

/// A piece of lowered text.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// The text.
    pub(super) text: String,
    /// Where a call begins in it, and the node that it was made from.
    pub(super) sites: Vec<(usize, NodeId)>,
    /// How much of minijinja's nesting limit the text takes.
    pub(super) depth: usize,
}

impl Code {
    /// A text without calls in it.
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            sites: Vec::new(),
            depth: 0,
        }
    }

    /// Appends text.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Appends a name whose call stands for a node.
    pub(super) fn name(mut self, name: &str, node: NodeId) -> Self {
        self.sites.push((self.text.len(), node));
        self.text.push_str(name);
        self
    }

    /// Appends other code.
    pub(super) fn code(mut self, other: &Code) -> Self {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        self.sites
            .extend(other.sites.iter().map(|&(at, node)| (offset + at, node)));
        self.depth = self.depth.max(other.depth);
        self
    }

    /// Appends a parenthesised list of arguments.
    pub(super) fn arguments(mut self, arguments: &[Code]) -> Self {
        self.text.push('(');
        for (at, argument) in arguments.iter().enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            self = self.code(argument);
        }
        self.text.push(')');
        self.deeper(1)
    }

    /// Adds to the nesting.
    pub(super) fn deeper(mut self, levels: usize) -> Self {
        self.depth += levels;
        self
    }

    /// For a place where nil and no value are the same: without the step that turns one into the other.
    pub(super) fn bare(mut self) -> Self {
        if self.text.ends_with("|elem") {
            self.text.truncate(self.text.len() - "|elem".len());
        }
        self
    }

    /// Puts parentheses around.
    pub(super) fn parenthesized(self) -> Self {
        Self::plain("(").code(&self).text(")").deeper(2)
    }
}

/// A text as a Jinja string literal on one line.
pub(super) fn string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            _ => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

/// An integer as a Jinja literal.
pub(super) fn int(value: i64) -> String {
    match value {
        // The positive number would be too large for the type.
        i64::MIN => format!("({} - 1)", i64::MIN + 1),
        // A minus binds less than a filter.
        _ if value < 0 => format!("({value})"),
        _ => value.to_string(),
    }
}

/// A float as a Jinja literal.
pub(super) fn float(value: f64) -> String {
    if value.is_sign_negative() {
        format!("({value:?})")
    } else {
        format!("{value:?}")
    }
}
