//! Finds the value or run, among the inputs of an expression, that a text comes from.

use std::ops::Range;
use std::sync::Arc;

use super::index::Owner;
use super::ingredient::{Before, Ingredient};
use super::place::ValuePlace;
use super::text::{self, Line, line_at, lines, printed, unquoted};
use super::window::is_ambiguous;
use super::{Entry, Hit, Origins};
use govalue::{Value, is_empty};

impl Origins {
    /// Finds the input, among those used before an event, that some bytes of a text come from; and whether that is
    /// certain.
    pub(super) fn find(&self, before: Before, text: &str, range: Range<usize>, column: usize) -> Option<(Hit, bool)> {
        let line = line_at(text, range.start);
        if line.text.is_empty() {
            return None;
        }
        let window = self.window(before);
        let nth = self.index.rank(text, Owner::Record, line);
        if let Some(hit) = self.exact(&window, text, (line, nth), &range) {
            let is_certain = !matches!(hit, Hit::Value(_)) || !is_ambiguous(&window, unquoted(text));
            return Some((hit, is_certain));
        }
        let known = self.by_line(&window, (line, nth), &range).map(|hit| (hit, true));
        let known = known.or_else(|| self.by_path(&window, text, &range, column));
        if known.is_some() {
            return known;
        }
        if let Some(kept) = self.kept(text, before)
            && let Some(hit) = self.by_line(&[kept], (line, nth), &range)
        {
            return Some((hit, true));
        }
        self.within(&window, text, line, &range)
            .or_else(|| self.by_value(&window, before, line))
            .or_else(|| Self::only(&window))
            .map(|hit| (hit, false))
    }

    /// Maps a range of an outer line to the corresponding range of an inner line.
    fn inside(line: Line<'_>, range: &Range<usize>, inner: Line<'_>) -> Range<usize> {
        let offset = range.start.saturating_sub(line.start).min(inner.text.len());
        let length = (range.end - range.start).min(inner.text.len() - offset);
        inner.start + offset..inner.start + offset + length
    }

    /// Finds an input that equals the text except for surrounding white space and quotes.
    fn exact(&self, window: &[Ingredient], text: &str, line: (Line<'_>, usize), range: &Range<usize>) -> Option<Hit> {
        let wanted = unquoted(text);
        window.iter().find_map(|from| match from {
            Ingredient::Value(value, Some(place)) => {
                let printed = printed(value)?;
                let same = printed == wanted || printed.trim() == wanted.trim();
                same.then(|| Hit::Value(self.line_of(*place, value, line)))
            }
            Ingredient::Value(..) => None,
            Ingredient::Key(key, place) => (**key == *wanted).then_some(Hit::Value(*place)),
            Ingredient::Run(run, asked) => {
                let inner = &self.record.runs[*run].text;
                if wanted.is_empty() || wanted.contains('\n') || unquoted(inner) != wanted {
                    return None;
                }
                let found = lines(inner).next()?;
                Some(Hit::Run(*run, *asked, Self::inside(line.0, range, found)))
            }
        })
    }

    /// Returns the source line of a value that the n-th of several equal lines was printed from.
    fn line_of(&self, place: ValuePlace, value: &Value, (line, nth): (Line<'_>, usize)) -> ValuePlace {
        let Some(text) = value.as_str() else { return place };
        let Some(inner) = self.index.nth(text, Owner::Value(value), line.text, nth) else {
            return place;
        };
        ValuePlace {
            value: text::line_of_scalar(place.value, text, inner, &self.sources),
            ..place
        }
    }

    /// Finds the line in an input of several lines: the n-th of equal ones.
    pub(super) fn by_line(
        &self,
        window: &[Ingredient],
        (line, nth): (Line<'_>, usize),
        range: &Range<usize>,
    ) -> Option<Hit> {
        window.iter().find_map(|from| match from {
            Ingredient::Value(value, Some(place)) => {
                let inner = value.as_str().filter(|inner| inner.trim_end().contains('\n'))?;
                self.index.nth(inner, Owner::Value(value), line.text, nth)?;
                Some(Hit::Value(self.line_of(*place, value, (line, nth))))
            }
            Ingredient::Run(run, asked) => {
                let inner = &self.record.runs[*run].text;
                let found = self.index.nth(inner, Owner::Record, line.text, nth)?;
                Some(Hit::Run(*run, *asked, Self::inside(line, range, found)))
            }
            _ => None,
        })
    }

    /// Finds the input at the same YAML path. A match of only the end of the path is a guess.
    fn by_path(&self, window: &[Ingredient], text: &str, range: &Range<usize>, column: usize) -> Option<(Hit, bool)> {
        let target = text::target(&*self.index.yaml(text, column)?, column + range.start)?;
        for skipped in 0..target.path.len() {
            let path = &target.path[skipped..];
            for from in window {
                if let Ingredient::Value(value, _) = from
                    && let Some(place) = text::walk(value, path, &target)
                {
                    return Some((Hit::Value(place), skipped == 0));
                }
            }
        }
        let made = window.iter().find_map(|from| match from {
            Ingredient::Value(value, _) => {
                let (map, key, held) = text::last_map(value, &target)?;
                let made = &self.record.made;
                let made = made
                    .get(&(map, Some(Arc::clone(&key))))
                    .or_else(|| made.get(&(map, None)))?;
                let line = line_at(text, range.start).text;
                Some(Hit::Made(Entry {
                    made: made.clone(),
                    key,
                    value: held,
                    line: line.strip_prefix("- ").unwrap_or(line).to_owned(),
                    target: target.clone(),
                }))
            }
            _ => None,
        });
        let same = || {
            window.iter().find_map(|from| match from {
                Ingredient::Run(run, asked) => {
                    let inner = self.index.yaml(&self.record.runs[*run].text, 0)?;
                    Some(Hit::Run(*run, *asked, text::follow(&inner, &target)?))
                }
                _ => None,
            })
        };
        made.or_else(same).map(|hit| (hit, true))
    }

    /// Finds an input that is part of the line, or that the line is part of.
    fn within(&self, window: &[Ingredient], text: &str, line: Line<'_>, range: &Range<usize>) -> Option<Hit> {
        let asked_for = text.get(range.clone()).unwrap_or_default();
        let wanted = unquoted(if asked_for.trim().is_empty() {
            line.text
        } else {
            asked_for
        });
        let mut best: Option<(usize, Hit)> = None;
        let mut offer = |weight: usize, hit: Hit| {
            if best.as_ref().is_none_or(|(least, _)| weight > *least) {
                best = Some((weight, hit));
            }
        };
        for from in window {
            match from {
                Ingredient::Value(value, Some(place)) => {
                    let Some(printed) = printed(value) else { continue };
                    let trimmed = printed.trim();
                    if !trimmed.is_empty() && wanted.contains(trimmed) {
                        offer(trimmed.len() * 4, Hit::Value(*place));
                    } else if wanted.len() > 1 && printed.contains(wanted) {
                        offer(wanted.len(), Hit::Value(*place));
                    }
                }
                Ingredient::Key(key, place) if wanted.contains(&**key) => offer(key.len() * 4, Hit::Value(*place)),
                Ingredient::Run(run, asked) => {
                    let inner = &self.record.runs[*run].text;
                    let trimmed = inner.trim();
                    if trimmed.is_empty() {
                        continue;
                    }
                    if !trimmed.contains('\n') && wanted.contains(trimmed) {
                        let start = inner.len() - inner.trim_start().len();
                        offer(trimmed.len() * 4, Hit::Run(*run, *asked, start..start + trimmed.len()));
                    } else if wanted.len() > 1 {
                        let found = lines(inner).find_map(|line| Some(line.start + line.text.find(wanted)?));
                        if let Some(start) = found {
                            offer(wanted.len() * 3, Hit::Run(*run, *asked, start..start + wanted.len()));
                        }
                    }
                }
                _ => {}
            }
        }
        best.map(|(_, hit)| hit)
    }

    /// Finds a value of unknown origin, such as an entry of a map that the template built: the last value read that
    /// prints the same.
    fn by_value(&self, window: &[Ingredient], before: Before, line: Line<'_>) -> Option<Hit> {
        let wanted = unquoted(line.text);
        let came = window.iter().any(|from| match from {
            Ingredient::Value(value, None) => printed(value).is_some_and(|printed| printed.trim() == wanted),
            _ => false,
        });
        let fits = |value: &Value| printed(value).is_some_and(|printed| printed.trim() == wanted);
        if !came {
            return None;
        }
        let handed = window.iter().find_map(|from| match from {
            Ingredient::Value(value, None) if fits(value) => self.handed(value, before.0),
            _ => None,
        });
        self.search(before, fits).or(handed).map(Hit::Value)
    }

    /// Returns the only input, regardless of its text.
    fn only(window: &[Ingredient]) -> Option<Hit> {
        match window {
            // An empty value is replaced by a default.
            [Ingredient::Value(value, Some(place))] if !is_empty(value) => Some(Hit::Value(*place)),
            _ => None,
        }
    }
}
