//! Caches of derived data that is needed often: sorted lines of texts, parsed YAML, and the inputs of expressions.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::ingredient::{Before, Ingredient};
use super::text::{self, Line, lines};
use govalue::Value;
use goyaml::Node;

/// Texts shorter than this, in bytes, are scanned each time.
const MIN_TEXT: usize = 512;
/// The total size, in bytes of text, above which the caches of texts are cleared.
const MAX_KEPT: usize = 16 << 20;
/// The assumed memory use of a YAML tree, relative to its text.
const NODE_WEIGHT: usize = 8;
/// The total number of values and runs cached for windows.
const MAX_WINDOWS: usize = 200_000;

/// The owner of a text, which keeps the text at its address.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner<'a> {
    /// The record, which lives as long as the origins.
    Record,
    /// A value.
    Value(&'a Value),
}

/// The lines of a text.
#[derive(Debug)]
struct Lines {
    /// The byte ranges of the lines that are not blank, without surrounding white space; sorted by text, then by
    /// position.
    sorted: Vec<Range<usize>>,
    /// Keeps the text in memory, because its address identifies it.
    #[expect(dead_code, reason = "held, not read")]
    owner: Option<Value>,
}

impl Lines {
    fn new(text: &str, owner: Owner<'_>) -> Self {
        let mut sorted: Vec<Range<usize>> = lines(text)
            .map(|line| line.start..line.start + line.text.len())
            .collect();
        sorted.sort_by(|a, b| text[a.clone()].cmp(&text[b.clone()]).then(a.start.cmp(&b.start)));
        let owner = match owner {
            Owner::Record => None,
            Owner::Value(value) => Some(value.clone()),
        };
        Self { sorted, owner }
    }

    /// Returns the lines with the same text as another one.
    fn same(&self, text: &str, wanted: &str) -> &[Range<usize>] {
        let first = self.sorted.partition_point(|line| &text[line.clone()] < wanted);
        let rest = &self.sorted[first..];
        &rest[..rest.partition_point(|line| &text[line.clone()] == wanted)]
    }
}

/// The address and length of a text that does not move.
type TextId = (usize, usize);

fn id(text: &str) -> TextId {
    (text.as_ptr().addr(), text.len())
}

#[derive(Debug, Default)]
struct Cached {
    lines: BTreeMap<TextId, Arc<Lines>>,
    yaml: BTreeMap<(TextId, usize), Option<Arc<Node>>>,
    /// The total weight of `lines` and `yaml`.
    weight: usize,
    windows: BTreeMap<Before, Arc<[Ingredient]>>,
    /// The number of entries in `windows`.
    used: usize,
}

/// The caches that are kept between queries.
#[derive(Debug, Default)]
pub(super) struct Index(Mutex<Cached>);

impl Index {
    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lines(&self, text: &str, owner: Owner<'_>) -> Arc<Lines> {
        let mut kept = self.lock();
        if let Some(lines) = kept.lines.get(&id(text)) {
            return Arc::clone(lines);
        }
        let lines = Arc::new(Lines::new(text, owner));
        kept.make_room(text.len());
        kept.lines.insert(id(text), Arc::clone(&lines));
        lines
    }

    /// Counts the lines before a line that have the same text.
    pub(super) fn rank(&self, text: &str, owner: Owner<'_>, line: Line<'_>) -> usize {
        if text.len() < MIN_TEXT {
            return lines(&text[..line.start])
                .filter(|other| other.text == line.text)
                .count();
        }
        let lines = self.lines(text, owner);
        lines
            .same(text, line.text)
            .partition_point(|other| other.start < line.start)
    }

    /// Returns the n-th line with a given text, or the last one if there are fewer.
    pub(super) fn nth<'a>(&self, text: &'a str, owner: Owner<'_>, wanted: &str, nth: usize) -> Option<Line<'a>> {
        if text.len() < MIN_TEXT {
            let mut same = lines(text).filter(|line| line.text == wanted);
            let first = same.next()?;
            return Some(same.take(nth).last().unwrap_or(first));
        }
        let lines = self.lines(text, owner);
        let same = lines.same(text, wanted);
        let range = same.get(nth).or_else(|| same.last())?.clone();
        Some(Line {
            start: range.start,
            text: &text[range],
        })
    }

    /// Parses a text of the record as YAML, whose first line begins at a column.
    pub(super) fn yaml(&self, text: &str, column: usize) -> Option<Arc<Node>> {
        let key = (id(text), column);
        if let Some(node) = self.lock().yaml.get(&key) {
            return node.clone();
        }
        let node = text::parse(text, column).map(Arc::new);
        let mut kept = self.lock();
        kept.make_room(text.len() * NODE_WEIGHT);
        kept.yaml.insert(key, node.clone());
        node
    }

    /// Returns the inputs that were used before an event, and computes them on the first call.
    pub(super) fn window(&self, before: Before, collect: impl FnOnce() -> Vec<Ingredient>) -> Arc<[Ingredient]> {
        if let Some(window) = self.lock().windows.get(&before) {
            return Arc::clone(window);
        }
        let window: Arc<[Ingredient]> = collect().into();
        let mut kept = self.lock();
        if kept.used > MAX_WINDOWS {
            kept.windows.clear();
            kept.used = 0;
        }
        kept.used += window.len() + 1;
        kept.windows.insert(before, Arc::clone(&window));
        window
    }
}

impl Cached {
    /// Clears the texts if another one would exceed the limit.
    fn make_room(&mut self, weight: usize) {
        if self.weight.saturating_add(weight) > MAX_KEPT {
            self.lines.clear();
            self.yaml.clear();
            self.weight = 0;
        }
        self.weight += weight;
    }
}
