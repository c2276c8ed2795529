//! What a traced template says on its way.
//!
//! ```text
//! {{ $x := .Values.a }}   {% set _ = mark(0) %}{% set v_x_1 = dot|path("Values.a")|noted(1) %}
//! {{ $x }}                {% set _ = mark(1) %}{{ v_x_1|seen(1) }}
//! {{ range .Values.b }}   {% set _ = mark(2) %}{% for dot2 in dot|path("Values.b")|ranged(2)|items(1) %}
//!                         {% set _ = turn(2, 0, loop.index0) %}
//! ```
//!
//! A variable goes by the number in its lowered name, the dot that a template starts with by 0.

use super::Lowerer;
use super::code::Code;
use crate::source::Span;

/// The number of a lowered name.
fn slot(name: &str) -> &str {
    let name = name.strip_suffix(".value").unwrap_or(name);
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == name.len() {
        "0"
    } else {
        &name[stem.len()..]
    }
}

impl Lowerer<'_> {
    /// Says that a statement begins.
    pub(super) fn mark(&mut self, span: Span) {
        if self.traced {
            let call = format!("set _ = mark({})", self.out.map.statements.len());
            self.out.map.statements.push(span);
            self.statement(&Code::plain(call));
        }
    }

    /// A read of a variable or dot.
    pub(super) fn seen(&self, read: &str) -> Code {
        if self.traced {
            Code::plain(format!("{read}|seen({})", slot(read)))
        } else {
            Code::plain(read)
        }
    }

    /// A read of a variable or dot that a field is taken of. The dot of a template knows itself where its fields are from.
    pub(super) fn seen_receiver(&self, read: &str) -> Code {
        if slot(read) == "0" {
            Code::plain(read)
        } else {
            self.seen(read)
        }
    }

    /// The value that a variable or dot gets.
    pub(super) fn noted(&self, name: &str, value: &Code) -> Code {
        if self.traced {
            value.clone().text(&format!("|noted({})", slot(name)))
        } else {
            value.clone()
        }
    }

    /// What is ranged over.
    pub(super) fn ranged(&self, element: &str, value: Code) -> Code {
        if self.traced {
            value.text(&format!("|ranged({})", slot(element)))
        } else {
            value
        }
    }

    /// Says that a turn of a loop begins.
    pub(super) fn turn_begins(&mut self, element: &str, key: &str) {
        if self.traced {
            let call = format!("set _ = turn({}, {}, loop.index0)", slot(element), slot(key));
            self.statement(&Code::plain(call));
        }
    }
}
