//! The calls that a traced template makes to report what it does.
//!
//! ```text
//! {{ $x := .Values.a }}   {% set _ = mark(0) %}{% set v_x_1 = dot|path("Values.a")|noted(1) %}
//! {{ $x }}                {% set _ = mark(1) %}{{ v_x_1|seen(1) }}
//! {{ range .Values.b }}   {% set _ = mark(2) %}{% for dot2 in dot|path("Values.b")|ranged(2)|items(1) %}
//!                         {% set _ = turn(2, 0, loop.index0) %}
//! ```
//!
//! A variable is identified by the number in its lowered name, and the template's initial dot by 0.

use super::Lowerer;
use super::code::Code;
use source::Span;

/// Returns the number in a lowered name.
pub(super) fn slot(name: &str) -> &str {
    let name = name.strip_suffix(".value").unwrap_or(name);
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == name.len() {
        "0"
    } else {
        &name[stem.len()..]
    }
}

impl Lowerer<'_> {
    /// Records that a statement begins.
    pub(super) fn mark(&mut self, span: Span) {
        if self.access.traced {
            let number = self.out.map.statements.len().to_string();
            self.out.map.statements.push(span);
            self.statement(&["set _ = mark(", &number, ")"]);
        }
    }

    /// Records that an iteration of a loop begins.
    pub(super) fn turn_begins(&mut self, element: &str, key: &str) {
        if self.access.traced {
            self.statement(&["set _ = turn(", slot(element), ", ", slot(key), ", loop.index0)"]);
        }
    }
}

/// How variables are read and set: plain or traced.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// Whether the lowered text reports what it does.
    pub(super) traced: bool,
}

impl Access {
    /// Writes a read of a variable or of the dot.
    pub(super) fn seen(self, code: &mut Code, read: &str) {
        code.text(read);
        if self.traced {
            code.text("|seen(").text(slot(read)).text(")");
        }
    }

    /// Writes a read of a variable or of the dot whose field is taken. The template's initial dot needs no record,
    /// because its fields carry their own origins.
    pub(super) fn seen_receiver(self, code: &mut Code, read: &str) {
        if slot(read) == "0" {
            code.text(read);
        } else {
            self.seen(code, read);
        }
    }

    /// Returns the suffix for the value that a variable or the dot is set to.
    pub(super) fn noted(self, name: &str) -> String {
        if self.traced {
            format!("|noted({})", slot(name))
        } else {
            String::new()
        }
    }

    /// Writes the suffix for the value that is ranged over.
    pub(super) fn ranged(self, code: &mut Code, element: &str) {
        if self.traced {
            code.text("|ranged(").text(slot(element)).text(")");
        }
    }
}
