//! The report of a migration: diagnostics at the lines of the input, and the header of the output.

use std::collections::BTreeMap;

use super::findings::{LOST, MAPPED, SAME, UNKNOWN};
use super::job::Job;
use super::ledger::{Claim, Fate};
use super::path::Path;
use super::release;
use super::row::Row;
use super::rows;
use super::storage;
use diagnostics::{Diagnostic, Report, closest};
use source::FileId;

/// Claims the leaves that no row has claimed.
pub(super) fn unknown_keys(job: &mut Job<'_>) {
    for (path, key) in job.ledger.rest() {
        // The topmost key that the community chart does not know.
        let (mut at, mut span) = (path.clone(), key);
        while let Some(parent) = at.parent() {
            if parent.steps().is_empty() || is_known(&parent) {
                break;
            }
            span = job.find(&parent, "").map_or(span, |found| found.key);
            at = parent;
        }
        let parent = at.parent().unwrap_or_default();
        let siblings = siblings(&parent);
        let name = at.last().to_owned();
        let help = match closest(&name, siblings.iter().map(String::as_str)) {
            Some(near) => Some(format!("did you mean `{}`?", parent.join(near))),
            None => elsewhere(&name, &at),
        };
        job.ledger.claim(&at, span, Fate::Unknown { help }, None);
    }
}

/// Whether the table has a key, one below it, or one above it.
fn is_known(path: &Path) -> bool {
    rows::rows().any(|row| row.path().is_in(path) || path.is_in(&row.path()))
}

/// The keys of the community chart in a mapping.
fn siblings(parent: &Path) -> Vec<String> {
    let mut found: Vec<String> = rows::rows()
        .map(Row::path)
        .filter(|path| path.is_in(parent))
        .filter_map(|path| path.steps().get(parent.steps().len()).map(ToString::to_string))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A suggestion: the same key at another place, because wrong indentation is the most common mistake.
fn elsewhere(name: &str, at: &Path) -> Option<String> {
    let old = [
        ("nodeExporter", "prometheus-node-exporter"),
        ("pushgateway", "prometheus-pushgateway"),
        ("kubeStateMetrics", "kube-state-metrics"),
        ("alertmanagerFiles", "alertmanager.config"),
    ];
    if let Some((_, new)) = old.iter().find(|(old, _)| *old == name && at.steps().len() == 1) {
        return Some(format!("versions before 15 had it; it is `{new}` since"));
    }
    rows::rows()
        .map(Row::path)
        .find(|path| path.last() == name && path != at)
        .map(|path| format!("the community chart has `{path}`"))
}

/// Marks claims as not needed if no value of theirs is left in the output.
pub(super) fn needless(job: &mut Job<'_>, kept: &[(usize, Path, bool)]) {
    let mut by_claim: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (claim, _, same) in kept {
        let counts = by_claim.entry(*claim).or_default();
        if *same {
            counts.0 += 1;
        } else {
            counts.1 += 1;
        }
    }
    for (claim, (dropped, left)) in by_claim {
        if left == 0 && dropped > 0 {
            let claim = &mut job.ledger.claims[claim];
            if claim.fate == Fate::Mapped && !claim.new.is_empty() {
                claim.fate = Fate::Same("it is the chart's own default".to_owned());
                claim.note = None;
            }
        }
    }
}

/// The diagnostics, in the order of the input.
pub(super) fn report(job: &Job<'_>) -> Report {
    let mut report = Report::new();
    for claim in &job.ledger.claims {
        let path = &claim.path;
        let new: Vec<String> = claim.new.iter().map(ToString::to_string).collect();
        let diagnostic = match &claim.fate {
            Fate::Mapped => match &claim.note {
                Some(note) if new.is_empty() => Diagnostic::info(MAPPED, format!("{path}: {note}")),
                Some(note) => Diagnostic::info(MAPPED, format!("{path} becomes {}: {note}", listed(&new))),
                None => continue,
            },
            Fate::Same(why) => Diagnostic::info(SAME, format!("{path} is left out: {why}")),
            Fate::Default => continue,
            Fate::Lost { reason, help } => {
                let diagnostic = Diagnostic::warning(LOST, format!("{path} is not carried over: {reason}"));
                if help.is_empty() {
                    diagnostic
                } else {
                    diagnostic.help(help)
                }
            }
            Fate::Unknown { help } => {
                let mut diagnostic = Diagnostic::warning(UNKNOWN, format!("the community chart has no key {path}"));
                diagnostic.help.clone_from(help);
                diagnostic
            }
            Fate::Overridden => Diagnostic::info(SAME, format!("{path} is left out: a later file has it too")),
        };
        report.push(diagnostic.at(claim.key));
    }
    report.append(job.advice.clone());
    report.sort();
    report
}

/// The first few keys, and the number of the others.
fn listed(keys: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut text = keys.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if keys.len() > SHOWN {
        text.push_str(&format!(" and {} more", keys.len() - SHOWN));
    }
    text
}

/// The header of the output.
pub(super) fn head(job: &Job<'_>, files: &[FileId]) -> String {
    let names: Vec<String> = files
        .iter()
        .map(|file| job.sources.get(*file).name().to_owned())
        .collect();
    let mut lines = vec![
        format!(
            "Values for the chart prom, made by `promchart migrate` from {}",
            names.join(", ")
        ),
        format!("(values of {}).", super::COMMUNITY),
    ];
    if !job.options.only_set {
        lines.push(
            "Defaults of that chart which differ from this chart's are written out, so that what was on stays on."
                .to_owned(),
        );
    }
    adoption(job, &mut lines);
    if !job.missing.is_empty() {
        lines.push(String::new());
        lines.push("To install besides:".to_owned());
        lines.extend(job.missing.iter().map(|text| format!("- {text}")));
    }
    let left: Vec<&Claim> = job
        .ledger
        .claims
        .iter()
        .filter(|claim| matches!(claim.fate, Fate::Lost { .. } | Fate::Unknown { .. }))
        .collect();
    if !left.is_empty() {
        lines.push(String::new());
        lines.push("Not carried over:".to_owned());
    }
    for claim in left {
        let source = job.sources.get(claim.key.file);
        let place = format!("{}:{}", source.name(), source.line_column(claim.key.start).line);
        let why = match &claim.fate {
            Fate::Lost { reason, help } if help.is_empty() => reason.clone(),
            Fate::Lost { reason, help } => format!("{reason}; {help}"),
            Fate::Unknown { help: Some(help) } => format!("the community chart has no such key; {help}"),
            _ => "the community chart has no such key".to_owned(),
        };
        lines.push(format!("- {} ({place}): {why}", claim.path));
    }
    let mut text = String::new();
    for line in lines {
        let line = line.replace(['\n', '\r'], " ");
        text.push_str(format!("# {line}").trim_end());
        text.push('\n');
    }
    text.push('\n');
    text
}

/// Instructions for moving from the old release to the new one.
fn adoption(job: &Job<'_>, lines: &mut Vec<String>) {
    lines.push(String::new());
    let Some(release) = &job.names.release else {
        lines.push(
            "Names of objects are the chart's own. With --release NAME those of that release are kept, and its volume is used.".to_owned(),
        );
        return;
    };
    lines.push(format!(
        "It replaces release {release}: names, selectors and addresses stay."
    ));
    let namespace = job.names.namespace.as_deref();
    let at = namespace.map_or_else(String::new, |namespace| format!(" --namespace {namespace}"));
    let claims = storage::kept_claims(job);
    if !claims.is_empty() {
        lines.push("Its data are on claims that Helm deletes with it. Before anything else keep it from doing so, in both ways:".to_owned());
        let set: String = claims
            .iter()
            .map(|(_, key)| format!(" --set-string {key}.annotations.\"helm\\.sh/resource-policy\"=keep"))
            .collect();
        lines.push(format!(
            "  helm upgrade {release} prometheus-community/prometheus{at} --reuse-values{set}"
        ));
        let names: Vec<&str> = claims.iter().map(|(claim, _)| claim.as_str()).collect();
        lines.push(format!(
            "  kubectl annotate persistentvolumeclaim {}{at} helm.sh/resource-policy=keep --overwrite",
            names.join(" ")
        ));
    }
    if let Some(claim) = storage::claim_of_stateful_set(job) {
        lines.push(format!("Its data are on the claim {claim}, which Helm leaves alone."));
        if job.is_on("server/statefulSet/pvcDeleteOnStsDelete") {
            lines.push(
                "The StatefulSet deletes it: set server.statefulSet.pvcDeleteOnStsDelete to false in the old release first.".to_owned(),
            );
        }
    }
    let obstacles = release::obstacles(job);
    if obstacles.is_empty() {
        lines.push(format!(
            "Then replace it in place: helm upgrade {release} CHART{at} -f THIS_FILE --server-side=false"
        ));
    } else {
        lines.push(format!("It cannot be replaced in place: {}.", obstacles.join("; ")));
        lines.push(format!(
            "Uninstall it and install anew: helm uninstall {release}{at}; helm install {release} CHART{at} -f THIS_FILE"
        ));
    }
}
