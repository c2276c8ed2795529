//! Lowered text under construction, with the positions that map back to the template.

use std::fmt::{Display, Write as _};

use gotemplate::ast::NodeId;

/// A lowered expression under construction. Expressions are written left to right, so text is only appended; a part
/// that belongs elsewhere is split off again.
#[derive(Clone, Debug, Default)]
pub(super) struct Code {
    /// The text.
    pub(super) text: String,
    /// The offset of each call in the text, and the node that it was lowered from.
    pub(super) sites: Vec<(usize, NodeId)>,
}

/// A place in [`Code`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    text: usize,
    sites: usize,
}

impl Code {
    /// Code that contains no calls.
    pub(super) fn plain(text: String) -> Self {
        Self {
            text,
            sites: Vec::new(),
        }
    }

    /// Returns the current end.
    pub(super) fn mark(&self) -> Mark {
        Mark {
            text: self.text.len(),
            sites: self.sites.len(),
        }
    }

    /// Splits off everything after a mark.
    pub(super) fn split_off(&mut self, mark: Mark) -> Self {
        let sites = self.sites.drain(mark.sites..);
        let sites = sites.map(|(at, node)| (at - mark.text, node)).collect();
        let text = self.text.split_off(mark.text);
        Self { text, sites }
    }

    /// Drops everything after a mark.
    pub(super) fn truncate(&mut self, mark: Mark) {
        self.text.truncate(mark.text);
        self.sites.truncate(mark.sites);
    }

    /// Empties the text and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.sites.clear();
    }

    /// Appends text.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a value as it is displayed.
    pub(super) fn print(&mut self, value: impl Display) -> &mut Self {
        // Writing to a `String` cannot fail.
        _ = write!(self.text, "{value}");
        self
    }

    /// Appends a function name and records that its call stands for a node.
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

    /// Inserts an opening parenthesis at a mark.
    pub(super) fn parenthesis_at(&mut self, mark: Mark) {
        self.text.insert(mark.text, '(');
        self.sites[mark.sites..].iter_mut().for_each(|(at, _)| *at += 1);
    }

    /// Drops a trailing `|elem`, which turns nil into no value, where the two are equivalent.
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
            // The absolute value of `i64::MIN` does not fit an i64.
            i64::MIN => self.print(format_args!("({} - 1)", i64::MIN + 1)),
            // A unary minus binds less tightly than a filter.
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
