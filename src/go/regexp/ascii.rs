//! Expressions cut down to what can match ASCII.

use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

/// An expression that matches the same texts of ASCII, and compiles faster: classes lose all other characters.
pub(super) fn only(hir: Hir) -> Hir {
    match hir.into_kind() {
        HirKind::Class(mut class) => {
            if let Class::Unicode(unicode) = &class
                && let Some(bytes) = ascii_part(unicode)
            {
                class = Class::Bytes(bytes);
            }
            Hir::class(class)
        }
        HirKind::Repetition(repetition) => Hir::repetition(Repetition {
            sub: Box::new(only(*repetition.sub)),
            ..repetition
        }),
        HirKind::Capture(capture) => Hir::capture(Capture {
            sub: Box::new(only(*capture.sub)),
            ..capture
        }),
        HirKind::Concat(parts) => Hir::concat(parts.into_iter().map(only).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.into_iter().map(only).collect()),
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Look(look) => Hir::look(look),
    }
}

fn ascii_part(class: &regex_syntax::hir::ClassUnicode) -> Option<regex_syntax::hir::ClassBytes> {
    let ascii = regex_syntax::hir::ClassUnicode::new([regex_syntax::hir::ClassUnicodeRange::new('\0', '\x7F')]);
    let mut class = class.clone();
    class.intersect(&ascii);
    class.to_byte_class()
}
