//! Checks Chart.yaml as `helm lint` does, with its messages, but reports every fault rather than the first of each
//! kind.

use super::super::Context;
use diagnostics::{Diagnostic, Report, closest};
use gostd::semver::Version;
use gostd::url::Url;
use goyaml::{Node, Value};
use source::Span;

/// Contents of Chart.yaml that Helm rejects.
const METADATA: &str = "chart-metadata";
/// Keys that Helm's strict reading does not know.
const UNKNOWN: &str = "chart-unknown-field";
/// Versions that are not valid `SemVer` 2.
const VERSION: &str = "chart-version";
const ICON: &str = "missing-icon";

const FIELDS: [&str; 17] = [
    "name",
    "home",
    "sources",
    "version",
    "description",
    "keywords",
    "maintainers",
    "icon",
    "apiVersion",
    "condition",
    "tags",
    "appVersion",
    "deprecated",
    "annotations",
    "kubeVersion",
    "dependencies",
    "type",
];
const DEPENDENCY_FIELDS: [&str; 8] = [
    "name",
    "version",
    "repository",
    "condition",
    "tags",
    "enabled",
    "import-values",
    "alias",
];
const MAINTAINER_FIELDS: [&str; 3] = ["name", "email", "url"];

/// Runs all checks that need only Chart.yaml.
pub(in super::super) fn check(context: &Context<'_>, report: &mut Report) {
    let Some((file, node)) = &context.chart_yaml else {
        return;
    };
    let whole = Span::file_start(*file);
    let Some(map) = node.as_map() else { return };
    let text = |key: &str| super::super::object::text(map.node(key));
    let place = |key: &str| map.node(key).map_or(whole, |node| node.span);
    let mut refuse = |message: String, span: Span| report.push(Diagnostic::error(METADATA, message).at(span));

    for key in ["version", "appVersion"] {
        let found = match map.node(key).map(|node| &node.value) {
            Some(Value::Float(_) | Value::Int(_) | Value::Uint(_)) => "float64",
            Some(Value::Bool(_)) => "bool",
            Some(Value::List(_)) => "[]interface {}",
            Some(Value::Map(_)) => "map[string]interface {}",
            _ => continue,
        };
        refuse(
            format!("{key} should be of type string but it's of type {found}"),
            place(key),
        );
    }
    let name = text("name");
    if name.is_empty() {
        refuse("name is required".to_owned(), place("name"));
    } else if name.contains('/') || name == "." || name == ".." {
        refuse(format!("chart name \"{name}\" is invalid"), place("name"));
    }
    let api_version = text("apiVersion");
    if api_version.is_empty() {
        let message = "apiVersion is required. The value must be either \"v1\" or \"v2\"";
        refuse(message.to_owned(), place("apiVersion"));
    } else if !matches!(api_version, "v1" | "v2") {
        let message = format!("apiVersion '{api_version}' is not valid. The value must be either \"v1\" or \"v2\"");
        refuse(message, place("apiVersion"));
    }
    let version = map.node("version").map(printed).unwrap_or_default();
    if version.is_empty() {
        refuse("version is required".to_owned(), place("version"));
    } else {
        match Version::parse(&version) {
            Err(_) => refuse(format!("version '{version}' is not a valid SemVer"), place("version")),
            Ok(parsed) if Version::parse("0.0.0-0").is_ok_and(|least| parsed.compare(&least).is_le()) => {
                refuse(
                    "version 0.0.0-0 is less than or equal to 0.0.0-0".to_owned(),
                    place("version"),
                );
            }
            Ok(_) => {}
        }
    }
    maintainers(map.node("maintainers"), &mut refuse);
    for source in super::super::object::items(map.node("sources")) {
        let source_text = source.as_str().unwrap_or_default();
        if !is_request_url(source_text) {
            refuse(format!("invalid source URL '{source_text}'"), source.span);
        }
    }
    let icon = text("icon");
    if !icon.is_empty() && !is_request_url(icon) {
        refuse(format!("invalid icon URL '{icon}'"), place("icon"));
    }
    if api_version != "v2" && !api_version.is_empty() {
        if !text("type").is_empty() {
            let message =
                format!("chart type is not valid in apiVersion '{api_version}'. It is valid in apiVersion 'v2'");
            refuse(message, place("type"));
        }
        if !super::super::object::items(map.node("dependencies")).is_empty() {
            let message = format!(
                "dependencies are not valid in the Chart file with apiVersion '{api_version}'. They are valid in \
                 apiVersion 'v2'"
            );
            let key = map.get("dependencies").map_or(whole, |entry| entry.key);
            refuse(message, key);
        }
    }
    if icon.is_empty() {
        report.push(Diagnostic::info(ICON, "icon is recommended").at(whole));
    }
    if !version.is_empty() && Version::parse(&version).is_ok() && !is_strict(&version) {
        let message = format!("version '{version}' is not a valid SemVerV2");
        report.push(Diagnostic::warning(VERSION, message).at(place("version")));
    }
    unknown(node, &FIELDS, report);
    for dependency in super::super::object::items(map.node("dependencies")) {
        unknown(dependency, &DEPENDENCY_FIELDS, report);
    }
    for maintainer in super::super::object::items(map.node("maintainers")) {
        unknown(maintainer, &MAINTAINER_FIELDS, report);
    }
}

fn maintainers(node: Option<&Node>, refuse: &mut dyn FnMut(String, Span)) {
    for maintainer in super::super::object::items(node) {
        let text = |key: &str| super::super::object::text(maintainer.get(key));
        let place = |key: &str| maintainer.get(key).map_or(maintainer.span, |node| node.span);
        let (name, email, url) = (text("name"), text("email"), text("url"));
        if maintainer.is_null() {
            refuse("a maintainer entry is empty".to_owned(), maintainer.span);
        } else if name.is_empty() {
            refuse("each maintainer requires a name".to_owned(), maintainer.span);
        } else {
            if !email.is_empty() && !is_email(email) {
                refuse(
                    format!("invalid email '{email}' for maintainer '{name}'"),
                    place("email"),
                );
            }
            if !url.is_empty() && !is_url(url) {
                refuse(format!("invalid url '{url}' for maintainer '{name}'"), place("url"));
            }
        }
    }
}

fn unknown(node: &Node, known: &[&str], report: &mut Report) {
    let Some(map) = node.as_map() else { return };
    for (key, entry) in map.iter() {
        if !known.iter().any(|known| known.eq_ignore_ascii_case(key)) {
            let message = format!("failed to strictly parse chart metadata file: unknown field \"{key}\"");
            let mut diagnostic = Diagnostic::warning(UNKNOWN, message).at(entry.key);
            let close = closest(key, known.iter().copied());
            diagnostic.help = close.map(|close| format!("did you mean `{close}`?"));
            report.push(diagnostic);
        }
    }
}

/// A scalar as text: Helm reads numbers in Chart.yaml as strings.
fn printed(node: &Node) -> String {
    match &node.value {
        Value::String(text) => text.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => gostd::float::shortest(*value),
        _ => String::new(),
    }
}

/// Mirrors `semver.StrictNewVersion`: three numbers, no `v`.
fn is_strict(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<&str> = core.split('.').collect();
    let is_number = |text: &&str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'))
    };
    numbers.len() == 3 && numbers.iter().all(is_number)
}

/// govalidator's `IsRequestURL`: an absolute URL.
fn is_request_url(text: &str) -> bool {
    !text.is_empty() && Url::parse(text.as_bytes()).is_ok_and(|url| !url.scheme.is_empty())
}

/// Approximates govalidator's `IsURL`: a host with a dot, or a known scheme.
fn is_url(text: &str) -> bool {
    let has_scheme = text.split_once("://").is_some_and(|(scheme, rest)| {
        matches!(
            scheme,
            "http" | "https" | "ftp" | "tcp" | "udp" | "ws" | "wss" | "irc" | "ftps" | "rtmp" | "rtmps" | "amqp"
        ) && !rest.is_empty()
    });
    let host = text
        .split_once("://")
        .map_or(text, |(_, rest)| rest)
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    (has_scheme || !text.contains("://"))
        && !text.contains(' ')
        && (host.contains('.') || host.starts_with("localhost"))
}

/// Whether a text has one `@` with text on both sides, and a dot after it.
fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && !text.contains(char::is_whitespace)
            && !domain.contains('@')
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.ends_with('.')
    })
}
