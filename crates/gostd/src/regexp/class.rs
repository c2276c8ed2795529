//! Character classes in regular expressions.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use crate::string::RESERVED_START;

/// Ranges of a Perl or POSIX class.
type Ranges = &'static [(char, char)];

const DIGIT: Ranges = &[('0', '9')];
const SPACE: Ranges = &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')];
const WORD: Ranges = &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
const LETTERS: Ranges = &[('A', 'Z'), ('a', 'z')];
const PUNCTUATION: Ranges = &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')];

/// Creates a class of these ranges.
pub(super) fn of(ranges: &[(char, char)]) -> ClassUnicode {
    ClassUnicode::new(ranges.iter().map(|&(start, end)| ClassUnicodeRange::new(start, end)))
}

/// `\d` and the like: the ranges, and whether the class is negated.
pub(super) fn perl(letter: char) -> Option<(Ranges, bool)> {
    let ranges = match letter.to_ascii_lowercase() {
        'd' => DIGIT,
        's' => SPACE,
        'w' => WORD,
        _ => return None,
    };
    Some((ranges, letter.is_ascii_uppercase()))
}

/// `[:alpha:]` and the like, by the name between the colons: the ranges, and whether the class is negated.
pub(super) fn posix(name: &str) -> Option<(Ranges, bool)> {
    let (name, negated) = match name.strip_prefix('^') {
        Some(name) => (name, true),
        None => (name, false),
    };
    let ranges: Ranges = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => LETTERS,
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => DIGIT,
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => PUNCTUATION,
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => WORD,
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    Some((ranges, negated))
}

/// `\p{name}`: a Unicode category or script.
pub(super) fn unicode(name: &str) -> Option<ClassUnicode> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' ');
    if name.is_empty() || !name.chars().all(plain) {
        return None;
    }
    let hir = regex_syntax::parse(&format!("\\p{{{name}}}")).ok()?;
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class),
        HirKind::Class(Class::Bytes(class)) => class.to_unicode_class(),
        // A category with a single character.
        HirKind::Literal(literal) => {
            let c = std::str::from_utf8(&literal.0).ok()?.chars().next()?;
            Some(of(&[(c, c)]))
        }
        _ => None,
    }
}

/// Applies case folding and negation to one item of a class.
pub(super) fn item(mut class: ClassUnicode, fold: bool, negated: bool) -> ClassUnicode {
    if fold {
        // This cannot fail, because the tables are compiled in.
        let _ = class.try_case_fold_simple();
    }
    if negated {
        class.negate();
    }
    class
}

/// The texts that an expression is matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    /// ASCII only: classes lose all other characters, which makes compilation faster.
    Ascii,
    /// Any text.
    All,
}

/// Converts a class to a node that matches the given texts. A class that contains U+FFFD also contains the characters
/// that stand for bytes.
pub(super) fn node(mut class: ClassUnicode, texts: Texts) -> Hir {
    if texts == Texts::Ascii {
        class.intersect(&of(&[('\0', '\x7f')]));
        return Hir::class(match class.to_byte_class() {
            Some(bytes) => Class::Bytes(bytes),
            None => Class::Unicode(class),
        });
    }
    let bytes = of(&[(RESERVED_START, char::MAX)]);
    let replacement = char::REPLACEMENT_CHARACTER;
    if class
        .ranges()
        .iter()
        .any(|range| range.start() <= replacement && replacement <= range.end())
    {
        class.union(&bytes);
    } else {
        class.difference(&bytes);
    }
    Hir::class(Class::Unicode(class))
}
