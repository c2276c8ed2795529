//! Prometheus' files and objects; `tests/cases/prometheus.rs` has the files of `tests/suite/prometheus`.

use promchart::diagnostic::Severity;
use promchart::prometheus::{Kind, RULES, check_object, detect};
use promchart::source::{Source, SourceKind, Sources};
use promchart::yaml;

use crate::support::found::{checked, lines};
use crate::support::{names, read};

#[test]
fn rules_of_findings_are_in_the_table() {
    for name in names("tests/suite/prometheus/bad") {
        let text = read(format!("tests/suite/prometheus/bad/{name}"));
        for found in checked(&name, text, None).1.diagnostics {
            assert!(RULES.iter().any(|rule| rule.id == found.rule), "{}", found.rule);
        }
    }
}

#[test]
fn agents_refuse_what_they_cannot_do() {
    let text = "alerting:\n  alertmanagers: [{}]\nrule_files: [a.yml]\nremote_read: [{url: http://x/}]\n";
    let (_, report) = checked("x", text.to_owned(), None);
    assert!(report.is_empty());
    let (sources, report) = checked("x", text.to_owned(), Some(Kind::AgentConfig));
    assert_eq!(
        lines(&sources, &report),
        [
            "prometheus-agent 1:1 field alerting is not allowed in agent mode",
            "prometheus-agent 3:1 field rule_files is not allowed in agent mode",
            "prometheus-agent 4:1 field remote_read is not allowed in agent mode",
        ]
    );
}

#[test]
fn a_token_must_not_go_over_http() {
    let file = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    let job =
        |rest: &str| format!("scrape_configs:\n- job_name: a\n  authorization:\n    credentials_file: {file}\n{rest}");
    let found = |text: String| {
        let (sources, report) = checked("x", text, None);
        lines(&sources, &report)
    };
    let message = "token-over-http 4:23 the service account's token is sent over plain HTTP to every target";
    assert_eq!(found(job("")), [message]);
    assert_eq!(found(job("  scheme: http\n")), [message]);
    assert!(found(job("  scheme: https\n")).is_empty());
    let always = "  relabel_configs:\n  - target_label: __scheme__\n    replacement: https\n";
    assert!(found(job(always)).is_empty());
    let sometimes = "  relabel_configs:\n  - target_label: __scheme__\n    replacement: https\n    source_labels: [a]\n    regex: b\n";
    assert_eq!(found(job(sometimes)), [message]);
    let remote = format!("remote_write:\n- url: http://x/\n  authorization:\n    credentials_file: {file}\n");
    assert_eq!(found(remote), [message]);
}

#[test]
fn objects_of_the_operator() {
    let text = "\
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
spec:
  selector: {}
  endpoints:
  - interval: 10s
    scrapeTimeout: 1m
    port: web
    bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
    relabelings:
    - sourceLabels: [a]
      regex: (
      action: Keep
    - sourceLabels: [a]
      action: hashmod
      targetLabel: b
";
    let object = |text: &str| {
        let sources = Sources::new();
        let file = sources.add(Source::new("x", SourceKind::Made, text.into()));
        let source = sources.get(file);
        let parsed = yaml::parse(&source, file, 0..text.len()).unwrap();
        let mut report = check_object(&source, &parsed.node);
        report.sort();
        lines(&sources, &report)
    };
    assert_eq!(
        object(text),
        [
            "scrape-timeout 7:20 scrape timeout greater than scrape interval",
            "token-over-http 9:22 the service account's token is sent over plain HTTP to every target",
            "bad-relabel-regex 12:14 error parsing regexp: missing closing ): `^(?s:()$`",
            "bad-relabel 15:15 relabel configuration for hashmod requires non-zero modulus",
        ]
    );
    let rule = "\
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
spec:
  groups:
  - name: a
    rules:
    - alert: A
      expr: 'sum(up'
      annotations:
        summary: '{{ $value | humanize1000 }}'
";
    assert_eq!(
        object(rule),
        [
            "promql-syntax 8:20 unclosed left parenthesis",
            "alert-template 10:31 error parsing template __alert_A: function \"humanize1000\" not defined",
        ]
    );
    let probe = "apiVersion: monitoring.coreos.com/v1\nkind: Probe\nspec:\n  interval: 5x\n";
    assert_eq!(
        object(probe),
        [
            "prometheus-monitor 4:3 spec.prober.url is required",
            "prometheus-value 4:13 unknown unit \"x\" in duration \"5x\"",
        ]
    );
    assert!(object("apiVersion: v1\nkind: Probe\nspec: 5\n").is_empty());
}

#[test]
fn files_are_told_apart() {
    let kind = |text: &str| {
        let sources = Sources::new();
        let file = sources.add(Source::new("x", SourceKind::File, text.into()));
        let source = sources.get(file);
        detect(&yaml::parse(&source, file, 0..text.len()).unwrap().node)
    };
    assert_eq!(kind("global: {}\n"), Some(Kind::Config));
    assert_eq!(kind("groups: []\n"), Some(Kind::Rules));
    assert_eq!(kind("basic_auth_users: {}\n"), Some(Kind::WebConfig));
    assert_eq!(kind("replicas: 1\n"), None);
    assert_eq!(kind("text\n"), None);
}

#[test]
fn hostile_files_end_at_once() {
    let expression = "foo_bar(x) + ".repeat(1_000);
    let escapes = "\\\n".repeat(20_000);
    let name = "x".repeat(20_000);
    let many = "- {}\n".repeat(1_000);
    for text in [
        format!("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {expression}1\n"),
        format!("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: \"up({escapes}\"\n"),
        format!("groups:\n- name: g\n  rules:\n  - alert: A\n    expr: {name}(1)\n    {name}: 1\n"),
        format!("groups:\n{many}"),
        format!("scrape_configs:\n{many}"),
        format!("scrape_configs: {}{}\n", "[".repeat(9_000), "]".repeat(9_000)),
        format!("scrape_configs:\n- scrape_protocols: [{}]\n", "a,".repeat(1_000)),
    ] {
        let (_, report) = checked("x", text, None);
        assert!(report.has(Severity::Error));
    }
}
