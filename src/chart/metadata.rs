//! Chart.yaml as a value. Mirrors `Metadata` and `Dependency` of Helm's `pkg/chart/v2`.

use super::field::{Field, mismatch};
use crate::diagnostic::{Diagnostic, Result};
use crate::go::layout_parse::parse;
use crate::go::semver::Version;
use crate::go::unicode::{is_print, is_space};
use crate::go::zone::Location;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// What the message of an empty element of a list begins with; Helm finds it only when the whole of Chart.yaml has been read.
pub(super) const EMPTY_NODE: &str = "validation: ";
/// The rule of faults in Chart.yaml.
pub(crate) const METADATA: &str = "chart-metadata";

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
    pub chart_type: String,
    /// Where the fields are written that other stages complain about.
    pub places: Places,
}

/// Where fields of Chart.yaml are written.
#[derive(Clone, Copy, Debug, Default)]
#[allow(missing_docs, reason = "the fields are those of Chart.yaml")]
pub struct Places {
    pub name: Option<Span>,
    pub version: Option<Span>,
    pub kube_version: Option<Span>,
    pub chart_type: Option<Span>,
    pub deprecated: Option<Span>,
}

/// Who looks after a chart.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields are those of Chart.yaml")]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
}

/// A chart that this one needs.
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
    /// Where it is written.
    pub span: Option<Span>,
}

/// Values that a subchart offers to its parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportValue {
    /// The table `exports.NAME` of the subchart, merged into the top of the parent's values.
    Export(String),
    /// A table of the subchart, merged into a table of the parent.
    Table {
        /// Its path in the subchart.
        child: String,
        /// Its path in the parent.
        parent: String,
    },
}

impl Dependency {
    /// The name by which values know the subchart.
    pub fn name_or_alias(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}

impl Metadata {
    /// Reads what a document of Chart.yaml (or requirements.yaml) says over what is known already.
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
            match &*key.to_ascii_lowercase() {
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
                    self.maintainers = field("maintainers")
                        .list(value, "[]*v2.Maintainer")?
                        .iter()
                        .enumerate()
                        .map(|(at, node)| Maintainer::read(node, &Field(format!(".maintainers.{at}"))))
                        .collect::<Result<_>>()?;
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
                    self.dependencies = field("dependencies")
                        .list(value, "[]*v2.Dependency")?
                        .iter()
                        .enumerate()
                        .map(|(at, node)| Dependency::read(node, &Field(format!(".dependencies.{at}"))))
                        .collect::<Result<_>>()?;
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

    /// Cleans up the texts and checks what Helm checks when it loads a chart.
    ///
    /// # Errors
    /// The first thing that Helm objects to. `whole` is the place of Chart.yaml as a whole.
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
                format!("chart.metadata.name \"{}\" is not allowed", self.name),
                self.places.name,
            );
        }
        if self.name.contains('/') {
            return refused(
                format!("chart.metadata.name \"{}\" is invalid", self.name),
                self.places.name,
            );
        }
        if self.version.is_empty() {
            return refused("chart.metadata.version is required".to_owned(), self.places.version);
        }
        if Version::parse(&self.version).is_err() {
            return refused(
                format!("chart.metadata.version \"{}\" is invalid", self.version),
                self.places.version,
            );
        }
        if !matches!(&*self.chart_type, "" | "application" | "library") {
            return refused(
                "chart.metadata.type must be application or library".to_owned(),
                self.places.chart_type,
            );
        }
        for maintainer in &mut self.maintainers {
            [&mut maintainer.name, &mut maintainer.email, &mut maintainer.url]
                .into_iter()
                .for_each(sanitize);
        }
        let mut names: Vec<String> = Vec::new();
        for dependency in &mut self.dependencies {
            dependency.sanitize();
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if !dependency.alias.chars().all(is_name) {
                let message = format!(
                    "dependency \"{}\" has disallowed characters in the alias",
                    dependency.name
                );
                return refused(message, dependency.span);
            }
            let name = dependency.name_or_alias().to_owned();
            if names.contains(&name) {
                return refused(
                    format!("more than one dependency with name or alias \"{name}\""),
                    dependency.span,
                );
            }
            names.push(name);
        }
        Ok(())
    }
}

impl Maintainer {
    fn read(node: &Node, field: &Field) -> Result<Self> {
        let mut maintainer = Self::default();
        for (key, entry) in field.object(node, "maintainers", "v2.Maintainer")?.iter() {
            match &*key.to_ascii_lowercase() {
                "name" => maintainer.name = field.inner("name").string(&entry.node)?,
                "email" => maintainer.email = field.inner("email").string(&entry.node)?,
                "url" => maintainer.url = field.inner("url").string(&entry.node)?,
                _ => {}
            }
        }
        Ok(maintainer)
    }
}

impl Dependency {
    fn read(node: &Node, field: &Field) -> Result<Self> {
        let mut dependency = Self {
            span: Some(node.span),
            ..Self::default()
        };
        for (key, entry) in field.object(node, "dependencies", "v2.Dependency")?.iter() {
            let value = &entry.node;
            match &*key.to_ascii_lowercase() {
                "name" => dependency.name = field.inner("name").string(value)?,
                "version" => dependency.version = field.inner("version").string(value)?,
                "repository" => dependency.repository = field.inner("repository").string(value)?,
                "condition" => dependency.condition = field.inner("condition").string(value)?,
                "tags" => dependency.tags = field.inner("tags").strings(value)?,
                "enabled" => dependency.enabled = field.inner("enabled").bool(value)?,
                "alias" => dependency.alias = field.inner("alias").string(value)?,
                "import-values" => {
                    let values = field.inner("import-values").list(value, "[]interface {}")?;
                    dependency.import_values = values.iter().filter_map(ImportValue::read).collect();
                }
                _ => {}
            }
        }
        Ok(dependency)
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
    /// Anything but a string or a mapping is passed over, as Helm does.
    fn read(node: &Node) -> Option<Self> {
        match &node.value {
            Value::String(name) => Some(Self::Export(name.to_string())),
            Value::Map(map) => {
                // Go's %v: a missing key shows as <nil>.
                let text = |key: &str| {
                    map.node(key).map_or_else(
                        || "<nil>".to_owned(),
                        |node| crate::reflect::sprint(&crate::reflect::from_node(node, crate::reflect::MapType::ANY)),
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

/// Which loader Helm would take, by the `apiVersion` of a chart. Mirrors `pkg/chart/loader`.
///
/// # Errors
/// If there is none for it.
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
    let message = match &*version {
        "" | "v1" | "v2" => return Ok(()),
        "v3" => "invalid chart apiVersion",
        _ => "unsupported chart version",
    };
    let error = Diagnostic::error(METADATA, format!("unsupported apiVersion {version}")).helm(message);
    Err(Box::new(
        error
            .at(place)
            .help("charts have the apiVersion v2, or v1 for those of Helm 2"),
    ))
}

/// Checks Chart.lock, whose content is of no use to a render. Mirrors Helm's type `Lock`.
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
                    if !node.is_null() {
                        Dependency::read(node, &Field(format!(".dependencies.{at}")))?;
                    }
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

/// Replaces spaces of all kinds by a blank and drops what cannot be printed.
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
