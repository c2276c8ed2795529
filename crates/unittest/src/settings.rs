//! The settings of suites and tests: values, the release, the chart, the cluster.

use std::collections::BTreeMap;

use super::fields::{FieldReader, wrong};
use diagnostics::Result;
use engine::manifest::PostRenderer;
use goyaml::{Map, Node};
use source::Span;

#[derive(Clone, Debug, Default)]
pub(super) struct ReleaseSettings {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) revision: i64,
    pub(super) is_upgrade: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct ChartSettings {
    pub(super) version: String,
    pub(super) app_version: String,
}

#[derive(Clone, Debug, Default)]
pub(super) struct CapabilitySettings {
    pub(super) major: String,
    pub(super) minor: String,
    pub(super) api_versions: Vec<String>,
}

/// The objects that `lookup` finds.
#[derive(Clone, Debug, Default)]
pub(super) struct ClusterSettings {
    /// By `v1/Secret`.
    pub(super) kinds: BTreeMap<String, Kind>,
    pub(super) objects: Vec<Node>,
}

/// The resource and scope of a kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Kind {
    pub(super) group: String,
    pub(super) version: String,
    pub(super) resource: String,
    pub(super) is_namespaced: bool,
}

pub(super) fn settings(reader: FieldReader<'_>, node: &Node) -> Result<Vec<(String, Span, Node)>> {
    let map = reader.mapping(node, "set")?;
    let mut settings: Vec<_> = map
        .into_iter()
        .map(|(key, entry)| (key.to_string(), entry.key, entry.node))
        .collect();
    // In the order of the file.
    settings.sort_by_key(|(_, span, _)| span.start);
    Ok(settings)
}

pub(super) fn release_settings(reader: FieldReader<'_>, node: &Node) -> Result<ReleaseSettings> {
    let mut settings = ReleaseSettings::default();
    let known = ["name", "namespace", "revision", "upgrade"];
    for (key, entry) in reader.fields(node, "release", &known)?.into_iter().flat_map(Map::iter) {
        match &**key {
            "name" => settings.name = reader.text(&entry.node, "release.name")?,
            "namespace" => settings.namespace = reader.text(&entry.node, "release.namespace")?,
            "revision" => settings.revision = reader.integer(&entry.node, "release.revision")?.unwrap_or_default(),
            "upgrade" => settings.is_upgrade = reader.boolean(&entry.node, "release.upgrade")?,
            _ => {}
        }
    }
    Ok(settings)
}

pub(super) fn chart_settings(reader: FieldReader<'_>, node: &Node) -> Result<ChartSettings> {
    let mut settings = ChartSettings::default();
    for (key, entry) in reader
        .fields(node, "chart", &["version", "appVersion"])?
        .into_iter()
        .flat_map(Map::iter)
    {
        match &**key {
            "version" => settings.version = reader.text(&entry.node, "chart.version")?,
            "appVersion" => settings.app_version = reader.text(&entry.node, "chart.appVersion")?,
            _ => {}
        }
    }
    Ok(settings)
}

pub(super) fn capability_settings(reader: FieldReader<'_>, node: &Node) -> Result<CapabilitySettings> {
    let mut settings = CapabilitySettings::default();
    let known = ["majorVersion", "minorVersion", "apiVersions"];
    for (key, entry) in reader
        .fields(node, "capabilities", &known)?
        .into_iter()
        .flat_map(Map::iter)
    {
        match &**key {
            "majorVersion" => settings.major = reader.text(&entry.node, "capabilities.majorVersion")?,
            "minorVersion" => settings.minor = reader.text(&entry.node, "capabilities.minorVersion")?,
            "apiVersions" => settings.api_versions = reader.texts(&entry.node, "capabilities.apiVersions")?,
            _ => {}
        }
    }
    Ok(settings)
}

pub(super) fn skip(reader: FieldReader<'_>, node: &Node, of_suite: bool) -> Result<(String, String)> {
    let (mut reason, mut minimum) = (String::new(), String::new());
    let known: &[&str] = if of_suite {
        &["reason", "minimumVersion"]
    } else {
        &["reason"]
    };
    for (key, entry) in reader.fields(node, "skip", known)?.into_iter().flat_map(Map::iter) {
        match &**key {
            "reason" => reason = reader.text(&entry.node, "skip.reason")?,
            "minimumVersion" if of_suite => minimum = reader.text(&entry.node, "skip.minimumVersion")?,
            _ => {}
        }
    }
    Ok((reason, minimum))
}

pub(super) fn post_renderer(reader: FieldReader<'_>, node: &Node) -> Result<Option<PostRenderer>> {
    let (mut program, mut arguments) = (String::new(), Vec::new());
    for (key, entry) in reader
        .fields(node, "postRenderer", &["cmd", "args"])?
        .into_iter()
        .flat_map(Map::iter)
    {
        match &**key {
            "cmd" => program = reader.text(&entry.node, "postRenderer.cmd")?,
            "args" => arguments = reader.texts(&entry.node, "postRenderer.args")?,
            _ => {}
        }
    }
    Ok((!program.is_empty()).then_some(PostRenderer { program, arguments }))
}

pub(super) fn cluster_settings(reader: FieldReader<'_>, node: &Node) -> Result<ClusterSettings> {
    let mut settings = ClusterSettings::default();
    let known = ["scheme", "objects"];
    for (key, entry) in reader
        .fields(node, "kubernetesProvider", &known)?
        .into_iter()
        .flat_map(Map::iter)
    {
        match &**key {
            "scheme" => {
                for (name, entry) in reader.mapping(&entry.node, "kubernetesProvider.scheme")? {
                    settings.kinds.insert(name.to_string(), kind(reader, &entry.node)?);
                }
            }
            "objects" => {
                for object in reader.items(&entry.node, "kubernetesProvider.objects")? {
                    reader.mapping(object, "an object of kubernetesProvider")?;
                    settings.objects.push(object.clone());
                }
            }
            _ => {}
        }
    }
    Ok(settings)
}

pub(super) fn kind(reader: FieldReader<'_>, node: &Node) -> Result<Kind> {
    let mut kind = Kind::default();
    let what = "a kind of kubernetesProvider.scheme";
    for (key, entry) in reader
        .fields(node, what, &["should_err", "gvr", "namespaced"])?
        .into_iter()
        .flat_map(Map::iter)
    {
        match &**key {
            "should_err" if !entry.node.is_null() => {
                return Err(wrong(
                    &entry.node,
                    "helm-unittest cannot read should_err either: leave it out",
                ));
            }
            "namespaced" => kind.is_namespaced = reader.boolean(&entry.node, "namespaced")?,
            "gvr" => {
                let fields = reader.fields(&entry.node, "gvr", &["group", "version", "resource"])?;
                for (key, entry) in fields.into_iter().flat_map(Map::iter) {
                    match &**key {
                        "group" => kind.group = reader.text(&entry.node, "gvr.group")?,
                        "version" => kind.version = reader.text(&entry.node, "gvr.version")?,
                        "resource" => kind.resource = reader.text(&entry.node, "gvr.resource")?,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(kind)
}
