//! The source map of a render: for each printed line the template that wrote it, and the values that are in it.
//!
//! docs/source-map.md describes the file.

mod lines;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use chart::Chart;
use diagnostics::Report;
use engine::names::Names;
use engine::objects::{Field, Object, Objects, fields};
use engine::places::Places;
use engine::render::Rendered;
use goyaml::Node;
use source::{FileId, Sources, Span};

pub(crate) use lines::lines;

/// The version of the format. Readers must refuse versions that they do not know.
pub const VERSION: u32 = 1;

/// The source of a printed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The rendered file with this name.
    Rendered(Arc<str>),
    /// A file of crds/, by its path relative to the chart of the release.
    Crd(String),
}

/// A piece of a rendered file in an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file to which it was written; `None` for standard output.
    pub output: Option<String>,
    /// Its first line there, from 1.
    pub line: usize,
    /// The file that it is a part of.
    pub from: Origin,
    /// Its byte range in that file.
    pub range: Range<usize>,
}

/// The release that the parts belong to.
#[derive(Clone, Copy, Debug)]
pub struct Release<'a> {
    /// The chart.
    pub chart: &'a Chart,
    /// The `.Values` of its templates.
    pub values: &'a Node,
    /// The traced render.
    pub rendered: &'a Rendered,
    /// The namespace of the release.
    pub namespace: &'a str,
    /// All sources.
    pub sources: &'a Sources,
}

/// The names of the files of all positions, without duplicates.
#[derive(Default)]
struct Files {
    names: Vec<String>,
    known: BTreeMap<String, usize>,
}

impl Files {
    fn index(&mut self, name: &str) -> usize {
        if let Some(at) = self.known.get(name) {
            return *at;
        }
        self.known.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.names.len() - 1
    }

    /// `[file, line, column]`
    fn place(&mut self, span: Span, sources: &Sources) -> Json {
        let source = sources.get(span.file);
        let place = source.line_column(span.start);
        json!([self.index(source.name()), place.line, place.column])
    }
}

/// Writes the source map of an output.
pub fn write(release: Release<'_>, parts: &[Part]) -> String {
    let Release { rendered, sources, .. } = release;
    let objects = Objects::read(rendered, release.namespace, sources, &mut Report::new());
    let ids: BTreeMap<&str, FileId> = objects.files.iter().map(|(id, path)| (&**path, *id)).collect();
    let mut by_file: BTreeMap<FileId, Vec<usize>> = BTreeMap::new();
    for (at, object) in objects.all.iter().enumerate() {
        by_file.entry(object.node.span.file).or_default().push(at);
    }
    let places = Places::new(rendered, sources);
    let names = Names::of(release.values);
    let mut writer = Writer {
        release,
        objects: &objects.all,
        places: &places,
        names: &names,
        files: Files::default(),
        told: BTreeMap::new(),
        listed: Vec::new(),
    };
    let mut outputs: Vec<(Option<&str>, Vec<Json>)> = Vec::new();
    let mut at: BTreeMap<Option<&str>, usize> = BTreeMap::new();
    for part in parts {
        let output = part.output.as_deref();
        let at = *at.entry(output).or_insert_with(|| {
            outputs.push((output, Vec::new()));
            outputs.len() - 1
        });
        let lines = match &part.from {
            Origin::Rendered(path) => {
                let Some(id) = ids.get(&**path) else { continue };
                let all = by_file.get(id).map(Vec::as_slice).unwrap_or_default();
                writer.rendered(part, *id, all)
            }
            Origin::Crd(path) => writer.crd(part, path),
        };
        outputs[at].1.extend(lines);
    }
    let outputs: Vec<Json> = outputs
        .into_iter()
        .map(|(path, lines)| json!({"path": path, "lines": lines}))
        .collect();
    let map = json!({
        "version": VERSION,
        "files": writer.files.names,
        "objects": writer.listed,
        "outputs": outputs,
    });
    format!("{map}\n")
}

struct Writer<'a> {
    release: Release<'a>,
    objects: &'a [Object],
    places: &'a Places<'a>,
    names: &'a Names,
    files: Files,
    /// The objects in the list, by their indexes in `objects`.
    told: BTreeMap<usize, usize>,
    listed: Vec<Json>,
}

impl Writer<'_> {
    fn rendered(&mut self, part: &Part, file: FileId, objects: &[usize]) -> Vec<Json> {
        let sources = self.release.sources;
        let source = sources.get(file);
        let span = Span::new(file, part.range.start, part.range.end);
        let within = |at: &&usize| part.range.contains(&self.objects[**at].node.span.range().start);
        let objects: Vec<usize> = objects.iter().filter(within).copied().collect();
        let all = self.objects;
        let fields: Vec<Field<'_>> = objects.iter().flat_map(|at| fields(&all[*at].node)).collect();
        let mut found = Vec::new();
        let mut first = None;
        for line in lines(&source, span, &fields, self.places) {
            let first = *first.get_or_insert(line.number);
            let mut entry = Map::new();
            entry.insert("line".to_owned(), json!(part.line + line.number - first));
            let Some(place) = line.place else { continue };
            entry.insert("template".to_owned(), self.files.place(place.template, sources));
            if !place.calls.is_empty() {
                let calls = place.calls.iter().map(|call| self.files.place(*call, sources));
                entry.insert("calls".to_owned(), calls.collect());
            }
            let mut values = Vec::new();
            for (field, place) in &line.fields {
                let Some(place) = place else { continue };
                let mut inputs: Vec<(Span, bool, bool)> = place
                    .value
                    .map(|value| (value, place.is_certain, place.is_key))
                    .into_iter()
                    .collect();
                // A text that was made of several values has them all.
                if !place.is_certain || place.value.is_none() {
                    for input in self.places.inputs(field.node.span) {
                        if let Some(setting) = input.place.filter(|_| input.is_printed)
                            && inputs.iter().all(|(known, ..)| *known != setting.value)
                        {
                            inputs.push((setting.value, false, false));
                        }
                    }
                }
                let holder = objects.iter().find(|at| {
                    let span = all[**at].node.span;
                    span.start <= field.node.span.start && field.node.span.end <= span.end
                });
                for (value, is_certain, is_key) in inputs {
                    let mut told = Map::new();
                    if let Some(at) = holder {
                        told.insert("object".to_owned(), json!(self.object(*at)));
                    }
                    told.insert("path".to_owned(), json!(field.path.to_string()));
                    self.value(&mut told, value, (is_certain, is_key), &source);
                    values.push(Json::Object(told));
                }
            }
            // A line of a string, or of a collection that was printed as a whole.
            if values.is_empty()
                && let Some(value) = place.value
            {
                let mut told = Map::new();
                self.value(&mut told, value, (place.is_certain, place.is_key), &source);
                values.push(Json::Object(told));
            }
            if !values.is_empty() {
                entry.insert("values".to_owned(), Json::Array(values));
            }
            found.push(Json::Object(entry));
        }
        found
    }

    fn value(
        &mut self,
        told: &mut Map<String, Json>,
        value: Span,
        (is_certain, is_key): (bool, bool),
        rendered: &source::Source,
    ) {
        if let Some(key) = self.names.find(value, rendered.name()) {
            told.insert("key".to_owned(), json!(key.to_string()));
        }
        told.insert("at".to_owned(), self.files.place(value, self.release.sources));
        told.insert("certain".to_owned(), json!(is_certain));
        if is_key {
            told.insert("isKey".to_owned(), json!(true));
        }
    }

    fn object(&mut self, at: usize) -> usize {
        let next = self.listed.len();
        let index = *self.told.entry(at).or_insert(next);
        if index == next {
            let reference = &self.objects[at].reference;
            self.listed.push(json!({
                "apiVersion": reference.api_version,
                "kind": reference.kind,
                "namespace": reference.namespace,
                "name": reference.name,
            }));
        }
        index
    }

    /// The lines of a file of crds/, which is printed unchanged.
    fn crd(&mut self, part: &Part, path: &str) -> Vec<Json> {
        let crds = self.release.chart.crds();
        let Some((_, file)) = crds.iter().find(|(name, _)| name == path) else {
            return Vec::new();
        };
        let source = self.release.sources.get(file.source(self.release.sources));
        let index = self.files.index(source.name());
        let text = file.text();
        let line_of = |offset: usize| text[..offset.min(text.len())].matches('\n').count() + 1;
        let (first, last) = (line_of(part.range.start), line_of(part.range.end.saturating_sub(1)));
        let is_blank = |line: &usize| !source.line(*line).trim().is_empty();
        (first..=last)
            .filter(is_blank)
            .map(|line| json!({"line": part.line + line - first, "template": [index, line, 1]}))
            .collect()
    }
}
