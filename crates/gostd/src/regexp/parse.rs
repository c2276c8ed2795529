//! Parses regular expressions, with Go's errors.

mod escape;

use regex_syntax::hir::{Capture, Hir, Look, Repetition};

use super::class::{self, Texts};
use crate::quote::{can_backquote, quote};
use crate::string::escaped_byte;

/// The maximum nesting depth of an expression.
const MAX_DEPTH: usize = 1000;
/// The maximum repeat count; nested counts are multiplied.
const MAX_REPEAT: u32 = 1000;

/// An expression in the form that `regex-automata` takes.
pub(super) struct Parsed {
    pub(super) hir: Hir,
    /// The names of the groups, from group 1 on.
    pub(super) names: Vec<Option<String>>,
}

/// Formats an error as Go does.
pub(super) fn error(code: &str, expression: &str) -> String {
    format!("error parsing regexp: {code}: `{expression}`")
}

/// Quotes an expression as `regexp.MustCompile` does.
pub fn must_quote(expression: &str) -> String {
    if can_backquote(expression) {
        format!("`{expression}`")
    } else {
        quote(expression)
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    fold: bool,
    multi_line: bool,
    dot_all: bool,
    swap_greed: bool,
}

/// A node, its depth, and how often its counts repeat it.
struct Piece {
    hir: Hir,
    depth: usize,
    repeats: u32,
}

impl Piece {
    fn new(hir: Hir) -> Self {
        Self {
            hir,
            depth: 1,
            repeats: 1,
        }
    }
}

/// The open group, or the whole expression.
#[derive(Default)]
struct Open {
    /// The flags to restore after it.
    flags: Flags,
    capture: Option<u32>,
    branches: Vec<Piece>,
    current: Vec<Piece>,
}

impl Open {
    fn end_branch(&mut self) {
        let pieces = std::mem::take(&mut self.current);
        self.branches.push(joined(pieces, Hir::concat));
    }

    fn close(mut self) -> Piece {
        self.end_branch();
        joined(self.branches, Hir::alternation)
    }
}

fn joined(mut pieces: Vec<Piece>, join: fn(Vec<Hir>) -> Hir) -> Piece {
    if pieces.len() == 1 {
        return pieces.remove(0);
    }
    Piece {
        depth: pieces.iter().map(|piece| piece.depth).max().unwrap_or(0) + 1,
        repeats: pieces.iter().map(|piece| piece.repeats).max().unwrap_or(1),
        hir: join(pieces.into_iter().map(|piece| piece.hir).collect()),
    }
}

/// Parses an expression for matching the given texts.
pub(super) fn parse(expression: &str, texts: Texts) -> Result<Parsed, String> {
    let mut parser = Parser {
        texts,
        whole: expression,
        rest: expression,
        flags: Flags::default(),
        outer: Vec::new(),
        open: Open::default(),
        names: Vec::new(),
    };
    parser.run()?;
    if !parser.outer.is_empty() {
        return Err(error("missing closing )", expression));
    }
    Ok(Parsed {
        hir: parser.open.close().hir,
        names: parser.names,
    })
}

struct Parser<'t> {
    texts: Texts,
    whole: &'t str,
    rest: &'t str,
    flags: Flags,
    outer: Vec<Open>,
    open: Open,
    names: Vec<Option<String>>,
}

/// Returns the next character and the rest; a byte that is not UTF-8 is an error.
fn next(text: &str) -> Result<(char, &str), String> {
    match text.chars().next() {
        Some(c) if escaped_byte(c).is_some() => Err(error("invalid UTF-8", text)),
        Some(c) => Ok((c, &text[c.len_utf8()..])),
        None => Ok(('\0', text)),
    }
}

impl<'t> Parser<'t> {
    fn push(&mut self, hir: Hir) {
        self.open.current.push(Piece::new(hir));
    }

    /// The text read since `start`.
    fn since(&self, start: &'t str) -> &'t str {
        &start[..start.len() - self.rest.len()]
    }

    fn run(&mut self) -> Result<(), String> {
        let mut last_repeat = None;
        while let Some(first) = self.rest.chars().next() {
            let start = self.rest;
            let mut repeat = None;
            let tail = &start[first.len_utf8()..];
            match first {
                '(' if tail.starts_with('?') => self.group_flags()?,
                '(' => {
                    self.names.push(None);
                    self.enter(u32::try_from(self.names.len()).ok());
                    self.rest = tail;
                }
                '|' => {
                    self.open.end_branch();
                    self.rest = tail;
                }
                ')' => {
                    self.rest = tail;
                    self.leave()?;
                }
                '^' | '$' => {
                    self.push(Hir::look(match (first, self.flags.multi_line) {
                        ('^', false) => Look::Start,
                        ('^', true) => Look::StartLF,
                        (_, false) => Look::End,
                        (_, true) => Look::EndLF,
                    }));
                    self.rest = tail;
                }
                '.' => {
                    let line_break = if self.flags.dot_all {
                        class::of(&[])
                    } else {
                        class::of(&[('\n', '\n')])
                    };
                    self.push(class::node(class::item(line_break, false, true), self.texts));
                    self.rest = tail;
                }
                '[' => self.class()?,
                '*' | '+' | '?' => {
                    let (min, max) = match first {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.rest = tail;
                    self.repeat(start, min, max, last_repeat, false)?;
                    repeat = Some(start);
                }
                '{' => match self.count(tail) {
                    None => {
                        self.literal('{');
                        self.rest = tail;
                    }
                    Some((bounds, after)) => {
                        self.rest = after;
                        let Some((min, max)) = bounds else {
                            return Err(error("invalid repeat count", self.since(start)));
                        };
                        self.repeat(start, min, max, last_repeat, true)?;
                        repeat = Some(start);
                    }
                },
                '\\' => self.backslash()?,
                _ => {
                    let (c, after) = next(start)?;
                    self.literal(c);
                    self.rest = after;
                }
            }
            last_repeat = repeat;
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        if self.flags.fold {
            self.push(class::node(class::item(class::of(&[(c, c)]), true, false), self.texts));
        } else {
            self.push(Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()));
        }
    }

    fn enter(&mut self, capture: Option<u32>) {
        let open = Open {
            flags: self.flags,
            capture,
            ..Open::default()
        };
        self.outer.push(std::mem::replace(&mut self.open, open));
    }

    fn leave(&mut self) -> Result<(), String> {
        let outer = self.outer.pop().ok_or_else(|| error("unexpected )", self.whole))?;
        let closed = std::mem::replace(&mut self.open, outer);
        self.flags = closed.flags;
        let capture = closed.capture;
        let mut piece = closed.close();
        if let Some(index) = capture {
            piece.hir = Hir::capture(Capture {
                index,
                name: None,
                sub: Box::new(piece.hir),
            });
            piece.depth += 1;
        }
        if piece.depth > MAX_DEPTH {
            return Err(error("expression nests too deeply", self.whole));
        }
        self.open.current.push(piece);
        Ok(())
    }

    /// Parses `(?i)`, `(?i:`, `(?:`, `(?P<name>` and `(?<name>`.
    fn group_flags(&mut self) -> Result<(), String> {
        let start = self.rest;
        let body = &start[2..];
        let named = body.strip_prefix("P<").filter(|_| start.len() > 4);
        if let Some(after) = named.or_else(|| body.strip_prefix('<').filter(|_| start.len() > 3)) {
            let Some((name, rest)) = after.split_once('>') else {
                return Err(error("invalid named capture", start));
            };
            self.rest = rest;
            if name.is_empty() || !name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric()) {
                return Err(error("invalid named capture", self.since(start)));
            }
            self.names.push(Some(name.to_owned()));
            self.enter(u32::try_from(self.names.len()).ok());
            return Ok(());
        }
        let mut flags = self.flags;
        let (mut on, mut seen) = (true, false);
        self.rest = body;
        while !self.rest.is_empty() {
            let (c, after) = next(self.rest)?;
            self.rest = after;
            match c {
                'i' => flags.fold = on,
                'm' => flags.multi_line = on,
                's' => flags.dot_all = on,
                'U' => flags.swap_greed = on,
                '-' if on => {
                    on = false;
                    seen = false;
                    continue;
                }
                ':' | ')' if on || seen => {
                    if c == ':' {
                        self.enter(None);
                    }
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            seen = true;
        }
        Err(error("invalid or unsupported Perl syntax", self.since(start)))
    }

    /// Parses the repeat count after a `{`: the bounds and the rest. The bounds are `None` if they are too large.
    #[expect(clippy::type_complexity, reason = "read in one place")]
    fn count(&self, text: &'t str) -> Option<(Option<(u32, Option<u32>)>, &'t str)> {
        let _ = self;
        let number = |text: &'t str| -> Option<(u64, &'t str)> {
            let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (digits, rest) = text.split_at(length);
            if digits.is_empty() || digits.len() > 1 && digits.starts_with('0') {
                return None;
            }
            Some((digits.parse().unwrap_or(u64::MAX), rest))
        };
        let (min, rest) = number(text)?;
        let (max, rest) = match rest.strip_prefix(',') {
            None => (Some(min), rest),
            Some(rest) if rest.starts_with('}') => (None, rest),
            Some(rest) => number(rest).map(|(max, rest)| (Some(max), rest))?,
        };
        let rest = rest.strip_prefix('}')?;
        let limit = u64::from(MAX_REPEAT);
        let fits = min <= limit && max.is_none_or(|max| max <= limit && min <= max);
        let small = |number: u64| u32::try_from(number).unwrap_or(MAX_REPEAT);
        Some((fits.then(|| (small(min), max.map(small))), rest))
    }

    fn repeat(
        &mut self,
        start: &'t str,
        min: u32,
        max: Option<u32>,
        last: Option<&'t str>,
        counted: bool,
    ) -> Result<(), String> {
        let mut greedy = !self.flags.swap_greed;
        if let Some(rest) = self.rest.strip_prefix('?') {
            self.rest = rest;
            greedy = !greedy;
        }
        if let Some(last) = last {
            return Err(error("invalid nested repetition operator", self.since(last)));
        }
        let Some(mut piece) = self.open.current.pop() else {
            return Err(error("missing argument to repetition operator", self.since(start)));
        };
        if counted {
            piece.repeats = piece.repeats.saturating_mul(max.unwrap_or(min).max(1));
            if (min >= 2 || max.is_none_or(|max| max >= 2)) && piece.repeats > MAX_REPEAT && max != Some(0) {
                return Err(error("invalid repeat count", self.since(start)));
            }
        }
        piece.depth += 1;
        if piece.depth > MAX_DEPTH {
            return Err(error("expression nests too deeply", self.whole));
        }
        piece.hir = Hir::repetition(Repetition {
            min,
            max,
            greedy,
            sub: Box::new(piece.hir),
        });
        self.open.current.push(piece);
        Ok(())
    }
}
