//! `promchart preflight [FILE]...`: the prerequisites of the chart on a control plane node.

use std::sync::Arc;
use std::time::Duration;

use super::Exit;
use super::args::Preflight;
use super::lint::{formats, sort, threshold, write};
use super::output::Output;
use crate::pages;
use diagnostics::report::{self, Check, RuleInfo};
use diagnostics::{Diagnostic, Report, Result, Severity, did_you_mean};
use gostd::duration;
use preflight::{Options, Outcome, RULES, ResolvConf};
use source::Sources;
use system::System;

/// The rule for invalid command lines.
const USAGE: &str = "usage";

pub(super) fn run(system: &Arc<dyn System>, arguments: &Preflight, output: Output) -> Exit {
    let sources = Sources::new();
    finish(&**system, arguments, &sources, output).unwrap_or_else(|error| {
        output.errors(&Report::from(error), &sources, "");
        Exit::Usage
    })
}

fn finish(system: &dyn System, arguments: &Preflight, sources: &Sources, output: Output) -> Result<Exit> {
    let options = options(arguments)?;
    let fail_on = if arguments.strict {
        Severity::Warning
    } else {
        threshold(arguments.fail_on.as_deref())?
    };
    let (format, files) = formats(&arguments.reports)?;
    let Outcome { mut report, checks } = preflight::run(system, &options, sources)?;
    let is_ignored = |rule: &str| arguments.ignore.iter().any(|ignored| ignored == rule);
    report.diagnostics.retain(|found| !is_ignored(found.rule));
    sort(&mut report, sources);
    let checks: Vec<Check> = checks
        .into_iter()
        .map(|check| Check {
            state: check.state.as_str(),
            file: check.file,
            subject: check.subject,
            detail: check.detail,
            is_finding: check.rule.is_some_and(|rule| !is_ignored(rule)),
        })
        .collect();
    let infos = rule_infos();
    for (format, path) in &files {
        let text = report::write(*format, &report, &checks, sources, &infos, false);
        write(system, path, &text)?;
    }
    if !arguments.reports.quiet {
        let text = report::write(format, &report, &checks, sources, &infos, output.color());
        Output::result(&gostd::string::decode(&text));
    }
    Ok(if report.has(fail_on) { Exit::Failed } else { Exit::Clean })
}

fn rule_infos() -> Vec<RuleInfo> {
    RULES
        .iter()
        .map(|rule| {
            let page = pages::preflight(rule.id);
            RuleInfo {
                id: rule.id,
                family: "preflight",
                summary: pages::summary(page),
                page,
                severity: rule.severity,
            }
        })
        .collect()
}

fn usage(message: String, help: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(USAGE, message).help(help))
}

fn options(arguments: &Preflight) -> Result<Options> {
    if let Some(unknown) = arguments.ignore.iter().find(|rule| preflight::find(rule).is_none()) {
        let ids = RULES.iter().map(|rule| rule.id);
        let known = || format!("known are {}", ids.clone().collect::<Vec<_>>().join(", "));
        let help = did_you_mean(unknown, ids.clone()).unwrap_or_else(known);
        return Err(usage(format!("there is no preflight rule {unknown}"), help));
    }
    if arguments.files.iter().filter(|file| *file == "-").count() > 1 {
        return Err(usage(
            "`-` is given twice".to_owned(),
            "the standard input can be read once",
        ));
    }
    let resolve = if arguments.resolve {
        let seconds = nanoseconds("--resolve-timeout", &arguments.resolve_timeout)?;
        Some(Duration::from_nanos(seconds.unsigned_abs()))
    } else {
        None
    };
    Ok(Options {
        files: arguments.files.clone(),
        root: arguments.root.clone().unwrap_or_default(),
        expires_within: nanoseconds("--expires-within", &arguments.expires_within)? / 1_000_000_000,
        cluster_domain: arguments.cluster_domain.as_deref().map(domain).transpose()?,
        resolv_conf: match &arguments.resolv_conf {
            _ if arguments.no_resolv_conf => ResolvConf::Off,
            Some(path) => ResolvConf::File(path.clone()),
            None => ResolvConf::Default,
        },
        resolve,
    })
}

/// A time such as `30d`, `720h` or `1h30m`; not negative.
fn nanoseconds(flag: &str, text: &str) -> Result<i64> {
    const DAY: i64 = 86_400_000_000_000;
    let days = text.strip_suffix('d').filter(|digits| !digits.is_empty());
    let parsed = match days.map(str::parse::<u32>) {
        Some(Ok(days)) => i64::from(days).checked_mul(DAY),
        Some(Err(_)) => None,
        None => duration::parse(text).ok(),
    };
    parsed.filter(|time| *time >= 0).ok_or_else(|| {
        let message = format!("{flag} {text}: this is no time");
        usage(message, "write a number with a unit: 30d, 720h, 90m, 5s")
    })
}

/// A DNS domain.
fn domain(text: &str) -> Result<String> {
    let name = text.trim_end_matches('.');
    let is_label = |label: &str| {
        let is_good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_good)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() <= 253 && name.split('.').all(is_label) {
        return Ok(name.to_owned());
    }
    let message = format!("--cluster-domain {text}: this is no DNS domain");
    Err(usage(message, "write a domain such as cluster.local"))
}
