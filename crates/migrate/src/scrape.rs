//! Scrape jobs: those of `scrapeConfigs`, of `extraScrapeConfigs`, and of a complete `scrape_configs`.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{self, is_true, over};
use super::job::{Found, Job};
use super::jobs::{KNOWN, Known};
use super::kind;
use super::out::Branch;
use super::path::Path;
use super::remote;
use super::scrape_checks::{fault, rights, token};
use super::templates::place_of;
use super::written::in_order;
use goyaml::Node;
use source::Span;

/// The jobs that our chart enables by default, and their names in the community chart.
const OWN: [(&str, &str); 6] = [
    ("prometheus", "prometheus"),
    ("apiserver", "kubernetes-api-servers"),
    ("kubelet", "kubernetes-nodes"),
    ("cadvisor", "kubernetes-nodes-cadvisor"),
    ("endpointslices", "kubernetes-service-endpoints"),
    ("pods", "kubernetes-pods"),
];

/// Fields that a preset accepts unchanged.
const PLAIN: [&str; 12] = [
    "scrape_interval",
    "scrape_timeout",
    "honor_labels",
    "honor_timestamps",
    "track_timestamps_staleness",
    "metric_relabel_configs",
    "sample_limit",
    "label_limit",
    "body_size_limit",
    "tls_config",
    "params",
    "enable_http2",
];

fn jobs() -> Path {
    Path::place("scrape.jobs")
}

/// `scrapeConfigs`: a map over ten jobs that are enabled by default.
pub(super) fn configs(job: &mut Job<'_>, found: &Found) {
    if kind::has_own_config(job) {
        job.same(
            found,
            "the community chart ignores it, because the configuration is yours",
        );
        return;
    }
    let given = found.path.get(&job.given).cloned();
    let is_off = found.is_given && given.as_ref().is_some_and(Node::is_null);
    let given = given.filter(|given| given.as_map().is_some());
    for known in &KNOWN {
        let path = found.path.join(known.name);
        let user = given.as_ref().and_then(|given| given.get(known.name)).cloned();
        let mut entry = Found {
            path: path.clone(),
            node: user.clone().unwrap_or_else(|| build::null(found.node.span)),
            key: job.find(&path, "").map_or(found.key, |found| found.key),
            is_given: job.ledger.says(&path),
            about: "",
            new: job.new_key(&path),
        };
        match user {
            None if is_off || job.options.only_set => {}
            None => {
                entry.is_given = false;
                default_job(job, known, &entry);
            }
            // In Helm a null removes the default below it.
            Some(user) if user.is_null() || user.get("enabled").is_some_and(|on| !is_true(on)) => {
                job.same(&entry, "the job is off");
                job.turned_off.insert(known.name.to_owned());
            }
            Some(user) => changed_job(job, known, &entry, &user),
        }
    }
    let others: Vec<(String, Node)> = given
        .as_ref()
        .and_then(Node::as_map)
        .into_iter()
        .flat_map(in_order)
        .filter(|(name, _)| Known::named(name).is_none())
        .map(|(name, entry)| (name.to_string(), entry.node.clone()))
        .collect();
    for (name, node) in others {
        let Some(entry) = job.find(&found.path.join(&name), "") else {
            continue;
        };
        if !is_true(&node) || node.get("enabled").is_some_and(|on| !is_true(on)) {
            job.same(&entry, "the job is off");
            continue;
        }
        own_job(job, &entry, &name, &build::without(&node, &["enabled"]));
    }
    if is_off {
        job.same(found, "all default jobs are off");
        job.turned_off.extend(KNOWN.iter().map(|known| known.name.to_owned()));
    } else {
        job.same(found, "it changes nothing");
    }
}

/// A default job that the input does not change.
fn default_job(job: &mut Job<'_>, known: &Known, entry: &Found) {
    let is_scoped = job.is_on("server/useExistingClusterRoleName");
    let needs_cluster = ["apiserver", "kubelet", "cadvisor"].contains(&known.preset);
    if is_scoped && needs_cluster {
        job.turned_off.insert(known.name.to_owned());
        return;
    }
    let mut fields = known.fields();
    preset(&mut fields, known);
    if fields.as_map().is_some_and(goyaml::Map::is_empty) {
        fields = build::map(fields.span, [("enabled", build::bool(fields.span, true))]);
    }
    let mut branch = Branch::value(fields);
    branch.comments.push(job.origin(entry));
    job.out.put(&jobs().join(known.name), branch);
    job.made.insert(known.name.to_owned());
}

fn preset(fields: &mut Node, known: &Known) {
    let span = fields.span;
    if known.preset != known.name
        && let Some(map) = fields.as_map_mut()
    {
        let entry = goyaml::Entry {
            key: span,
            node: build::text(span, known.preset),
        };
        map.insert("preset", entry);
    }
}

/// A default job with fields that the input changes.
fn changed_job(job: &mut Job<'_>, known: &Known, entry: &Found, user: &Node) {
    // Fields that equal the default, as in a copy of the whole values file, change nothing.
    let default = known.config();
    let written = build::strings(&build::without(user, &["enabled", "job_name"]));
    let repeated: Vec<&str> = written
        .as_map()
        .into_iter()
        .flat_map(goyaml::Map::iter)
        .filter(|(key, entry)| {
            default
                .get(key)
                .is_some_and(|default| default.value == entry.node.value)
        })
        .map(|(key, _)| &**key)
        .collect();
    let changes = build::without(&written, &repeated);
    let name = user
        .get("job_name")
        .and_then(Node::scalar_text)
        .filter(|name| !name.is_empty());
    let fields: Vec<String> = changes
        .as_map()
        .into_iter()
        .flat_map(|map| map.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>())
        .collect();
    let merged = over(&changes, &default);
    // A preset is more than its fields. If targets or credentials change, the whole job is written out.
    let is_plain = fields
        .iter()
        .all(|field| PLAIN.contains(&field.as_str()) && changes.get(field).is_some_and(|node| !node.is_null()));
    let mut node = if is_plain {
        let span = user.span;
        let changed = fields
            .iter()
            .filter_map(|field| Some((field.as_str(), merged.get(field)?.clone())));
        let config = (!fields.is_empty()).then(|| ("config", build::map(span, changed.collect::<Vec<_>>())));
        let mut fields = over(&build::map(span, config), &known.fields());
        preset(&mut fields, known);
        if fields.as_map().is_some_and(goyaml::Map::is_empty) {
            fields = build::map(span, [("enabled", build::bool(span, true))]);
        }
        fields
    } else {
        let mut node = build::map(user.span, [("config", merged.clone())]);
        let span = node.span;
        // A job named like a preset would use it by default.
        if known.preset == known.name
            && let Some(map) = node.as_map_mut()
        {
            map.insert(
                "preset",
                goyaml::Entry {
                    key: span,
                    node: build::text(span, "none"),
                },
            );
        }
        rights(job, &merged);
        node
    };
    if let Some(name) = name {
        let named = build::map(
            user.span,
            [(
                "config",
                build::map(user.span, [("job_name", build::text(user.span, name))]),
            )],
        );
        node = over(&named, &node);
    }
    token(job, entry, &merged, is_plain);
    let claim = job.mapped(entry);
    job.put_for(entry, claim, &jobs().join(known.name), node);
    job.made.insert(known.name.to_owned());
}

/// A job of the user.
fn own_job(job: &mut Job<'_>, entry: &Found, name: &str, config: &Node) {
    let given = config
        .get("job_name")
        .and_then(Node::scalar_text)
        .filter(|name| !name.is_empty());
    let name = given.unwrap_or_else(|| name.to_owned());
    let mut key = name.clone();
    let mut number = 2;
    while !job.made.insert(key.clone()) {
        key = format!("{name}-{number}");
        number += 1;
    }
    let mut config = build::strings(&build::without(config, &["job_name"]));
    let span = config.span;
    if key != name
        && let Some(map) = config.as_map_mut()
    {
        map.insert(
            "job_name",
            goyaml::Entry {
                key: span,
                node: build::text(span, &name),
            },
        );
    }
    if let Some(fault) = fault(job, &config, &name) {
        job.made.remove(&key);
        job.lose(
            entry,
            format!("Prometheus would refuse the job {name}: {fault}"),
            format!("mend it and write it to scrape.jobs.{name}.config"),
        );
        return;
    }
    remote::secrets(job, entry, "scrape_config", &config);
    rights(job, &config);
    token(job, entry, &config, false);
    let claim = job.mapped(entry);
    let path = jobs().join(&key);
    if is_preset(&key) {
        // A job named like a preset would use it by default.
        job.put_for(
            entry,
            claim,
            &path,
            build::map(span, [("preset", build::text(span, "none"))]),
        );
        let mut branch = Branch::value(config);
        branch.claim = claim;
        job.out.put(&path.join("config"), branch);
    } else {
        job.put_for(entry, claim, &path.join("config"), config);
    }
}

fn is_preset(name: &str) -> bool {
    OWN.iter().any(|(own, _)| *own == name)
        || [
            "services",
            "ingresses",
            "pushgateway",
            "node-exporter",
            "kubelet-probes",
            "kubelet-resource",
        ]
        .contains(&name)
}

/// A list of jobs.
pub(super) fn list(job: &mut Job<'_>, found: &Found) {
    if !is_true(&found.node) {
        job.same(found, "the list is empty");
        return;
    }
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), "") else {
            continue;
        };
        if item.as_map().is_none() {
            job.lose(&entry, "it is no mapping", "write job_name: and the other fields");
            continue;
        }
        own_job(job, &entry, &format!("job-{at}"), item);
    }
    job.lose(
        found,
        "it is no list of jobs",
        "write each job to scrape.jobs.NAME.config",
    );
}

/// Jobs in a text, which the community chart renders as a template.
pub(super) fn extra(job: &mut Job<'_>, found: &Found) {
    let Some(text) = found.node.as_str() else {
        if found.node.as_list().is_some_and(|items| !items.is_empty()) {
            job.advise(
                found.key,
                "the community chart wants a text here and fails at a list",
                "the list is carried over as it is meant",
            );
            list(job, found);
        } else {
            job.same(found, "it is empty");
        }
        return;
    };
    if text.trim().is_empty() {
        job.same(found, "it is empty");
        return;
    }
    if kind::has_own_config(job) {
        job.same(
            found,
            "the community chart ignores it, because the configuration is yours",
        );
        return;
    }
    let Some(text) = job.expand(found, text) else { return };
    let Some(parsed) = job.parse(found, &text, "mend it and write each job to scrape.jobs.NAME.config") else {
        return;
    };
    let items = parsed.as_list().unwrap_or_default().to_vec();
    if items.is_empty() || items.iter().any(|item| item.as_map().is_none()) {
        job.lose(
            found,
            "it is no list of jobs",
            "write each job to scrape.jobs.NAME.config",
        );
        return;
    }
    // All jobs are one leaf of the input, which the first job claims.
    for (at, item) in items.iter().enumerate() {
        let name = item.get("job_name").and_then(Node::scalar_text).unwrap_or_default();
        let mut entry = found.clone();
        entry.key = place_of(job.sources, found.node.span, &name);
        own_job(job, &entry, &format!("extra-{at}"), item);
    }
}

/// Settings that depend on all jobs: disabled default jobs, permissions and limits.
pub(super) fn finish(job: &mut Job<'_>, nowhere: Span) {
    if kind::has_own_config(job) {
        return;
    }
    for (own, old) in OWN {
        let replaced = own != old && (job.made.contains(old) || job.turned_off.contains(old));
        let off = own == old && !job.made.contains(own) && job.turned_off.contains(old);
        let unwanted = !job.options.only_set && !job.made.contains(own);
        if (replaced || off || unwanted) && !job.made.contains(own) {
            let why = if job.made.contains(old) {
                format!("its targets are those of {old}")
            } else {
                format!("{old} is off in the community chart's values")
            };
            job.set(&format!("scrape.jobs.{own}.enabled"), build::bool(nowhere, false), &why);
        }
    }
    if job
        .out
        .get(&Path::place("nodeExporter.enabled"))
        .is_some_and(|node| is_true(&node))
        && (!job.options.only_set || job.made.contains("kubernetes-service-endpoints"))
    {
        job.set(
            "scrape.jobs.node-exporter.enabled",
            build::bool(nowhere, false),
            if job.made.contains("kubernetes-service-endpoints") {
                "its targets are found by kubernetes-service-endpoints, by the annotation of the Service"
            } else {
                "no job of the community chart's values finds it"
            },
        );
    }
    if job
        .out
        .get(&Path::place("pushgateway.enabled"))
        .is_some_and(|node| is_true(&node))
        && !job.options.only_set
    {
        job.set(
            "scrape.jobs.pushgateway.enabled",
            build::bool(nowhere, false),
            if job.made.contains("prometheus-pushgateway") {
                "its target is found by prometheus-pushgateway, by the annotation of the Service"
            } else {
                "prometheus-pushgateway is off in the community chart's values"
            },
        );
    }
    let needs: BTreeSet<&str> = job.needs.clone();
    let rule = |need: &str| {
        let verbs = build::list(nowhere, [build::text(nowhere, "get")]);
        let text = build::list(nowhere, [build::text(nowhere, need)]);
        if need.starts_with('/') {
            build::map(nowhere, [("nonResourceURLs", text), ("verbs", verbs)])
        } else {
            let groups = build::list(nowhere, [build::text(nowhere, "")]);
            build::map(nowhere, [("apiGroups", groups), ("resources", text), ("verbs", verbs)])
        }
    };
    if !needs.is_empty()
        && job
            .out
            .get(&Path::place("rbac.create"))
            .is_none_or(|create| is_true(&create))
    {
        let rules = build::list(nowhere, needs.iter().map(|need| rule(need)));
        job.set(
            "rbac.extraRules",
            rules,
            "what jobs without a preset ask of their targets with the account's token",
        );
    }
    if !job.options.only_set {
        let limits: BTreeMap<&str, Node> = ["sample_limit", "label_limit"]
            .into_iter()
            .map(|name| (name, Node::new(goyaml::Value::Int(0), nowhere)))
            .collect();
        job.set(
            "scrape.limits",
            build::map(nowhere, limits),
            "the community chart has no limits",
        );
        job.set(
            "scrape.limits.body_size_limit",
            Node::new(goyaml::Value::Int(0), nowhere),
            "none, as above",
        );
    }
}
