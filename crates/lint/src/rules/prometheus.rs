//! Prometheus' own files inside ConfigMaps and Secrets, and the objects of its operator.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::Context;
use super::super::object::Object;
use super::super::references;
use super::volumes::volumes;
use diagnostics::{Diagnostic, Report};
use gostd::base64;
use goyaml::Node;
use prometheus::Kind;
use source::{Source, SourceKind, Span};

/// Checks all objects.
pub(in super::super) fn objects(context: &Context<'_>, report: &mut Report) {
    for object in &context.objects.all {
        let source = context.sources.get(object.node.span.file);
        for diagnostic in prometheus::check_object(&source, &object.node).diagnostics {
            let object = object.reference.clone();
            report.push(diagnostic.object(object));
        }
        let (is_map, is_secret) = (object.is(&["ConfigMap"]), object.is(&["Secret"]));
        let named = named(context, object);
        for part in ["data", "stringData"] {
            let entries = object.at([part]).and_then(Node::as_map).filter(|_| is_map || is_secret);
            for (name, entry) in entries.into_iter().flat_map(goyaml::Map::iter) {
                let Some(text) = entry.node.as_str() else { continue };
                if is_secret && part == "data" {
                    let decoded = base64::decode(text.as_bytes())
                        .ok()
                        .and_then(|bytes| String::from_utf8(bytes).ok());
                    if let Some(text) = decoded {
                        let asked = named.get(&**name).copied();
                        file(context, object, (name, asked), &text, entry.node.span, None, report);
                    }
                } else {
                    let asked = named.get(&**name).copied();
                    file(
                        context,
                        object,
                        (name, asked),
                        text,
                        entry.node.span,
                        Some(&source),
                        report,
                    );
                }
            }
        }
    }
}

/// The keys of an object that a configuration in the same object refers to, with the kind of each file.
fn named(context: &Context<'_>, object: &Object) -> BTreeMap<String, Kind> {
    let parts = ["data", "stringData"]
        .into_iter()
        .filter_map(|part| object.at([part])?.as_map());
    let keys = parts.flat_map(goyaml::Map::iter).map(|(key, _)| &**key);
    let keys: Vec<&str> = keys
        .filter(|key| !matches!(*key, "prometheus.yml" | "prometheus.yaml"))
        .collect();
    let mut named = BTreeMap::new();
    for configuration in configurations(context, object) {
        named.extend(references::named(&configuration.node, &keys));
    }
    named
}

/// Checks a text in an object if it is a file of Prometheus. Findings are placed inside the scalar that holds it or,
/// without its source, at the whole scalar.
fn file(
    context: &Context<'_>,
    object: &Object,
    (name, asked): (&str, Option<Kind>),
    text: &str,
    scalar: Span,
    within: Option<&Source>,
    report: &mut Report,
) {
    // Names are unreliable: a key can have any name, and its text can be mounted under another one.
    let begins = |key: &str| text.lines().any(|line| line.starts_with(key));
    let is_named = matches!(name, "prometheus.yml" | "prometheus.yaml");
    if asked.is_none() && !is_named && !begins("scrape_configs:") && !begins("groups:") && !name.starts_with("web") {
        return;
    }
    let inner = context
        .sources
        .add(Source::new(name, SourceKind::Made, text.as_bytes().to_vec()));
    let inner_source = context.sources.get(inner);
    let Ok(parsed) = goyaml::parse(&inner_source, inner, 0..inner_source.text().len()) else {
        // Only a text that is clearly meant for Prometheus, unprocessed, is reported.
        if asked.is_some() || is_named || begins("scrape_configs:") && !text.contains("{{") {
            let found = prometheus::check_file(context.sources, inner, asked.or(Some(Kind::Config)));
            place_all(found, object, text, scalar, within, inner, report);
        }
        return;
    };
    let Some(kind) = asked.or_else(|| kind(name, &parsed.node)) else {
        return;
    };
    if is_of_another(context, object, &parsed.node, is_named || asked.is_some()) {
        return;
    }
    let found = prometheus::check_file(context.sources, inner, Some(kind));
    place_all(found, object, text, scalar, within, inner, report);
}

/// Programs whose files resemble Prometheus' but have other fields, by parts of their image names.
const OTHERS: [&str; 9] = [
    "victoria-metrics",
    "victoriametrics",
    "vmagent",
    "vmalert",
    "promtail",
    "grafana/agent",
    "grafana-agent",
    "grafana/alloy",
    "opentelemetry-collector",
];

/// Whether a file is for another program, or may be: it has fields of that program, or the pods that mount it run that program and
/// not Prometheus, or those pods are missing because their template failed and the file does not have a name of Prometheus.
fn is_of_another(context: &Context<'_>, object: &Object, node: &Node, is_named: bool) -> bool {
    let has = |key: &str| node.get(key).is_some();
    if has("clients") && has("positions") || has("server") && has("positions") {
        return true;
    }
    let mut images = Vec::new();
    let mut is_mounted = false;
    for pod in context
        .objects
        .pods()
        .filter(|pod| pod.owner.namespace() == object.namespace())
    {
        let mounts = volumes(pod).any(|(volume, _)| {
            let map = volume.config_map.as_ref().map(|map| map.name.as_str());
            let secret = volume.secret.as_ref().and_then(|secret| secret.secret_name.as_deref());
            let projected = volume
                .projected
                .iter()
                .flat_map(|volume| volume.sources.iter().flatten());
            let mut projected = projected.flat_map(|source| {
                let map = source.config_map.as_ref().map(|map| map.name.as_str());
                map.into_iter()
                    .chain(source.secret.as_ref().map(|secret| secret.name.as_str()))
            });
            let name = object.name();
            map == Some(name) || secret == Some(name) || projected.any(|source| source == name)
        });
        if mounts {
            is_mounted = true;
            let all = pod.containers().filter_map(|container| container.spec.image.clone());
            images.extend(all);
        }
    }
    if !is_mounted && !is_named && context.objects.is_partial {
        return true;
    }
    let is_other = |image: &String| OTHERS.iter().any(|other| image.contains(other));
    images.iter().any(is_other) && !images.iter().any(|image| image.contains("prom/prometheus"))
}

fn place_all(
    found: Report,
    object: &Object,
    text: &str,
    scalar: Span,
    within: Option<&Source>,
    inner: source::FileId,
    report: &mut Report,
) {
    let moved = |span: Span| match within {
        Some(source) if span.file == inner => goyaml::within(source.text(), scalar, text, span.range()),
        _ => scalar,
    };
    for mut diagnostic in found.diagnostics {
        diagnostic.span = diagnostic.span.map(moved);
        for label in &mut diagnostic.labels {
            label.span = moved(label.span);
        }
        report.push(Diagnostic {
            object: Some(object.reference.clone()),
            ..diagnostic
        });
    }
}

/// A Prometheus configuration in an object.
pub(super) struct Configuration {
    /// The parsed configuration; its spans refer to the text.
    pub(super) node: Node,
    text: String,
    scalar: Span,
    /// The source of the object, if it contains the configuration as plain text.
    within: Option<Arc<Source>>,
}

impl Configuration {
    /// The place of a part of the configuration in the object.
    pub(super) fn place(&self, part: Span) -> Span {
        match &self.within {
            Some(source) => goyaml::within(source.text(), self.scalar, &self.text, part.range()),
            None => self.scalar,
        }
    }
}

/// The Prometheus configurations in a ConfigMap or a Secret.
pub(super) fn configurations(context: &Context<'_>, object: &Object) -> Vec<Configuration> {
    let is_secret = object.is(&["Secret"]);
    if !is_secret && !object.is(&["ConfigMap"]) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for part in ["data", "stringData"] {
        for (name, entry) in object
            .at([part])
            .and_then(Node::as_map)
            .into_iter()
            .flat_map(goyaml::Map::iter)
        {
            let Some(written) = entry.node.as_str() else { continue };
            let (text, within) = if is_secret && part == "data" {
                let decoded = base64::decode(written.as_bytes()).ok();
                (decoded.and_then(|bytes| String::from_utf8(bytes).ok()), None)
            } else {
                (
                    Some(written.to_owned()),
                    Some(context.sources.get(object.node.span.file)),
                )
            };
            let Some(text) = text.filter(|text| text.contains("scrape_configs:")) else {
                continue;
            };
            let inner = Source::new(&**name, SourceKind::Made, text.as_bytes().to_vec());
            let inner = context.sources.add(inner);
            let source = context.sources.get(inner);
            if let Ok(parsed) = goyaml::parse(&source, inner, 0..source.text().len())
                && kind(name, &parsed.node) == Some(Kind::Config)
            {
                found.push(Configuration {
                    node: parsed.node,
                    text,
                    scalar: entry.node.span,
                    within,
                });
            }
        }
    }
    found
}

/// The kind of a file, if it is certainly one of Prometheus. Other programs use `global` and `rules` too.
fn kind(name: &str, node: &Node) -> Option<Kind> {
    let has_list = |key: &str| node.get(key).is_some_and(|value| value.as_list().is_some());
    let is_group = |group: &Node| group.get("rules").is_some_and(|rules| rules.as_list().is_some());
    if has_list("scrape_configs") || matches!(name, "prometheus.yml" | "prometheus.yaml") {
        return Some(Kind::Config);
    }
    let groups = node.get("groups").and_then(Node::as_list).unwrap_or_default();
    let is_rule =
        |rule: &Node| rule.get("expr").is_some() && (rule.get("alert").is_some() || rule.get("record").is_some());
    let rules = groups
        .iter()
        .filter_map(|group| group.get("rules")?.as_list())
        .flatten();
    if groups.iter().any(is_group) && rules.into_iter().any(is_rule) {
        return Some(Kind::Rules);
    }
    let is_web = name.starts_with("web") && prometheus::detect(node) == Some(Kind::WebConfig);
    is_web.then_some(Kind::WebConfig)
}
