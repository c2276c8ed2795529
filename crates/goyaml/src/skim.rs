//! Passes over documents of which only some top-level keys are wanted.
//!
//! Most of a rendered chart is read for three keys of each object, and an error anywhere else has to be found all the
//! same. Nearly all of that text is plain: block mappings and lists, scalars on one line, block scalars. This pass goes
//! over the lines of such a document and says which belong to the wanted keys. It knows a part of YAML in which nothing
//! can be wrong, and gives up on everything else, also on what is right, so that it never decides what an error is.

use super::resolve::{Scalar, Version, resolve};

/// A block collection that the current line is in.
#[derive(Clone, Copy)]
struct Level {
    column: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Mapping,
    List,
    /// A list in the column of the mapping that it is a value of.
    IndentlessList,
}

/// The nesting that this pass follows; far less than what is an error.
const MAX_LEVELS: usize = 100;
/// The nesting of flow collections that this pass follows.
const MAX_FLOWS: usize = 8;
/// The length of keys that this pass follows; far less than what is an error.
const MAX_KEY: usize = 256;

/// The lines of the wanted top-level keys of a document, if the document has no error. `None` for a document that this
/// pass cannot decide.
pub(super) fn keep(text: &str, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
    if !is_plain(text) {
        return None;
    }
    let mut skim = Skim {
        text,
        next: 0,
        levels: Vec::new(),
        awaited: false,
        continues: false,
    };
    let mut kept = String::new();
    // The start of the top-level entry that is being passed, if it is wanted.
    let mut wanted = None;
    while skim.next < text.len() {
        let start = skim.next;
        let Some(key) = skim.line()? else { continue };
        if let Some(wanted) = wanted.take() {
            kept.push_str(&text[wanted..start]);
        }
        wanted = is_wanted(key).then_some(start);
    }
    if let Some(wanted) = wanted {
        kept.push_str(&text[wanted..]);
    }
    Some(kept)
}

/// Whether a text has only characters that are allowed everywhere and that break no lines, except for `\n`.
fn is_plain(text: &str) -> bool {
    let is_ascii = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    // Without an early end within a chunk, which lets the compiler look at many bytes at once.
    let is_ascii = |chunk: &[u8]| chunk.iter().fold(true, |all, byte| all & is_ascii(byte));
    text.as_bytes().chunks(64).all(is_ascii)
        || text.chars().all(|c| {
            matches!(c, ' '..='~' | '\n' | '\t' | '\u{A0}'..='\u{2027}' | '\u{202A}'..='\u{D7FF}')
                || matches!(c, '\u{E000}'..='\u{FEFE}' | '\u{FF00}'..='\u{FFFD}' | '\u{10000}'..='\u{FFFFF}')
        })
}

struct Skim<'a> {
    text: &'a str,
    /// The start of the next line.
    next: usize,
    levels: Vec<Level>,
    /// Whether the last node is empty so far: a deeper line would be its value.
    awaited: bool,
    /// Whether the last node is a plain scalar, to which a deeper line would belong.
    continues: bool,
}

impl<'a> Skim<'a> {
    /// Passes over a line and the block scalar that it begins. Returns the top-level key that it begins with.
    #[expect(
        clippy::option_option,
        reason = "the outer one is for undecided documents, as everywhere here"
    )]
    fn line(&mut self) -> Option<Option<&'a str>> {
        let line = self.take_line();
        let mut column = spaces(line);
        let mut rest = &line[column..];
        if rest.is_empty() {
            return Some(None);
        }
        let continues = std::mem::take(&mut self.continues);
        if rest.starts_with('#') {
            return Some(None);
        }
        if memchr::memchr(b'\t', rest.as_bytes()).is_some() {
            return None;
        }
        if continues && self.is_inside(column) {
            self.continues = words(rest)? == rest.len();
            return Some(None);
        }
        loop {
            if let Some(after) = rest.strip_prefix('-').filter(|after| is_blank(after)) {
                self.open(column, Kind::List)?;
                self.awaited = true;
                let blanks = spaces(after);
                column += 1 + blanks;
                rest = &after[blanks..];
                if rest.is_empty() || rest.starts_with('#') {
                    return Some(None);
                }
            } else if let Some((key, after)) = split_key(rest) {
                self.open(column, Kind::Mapping)?;
                let value = after.trim_start_matches(' ');
                if value.is_empty() || value.starts_with('#') {
                    self.awaited = true;
                } else {
                    self.value(value)?;
                }
                return Some((self.levels.len() == 1).then_some(key));
            } else {
                if !std::mem::take(&mut self.awaited) || !self.is_inside(column) {
                    return None;
                }
                self.value(rest)?;
                return Some(None);
            }
        }
    }

    /// Whether a column is to the right of the innermost collection.
    fn is_inside(&self, column: usize) -> bool {
        self.levels.last().is_some_and(|level| level.column < column)
    }

    fn take_line(&mut self) -> &'a str {
        let rest = &self.text[self.next..];
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        self.next += end + 1;
        &rest[..end]
    }

    /// Goes to the collection of an entry in a column, which may be a new one.
    fn open(&mut self, column: usize, kind: Kind) -> Option<()> {
        let depth = self.levels.len();
        while self.levels.last().is_some_and(|level| level.column > column) {
            self.levels.pop();
        }
        let awaited = std::mem::take(&mut self.awaited) && self.levels.len() == depth;
        let Some(innermost) = self.levels.last() else {
            if depth > 0 || column > 0 || kind != Kind::Mapping {
                return None;
            }
            self.levels.push(Level { column, kind });
            return Some(());
        };
        let kind = match (innermost.kind, kind) {
            _ if innermost.column < column => kind,
            (Kind::Mapping, Kind::Mapping) | (Kind::List | Kind::IndentlessList, Kind::List) => return Some(()),
            (Kind::IndentlessList, Kind::Mapping) => {
                self.levels.pop();
                return Some(());
            }
            (Kind::Mapping, Kind::List) => Kind::IndentlessList,
            _ => return None,
        };
        if !awaited || depth > MAX_LEVELS {
            return None;
        }
        self.levels.push(Level { column, kind });
        Some(())
    }

    /// Passes over the value that ends a line, and over the lines after it that belong to the value.
    fn value(&mut self, text: &'a str) -> Option<()> {
        let rest = match *text.as_bytes() {
            [b'"' | b'\'', ..] => match quoted(text) {
                Some(length) => &text[length..],
                None => self.lines_of_quoted(text)?,
            },
            [b'[' | b'{', ..] => &text[flow(text, 0)?..],
            [b'|' | b'>', ..] => {
                let rest = &text[1..];
                let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
                return if spaces(rest) == rest.len() { self.block() } else { None };
            }
            _ => {
                self.continues = plain(text)? == text.len();
                return Some(());
            }
        };
        let blanks = spaces(rest);
        (blanks == rest.len() || blanks > 0 && rest[blanks..].starts_with('#')).then_some(())
    }

    /// Passes over a quoted scalar of several lines. Returns the rest of its last line.
    fn lines_of_quoted(&mut self, first: &str) -> Option<&'a str> {
        // The scalar goes on over the line breaks of the whole text.
        let start = (self.next - 1).checked_sub(first.len())?;
        let text = &self.text[start..];
        let length = quoted(text)?;
        let lines = &text[..length];
        if lines.contains('\t') || lines.contains("\n---") || lines.contains("\n...") {
            return None;
        }
        self.next = start + length;
        Some(self.take_line())
    }

    /// Passes over the content of a block scalar.
    fn block(&mut self) -> Option<()> {
        let outer = self.levels.last()?.column;
        // Blank lines before the content count for its indentation.
        let mut widest = 0;
        let indent = loop {
            if self.next >= self.text.len() {
                return Some(());
            }
            let start = self.next;
            let line = self.take_line();
            let blanks = spaces(line);
            if blanks == line.len() {
                widest = widest.max(blanks);
                continue;
            }
            self.next = start;
            if line.as_bytes()[blanks] == b'\t' {
                return None;
            }
            if blanks <= outer {
                return Some(());
            }
            break blanks;
        };
        if widest > indent {
            return None;
        }
        while self.next < self.text.len() {
            let start = self.next;
            let line = self.take_line();
            let blanks = spaces(line);
            if blanks >= indent || blanks == line.len() {
                continue;
            }
            self.next = start;
            return (line.as_bytes()[blanks] != b'\t').then_some(());
        }
        Some(())
    }
}

/// The number of spaces that a text begins with.
fn spaces(text: &str) -> usize {
    text.bytes().take_while(|&byte| byte == b' ').count()
}

/// Whether a text is empty or begins with a space.
fn is_blank(text: &str) -> bool {
    text.is_empty() || text.starts_with(' ')
}

/// Splits a text at the colon after a key that is a string.
fn split_key(text: &str) -> Option<(&str, &str)> {
    let (key, rest) = if text.starts_with(['"', '\'']) {
        let end = quoted(text)?;
        let key = &text[1..end - 1];
        if key.contains(['\\', '\'']) {
            return None;
        }
        (key, &text[end..])
    } else {
        let end = word(text);
        let key = &text[..end];
        let is_string = matches!(resolve(Version::V2, key), Scalar::String | Scalar::Timestamp);
        if key.starts_with('-') || !is_string {
            return None;
        }
        (key, &text[end..])
    };
    let after = rest.strip_prefix(':')?;
    (key.len() <= MAX_KEY && is_blank(after)).then_some((key, after))
}

/// The length of a quoted scalar that a text begins with.
fn quoted(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let quote = *bytes.first()?;
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            byte if byte == quote => {
                if quote == b'"' || bytes.get(at + 1) != Some(&quote) {
                    return Some(at + 1);
                }
                at += 2;
            }
            b'\\' if quote == b'"' => {
                if !matches!(bytes.get(at + 1)?, b'"' | b'\\' | b'n' | b't' | b'r' | b'\n') {
                    return None;
                }
                at += 2;
            }
            _ => at += 1,
        }
    }
}

/// The length of a flow list or mapping on one line that a text begins with.
fn flow(text: &str, depth: usize) -> Option<usize> {
    let is_mapping = text.starts_with('{');
    let close = if is_mapping { b'}' } else { b']' };
    let mut at = 1 + spaces(&text[1..]);
    if text.as_bytes().get(at) == Some(&close) {
        return Some(at + 1);
    }
    if depth == MAX_FLOWS {
        return None;
    }
    loop {
        if is_mapping {
            let (_, after) = split_key(&text[at..])?;
            at = text.len() - after.trim_start_matches(' ').len();
        }
        let item = &text[at..];
        at += match item.as_bytes().first()? {
            b'"' | b'\'' => quoted(item)?,
            b'[' | b'{' => flow(item, depth + 1)?,
            // No sign and no dot, with which numbers begin that JSON does not have.
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'/' => word(item),
            _ => return None,
        };
        at += spaces(&text[at..]);
        match *text.as_bytes().get(at)? {
            b',' => at += 1 + spaces(&text[at + 1..]),
            end if end == close => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The length of the word that a text begins with, which is a plain scalar anywhere if it begins with a letter.
fn word(text: &str) -> usize {
    let is_inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'-');
    text.bytes().take_while(|&byte| is_inside(byte)).count()
}

/// The length of the words of a plain scalar on one line; less than the line's if a comment follows.
fn words(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b':' if is_blank(&text[at + 1..]) => return None,
            b'#' if at > 0 && bytes[at - 1] == b' ' => return Some(at),
            _ => {}
        }
    }
    Some(bytes.len())
}

/// Like [`words`], for the first line of a scalar.
fn plain(text: &str) -> Option<usize> {
    let length = words(text)?;
    match *text.as_bytes() {
        [b'-' | b':'] | [b'-' | b':', b' ', ..] => return None,
        [first, ..] if first.is_ascii_alphanumeric() || !first.is_ascii() || b"_/()$~^;:".contains(&first) => {}
        [b'.' | b'+' | b'-', ..] => {
            // A number that JSON does not have.
            let number = resolve(Version::V2, text[..length].trim_end_matches(' '));
            if matches!(number, Scalar::Float(value) if !value.is_finite()) {
                return None;
            }
        }
        _ => return None,
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_str;
    use source::{FileId, Span};

    /// A document with each form that the pass knows.
    const DOCUMENT: &str = r#"# A comment.
kind: ConfigMap # why
metadata:
  name: "a: \"b\""
  labels: {app: x, "b": 'it''s', c: [d, "e"]}
data:
- a
-   b: c d
    e: |
      text: [

        more	#
      end

    f: >-
     folded
- - x
  - "y
    z
 0"
-
  g: {}
  h:

    k: some words
     go on
    # with a comment
"i": -1.5
.j: http://k:1/#l
l:
  - m
 # less
  - []
"#;

    /// Texts that mean something somewhere in YAML.
    const PIECES: &str = "\n|\n\n| |  |\t|-|- |:|: |#| #|'|\"|[|]|{|}|,|!|&a |*a|%|@|`|\\|?|? |<<|<<: |~|null|.inf|-.inf|.nan|\
                          18446744073709551615|---\n|...\n|--- |\r|\0|\u{85}|\u{2028}|\u{feff}|\u{e9}|\u{10ff01}|>|=|\n- |\n  - |\nk: |\n    k: ";

    fn is_wanted(key: &str) -> bool {
        ["kind", "metadata", "i"].contains(&key)
    }

    fn wanted(text: &str) -> Result<Vec<String>, String> {
        let parsed = parse_str(text, Span::file_start(FileId::NONE)).map_err(|error| error.message)?;
        let entries = parsed.node.as_map().into_iter().flat_map(crate::Map::iter);
        let shown = |(key, entry): (_, &crate::Entry)| format!("{key}: {:?}", entry.node.value);
        Ok(entries.filter(|(key, _)| is_wanted(key)).map(shown).collect())
    }

    /// Whether the pass decides a text. What it keeps must read as the wanted part of the whole.
    fn decides(text: &str) -> bool {
        let Some(kept) = keep(text, is_wanted) else {
            return false;
        };
        assert_eq!(wanted(&kept), wanted(text), "{kept:?} of {text:?}");
        assert!(wanted(text).is_ok(), "{text:?}: {:?}", wanted(text));
        true
    }

    #[test]
    fn the_lines_of_wanted_keys_are_kept() {
        let kept = keep(DOCUMENT, is_wanted).unwrap();
        let lines: Vec<_> = kept.lines().map(|line| line.split(' ').next().unwrap()).collect();
        assert_eq!(lines, ["kind:", "metadata:", "", "", "\"i\":"]);
        assert!(decides(DOCUMENT));
        for text in [
            "",
            "# only a comment",
            "a:",
            "a: |",
            "a: |\n\n",
            "kind: x\n\n",
            "a:\n- b\n-",
            "a: b",
        ] {
            assert!(decides(text), "{text:?}");
        }
    }

    #[test]
    fn what_could_be_wrong_is_left_to_the_parser() {
        for text in [
            "a",
            "- a",
            "a: b: c",
            "a: b\n c: d",
            "a: b\n  - c: d",
            "a:\n  b: c\n d: e",
            "a:\n  b\n  c: d",
            "a: |\n    \n  b",
            "a: |\n  b\n c",
            "a: |\n\tb",
            "a: |\n  b\n\tc",
            "a: 'b",
            "a: \"\\/\"",
            "a: 'b\n--- c'",
            "a: [b",
            "a: [b: c]",
            "a: {b}",
            "a: [.inf]",
            "a: .inf",
            "a: -.Inf",
            "a: - b",
            "a: &b c",
            "a: *b",
            "a: !!int b",
            "a: @b",
            "null: a",
            "on: a",
            "8: a",
            "18446744073709551615: a",
            "<<: a",
            "a: \u{1}",
            "a: b\r\nc: d",
            "a: b\u{85}c: d",
            "a:\n  - b\n- c",
            "a: b\n- c",
            "a:\tb",
        ] {
            assert!(!decides(text), "{text:?}");
        }
    }

    /// Puts each piece at each place of the document.
    #[test]
    fn documents_with_faults_are_not_passed() {
        let (mut decided, mut undecided) = (0, 0);
        for at in (0..DOCUMENT.len()).filter(|at| DOCUMENT.is_char_boundary(*at)) {
            for piece in PIECES.split('|') {
                let text = format!("{}{piece}{}", &DOCUMENT[..at], &DOCUMENT[at..]);
                *if decides(&text) { &mut decided } else { &mut undecided } += 1;
            }
        }
        assert!(decided > 3000 && undecided > 10_000, "{decided} {undecided}");
    }

    /// Takes lines away, and moves them by a column.
    #[test]
    fn lines_elsewhere_are_not_passed_by_mistake() {
        let lines: Vec<&str> = DOCUMENT.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let with = |line: &str| format!("{}{line}{}", lines[..at].concat(), lines[at + 1..].concat());
            decides(&with(""));
            decides(&with(&format!(" {}", lines[at])));
            decides(&with(lines[at].strip_prefix(' ').unwrap_or_default()));
            for other in &lines {
                decides(&with(&format!("{other}{}", lines[at])));
            }
        }
    }
}
