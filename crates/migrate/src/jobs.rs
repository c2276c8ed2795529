//! The default scrape jobs of the community chart, with their equivalents in our chart.

use goyaml::{Node, parse_str};
use source::{FileId, Span};

const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// A default job of the community chart.
pub(super) struct Known {
    /// Its name in the community chart.
    pub(super) name: &'static str,
    /// The preset of our chart with the same targets, or `none`.
    pub(super) preset: &'static str,
    /// The other fields of the job in our chart, as YAML.
    fields: fn() -> String,
    /// The `scrape_config` of the community chart, as YAML, for jobs that the input changes.
    config: fn() -> String,
}

/// All default jobs.
pub(super) const KNOWN: [Known; 10] = [
    Known {
        name: "prometheus",
        preset: "prometheus",
        fields: || "{}".to_owned(),
        config: || "static_configs: [{targets: [localhost:9090]}]".to_owned(),
    },
    Known {
        name: "kubernetes-api-servers",
        preset: "apiserver",
        // The community chart keeps all series and sets no limit.
        fields: || "{drop: none, config: {sample_limit: 0}}".to_owned(),
        config: || {
            let token = with_token(false);
            format!(
                "{token}kubernetes_sd_configs: [{{role: endpointslice}}]\nrelabel_configs:\n- action: keep\n  regex: default;kubernetes;https\n  \
                 source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_service_name, \
                 __meta_kubernetes_endpointslice_port_name]\n"
            )
        },
    },
    Known {
        name: "kubernetes-nodes",
        preset: "kubelet",
        fields: || format!("relabel: {{append: [{NODE_LABELS}]}}"),
        config: || format!("{}{NODES}relabel_configs: [{NODE_LABELS}]\n", with_token(true)),
    },
    Known {
        name: "kubernetes-nodes-cadvisor",
        preset: "cadvisor",
        fields: || format!("{{drop: none, relabel: {{append: [{NODE_LABELS}, {PATH_LABEL}]}}}}"),
        config: || {
            format!(
                "{}{NODES}metrics_path: /metrics/cadvisor\nrelabel_configs: [{NODE_LABELS}, {PATH_LABEL}]\n",
                with_token(true)
            )
        },
    },
    Known {
        name: "kubernetes-service-endpoints",
        preset: "endpointslices",
        fields: || nested(&annotated("service", false)),
        config: || annotated("service", false),
    },
    Known {
        name: "kubernetes-service-endpoints-slow",
        preset: "endpointslices",
        fields: || nested(&annotated("service", true)),
        config: || annotated("service", true),
    },
    Known {
        name: "prometheus-pushgateway",
        preset: "none",
        fields: || nested(PUSHGATEWAY),
        config: || PUSHGATEWAY.to_owned(),
    },
    Known {
        name: "kubernetes-services",
        preset: "none",
        fields: || nested(PROBES),
        config: || PROBES.to_owned(),
    },
    Known {
        name: "kubernetes-pods",
        preset: "pods",
        fields: || nested(&annotated("pod", false)),
        config: || annotated("pod", false),
    },
    Known {
        name: "kubernetes-pods-slow",
        preset: "pods",
        fields: || nested(&annotated("pod", true)),
        config: || annotated("pod", true),
    },
];

const NODES: &str = "kubernetes_sd_configs: [{role: node}]\n";
const NODE_LABELS: &str = "{action: labelmap, regex: '__meta_kubernetes_node_label_(.+)'}";
const PATH_LABEL: &str = "{source_labels: [__metrics_path__], target_label: metrics_path}";
const PUSHGATEWAY: &str = "\
honor_labels: true
kubernetes_sd_configs: [{role: service}]
relabel_configs:
- {action: keep, source_labels: [__meta_kubernetes_service_annotation_prometheus_io_probe], regex: pushgateway}
";
/// Probes through a Service named `blackbox`, which the community chart does not install.
const PROBES: &str = "\
honor_labels: true
metrics_path: /probe
params: {module: [http_2xx]}
kubernetes_sd_configs: [{role: service}]
relabel_configs:
- {action: keep, source_labels: [__meta_kubernetes_service_annotation_prometheus_io_probe], regex: 'true'}
- {source_labels: [__address__], target_label: __param_target}
- {target_label: __address__, replacement: blackbox}
- {source_labels: [__param_target], target_label: instance}
- {action: labelmap, regex: '__meta_kubernetes_service_label_(.+)'}
- {source_labels: [__meta_kubernetes_namespace], target_label: namespace}
- {source_labels: [__meta_kubernetes_service_name], target_label: service}
";

/// HTTPS with the service account's token.
fn with_token(skip_verify: bool) -> String {
    let skip = if skip_verify {
        ", insecure_skip_verify: true"
    } else {
        ""
    };
    format!("scheme: https\ntls_config: {{ca_file: {TOKEN}/ca.crt{skip}}}\nbearer_token_file: {TOKEN}/token\n")
}

/// Wraps a `scrape_config` in the field `config` of a job.
fn nested(config: &str) -> String {
    let lines: String = config.lines().map(|line| format!("  {line}\n")).collect();
    format!("config:\n{lines}")
}

/// A job for pods or Service endpoints selected by annotations. The slow variant uses `scrape-slow`.
fn annotated(object: &str, slow: bool) -> String {
    let annotation = |name: &str| format!("__meta_kubernetes_{object}_annotation_prometheus_io_{name}");
    let is_pod = object == "pod";
    let role = if is_pod { "pod" } else { "endpointslice" };
    let mut out = "honor_labels: true\n".to_owned();
    if slow {
        out.push_str("scrape_interval: 5m\nscrape_timeout: 30s\n");
    }
    out.push_str(&format!(
        "kubernetes_sd_configs: [{{role: {role}}}]\nrelabel_configs:\n"
    ));
    let mut rule = |text: String| out.push_str(&format!("- {{{text}}}\n"));
    let chosen =
        |action: &str, name: &str| format!("action: {action}, source_labels: [{}], regex: 'true'", annotation(name));
    if slow {
        rule(chosen("keep", "scrape_slow"));
    } else {
        rule(chosen("keep", "scrape"));
        rule(chosen("drop", "scrape_slow"));
    }
    let copy =
        |from: &str, regex: &str, to: &str| format!("source_labels: [{from}], regex: '{regex}', target_label: {to}");
    rule(copy(&annotation("scheme"), "(https?)", "__scheme__"));
    rule(copy(&annotation("path"), "(.+)", "__metrics_path__"));
    if is_pod {
        let both = format!("{}, __meta_kubernetes_pod_ip", annotation("port"));
        rule(format!(
            "{}, replacement: '[$2]:$1'",
            copy(&both, "(\\d+);(.*:.*)", "__address__")
        ));
        rule(format!(
            "{}, replacement: '$2:$1'",
            copy(&both, "(\\d+);([^:]+)", "__address__")
        ));
    } else {
        let both = format!("__address__, {}", annotation("port"));
        rule(format!(
            "{}, replacement: '$1:$2'",
            copy(&both, "(.+?)(?::\\d+)?;(\\d+)", "__address__")
        ));
    }
    rule(format!(
        "action: labelmap, regex: '{}', replacement: __param_$1",
        annotation("param_(.+)")
    ));
    rule(format!(
        "action: labelmap, regex: '__meta_kubernetes_{object}_label_(.+)'"
    ));
    let label = |from: &str, to: &str| format!("source_labels: [__meta_kubernetes_{from}], target_label: {to}");
    rule(label("namespace", "namespace"));
    if is_pod {
        rule(label("pod_name", "pod"));
        rule(
            "action: drop, source_labels: [__meta_kubernetes_pod_phase], regex: Pending|Succeeded|Failed|Completed"
                .to_owned(),
        );
    } else {
        rule(label("service_name", "service"));
    }
    rule(label("pod_node_name", "node"));
    out
}

impl Known {
    /// Finds a default job by its name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name)
    }

    /// The fields of the job in our chart.
    pub(super) fn fields(&self) -> Node {
        parsed(&(self.fields)())
    }

    /// The `scrape_config` of the community chart.
    pub(super) fn config(&self) -> Node {
        parsed(&(self.config)())
    }
}

/// Parses a YAML constant of this file; null if it is invalid, which a test rules out.
fn parsed(text: &str) -> Node {
    let nowhere = Span::file_start(FileId::NONE);
    parse_str(text, nowhere).map_or_else(
        |_| super::build::null(nowhere),
        |parsed| parsed.node.numbers_as_floats(),
    )
}

#[cfg(test)]
mod tests {
    use super::KNOWN;

    #[test]
    fn all_jobs_are_mappings() {
        for known in &KNOWN {
            assert!(known.fields().as_map().is_some(), "{}", known.name);
            assert!(
                known.config().as_map().is_some_and(|map| !map.is_empty()),
                "{}",
                known.name
            );
        }
    }
}
