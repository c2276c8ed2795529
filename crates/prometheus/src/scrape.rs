//! Constraints between the fields of a scrape configuration, and of an Alertmanager, which uses the same discovery.

use super::check::{Check, Object};
use super::config::{Defaults, escaping, protocols, too_long};
use super::http;
use super::relabel;
use super::rules_table::{CONFIG, HTTP};
use super::token;
use gostd::quote::quote;

/// `ScrapeConfig.UnmarshalYAML` and `Validate`.
pub(super) fn config(check: &mut Check<'_>, scrape: Object<'_>, defaults: &Defaults) {
    let name = scrape.text(check, "job_name");
    if name.is_empty() {
        check.error(CONFIG, scrape.value("job_name"), "job_name is empty");
    }
    let context = format!(" for scrape config with job name {}", quote(&name));
    http::client(check, scrape);
    static_targets(check, scrape);
    let interval = scrape
        .duration(check, "scrape_interval")
        .filter(|interval| *interval > 0)
        .unwrap_or(defaults.interval);
    if let Some(timeout) = scrape.duration(check, "scrape_timeout")
        && timeout > interval
    {
        let message = format!("scrape timeout greater than scrape interval{context}");
        too_long(check, scrape, &message, interval);
    }
    protocols(check, scrape, &context);
    escaping(check, scrape, "scrape config");
    let validation = scrape.text(check, "metric_name_validation_scheme");
    let legacy = match validation.as_str() {
        "" => defaults.legacy,
        given => given == "legacy",
    };
    let given = scrape.text(check, "metric_name_escaping_scheme");
    let chosen = if given.is_empty() && validation.is_empty() {
        &defaults.escaping
    } else {
        &given
    };
    if legacy && chosen == "allow-utf-8" {
        let key = ["metric_name_escaping_scheme", "metric_name_validation_scheme"]
            .into_iter()
            .find(|key| scrape.get(key).is_some());
        let message = "utf8 metric names requested but validation scheme is not set to UTF8";
        check.error(CONFIG, scrape.value(key.unwrap_or("job_name")), message);
    }
    check.legacy_names = legacy;
    for key in ["relabel_configs", "metric_relabel_configs"] {
        relabel::relabellings(check, scrape, key, &relabel::OWN);
    }
    token::scrape(check, scrape);
}

/// Requires each target to be a host and a port, unless relabelling may rewrite it.
fn static_targets(check: &mut Check<'_>, owner: Object<'_>) {
    if owner.is_set("relabel_configs") {
        return;
    }
    for group in owner.list("static_configs").iter().filter_map(Object::of) {
        for target in group.list("targets") {
            let address = check.text(target).unwrap_or_default();
            if address.is_empty() {
                check.error(CONFIG, target.span, "no address");
            } else if address.contains('/') {
                let message = format!("{} is not a valid hostname", quote(&address));
                check.error(CONFIG, target.span, message);
            }
        }
    }
}

pub(super) fn alertmanager(check: &mut Check<'_>, alertmanager: Object<'_>) {
    http::client(check, alertmanager);
    let others = [
        "basic_auth",
        "authorization",
        "oauth2",
        "bearer_token",
        "bearer_token_file",
    ];
    let has_other = others.iter().any(|key| alertmanager.get(key).is_some());
    if has_other && alertmanager.get("sigv4").is_some() {
        let message = "at most one of basic_auth, authorization, oauth2, & sigv4 must be configured";
        check.error(HTTP, alertmanager.key("sigv4"), message);
    }
    static_targets(check, alertmanager);
    for key in ["relabel_configs", "alert_relabel_configs"] {
        relabel::relabellings(check, alertmanager, key, &relabel::OWN);
    }
    token::scrape(check, alertmanager);
}
