//! All inputs of a part of a rendered file. A text that `printf`, `join` or a helper made of several values has no single
//! origin; what it was made of is known.

use std::collections::BTreeSet;
use std::ops::Range;

use super::record::{Event, RunId, ValuePlace};
use super::text::{printed, unquoted, with_removed};
use super::window::{Before, From};
use super::{Entry, Hit, MAX_DEPTH, Origins};
use govalue::{Value, View, view};
use source::Span;

/// The maximum number of inputs that are returned.
const MAX_INPUTS: usize = 400;
/// The maximum number of expressions of one part that are looked at.
const MAX_PARTS: usize = 32;
/// The maximum number of scalars of one collection that are looked at.
const MAX_ITEMS: usize = 200;
/// A text of at least this length is found within a word, too: `1` is part of too many.
const MIN_PART: usize = 4;

/// A scalar that was read to make a part of a rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where the values set it. `None` if they do not, as for the version of the chart.
    pub place: Option<ValuePlace>,
    /// The scalar as a template prints it.
    pub text: String,
    /// Whether that text is in the part. An input that is not was changed by a function, or decided what was printed.
    pub is_printed: bool,
}

/// The inputs that were found, without duplicates.
struct Found {
    /// The part that was asked for.
    wanted: String,
    inputs: Vec<Input>,
    known: BTreeSet<(Option<Span>, String)>,
    runs: BTreeSet<RunId>,
}

impl Found {
    fn add(&mut self, value: &Value, place: Option<ValuePlace>) {
        match printed(value) {
            Some(text) => self.scalar(&text, place),
            // Only those items of a collection that are in the text: it has others that something else was made of.
            None if place.is_some() => self.items(value),
            None => {}
        }
    }

    fn scalar(&mut self, text: &str, place: Option<ValuePlace>) {
        let key = (place.map(|place| place.value), text.to_owned());
        if text.trim().is_empty() || self.inputs.len() >= MAX_INPUTS || !self.known.insert(key) {
            return;
        }
        self.inputs.push(Input {
            place,
            is_printed: is_in(&self.wanted, text.trim()),
            text: text.to_owned(),
        });
    }

    fn items(&mut self, value: &Value) {
        let mut rest = vec![value.clone()];
        let mut left = MAX_ITEMS;
        while let Some(value) = rest.pop() {
            let mut item = |item: &Value, place: Option<ValuePlace>| match printed(item) {
                Some(text) if place.is_some() && is_in(&self.wanted, text.trim()) => self.scalar(&text, place),
                Some(_) => {}
                None => rest.push(item.clone()),
            };
            match view(&value) {
                View::List(list) => {
                    for (index, inner) in list.items.iter().enumerate().take(left) {
                        left -= 1;
                        item(inner, ValuePlace::of_item(list, index));
                    }
                }
                View::Map(map) => {
                    for (key, inner) in map.read().iter().take(left) {
                        left -= 1;
                        item(inner, ValuePlace::of_entry(map, key));
                    }
                }
                _ => {}
            }
        }
    }
}

/// Whether a text is in another one: a short one as a whole word.
fn is_in(whole: &str, part: &str) -> bool {
    if part.is_empty() {
        return false;
    }
    let is_word = part.len() < MIN_PART || matches!(part, "true" | "false");
    whole.match_indices(part).any(|(at, _)| {
        let before = whole[..at].chars().next_back();
        let after = whole[at + part.len()..].chars().next();
        let is_open = |next: Option<char>| next.is_none_or(|c| !c.is_alphanumeric());
        !is_word || is_open(before) && is_open(after)
    })
}

impl Origins {
    /// Returns the scalars that were read to print some bytes of a rendered file: by the expressions that printed them and by
    /// the templates that these included, with the conditions in those. The conditions around an expression are not among them.
    pub fn inputs(&self, file: &str, range: Range<usize>) -> Vec<Input> {
        let Some(&run) = self.record.files.get(file) else {
            return Vec::new();
        };
        let removed = self.removed.get(&run).map_or(&[][..], |removed| removed);
        let range = with_removed(removed, range.start)..with_removed(removed, range.end.max(range.start));
        let text = &self.record.runs[run].text;
        let mut found = Found {
            wanted: text.get(range.clone()).unwrap_or_default().to_owned(),
            inputs: Vec::new(),
            known: BTreeSet::new(),
            runs: BTreeSet::new(),
        };
        self.gather(run, &range, 0, &mut found);
        found.inputs
    }

    /// Collects the inputs of a part of a run's text.
    fn gather(&self, id: RunId, range: &Range<usize>, depth: usize, found: &mut Found) {
        if depth >= MAX_DEPTH {
            return;
        }
        let run = &self.record.runs[id];
        let end = range.end.max(range.start + 1);
        let first = run.parts.partition_point(|part| part.range.end <= range.start);
        let touched = run.parts[first..].iter().take_while(|part| part.range.start < end);
        for part in touched.filter(|part| part.emit.is_some()).take(MAX_PARTS) {
            let Some((emit, text)) = part.emit.zip(run.text.get(part.range.clone())) else {
                continue;
            };
            let start = range.start.max(part.range.start) - part.range.start;
            let end = range.end.clamp(part.range.start + start, part.range.end) - part.range.start;
            let column = part.range.start - run.text[..part.range.start].rfind('\n').map_or(0, |found| found + 1);
            match self.find((id, emit), text, start..end, column) {
                Some((Hit::Value(place), true)) => {
                    let asked = text.get(start..end).unwrap_or_default();
                    found.scalar(unquoted(asked), Some(place));
                }
                Some((Hit::Run(inner, _, within), true)) => {
                    if self.record.runs[inner].text.trim().contains('\n') {
                        self.gather(inner, &within, depth + 1, found);
                    } else {
                        self.all(inner, depth + 1, found);
                    }
                }
                Some((Hit::Made(entry), _)) => self.entry((id, emit), &entry, depth, found),
                _ => self.read_before((id, emit), depth, found),
            }
        }
    }

    /// Collects the inputs of an entry of a map that a template built, of those that the map's other entries were made of too: the
    /// printed ones, or all if there are none.
    fn entry(&self, printed: Before, entry: &Entry, depth: usize, found: &mut Found) {
        let mut own = Found {
            wanted: found.wanted.clone(),
            inputs: Vec::new(),
            known: found.known.clone(),
            runs: BTreeSet::new(),
        };
        let window = self.window(entry.made.at);
        match self.read_from(&window, entry) {
            Some(Hit::Run(inner, _, within)) => self.gather(inner, &within, depth + 1, &mut own),
            _ => self.read_before(entry.made.at, depth + 1, &mut own),
        }
        if own.inputs.is_empty() {
            return self.read_before(printed, depth, found);
        }
        let is_printed = own.inputs.iter().any(|input| input.is_printed);
        for input in own.inputs.into_iter().filter(|input| input.is_printed || !is_printed) {
            found.scalar(&input.text, input.place);
        }
    }

    /// Collects everything that a statement used before an event.
    fn read_before(&self, before: Before, depth: usize, found: &mut Found) {
        for from in self.window(before).iter() {
            match from {
                From::Value(value, place) => found.add(value, *place),
                From::Key(key, place) => found.scalar(key, Some(*place)),
                From::Run(run, _) => self.all(*run, depth + 1, found),
            }
        }
    }

    /// Collects everything that a run read.
    fn all(&self, id: RunId, depth: usize, found: &mut Found) {
        if depth >= MAX_DEPTH || found.inputs.len() >= MAX_INPUTS || !found.runs.insert(id) {
            return;
        }
        for event in &self.record.runs[id].events {
            match event {
                Event::Read(value, place) => found.add(value, *place),
                Event::Run(inner) => self.all(*inner, depth + 1, found),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_whole_words() {
        assert!(is_in("docker.io/web:1.2", "web") && is_in("--level=debug", "debug") && is_in("port: 80", "80"));
        assert!(!is_in("port: 8080", "80") && !is_in("cobweb:1", "web") && !is_in("falsehood", "false"));
        assert!(is_in("release-name-web", "name-web") && !is_in("x", ""));
    }
}
