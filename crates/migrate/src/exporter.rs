//! Code shared by the two subcharts.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use goyaml::Node;

/// The subchart of a value (the first key of its path), and its key in our chart.
pub(super) fn component(found: &Found) -> (&'static str, &'static str) {
    match found.path.steps().first().map_or("", |step| &**step) {
        "prometheus-pushgateway" => ("prometheus-pushgateway", "pushgateway"),
        "prometheus-node-exporter" => ("prometheus-node-exporter", "nodeExporter"),
        _ => ("server", "server"),
    }
}

/// A node port. The community chart uses it only for type NodePort.
pub(super) fn node_port(job: &mut Job<'_>, found: &Found) {
    let (old, _) = component(found);
    if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else if job.text(&format!("{old}/service/type")) == "NodePort" {
        job.put(found, found.new, found.node.clone());
    } else {
        job.same(found, "the community chart uses it for type NodePort only");
    }
}

/// Fields that only a Service of type `LoadBalancer` uses.
pub(super) fn load_balancer(job: &mut Job<'_>, found: &Found) {
    let (old, _) = component(found);
    if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else if job.text(&format!("{old}/service/type")) == "LoadBalancer" {
        job.put(found, found.new, found.node.clone());
    } else {
        job.same(found, "only a Service of type LoadBalancer has it");
    }
}

/// A traffic policy that only a Service with external traffic uses.
pub(super) fn external_policy(job: &mut Job<'_>, found: &Found) {
    let (old, _) = component(found);
    let kind = job.text(&format!("{old}/service/type"));
    if !is_true(&found.node) {
        job.same(found, "it is empty");
    } else if kind == "ClusterIP" && !job.is_on(&format!("{old}/service/externalIPs")) {
        job.same(found, "a Service of type ClusterIP has no traffic from outside");
    } else {
        job.put(found, found.new, found.node.clone());
    }
}

/// The target port of a Service. In our chart it is the named container port.
pub(super) fn target_port(job: &mut Job<'_>, found: &Found) {
    let (old, _) = component(found);
    let port = found.node.scalar_text().unwrap_or_default();
    let own = if old == "prometheus-pushgateway" {
        "9091"
    } else {
        "9100"
    };
    let listens = job.text(&format!("{old}/service/port"));
    if port == own || old != "prometheus-pushgateway" && port == listens {
        job.same(found, "it is the container's port");
    } else {
        job.put(found, found.new, found.node.clone());
    }
}

pub(super) fn dual_stack(job: &mut Job<'_>, found: &Found) {
    let (_, new) = component(found);
    job.only(&found.path, &found.node, &["enabled", "ipFamilies", "ipFamilyPolicy"]);
    if !found.node.get("enabled").is_some_and(is_true) {
        job.defaults_below(&found.path);
        job.same(found, "it is off");
        return;
    }
    let claim = job.mapped(found);
    for key in ["ipFamilies", "ipFamilyPolicy"] {
        if let Some(value) = found.node.get(key) {
            job.put_for(
                found,
                claim,
                &Path::place(&format!("{new}.service.{key}")),
                value.clone(),
            );
        }
    }
}

/// Annotations of a Service, if the Service exists.
pub(super) fn annotations(job: &mut Job<'_>, found: &Found) {
    let (old, _) = component(found);
    if !job.is_on(&format!("{old}/enabled")) && !found.is_given {
        return;
    }
    if found.node.is_null() {
        job.same(found, "null is the same as leaving it out");
        return;
    }
    job.put(found, found.new, found.node.clone());
}

/// A monitor object of the Prometheus operator.
pub(super) fn monitor(job: &mut Job<'_>, found: &Found) {
    job.defaults_below(&found.path);
    if found.node.get("enabled").is_some_and(is_true) {
        job.lose(
            found,
            "the chart makes no objects of the Prometheus operator: its own server scrapes the component",
            "for another Prometheus make a monitor with extraObjects",
        );
    } else {
        job.same(found, "the monitor is off");
    }
}

/// Extra objects of a subchart. Their templates see only the subchart's values, so they are kept without being
/// rendered.
pub(super) fn manifests(job: &mut Job<'_>, found: &Found) {
    for (at, item) in found.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&found.path.join(&at.to_string()), "") else {
            continue;
        };
        let text = match item.as_str() {
            Some(text) => text.to_owned(),
            None => goyaml::to_yaml(goyaml::Style::V2, item).unwrap_or_default(),
        };
        if text.contains("{{") && !super::templates::is_portable(&text) {
            job.lose(
                &entry,
                "its templates use values or named templates of the subchart",
                "write it to extraObjects with the text that they give",
            );
            continue;
        }
        let claim = job.mapped(&entry);
        job.push(&entry, claim, "extraObjects", item.clone());
    }
    job.same(found, "the list is empty");
}

/// Splits a flag of a list (`--name=value`, `--no-name`, `--name`) into name and value.
pub(super) fn flag(text: &str) -> (String, Option<String>) {
    let text = text.trim().trim_start_matches('-');
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.trim_matches(['"', '\'']).to_owned())),
        None => (text.to_owned(), None),
    }
}

/// Adds a flag to `extraArgs`. A repeated flag becomes a list.
pub(super) fn extra_arg(job: &mut Job<'_>, entry: &Found, new: &str, name: &str, value: Option<&str>) {
    let span = entry.node.span;
    let place = Path::place(new).join("extraArgs").join(name);
    let value = match (value, name.strip_prefix("no-")) {
        (Some(value), _) => build::text(span, value),
        (None, Some(_) | None) => build::bool(span, true),
    };
    let claim = job.mapped(entry);
    let value = match job.out.get(&place) {
        None => value,
        Some(first) => {
            let mut items = first.as_list().map_or_else(|| vec![first.clone()], <[Node]>::to_vec);
            items.push(value);
            build::list(span, items)
        }
    };
    job.put_for(entry, claim, &place, value);
}

/// Moves the timing fields and the `httpGet` of a probe. `known` has the keys of the community chart that are handled
/// elsewhere.
pub(super) fn timing(job: &mut Job<'_>, found: &Found, new: &str, known: &[&str]) {
    const TIMES: [&str; 6] = [
        "initialDelaySeconds",
        "periodSeconds",
        "timeoutSeconds",
        "successThreshold",
        "failureThreshold",
        "terminationGracePeriodSeconds",
    ];
    let all: Vec<&str> = TIMES.iter().chain(known).copied().collect();
    job.only(&found.path, &found.node, &all);
    for key in TIMES {
        let Some(part) = job.find(&found.path.join(key), "").filter(|part| part.is_given) else {
            continue;
        };
        if key == "successThreshold" && new.ends_with("liveness") {
            job.same(&part, "Kubernetes allows nothing but 1");
        } else if !part.node.is_null() {
            job.put(&part, &format!("{new}.{key}"), part.node.clone());
        }
    }
    if let Some(get) = job.find(&found.path.join("httpGet"), "").filter(|get| get.is_given) {
        for (key, default) in [("path", ""), ("port", ""), ("scheme", "HTTP"), ("httpHeaders", "")] {
            let Some(part) = job.find(&get.path.join(key), "").filter(|part| part.is_given) else {
                continue;
            };
            let text = part.node.scalar_text().unwrap_or_default();
            match key {
                "path" | "port" if is_true(&part.node) => job.put(&part, &format!("{new}.{key}"), part.node.clone()),
                "scheme" if text.eq_ignore_ascii_case(default) => job.same(&part, "it is the default"),
                _ if !is_true(&part.node) => job.same(&part, "it is empty"),
                _ => job.lose(
                    &part,
                    "probes follow the web configuration",
                    "set web.tls and web.basicAuth, or those of the component",
                ),
            }
        }
    }
}
