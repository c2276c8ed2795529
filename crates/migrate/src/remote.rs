//! Remote write, remote read and Alertmanagers: lists that become maps.

use std::collections::BTreeSet;

use super::build;
use super::job::{Found, Job};
use super::path::Path;
use super::written::in_order;
use goyaml::{Node, Value};

/// Fields of `remote_write` that have their own keys.
const WRITE: [(&str, &str); 8] = [
    ("url", "url"),
    ("headers", "headers"),
    ("protobuf_message", "protobufMessage"),
    ("write_relabel_configs", "writeRelabelConfigs"),
    ("queue_config", "queue"),
    ("metadata_config", "metadata"),
    ("send_exemplars", "sendExemplars"),
    ("send_native_histograms", "sendNativeHistograms"),
];
/// Fields of `remote_read` that have their own keys.
const READ: [(&str, &str); 2] = [("url", "url"), ("headers", "headers")];

pub(super) fn write(job: &mut Job<'_>, found: &Found) {
    clients(job, found, "remoteWrite", &WRITE);
}

pub(super) fn read(job: &mut Job<'_>, found: &Found) {
    clients(job, found, "remoteRead", &READ);
}

fn clients(job: &mut Job<'_>, found: &Found, new: &str, keys: &[(&str, &str)]) {
    let mut names = BTreeSet::new();
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        let item = &build::strings(item);
        let Some(fields) = item.as_map() else {
            job.lose(&entry, "it is no mapping", "write url: and the other fields");
            continue;
        };
        let url = fields.node("url").and_then(Node::as_str).unwrap_or_default().to_owned();
        let Some(url) = job.expand(&entry, &url) else { continue };
        let wanted = fields
            .node("name")
            .and_then(Node::as_str)
            .map_or_else(|| host(&url), str::to_owned);
        let name = unique(&wanted, &mut names);
        let path = Path::place(new).join(&name);
        let claim = job.mapped(&entry);
        let span = item.span;
        let mut typed = Vec::new();
        let mut rest = Vec::new();
        for (key, field) in in_order(fields) {
            let value = if &**key == "url" {
                build::text(field.node.span, &url)
            } else {
                field.node.clone()
            };
            match keys.iter().find(|(old, _)| *old == &**key) {
                Some((_, new)) => typed.push(((*new).to_owned(), value)),
                None if &**key == "name" && *field.node.as_str().unwrap_or_default() == *name => {}
                None => rest.push((key.to_string(), value)),
            }
        }
        if typed.iter().all(|(key, _)| key != "url") {
            typed.push(("url".to_owned(), build::text(span, "")));
        }
        // Written first, because the output keeps the order of the input's keys.
        job.put_for(&entry, claim, &path, build::map(span, [] as [(&str, Node); 0]));
        for (key, value) in typed {
            let mut branch = super::out::Branch::value(value);
            branch.claim = claim;
            job.out.put(&path.join(&key), branch);
        }
        for (key, value) in rest {
            secrets(job, &entry, &key, &value);
            let mut branch = super::out::Branch::value(value);
            branch.claim = claim;
            job.out.put(&path.join("config").join(&key), branch);
        }
    }
    job.same(found, "the list is empty");
}

/// Warns about passwords and keys in plain text.
pub(super) fn secrets(job: &mut Job<'_>, found: &Found, key: &str, value: &Node) {
    const SECRET: [&str; 6] = [
        "password",
        "credentials",
        "bearer_token",
        "client_secret",
        "secret_key",
        "key",
    ];
    let mut open = vec![(key.to_owned(), value)];
    while let Some((key, node)) = open.pop() {
        match &node.value {
            Value::Map(map) => open.extend(map.iter().map(|(key, entry)| (key.to_string(), &entry.node))),
            Value::String(text) if SECRET.contains(&key.as_str()) && !text.is_empty() => {
                let message = format!("{}: {key} is written in clear text", found.path);
                job.advise(
                    node.span,
                    message,
                    "put it into a Secret and name that by auth.*.*Secret: {name, key}, or use a *_file field",
                );
            }
            _ => {}
        }
    }
}

/// A name derived from the host of a URL.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let host = rest.split(['/', ':', '?']).next().unwrap_or_default();
    if host.is_empty() {
        "default".to_owned()
    } else {
        host.to_owned()
    }
}

/// A unique name of letters, digits and dashes.
pub(super) fn unique(wanted: &str, names: &mut BTreeSet<String>) -> String {
    let mut name: String = wanted
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(50)
        .collect();
    name = name.trim_matches('-').to_owned();
    if name.is_empty() {
        "default".clone_into(&mut name);
    }
    let mut candidate = name.clone();
    let mut number = 2;
    while !names.insert(candidate.clone()) {
        candidate = format!("{name}-{number}");
        number += 1;
    }
    candidate
}

pub(super) fn alertmanagers(job: &mut Job<'_>, found: &Found) {
    let mut names = BTreeSet::new();
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), found.about) else {
            continue;
        };
        let target = item.at(["static_configs", "0", "targets", "0"]).and_then(Node::as_str);
        let wanted = target.map_or_else(|| "alertmanager".to_owned(), host);
        let name = unique(&wanted, &mut names);
        secrets(job, &entry, "alertmanagers", item);
        let claim = job.mapped(&entry);
        let path = Path::place("alerting.alertmanagers").join(&name).join("config");
        job.put_for(&entry, claim, &path, build::strings(item));
    }
    job.same(found, "the list is empty");
}

pub(super) fn alert_relabeling(job: &mut Job<'_>, found: &Found) {
    if let Some(rules) = job.find(&found.path.join("alert_relabel_configs"), "") {
        job.put(&rules, "alerting.relabelConfigs", build::strings(&rules.node));
    }
    job.only(&found.path, &found.node, &["alert_relabel_configs"]);
    job.same(found, "it is empty");
}
