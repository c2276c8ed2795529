//! `serverFiles` and `ruleFiles`: rules, sections of prometheus.yml, and other files.

use super::build::{self, is_true};
use super::job::{Found, Job};
use super::path::Path;
use super::{kind, mounts, remote, scrape, storage};
use goyaml::{Map, Node, Style, Value};

/// The directory of the community chart's files.
const FILES: &str = "/etc/config/";
/// The rule files that the community chart loads by default.
const LOADED: [&str; 4] = ["recording_rules.yml", "alerting_rules.yml", "rules", "alerts"];

/// The files in a value. If they are not used, claims the value and returns none.
fn files(job: &mut Job<'_>, found: &Found) -> Option<Map> {
    if kind::has_own_config(job) {
        job.same(
            found,
            "the community chart ignores it, because the configuration is yours",
        );
        return None;
    }
    let map = found.node.as_map().cloned();
    if map.is_none() {
        job.same(found, "there are no files");
    }
    map
}

pub(super) fn server_files(job: &mut Job<'_>, found: &Found) {
    let Some(map) = files(job, found) else { return };
    let mut others = Vec::new();
    for (name, entry) in super::written::in_order(&map) {
        let path = found.path.join(name);
        let Some(file) = job.find(&path, found.about) else {
            continue;
        };
        if !file.is_given || !job.is_open(&path) {
            continue;
        }
        if &**name == "prometheus.yml" {
            sections(job, &file);
        } else if !is_true(&entry.node) {
            job.same(&file, "it is empty");
        } else if let Some(groups) = groups(name, &entry.node) {
            rule_file(job, &file, name, &groups);
        } else {
            let text = match &entry.node.value {
                Value::String(text) => text.to_string(),
                _ => goyaml::to_yaml(Style::V2, &entry.node).unwrap_or_default(),
            };
            others.push((file, text));
        }
    }
    mounts::files(job, &others);
    job.same(found, "there are no files");
}

/// The rule groups of a file; none if it is not a rule file.
fn groups(name: &str, node: &Node) -> Option<Node> {
    let parsed = match &node.value {
        Value::String(text) => goyaml::parse_str(text, node.span).ok()?.node.numbers_as_floats(),
        _ => node.clone(),
    };
    if parsed.get("groups").is_some() {
        return Some(parsed);
    }
    // The oldest form is a mapping of group names to rules.
    let map = parsed.as_map().filter(|_| name == "alerts")?;
    let groups = super::written::in_order(map).into_iter().map(|(name, entry)| {
        let span = entry.node.span;
        build::map(
            span,
            [
                ("name", build::text(span, format!("{name}.rules"))),
                ("rules", entry.node.clone()),
            ],
        )
    });
    Some(build::map(
        node.span,
        [("groups", build::list(node.span, groups.collect::<Vec<_>>()))],
    ))
}

/// Whether the server loads a file of its ConfigMap as rules.
fn is_loaded(job: &Job<'_>, name: &str) -> bool {
    let path = Path::of("serverFiles").join("prometheus.yml").join("rule_files");
    match path.get(&job.given).and_then(Node::as_list) {
        Some(patterns) => {
            let path = format!("{FILES}{name}");
            patterns
                .iter()
                .filter_map(Node::as_str)
                .any(|pattern| matches(pattern, &path))
        }
        None => LOADED.contains(&name),
    }
}

/// Whether a pattern with `*` and `?` matches a path. A star does not match slashes.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<char>, Vec<char>) = (pattern.chars().collect(), path.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut star = None;
    while from < path.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(c) if *c == path[from] || *c == '?' && path[from] != '/' => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((back, taken)) if path[taken] != '/' => {
                    at = back + 1;
                    from = taken + 1;
                    star = Some((back, from));
                }
                _ => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

fn rule_file(job: &mut Job<'_>, file: &Found, name: &str, groups: &Node) {
    if !is_loaded(job, name) {
        job.lose(
            file,
            "no entry of rule_files loads it, so the community chart has it without effect",
            format!("write it to rules.groups.{name} if its rules are wanted"),
        );
        return;
    }
    let known = [".yml", ".yaml", ".rules"].iter().any(|end| name.ends_with(end));
    let key = if known { name.to_owned() } else { format!("{name}.yml") };
    let claim = job.mapped(file);
    job.put_for(
        file,
        claim,
        &Path::place("rules.groups").join(&key),
        build::strings(groups),
    );
}

pub(super) fn rule_files(job: &mut Job<'_>, found: &Found) {
    let Some(map) = files(job, found) else { return };
    for (name, entry) in super::written::in_order(&map) {
        let Some(file) = job.find(&found.path.join(name), found.about) else {
            continue;
        };
        match groups(name, &entry.node) {
            Some(groups) => rule_file(job, &file, name, &groups),
            None => job.lose(
                &file,
                "it has no groups of rules",
                "write {groups: [...]} to rules.groups.NAME",
            ),
        }
    }
    job.same(found, "there are no files");
}

/// The sections of prometheus.yml that the community chart does not generate.
fn sections(job: &mut Job<'_>, file: &Found) {
    let Some(map) = file.node.as_map().cloned() else {
        job.same(file, "it is empty");
        return;
    };
    for (name, _) in super::written::in_order(&map) {
        let Some(section) = job.find(&file.path.join(name), file.about) else {
            continue;
        };
        if !section.is_given {
            continue;
        }
        match &**name {
            "rule_files" => rule_paths(job, &section),
            "scrape_configs" => scrape::list(job, &section),
            "scrape_config_files" => job.put(&section, "config.scrapeConfigFiles", section.node.clone()),
            "tracing" => job.put(&section, "config.tracing", section.node.clone()),
            "runtime" => job.put(&section, "config.runtime", section.node.clone()),
            "remote_write" => remote::write(job, &section),
            "remote_read" => remote::read(job, &section),
            "global" => kind::global(job, &section),
            "otlp" => job.put(&section, "receivers.otlp.config", section.node.clone()),
            "alerting" => {
                let part = |job: &Job<'_>, key: &str| job.find(&section.path.join(key), "");
                if let Some(list) = part(job, "alertmanagers") {
                    remote::alertmanagers(job, &list);
                }
                if let Some(rules) = part(job, "alert_relabel_configs") {
                    job.put(&rules, "alerting.relabelConfigs", build::strings(&rules.node));
                }
                job.same(&section, "it is empty");
            }
            "storage" => {
                let part = |job: &Job<'_>, key: &str| job.find(&section.path.join(key), "");
                if let Some(tsdb) = part(job, "tsdb") {
                    storage::tsdb(job, &tsdb);
                }
                if let Some(exemplars) = part(job, "exemplars") {
                    storage::exemplars(job, &exemplars);
                }
                job.same(&section, "it is empty");
            }
            name => {
                let known = [
                    "rule_files",
                    "scrape_configs",
                    "scrape_config_files",
                    "tracing",
                    "runtime",
                    "remote_write",
                    "remote_read",
                    "alerting",
                    "storage",
                    "otlp",
                ];
                let help = diagnostics::did_you_mean(name, known);
                job.lose(
                    &section,
                    "the chart has no key for this section of prometheus.yml",
                    help.unwrap_or_else(|| "write the whole file to config.raw".to_owned()),
                );
            }
        }
    }
    job.same(file, "it is empty");
}

/// `rule_files`: files of the chart's ConfigMap are loaded by `rules.groups`, those of other ConfigMaps by
/// `rules.existingConfigMaps`.
fn rule_paths(job: &mut Job<'_>, section: &Found) {
    for (at, item) in section.node.as_list().unwrap_or_default().iter().enumerate() {
        let Some(entry) = job.find(&section.path.join(&at.to_string()), "") else {
            continue;
        };
        let pattern = item.scalar_text().unwrap_or_default();
        if pattern.starts_with(FILES) {
            job.same(&entry, "rules.groups are loaded");
            continue;
        }
        let directory = pattern
            .rsplit_once('/')
            .map_or("", |(directory, _)| directory)
            .to_owned();
        match mounted(job, &directory) {
            Some(name) => {
                let claim = job.mapped(&entry);
                let span = item.span;
                job.push(
                    &entry,
                    claim,
                    "rules.existingConfigMaps",
                    build::map(span, [("name", build::text(span, name))]),
                );
            }
            None => job.lose(
                &entry,
                "the chart loads rules from ConfigMaps only",
                "put these rules into a ConfigMap and name it in rules.existingConfigMaps",
            ),
        }
    }
    job.same(section, "no rules are loaded, and rules.groups is empty");
}

/// The ConfigMap mounted at a directory.
fn mounted(job: &Job<'_>, directory: &str) -> Option<String> {
    let list = |path: &str| {
        let node = Path::of(path).get(&job.old).cloned();
        node.and_then(|node| node.as_list().map(<[Node]>::to_vec))
            .unwrap_or_default()
    };
    let is_there = |mount: &Node| {
        let path = mount.get("mountPath").and_then(Node::as_str).unwrap_or_default();
        !directory.is_empty() && path.trim_end_matches('/') == directory
    };
    let of_list = list("server/extraConfigmapMounts").into_iter().find(is_there);
    if let Some(mount) = of_list {
        return mount.get("configMap").and_then(Node::scalar_text);
    }
    let mount = list("server/extraVolumeMounts").into_iter().find(is_there)?;
    let name = mount.get("name").cloned()?;
    let volumes = list("server/extraVolumes");
    let volume = volumes
        .iter()
        .find(|volume| volume.get("name").is_some_and(|known| known.value == name.value))?;
    volume.at(["configMap", "name"]).and_then(Node::scalar_text)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_cross_no_slash() {
        assert!(matches("/etc/config/*.yml", "/etc/config/a.yml"));
        assert!(matches("/etc/*/a.yml", "/etc/config/a.yml"));
        assert!(matches("/etc/config/*", "/etc/config/rules"));
        assert!(!matches("/etc/*.yml", "/etc/config/a.yml"));
        assert!(!matches("/etc/config/b*", "/etc/config/a.yml"));
    }
}
