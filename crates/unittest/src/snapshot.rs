//! Snapshots of previous output, in `__snapshot__/NAME_test.yaml.snap`. Mirrors helm-unittest's
//! `pkg/unittest/snapshot`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::message::yaml_text;
use diagnostics::{Diagnostic, Result};
use gostd::regexp::Regexp;
use goyaml::{Node, Style, Writer, sort_keys};
use source::{Source, SourceKind, Sources};
use system::System;

/// The rule for snapshot files that cannot be read or written.
pub const SNAPSHOT: &str = "unittest-snapshot";

/// By test and number.
type Texts = BTreeMap<String, BTreeMap<usize, String>>;

/// The snapshots of a suite.
#[derive(Debug)]
pub(super) struct Snapshots {
    file: PathBuf,
    is_updating: bool,
    cached: Texts,
    current: Texts,
    updated: usize,
    inserted: usize,
    compared: usize,
}

/// The number of snapshots by result.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// All that were compared.
    pub total: usize,
    /// Those that differ.
    pub failed: usize,
    /// New snapshots.
    pub created: usize,
    /// Obsolete snapshots, with which nothing was compared.
    pub vanished: usize,
}

/// A comparison.
pub(super) struct Compared {
    pub(super) passed: bool,
    pub(super) number: usize,
    pub(super) before: String,
    pub(super) now: String,
    /// The reason why a pattern did not match.
    pub(super) message: String,
}

impl Snapshots {
    /// Reads the snapshots of a suite.
    ///
    /// # Errors
    /// If the file exists and cannot be read.
    pub(super) fn read(system: &dyn System, suite: &Path, is_updating: bool, sources: &Sources) -> Result<Self> {
        let name = suite.file_name().map(|name| name.to_string_lossy().into_owned());
        let folder = suite.parent().unwrap_or_else(|| Path::new("")).join("__snapshot__");
        let file = folder.join(format!("{}.snap", name.unwrap_or_default()));
        let mut snapshots = Self {
            is_updating,
            cached: Texts::new(),
            current: Texts::new(),
            updated: 0,
            inserted: 0,
            compared: 0,
            file,
        };
        let bytes = match system.read(&snapshots.file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(snapshots),
            Err(error) => return Err(snapshots.fault(&error.to_string())),
        };
        let id = sources.add(Source::new(
            snapshots.file.display().to_string(),
            SourceKind::File,
            bytes,
        ));
        let source = sources.get(id);
        let read = goyaml::parse_all_v3(&source, id, 0..source.text().len(), false);
        if let Some(error) = &read.error {
            return Err(snapshots.fault(&error.message));
        }
        let first = read.documents.first();
        for (test, entry) in first
            .and_then(|first| first.node.as_map())
            .into_iter()
            .flat_map(goyaml::Map::iter)
        {
            for (number, entry) in entry.node.as_map().into_iter().flat_map(goyaml::Map::iter) {
                let number = number
                    .parse()
                    .map_err(|_| snapshots.fault(&format!("{number} is no number of a snapshot")))?;
                let text = entry.node.scalar_text().unwrap_or_default();
                snapshots
                    .cached
                    .entry(test.to_string())
                    .or_default()
                    .insert(number, text);
            }
        }
        Ok(snapshots)
    }

    fn fault(&self, message: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(
            SNAPSHOT,
            format!("{}: {message}", self.file.display()),
        ))
    }

    /// Compares the snapshot of a test with the current output.
    ///
    /// # Errors
    /// If a pattern is not a valid regular expression.
    pub(super) fn compare(
        &mut self,
        test: &str,
        number: usize,
        content: &Node,
        pattern: &str,
        not_pattern: &str,
    ) -> std::result::Result<Compared, String> {
        self.compared += 1;
        let before = self.cached.get(test).and_then(|texts| texts.get(&number)).cloned();
        self.inserted += usize::from(before.is_none());
        let now = yaml_text(content);
        let mut passed = true;
        let mut message = String::new();
        let mut error = None;
        if pattern.is_empty() && not_pattern.is_empty() {
            if before.as_ref().is_some_and(|before| *before != now) {
                passed = false;
                self.updated += 1;
            }
        } else {
            let matches = |pattern: &str| {
                let compiled = Regexp::compile(pattern);
                compiled
                    .map(|regexp| regexp.is_match(&now))
                    .map_err(|error| format!("failed to compile regex pattern {pattern}: {error}"))
            };
            if !pattern.is_empty() {
                passed = matches(pattern).unwrap_or_else(|problem| {
                    error = Some(problem);
                    false
                });
                if !passed {
                    message = format!(" pattern '{pattern}' not found in snapshot");
                }
            }
            if !not_pattern.is_empty() && passed {
                match matches(not_pattern) {
                    Ok(true) => {
                        passed = false;
                        message = format!(" pattern '{not_pattern}' should not be in snapshot");
                    }
                    Ok(false) => {}
                    Err(problem) => error = Some(problem),
                }
            }
        }
        let kept = match &before {
            Some(before) if !self.is_updating => before.clone(),
            _ => now.clone(),
        };
        self.current.entry(test.to_owned()).or_default().insert(number, kept);
        match error {
            Some(error) => Err(error),
            None => Ok(Compared {
                passed: self.is_updating || passed,
                number,
                before: before.unwrap_or_default(),
                now,
                message,
            }),
        }
    }

    /// The number of snapshots.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            total: self.compared,
            failed: if self.is_updating { 0 } else { self.updated },
            created: self.inserted,
            vanished: self.vanished(),
        }
    }

    fn vanished(&self) -> usize {
        let is_current =
            |test: &String, number: &usize| self.current.get(test).is_some_and(|texts| texts.contains_key(number));
        let all = self.cached.iter();
        all.flat_map(|(test, texts)| texts.keys().map(move |number| (test, number)))
            .filter(|(test, number)| !is_current(test, number))
            .count()
    }

    /// Rewrites the file if there are new or obsolete snapshots.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(super) fn store(&self, system: &dyn System) -> Result<()> {
        let vanished = self.vanished();
        let changed = self.inserted > 0 || vanished > 0 || self.is_updating && self.updated > 0;
        if !changed {
            return Ok(());
        }
        let failed = |error: std::io::Error| self.fault(&error.to_string());
        if let Some(folder) = self.file.parent() {
            system.make_folders(folder).map_err(failed)?;
        }
        system.write(&self.file, self.text().as_bytes()).map_err(failed)
    }

    fn text(&self) -> String {
        let mut writer = Writer::new(Style::V3);
        let tests: Vec<_> = self.current.iter().collect();
        writer.begin_map(tests.len());
        for (test, texts) in sort_keys(Style::V3, tests, |(test, _)| test.as_str()) {
            writer.key(test);
            writer.begin_map(texts.len());
            for (number, text) in texts {
                writer.number_key(*number);
                writer.string(text);
            }
            writer.end_map();
        }
        writer.end_map();
        writer.finish().unwrap_or_default()
    }
}
