//! Ingresses and routes of the server and the Pushgateway.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use goyaml::Node;

const INGRESS: [&str; 11] = [
    "enabled",
    "ingressClassName",
    "className",
    "annotations",
    "extraLabels",
    "hosts",
    "path",
    "pathType",
    "extraPaths",
    "tls",
    "servicePort",
];

pub(super) fn server_ingress(job: &mut Job<'_>, found: &Found) {
    ingress(job, found, "server.ingress");
}

pub(super) fn pushgateway_ingress(job: &mut Job<'_>, found: &Found) {
    ingress(job, found, "pushgateway.ingress");
}

fn ingress(job: &mut Job<'_>, found: &Found, new: &str) {
    job.only(&found.path, &found.node, &INGRESS);
    if !found.node.get("enabled").is_some_and(is_true) {
        job.defaults_below(&found.path);
        job.same(found, "the Ingress is off");
        return;
    }
    let span = found.node.span;
    let place = Path::place(new);
    let part = |job: &Job<'_>, key: &str| job.find(&found.path.join(key), "").filter(|part| is_true(&part.node));
    for (key, name) in [
        ("enabled", "enabled"),
        ("ingressClassName", "className"),
        ("className", "className"),
        ("annotations", "annotations"),
        ("extraLabels", "labels"),
    ] {
        if let Some(part) = part(job, key) {
            job.put(&part, &format!("{new}.{name}"), part.node.clone());
        }
    }
    if let Some(port) = part(job, "servicePort") {
        job.put(&port, &format!("{new}.servicePort"), port.node.clone());
    }
    let text = |key: &str, default: &str| {
        let given = found.node.get(key).and_then(Node::scalar_text);
        given
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| default.to_owned())
    };
    let path_type = text("pathType", "Prefix");
    let Some(path) = job.expand(found, &text("path", "/")) else {
        return;
    };
    let mut paths = Vec::new();
    if let Some(extra) = part(job, "extraPaths") {
        for (at, item) in extra.node.as_list().unwrap_or_default().iter().enumerate() {
            let Some(entry) = job.find(&extra.path.join(&at.to_string()), "") else {
                continue;
            };
            if item.get("backend").is_some() {
                job.lose(
                    &entry,
                    "a path of the Ingress leads to the server's Service",
                    "make an Ingress of your own with extraObjects, or use an annotation of your controller",
                );
            } else if let Some(item) = job.expand_all(&entry, item) {
                job.mapped(&entry);
                paths.push(item);
            }
        }
    }
    paths.push(build::map(
        span,
        [
            ("path", build::text(span, &path)),
            ("pathType", build::text(span, &path_type)),
        ],
    ));
    let paths = build::list(span, paths);
    if let Some(hosts) = part(job, "hosts") {
        let claim = job.mapped(&hosts);
        for item in hosts.node.as_list().unwrap_or_default().to_vec() {
            let name = item.scalar_text().unwrap_or_default();
            let Some(name) = job.expand(&hosts, &name) else {
                continue;
            };
            // The community chart ignores the part after a slash.
            let host = name.split('/').next().unwrap_or_default();
            if host.len() < name.len() {
                job.advise(
                    item.span,
                    format!("the community chart ignores what follows the host in {name}"),
                    format!("set the path in {new}.hosts[].paths if it is wanted"),
                );
            }
            let entry = build::map(
                item.span,
                [("host", build::text(item.span, host)), ("paths", paths.clone())],
            );
            job.push(&hosts, claim, &format!("{new}.hosts"), entry);
        }
    }
    if let Some(tls) = part(job, "tls")
        && let Some(node) = job.expand_all(&tls, &tls.node.clone())
    {
        let claim = job.mapped(&tls);
        job.put_for(&tls, claim, &place.join("tls"), node);
    }
    job.mapped(found);
}

pub(super) fn server_routes(job: &mut Job<'_>, found: &Found) {
    routes(job, found, "server.httpRoutes");
}

pub(super) fn pushgateway_routes(job: &mut Job<'_>, found: &Found) {
    routes(job, found, "pushgateway.httpRoutes");
}

const ROUTE: [&str; 11] = [
    "enabled",
    "apiVersion",
    "kind",
    "annotations",
    "labels",
    "parentRefs",
    "hostnames",
    "additionalRules",
    "filters",
    "matches",
    "httpsRedirect",
];

fn routes(job: &mut Job<'_>, found: &Found, new: &str) {
    let Some(map) = found.node.as_map().cloned() else {
        job.same(found, "there are no routes");
        return;
    };
    for (name, entry) in super::written::in_order(&map) {
        let Some(route) = job.find(&found.path.join(name), "") else {
            continue;
        };
        job.only(&route.path, &entry.node, &ROUTE);
        if !entry.node.get("enabled").is_some_and(is_true) {
            job.defaults_below(&route.path);
            job.same(&route, "the route is off");
            continue;
        }
        for (key, default) in [("apiVersion", "gateway.networking.k8s.io/v1"), ("kind", "HTTPRoute")] {
            if let Some(part) = job.find(&route.path.join(key), "")
                && is_true(&part.node)
                && part.node.as_str() != Some(default)
            {
                job.lose(
                    &part,
                    "routes are HTTPRoutes of gateway.networking.k8s.io/v1",
                    "make an object of your own with extraObjects",
                );
            }
        }
        let mut fields = Vec::new();
        for (key, name) in [
            ("enabled", "enabled"),
            ("annotations", "annotations"),
            ("labels", "labels"),
            ("parentRefs", "parentRefs"),
            ("hostnames", "hostnames"),
            ("matches", "matches"),
            ("filters", "filters"),
            ("httpsRedirect", "httpsRedirect"),
            ("additionalRules", "extraRules"),
        ] {
            let Some(value) = entry.node.get(key).filter(|value| is_true(value)) else {
                continue;
            };
            let templated = matches!(key, "hostnames" | "additionalRules");
            let value = if templated {
                job.expand_all(&route, value)
            } else {
                Some(value.clone())
            };
            fields.push((name, value));
        }
        let fields: Option<Vec<(&str, Node)>> = fields.into_iter().map(|(name, value)| Some((name, value?))).collect();
        let Some(fields) = fields else { continue };
        let claim = job.mapped(&route);
        let place = Path::place(new).join(name);
        job.put_for(&route, claim, &place, build::map(entry.node.span, fields));
    }
    job.same(found, "there are no routes");
}
