//! Templates in values, which the community chart renders with `tpl`.

use std::fmt::Write as _;
use std::sync::Arc;

use super::names::Names;
use chart::{Chart, File, Metadata};
use engine::render::{self, Capabilities, Limits, Release, Rendering, Session, Trace};
use goyaml::Node;
use source::{Sources, Span};
use system::System;

/// The name of the template file with the text.
const FILE: &str = "templates/value";

/// Renders a text as the community chart would: with its values, and its templates with the names of the release.
///
/// # Errors
/// A one-line reason why it cannot be rendered.
pub(super) fn expand(text: &str, values: &Node, names: &Names, system: &Arc<dyn System>) -> Result<String, String> {
    if !text.contains("{{") {
        return Ok(text.to_owned());
    }
    if names.release.is_none() && (text.contains(".Release") || text.contains("include") || text.contains("template")) {
        return Err("it needs the name of the release; give --release".to_owned());
    }
    // Rendered with separate sources, because diagnostics must not point into the text.
    let sources = Sources::new();
    let helpers = helpers(names);
    let chart = Chart {
        metadata: Arc::new(Metadata {
            name: "prometheus".to_owned(),
            api_version: "v2".to_owned(),
            ..Metadata::default()
        }),
        path: "prometheus".to_owned(),
        chart_yaml: source::FileId::NONE,
        values: values.clone(),
        schema: None,
        templates: vec![
            File::new("templates/_helpers.tpl", "_helpers.tpl", helpers.as_bytes()),
            File::new(FILE, FILE, gostd::string::decode(text)),
        ],
        files: Vec::new(),
        subcharts: Vec::new(),
    };
    let release = Release {
        name: names.release.clone().unwrap_or_default(),
        namespace: names.namespace.clone().unwrap_or_else(|| "default".to_owned()),
        is_upgrade: false,
        revision: 1,
    };
    let files = render::templates(&chart, values, &release, &Capabilities::default());
    let session = Session::new(system, &sources, Limits::default(), Trace::Off);
    let rendering = Rendering::new(&files, &session, None);
    let (templates, errors) = rendering.parse();
    if let Some(error) = errors.diagnostics.first() {
        return Err(one_line(error.headline()));
    }
    let (mut rendered, errors) = rendering.render(templates);
    if let Some(error) = errors.diagnostics.first() {
        return Err(one_line(error.headline()));
    }
    rendered
        .files
        .remove(&*format!("prometheus/{FILE}"))
        .ok_or_else(|| "it renders to nothing".to_owned())
}

/// The innermost message of Go's error chain.
fn one_line(text: &str) -> String {
    let text = text.lines().last().unwrap_or(text);
    text.rsplit(": error calling").next().unwrap_or(text).trim().to_owned()
}

/// The named templates that values of the community chart use, with the names of the release. Labels that change with
/// each chart version are left out.
fn helpers(names: &Names) -> String {
    let release = names.release.clone().unwrap_or_default();
    let namespace = names.namespace.clone().unwrap_or_else(|| "default".to_owned());
    let selector = |name: &str| format!("app.kubernetes.io/name: {name}\napp.kubernetes.io/instance: {release}");
    let common = selector(&names.name);
    let server = format!("app.kubernetes.io/component: {}\n{common}", names.component);
    let labels = format!("{server}\napp.kubernetes.io/part-of: {}", names.name);
    let account =
        "{{ if .Values.serviceAccounts.server.create }}{{ .Values.serviceAccounts.server.name | default \"SERVER\" }}\
                   {{ else }}{{ .Values.serviceAccounts.server.name | default \"default\" }}{{ end }}"
            .replace("SERVER", &names.server);
    let cluster_role =
        "{{ .Values.server.clusterRoleNameOverride | default \"SERVER\" }}".replace("SERVER", &names.server);
    let known: [(&str, &str); 17] = [
        ("prometheus.name", &names.name),
        ("prometheus.fullname", &names.full),
        ("prometheus.chart", "prometheus"),
        ("prometheus.port", "9090"),
        ("prometheus.namespace", &namespace),
        ("prometheus.common.matchLabels", &common),
        ("prometheus.common.metaLabels", "app.kubernetes.io/part-of: prometheus"),
        ("prometheus.server.matchLabels", &server),
        ("prometheus.server.labels", &labels),
        ("prometheus.server.fullname", &names.server),
        ("prometheus.clusterRoleName", &cluster_role),
        ("prometheus.serviceAccountName.server", &account),
        ("prometheus.pushgateway.fullname", &names.pushgateway),
        ("prometheus-pushgateway.fullname", &names.pushgateway),
        (
            "prometheus-pushgateway.selectorLabels",
            &selector(&names.pushgateway_name),
        ),
        ("prometheus-node-exporter.fullname", &names.node_exporter),
        (
            "prometheus-node-exporter.selectorLabels",
            &selector(&names.node_exporter_name),
        ),
    ];
    let mut text = String::new();
    for (name, body) in known {
        let _ = write!(text, "{{{{- define \"{name}\" -}}}}\n{body}\n{{{{- end -}}}}\n");
    }
    text
}

/// Whether a text can remain a template: it uses only features that are the same in every chart.
pub(super) fn is_portable(text: &str) -> bool {
    ![
        "include",
        "template",
        ".Values",
        ".Chart",
        ".Files",
        ".Template",
        ".Subcharts",
        "define",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// Escapes a text so that a template renders it unchanged.
pub(super) fn escaped(text: &str) -> String {
    text.replace("{{", "{{ \"{{\" }}")
}

/// The line of a job (or the like) in a text of the input, or the whole text.
pub(super) fn place_of(sources: &Sources, text: Span, word: &str) -> Span {
    let source = sources.get(text.file);
    let found = source.text().get(text.range()).and_then(|part| part.find(word));
    match found {
        Some(at) if !word.is_empty() => {
            let start = text.range().start + at;
            Span::new(text.file, start, start + word.len())
        }
        _ => text,
    }
}
