//! Writes the definitions of the Prometheus operator's objects, from its CustomResourceDefinitions, to
//! `crates/k8s/data/operator.txt`: field names and types, in the format that `promchart_k8s::definitions` documents.
//!
//! The operator's source comes as a Go module, so this needs `go` and a module proxy.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use promchart::source::{FileId, Source, SourceKind};
use promchart::yaml::{self, Node, Value};

use crate::helm::root;

const MODULE: &str = "github.com/prometheus-operator/prometheus-operator";
const VERSION: &str = "v0.85.0";
/// The folder of the definitions in the module.
const FOLDER: &str = "example/prometheus-operator-crd";

/// Fields that `promchart::prometheus` checks completely. They are `any` here, so that a fault is reported only once.
const CHECKED: [&str; 1] = ["PrometheusRule.spec.groups"];
/// Required fields that it checks itself.
const ASKED_FOR: [&str; 3] = [
    "ServiceMonitor.spec.selector",
    "PodMonitor.spec.selector",
    "Probe.spec.prober.url",
];

/// The definitions so far, keyed by their fields so that equal ones are written once.
#[derive(Default)]
struct Table {
    names: BTreeMap<String, String>,
    fields: BTreeMap<String, String>,
    kinds: BTreeMap<(String, String), String>,
}

/// Writes the file.
pub(crate) fn definitions() -> Result<(), String> {
    let folder = module()?.join(FOLDER);
    let mut paths: Vec<PathBuf> = fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .collect();
    paths.sort();
    let mut table = Table::default();
    for path in paths {
        let bytes = fs::read(&path).map_err(|error| error.to_string())?;
        let source = Source::new(path.display().to_string(), SourceKind::File, bytes);
        let parsed = yaml::parse(&source, FileId::NONE, 0..source.text().len()).map_err(|error| error.message)?;
        table
            .definition(&parsed.node)
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let mut text =
        format!("# Written by `cargo run -p xtask -- operator-definitions`; do not edit.\nsource {MODULE} {VERSION}\n");
    for ((api_version, kind), name) in &table.kinds {
        let _ = writeln!(text, "custom {api_version} {kind} {name}");
    }
    for (name, fields) in &table.fields {
        let _ = write!(text, "definition {name}\n{fields}");
    }
    let path = root().join("crates/k8s/data/operator.txt");
    fs::write(&path, text).map_err(|error| error.to_string())?;
    println!("{}", path.display());
    Ok(())
}

/// The folder of the operator's source.
fn module() -> Result<PathBuf, String> {
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("{MODULE}@{VERSION}")])
        .current_dir(std::env::temp_dir())
        .output()
        .map_err(|error| format!("go: {error}"))?;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let folder = told["Dir"].as_str().ok_or_else(|| told["Error"].to_string())?;
    Ok(Path::new(folder).to_owned())
}

fn text<'a>(node: &'a Node, key: &str) -> &'a str {
    node.get(key).and_then(Node::as_str).unwrap_or_default()
}

impl Table {
    /// Adds the versions of a CustomResourceDefinition.
    fn definition(&mut self, crd: &Node) -> Result<(), String> {
        let spec = crd.get("spec").ok_or("no spec")?;
        let kind = spec.get("names").map_or("", |names| text(names, "kind"));
        for version in spec.get("versions").and_then(Node::as_list).unwrap_or_default() {
            let schema = version.at(["schema", "openAPIV3Schema"]).ok_or("no schema")?;
            let name = self.object(schema, kind, kind)?;
            let api_version = format!("{}/{}", text(spec, "group"), text(version, "name"));
            self.kinds.insert((api_version, kind.to_owned()), name);
        }
        Ok(())
    }

    /// The name of the definition with an object's fields; adds it if it is new.
    fn object(&mut self, schema: &Node, name: &str, path: &str) -> Result<String, String> {
        let properties = schema.get("properties").and_then(Node::as_map).ok_or("no properties")?;
        let required = schema.get("required").and_then(Node::as_list).unwrap_or_default();
        let mut fields = String::new();
        for (key, entry) in properties.iter() {
            let path = format!("{path}.{key}");
            let kind = match (path.matches('.').count(), &**key) {
                (1, "metadata") => "meta.v1.ObjectMeta".to_owned(),
                (1, "status") => "object".to_owned(),
                _ => self.kind(&entry.node, key, &path)?,
            };
            let is_required = required.iter().any(|required| required.as_str() == Some(key));
            let mark = if is_required && !ASKED_FOR.contains(&&*path) {
                "!"
            } else {
                ""
            };
            let _ = writeln!(fields, " {key}{mark} {kind}");
        }
        if let Some(known) = self.names.get(&fields) {
            return Ok(known.clone());
        }
        let mut characters = name.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        let base: String = first.into_iter().chain(characters).collect();
        // A different object with the same name gets a number. Messages show only the last part of the name.
        let taken = |name: &String| self.fields.contains_key(name);
        let names = (1..).map(|number| match number {
            1 => format!("monitoring.{base}"),
            _ => format!("monitoring.{number}.{base}"),
        });
        let name = names.into_iter().find(|name| !taken(name)).unwrap_or_default();
        self.names.insert(fields.clone(), name.clone());
        self.fields.insert(name.clone(), fields);
        Ok(name)
    }

    /// The type of a property, in the notation of the file.
    fn kind(&mut self, schema: &Node, name: &str, path: &str) -> Result<String, String> {
        let is_true = |key: &str| schema.get(key).is_some_and(|value| value.value == Value::Bool(true));
        if CHECKED.contains(&path) {
            return Ok("any".to_owned());
        }
        if is_true("x-kubernetes-int-or-string") {
            let is_quantity = text(schema, "pattern").contains("[KMGTPE]i");
            return Ok(if is_quantity { "quantity" } else { "int-or-string" }.to_owned());
        }
        Ok(match (text(schema, "type"), text(schema, "format")) {
            ("string", "date-time") => "date-time".to_owned(),
            ("string", "byte") => "byte".to_owned(),
            ("string", _) => "string".to_owned(),
            ("boolean", _) => "boolean".to_owned(),
            ("integer", "int32") => "int32".to_owned(),
            ("integer", _) => "int64".to_owned(),
            ("number", _) => "number".to_owned(),
            ("array", _) => {
                let items = schema.get("items").ok_or("no items")?;
                format!("[{}]", self.kind(items, name, path)?)
            }
            ("object", _) if schema.get("properties").is_some() => self.object(schema, name, path)?,
            ("object", _) => match schema.get("additionalProperties") {
                Some(values) if values.as_map().is_some() => format!("{{{}}}", self.kind(values, name, path)?),
                _ => "object".to_owned(),
            },
            _ if is_true("x-kubernetes-preserve-unknown-fields") => "any".to_owned(),
            _ => return Err(format!("{path}: unknown schema")),
        })
    }
}
