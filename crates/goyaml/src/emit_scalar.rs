//! Formatting of strings: quotes, folding and escapes.

use std::borrow::Cow;

use super::base64;
use super::emit::{BEST_WIDTH, Style, Writer};
use super::json;
use super::parse::Parser;
use super::reader::Input;
use super::resolve::{self, Scalar, Version};
use super::tree::{ItemKind, Tree};
use gostd::string as gostring;

#[derive(Clone, Copy, PartialEq)]
enum Look {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// A string ready to be written.
pub(super) struct Prepared<'a> {
    text: Cow<'a, str>,
    /// Whether it is the base64 of bytes that are not UTF-8.
    binary: bool,
    wanted: Look,
    allowed: Allowed,
}

/// The styles that a text can have. Double quotes are always possible.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Copy)]
struct Allowed {
    multiline: bool,
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Prepared<'_> {
    pub(super) fn is_multiline(&self) -> bool {
        self.allowed.multiline
    }

    /// The length in bytes, with the tag.
    pub(super) fn len(&self) -> usize {
        self.text.len() + if self.binary { "!!binary".len() } else { 0 }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}')
}

impl Writer {
    /// Chooses the style of a string.
    pub(super) fn prepare<'a>(&mut self, text: &'a str, key: bool) -> Prepared<'a> {
        let (text, binary) = match self.style {
            Style::V2 => (self.through_json(text, key), false),
            Style::V3 => printable_or_binary(text),
        };
        let version = match self.style {
            Style::V2 => Version::V2,
            Style::V3 => Version::V3,
        };
        let means_itself = binary
            || resolve::resolve(version, &text) == Scalar::String
                && !resolve::is_base60(&text)
                && (version == Version::V2 || resolve::old_bool(&text).is_none());
        let wanted = if memchr::memchr(b'\n', text.as_bytes()).is_some() {
            Look::Literal
        } else if means_itself {
            Look::Plain
        } else {
            Look::DoubleQuoted
        };
        let allowed = analyze(&text, self.style);
        Prepared {
            text,
            binary,
            wanted,
            allowed,
        }
    }

    /// The string after it was written as JSON and read as YAML. In nearly all cases it is unchanged.
    fn through_json<'a>(&mut self, text: &'a str, key: bool) -> Cow<'a, str> {
        let text = json::valid(text);
        let awkward = memchr::memchr3_iter(0x7F, 0xC2, 0xEF, text.as_bytes()).any(|at| {
            matches!(
                text.as_bytes()[at..],
                [0x7F, ..] | [0xC2, 0x80..0xA0, ..] | [0xEF, 0xBF, 0xBE | 0xBF, ..]
            )
        });
        // One character can take six in JSON.
        let long_key = key && text.len() > 1024 / 6;
        if !awkward && !long_key {
            return text;
        }
        let mut json = json::quote_valid(&text);
        if key {
            if !awkward && json.chars().count() <= 1024 {
                return text;
            }
            json = format!("{{{json}:0}}");
        }
        match scalar_of(&json) {
            Ok(read) => Cow::Owned(read),
            Err(message) => {
                self.yaml_error.get_or_insert(message);
                text
            }
        }
    }

    /// Writes a string; `simple_key` if it is a key on one line.
    pub(super) fn scalar(&mut self, scalar: &Prepared<'_>, simple_key: bool) {
        let allowed = scalar.allowed;
        let mut look = scalar.wanted;
        if simple_key && allowed.multiline {
            look = Look::DoubleQuoted;
        }
        if look == Look::Plain && (!allowed.plain || scalar.text.is_empty() && simple_key) {
            look = Look::SingleQuoted;
        }
        if look == Look::SingleQuoted && !allowed.single_quoted
            || look == Look::Literal && (!allowed.block || simple_key)
        {
            look = Look::DoubleQuoted;
        }
        if scalar.binary {
            self.indicator("!!binary", true, false, false);
        }
        let outer = self.increase_indent(true, false);
        let fold = self.style == Style::V2 && !simple_key;
        match look {
            Look::Plain => self.write_plain(&scalar.text, fold),
            Look::SingleQuoted => self.write_single_quoted(&scalar.text, fold),
            Look::DoubleQuoted => self.write_double_quoted(&scalar.text, fold),
            Look::Literal => self.write_literal(&scalar.text),
        }
        self.indent = outer;
    }

    fn write_plain(&mut self, text: &str, fold: bool) {
        if !self.whitespace {
            self.put(' ');
        }
        let mut spaces = false;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c == ' ' {
                if fold && !spaces && self.column > BEST_WIDTH && !rest.as_str().starts_with(' ') {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                self.indention = false;
                spaces = false;
            }
        }
        self.whitespace = false;
        self.indention = false;
    }

    fn write_single_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("'", true, false, false);
        let (mut spaces, mut breaks) = (false, false);
        let mut first = true;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let after = rest.as_str();
            if c == ' ' {
                let inside = !first && !after.is_empty() && !after.starts_with(' ');
                if fold && !spaces && self.column > BEST_WIDTH && inside {
                    self.write_indent();
                } else {
                    self.put(c);
                }
                spaces = true;
            } else if is_break(c) {
                if !breaks && c == '\n' {
                    self.put_break();
                }
                self.write_break(c);
                breaks = true;
            } else {
                if breaks {
                    self.write_indent();
                }
                if c == '\'' {
                    self.put(c);
                }
                self.put(c);
                self.indention = false;
                (spaces, breaks) = (false, false);
            }
            first = false;
        }
        self.indicator("'", false, false, false);
        self.indention = false;
    }

    fn write_double_quoted(&mut self, text: &str, fold: bool) {
        self.indicator("\"", true, false, false);
        // go-yaml looks for a byte order mark at the start of the text when it means to look at the current character.
        let has_bom = text.starts_with('\u{FEFF}');
        let mut spaces = false;
        let mut first = true;
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let after = rest.as_str();
            if has_bom || !is_printable(c) || is_break(c) || c == '"' || c == '\\' {
                self.write_escape(c);
                spaces = false;
            } else if c == ' ' {
                if fold && !spaces && self.column > BEST_WIDTH && !first && !after.is_empty() {
                    self.write_indent();
                    if after.starts_with(' ') {
                        self.put('\\');
                    }
                } else {
                    self.put(c);
                }
                spaces = true;
            } else {
                self.put(c);
                spaces = false;
            }
            first = false;
        }
        self.indicator("\"", false, false, false);
        self.indention = false;
    }

    fn write_escape(&mut self, c: char) {
        self.put('\\');
        match c {
            '\0' => self.put('0'),
            '\u{7}' => self.put('a'),
            '\u{8}' => self.put('b'),
            '\t' => self.put('t'),
            '\n' => self.put('n'),
            '\u{B}' => self.put('v'),
            '\u{C}' => self.put('f'),
            '\r' => self.put('r'),
            '\u{1B}' => self.put('e'),
            '"' | '\\' => self.put(c),
            '\u{85}' => self.put('N'),
            '\u{A0}' => self.put('_'),
            '\u{2028}' => self.put('L'),
            '\u{2029}' => self.put('P'),
            _ => {
                let code = c as u32;
                let text = match code {
                    0..=0xFF => format!("x{code:02X}"),
                    0x100..=0xFFFF => format!("u{code:04X}"),
                    _ => format!("U{code:08X}"),
                };
                text.chars().for_each(|c| self.put(c));
            }
        }
    }

    fn write_literal(&mut self, text: &str) {
        self.indicator("|", true, false, false);
        if text.starts_with(|c| c == ' ' || is_break(c)) {
            self.indicator("2", false, false, false);
        }
        let mut back = text.chars().rev();
        let ends = [back.next(), back.next()].map(|c| c.map(is_break));
        match ends {
            [Some(false) | None, _] => self.indicator("-", false, false, false),
            [Some(true), None | Some(true)] => self.indicator("+", false, false, false),
            [Some(true), Some(false)] => {}
        }
        self.put_break();
        self.indention = true;
        self.whitespace = true;
        let mut breaks = true;
        for c in text.chars() {
            if is_break(c) {
                self.write_break(c);
            } else {
                if breaks {
                    self.write_indent();
                }
                self.put(c);
                self.indention = false;
            }
            breaks = is_break(c);
        }
    }

    fn write_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
        self.indention = true;
    }
}

/// The first scalar of a document, or the document's error.
fn scalar_of(text: &str) -> Result<String, String> {
    let text = gostring::encode(text.as_bytes());
    let input = Input::new(&text);
    let tree = Tree::read(&mut Parser::new(&input)).map_err(|fault| fault.into_parts().0)?;
    let scalar = tree
        .iter()
        .flat_map(|tree| &tree.items)
        .find_map(|item| match &item.kind {
            ItemKind::Scalar { value, .. } => Some(String::from_utf8_lossy(value).into_owned()),
            _ => None,
        });
    Ok(scalar.unwrap_or_default())
}

/// A Go string as v3 writes it: unchanged, or base64 if it is not UTF-8.
fn printable_or_binary(text: &str) -> (Cow<'_, str>, bool) {
    if !gostring::may_have_escapes(text) {
        return (Cow::Borrowed(text), false);
    }
    match String::from_utf8(gostring::decode(text).into_owned()) {
        Ok(text) => (Cow::Owned(text), false),
        Err(error) => (Cow::Owned(base64::encode(error.as_bytes())), true),
    }
}

/// Determines the styles that a text can have.
fn analyze(text: &str, style: Style) -> Allowed {
    if text.is_empty() {
        return Allowed {
            multiline: false,
            plain: true,
            single_quoted: true,
            block: false,
        };
    }
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut line_breaks, mut special, mut tabs) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let (mut after_space, mut after_break, mut after_white) = (false, false, true);
    let mut first = true;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let before_blank = rest.as_str().is_empty() || rest.as_str().starts_with([' ', '\t']);
        indicators |= if first {
            match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => true,
                '?' | ':' | '-' => before_blank,
                _ => false,
            }
        } else {
            c == ':' && before_blank || c == '#' && after_white
        };
        if c == '\t' && style == Style::V3 {
            tabs = true;
        } else if !is_printable(c) {
            special = true;
        }
        let (space, breaks) = (c == ' ', is_break(c));
        line_breaks |= breaks;
        break_space |= space && after_break;
        space_break |= breaks && after_space;
        (after_space, after_break) = (space, breaks);
        after_white = space || breaks || matches!(c, '\t' | '\0');
        first = false;
    }
    let at_edge = |c: char| c == ' ' || is_break(c);
    let bad_edge = text.starts_with(at_edge) || text.ends_with(at_edge);
    let unquotable = break_space || space_break || tabs || special;
    Allowed {
        multiline: line_breaks,
        plain: !bad_edge && !unquotable && !line_breaks && !indicators,
        single_quoted: !unquotable,
        block: !text.ends_with(' ') && !space_break && !special,
    }
}
