//! The tables of values in chart/README.md, generated from chart/values.yaml and the schema: every key with a comment
//! `# --` has a row.

use std::fmt::Write as _;

use promchart::source::{Source, SourceKind, Sources};
use promchart::yaml::{self, Node, Value};
use serde_json::Value as Json;

/// The sections, each with its top-level keys.
const SECTIONS: &[(&str, &[&str])] = &[
    (
        "Global, names, labels",
        &[
            "global",
            "nameOverride",
            "fullnameOverride",
            "namespaceOverride",
            "standardLabels",
            "commonLabels",
            "commonAnnotations",
        ],
    ),
    ("Server", &["server"]),
    ("Configuration", &["config"]),
    ("Scraping", &["scrape"]),
    ("Rights", &["rbac"]),
    ("Pushgateway", &["pushgateway"]),
    ("node-exporter", &["nodeExporter"]),
    ("Rules and alerts", &["rules", "alerting"]),
    ("Remote write and read", &["remoteWrite", "remoteRead", "receivers"]),
    ("TLS and authentication", &["web"]),
    ("Network", &["networkPolicy"]),
    ("Tests", &["tests"]),
    ("Extra objects", &["extraObjects"]),
];
/// The first heading of the tables; they end with the README, or at the next second-level heading.
const START: &str = "### Global, names, labels\n";
/// The maximum length of a map or list that is shown as a default.
const LONGEST: usize = 70;

/// The README with regenerated tables.
pub(crate) fn renewed(readme: &str, values: &str, schema: &Json) -> Result<String, String> {
    let start = readme
        .find(START)
        .ok_or_else(|| format!("chart/README.md has no heading {START:?}"))?;
    let (before, old) = readme.split_at(start);
    let after = old.find("\n## ").map_or("", |end| &old[end..]);
    Ok(format!("{before}{}{after}", tables(values, schema)?))
}

fn tables(text: &str, schema: &Json) -> Result<String, String> {
    let values = parse(text)?;
    let keys = documented(text);
    if let Some(key) = keys
        .iter()
        .find(|key| !SECTIONS.iter().any(|(_, tops)| tops.contains(&&*key[0])))
    {
        return Err(format!(
            "chart/values.yaml: {} is in no section of the tables: add it to SECTIONS of {}",
            key[0],
            file!()
        ));
    }
    let mut tables = Vec::new();
    for (title, tops) in SECTIONS {
        let mut table = format!("### {title}\n\n| key | type | default | |\n|---|---|---|---|\n");
        for key in keys.iter().filter(|key| tops.contains(&&*key[0]) && !is_detail(key)) {
            let row =
                row(key, &values, schema).map_err(|why| format!("chart/values.yaml: {}: {why}", key.join(".")))?;
            table.push_str(&row);
        }
        tables.push(table);
    }
    Ok(tables.join("\n"))
}

fn parse(text: &str) -> Result<Json, String> {
    let sources = Sources::new();
    let file = sources.add(Source::new("chart/values.yaml", SourceKind::File, text.into()));
    let source = sources.get(file);
    let parsed = yaml::parse(&source, file, 0..source.text().len())
        .map_err(|error| format!("chart/values.yaml: {}", error.cause()))?;
    Ok(in_order(&parsed.node))
}

/// The same as JSON, with keys in the order of the file.
fn in_order(node: &Node) -> Json {
    match &node.value {
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(_, entry)| entry.key.start);
            let entries = entries
                .into_iter()
                .map(|(key, entry)| (key.to_string(), in_order(&entry.node)));
            Json::Object(entries.collect())
        }
        Value::List(items) => Json::Array(items.iter().map(in_order).collect()),
        _ => node.to_json(&|float| Json::from(float)),
    }
}

/// The paths of all keys below a comment `# --`, in the order of the file.
fn documented(text: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut above: Vec<(usize, &str)> = Vec::new();
    let mut is_documented = false;
    for line in text.lines() {
        let rest = line.trim_start_matches(' ');
        if rest.starts_with("# --") {
            is_documented = true;
            continue;
        }
        let Some((key, _)) = rest.split_once(':').filter(|(key, _)| is_name(key)) else {
            continue;
        };
        let depth = line.len() - rest.len();
        above.retain(|(other, _)| *other < depth);
        above.push((depth, key));
        if std::mem::take(&mut is_documented) {
            found.push(above.iter().map(|(_, key)| (*key).to_owned()).collect());
        }
    }
    found
}

fn is_name(key: &str) -> bool {
    key.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && key
            .chars()
            .all(|each| each.is_ascii_alphanumeric() || matches!(each, '_' | '-'))
}

/// Keys that would only make the tables long: the fields of probes, jobs by name, the section `global` of
/// prometheus.yml.
fn is_detail(key: &[String]) -> bool {
    let probe = key.iter().position(|each| each == "probes");
    probe.is_some_and(|at| key.len() > at + 2)
        || key.len() > 2
            && [["scrape", "jobs"], ["config", "global"]]
                .iter()
                .any(|path| key[..2] == *path)
}

fn row(key: &[String], values: &Json, schema: &Json) -> Result<String, String> {
    let mut node = schema;
    for name in key {
        node = field(node, "properties", schema)
            .and_then(|properties| properties.get(name))
            .ok_or_else(|| format!("chart/values.schema.json has no property {name} there"))?;
    }
    let description = field(node, "description", schema)
        .and_then(Json::as_str)
        .ok_or("chart/values.schema.json has no description of it")?;
    let value = key
        .iter()
        .try_fold(values, |value, name| value.get(name))
        .ok_or("the file has no such value")?;
    Ok(format!(
        "| `{}` | {} | {} | {} |\n",
        key.join("."),
        kind(node, schema),
        default(value),
        cell(description)
    ))
}

/// A keyword of a schema: its own, or that of the target of its `$ref`.
fn field<'a>(node: &'a Json, keyword: &str, schema: &'a Json) -> Option<&'a Json> {
    node.get(keyword).or_else(|| {
        let path = node.get("$ref")?.as_str()?.strip_prefix('#')?;
        field(schema.pointer(path)?, keyword, schema)
    })
}

fn kind(node: &Json, schema: &Json) -> String {
    let words: Vec<String> = if let Some(values) = field(node, "enum", schema).and_then(Json::as_array) {
        let quoted = |value: &Json| match value.as_str() {
            Some("") => "`\"\"`".to_owned(),
            Some(text) => format!("`{text}`"),
            None => format!("`{}`", json(value)),
        };
        values.iter().map(quoted).collect()
    } else {
        match field(node, "type", schema) {
            Some(Json::Array(types)) => types
                .iter()
                .filter_map(|each| each.as_str().map(str::to_owned))
                .collect(),
            Some(Json::String(one)) => vec![one.clone()],
            _ => vec!["any".to_owned()],
        }
    };
    words.iter().map(|word| cell(word)).collect::<Vec<_>>().join(" \\| ")
}

fn default(value: &Json) -> String {
    let text = json(value);
    if (value.is_object() || value.is_array()) && text.len() > LONGEST {
        "see values.yaml".to_owned()
    } else {
        format!("`{}`", cell(&text))
    }
}

/// JSON on one line, with a space after each comma and colon.
fn json(value: &Json) -> String {
    let mut text = String::new();
    match value {
        Json::Object(map) => {
            text.push('{');
            for (at, (key, value)) in map.iter().enumerate() {
                let comma = if at == 0 { "" } else { ", " };
                let _ = write!(text, "{comma}{}: {}", Json::from(key.as_str()), json(value));
            }
            text.push('}');
        }
        Json::Array(list) => {
            let items: Vec<String> = list.iter().map(json).collect();
            text = format!("[{}]", items.join(", "));
        }
        other => text = other.to_string(),
    }
    text
}

/// Text escaped for a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
