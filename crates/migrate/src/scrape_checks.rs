//! Checks of the user's scrape jobs: configuration errors, required permissions, exposed tokens.

use super::build::{self, is_true, over};
use super::job::{Found, Job};
use diagnostics::Severity;
use goyaml::Node;

/// The reason why Prometheus would reject a job.
pub(super) fn fault(job: &Job<'_>, config: &Node, name: &str) -> Option<String> {
    let span = config.span;
    let named = over(
        &build::map(span, [("job_name", build::text(span, name))]),
        &build::without(config, &["job_name"]),
    );
    let file = build::map(span, [("scrape_configs", build::list(span, [named]))]);
    let source = job.sources.get(span.file);
    let report = prometheus::check_node(&source, &file, prometheus::Kind::Config);
    let error = report
        .diagnostics
        .into_iter()
        .find(|found| found.severity == Severity::Error)?;
    let line = error
        .span
        .map(|span| job.sources.get(span.file).line_column(span.start).line);
    Some(match line {
        Some(line) => format!("{} ({}:{line})", error.message, source.name()),
        None => error.message,
    })
}

/// Whether a job sends the service account's token to its targets.
fn shows_token(config: &Node) -> bool {
    let file = config
        .get("bearer_token_file")
        .or_else(|| config.at(["authorization", "credentials_file"]))
        .and_then(Node::as_str)
        .unwrap_or_default();
    file.contains("secrets/kubernetes.io/serviceaccount/")
}

/// Records the permissions needed for scraping. The chart computes those for discovery.
pub(super) fn rights(job: &mut Job<'_>, config: &Node) {
    if !shows_token(config) {
        return;
    }
    let roles = config
        .get("kubernetes_sd_configs")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let is_node = roles
        .iter()
        .any(|sd| sd.get("role").and_then(Node::as_str) == Some("node"));
    let text = goyaml::to_yaml(goyaml::Style::V3, config).unwrap_or_default();
    if is_node && text.contains("/proxy") {
        job.needs.insert("nodes/proxy");
    } else if is_node {
        job.needs.insert("nodes/metrics");
    } else {
        job.needs.insert("/metrics");
    }
}

/// Keeps and reports a token sent over plain HTTP or to targets whose certificate is not verified, because the input
/// does so.
pub(super) fn token(job: &mut Job<'_>, entry: &Found, config: &Node, has_preset: bool) {
    if !shows_token(config) {
        return;
    }
    let scheme = config.get("scheme").and_then(Node::as_str).unwrap_or("http");
    let is_relabeled = config
        .get("relabel_configs")
        .and_then(Node::as_list)
        .unwrap_or_default()
        .iter()
        .any(|rule| rule.get("target_label").and_then(Node::as_str) == Some("__scheme__"));
    let is_unchecked = !has_preset && config.at(["tls_config", "insecure_skip_verify"]).is_some_and(is_true);
    let how = if scheme != "https" || is_relabeled {
        "over plain HTTP"
    } else if is_unchecked {
        "to targets whose certificate it does not check"
    } else {
        return;
    };
    job.set(
        "scrape.allowTokenOverHttp",
        build::bool(config.span, true),
        "a job shows the account's token to whoever makes himself its target",
    );
    job.advise(
        entry.key,
        format!("{} sends the ServiceAccount's token {how}", entry.path),
        "take the token or insecure_skip_verify out of the job, or give it the preset kubelet or cadvisor, and take \
         scrape.allowTokenOverHttp away",
    );
}
