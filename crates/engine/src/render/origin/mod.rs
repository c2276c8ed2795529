//! The origin of each byte of a rendered file: the template text or action, the calls that led to it, and the values.
//!
//! A traced render keeps a [`record`]: for each run of a template, the parts of its text with the action that wrote
//! each, and the values read and templates rendered on the way. Origins are computed only on request. The effect of a
//! function on a text is not known exactly, so a part is compared with the inputs of its expression ([`window`]): a
//! line of an included text that differs only in white space, the entry of a value at the same YAML path, a scalar that
//! prints the same.

mod index;
mod ingredient;
mod inputs;
mod kept;
mod place;
pub(super) mod record;
mod search;
mod text;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use self::index::Index;
use self::ingredient::{Before, Ingredient};
use self::record::{Event, Made, Record, Recorder, RunId};
use self::text::{Target, YamlStep, is_same, line_at, with_removed};
use super::program::{Program, Unit};
use govalue::Value;
use source::{SourceKind, Sources, Span};

pub use self::inputs::Input;
pub use self::place::ValuePlace;

/// The maximum number of nested runs that are followed.
const MAX_DEPTH: usize = 48;

/// The origin of a part of a rendered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The innermost text or action that wrote it. If the values contain a template, this is a place in the values.
    pub template: Span,
    /// The actions that led to it, innermost first.
    pub calls: Vec<Span>,
    /// The place of the value, if it comes from the values.
    pub value: Option<ValuePlace>,
    /// Whether `value` is known rather than guessed: the output is that scalar, that line of it or the entry at the
    /// same path, and no other input looks the same. For a part of a text, one of several values in a scalar, or a
    /// value that merely prints the same, `value` is a guess.
    pub is_certain: bool,
}

/// The origins of all files of a render.
#[derive(Debug)]
pub struct Origins {
    record: Record,
    units: Vec<Arc<Unit>>,
    sources: Sources,
    /// The offsets at which `<no value>` was removed, by run; only for files that contained any.
    removed: BTreeMap<RunId, Vec<usize>>,
    /// The runs that produced texts of several lines, sorted by text.
    by_text: OnceLock<Vec<RunId>>,
    index: Index,
}

/// The input that the text of an expression was found in.
enum Hit {
    Run(RunId, Before, Range<usize>),
    Value(ValuePlace),
    /// An entry of a map that a template built.
    Made(Entry),
}

/// An entry of a map that a template built.
struct Entry {
    made: Made,
    key: Arc<str>,
    value: Value,
    /// The line in which it was printed.
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

    /// Returns the origin of some bytes of a rendered file. Bytes with several origins have that of the first one; a
    /// scalar has that of the text inserted into it.
    pub fn of(&self, file: &str, range: Range<usize>) -> Option<Origin> {
        let run = *self.record.files.get(file)?;
        let text = &self.record.runs[run].text;
        let removed = self.removed.get(&run).map_or(&[][..], |removed| removed);
        let range = with_removed(removed, range.start)..with_removed(removed, range.end.max(range.start));
        // A field missing at the end of a text is reported after its last character.
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
        let mut template = unit.lowered().statement(part.statement)?;
        let skipped = u32::try_from(from - part.range.start).unwrap_or(u32::MAX);
        template.start = template.start.saturating_add(skipped).min(template.end);
        let length = u32::try_from(end.min(part.range.end) - from).unwrap_or(u32::MAX);
        template.end = template.end.min(template.start.saturating_add(length));
        Some(Origin {
            template,
            calls: Vec::new(),
            value: None,
            is_certain: true,
        })
    }

    /// Returns the origin of some bytes that an expression printed.
    fn expression(
        &self,
        id: RunId,
        unit: &Unit,
        part: &record::Part,
        range: &Range<usize>,
        depth: usize,
    ) -> Option<Origin> {
        let run = &self.record.runs[id];
        let action = unit.lowered().statement(part.statement)?;
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

    /// Returns the origin of a hit, or the plain one if there is no hit.
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

    /// Returns the origin of an entry that a template put into a map: its key in the statement, or its line in the text
    /// that the map was parsed from.
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
            Ingredient::Value(found, Some(place)) if is_same(found, value) => Some((*place, true)),
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

    /// Finds the entry in the text that its map was parsed from.
    fn read_from(&self, window: &[Ingredient], entry: &Entry) -> Option<Hit> {
        let line = &entry.line;
        let by_path = |from: &Ingredient| match from {
            Ingredient::Run(run, asked) => {
                let mut target = entry.target.clone();
                // The path inside the entry, which is a list, follows the entry's key.
                let last = target.path.iter().rposition(|step| matches!(step, YamlStep::Key(_)));
                let within = target.path.split_off(last.map_or(target.path.len(), |last| last + 1));
                target.path.clone_from(&entry.made.path);
                target.path.push(YamlStep::Key(Arc::clone(&entry.key)));
                target.path.extend(within);
                let inner = self.index.yaml(&self.record.runs[*run].text, 0)?;
                Some(Hit::Run(*run, *asked, text::follow(&inner, &target)?))
            }
            _ => None,
        };
        let by_path = || window.iter().find_map(by_path);
        by_path().or_else(|| self.by_line(window, (line_at(line, 0), 0), &(0..line.len())))
    }

    /// Returns the statement that an event belongs to.
    fn statement(&self, (run, event): Before) -> Option<Span> {
        let run = &self.record.runs[run];
        let mark = run.events[..event].iter().rev().find_map(|event| match event {
            Event::Mark(number) => Some(*number),
            _ => None,
        });
        self.units.get(run.unit.index())?.lowered().statement(mark?)
    }
}
