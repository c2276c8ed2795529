//! Where each byte of a rendered file has come from: the template text or action, the calls that led there, the values.
//!
//! A traced render keeps a [`record`]: the parts of each run's text with what wrote them, and what was read and rendered
//! on the way. Nothing is worked out before somebody asks. What a function made of a text is not known exactly, so a part
//! is compared with what its expression had used ([`window`]): the line of an included text that is the same but for space,
//! the entry of a value at the same YAML path, the scalar that is printed the same.

mod index;
mod record;
mod text;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use self::index::{Index, Owner};
use self::record::{Event, Made, Record, RunId};
use self::text::{Line, Step, Target, is_same, line_at, lines, printed, unquoted, with_removed};
use self::window::{Before, From, is_ambiguous};
use super::program::{Program, Unit};
use super::runtime::Runtime;
use crate::reflect::{Value, is_empty};
use crate::source::{SourceKind, Sources, Span};

pub use self::record::Setting;
pub(super) use self::record::{ALLOWANCE, Recorder};

/// How many runs inside one another are gone through.
const MAX_DEPTH: usize = 48;

/// How many callers of a run are asked for a value that has come by a way that is not known.
const MAX_CALLERS: usize = 8;

/// Where a part of a rendered file has come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The text or action that wrote it: the innermost one, in the values if these hold a template.
    pub template: Span,
    /// The actions that led there, innermost first.
    pub calls: Vec<Span>,
    /// Where the value was written, if it has come from the values.
    pub value: Option<Setting>,
    /// Whether `value` is known and not guessed: what was printed is that scalar, that line of it or the entry at the same
    /// path, and nothing else that was used looks the same. A part of a text, one of several values in a scalar and a value
    /// that only looks alike are guesses.
    pub is_certain: bool,
}

/// The origins of all files of a render.
#[derive(Debug)]
pub struct Origins {
    record: Record,
    units: Vec<Arc<Unit>>,
    sources: Sources,
    /// By run, where `<no value>` was in its text: only of files that had any.
    removed: BTreeMap<RunId, Vec<usize>>,
    /// The runs that made texts of several lines, in the order of these texts.
    by_text: OnceLock<Vec<RunId>>,
    index: Index,
}

/// Where the text of an expression was found.
enum Hit {
    Run(RunId, Before, Range<usize>),
    Value(Setting),
    /// In a map that a template made.
    Made(Entry),
}

/// An entry of a map that a template made.
struct Entry {
    made: Made,
    key: Arc<str>,
    value: Value,
    /// The line that was printed of it.
    line: String,
    target: Target,
}

impl Origins {
    pub(super) fn new(recorder: &Recorder, program: &Program, sources: &Sources) -> Self {
        let record = recorder.take();
        let removed = record.files.values().filter_map(|&run| {
            let found = record.runs[run].text.match_indices(text::NO_VALUE);
            let found: Vec<usize> = found.map(|(at, _)| at).collect();
            (!found.is_empty()).then_some((run, found))
        });
        Self {
            removed: removed.collect(),
            record,
            units: program.units(),
            sources: sources.clone(),
            by_text: OnceLock::new(),
            index: Index::default(),
        }
    }

    /// The origin of some bytes of a rendered file. For those of several origins it is that of the first, for a scalar
    /// that of what was filled in.
    pub fn of(&self, file: &str, range: Range<usize>) -> Option<Origin> {
        let run = *self.record.files.get(file)?;
        let text = &self.record.runs[run].text;
        let removed = self.removed.get(&run).map_or(&[][..], |removed| removed);
        let range = with_removed(removed, range.start)..with_removed(removed, range.end.max(range.start));
        // What is missing at the end of a text is missing behind its last character.
        let last = text.trim_end().len().saturating_sub(1);
        let range = if range.start > last { last..last + 1 } else { range };
        self.locate(run, range, 0)
    }

    fn locate(&self, id: RunId, range: Range<usize>, depth: usize) -> Option<Origin> {
        let run = &self.record.runs[id];
        let unit = self.units.get(run.unit.index())?;
        let first = run.parts.partition_point(|part| part.range.end <= range.start);
        let end = range.end.max(range.start + 1);
        let touched = || run.parts[first..].iter().take_while(|part| part.range.start < end);
        let is_blank = |part: &record::Part| {
            let shown = part.range.start.max(range.start)..part.range.end.min(end);
            run.text.get(shown).is_none_or(|text| text.trim().is_empty())
        };
        let is_scalar = run
            .text
            .get(range.clone())
            .is_some_and(|text| !text.trim_end().contains('\n'));
        let mut best = None;
        if is_scalar && depth < MAX_DEPTH {
            for part in touched().filter(|part| part.emit.is_some() && !is_blank(part)).take(8) {
                let mut origin = self.expression(id, unit, part, &range, depth)?;
                if origin.value.is_some() {
                    let mut printed = touched().filter(|part| part.emit.is_some() && !is_blank(part));
                    origin.is_certain &= printed.nth(1).is_none();
                    return Some(origin);
                }
                best = best.or(Some(origin));
            }
        }
        if best.is_some() {
            return best;
        }
        let part = touched().find(|part| !is_blank(part)).or_else(|| touched().next())?;
        if part.emit.is_some() {
            return self.expression(id, unit, part, &range, depth);
        }
        let from = range.start.max(part.range.start);
        let mut template = unit.map().text(part.lowered + from - part.range.start)?;
        let length = u32::try_from(end.min(part.range.end) - from).unwrap_or(u32::MAX);
        template.end = template.end.min(template.start.saturating_add(length));
        Some(Origin {
            template,
            calls: Vec::new(),
            value: None,
            is_certain: true,
        })
    }

    /// The origin of some bytes that an expression printed.
    fn expression(
        &self,
        id: RunId,
        unit: &Unit,
        part: &record::Part,
        range: &Range<usize>,
        depth: usize,
    ) -> Option<Origin> {
        let run = &self.record.runs[id];
        let action = unit.map().action(part.lowered)?;
        let plain = Origin {
            template: action,
            calls: Vec::new(),
            value: None,
            is_certain: true,
        };
        let Some(emit) = part.emit else { return Some(plain) };
        let text = run.text.get(part.range.clone())?;
        let start = range.start.max(part.range.start) - part.range.start;
        let end = range.end.clamp(part.range.start + start, part.range.end) - part.range.start;
        let column = part.range.start - run.text[..part.range.start].rfind('\n').map_or(0, |found| found + 1);
        let hit = self.find((id, emit), text, start..end, column);
        Some(self.origin(hit, plain, depth))
    }

    /// The origin at a place that was found, or the one that is known anyway.
    fn origin(&self, hit: Option<(Hit, bool)>, plain: Origin, depth: usize) -> Origin {
        let Some((hit, is_certain)) = hit else { return plain };
        let mut origin = self.origin_of(hit, plain, depth);
        origin.is_certain &= is_certain;
        origin
    }

    fn origin_of(&self, hit: Hit, plain: Origin, depth: usize) -> Origin {
        match hit {
            Hit::Made(entry) => self.made(&entry, plain, depth),
            Hit::Value(setting) => Origin {
                value: Some(setting),
                ..plain
            },
            Hit::Run(inner, asked, range) => {
                if depth >= MAX_DEPTH {
                    return plain;
                }
                let Some(mut origin) = self.locate(inner, range, depth + 1) else {
                    return plain;
                };
                let run = &self.record.runs[inner];
                let asked_by = self.statement(asked).unwrap_or(plain.template);
                if let Some(tpl) = &run.tpl
                    && self.sources.get(origin.template.file).kind() == SourceKind::Made
                {
                    let lifted = self.find(asked, tpl, origin.template.range(), 0);
                    match lifted {
                        Some((Hit::Value(setting), is_certain)) => {
                            origin.is_certain &= is_certain || origin.value.is_some();
                            origin.template = setting.value;
                            origin.value = origin.value.or(Some(setting));
                        }
                        lifted => {
                            let outer = Origin {
                                template: asked_by,
                                calls: Vec::new(),
                                value: None,
                                is_certain: true,
                            };
                            let outer = self.origin(lifted, outer, depth + 1);
                            origin.is_certain &= outer.is_certain || origin.value.is_some();
                            origin.template = outer.template;
                            origin.calls.extend(outer.calls);
                            origin.value = origin.value.or(outer.value);
                        }
                    }
                }
                for call in [asked_by, plain.template] {
                    if origin.template != call && origin.calls.last() != Some(&call) {
                        origin.calls.push(call);
                    }
                }
                origin
            }
        }
    }

    /// The origin of an entry that a template put into a map: the key in the statement that did it, or the line of the
    /// text that the map was read from.
    fn made(&self, entry: &Entry, plain: Origin, depth: usize) -> Origin {
        let Entry { made, key, value, .. } = entry;
        let Some(mut statement) = self.statement(made.at) else {
            return plain;
        };
        let window = self.window(made.at);
        let source = self.sources.get(statement.file);
        let written = source.text().get(statement.range()).unwrap_or_default();
        if let Some(at) = written.find(&format!("\"{key}\"")) {
            let start = statement.range().start + at;
            statement = Span::new(statement.file, start, start + key.len() + 2);
        } else if depth < MAX_DEPTH
            && let Some(hit) = self.read_from(&window, entry)
        {
            let read = Origin {
                template: statement,
                ..plain.clone()
            };
            let mut origin = self.origin(Some((hit, true)), read, depth + 1);
            if origin.calls.last() != Some(&plain.template) && origin.template != plain.template {
                origin.calls.push(plain.template);
            }
            return origin;
        }
        let set = window.iter().find_map(|from| match from {
            From::Value(found, Some(place)) if is_same(found, value) => Some((*place, true)),
            _ => None,
        });
        let (set, is_certain) = set
            .or_else(|| self.included(&window, value, depth))
            .map_or((None, true), |(place, is_certain)| (Some(place), is_certain));
        let same = plain.template.file == statement.file && plain.template.range().contains(&statement.range().start);
        Origin {
            template: statement,
            calls: if same { Vec::new() } else { vec![plain.template] },
            value: set,
            is_certain,
        }
    }

    /// Where a value was written that a statement got out of an included text, such as `include "port" . | int`; and whether
    /// that is certain.
    fn included(&self, window: &[From], value: &Value, depth: usize) -> Option<(Setting, bool)> {
        if depth >= MAX_DEPTH {
            return None;
        }
        let wanted = printed(value).filter(|wanted| !wanted.trim().is_empty())?;
        window.iter().find_map(|from| match from {
            From::Run(run, _) => {
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

    /// The entry in the text that its map was read from.
    fn read_from(&self, window: &[From], entry: &Entry) -> Option<Hit> {
        let line = &entry.line;
        let by_path = |from: &From| match from {
            From::Run(run, asked) => {
                let mut target = entry.target.clone();
                // The way within the entry, which is a list, goes on behind it.
                let last = target.path.iter().rposition(|step| matches!(step, Step::Key(_)));
                let within = target.path.split_off(last.map_or(target.path.len(), |last| last + 1));
                target.path.clone_from(&entry.made.path);
                target.path.push(Step::Key(Arc::clone(&entry.key)));
                target.path.extend(within);
                let inner = self.index.yaml(&self.record.runs[*run].text, 0)?;
                Some(Hit::Run(*run, *asked, text::follow(&inner, &target)?))
            }
            _ => None,
        };
        let by_path = || window.iter().find_map(by_path);
        by_path().or_else(|| self.by_line(window, (line_at(line, 0), 0), &(0..line.len())))
    }

    /// The run whose text this one is, as when a template keeps what it has included in a map: the last one before an event;
    /// with what had asked for it.
    fn kept(&self, text: &str, before: Before) -> Option<From> {
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
        let first = by_text.partition_point(|id| &*runs[*id].text < text);
        let same = by_text[first..].iter().take_while(|id| &*runs[**id].text == text);
        let id = same.copied().filter(|id| self.has_ended(*id, before)).max()?;
        Some(From::Run(id, runs[id].parent?))
    }

    /// Whether a run had ended before an event of another one.
    fn has_ended(&self, id: RunId, (run, event): Before) -> bool {
        let parents =
            |id: RunId| std::iter::successors(self.record.runs[id].parent, |(id, _)| self.record.runs[*id].parent);
        match parents(id).find(|(parent, _)| *parent == run) {
            Some((_, asked)) => asked < event,
            None => id < run && parents(run).all(|(parent, _)| parent != id),
        }
    }

    /// The statement that an event belongs to.
    fn statement(&self, (run, event): Before) -> Option<Span> {
        let run = &self.record.runs[run];
        let mark = run.events[..event].iter().rev().find_map(|event| match event {
            Event::Mark(number) => Some(*number),
            _ => None,
        });
        self.units.get(run.unit.index())?.map().statement(mark?)
    }

    /// Finds what some bytes of a text were made from, among what was used before an event; and whether that is certain.
    fn find(&self, before: Before, text: &str, range: Range<usize>, column: usize) -> Option<(Hit, bool)> {
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

    /// The bytes of an inner line that stand for some of an outer one.
    fn inside(line: Line<'_>, range: &Range<usize>, inner: Line<'_>) -> Range<usize> {
        let offset = range.start.saturating_sub(line.start).min(inner.text.len());
        let length = (range.end - range.start).min(inner.text.len() - offset);
        inner.start + offset..inner.start + offset + length
    }

    /// A text that was printed as it is, but for space and quotes around it.
    fn exact(&self, window: &[From], text: &str, line: (Line<'_>, usize), range: &Range<usize>) -> Option<Hit> {
        let wanted = unquoted(text);
        window.iter().find_map(|from| match from {
            From::Value(value, Some(place)) => {
                let printed = printed(value)?;
                let same = printed == wanted || printed.trim() == wanted.trim();
                same.then(|| Hit::Value(self.line_of(*place, value, line)))
            }
            From::Value(..) => None,
            From::Key(key, place) => (**key == *wanted).then_some(Hit::Value(*place)),
            From::Run(run, asked) => {
                let inner = &self.record.runs[*run].text;
                if wanted.is_empty() || wanted.contains('\n') || unquoted(inner) != wanted {
                    return None;
                }
                let found = lines(inner).next()?;
                Some(Hit::Run(*run, *asked, Self::inside(line.0, range, found)))
            }
        })
    }

    /// The line of a value's source that the n-th of equal lines was printed from.
    fn line_of(&self, place: Setting, value: &Value, (line, nth): (Line<'_>, usize)) -> Setting {
        let Some(text) = value.as_str() else { return place };
        let Some(inner) = self.index.nth(text, Owner::Value(value), line.text, nth) else {
            return place;
        };
        Setting {
            value: text::line_of_scalar(place.value, text, inner, &self.sources),
            ..place
        }
    }

    /// A line of a text of several lines: the n-th of equal ones.
    fn by_line(&self, window: &[From], (line, nth): (Line<'_>, usize), range: &Range<usize>) -> Option<Hit> {
        window.iter().find_map(|from| match from {
            From::Value(value, Some(place)) => {
                let inner = value.as_str().filter(|inner| inner.trim_end().contains('\n'))?;
                self.index.nth(inner, Owner::Value(value), line.text, nth)?;
                Some(Hit::Value(self.line_of(*place, value, (line, nth))))
            }
            From::Run(run, asked) => {
                let inner = &self.record.runs[*run].text;
                let found = self.index.nth(inner, Owner::Record, line.text, nth)?;
                Some(Hit::Run(*run, *asked, Self::inside(line, range, found)))
            }
            _ => None,
        })
    }

    /// What is at the same YAML path. At the end of the path only, it is a guess.
    fn by_path(&self, window: &[From], text: &str, range: &Range<usize>, column: usize) -> Option<(Hit, bool)> {
        let target = text::target(&*self.index.yaml(text, column)?, column + range.start)?;
        for skipped in 0..target.path.len() {
            let path = &target.path[skipped..];
            for from in window {
                if let From::Value(value, _) = from
                    && let Some(place) = text::walk(value, path, &target)
                {
                    return Some((Hit::Value(place), skipped == 0));
                }
            }
        }
        let made = window.iter().find_map(|from| match from {
            From::Value(value, _) => {
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
                From::Run(run, asked) => {
                    let inner = self.index.yaml(&self.record.runs[*run].text, 0)?;
                    Some(Hit::Run(*run, *asked, text::follow(&inner, &target)?))
                }
                _ => None,
            })
        };
        made.or_else(same).map(|hit| (hit, true))
    }

    /// A text that is part of the line, or that the line is part of.
    fn within(&self, window: &[From], text: &str, line: Line<'_>, range: &Range<usize>) -> Option<Hit> {
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
                From::Value(value, Some(place)) => {
                    let Some(printed) = printed(value) else { continue };
                    let trimmed = printed.trim();
                    if !trimmed.is_empty() && wanted.contains(trimmed) {
                        offer(trimmed.len() * 4, Hit::Value(*place));
                    } else if wanted.len() > 1 && printed.contains(wanted) {
                        offer(wanted.len(), Hit::Value(*place));
                    }
                }
                From::Key(key, place) if wanted.contains(&**key) => offer(key.len() * 4, Hit::Value(*place)),
                From::Run(run, asked) => {
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

    /// A value that came by a way that is not known, such as a map that the template made: the last one read that looks
    /// the same.
    fn by_value(&self, window: &[From], before: Before, line: Line<'_>) -> Option<Hit> {
        let wanted = unquoted(line.text);
        let came = window.iter().any(|from| match from {
            From::Value(value, None) => printed(value).is_some_and(|printed| printed.trim() == wanted),
            _ => false,
        });
        let fits = |value: &Value| printed(value).is_some_and(|printed| printed.trim() == wanted);
        if !came {
            return None;
        }
        let handed = window.iter().find_map(|from| match from {
            From::Value(value, None) if fits(value) => self.handed(value, before.0),
            _ => None,
        });
        self.search(before, fits).or(handed).map(Hit::Value)
    }

    /// Where a value was written that one of the callers of a run had got out of an included text, and handed on in a map.
    fn handed(&self, value: &Value, run: RunId) -> Option<Setting> {
        let callers = std::iter::successors(self.record.runs[run].parent, |(run, _)| self.record.runs[*run].parent);
        let mut found = callers.take(MAX_CALLERS).map(|caller| self.window(caller));
        found
            .find_map(|window| self.included(&window, value, MAX_DEPTH / 2))
            .map(|(place, _)| place)
    }

    /// The only thing that was used, whatever was made of it.
    fn only(window: &[From]) -> Option<Hit> {
        match window {
            // An empty value gives way to a default.
            [From::Value(value, Some(place))] if !is_empty(value) => Some(Hit::Value(*place)),
            _ => None,
        }
    }
}

/// The record of a traced render as origins.
pub(super) fn origins(runtime: &Runtime, sources: &Sources) -> Option<Arc<Origins>> {
    let recorder = runtime.recorder.as_ref()?;
    Some(Arc::new(Origins::new(recorder, &runtime.program, sources)))
}
