//! The files that a prometheus.yml refers to, if they exist: those next to a file given directly, as
//! `promtool check config` does.

use std::path::Path;

use diagnostics::{Diagnostic, Report};
use gostd::filepath;
use gostd::quote::quote;
use prometheus::{Kind, Reference};
use source::{FileId, Source, SourceKind, Sources};
use system::System;

const CONFIG: &str = "prometheus-config";
const JOB: &str = "duplicate-job";

/// Checks the files that a configuration on disk refers to.
pub(super) fn check(system: &dyn System, sources: &Sources, config: FileId) -> Report {
    let source = sources.get(config);
    let Ok(parsed) = goyaml::parse(&source, config, 0..source.text().len()) else {
        return Report::new();
    };
    let mut report = Report::new();
    if prometheus::detect(&parsed.node) != Some(Kind::Config) {
        return report;
    }
    let folder = Path::new(source.name()).parent().unwrap_or(Path::new("")).to_path_buf();
    let mut jobs: Vec<(String, source::Span)> = prometheus::jobs(&parsed.node)
        .into_iter()
        .map(|(name, span)| (name.to_owned(), span))
        .collect();
    for reference in prometheus::references(&parsed.node) {
        let files = matching(system, &folder, &reference.path);
        if files.is_empty() {
            report.diagnostics.extend(absent(&reference));
        }
        for path in files {
            let Ok(bytes) = system.read(Path::new(&path)) else {
                continue;
            };
            let file = sources.add(Source::new(path.as_str(), SourceKind::File, bytes));
            report.append(prometheus::check_file(sources, file, Some(reference.kind)));
            if reference.kind == Kind::ScrapeConfigs {
                same_jobs(sources, file, &mut jobs, &mut report);
            }
        }
    }
    report
}

/// The verdict of `promtool` on a missing file: an error for rules, a warning for targets, nothing for scrape
/// configurations.
fn absent(reference: &Reference) -> Option<Diagnostic> {
    let path = quote(&reference.path);
    let is_pattern = reference.path.contains(['*', '?', '[']);
    match reference.kind {
        Kind::Rules if !is_pattern => {
            let message = format!("{path} does not point to an existing file");
            Some(Diagnostic::error(CONFIG, message).at(reference.span))
        }
        Kind::Targets => {
            let message = format!("the file {path} does not exist");
            Some(Diagnostic::warning(CONFIG, message).at(reference.span))
        }
        _ => None,
    }
}

/// The files that a path refers to, relative to a folder.
fn matching(system: &dyn System, folder: &Path, path: &str) -> Vec<String> {
    let path = folder.join(path);
    let Some(pattern) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else {
        return Vec::new();
    };
    let is_file = |path: &Path| {
        system
            .entry(path)
            .is_ok_and(|entry| entry.kind == system::FileKind::File)
    };
    if !pattern.contains(['*', '?', '[']) {
        return if is_file(&path) {
            vec![path.to_string_lossy().into_owned()]
        } else {
            Vec::new()
        };
    }
    let parent = path.parent().unwrap_or(Path::new(""));
    let names = system.list(if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    });
    let fits = |name: &String| filepath::matches(&pattern, name).unwrap_or(false);
    let found = names
        .unwrap_or_default()
        .into_iter()
        .filter(fits)
        .map(|name| parent.join(name));
    found
        .filter(|path| is_file(path))
        .map(|path| path.to_string_lossy().into_owned())
        .collect()
}

fn same_jobs(sources: &Sources, file: FileId, jobs: &mut Vec<(String, source::Span)>, report: &mut Report) {
    let source = sources.get(file);
    let Ok(parsed) = goyaml::parse(&source, file, 0..source.text().len()) else {
        return;
    };
    let own = prometheus::jobs(&parsed.node);
    for (name, span) in &own {
        if let Some((_, first)) = jobs.iter().find(|(known, _)| known == name) {
            let message = format!("found multiple scrape configs with job name {}", quote(name));
            report.push(Diagnostic::error(JOB, message).at(*span).label(*first, "first here"));
        }
    }
    jobs.extend(own.into_iter().map(|(name, span)| (name.to_owned(), span)));
}

/// The keys of a ConfigMap that a configuration in it refers to. Its mount path is unknown: a file name counts, a
/// pattern only if it has no folder.
pub(super) fn named(config: &goyaml::Node, keys: &[&str]) -> Vec<(String, Kind)> {
    let mut found = Vec::new();
    for reference in prometheus::references(config) {
        let (folder, name) = reference.path.rsplit_once('/').unwrap_or(("", &reference.path));
        let fits = |key: &&str| *key == name || folder.is_empty() && filepath::matches(name, key).unwrap_or(false);
        found.extend(
            keys.iter()
                .filter(|key| fits(key))
                .map(|key| ((*key).to_owned(), reference.kind)),
        );
    }
    found
}
