//! The share of keys and scalars of a rendered chart that lead back to where they were written. A test requires a
//! minimum for our own chart; `cargo run -p xtask -- origins` measures any chart.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use promchart::manifest;
use promchart::render::{Origin, Rendered, Trace};
use promchart::source::{FileId, Source, SourceKind, Sources, Span};
use promchart::stages::{self, Request};
use promchart::system::{Disk, System};
use promchart::values::Overrides;
use promchart::yaml::{self, Node, Value};

/// Hits out of all queries.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    /// Hits.
    pub(crate) hits: usize,
    /// Queries.
    pub(crate) all: usize,
}

impl Share {
    pub(crate) fn count(&mut self, hit: bool) {
        self.hits += usize::from(hit);
        self.all += 1;
    }

    /// The share in per cent; 100 if there are no queries.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a chart has no 2^52 keys")]
    pub(crate) fn percent(self) -> f64 {
        if self.all == 0 {
            100.0
        } else {
            self.hits as f64 * 100.0 / self.all as f64
        }
    }
}

/// The measurements of a chart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shares {
    /// Keys and scalars that have an origin.
    pub(crate) origin: Share,
    /// Keys that are in some template or lead to the values: hits are those whose template line, or key in the values,
    /// contains the key.
    pub(crate) keys: Share,
    /// Scalars that are set in the values and are in no template: hits are those that lead to a value with that text.
    pub(crate) values: Share,
    /// The time for all queries.
    pub(crate) asking: Duration,
    /// The misses.
    pub(crate) misses: Vec<String>,
}

/// A request for a chart as release `release` with these values files.
#[must_use]
pub(crate) fn request(chart: &Path, files: &[String], trace: Trace) -> Request {
    let overrides = Overrides {
        files: files.to_vec(),
        ..Overrides::default()
    };
    Request {
        skip_schema: true,
        trace,
        ..Request::new(chart, "release", overrides)
    }
}

/// Renders a chart and looks up the origin of every key and scalar of every document.
///
/// # Errors
/// If the chart does not render.
pub(crate) fn measure(chart: &Path, files: &[String]) -> Result<Shares, String> {
    let system: Arc<dyn System> = Arc::new(Disk::default());
    let sources = Sources::new();
    let outcome = stages::run(&system, &request(chart, files, Trace::On), &sources);
    let (Some(chart), Some(rendered), Some(manifests)) = (outcome.chart, outcome.rendered, outcome.manifests) else {
        let error = outcome.errors.diagnostics.first();
        return Err(error.map_or_else(String::new, |error| error.headline().to_owned()));
    };
    let mut set = BTreeSet::new();
    for (file, source) in sources.iter() {
        let is_values = source.name().ends_with("values.yaml") || files.iter().any(|name| name == source.name());
        if is_values && let Ok(parsed) = yaml::parse(&source, file, 0..source.text().len()) {
            scalars(&parsed.node, &mut |node| {
                set.insert(shown(&node.value));
            });
        }
    }
    drop(chart);
    let templates = sources
        .iter()
        .filter(|(_, source)| source.name().contains("/templates/"));
    let templates: Vec<_> = templates.map(|(_, source)| source).collect();
    let mut shares = Shares::default();
    for manifest in manifests.objects.iter().chain(&manifests.hooks) {
        let asked = Asked {
            rendered: &rendered,
            sources: &sources,
            set: &set,
            templates: &templates,
            manifest,
            asking: Cell::default(),
        };
        asked.document(&mut shares);
        shares.asking += asked.asking.get();
    }
    Ok(shares)
}

pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::String(text) => text.trim().to_owned(),
        Value::Null | Value::List(_) | Value::Map(_) => String::new(),
    }
}

fn scalars(node: &Node, each: &mut dyn FnMut(&Node)) {
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| scalars(item, each)),
        Value::Map(map) => map.iter().for_each(|(_, entry)| scalars(&entry.node, each)),
        _ => each(node),
    }
}

struct Asked<'a> {
    rendered: &'a Rendered,
    sources: &'a Sources,
    set: &'a BTreeSet<String>,
    templates: &'a [Arc<Source>],
    manifest: &'a manifest::Manifest,
    asking: Cell<Duration>,
}

impl Asked<'_> {
    fn document(&self, shares: &mut Shares) {
        let text = &self.manifest.text;
        let file = &self.rendered.files[&self.manifest.path];
        assert!(
            file[self.manifest.start..].starts_with(&**text),
            "{}",
            self.manifest.path
        );
        let source = Source::new("", SourceKind::Made, text.clone().into_bytes());
        if let Ok(parsed) = yaml::parse(&source, FileId::NONE, 0..source.text().len()) {
            self.node(&parsed.node, shares);
        }
    }

    fn origin(&self, span: Span) -> Option<Origin> {
        let range = span.range().start + self.manifest.start..span.range().end + self.manifest.start;
        let started = Instant::now();
        let origin = self.rendered.origin(&self.manifest.path, range);
        self.asking.set(self.asking.get() + started.elapsed());
        origin
    }

    fn text(&self, span: Span) -> String {
        self.sources.get(span.file).text()[span.range()].to_owned()
    }

    fn line(&self, span: Span) -> String {
        let source = self.sources.get(span.file);
        source.line(source.line_column(span.start).line).to_owned()
    }

    fn node(&self, node: &Node, shares: &mut Shares) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.node(item, shares)),
            Value::Map(map) => {
                for (key, entry) in map.iter() {
                    self.key(key, entry.key, shares);
                    self.node(&entry.node, shares);
                }
            }
            _ => self.scalar(node, shares),
        }
    }

    fn miss(&self, what: &str, shown: &str, at: Span, origin: Option<&Origin>, shares: &mut Shares) {
        let file = &self.rendered.files[&self.manifest.path];
        let line = file[..self.manifest.start + at.start as usize].matches('\n').count() + 1;
        let place = |span| self.sources.place(span);
        let origin = origin.map_or_else(
            || "nothing".to_owned(),
            |origin| {
                let value = origin.value.map_or_else(|| "-".to_owned(), |value| place(value.value));
                format!(
                    "{} <- {:?}, value {value}",
                    place(origin.template),
                    origin.calls.iter().map(|&call| place(call)).collect::<Vec<_>>()
                )
            },
        );
        let short: String = shown.chars().take(60).collect();
        shares
            .misses
            .push(format!("{what} {short:?} at {}:{line}: {origin}", self.manifest.path));
    }

    /// Whether `set` added it to a map under a name held by a variable.
    fn is_set(&self, origin: &Origin) -> bool {
        self.text(origin.template).contains("set $")
    }

    fn key(&self, key: &str, span: Span, shares: &mut Shares) {
        let origin = self.origin(span);
        shares.origin.count(origin.is_some());
        let hit = origin.as_ref().is_some_and(|origin| {
            let in_values = origin
                .value
                .and_then(|value| value.key)
                .is_some_and(|found| self.text(found).contains(key));
            let is_value = origin.value.is_some_and(|value| self.text(value.value).contains(key));
            in_values || is_value || self.line(origin.template).contains(key)
        });
        // A key that is in no template, or that `set` took from a variable, has no position.
        let is_written = self.templates.iter().any(|template| template.text().contains(key));
        if !hit && (!is_written || origin.as_ref().is_some_and(|origin| self.is_set(origin))) {
            return;
        }
        shares.keys.count(hit);
        if !hit {
            self.miss("key", key, span, origin.as_ref(), shares);
        }
    }

    fn scalar(&self, node: &Node, shares: &mut Shares) {
        let origin = self.origin(node.span);
        shares.origin.count(origin.is_some());
        let Some(origin) = origin else {
            return self.miss("scalar", &shown(&node.value), node.span, None, shares);
        };
        let shown = shown(&node.value);
        let is_action = self.text(origin.template).starts_with("{{");
        // The name of a chart or release may also be in the values.
        let line = self.line(origin.template);
        let is_other = [".Chart.", ".Release.", ".Capabilities."]
            .iter()
            .any(|name| line.contains(name));
        // So may text of a template itself.
        let is_constant = self.templates.iter().any(|template| template.text().contains(&shown));
        let is_own = !is_action || is_other || is_constant;
        if shown.is_empty() || origin.value.is_none() && is_own || !self.set.contains(&shown) {
            return;
        }
        let hit = origin.value.is_some_and(|setting| {
            let written = self.sources.get(setting.value.file);
            let parsed = yaml::parse(&written, setting.value.file, setting.value.range());
            let same = parsed.is_ok_and(|parsed| self::shown(&parsed.node.value) == shown);
            same || setting.key.is_some_and(|key| self.text(key) == shown)
                || self.text(setting.value).trim_matches(['"', '\'', ' ']) == shown
                || shown.contains('\n') && shown.contains(self.text(setting.value).trim())
        });
        // As with keys: a loop over such a map prints its names.
        if !hit && self.is_set(&origin) {
            return;
        }
        shares.values.count(hit);
        if !hit {
            self.miss("value", &shown, node.span, Some(&origin), shares);
        }
    }
}
