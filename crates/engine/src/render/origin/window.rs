//! The window of a printed expression: the values and runs that it used, directly or through variables and dots.

use std::sync::Arc;

use super::Origins;
use super::ingredient::{Before, Ingredient};
use super::place::ValuePlace;
use super::record::Event;
use super::text::printed;
use govalue::{Value, View, view};

/// The maximum number of inputs collected for one expression.
const MAX_SOURCES: usize = 400;
/// The maximum length of a chain of variables that is followed.
const MAX_CHAIN: usize = 24;
/// The maximum number of events searched for a value of unknown origin.
const MAX_SEARCH: usize = 20_000;

impl Origins {
    /// Returns the inputs that a statement used before an event, latest first.
    pub(super) fn window(&self, before: Before) -> Arc<[Ingredient]> {
        self.index.window(before, || {
            let mut found = Vec::new();
            self.collect(before, &mut found, 0);
            found
        })
    }

    fn collect(&self, (run, end): Before, found: &mut Vec<Ingredient>, depth: usize) {
        let Some(record) = self.record.runs.get(run) else {
            return;
        };
        if depth > MAX_CHAIN {
            return;
        }
        let events = record.events.get(..end).unwrap_or_default();
        for (at, event) in events.iter().enumerate().rev() {
            if found.len() >= MAX_SOURCES {
                return;
            }
            match event {
                Event::Mark(_) | Event::Emit | Event::Turn { .. } => return,
                Event::Read(value, place) => found.push(Ingredient::Value(value.clone(), *place)),
                Event::Run(inner) => found.push(Ingredient::Run(*inner, (run, at))),
                Event::Seen(slot) => self.variable((run, at), *slot, found, depth + 1),
                Event::Note(_) | Event::Ranged(..) => {}
            }
        }
    }

    /// Collects the inputs of a variable's value.
    fn variable(&self, (run, before): Before, slot: u32, found: &mut Vec<Ingredient>, depth: usize) {
        let record = &self.record.runs[run];
        let set_by = record.notes.get(&slot).and_then(|notes| {
            let count = notes.partition_point(|&at| at < before);
            notes.get(count.checked_sub(1)?).copied()
        });
        match set_by.map(|at| (at, &record.events[at])) {
            Some((at, &Event::Turn { element, key, index })) => {
                self.item((run, at), element, slot == key && key != element, index, found, depth);
            }
            Some((at, _)) => self.collect((run, at), found, depth),
            None if slot == 0 => {
                found.push(Ingredient::Value(record.dot.clone(), None));
                if let Some(parent) = record.parent
                    && !matches!(view(&record.dot), View::Map(_) | View::Struct(_))
                {
                    self.collect(parent, found, depth);
                }
            }
            None => {}
        }
    }

    /// Collects the item of a loop's iteration.
    fn item(
        &self,
        (run, before): Before,
        element: u32,
        is_key: bool,
        index: usize,
        found: &mut Vec<Ingredient>,
        depth: usize,
    ) {
        let events = &self.record.runs[run].events[..before];
        let ranged = events.iter().enumerate().rev().find_map(|(at, event)| match event {
            Event::Ranged(slot, value) if *slot == element => Some((at, value)),
            _ => None,
        });
        let Some((at, container)) = ranged else { return };
        match view(container) {
            View::List(list) => {
                let place = ValuePlace::of_item(list, index);
                if let Some(item) = list.items.get(index) {
                    found.push(Ingredient::Value(item.clone(), place));
                }
                if place.is_some() {
                    return;
                }
            }
            View::Map(map) => {
                let entry = map
                    .read()
                    .iter()
                    .nth(index)
                    .map(|(key, value)| (Arc::clone(key), value.clone()));
                if let Some((key, value)) = entry {
                    let place = ValuePlace::of_entry(map, &key);
                    match place {
                        Some(place) if is_key => found.push(Ingredient::Key(key, place)),
                        _ => found.push(Ingredient::Value(value, place)),
                    }
                    if place.is_some() {
                        return;
                    }
                }
            }
            _ => {}
        }
        self.collect((run, at), found, depth);
    }

    /// Returns the latest value that fits, among those read before an event in this run or in its callers.
    pub(super) fn search(&self, (run, end): Before, fits: impl Fn(&Value) -> bool) -> Option<ValuePlace> {
        let mut left = MAX_SEARCH;
        let mut next = Some((run, end));
        while let Some((run, end)) = next {
            let record = self.record.runs.get(run)?;
            for event in record.events.get(..end)?.iter().rev() {
                left = left.checked_sub(1)?;
                match event {
                    Event::Read(value, Some(place)) if fits(value) => return Some(*place),
                    _ => {}
                }
            }
            next = record.parent;
        }
        None
    }
}

/// Whether entries at several places print the same text.
pub(super) fn is_ambiguous(window: &[Ingredient], wanted: &str) -> bool {
    let mut places = window.iter().filter_map(|from| match from {
        Ingredient::Value(value, Some(place)) => (printed(value)?.trim() == wanted).then_some(place.value),
        Ingredient::Key(key, place) => (**key == *wanted).then_some(place.value),
        _ => None,
    });
    let first = places.next();
    places.any(|place| Some(place) != first)
}
