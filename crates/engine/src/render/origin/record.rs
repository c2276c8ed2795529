//! The record of a traced render: for each run of a template its text, the statement that wrote each part, and the
//! values read and templates rendered by the statements.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::place::ValuePlace;
use super::text::{YamlStep, is_same};
use crate::render::program::UnitId;
use gostd::string as gostring;
use govalue::{Map, Value, View, view};
use source::{FileId, Source, SourceKind, Sources, Span};

/// The maximum number of recorded events; later ones are not traced.
const MAX_EVENTS: usize = 400_000;
/// The maximum number of bytes of recorded text, over all runs.
const MAX_TEXT: usize = 24 << 20;
/// How many more bytes of memory a traced render may use than a plain one. Beyond that the record is dropped, and the
/// render continues as a plain one.
pub(in crate::render) const ALLOWANCE: usize = 96 << 20;

/// The maximum depth of nested collections that are recorded separately.
const MAX_PATH: usize = 32;

/// The index of a run in a [`Record`].
pub(super) type RunId = usize;

/// An event in a run.
#[derive(Debug)]
pub(super) enum Event {
    /// A statement begins; its number in the lowered template.
    Mark(usize),
    /// A value is read; the place is known if it comes from the values.
    Read(Value, Option<ValuePlace>),
    /// A template is rendered.
    Run(RunId),
    /// A variable is set, from the inputs used since the last mark.
    Note(u32),
    /// A loop over a value begins.
    Ranged(u32, Value),
    /// An iteration of a loop begins.
    Turn { element: u32, key: u32, index: usize },
    /// A variable is read.
    Seen(u32),
    /// An expression prints a text that is not empty.
    Emit,
}

/// A part of a run's text, and the template code that wrote it.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// The bytes of the text, before `<no value>` was removed.
    pub(super) range: Range<usize>,
    /// The number of the copied text or statement in the lowered template.
    pub(super) statement: usize,
    /// For an expression, the index of its `Emit` event.
    pub(super) emit: Option<usize>,
}

/// One run of a template.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) unit: UnitId,
    /// The calling run, and the event in it that started this one.
    pub(super) parent: Option<(RunId, usize)>,
    pub(super) dot: Value,
    /// The argument of `tpl`, if `tpl` started the run.
    pub(super) tpl: Option<Arc<str>>,
    /// The text, as minijinja rendered it.
    pub(super) text: Arc<str>,
    pub(super) parts: Vec<Part>,
    /// The statement that began last.
    statement: usize,
    pub(super) events: Vec<Event>,
    /// The events that set each variable.
    pub(super) notes: BTreeMap<u32, Vec<usize>>,
}

/// The origin of a map, or of an entry of one.
#[derive(Clone, Debug)]
pub(super) struct Made {
    /// The run and event that created it.
    pub(super) at: (RunId, usize),
    /// The path to the map in the text that it was parsed from.
    pub(super) path: Vec<YamlStep>,
}

/// All runs of a render.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) runs: Vec<Run>,
    /// The runs in progress, innermost last; `None` if a run was not recorded for lack of space.
    open: Vec<Option<RunId>>,
    /// The runs of the files.
    pub(super) files: BTreeMap<Arc<str>, RunId>,
    /// The maps that functions created, and the keys that `set` set, with the events that keep them alive.
    pub(super) made: BTreeMap<(usize, Option<Arc<str>>), Made>,
    /// The maps and lists that functions returned, by their addresses, with the events that keep them alive: of each the first one.
    pub(super) results: BTreeMap<usize, (RunId, usize)>,
    /// The files of the chart that templates have read.
    read: BTreeMap<Arc<str>, FileId>,
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

    /// Records a map or list that a function returned.
    fn push_result(&mut self, result: &Value) -> Option<(RunId, usize)> {
        let at = self.push(Event::Read(result.clone(), None))?;
        if let Some(address) = address(result) {
            self.results.entry(address).or_insert(at);
        }
        Some(at)
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
            statement: 0,
            events: Vec::new(),
            notes: BTreeMap::new(),
        });
        self.open.push(Some(id));
    }

    fn end(&mut self, output: Option<&str>) -> Option<RunId> {
        let id = self.open.pop().flatten()?;
        let run = &mut self.runs[id];
        self.bytes += output.map_or(0, str::len);
        let Some(text) = output.filter(|_| self.bytes <= MAX_TEXT) else {
            run.parts = Vec::new();
            return output.map(|_| id);
        };
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
        run.parts.shrink_to_fit();
        run.events.shrink_to_fit();
        Some(id)
    }

    /// The run in progress, if it is recorded.
    fn current(&mut self) -> Option<&mut Run> {
        let id = self.open.last().copied().flatten()?;
        self.runs.get_mut(id)
    }

    /// Records that the current run has written some bytes.
    fn wrote(&mut self, length: usize, statement: Option<usize>, emit: Option<usize>) {
        let Some(run) = self.current() else { return };
        let start = run.parts.last().map_or(0, |part| part.range.end);
        run.parts.push(Part {
            range: start..start + length,
            statement: statement.unwrap_or(run.statement),
            emit,
        });
    }
}

/// A [`Record`] in progress.
#[derive(Debug, Default)]
pub(in crate::render) struct Recorder(Mutex<Record>);

impl Recorder {
    fn lock(&self) -> MutexGuard<'_, Record> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the finished record.
    pub(super) fn take(&self) -> Record {
        std::mem::take(&mut *self.lock())
    }

    /// Drops the record and stops recording. Returns false if that was done before.
    pub(in crate::render) fn give_up(&self) -> bool {
        let mut record = self.lock();
        let is_first = record.events != usize::MAX;
        if is_first {
            let open = vec![None; record.open.len()];
            *record = Record {
                open,
                events: usize::MAX,
                ..Record::default()
            };
        }
        is_first
    }

    /// Records that a template is about to run, with the argument of `tpl` if `tpl` runs it.
    pub(in crate::render) fn begin(&self, unit: UnitId, dot: &Value, tpl: Option<&str>) {
        self.lock().begin(unit, dot, tpl);
    }

    /// Records that the template has ended or failed.
    pub(in crate::render) fn end(&self, output: Option<&str>, file: Option<&str>) {
        let mut record = self.lock();
        let id = record.end(output);
        if let (Some(id), Some(file)) = (id, file) {
            record.files.insert(file.into(), id);
        }
    }

    pub(in crate::render) fn mark(&self, number: usize) {
        let mut record = self.lock();
        if let Some(run) = record.current() {
            run.statement = number;
        }
        record.push(Event::Mark(number));
    }

    /// Records that a text of the template is written.
    pub(in crate::render) fn copied(&self, number: usize, length: usize) {
        self.lock().wrote(length, Some(number), None);
    }

    pub(in crate::render) fn note(&self, slot: u32) {
        self.lock().push(Event::Note(slot));
    }

    pub(in crate::render) fn seen(&self, slot: u32) {
        self.lock().push(Event::Seen(slot));
    }

    /// Records that an expression has printed a text.
    pub(in crate::render) fn emit(&self, length: usize) {
        if length > 0 {
            let mut record = self.lock();
            let emit = record.push(Event::Emit).map(|(_, event)| event);
            record.wrote(length, None, emit);
        }
    }

    pub(in crate::render) fn ranged(&self, slot: u32, value: &Value) {
        self.lock().push(Event::Ranged(slot, value.clone()));
    }

    pub(in crate::render) fn iteration(&self, element: u32, key: u32, index: usize) {
        self.lock().push(Event::Turn { element, key, index });
    }

    /// Records that a field of a value is read.
    pub(in crate::render) fn read(&self, receiver: &Value, key: &str, value: &Value) {
        if value.is_none() || value.is_undefined() {
            return;
        }
        let place = match view(receiver) {
            View::Map(map) => ValuePlace::of_entry(map, key),
            _ => None,
        };
        self.lock().push(Event::Read(value.clone(), place));
    }

    /// Records the result of a function.
    pub(in crate::render) fn called(&self, name: &str, arguments: &[Value], result: &Value) {
        let path = match (name, arguments) {
            ("index" | "get", [container, keys @ ..]) | ("dig", [keys @ .., _, container]) => Some((container, keys)),
            _ => None,
        };
        if let Some((container, [keys @ .., key])) = path {
            let receiver = keys
                .iter()
                .try_fold(container.clone(), |receiver, key| item(&receiver, key));
            let Some(receiver) = receiver else { return };
            match (view(&receiver), key.as_str(), int(key)) {
                (View::Map(_), Some(key), _) => self.read(&receiver, key, result),
                (View::List(list), _, Some(index)) => {
                    let place = ValuePlace::of_item(list, index);
                    self.lock().push(Event::Read(result.clone(), place));
                }
                _ => {}
            }
        } else if let View::Map(map) = view(result) {
            if let [_, sources @ ..] = arguments
                && name.to_ascii_lowercase().contains("merge")
            {
                self.merged(sources, map);
                return self.result(name, result);
            }
            let key = match (name, arguments) {
                ("set", [_, key, _]) => key.as_str().map(Into::into),
                ("dict", _) => None,
                _ => return self.result(name, result),
            };
            let made = (map.address(), key);
            let mut record = self.lock();
            if let Some(at) = record.push_result(result) {
                let path = Vec::new();
                record.made.insert(made, Made { at, path });
            }
        } else {
            self.result(name, result);
        }
    }

    /// Copies to a map the known origins of entries merged into it from other maps.
    fn merged(&self, sources: &[Value], target: &Map) {
        let mut record = self.lock();
        for source in sources {
            let View::Map(source) = view(source) else { continue };
            for (key, value) in source.read().iter() {
                if record.events >= MAX_EVENTS {
                    return;
                }
                record.events += 1;
                let made = &record.made;
                let own = made.get(&(source.address(), Some(Arc::clone(key))));
                let made = own.or_else(|| made.get(&(source.address(), None))).cloned();
                if let Some(made) = made
                    && target.get(key).is_some_and(|merged| is_same(&merged, value))
                {
                    record.made.insert((target.address(), Some(Arc::clone(key))), made);
                }
            }
        }
    }

    /// Records that a file of the chart is read.
    pub(in crate::render) fn file(&self, folder: &str, name: &str, text: &Value, sources: &Sources) {
        let path = format!("{folder}{name}");
        let mut record = self.lock();
        let file = match record.read.get(&*path) {
            Some(file) => *file,
            None => {
                let bytes = gostring::decode(text.as_str().unwrap_or_default()).into_owned();
                let file = sources.add(Source::new(&*path, SourceKind::File, bytes));
                record.read.insert(path.into(), file);
                file
            }
        };
        let length = sources.get(file).text().len();
        let place = ValuePlace {
            key: None,
            value: Span::new(file, 0, length),
        };
        record.push(Event::Read(text.clone(), Some(place)));
    }
}

impl Recorder {
    /// Records a collection that a function returned.
    fn result(&self, name: &str, result: &Value) {
        if !matches!(view(result), View::Map(_) | View::List(_)) {
            return;
        }
        let mut record = self.lock();
        let Some(at) = record.push_result(result) else {
            return;
        };
        if !name.starts_with("from") {
            return;
        }
        // Result of parsing a text that a template produced: all maps in it are new.
        let mut rest = vec![(result.clone(), Vec::new())];
        while let Some((value, path)) = rest.pop() {
            if record.events >= MAX_EVENTS || path.len() > MAX_PATH {
                return;
            }
            record.events += 1;
            let way = |step| {
                let mut path = path.clone();
                path.push(step);
                path
            };
            match view(&value) {
                View::Map(map) => {
                    let inner =
                        |(key, value): (&Arc<str>, &Value)| (value.clone(), way(YamlStep::Key(Arc::clone(key))));
                    rest.extend(map.read().iter().filter(|(_, value)| is_collection(value)).map(inner));
                    record.made.insert((map.address(), None), Made { at, path });
                }
                View::List(list) => {
                    let items = list.items.iter().enumerate().filter(|(_, item)| is_collection(item));
                    rest.extend(items.map(|(index, item)| (item.clone(), way(YamlStep::Index(index)))));
                }
                _ => {}
            }
        }
    }
}

/// Identifies a map or list as long as it lives.
pub(super) fn address(value: &Value) -> Option<usize> {
    match view(value) {
        View::Map(map) => Some(map.address()),
        View::List(list) => Some(std::ptr::from_ref(list).addr()),
        _ => None,
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(view(value), View::Map(_) | View::List(_))
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
