//! Command-line flags of Prometheus, with and without a key in our chart.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use goyaml::{Node, Value};
use source::Span;

/// A flag of the input.
struct Flag {
    name: String,
    /// The value; none for a switch.
    value: Option<String>,
    span: Span,
}

/// The flags that have their own keys.
const KEYS: [(&str, &str, Kind); 17] = [
    ("log.level", "server.logLevel", Kind::Text),
    ("log.format", "server.logFormat", Kind::Text),
    ("query.timeout", "server.query.timeout", Kind::Text),
    ("query.max-concurrency", "server.query.maxConcurrency", Kind::Number),
    ("query.max-samples", "server.query.maxSamples", Kind::Number),
    ("storage.tsdb.retention.time", "server.retention.time", Kind::Text),
    ("storage.tsdb.retention.size", "server.retention.size", Kind::Text),
    ("web.external-url", "server.externalUrl", Kind::Text),
    ("web.route-prefix", "server.routePrefix", Kind::Text),
    (
        "web.enable-remote-write-receiver",
        "receivers.remoteWrite.enabled",
        Kind::Switch,
    ),
    ("web.enable-otlp-receiver", "receivers.otlp.enabled", Kind::Switch),
    ("enable-feature", "server.features", Kind::Features),
    ("agent", "server.mode", Kind::Agent),
    ("config.file", "", Kind::Needless),
    ("storage.tsdb.path", "", Kind::Needless),
    ("web.console.libraries", "", Kind::Needless),
    ("web.console.templates", "", Kind::Needless),
];

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Number,
    Switch,
    Features,
    Agent,
    Needless,
}

fn parse(text: &str, span: Span) -> Flag {
    let text = text.trim().trim_start_matches('-');
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value.trim_matches('"').to_owned())),
        None => (text, None),
    };
    Flag {
        name: name.to_owned(),
        value,
        span,
    }
}

/// Moves a flag to its key. `at` is the flag's leaf in the input.
fn place(job: &mut Job<'_>, at: &Found, flag: &Flag) {
    let known = KEYS.iter().find(|(name, _, _)| *name == flag.name);
    let value = || flag.value.clone().unwrap_or_default();
    let span = flag.span;
    match known {
        Some((_, _, Kind::Needless)) => job.same(at, "the chart gives this flag itself"),
        Some((_, new, Kind::Text)) => job.put(at, new, build::text(span, value())),
        Some((_, new, Kind::Number)) => match value().parse::<i64>() {
            Ok(number) => job.put(at, new, Node::new(Value::Int(number), span)),
            Err(_) => job.lose(at, format!("{} is no whole number", value()), format!("set {new}")),
        },
        Some((_, new, Kind::Switch)) => {
            job.put(
                at,
                new,
                build::bool(span, flag.value.as_deref().is_none_or(|value| value != "false")),
            );
        }
        Some((_, _, Kind::Agent)) => job.put(at, "server.mode", build::text(span, "agent")),
        Some((_, new, Kind::Features)) => {
            let claim = job.mapped(at);
            for name in value().split(',').map(str::trim).filter(|name| !name.is_empty()) {
                match name {
                    "agent" => job.put_for(at, claim, &Path::place("server.mode"), build::text(span, "agent")),
                    "exemplar-storage" => {
                        job.put_for(
                            at,
                            claim,
                            &Path::place("server.exemplars.enabled"),
                            build::bool(span, true),
                        );
                    }
                    "remote-write-receiver" => job.put_for(
                        at,
                        claim,
                        &Path::place("receivers.remoteWrite.enabled"),
                        build::bool(span, true),
                    ),
                    "otlp-write-receiver" => {
                        job.put_for(
                            at,
                            claim,
                            &Path::place("receivers.otlp.enabled"),
                            build::bool(span, true),
                        );
                    }
                    // These features are always enabled in Prometheus 3, which accepts the flags and logs a warning.
                    "expand-external-labels"
                    | "promql-at-modifier"
                    | "promql-negative-offset"
                    | "new-service-discovery-manager"
                    | "auto-reload-config" => {}
                    name => job.push(at, claim, new, build::text(span, name)),
                }
            }
        }
        None => {
            let claim = job.mapped(at);
            let node = match &flag.value {
                Some(value) => build::text(span, value),
                None => build::bool(span, true),
            };
            job.put_for(at, claim, &Path::place("server.extraArgs").join(&flag.name), node);
        }
    }
}

/// The items of a list, each with its leaf in the input.
fn items(job: &Job<'_>, found: &Found) -> Vec<(Found, String)> {
    let items = found.node.as_list().unwrap_or_default();
    let leaves = items.iter().enumerate().filter_map(|(at, item)| {
        let mut leaf = job.find(&found.path.join(&at.to_string()), found.about)?;
        leaf.key = if found.is_given { item.span } else { leaf.key };
        Some((leaf, item.scalar_text()?))
    });
    leaves.collect()
}

pub(super) fn override_all(job: &mut Job<'_>, found: &Found) {
    if found.node.as_list().is_none_or(<[Node]>::is_empty) {
        job.same(found, "the list is empty");
        return;
    }
    for (leaf, text) in items(job, found) {
        let flag = parse(&text, leaf.node.span);
        if flag.name == "storage.agent.retention.max-time" && flag.value.as_deref() == Some("4h") {
            job.same(&leaf, "it is the default of Prometheus");
        } else {
            place(job, &leaf, &flag);
        }
    }
    // The community chart ignores these beside such a list, so they must not take effect now.
    for path in ["server/extraFlags", "server/extraArgs", "server/baseURL"] {
        if let Some(ignored) = job.at(path).filter(|ignored| ignored.is_given) {
            job.same(&ignored, "the community chart ignores it beside defaultFlagsOverride");
        }
    }
}

pub(super) fn extra_flags(job: &mut Job<'_>, found: &Found) {
    if found.node.is_null() {
        job.same(found, "there are no flags");
        return;
    }
    for (leaf, text) in items(job, found) {
        place(job, &leaf, &parse(&text, leaf.node.span));
    }
    job.same(found, "there are no flags");
}

pub(super) fn extra_args(job: &mut Job<'_>, found: &Found) {
    let Some(map) = found.node.as_map() else {
        job.same(found, "there are no flags");
        return;
    };
    for (name, entry) in map.clone().iter() {
        let Some(leaf) = job.find(&found.path.join(name), found.about) else {
            continue;
        };
        let span = entry.node.span;
        if &**name == "web.config.file" {
            web_config(job, &leaf);
            continue;
        }
        let value = is_true(&entry.node).then(|| build::plain(&entry.node)).flatten();
        if matches!(entry.node.value, Value::Bool(false)) {
            // The chart's `{{ if $value }}` omits the value, not the flag.
            job.advise(
                leaf.key,
                format!("the community chart makes --{name} of `{name}: false`, which switches it on"),
                "it is carried over as it works; set it to false here to have --no-...",
            );
        }
        let value = value.filter(|value| value != "true" || !matches!(entry.node.value, Value::Bool(_)));
        place(
            job,
            &leaf,
            &Flag {
                name: name.to_string(),
                value,
                span,
            },
        );
    }
    job.same(found, "there are no flags");
}

/// A web configuration among `serverFiles` becomes `web`; any other file stays a flag.
fn web_config(job: &mut Job<'_>, leaf: &Found) {
    let file = leaf.node.scalar_text().unwrap_or_default();
    let name = file.strip_prefix("/etc/config/").unwrap_or_default().to_owned();
    let path = Path::of("serverFiles").join(&name);
    let Some(config) = job.find(&path, "").filter(|config| config.is_given && !name.is_empty()) else {
        let claim = job.mapped(leaf);
        job.put_for(
            leaf,
            claim,
            &Path::place("server.extraArgs").join("web.config.file"),
            leaf.node.clone(),
        );
        job.set(
            "server.probes.mode",
            build::text(leaf.node.span, "tcpSocket"),
            "HTTP probes know no password; see `web` for probes that do",
        );
        job.advise(
            leaf.key,
            "the web configuration stays a file of yours, which probes and the server's own scrape job know nothing of",
            "use web.tls and web.basicAuth: everything follows from them",
        );
        return;
    };
    for key in ["basic_auth_users", "tls_server_config", "http_server_config"] {
        let Some(part) = job.find(&config.path.join(key), "") else {
            continue;
        };
        if key == "basic_auth_users" {
            job.put(&part, "server.web.basicAuth.users", part.node.clone());
            let span = part.node.span;
            job.set(
                "server.web.basicAuth.enabled",
                build::bool(span, true),
                "the web configuration has users",
            );
            let user = part
                .node
                .as_map()
                .and_then(|map| map.iter().next())
                .map(|(name, _)| name.to_string());
            let name = format!("{}-web-password", job.names.release.as_deref().unwrap_or("prometheus"));
            let secret = build::map(
                span,
                [
                    ("name", build::text(span, &name)),
                    ("key", build::text(span, "password")),
                ],
            );
            job.set(
                "server.web.basicAuth.scrape.username",
                build::text(span, user.unwrap_or_default()),
                "probes and the server's own scrape job sign in as this user",
            );
            job.set(
                "server.web.basicAuth.scrape.passwordSecret",
                secret,
                "a Secret that you make, with this user's password",
            );
            job.advise(
                part.key,
                format!("probes and the server's own scrape job need the password of a user, from the Secret {name}"),
                format!("kubectl create secret generic {name} --from-literal=password=PASSWORD, before the chart is installed"),
            );
        } else {
            job.lose(
                &part,
                "certificates are Secrets here",
                "put tls.crt and tls.key into a Secret; set web.tls.mode: existing and web.tls.existingSecret",
            );
        }
    }
    job.mapped(leaf);
    job.mapped(&config);
}

pub(super) fn otlp(job: &mut Job<'_>, found: &Found) {
    if is_true(&found.node) {
        job.put(found, "receivers.otlp.config", found.node.clone());
    } else {
        job.same(found, "it is empty");
    }
}
