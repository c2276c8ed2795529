//! `promchart.yaml`: what a repository wants of the linter, and which charts it has with which values.
//!
//! ```
//! use promchart::lint::settings::Settings;
//!
//! let text = "
//! ignore: [unused-value]
//! severity: {latest-image-tag: error}
//! kube-versions: ['1.33', '1.37']
//! charts:
//! - path: charts/web
//!   values:
//!   - values/test.yaml
//!   - [values/base.yaml, values/live.yaml]
//! ";
//! let settings = Settings::parse(text, "promchart.yaml").unwrap();
//! assert_eq!(settings.charts[0].values.len(), 2);
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::rule::Selection;
use crate::diagnostic::{Diagnostic, Result, Severity};
use crate::source::{Source, SourceKind, Sources, Span};
use crate::world::World;

/// The rule of settings that cannot be read.
pub const SETTINGS: &str = "settings";
/// Where settings are looked for.
pub const NAMES: [&str; 4] = ["promchart.yaml", "promchart.yml", ".promchart.yaml", ".promchart.yml"];

/// The settings of a repository.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Rules and families that are on besides those that always are.
    pub select: Vec<String>,
    /// Rules and families that are off.
    pub ignore: Vec<String>,
    /// Severities of rules: `info`, `warning`, `error`.
    pub severity: BTreeMap<String, String>,
    /// The least severity that fails a run.
    pub fail_on: Option<String>,
    /// The file of known findings.
    pub baseline: Option<String>,
    /// Folders or files with custom resource definitions.
    pub crds: Vec<String>,
    /// The Kubernetes versions that each chart is linted for, unless it says otherwise.
    pub kube_versions: Vec<String>,
    /// The charts.
    pub charts: Vec<ChartSettings>,
    /// Configuration files of Prometheus.
    pub prometheus_configs: Vec<String>,
}

/// One chart of a repository.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartSettings {
    /// The folder of the chart.
    pub path: String,
    /// The name of the release.
    pub release: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
    /// Values files, one or several over each other for each run. Without any, the chart's own values are used.
    pub values: Vec<ValuesFiles>,
    /// `--set` flags of each run.
    pub set: Vec<String>,
    /// The Kubernetes versions of the runs.
    pub kube_versions: Vec<String>,
    /// API versions that the cluster serves besides the usual ones.
    pub api_versions: Vec<String>,
}

/// The values files of one run.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ValuesFiles {
    /// One file.
    One(String),
    /// Several, the last one on top.
    Several(Vec<String>),
}

impl ValuesFiles {
    /// The files in their order.
    pub fn files(&self) -> Vec<String> {
        match self {
            Self::One(file) => vec![file.clone()],
            Self::Several(files) => files.clone(),
        }
    }
}

impl Settings {
    /// Reads settings.
    ///
    /// # Errors
    /// If they are no YAML, or have keys that there are not. The place is a line of a source of its own.
    pub fn parse(text: &str, name: &str) -> std::result::Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_yaml::from_str(text).map_err(|error| format!("{name}: {error}"))
    }

    /// Reads the settings file that is given, or the one in the working folder, if there is one. Paths in it are taken from
    /// its folder.
    ///
    /// # Errors
    /// A file that is given and cannot be read, and one that is no settings file.
    pub fn load(world: &dyn World, given: Option<&str>, sources: &Sources) -> Result<Self> {
        let found = match given {
            Some(path) => Some(path),
            None => NAMES.into_iter().find(|name| world.entry(Path::new(name)).is_ok()),
        };
        let Some(path) = found else { return Ok(Self::default()) };
        let bytes = world
            .read(Path::new(path))
            .map_err(|error| Diagnostic::error(SETTINGS, format!("cannot read {path}: {error}")))?;
        let file = sources.add(Source::new(path, SourceKind::File, bytes));
        let source = sources.get(file);
        let mut settings: Self = if source.text().trim().is_empty() {
            Self::default()
        } else {
            serde_yaml::from_str(source.text()).map_err(|error| {
                let at = error.location().map_or(0, |location| location.index());
                Diagnostic::error(SETTINGS, error.to_string()).at(Span::new(file, at, at))
            })?
        };
        if let Some(folder) = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            settings.move_to(folder);
        }
        Ok(settings)
    }

    /// Takes all paths from a folder.
    fn move_to(&mut self, folder: &Path) {
        let moved = |path: &mut String| *path = folder.join(&*path).display().to_string();
        self.baseline.iter_mut().for_each(moved);
        self.crds.iter_mut().for_each(moved);
        self.prometheus_configs.iter_mut().for_each(moved);
        for chart in &mut self.charts {
            moved(&mut chart.path);
            for values in &mut chart.values {
                match values {
                    ValuesFiles::One(file) => moved(file),
                    ValuesFiles::Several(files) => files.iter_mut().for_each(moved),
                }
            }
        }
    }

    /// Which rules speak.
    ///
    /// # Errors
    /// A severity that there is not.
    pub fn selection(&self) -> Result<Selection> {
        let mut severities = BTreeMap::new();
        let mut ignore = self.ignore.clone();
        for (rule, word) in &self.severity {
            match Severity::parse(word) {
                Some(severity) => {
                    severities.insert(rule.clone(), severity);
                }
                None if word == "off" => ignore.push(rule.clone()),
                None => {
                    let message = format!("{word} is no severity: write off, info, warning or error");
                    return Err(Box::new(Diagnostic::error(SETTINGS, message)));
                }
            }
        }
        Ok(Selection {
            select: self.select.clone(),
            ignore,
            severities,
        })
    }
}
