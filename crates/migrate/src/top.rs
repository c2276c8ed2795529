//! Keys that do not belong to a single component: globals, service accounts, objects, and subcharts that our chart does
//! not have.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use super::templates;
use goyaml::{Node, Value};

pub(super) fn global(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.put(found, "global", found.node.clone());
    } else {
        job.same(found, "it is empty");
    }
}

/// Pull secrets, global or of a subchart. Our chart has one list for all pods.
pub(super) fn pull_secrets(job: &mut Job<'_>, found: &Found) {
    let claim = job.mapped(found);
    for item in found.node.as_list().unwrap_or_default().to_vec() {
        // The chart of node-exporter also accepts plain names.
        let item = match item.as_str() {
            Some(name) => build::map(item.span, [("name", build::text(item.span, name))]),
            None => item,
        };
        let known = job.out.get(&Path::place("global.imagePullSecrets"));
        let is_there = known
            .as_ref()
            .and_then(Node::as_list)
            .unwrap_or_default()
            .iter()
            .any(|known| known.value == item.value);
        if !is_there {
            job.push(found, claim, "global.imagePullSecrets", item);
        }
    }
}

pub(super) fn account_token(job: &mut Job<'_>, found: &Found) {
    if job.says("server/automountServiceAccountToken") {
        job.same(found, "the community chart prefers server.automountServiceAccountToken");
    } else {
        job.put(
            found,
            "server.serviceAccount.automountServiceAccountToken",
            found.node.clone(),
        );
    }
}

pub(super) fn reload(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.same(found, "Prometheus watches its files itself");
    } else {
        job.put(found, "config.reload.mode", build::text(found.node.span, "none"));
    }
}

/// Extra objects, given as texts with templates.
pub(super) fn manifests(job: &mut Job<'_>, found: &Found) {
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        let node = match item.as_str() {
            // With a mapping `tpl` fails in the community chart, but the intent is clear.
            None => item.clone(),
            Some(text) if templates::is_portable(text) => item.clone(),
            Some(text) => {
                let Some(text) = job.expand(&entry, text) else { continue };
                build::text(item.span, templates::escaped(&text))
            }
        };
        let claim = job.mapped(&entry);
        job.push(&entry, claim, "extraObjects", node);
    }
    job.same(found, "the list is empty");
}

/// The Alertmanager that the community chart installs and configures. Our chart expects a separate installation.
pub(super) fn alertmanager(job: &mut Job<'_>, found: &Found) {
    let release = job.names.release.clone();
    let chart = release.map_or_else(
        || "alertmanager".to_owned(),
        |release| format!("{release}-alertmanager"),
    );
    if !found.node.get("enabled").is_some_and(is_true) {
        job.defaults_below(&found.path);
        job.same(found, "no Alertmanager is installed");
        return;
    }
    let install = format!(
        "helm install {chart} prometheus-community/alertmanager with what is below `alertmanager:` as its values; \
         alerting.alertmanagers names its Service"
    );
    if let Some(prefix) = job.find(&found.path.join("prefixURL"), "") {
        job.mapped(&prefix);
    }
    job.lose(found, "the chart installs no Alertmanager", install);
    if !found.is_given {
        job.missing.push(format!("Alertmanager, which the community chart installs by default: helm install {chart} prometheus-community/alertmanager"));
    }
    if job.is_on("server/alertmanagers") || super::kind::has_own_config(job) || super::kind::is_agent(job) {
        return;
    }
    let span = found.node.span;
    let name = job.text("alertmanager/fullnameOverride");
    let service = if name.is_empty() { chart } else { name };
    let port = found
        .node
        .at(["service", "port"])
        .cloned()
        .unwrap_or_else(|| Node::new(Value::Int(9093), span));
    let mut target = vec![("name", build::text(span, service)), ("port", port)];
    if let Some(namespace) = &job.names.namespace {
        target.push(("namespace", build::text(span, namespace)));
    }
    job.set(
        "alerting.alertmanagers.alertmanager.service",
        build::map(span, target),
        "the Service of an Alertmanager that you install yourself; see the top of this file",
    );
    let prefix = job.text("alertmanager/prefixURL");
    if !prefix.is_empty() {
        job.set(
            "alerting.alertmanagers.alertmanager.pathPrefix",
            build::text(span, prefix),
            "alertmanager.prefixURL",
        );
    }
}

pub(super) fn kube_state_metrics(job: &mut Job<'_>, found: &Found) {
    if !found.node.get("enabled").is_some_and(is_true) {
        job.defaults_below(&found.path);
        job.same(found, "it is not installed");
        return;
    }
    let release = job.names.release.clone();
    let chart = release.map_or_else(
        || "kube-state-metrics".to_owned(),
        |release| format!("{release}-kube-state-metrics"),
    );
    job.lose(
        found,
        "the chart installs no kube-state-metrics",
        format!(
            "helm install {chart} prometheus-community/kube-state-metrics with what is below `kube-state-metrics:` as its values; \
             it is found by the annotation of its Service"
        ),
    );
    if !found.is_given {
        job.missing.push(format!(
            "kube-state-metrics, which the community chart installs by default: helm install {chart} prometheus-community/kube-state-metrics"
        ));
    }
}
