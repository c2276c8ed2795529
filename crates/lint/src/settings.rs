//! `promchart.yaml`: the linter settings of a repository, and its charts with their values.
//!
//! ```
//! use lint::settings::Settings;
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
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::discover::{self, Patterns, SETTINGS};
use super::selection::{FileIgnores, Selection};
use diagnostics::{Diagnostic, Result, Severity};
use source::{FileId, Source, SourceKind, Sources, Span};
use system::System;

/// The names of the settings file.
pub const NAMES: [&str; 4] = ["promchart.yaml", "promchart.yml", ".promchart.yaml", ".promchart.yml"];

/// The settings of a repository.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Rules and families that are on in addition to the default ones.
    pub select: Vec<String>,
    /// Rules and families that are off.
    pub ignore: Vec<String>,
    /// Severities of rules: `info`, `warning`, `error`.
    pub severity: BTreeMap<String, String>,
    /// The lowest severity that fails a run.
    pub fail_on: Option<String>,
    /// The baseline file.
    pub baseline: Option<String>,
    /// Folders or files with CustomResourceDefinitions.
    pub crds: Vec<String>,
    /// Folders or files with admission policies.
    pub policies: Vec<String>,
    /// The default Kubernetes versions for which each chart is linted.
    pub kube_versions: Vec<String>,
    /// The charts.
    pub charts: Vec<ChartSettings>,
    /// Prometheus configuration files.
    pub prometheus_configs: Vec<String>,
    /// Patterns of charts that the search skips; charts that are named are still linted.
    pub exclude: Vec<String>,
    /// Patterns of files, each with the rules and families that are off for them.
    pub per_file_ignores: BTreeMap<String, Vec<String>>,
    /// The folder of the settings file, to which patterns and paths are relative.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The settings file, if there is one.
    #[serde(skip)]
    pub file: Option<FileId>,
}

/// One chart of a repository.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartSettings {
    /// The folder of the chart, a packaged chart, or a pattern of several.
    pub path: String,
    /// The name of the release.
    pub release: Option<String>,
    /// The namespace of the release.
    pub namespace: Option<String>,
    /// The values files of each run: one file or a list. Each match of a pattern is a separate run. If empty, the
    /// chart's own values are used.
    pub values: Vec<ValuesFiles>,
    /// `--set` flags of each run.
    pub set: Vec<String>,
    /// The Kubernetes versions of the runs.
    pub kube_versions: Vec<String>,
    /// API versions that the cluster serves in addition to the usual ones.
    pub api_versions: Vec<String>,
}

/// The values files of one run.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ValuesFiles {
    /// One file.
    One(String),
    /// Several files; the last takes precedence.
    Several(Vec<String>),
}

impl Settings {
    /// Parses settings.
    ///
    /// # Errors
    /// If the text is not valid YAML or has unknown keys. The span is in a source of its own.
    pub fn parse(text: &str, name: &str) -> std::result::Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        serde_yaml::from_str(text).map_err(|error| format!("{name}: {error}"))
    }

    /// Reads the given settings file, or the nearest one in the working folder and its parents up to the top of the
    /// repository. Its paths are relative to its folder.
    ///
    /// # Errors
    /// A given file that cannot be read, an invalid settings file, or two settings files in one folder.
    pub fn load(system: &dyn System, given: Option<&str>, sources: &Sources) -> Result<Self> {
        let found = match given {
            Some(path) => Some(PathBuf::from(path)),
            None => Self::find(system)?,
        };
        let Some(path) = found else { return Ok(Self::default()) };
        let shown = path.display().to_string();
        let bytes = system
            .read(&path)
            .map_err(|error| Diagnostic::error(SETTINGS, format!("cannot read {shown}: {error}")))?;
        let file = sources.add(Source::new(shown, SourceKind::File, bytes));
        let source = sources.get(file);
        let mut settings: Self = if source.text().trim().is_empty() {
            Self::default()
        } else {
            serde_yaml::from_str(source.text()).map_err(|error| {
                let at = error.location().map_or(0, |location| location.index());
                Diagnostic::error(SETTINGS, error.to_string()).at(Span::new(file, at, at))
            })?
        };
        settings.file = Some(file);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            settings.move_to(folder);
        }
        Ok(settings)
    }

    /// The nearest settings file.
    fn find(system: &dyn System) -> Result<Option<PathBuf>> {
        for folder in discover::upwards(system) {
            let folder = if folder == Path::new(".") {
                PathBuf::new()
            } else {
                folder
            };
            let paths = NAMES.into_iter().map(|name| folder.join(name));
            let mut there = paths.filter(|path| system.entry(path).is_ok());
            let (first, second) = (there.next(), there.next());
            if let (Some(first), Some(second)) = (&first, second) {
                let message = format!("{} and {} are both there", first.display(), second.display());
                return Err(Diagnostic::error(SETTINGS, message).help("keep one of them").into());
            }
            if first.is_some() {
                return Ok(first);
            }
        }
        Ok(None)
    }

    /// Makes all paths relative to a folder.
    fn move_to(&mut self, folder: &Path) {
        let moved = |path: &mut String| *path = folder.join(&*path).display().to_string();
        self.baseline.iter_mut().for_each(moved);
        self.crds.iter_mut().for_each(moved);
        self.policies.iter_mut().for_each(moved);
        self.prometheus_configs.iter_mut().for_each(moved);
        self.folder = folder.to_path_buf();
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

    /// The error, with the position of the text in the settings file that it is about.
    pub fn locate(&self, mut error: Box<Diagnostic>, text: &str, sources: &Sources) -> Box<Diagnostic> {
        let place = self.file.and_then(|file| {
            let at = sources.get(file).text().find(text)?;
            Some(Span::new(file, at, at + text.len()))
        });
        error.span = error.span.or(place);
        error
    }

    /// The charts that the search skips.
    ///
    /// # Errors
    /// An invalid pattern.
    pub fn excluded(&self, system: &dyn System, sources: &Sources) -> Result<Patterns> {
        self.patterns(system, &self.exclude, sources)
    }

    fn patterns(&self, system: &dyn System, patterns: &[String], sources: &Sources) -> Result<Patterns> {
        Patterns::read(system, &self.folder, patterns).map_err(|error| {
            let is_wrong =
                |pattern: &&String| Patterns::read(system, &self.folder, std::slice::from_ref(pattern)).is_err();
            let wrong = patterns.iter().find(is_wrong);
            self.locate(error, wrong.map_or("", |pattern| pattern), sources)
        })
    }

    /// The selection of rules.
    ///
    /// # Errors
    /// An unknown severity or an invalid pattern.
    pub fn selection(&self, system: &dyn System, sources: &Sources) -> Result<Selection> {
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
        let of_files = self.per_file_ignores.iter().map(|(pattern, rules)| {
            Ok(FileIgnores {
                files: self.patterns(system, std::slice::from_ref(pattern), sources)?,
                rules: rules.clone(),
            })
        });
        Ok(Selection {
            select: self.select.clone(),
            ignore,
            severities,
            file_ignores: of_files.collect::<Result<_>>()?,
        })
    }
}
