//! Replacing a release: its names and selectors are kept, so that its objects can be adopted and addresses stay the
//! same.

use super::build;
use super::job::Job;
use super::path::Path;
use super::storage::nowhere;
use goyaml::Node;
use source::Span;

/// Keeps the names of the release, if one is given.
pub(super) fn keep_names(job: &mut Job<'_>) {
    let Some(release) = job.names.release.clone() else {
        return;
    };
    let span = nowhere(job);
    let names = job.names.clone();
    let why = format!("as in release {release}");
    let mut server = selector(span, &names.name, &release);
    server.push(("app.kubernetes.io/component", build::text(span, &names.component)));
    keep(job, "server", &names.server, server, &why);
    if is_on(job, "pushgateway") {
        let labels = selector(span, &names.pushgateway_name, &release);
        keep(job, "pushgateway", &names.pushgateway, labels, &why);
    }
    if is_on(job, "nodeExporter") {
        let labels = selector(span, &names.node_exporter_name, &release);
        keep(job, "nodeExporter", &names.node_exporter, labels, &why);
    }
}

/// Whether the output enables a component.
fn is_on(job: &Job<'_>, component: &str) -> bool {
    job.out
        .get(&Path::place(component).join("enabled"))
        .is_some_and(|enabled| build::is_true(&enabled))
}

fn selector(span: Span, name: &str, release: &str) -> Vec<(&'static str, Node)> {
    vec![
        ("app.kubernetes.io/name", build::text(span, name)),
        ("app.kubernetes.io/instance", build::text(span, release)),
    ]
}

fn keep(job: &mut Job<'_>, component: &str, name: &str, labels: Vec<(&'static str, Node)>, why: &str) {
    let span = nowhere(job);
    job.set(&format!("{component}.fullnameOverride"), build::text(span, name), why);
    job.set(&format!("{component}.selectorLabels"), build::map(span, labels), why);
}

/// The reasons why `helm upgrade` cannot replace the release in place; empty if it can.
pub(super) fn obstacles(job: &Job<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if job.is_on("server/statefulSet/enabled") {
        found.push(
            "the server is a StatefulSet, whose claim templates and Service cannot be changed: delete it with --cascade=orphan first"
                .to_owned(),
        );
    } else if job
        .text("server/replicaCount")
        .parse::<u64>()
        .is_ok_and(|count| count > 1)
    {
        found.push("several replicas were a Deployment and become a StatefulSet".to_owned());
    } else if job.is_on("server/daemonSet/enabled") && !super::kind::is_agent(job) {
        found.push("the server was a DaemonSet".to_owned());
    }
    if job.is_on("prometheus-pushgateway/enabled") && job.is_on("prometheus-pushgateway/runAsStatefulSet") {
        found.push("the Pushgateway was a StatefulSet".to_owned());
    }
    found
}
