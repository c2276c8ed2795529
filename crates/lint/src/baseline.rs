//! The baseline: a file of fingerprints of existing findings, so that only new ones fail.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use diagnostics::report::fingerprint;
use diagnostics::{Diagnostic, Report, Result};
use source::Sources;

/// The rule for baselines that cannot be read.
pub const BASELINE: &str = "baseline";

/// The fingerprints of known findings, with the number of times that each may occur.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<String, u64>);

impl Baseline {
    /// Creates the baseline of a report.
    pub fn of(report: &Report, sources: &Sources) -> Self {
        let mut known = Self::default();
        for diagnostic in &report.diagnostics {
            *known.0.entry(fingerprint(diagnostic, sources)).or_default() += 1;
        }
        known
    }

    /// Reads a baseline file.
    ///
    /// # Errors
    /// If it is not a valid baseline.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |what: &str| Box::new(Diagnostic::error(BASELINE, format!("this is no baseline: {what}")));
        let json: Json = serde_json::from_str(text).map_err(|error| bad(&error.to_string()))?;
        let findings = json["findings"]
            .as_object()
            .ok_or_else(|| bad("it has no `findings`"))?;
        let mut known = Self::default();
        for (fingerprint, count) in findings {
            let count = count["count"].as_u64().ok_or_else(|| bad("a finding has no `count`"))?;
            known.0.insert(fingerprint.clone(), count);
        }
        Ok(known)
    }

    /// The content of the file. Each fingerprint is written with the finding that it stands for.
    pub fn write(&self, report: &Report, sources: &Sources) -> String {
        let mut findings = serde_json::Map::new();
        for diagnostic in &report.diagnostics {
            let fingerprint = fingerprint(diagnostic, sources);
            let count = self.0.get(&fingerprint).copied().unwrap_or_default();
            let entry = json!({"count": count, "rule": diagnostic.rule, "message": diagnostic.message});
            findings.insert(fingerprint, entry);
        }
        findings.sort_keys();
        let json = json!({"version": 1, "findings": findings});
        format!("{json:#}\n")
    }

    /// The number of known findings.
    pub fn len(&self) -> usize {
        self.0
            .values()
            .map(|count| usize::try_from(*count).unwrap_or(usize::MAX))
            .sum()
    }

    /// Whether there are no known findings.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes known findings from a report and returns their number.
    pub fn apply(&self, report: &mut Report, sources: &Sources) -> usize {
        let mut left = self.0.clone();
        let before = report.diagnostics.len();
        report
            .diagnostics
            .retain(|diagnostic| match left.get_mut(&fingerprint(diagnostic, sources)) {
                Some(count) if *count > 0 => {
                    *count -= 1;
                    false
                }
                _ => true,
            });
        before - report.diagnostics.len()
    }
}
