//! Values and texts that templates take from an included text and pass on, such as `include "port" . | int` stored in a
//! map, or a text stored for several readers.

use std::iter::successors;

use super::ingredient::{Before, Ingredient};
use super::place::ValuePlace;
use super::record::RunId;
use super::text::printed;
use super::{MAX_DEPTH, Origins};
use govalue::Value;

/// How many callers of a run are searched for a value of unknown origin.
const MAX_CALLERS: usize = 8;

/// How many runs with an identical text are examined.
const MAX_EQUAL: usize = 200;

impl Origins {
    /// Returns the setting of a value that a statement took from an included text, such as `include "port" . | int`,
    /// and whether it is certain.
    pub(super) fn included(&self, window: &[Ingredient], value: &Value, depth: usize) -> Option<(ValuePlace, bool)> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let wanted = printed(value).filter(|wanted| !wanted.trim().is_empty())?;
        window.iter().find_map(|from| match from {
            Ingredient::Run(run, _) => {
                let text = &self.record.runs[*run].text;
                let trimmed = text.trim();
                if trimmed != wanted.trim() {
                    return None;
                }
                let start = text.len() - text.trim_start().len();
                let origin = self.locate(*run, start..start + trimmed.len(), depth + 1)?;
                Some((origin.value?, origin.is_certain))
            }
            _ => None,
        })
    }

    /// Returns the setting of a value that a caller of a run took from an included text and passed on in a map.
    pub(super) fn handed(&self, value: &Value, run: RunId) -> Option<ValuePlace> {
        let callers = successors(self.record.runs[run].parent, |(run, _)| self.record.runs[*run].parent);
        let mut found = callers.take(MAX_CALLERS).map(|caller| self.window(caller));
        found
            .find_map(|window| self.included(&window, value, MAX_DEPTH / 2))
            .map(|(place, _)| place)
    }

    /// Returns the last run before an event that produced a text, as when a template stores an included text in a map;
    /// and the event that started the run.
    pub(super) fn kept(&self, text: &str, before: Before) -> Option<Ingredient> {
        if !text.contains('\n') {
            return None;
        }
        let runs = &self.record.runs;
        let by_text = self.by_text.get_or_init(|| {
            let of_lines = |id: &RunId| runs[*id].text.contains('\n');
            let mut ids: Vec<RunId> = (0..runs.len()).filter(of_lines).collect();
            ids.sort_by(|a, b| runs[*a].text.cmp(&runs[*b].text));
            ids
        });
        // Runs with equal texts are in order.
        let end = by_text.partition_point(|id| &*runs[*id].text <= text);
        let same = by_text[..end].iter().rev().take_while(|id| &*runs[**id].text == text);
        let id = *same.take(MAX_EQUAL).find(|id| self.has_ended(**id, before))?;
        Some(Ingredient::Run(id, runs[id].parent?))
    }

    /// Whether a run had ended before an event of another run.
    fn has_ended(&self, id: RunId, (run, event): Before) -> bool {
        let parents = |id: RunId| successors(self.record.runs[id].parent, |(id, _)| self.record.runs[*id].parent);
        match parents(id).find(|(parent, _)| *parent == run) {
            Some((_, asked)) => asked < event,
            None => id < run && parents(run).all(|(parent, _)| parent != id),
        }
    }
}
