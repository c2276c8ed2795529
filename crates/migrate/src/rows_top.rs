//! The rows of keys that do not belong to a single component.

use super::row::{Row, call, needless, to, to_with};
use super::{remote, rules, scope, scrape, top};

/// The row of a key comes before the row of the mapping that contains it.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    needless("USER-SUPPLIED VALUES", "", "the heading of `helm get values`"),
    to("nameOverride", "", "nameOverride"),
    to("fullnameOverride", "", "fullnameOverride"),
    to("forceNamespace", "\"\"", "namespaceOverride"),
    call("global", "{}", "global", top::global, ""),
    call("imagePullSecrets", "[]", "global.imagePullSecrets", top::pull_secrets, ""),
    to_with("commonMetaLabels", "{}", "commonLabels", "these labels are on the pods, Pushgateway and node-exporter too"),
    to("rbac/create", "true", "rbac.create"),
    to("serviceAccounts/server/create", "true", "server.serviceAccount.create"),
    to("serviceAccounts/server/name", "\"\"", "server.serviceAccount.name"),
    to("serviceAccounts/server/annotations", "{}", "server.serviceAccount.annotations"),
    call("serviceAccounts/server/automountServiceAccountToken", "", "server.serviceAccount.automountServiceAccountToken", top::account_token, ""),
    call("configmapReload/prometheus/enabled", "true", "config.reload.mode", top::reload, "Prometheus watches its files itself; no other container is needed"),
    needless("configmapReload", "{reloadUrl: \"\", env: []}", "Prometheus watches its files itself (config.reload); there is no such container"),
    call("networkPolicy/enabled", "false", "networkPolicy.enabled", scope::network_policy, "who may come in and what may go out stays as it is there"),
    call("scrapeConfigs", "{}", "scrape.jobs", scrape::configs, "default jobs keep their names and take a preset where it finds the same targets").stated(),
    call("serverFiles", "{alerting_rules.yml: {}, alerts: {}, recording_rules.yml: {}, rules: {}}", "rules.groups, scrape.jobs, config ...", rules::server_files, "rules to rules.groups, sections of prometheus.yml to their keys, other files to a ConfigMap of their own"),
    call("ruleFiles", "{}", "rules.groups", rules::rule_files, "those that `rule_files` loads"),
    call("extraScrapeConfigs", "\"\"", "scrape.jobs.NAME.config", scrape::extra, "templates in the text are rendered"),
    to("scrapeConfigFiles", "[]", "config.scrapeConfigFiles"),
    call("alertRelabelConfigs", "{}", "alerting.relabelConfigs", remote::alert_relabeling, ""),
    call("extraManifests", "[]", "extraObjects", top::manifests, "templates of the community chart are rendered"),
    call("alertmanager", "{enabled: true}", "alerting.alertmanagers", top::alertmanager, "the chart installs no Alertmanager").stated(),
    call("kube-state-metrics", "{enabled: true}", "", top::kube_state_metrics, "the chart installs no kube-state-metrics").stated(),
];
