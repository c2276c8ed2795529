//! What is worked out of a text once and asked for often: its lines, sorted; its YAML; what an expression had used.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::text::{self, Line, lines};
use super::window::{Before, From};
use govalue::Value;
use goyaml::Node;

/// Shorter texts are gone through each time, in bytes.
const MIN_TEXT: usize = 512;
/// When what is kept of texts takes more than this, it is begun anew, in bytes of these texts.
const MAX_KEPT: usize = 16 << 20;
/// A node of YAML takes about so much more than the text it was read from.
const NODE_WEIGHT: usize = 8;
/// How many values and runs are kept for all windows together.
const MAX_WINDOWS: usize = 200_000;

/// Whose text it is, which keeps it where it is in memory.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner<'a> {
    /// The record, as long as the origins are there.
    Record,
    /// A value.
    Value(&'a Value),
}

/// The lines of a text.
#[derive(Debug)]
struct Lines {
    /// Those that are not empty, without space around, as bytes of the text; sorted by what they say, equal ones by place.
    sorted: Vec<Range<usize>>,
    /// Keeps the text in memory: its place there is its name.
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

    /// The lines that say the same as another one.
    fn same(&self, text: &str, wanted: &str) -> &[Range<usize>] {
        let first = self.sorted.partition_point(|line| &text[line.clone()] < wanted);
        let rest = &self.sorted[first..];
        &rest[..rest.partition_point(|line| &text[line.clone()] == wanted)]
    }
}

/// The address and length of a text that stays where it is.
type TextId = (usize, usize);

fn id(text: &str) -> TextId {
    (text.as_ptr().addr(), text.len())
}

#[derive(Debug, Default)]
struct Kept {
    lines: BTreeMap<TextId, Arc<Lines>>,
    yaml: BTreeMap<(TextId, usize), Option<Arc<Node>>>,
    /// What `lines` and `yaml` take.
    weight: usize,
    windows: BTreeMap<Before, Arc<[From]>>,
    /// How much is in `windows`.
    used: usize,
}

/// All that is kept between one question and the next.
#[derive(Debug, Default)]
pub(super) struct Index(Mutex<Kept>);

impl Index {
    fn lock(&self) -> MutexGuard<'_, Kept> {
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

    /// How many lines of a text before one of them say the same.
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

    /// The n-th of the lines of a text that say something, or the last one of fewer.
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

    /// The YAML of a text of the record that begins at a column of its first line.
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

    /// What was used before an event, worked out if that was not asked for yet.
    pub(super) fn window(&self, before: Before, collect: impl FnOnce() -> Vec<From>) -> Arc<[From]> {
        if let Some(window) = self.lock().windows.get(&before) {
            return Arc::clone(window);
        }
        let window: Arc<[From]> = collect().into();
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

impl Kept {
    /// Forgets the texts if another one would be too much.
    fn make_room(&mut self, weight: usize) {
        if self.weight.saturating_add(weight) > MAX_KEPT {
            self.lines.clear();
            self.yaml.clear();
            self.weight = 0;
        }
        self.weight += weight;
    }
}
