//! The filters that a traced template calls to report what it does.
//!
//! ```text
//! {{ $x := .Values.a }}   mark(0); x = trace_set(path(dot, "Values.a"), 1)
//! {{ $x }}                mark(1); emit trace_read(x, 1)
//! text                    copied(2, 4); emit "text"
//! {{ range .Values.b }}   mark(3); for y in items(trace_range(path(dot, "Values.b"), 2), 1, 2) { trace_iteration(2, 2, loop.index0) ... }
//! ```
//!
//! The numbers of `mark` and `copied` are those of the statements, which [`super::Lowered::statement`] knows. A variable
//! is identified by the number of its minijinja variable, and the template's initial dot by 0.

use minijinja::machinery::Instruction;

use super::Lowerer;
use super::scope::Place;
use gotemplate::ast::Text;
use source::Span;

impl Lowerer<'_, '_> {
    /// Adds a statement, and pushes its number.
    fn statement(&mut self, span: Span) {
        self.code.constant(self.statements.len());
        self.statements.push(span);
    }

    /// Records that a statement begins.
    pub(super) fn mark(&mut self, span: Span) {
        if self.traced {
            self.statement(span);
            self.code.filter("mark", 1, None);
            self.code.discard();
        }
    }

    /// Records that a text is copied.
    pub(super) fn copied(&mut self, text: &Text) {
        if self.traced {
            self.statement(text.meta.span);
            self.code.constant(text.text.len());
            self.code.filter("copied", 2, None);
            self.code.discard();
        }
    }

    /// Records that an iteration of a loop begins.
    pub(super) fn turn_begins(&mut self, element: u32, key: Option<u32>) {
        if self.traced {
            self.code.constant(element);
            self.code.constant(key.unwrap_or(element));
            self.code.add(Instruction::Lookup("loop"));
            self.code.add(Instruction::GetAttr("index0"));
            self.code.filter("trace_iteration", 3, None);
            self.code.discard();
        }
    }

    /// Records that the topmost value is read from, kept in or ranged over by a variable.
    pub(super) fn report(&mut self, filter: &'static str, number: u32) {
        if self.traced {
            self.code.constant(number);
            self.code.filter(filter, 2, None);
        }
    }

    /// Pushes the value of a variable or the dot.
    pub(super) fn read(&mut self, place: Place) {
        self.load(place);
        self.report("trace_read", place.number());
    }

    /// Pushes the value of a variable or the dot whose field is taken. The template's initial dot needs no record,
    /// because its fields carry their own origins.
    pub(super) fn read_receiver(&mut self, place: Place) {
        self.load(place);
        if place.number() != 0 {
            self.report("trace_read", place.number());
        }
    }
}
