//! Reports service account tokens sent in clear text.
//!
//! Prometheus sends the credentials of a job to each of its targets, whatever the scheme. Over plain HTTP, anyone who
//! can add a target (who may create a pod or an Ingress) can read the token of the pod's service account.

use super::check::{Check, Object};
use super::rules_table::TOKEN;
use diagnostics::Diagnostic;
use source::Span;

/// The mount paths of the token. Kubernetes uses either name of the folder.
const FOLDERS: [&str; 2] = [
    "/var/run/secrets/kubernetes.io/serviceaccount",
    "/run/secrets/kubernetes.io/serviceaccount",
];

pub(super) fn is_token(path: &str) -> bool {
    FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// The place where a client is given the service account token; none if it is not.
fn token(check: &Check<'_>, owner: Object<'_>) -> Option<Span> {
    if is_token(&owner.text(check, "bearer_token_file")) {
        return Some(owner.value("bearer_token_file"));
    }
    let authorization = owner.object("authorization")?;
    is_token(&authorization.text(check, "credentials_file")).then(|| authorization.value("credentials_file"))
}

/// Checks a section with its own `scheme`: a scrape configuration or an Alertmanager.
pub(super) fn scrape(check: &mut Check<'_>, owner: Object<'_>) {
    let scheme = owner.text(check, "scheme");
    if !matches!(scheme.as_str(), "" | "http") || always_https(check, owner) {
        return;
    }
    let Some(place) = token(check, owner) else { return };
    let mut diagnostic = warning(place).help("set scheme: https, or drop the credentials");
    if owner.get("scheme").is_some() {
        diagnostic = diagnostic.label(owner.value("scheme"), "the scheme");
    }
    check.report.push(diagnostic);
}

/// Whether relabelling sets the scheme to https for every target.
fn always_https(check: &Check<'_>, owner: Object<'_>) -> bool {
    owner.list("relabel_configs").iter().filter_map(Object::of).any(|rule| {
        rule.text(check, "target_label") == "__scheme__"
            && rule.text(check, "replacement") == "https"
            && rule.get("regex").is_none()
    })
}

/// Checks a section with a `url`.
pub(super) fn url(check: &mut Check<'_>, owner: Object<'_>) {
    let address = owner.text(check, "url");
    if address
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
        && let Some(place) = token(check, owner)
    {
        check.report.push(warning(place).label(owner.value("url"), "the URL"));
    }
}

fn warning(place: Span) -> Diagnostic {
    let message = "the service account's token is sent over plain HTTP to every target";
    Diagnostic::warning(TOKEN, message).at(place)
}
