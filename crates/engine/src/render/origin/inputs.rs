//! All inputs of a part of a rendered file. A text that `printf`, `join` or a helper made of several values has no single
//! origin; what it was made of is known.

use std::collections::BTreeSet;
use std::ops::Range;

use super::ingredient::{Before, Ingredient};
use super::place::ValuePlace;
use super::record::{Event, RunId, address};
use super::text::{printed, unquoted, with_removed};
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
    /// The runs that were looked into, and whether only for what is printed.
    runs: BTreeSet<(RunId, bool)>,
    /// The statements whose results were looked into.
    results: BTreeSet<Before>,
    /// Whether only what is printed in the part counts: a statement that makes a map has more inputs than the part was made of.
    only_printed: bool,
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
        let is_printed = is_in(&self.wanted, text.trim());
        let is_meant = !text.trim().is_empty() && (is_printed || !self.only_printed);
        if is_meant && self.inputs.len() < MAX_INPUTS && self.known.insert(key) {
            self.inputs.push(Input {
                place,
                text: text.to_owned(),
                is_printed,
            });
        }
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
            results: BTreeSet::new(),
            only_printed: false,
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

    /// Collects the inputs of an entry of a map that a template built: the statement that made the map has those of the other entries
    /// too, so only the printed ones, unless there are none.
    fn entry(&self, printed: Before, entry: &Entry, depth: usize, found: &mut Found) {
        let window = self.window(entry.made.at);
        let within = match self.read_from(&window, entry) {
            Some(Hit::Run(inner, _, within)) => Some((inner, within)),
            _ => None,
        };
        let count = found.inputs.len();
        for only_printed in [true, false] {
            let mut own = Found {
                wanted: found.wanted.clone(),
                inputs: Vec::new(),
                known: BTreeSet::new(),
                runs: BTreeSet::new(),
                results: BTreeSet::new(),
                only_printed: only_printed || found.only_printed,
            };
            match &within {
                Some((inner, within)) => self.gather(*inner, within, depth + 1, &mut own),
                None => self.read_before(entry.made.at, depth + 1, &mut own),
            }
            own.inputs
                .iter()
                .for_each(|input| found.scalar(&input.text, input.place));
            if found.inputs.len() > count || found.only_printed {
                return;
            }
        }
        self.read_before(printed, depth, found);
    }

    /// Collects the printed inputs of a map or list that a function returned, earlier than the statement that prints something of it.
    fn result(&self, value: &Value, depth: usize, found: &mut Found) {
        let at = address(value).and_then(|address| self.record.results.get(&address));
        if let Some(at) = at.filter(|at| depth < MAX_DEPTH && found.results.insert(**at)) {
            let before = std::mem::replace(&mut found.only_printed, true);
            self.read_before(*at, depth + 1, found);
            found.only_printed = before;
        }
    }

    /// Collects everything that a statement used before an event.
    fn read_before(&self, before: Before, depth: usize, found: &mut Found) {
        for from in self.window(before).iter() {
            match from {
                Ingredient::Value(value, None) if printed(value).is_none() => self.result(value, depth, found),
                Ingredient::Value(value, place) => found.add(value, *place),
                Ingredient::Key(key, place) => found.scalar(key, Some(*place)),
                Ingredient::Run(run, _) => self.all(*run, depth + 1, found),
            }
        }
    }

    /// Collects everything that a run read.
    fn all(&self, id: RunId, depth: usize, found: &mut Found) {
        if depth >= MAX_DEPTH || found.inputs.len() >= MAX_INPUTS || !found.runs.insert((id, found.only_printed)) {
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
