//! What a traced render keeps: for each run of a template its text, which statement wrote which part of it, and what the
//! statements read and rendered.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::{OutputSpan, OutputSpanKind};

use crate::reflect::{List, Map, Value, View, view};
use crate::render::program::UnitId;
use crate::source::{FileId, Span};

/// How many events are kept; what happens after that is not traced.
const MAX_EVENTS: usize = 400_000;
/// How many bytes of rendered text are kept, all runs together.
const MAX_TEXT: usize = 24 << 20;
/// How much memory a record may take, in bytes: a traced render may use so much more than a plain one.
pub(in crate::render) const ALLOWANCE: usize = 96 << 20;

/// Names a run of a [`Record`].
pub(super) type RunId = usize;

/// Where an entry of the values was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its key; none for an item of a list.
    pub key: Option<Span>,
    /// Its value: the scalar with its quotes, or the whole collection. Of a scalar of several lines, the line.
    pub value: Span,
}

impl Setting {
    /// The place of an entry of a map, unless a template has read the map from a text of its own.
    pub(super) fn of_entry(map: &Map, key: &str) -> Option<Self> {
        let entry = map.entry(key)?;
        (entry.node.span.file != FileId::NONE).then_some(Self {
            key: Some(entry.key),
            value: entry.node.span,
        })
    }

    /// The place of an item of a list.
    pub(super) fn of_item(list: &List, index: usize) -> Option<Self> {
        let value = list.item(index)?.span;
        (value.file != FileId::NONE).then_some(Self { key: None, value })
    }
}

/// Something that a run does.
#[derive(Debug)]
pub(super) enum Event {
    /// A statement begins: its number in the unit's source map.
    Mark(usize),
    /// A value is read, from values if its place is known.
    Read(Value, Option<Setting>),
    /// A template is rendered.
    Run(RunId),
    /// A variable gets its value: from what happened since the mark.
    Note(u32),
    /// A loop over a value begins.
    Ranged(u32, Value),
    /// A turn of it begins.
    Turn {
        element: u32,
        key: u32,
        index: usize,
    },
    /// A variable is read.
    Seen(u32),
    /// An expression is printed that is not empty.
    Emit,
}

/// A part of a run's text and what wrote it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The bytes of the text, before `<no value>` was removed.
    pub(super) range: Range<usize>,
    /// Where the copied text or the expression begins in the lowered template.
    pub(super) lowered: usize,
    /// For an expression, the event of its printing.
    pub(super) emit: Option<usize>,
}

/// One run of a template.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) unit: UnitId,
    /// The run that asked for it, and the event there.
    pub(super) parent: Option<(RunId, usize)>,
    pub(super) dot: Value,
    /// What `tpl` was given, if it was that.
    pub(super) tpl: Option<Arc<str>>,
    /// The text, as minijinja made it.
    pub(super) text: Arc<str>,
    pub(super) parts: Vec<Part>,
    pub(super) events: Vec<Event>,
    /// By variable, the events that gave it a value.
    pub(super) notes: BTreeMap<u32, Vec<usize>>,
}

/// All runs of a render.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) runs: Vec<Run>,
    /// The runs in progress, innermost last; `None` where there was no room to keep one.
    open: Vec<Option<RunId>>,
    /// The runs of the files.
    pub(super) files: BTreeMap<Arc<str>, RunId>,
    events: usize,
    bytes: usize,
}

impl Record {
    fn push(&mut self, event: Event) -> Option<(RunId, usize)> {
        let &id = self.open.last()?;
        let (id, events) = (id?, &mut self.runs[id?].events);
        if self.events >= MAX_EVENTS {
            return None;
        }
        self.events += 1;
        events.push(event);
        Some((id, events.len() - 1))
    }

    fn begin(&mut self, unit: UnitId, dot: &Value, tpl: Option<&str>) {
        let id = self.runs.len();
        let is_file = self.open.is_empty();
        let parent = self.push(Event::Run(id));
        if self.events >= MAX_EVENTS || parent.is_none() && !is_file {
            return self.open.push(None);
        }
        self.events += 1;
        self.bytes += tpl.map_or(0, str::len);
        self.runs.push(Run {
            unit,
            parent,
            dot: dot.clone(),
            tpl: tpl.map(Into::into),
            text: Arc::default(),
            parts: Vec::new(),
            events: Vec::new(),
            notes: BTreeMap::new(),
        });
        self.open.push(Some(id));
    }

    fn end(&mut self, output: Option<(&str, Vec<OutputSpan>)>) -> Option<RunId> {
        let id = self.open.pop().flatten()?;
        let (text, spans) = output?;
        self.bytes += text.len();
        if self.bytes > MAX_TEXT {
            return Some(id);
        }
        let run = &mut self.runs[id];
        run.text = text.into();
        for (at, event) in run.events.iter().enumerate() {
            match event {
                Event::Note(slot) => run.notes.entry(*slot).or_default().push(at),
                Event::Turn { element, key, .. } => {
                    run.notes.entry(*element).or_default().push(at);
                    if key != element {
                        run.notes.entry(*key).or_default().push(at);
                    }
                }
                _ => {}
            }
        }
        // minijinja keeps no span of what printed nothing, and no such event is kept either: they go in step.
        let mut emits = run.events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Emit));
        let part = |span: OutputSpan| Part {
            range: span.output_range(),
            lowered: span.source_range().start,
            emit: match span.kind() {
                OutputSpanKind::Expression => emits.next().map(|(at, _)| at),
                _ => None,
            },
        };
        run.parts = spans.into_iter().map(part).collect();
        run.parts.shrink_to_fit();
        run.events.shrink_to_fit();
        Some(id)
    }
}

/// A [`Record`] in progress.
#[derive(Debug, Default)]
pub(in crate::render) struct Recorder(Mutex<Record>);

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The record, which is over.
    pub(super) fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    /// A template is about to run; with what `tpl` was given, if it is that.
    pub(in crate::render) fn begin(&self, unit: UnitId, dot: &Value, tpl: Option<&str>) {
        self.lock().begin(unit, dot, tpl);
    }

    /// The template has run, or failed.
    pub(in crate::render) fn end(&self, output: Option<(&str, Vec<OutputSpan>)>, file: Option<&str>) {
        let mut record = self.lock();
        let id = record.end(output);
        if let (Some(id), Some(file)) = (id, file) {
            record.files.insert(file.into(), id);
        }
    }

    pub(in crate::render) fn mark(&self, number: usize) {
        self.lock().push(Event::Mark(number));
    }

    pub(in crate::render) fn note(&self, slot: u32) {
        self.lock().push(Event::Note(slot));
    }

    pub(in crate::render) fn seen(&self, slot: u32) {
        self.lock().push(Event::Seen(slot));
    }

    pub(in crate::render) fn emit(&self) {
        self.lock().push(Event::Emit);
    }

    pub(in crate::render) fn ranged(&self, slot: u32, value: &Value) {
        self.lock().push(Event::Ranged(slot, value.clone()));
    }

    pub(in crate::render) fn turn(&self, element: u32, key: u32, index: usize) {
        self.lock().push(Event::Turn { element, key, index });
    }

    /// A field of a value is read.
    pub(in crate::render) fn read(&self, receiver: &Value, key: &str, value: &Value) {
        if value.is_none() || value.is_undefined() {
            return;
        }
        let place = match view(receiver) {
            View::Map(map) => Setting::of_entry(map, key),
            _ => None,
        };
        self.lock().push(Event::Read(value.clone(), place));
    }

    /// A function has given a value.
    pub(in crate::render) fn called(&self, name: &str, arguments: &[Value], result: &Value) {
        let last = arguments.len().saturating_sub(1);
        let path = match (name, arguments) {
            ("index" | "get", [container, keys @ ..]) => Some((container, keys)),
            ("dig", [keys @ .., _, container]) => Some((container, keys)),
            _ => None,
        };
        if let Some((container, [keys @ .., key])) = path {
            let receiver = keys.iter().try_fold(container.clone(), |receiver, key| item(&receiver, key));
            let Some(receiver) = receiver else { return };
            match (view(&receiver), key.as_str(), int(key)) {
                (View::Map(_), Some(key), _) => self.read(&receiver, key, result),
                (View::List(list), _, Some(index)) => {
                    let place = Setting::of_item(list, index);
                    self.lock().push(Event::Read(result.clone(), place));
                }
                _ => {}
            }
        } else if matches!(view(result), View::Map(_) | View::List(_)) && last < 64 {
            self.lock().push(Event::Read(result.clone(), None));
        }
    }
}

fn int(value: &Value) -> Option<usize> {
    match view(value) {
        View::Int(_, value) => usize::try_from(value).ok(),
        View::Uint(_, value) => usize::try_from(value).ok(),
        _ => None,
    }
}

fn item(container: &Value, key: &Value) -> Option<Value> {
    match view(container) {
        View::Map(map) => map.get(key.as_str()?),
        View::List(list) => list.items.get(int(key)?).cloned(),
        _ => None,
    }
}
