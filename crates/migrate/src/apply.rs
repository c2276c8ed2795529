//! Applies rows of the table to the state of a migration.

use super::job::Job;
use super::path::Path;
use super::row::{How, Row};
use super::{kind, storage};

/// Keys that affect only the contents of prometheus.yml.
const IN_FILE: [&str; 10] = [
    "server/global/external_labels",
    "server/global",
    "server/remoteWrite",
    "server/remoteRead",
    "server/alertmanagers",
    "server/tsdb",
    "server/exemplars",
    "server/otlp",
    "scrapeConfigFiles",
    "alertRelabelConfigs",
];

/// Applies one row of the table.
pub(super) fn apply(job: &mut Job<'_>, row: &'static Row) {
    let path = row.path();
    let is_given = job.ledger.says(&path);
    if !is_given && (!row.is_stated || job.options.only_set) {
        return;
    }
    if !is_given && !path.parent().is_none_or(|parent| has_parent(job, &parent)) {
        return;
    }
    let Some(found) = job.find(&path, row.about) else {
        return;
    };
    if IN_FILE.contains(&row.old) && kind::has_own_config(job) {
        job.same(
            &found,
            "the community chart ignores it, because the configuration is yours",
        );
        return;
    }
    if let Some(component) = storage::of_claim(row.old)
        && storage::uses_claim(job, component)
    {
        job.same(&found, "it is of a claim that is made, and one that is there is used");
        return;
    }
    match row.how {
        How::Call(function) => function(job, &found),
        How::Move if found.node.is_null() => {
            job.same(&found, "null is the same as leaving it out");
        }
        How::Move => job.put(&found, row.new, found.node.clone()),
        How::Needless => {
            job.defaults_below(&path);
            job.same(&found, row.about);
        }
        How::Lost => {
            job.defaults_below(&path);
            job.lose(&found, row.about, row.new);
        }
    }
}

/// Whether the mapping around a default still exists after the input's nulls.
fn has_parent(job: &Job<'_>, parent: &Path) -> bool {
    parent.steps().is_empty() || parent.get(&job.old).is_some()
}
