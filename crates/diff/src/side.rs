//! One side of a comparison: a chart that is rendered, or manifests that were recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cause::{Cause, Input, Inputs, Spot};
use super::lines::Hunk;
use chart::Chart;
use diagnostics::{Diagnostic, Report};
use engine::names::{Names, subchart};
use engine::objects::{Object, Objects, Query};
use engine::places::Places;
use engine::render::{Rendered, Trace};
use engine::stages::{self, Outcome, Request};
use gostd::string as gostring;
use goyaml::Node;
use source::{FileId, SourceKind, Sources, Span};
use system::System;

/// The rule of sides that cannot be compared.
pub const SIDE: &str = "diff-side";

/// The input of a side.
#[derive(Clone, Debug)]
pub enum What {
    /// A chart to render.
    Chart(Box<Request>),
    /// Recorded manifests, as `helm get manifest` prints them: a file, or `-` for the standard input.
    Manifests(PathBuf),
}

/// The objects of one side, and where they come from.
#[derive(Debug)]
pub struct Side {
    /// The user's name for it.
    pub name: String,
    /// All texts of this side.
    pub sources: Sources,
    /// Its objects, hooks and definitions of `crds/` included.
    pub objects: Objects,
    /// The paths of the files of `crds/`, which Helm installs once and never updates.
    pub crds: BTreeSet<Arc<str>>,
    /// Whether it was recorded, and not rendered.
    pub is_recorded: bool,
    /// The namespace of the release.
    pub namespace: String,
    /// Helm's log messages.
    pub log: Report,
    /// The fields that each render makes up anew; see [`Side::compare_with`].
    pub(super) drawn: super::Drawn,
    rendered: Option<Rendered>,
    chart: Option<Chart>,
    values: Option<Node>,
}

impl Side {
    /// Reads or renders what a side is made of.
    ///
    /// # Errors
    /// As [`stages::run`]; recorded manifests that cannot be read or are not YAML.
    pub fn load(system: &Arc<dyn System>, name: &str, what: &What, namespace: &str) -> (Self, Report) {
        let mut side = Self {
            name: name.to_owned(),
            sources: Sources::new(),
            objects: Objects::default(),
            crds: BTreeSet::new(),
            is_recorded: matches!(what, What::Manifests(_)),
            namespace: namespace.to_owned(),
            log: Report::new(),
            drawn: super::Drawn::new(),
            rendered: None,
            chart: None,
            values: None,
        };
        let mut errors = Report::new();
        match what {
            What::Chart(request) => side.render(system, request, &mut errors),
            What::Manifests(path) => side.read(&**system, path, &mut errors),
        }
        for object in &mut side.objects.all {
            let of = &mut object.reference;
            if promchart_k8s::is_namespaced(&of.api_version, &of.kind) == Some(false) {
                of.namespace.clear();
            }
        }
        (side, errors)
    }

    fn render(&mut self, system: &Arc<dyn System>, request: &Request, errors: &mut Report) {
        let mut request = request.clone();
        request.trace = Trace::On;
        system.restart_random();
        let outcome = stages::run(system, &request, &self.sources);
        let Outcome {
            chart,
            values,
            rendered,
            errors: failed,
            log,
            ..
        } = outcome;
        self.log = log;
        if !failed.is_empty() {
            errors.append(failed);
            return;
        }
        let Some(rendered) = rendered else { return };
        self.objects = Objects::read(&rendered, &self.namespace, &self.sources, errors);
        self.rendered = Some(rendered);
        for (_, file) in chart.iter().flat_map(chart::Chart::crds) {
            let own = file.source(&self.sources);
            let path: Arc<str> = self.sources.get(own).name().into();
            let text = file.text();
            self.objects
                .read_file(&path, &text, &self.namespace, &self.sources, errors);
            self.crds.insert(path);
        }
        self.chart = chart;
        self.values = values;
    }

    fn read(&mut self, system: &dyn System, path: &Path, errors: &mut Report) {
        let shown = path.display().to_string();
        let is_stdin = shown == "-";
        let bytes = if is_stdin {
            system.read_stdin()
        } else {
            system.read(path)
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                errors.push(Diagnostic::error(SIDE, format!("cannot read {shown}: {error}")));
                return;
            }
        };
        let name: Arc<str> = if is_stdin {
            "standard input".into()
        } else {
            shown.as_str().into()
        };
        let text = gostring::encode(&bytes);
        self.objects
            .read_file(&name, &text, &self.namespace, &self.sources, errors);
        if !errors.is_empty() {
            return;
        }
        if let Some(object) = self.objects.all.iter().find(|object| object.reference.kind.is_empty()) {
            errors.push(
                Diagnostic::error(SIDE, "this document has no `kind`: it is no Kubernetes object")
                    .at(object.node.span)
                    .help("give the output of `helm get manifest RELEASE`, or of `helm template`"),
            );
        } else if self.objects.all.is_empty() && !text.trim().is_empty() && !self.objects.is_partial {
            let only_comments = text
                .lines()
                .all(|line| line.trim().is_empty() || line.starts_with('#') || line.starts_with("---"));
            if !only_comments {
                errors.push(
                    Diagnostic::error(SIDE, format!("{name} holds no Kubernetes object"))
                        .help("give the output of `helm get manifest RELEASE`, or of `helm template`"),
                );
            }
        }
    }

    /// Learns from another render of the same chart with the same values which fields are drawn by chance.
    pub fn compare_with(&mut self, again: &Self) {
        self.drawn = super::drawn(self, again);
    }

    /// Whether an object is one of `crds/`.
    pub fn is_of_crds(&self, object: &Object) -> bool {
        self.crds.contains(&object.path)
    }

    /// Finds the causes of fields.
    pub fn causes(&self) -> Causes<'_> {
        let places = self
            .rendered
            .as_ref()
            .map(|rendered| Places::new(rendered, &self.sources));
        let mut causes = Causes {
            side: self,
            places,
            names: self.values.as_ref().map(Names::of).unwrap_or_default(),
            versions: BTreeMap::new(),
        };
        if let Some(chart) = &self.chart {
            causes.read_versions(chart);
        }
        causes
    }

    /// The chart that a rendered file belongs to.
    fn chart_of(&self, file: &str) -> Option<&Chart> {
        let mut chart = self.chart.as_ref()?;
        for name in subchart(file) {
            chart = chart.subcharts.iter().find(|chart| chart.name() == name)?;
        }
        Some(chart)
    }
}

/// Tells where fields of a side come from.
#[derive(Debug)]
pub struct Causes<'a> {
    side: &'a Side,
    places: Option<Places<'a>>,
    names: Names,
    /// The Chart.yaml of each chart, as far as it is in [`VERSIONS`].
    versions: BTreeMap<FileId, Vec<(&'static str, Node)>>,
}

/// The keys of Chart.yaml that templates read and that differ in each version.
const VERSIONS: [&str; 2] = ["appVersion", "version"];

impl Causes<'_> {
    fn read_versions(&mut self, chart: &Chart) {
        let (id, source) = (chart.chart_yaml, self.side.sources.get(chart.chart_yaml));
        if let Ok(document) = goyaml::parse(&source, id, 0..source.text().len()) {
            let versions = VERSIONS
                .iter()
                .filter_map(|key| Some((*key, document.node.get(key)?.clone())));
            self.versions.insert(id, versions.collect());
        }
        chart.subcharts.iter().for_each(|chart| self.read_versions(chart));
    }

    /// The cause of a part of a text of this side.
    pub fn of(&self, span: Span) -> Option<Cause> {
        if let Some(place) = self.places.as_ref().and_then(|places| places.of(span)) {
            return Some(Cause {
                template: self.spot(place.template),
                value: place.set_at().and_then(|value| self.spot(value)),
                is_certain: place.is_certain,
                made_of: Vec::new(),
            });
        }
        let source = self.side.sources.get(span.file);
        // What was recorded, and the files of crds/, stand for themselves.
        let stands = self.side.is_recorded || self.side.crds.contains(source.name());
        stands.then(|| Cause {
            template: self.spot(span),
            value: None,
            is_certain: true,
            made_of: Vec::new(),
        })
    }

    /// Whether there are origins to be told of.
    pub(super) fn is_traced(&self) -> bool {
        self.places.is_some()
    }

    /// The values that were read to print a part of a text of this side, by their keys; and the versions of Chart.yaml.
    pub(super) fn inputs(&self, span: Span) -> Inputs {
        let mut found = Inputs::new();
        let Some(places) = &self.places else { return found };
        let source = self.side.sources.get(span.file);
        let file = source.name();
        let versions = self
            .side
            .chart_of(file)
            .and_then(|chart| self.versions.get(&chart.chart_yaml));
        for input in places.inputs(span) {
            let (key, place) = match input.place {
                Some(place) => match self.names.find(place.value, file) {
                    Some(key) => (key.to_string(), place.value),
                    None => continue,
                },
                None => {
                    let mut versions = versions.into_iter().flatten();
                    let named = versions.find(|(_, node)| node.as_str() == Some(&*input.text));
                    let Some((key, node)) = named else { continue };
                    (format!("Chart.{key}"), node.span)
                }
            };
            let Some(spot) = self.spot(place) else { continue };
            let (text, is_printed) = (input.text, input.is_printed);
            found.insert(key, Input { spot, text, is_printed });
        }
        found
    }

    /// Whether a key of the values is set to a scalar with this text.
    pub(super) fn is_set_to(&self, key: &str, text: &str) -> bool {
        let (Some(values), Ok(query)) = (&self.side.values, Query::parse(key)) else {
            return false;
        };
        let found = query.find(values).unwrap_or_default();
        found
            .iter()
            .any(|field| field.node.scalar_text().is_some_and(|found| *found == *text))
    }

    /// Where an object comes from: the line of its own template, whatever makes its name.
    pub fn of_object(&self, object: &Object) -> Option<Cause> {
        let own = self.places.as_ref().and_then(|places| places.of(object.place()));
        let Some(place) = own else {
            return self.of(object.place());
        };
        Some(Cause {
            template: self.spot(place.calls.last().copied().unwrap_or(place.template)),
            value: None,
            is_certain: true,
            made_of: Vec::new(),
        })
    }

    /// The place of the first line with a sign of a text that is written in a literal block; none if it is written otherwise.
    pub fn line_of(&self, text: Span, hunk: &Hunk, sign: char) -> Option<Span> {
        let source = self.side.sources.get(text.file);
        let written = source.text().get(text.range())?;
        if !written.starts_with(['|', '>']) {
            return None;
        }
        let number = hunk.first(sign)?;
        let (_, wanted) = hunk.lines.iter().find(|(other, _)| *other == sign)?;
        let line = source.line_range(source.line_column(text.start).line + number)?;
        let found = &source.text()[line.clone()];
        let start = line.start + (found.len() - found.trim_start().len());
        (found.trim() == wanted.trim() && !found.trim().is_empty())
            .then(|| Span::new(text.file, start, start + found.trim().len()))
    }

    fn spot(&self, span: Span) -> Option<Spot> {
        let source = self.side.sources.get(span.file);
        if source.text().is_empty() {
            return None;
        }
        let place = source.line_column(span.start);
        let is_flag = source.kind() == SourceKind::Flag;
        let file = if is_flag {
            flag(source.name(), source.text(), span.start as usize)
        } else {
            source.name().to_owned()
        };
        Some(Spot {
            file,
            line: (!is_flag).then_some(place.line),
            column: place.column,
        })
    }
}

/// A flag with the key that is set at a place of its text.
fn flag(name: &str, text: &str, place: usize) -> String {
    let flag = name.split([' ', '=']).next().unwrap_or_default();
    let before = text.get(..place).unwrap_or(text);
    // Only these take several settings.
    let start = if matches!(flag, "--set" | "--set-string") {
        before.rfind(',').map_or(0, |comma| comma + 1)
    } else {
        0
    };
    match text[start..].split_once('=') {
        Some((key, _)) if !key.contains(['{', '"']) => format!("{flag} {}", key.trim()),
        _ => flag.to_owned(),
    }
}
