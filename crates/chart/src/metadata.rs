//! The contents of Chart.yaml. Mirrors `Metadata` and `Dependency` of Helm's `pkg/chart/v2`.

use std::collections::BTreeSet;

use super::field::{Field, METADATA, mismatch};
use diagnostics::{Diagnostic, Result};
use gostd::layout_parse::parse;
use gostd::path::base;
use gostd::quote::quote;
use gostd::semver::Version;
use gostd::unicode::{is_print, is_space};
use gostd::zone::Location;
use goyaml::{Node, Value};
use source::Span;

/// Fields that a null empties; any other field is left unchanged by a null.
const LISTS: [&str; 7] = [
    "sources",
    "keywords",
    "maintainers",
    "annotations",
    "dependencies",
    "tags",
    "import-values",
];

/// Chart.yaml.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml")]
pub struct Metadata {
    pub name: String,
    pub home: String,
    pub sources: Vec<String>,
    pub version: String,
    pub description: String,
    pub keywords: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub icon: String,
    pub api_version: String,
    pub condition: String,
    pub tags: String,
    pub app_version: String,
    pub deprecated: bool,
    pub annotations: std::collections::BTreeMap<String, String>,
    pub kube_version: String,
    pub dependencies: Vec<Dependency>,
    /// Whether there is a list of dependencies, even an empty one.
    pub has_dependencies: bool,
    pub chart_type: String,
    /// The spans of fields that later stages report on.
    pub places: Places,
}

/// The spans of fields in Chart.yaml.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of Chart.yaml")]
pub struct Places {
    pub name: Option<Span>,
    pub version: Option<Span>,
    pub kube_version: Option<Span>,
    pub chart_type: Option<Span>,
    pub deprecated: Option<Span>,
}

/// A maintainer of a chart.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml")]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
    /// The span of the list item if it is null.
    missing: Option<Span>,
}

/// A chart that this one depends on.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml")]
pub struct Dependency {
    pub name: String,
    pub version: String,
    pub repository: String,
    pub condition: String,
    pub tags: Vec<String>,
    pub enabled: bool,
    pub import_values: Vec<ImportValue>,
    pub alias: String,
    /// The span of the entry.
    pub span: Option<Span>,
    /// Whether its values have been imported.
    pub is_imported: bool,
    /// Whether the list item is null.
    is_missing: bool,
}

/// Values that a subchart exports to its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportValue {
    /// The table `exports.NAME` of the subchart, merged into the top level of the parent's values.
    Export(String),
    /// A table of the subchart, merged into a table of the parent.
    Table {
        /// Its path in the subchart.
        child: String,
        /// Its path in the parent.
        parent: String,
    },
}

impl ImportValue {
    /// The path of the table in the subchart, and the path in the parent that it is merged into; `.` is the top level.
    pub fn paths(&self) -> (String, String) {
        match self {
            Self::Export(name) => (format!("exports.{name}"), ".".to_owned()),
            Self::Table { child, parent } => (child.clone(), parent.clone()),
        }
    }
}

impl Dependency {
    /// The name of the subchart in the values.
    pub fn name_or_alias(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}

impl Metadata {
    /// Decodes a document of Chart.yaml (or requirements.yaml) over the fields decoded so far.
    ///
    /// # Errors
    /// A value of the wrong type, in the words of Go's `encoding/json`.
    pub(super) fn read(&mut self, node: &Node) -> Result<()> {
        let Some(map) = node.as_map() else {
            return if node.is_null() {
                Ok(())
            } else {
                Err(mismatch(node, "Go value", "v2.Metadata"))
            };
        };
        let field = |name: &str| Field(format!(".{name}"));
        for (key, entry) in map.iter() {
            let (value, span) = (&entry.node, Some(entry.node.span));
            let key = key.to_ascii_lowercase();
            if value.is_null() && (key == "tags" || !LISTS.contains(&&*key)) {
                continue;
            }
            match &*key {
                "name" => {
                    self.name = field("name").string(value)?;
                    self.places.name = span;
                }
                "home" => self.home = field("home").string(value)?,
                "sources" => self.sources = field("sources").strings(value)?,
                "version" => {
                    self.version = field("version").string(value)?;
                    self.places.version = span;
                }
                "description" => self.description = field("description").string(value)?,
                "keywords" => self.keywords = field("keywords").strings(value)?,
                "maintainers" => {
                    let known = std::mem::take(&mut self.maintainers);
                    for (at, node) in field("maintainers").list(value, "[]*v2.Maintainer")?.iter().enumerate() {
                        let mut maintainer = known.get(at).cloned().unwrap_or_default();
                        maintainer.read(node, &Field(format!(".maintainers.{at}")))?;
                        self.maintainers.push(maintainer);
                    }
                }
                "icon" => self.icon = field("icon").string(value)?,
                "apiversion" => self.api_version = field("apiVersion").string(value)?,
                "condition" => self.condition = field("condition").string(value)?,
                "tags" => self.tags = field("tags").string(value)?,
                "appversion" => self.app_version = field("appVersion").string(value)?,
                "deprecated" => {
                    self.deprecated = field("deprecated").bool(value)?;
                    self.places.deprecated = span;
                }
                "annotations" => {
                    let field = field("annotations");
                    if value.is_null() {
                        self.annotations.clear();
                    }
                    for (name, entry) in field.map(value, "map[string]string")?.iter() {
                        let value = field.inner(name).string(&entry.node)?;
                        self.annotations.insert(name.to_string(), value);
                    }
                }
                "kubeversion" => {
                    self.kube_version = field("kubeVersion").string(value)?;
                    self.places.kube_version = span;
                }
                "dependencies" => {
                    self.has_dependencies = !value.is_null();
                    // Go decodes each element over the existing one, which comes from Chart.yaml.
                    let known = std::mem::take(&mut self.dependencies);
                    for (at, node) in field("dependencies")
                        .list(value, "[]*v2.Dependency")?
                        .iter()
                        .enumerate()
                    {
                        let mut dependency = known.get(at).cloned().unwrap_or_default();
                        dependency.read(node, &Field(format!(".dependencies.{at}")))?;
                        self.dependencies.push(dependency);
                    }
                }
                "type" => {
                    self.chart_type = field("type").string(value)?;
                    self.places.chart_type = span;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Sanitizes the texts and performs the checks that Helm makes when it loads a chart.
    ///
    /// # Errors
    /// The first problem that Helm reports. `whole` is the span of the whole Chart.yaml.
    pub(super) fn validate(&mut self, whole: Span) -> Result<()> {
        for text in [
            &mut self.name,
            &mut self.description,
            &mut self.home,
            &mut self.icon,
            &mut self.condition,
            &mut self.tags,
            &mut self.app_version,
            &mut self.kube_version,
        ] {
            sanitize(text);
        }
        self.sources.iter_mut().chain(&mut self.keywords).for_each(sanitize);
        let refused = |message: String, span: Option<Span>| {
            Err(Box::new(
                Diagnostic::error(METADATA, format!("validation: {message}")).at(span.unwrap_or(whole)),
            ))
        };
        if self.api_version.is_empty() {
            return refused("chart.metadata.apiVersion is required".to_owned(), None);
        }
        if self.name.is_empty() {
            return refused("chart.metadata.name is required".to_owned(), self.places.name);
        }
        if self.name == "." || self.name == ".." {
            return refused(
                format!("chart.metadata.name {} is not allowed", quote(&self.name)),
                self.places.name,
            );
        }
        if self.name != base(&self.name) {
            return refused(
                format!("chart.metadata.name {} is invalid", quote(&self.name)),
                self.places.name,
            );
        }
        if self.version.is_empty() {
            return refused("chart.metadata.version is required".to_owned(), self.places.version);
        }
        if Version::parse(&self.version).is_err() {
            return refused(
                format!("chart.metadata.version {} is invalid", quote(&self.version)),
                self.places.version,
            );
        }
        if !matches!(&*self.chart_type, "" | "application" | "library") {
            return refused(
                "chart.metadata.type must be application or library".to_owned(),
                self.places.chart_type,
            );
        }
        let missing = |what: &str| format!("{what} must not contain empty or null nodes");
        for maintainer in &mut self.maintainers {
            if maintainer.missing.is_some() {
                return refused(missing("maintainers"), maintainer.missing);
            }
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url]
                .into_iter()
                .for_each(sanitize);
        }
        let mut names = BTreeSet::new();
        for dependency in &mut self.dependencies {
            if dependency.is_missing {
                return refused(missing("dependencies"), dependency.span);
            }
            dependency.sanitize();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !dependency.alias.chars().all(is_name) {
                let message = format!(
                    "dependency {} has disallowed characters in the alias",
                    quote(&dependency.name)
                );
                return refused(message, dependency.span);
            }
            let name = dependency.name_or_alias().to_owned();
            let shown = quote(&name);
            if !names.insert(name) {
                let message = format!("more than one dependency with name or alias {shown}");
                return refused(message, dependency.span);
            }
        }
        Ok(())
    }
}

impl Maintainer {
    fn read(&mut self, node: &Node, field: &Field) -> Result<()> {
        if node.is_null() || self.missing.is_some() {
            *self = Self::default();
        }
        self.missing = node.is_null().then_some(node.span);
        for (key, entry) in field.map(node, "v2.Maintainer")?.iter() {
            if entry.node.is_null() {
                continue;
            }
            match &*key.to_ascii_lowercase() {
                "name" => self.name = field.inner("name").string(&entry.node)?,
                "email" => self.email = field.inner("email").string(&entry.node)?,
                "url" => self.url = field.inner("url").string(&entry.node)?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl Dependency {
    fn read(&mut self, node: &Node, field: &Field) -> Result<()> {
        if node.is_null() || self.is_missing {
            *self = Self::default();
        }
        self.span = Some(node.span);
        self.is_missing = node.is_null();
        for (key, entry) in field.map(node, "v2.Dependency")?.iter() {
            let value = &entry.node;
            let key = key.to_ascii_lowercase();
            if value.is_null() && !LISTS.contains(&&*key) {
                continue;
            }
            match &*key {
                "name" => self.name = field.inner("name").string(value)?,
                "version" => self.version = field.inner("version").string(value)?,
                "repository" => self.repository = field.inner("repository").string(value)?,
                "condition" => self.condition = field.inner("condition").string(value)?,
                "tags" => self.tags = field.inner("tags").strings(value)?,
                "enabled" => self.enabled = field.inner("enabled").bool(value)?,
                "alias" => self.alias = field.inner("alias").string(value)?,
                "import-values" => {
                    let values = field.inner("import-values").list(value, "[]interface {}")?;
                    self.import_values = values.iter().filter_map(ImportValue::read).collect();
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn sanitize(&mut self) {
        [
            &mut self.name,
            &mut self.version,
            &mut self.repository,
            &mut self.condition,
        ]
        .into_iter()
        .for_each(sanitize);
        self.tags.iter_mut().for_each(sanitize);
    }
}

impl ImportValue {
    /// Decodes an entry. Anything but a string or a mapping is ignored, as in Helm.
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::String(name) => Some(Self::Export(name.to_string())),
            Value::Map(map) => {
                // Go's %v: a missing key shows as <nil>.
                let text = |key: &str| {
                    map.node(key).map_or_else(
                        || "<nil>".to_owned(),
                        |node| govalue::sprint(&govalue::from_node(node, govalue::MapType::ANY)),
                    )
                };
                Some(Self::Table {
                    child: text("child"),
                    parent: text("parent"),
                })
            }
            _ => None,
        }
    }
}

fn unsupported(version: &str, helm: &str, place: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(METADATA, format!("unsupported apiVersion {version}"))
            .helm(helm)
            .at(place)
            .help("charts have the apiVersion v2, or v1 for those of Helm 2"),
    )
}

/// The `apiVersion` of charts that Helm loads but does not render.
pub(super) const UNUSABLE_VERSION: &str = "v3";

/// Rejects charts that Helm loads but does not render.
///
/// # Errors
/// The chart has such an apiVersion.
pub fn check_usable(chart: &super::Chart) -> Result<()> {
    let version = &chart.metadata.api_version;
    if version == UNUSABLE_VERSION {
        let place = Span::file_start(chart.chart_yaml);
        return Err(unsupported(version, "invalid chart apiVersion", place));
    }
    Ok(())
}

/// Checks that Helm has a loader for the `apiVersion` of a chart. Mirrors `pkg/chart/loader`.
///
/// # Errors
/// Helm has no loader for it.
pub(super) fn check_api_version(node: &Node) -> Result<()> {
    let place = node.span;
    let version = match node.as_map() {
        Some(map) => {
            let found = map.iter().find(|(key, _)| key.eq_ignore_ascii_case("apiVersion"));
            let text = found.map(|(_, entry)| Field(".apiVersion".to_owned()).string(&entry.node));
            text.transpose()?.unwrap_or_default()
        }
        None if node.is_null() => String::new(),
        None => return Err(mismatch(node, "Go value", "loader.chartBase")),
    };
    if matches!(&*version, "" | "v1" | "v2" | UNUSABLE_VERSION) {
        return Ok(());
    }
    Err(unsupported(&version, "unsupported chart version", place))
}

/// Checks Chart.lock, whose content does not affect a render. Mirrors Helm's type `Lock`.
///
/// # Errors
/// A value of the wrong type, in the words of Go's `encoding/json`.
pub(super) fn check_lock(node: &Node) -> Result<()> {
    let field = |name: &str| Field(format!(".{name}"));
    let Some(map) = node.as_map() else {
        return if node.is_null() {
            Ok(())
        } else {
            Err(mismatch(node, "Go value", "v2.Lock"))
        };
    };
    for (key, entry) in map.iter() {
        let value = &entry.node;
        match &*key.to_ascii_lowercase() {
            "digest" => drop(field("digest").string(value)?),
            "dependencies" => {
                for (at, node) in field("dependencies")
                    .list(value, "[]*v2.Dependency")?
                    .iter()
                    .enumerate()
                {
                    Dependency::default().read(node, &Field(format!(".dependencies.{at}")))?;
                }
            }
            "generated" => {
                const RFC3339: &str = "2006-01-02T15:04:05Z07:00";
                if let Some(text) = value.as_str()
                    && let Err(error) = parse(RFC3339, text, &Location::Utc)
                {
                    let message = format!("error unmarshaling JSON: while decoding JSON: {error}");
                    return Err(Box::new(Diagnostic::error(METADATA, message).at(value.span)));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Replaces white space characters by blanks and drops unprintable characters.
fn sanitize(text: &mut String) {
    if text.chars().all(|c| c == ' ' || is_print(c)) {
        return;
    }
    *text = text
        .chars()
        .filter_map(|c| match c {
            _ if is_space(c) => Some(' '),
            _ if is_print(c) => Some(c),
            _ => None,
        })
        .collect();
}
