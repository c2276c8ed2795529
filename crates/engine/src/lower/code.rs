//! Lowered text under construction, with the places that lead back to the template.

use std::fmt::{Display, Write as _};

use gotemplate::ast::NodeId;

/// What has been written of an expression. It grows at its end: an expression is written from left to right, and what
/// comes to stand elsewhere is cut off again.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// The text.
    pub(super) text: String,
    /// Where a call begins in it, and the node that it was made from.
    pub(super) sites: Vec<(usize, NodeId)>,
}

/// A place in [`Code`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    text: usize,
    sites: usize,
}

impl Code {
    /// A text without calls in it.
    pub(super) fn plain(text: String) -> Self {
        Self {
            text,
            sites: Vec::new(),
        }
    }

    /// Where it ends so far.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            text: self.text.len(),
            sites: self.sites.len(),
        }
    }

    /// Cuts off what was written from a place on.
    pub(super) fn split_off(&mut self, mark: Mark) -> Self {
        let sites = self.sites.drain(mark.sites..);
        let sites = sites.map(|(at, node)| (at - mark.text, node)).collect();
        let text = self.text.split_off(mark.text);
        Self { text, sites }
    }

    /// Forgets what was written from a place on.
    pub(super) fn truncate(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.sites.truncate(mark.sites);
    }

    /// Forgets everything but the memory that it took.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.sites.clear();
    }

    /// Appends text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends what prints as text.
    pub(super) fn print(&mut self, value: impl Display) -> &mut Self {
        // Memory is all that writing to a string may want.
        _ = write!(self.text, "{value}");
        self
    }

    /// Appends a name whose call stands for a node.
    pub(super) fn name(&mut self, name: &str, node: NodeId) -> &mut Self {
        self.sites.push((self.text.len(), node));
        self.text(name)
    }

    /// Appends other code.
    pub(super) fn append(&mut self, other: &Self) {
        let offset = self.text.len();
        self.text.push_str(&other.text);
        self.sites
            .extend(other.sites.iter().map(|&(at, node)| (offset + at, node)));
    }

    /// Opens a parenthesis at a place that has been passed.
    pub(super) fn parenthesis_at(&mut self, mark: Mark) {
        self.text.insert(mark.text, '(');
        self.sites[mark.sites..].iter_mut().for_each(|(at, _)| *at += 1);
    }

    /// For a place where nil and no value are the same: without the step that turns one into the other.
    pub(super) fn bare(&mut self) {
        if self.text.ends_with("|elem") {
            self.text.truncate(self.text.len() - "|elem".len());
        }
    }

    /// Appends a text as a Jinja string literal on one line.
    pub(super) fn string(&mut self, text: &str) -> &mut Self {
        let out = &mut self.text;
        out.push('"');
        let mut rest = text;
        while let Some(at) = rest.find(['"', '\\', '\n', '\r', '\t']) {
            out.push_str(&rest[..at]);
            out.push_str(match rest.as_bytes()[at] {
                b'"' => "\\\"",
                b'\\' => "\\\\",
                b'\n' => "\\n",
                b'\r' => "\\r",
                _ => "\\t",
            });
            rest = &rest[at + 1..];
        }
        out.push_str(rest);
        out.push('"');
        self
    }

    /// Appends an integer as a Jinja literal.
    pub(super) fn int(&mut self, value: i64) -> &mut Self {
        match value {
            // The positive number would be too large for the type.
            i64::MIN => self.print(format_args!("({} - 1)", i64::MIN + 1)),
            // A minus binds less than a filter.
            _ if value < 0 => self.print(format_args!("({value})")),
            _ => self.print(value),
        }
    }

    /// Appends a float as a Jinja literal.
    pub(super) fn float(&mut self, value: f64) -> &mut Self {
        if value.is_sign_negative() {
            self.print(format_args!("({value:?})"))
        } else {
            self.print(format_args!("{value:?}"))
        }
    }
}
