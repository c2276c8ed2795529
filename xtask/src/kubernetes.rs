//! Writes the definitions of Kubernetes' objects, from k8s-openapi, to `crates/k8s/data/definitions.txt`.
//!
//! A build of k8s-openapi supports a single Kubernetes version, so a small crate is generated and run for each of its
//! version features. It prints the JSON schemas of all kinds, which are merged into one file;
//! `promchart_k8s::definitions` documents the format.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::helm::root;

/// A version supported by k8s-openapi: its feature (`v1_37`) and minor version.
struct Version {
    feature: String,
    minor: u32,
}

/// A field in one version: whether it is required, and its type.
type Field = (bool, String);

/// The merged definitions; the innermost maps are keyed by minor version.
#[derive(Default)]
struct Merged {
    /// The definitions by apiVersion and kind.
    kinds: BTreeMap<(String, String), BTreeMap<u32, String>>,
    /// The fields by definition and name.
    fields: BTreeMap<String, BTreeMap<String, BTreeMap<u32, Field>>>,
    /// The versions that have a definition.
    definitions: BTreeMap<String, BTreeSet<u32>>,
}

/// Writes the file or, with `check`, tells whether it is up to date.
pub(crate) fn definitions(check: bool) -> Result<(), String> {
    let (version, source) = package()?;
    let versions = versions(&source)?;
    let mut merged = Merged::default();
    for one in &versions {
        println!("Kubernetes 1.{}", one.minor);
        let dumped = dump(&version, &source, one)?;
        merge(&mut merged, one.minor, &dumped)?;
    }
    let text = print(&version, &versions, &merged);
    keep("definitions.txt", &text, &version, check)
}

/// Writes a data file of `crates/k8s`, or checks that it holds this text.
fn keep(name: &str, text: &str, version: &str, check: bool) -> Result<(), String> {
    let path = root().join("crates/k8s/data").join(name);
    if check {
        let old = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        return if old == text {
            Ok(())
        } else {
            Err(format!("{} is not what k8s-openapi {version} says", path.display()))
        };
    }
    fs::write(&path, text).map_err(|error| error.to_string())?;
    println!("{}", path.display());
    Ok(())
}

/// The version of k8s-openapi in the lock file, and the folder with its source.
fn package() -> Result<(String, PathBuf), String> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .map_err(|error| error.to_string())?;
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    let package = metadata["packages"]
        .as_array()
        .and_then(|packages| packages.iter().find(|package| package["name"] == "k8s-openapi"))
        .ok_or("k8s-openapi is not in the lock file")?;
    let (Some(version), Some(manifest)) = (package["version"].as_str(), package["manifest_path"].as_str()) else {
        return Err("cargo metadata has no version of k8s-openapi".to_owned());
    };
    let folder = Path::new(manifest).parent().ok_or("k8s-openapi has no folder")?;
    Ok((version.to_owned(), folder.to_owned()))
}

/// The versions of k8s-openapi: the folders `src/v1_*`.
fn versions(source: &Path) -> Result<Vec<Version>, String> {
    let mut versions = Vec::new();
    for entry in fs::read_dir(source.join("src")).map_err(|error| error.to_string())? {
        let feature = entry
            .map_err(|error| error.to_string())?
            .file_name()
            .to_string_lossy()
            .into_owned();
        if let Some(minor) = feature.strip_prefix("v1_").and_then(|minor| minor.parse().ok()) {
            versions.push(Version { feature, minor });
        }
    }
    versions.sort_by_key(|version| version.minor);
    Ok(versions)
}

/// Runs the generated crate for one version. Its output: `{"kinds": [[apiVersion, kind, definition]...], "definitions":
/// {...}}`.
fn dump(version: &str, source: &Path, of: &Version) -> Result<Value, String> {
    let folder = root().join("target/kubernetes").join(&of.feature);
    fs::create_dir_all(folder.join("src")).map_err(|error| error.to_string())?;
    let manifest = format!(
        "[workspace]\n[package]\nname = \"dump\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[profile.dev]\ndebug = false\n\
         [dependencies]\nk8s-openapi = {{ version = \"={version}\", features = [\"{}\", \"schemars\"] }}\n",
        of.feature
    );
    fs::write(folder.join("Cargo.toml"), manifest).map_err(|error| error.to_string())?;
    let mut types = Vec::new();
    let base = source.join("src").join(&of.feature);
    resources(&base, &base, &mut types)?;
    types.sort();
    let mut program = String::from(
        "use k8s_openapi::{Resource, schemars::{JsonSchema, SchemaGenerator}, serde_json::{Value, json}};\n\
         fn add<T: Resource + JsonSchema>(generator: &mut SchemaGenerator, kinds: &mut Vec<Value>) {\n\
         generator.subschema_for::<T>();\nkinds.push(json!([T::API_VERSION, T::KIND, T::schema_name()]));\n}\n\
         fn main() {\nlet mut generator = SchemaGenerator::default();\nlet mut kinds = Vec::new();\n",
    );
    for path in &types {
        let _ = writeln!(program, "add::<k8s_openapi::{path}>(&mut generator, &mut kinds);");
    }
    program.push_str("println!(\"{}\", json!({\"kinds\": kinds, \"definitions\": generator.definitions()}));\n}\n");
    fs::write(folder.join("src/main.rs"), program).map_err(|error| error.to_string())?;
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--target-dir"])
        .arg(root().join("target/kubernetes/target"))
        .current_dir(&folder)
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

/// Collects the Rust paths of the types with an apiVersion and a kind.
fn resources(base: &Path, folder: &Path, types: &mut Vec<String>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            resources(base, &path, types)?;
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        for (at, found) in text.match_indices("\nimpl crate::Resource for ") {
            let name: String = text[at + found.len()..]
                .chars()
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            let module = folder.strip_prefix(base).map_err(|error| error.to_string())?;
            let module: Vec<_> = module.iter().map(|part| part.to_string_lossy()).collect();
            types.push(format!("{}::{name}", module.join("::")));
        }
    }
    Ok(())
}

fn merge(merged: &mut Merged, minor: u32, dumped: &Value) -> Result<(), String> {
    let definitions = dumped["definitions"].as_object().ok_or("no definitions")?;
    for kind in dumped["kinds"].as_array().ok_or("no kinds")? {
        let [api_version, kind, definition] =
            [&kind[0], &kind[1], &kind[2]].map(|text| text.as_str().unwrap_or_default());
        if definitions
            .get(definition)
            .is_some_and(|schema| schema.get("properties").is_some())
        {
            merged
                .kinds
                .entry((api_version.to_owned(), kind.to_owned()))
                .or_default()
                .insert(minor, short(definition));
        }
    }
    for (name, schema) in definitions {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            continue;
        };
        let name = short(name);
        merged.definitions.entry(name.clone()).or_default().insert(minor);
        let fields = merged.fields.entry(name).or_default();
        let required: Vec<&str> = schema["required"]
            .as_array()
            .map(|required| required.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        for (field, property) in properties {
            let kind = kind_of(property, definitions)?;
            fields
                .entry(field.clone())
                .or_default()
                .insert(minor, (required.contains(&field.as_str()), kind));
        }
    }
    Ok(())
}

/// Shortens `io.k8s.api.core.v1.Pod` to `core.v1.Pod`: package, version, type.
fn short(name: &str) -> String {
    let parts: Vec<&str> = name.rsplitn(4, '.').take(3).collect();
    let group = if name.contains("kube-aggregator") {
        "apiregistration"
    } else {
        parts[2]
    };
    format!("{group}.{}.{}", parts[1], parts[0])
}

/// The type of a property, in the notation of the file.
fn kind_of(schema: &Value, definitions: &serde_json::Map<String, Value>) -> Result<String, String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        let target = definitions.get(name).ok_or_else(|| format!("{name} is not defined"))?;
        let built_in = match name.rsplit('.').next().unwrap_or_default() {
            "IntOrString" => "int-or-string",
            "Quantity" => "quantity",
            "JSON" => "any",
            "JSONSchemaPropsOrArray" => "schema-or-list",
            "JSONSchemaPropsOrBool" => "schema-or-boolean",
            "JSONSchemaPropsOrStringArray" => "schema-or-strings",
            "Time" => "date-time",
            "MicroTime" => "micro-time",
            _ if target.get("properties").is_some() => return Ok(short(name)),
            _ => return kind_of(target, definitions).map_err(|error| format!("{name}: {error}")),
        };
        return Ok(built_in.to_owned());
    }
    let format = schema.get("format").and_then(Value::as_str);
    Ok(match (schema.get("type").and_then(Value::as_str), format) {
        (Some("string"), None) => "string".to_owned(),
        (Some("string"), Some(format @ ("byte" | "date-time")))
        | (Some("integer"), Some(format @ ("int32" | "int64"))) => format.to_owned(),
        (Some("boolean"), None) => "boolean".to_owned(),
        (Some("integer"), None) => "int64".to_owned(),
        (Some("number"), _) => "number".to_owned(),
        (Some("array"), _) => format!("[{}]", kind_of(&schema["items"], definitions)?),
        (Some("object"), _) => match schema.get("additionalProperties") {
            Some(value) if value.is_object() => format!("{{{}}}", kind_of(value, definitions)?),
            _ => "object".to_owned(),
        },
        _ => return Err(format!("unknown schema {schema}")),
    })
}

fn print(version: &str, versions: &[Version], merged: &Merged) -> String {
    let all: BTreeSet<u32> = versions.iter().map(|version| version.minor).collect();
    let mut text = format!(
        "# Written by `cargo run -p xtask -- kubernetes-definitions`; do not edit.\nsource k8s-openapi {version}\n"
    );
    for minor in &all {
        let _ = writeln!(text, "version 1.{minor}");
    }
    for ((api_version, kind), by_version) in &merged.kinds {
        for (from_to, definition) in runs(&all, by_version) {
            let _ = writeln!(text, "kind {api_version} {kind} {definition}{from_to}");
        }
    }
    for (definition, fields) in &merged.fields {
        let _ = writeln!(text, "definition {definition}");
        for (field, by_version) in fields {
            for (from_to, (required, kind)) in runs(&merged.definitions[definition], by_version) {
                let mark = if required { "!" } else { "" };
                let _ = writeln!(text, " {field}{mark} {kind}{from_to}");
            }
        }
    }
    text
}

/// Groups consecutive versions with equal values. The range is empty if it covers all `known` versions.
fn runs<T: Clone + PartialEq>(known: &BTreeSet<u32>, by_version: &BTreeMap<u32, T>) -> Vec<(String, T)> {
    let mut runs: Vec<(u32, u32, T)> = Vec::new();
    for minor in known {
        let Some(value) = by_version.get(minor) else { continue };
        match runs.last_mut() {
            Some((_, last, same)) if *last + 1 == *minor && same == value => *last = *minor,
            _ => runs.push((*minor, *minor, value.clone())),
        }
    }
    let (first, last) = (known.first().copied(), known.last().copied());
    runs.into_iter()
        .map(|(from, to, value)| {
            let mut range = String::new();
            if Some(from) != first {
                let _ = write!(range, " from 1.{from}");
            }
            if Some(to) != last {
                let _ = write!(range, " to 1.{to}");
            }
            (range, value)
        })
        .collect()
}

/// Writes `crates/k8s/data/descriptions.txt`: the first sentence of what k8s-openapi documents of each field of the newest
/// version; with `check`, tells instead whether it is up to date.
pub(crate) fn descriptions(check: bool) -> Result<(), String> {
    let (version, source) = package()?;
    let newest = versions(&source)?.pop().ok_or("k8s-openapi has no versions")?;
    let mut found = BTreeMap::new();
    documented(&source.join("src").join(newest.feature), &mut found)?;
    let mut text = format!(
        "# Written by `cargo run -p xtask -- kubernetes-descriptions`; do not edit.\nsource k8s-openapi {version}\n"
    );
    for (definition, fields) in found {
        let _ = writeln!(text, "{definition}");
        for (field, sentence) in fields {
            let _ = writeln!(text, " {field} {sentence}");
        }
    }
    keep("descriptions.txt", &text, &version, check)
}

/// Reads the doc comments of all fields below a folder, by definition and by the names that JSON has.
fn documented(folder: &Path, found: &mut BTreeMap<String, BTreeMap<String, String>>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() {
            documented(&path, found)?;
            continue;
        }
        let text = fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let Some(name) = text
            .lines()
            .find_map(|line| line.strip_prefix("// Generated from definition "))
        else {
            continue;
        };
        // `"valueFrom" => Field::Key_value_from,` tells the name in JSON.
        let names: BTreeMap<&str, &str> = text
            .lines()
            .filter_map(|line| line.trim().trim_end_matches(',').split_once(" => Field::Key_"))
            .map(|(json, rust)| (rust, json.trim_matches('"')))
            .collect();
        let mut documentation = Vec::new();
        let mut is_inside = false;
        let mut fields = BTreeMap::new();
        for line in text.lines() {
            if let Some(words) = line.trim().strip_prefix("///") {
                documentation.push(words.trim());
            } else if line.starts_with("pub struct ") {
                documentation.clear();
                is_inside = true;
            } else if let (true, Some(field)) = (is_inside, line.strip_prefix("    pub ")) {
                let rust = field.split(':').next().unwrap_or_default();
                let json = names.get(rust).copied().unwrap_or(rust);
                let sentence = first_sentence(&documentation.join(" "));
                if !sentence.is_empty() {
                    fields.insert(json.to_owned(), sentence);
                }
                documentation.clear();
            } else if line.starts_with('}') {
                is_inside = false;
            }
        }
        if !fields.is_empty() {
            found.insert(short(name), fields);
        }
    }
    Ok(())
}

/// The first sentence of a documentation, cut off where it is long.
fn first_sentence(text: &str) -> String {
    const MOST: usize = 240;
    let ends = text.match_indices(". ").map(|(at, _)| at);
    let is_end = |at: &usize| {
        !["e.g", "i.e", "etc", "vs"]
            .iter()
            .any(|word| text[..*at].ends_with(word))
    };
    let end = ends.into_iter().find(is_end).map_or(text.len(), |at| at + 1);
    let sentence = text[..end].trim();
    if sentence.chars().count() <= MOST {
        return sentence.to_owned();
    }
    let kept: String = sentence.chars().take(MOST - 3).collect();
    format!("{}...", kept.trim_end())
}
