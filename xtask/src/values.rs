//! Random values of the chart's schema, rendered by both programs: either the output is byte for byte the same, or both
//! fail. A file sets a few keys, as users do, on top of switches that enable whole components. With many keys at once
//! hardly any file would be valid.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::thread;

use promchart::system::Seeded;
use regex_syntax::hir::{Class, Hir, HirKind};
use serde_json::{Map, Value as Json};

use crate::helm::{helm, promchart, root, template};

/// The depth limit of generated values.
const MAX_DEPTH: usize = 12;

/// The maximum number of keys in one file.
const MAX_KEYS: usize = 5;

/// Switches, each in one file of three: without them most templates render nothing.
const SWITCHES: [&str; 12] = [
    r#"{"pushgateway": {"enabled": true}}"#,
    r#"{"nodeExporter": {"enabled": true}}"#,
    r#"{"rules": {"builtin": {"enabled": true}}}"#,
    r#"{"networkPolicy": {"enabled": true}}"#,
    r#"{"server": {"replicas": 2}}"#,
    r#"{"server": {"shards": 2}}"#,
    r#"{"server": {"externalUrl": "https://prom.example.org/p", "ingress": {"enabled": true}}}"#,
    r#"{"config": {"externalLabels": {"cluster": "a"}}, "server": {"thanos": {"enabled": true}}}"#,
    r#"{"rbac": {"namespaced": true}}"#,
    r#"{"config": {"validate": {"enabled": true}}}"#,
    r#"{"remoteWrite": {"far": {"url": "https://far.example.org/api/v1/write"}}}"#,
    r#"{"web": {"tls": {"mode": "existing"}}}"#,
];

pub(crate) fn compare(count: usize, seed: u64) -> Result<(), String> {
    let (helm, promchart, root) = (helm()?, promchart()?, root());
    let text = fs::read_to_string(root.join("chart/values.schema.json")).map_err(|error| error.to_string())?;
    let schema: Json = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let folder = root.join("target/random-values");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut draw = Draw::new(&schema, Seeded::new(seed));
    let programs = [&promchart, &helm];
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (mut equal, mut refused, mut drawn) = (0, 0, 0);
    while equal < count {
        if drawn > count * 50 {
            return Err(format!(
                "only {equal} of {drawn} random values render; the drawing is off"
            ));
        }
        let texts: Vec<String> = (0..threads)
            .map(|_| serde_json::to_string_pretty(&draw.few()))
            .collect::<Result<_, _>>()
            .map_err(|error| error.to_string())?;
        let render = |at: usize| both(programs, &folder.join(format!("values-{at}.json")), &texts[at]);
        let outputs: Vec<Result<[Output; 2], String>> = thread::scope(|scope| {
            let started: Vec<_> = (0..threads).map(|at| scope.spawn(move || render(at))).collect();
            let done = started.into_iter().map(thread::ScopedJoinHandle::join);
            done.map(|output| output.unwrap_or_else(|_| Err("a comparison panicked".to_owned())))
                .collect()
        });
        for (output, text) in outputs.into_iter().zip(&texts) {
            drawn += 1;
            let [ours, theirs] = output?;
            let same = ours.stdout == theirs.stdout && ours.status.success() == theirs.status.success();
            if !same {
                let kept = folder.join(format!("different-{seed}-{drawn}.json"));
                fs::write(&kept, text).map_err(|error| error.to_string())?;
                return Err(format!("{}: Helm and promchart differ", kept.display()));
            }
            if theirs.status.success() {
                equal += 1;
            } else {
                refused += 1;
            }
        }
    }
    println!("{equal} random values files render to equal bytes; {refused} more are refused by both (seed {seed})");
    Ok(())
}

/// Renders the chart with values by both programs.
fn both(programs: [&PathBuf; 2], file: &Path, values: &str) -> Result<[Output; 2], String> {
    fs::write(file, values).map_err(|error| error.to_string())?;
    let arguments = ["prom", "chart", "-n", "monitoring", "-f"].map(str::to_owned);
    let arguments: Vec<String> = arguments.into_iter().chain([file.display().to_string()]).collect();
    let [ours, theirs] = programs.map(|program| template(program, &root(), &arguments));
    Ok([ours?, theirs?])
}

/// Generates values of a schema.
pub(crate) struct Draw<'a> {
    schema: &'a Json,
    random: Seeded,
}

/// Merges values over others, key by key.
pub(crate) fn merge(values: &mut Json, more: Json) {
    match (values, more) {
        (Json::Object(values), Json::Object(more)) => {
            for (name, value) in more {
                merge(values.entry(name).or_insert(Json::Null), value);
            }
        }
        (values, more) => *values = more,
    }
}

impl<'a> Draw<'a> {
    pub(crate) fn new(schema: &'a Json, random: Seeded) -> Self {
        Self { schema, random }
    }
}

impl Draw<'_> {
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(1);
        usize::try_from(self.random.next_u64() % bound).unwrap_or(0)
    }

    fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    /// A values file: some switches, and a few keys anywhere in the schema.
    fn few(&mut self) -> Json {
        let mut values = Json::Object(Map::new());
        for switch in SWITCHES {
            if self.one_in(3)
                && let Ok(switch) = serde_json::from_str(switch)
            {
                merge(&mut values, switch);
            }
        }
        for _ in 0..=self.below(MAX_KEYS) {
            let schema = self.schema.clone();
            let key = self.one_key(&schema, 0);
            merge(&mut values, key);
        }
        values
    }

    /// A value of a schema with one key set, at any depth.
    fn one_key(&mut self, schema: &Json, depth: usize) -> Json {
        let schema = self.resolved(schema);
        let properties: Vec<(String, Json)> = schema
            .get("properties")
            .and_then(Json::as_object)
            .into_iter()
            .flatten()
            .filter(|(_, property)| property.get("deprecated").is_none())
            .map(|(name, property)| (name.clone(), property.clone()))
            .collect();
        if properties.is_empty() || depth > 0 && self.one_in(12) {
            return self.some(&schema, depth);
        }
        let (name, property) = properties[self.below(properties.len())].clone();
        Json::Object(Map::from_iter([(name, self.one_key(&property, depth + 1))]))
    }

    /// Resolves the reference in a schema.
    pub(crate) fn resolved(&self, schema: &Json) -> Json {
        let mut schema = schema.clone();
        while let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
            schema = self
                .schema
                .pointer(reference.trim_start_matches('#'))
                .cloned()
                .unwrap_or_default();
        }
        schema
    }

    /// A value that the schema allows, as far as possible without solving it. Both programs reject an invalid one.
    pub(crate) fn some(&mut self, schema: &Json, depth: usize) -> Json {
        if schema.get("$ref").is_some() {
            let target = self.resolved(schema);
            return self.some(&target, depth + 1);
        }
        if let Some(options) = schema.get("enum").and_then(Json::as_array) {
            let at = self.below(options.len());
            return options[at].clone();
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(value) = schema.get("default")
            && !value.is_object()
            && !self.one_in(3)
        {
            return value.clone();
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(branches) = schema.get(keyword).and_then(Json::as_array) {
                let branch = branches[self.below(branches.len())].clone();
                return self.some(&branch, depth + 1);
            }
        }
        let kind = match schema.get("type") {
            Some(Json::String(kind)) => kind.clone(),
            Some(Json::Array(kinds)) => {
                let at = self.below(kinds.len());
                kinds[at].as_str().unwrap_or("null").to_owned()
            }
            _ if schema.get("properties").is_some() => "object".to_owned(),
            _ => ["string", "integer", "boolean", "object"][self.below(4)].to_owned(),
        };
        match &*kind {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => Json::from(self.string(schema)),
            "integer" => self.integer(schema),
            "number" => Json::from(f64::from(u32::try_from(self.below(100)).unwrap_or(0)) / 4.0),
            "boolean" => Json::from(self.one_in(2)),
            _ => Json::Null,
        }
    }

    fn object(&mut self, schema: &Json, depth: usize) -> Json {
        let mut map = Map::new();
        if depth > MAX_DEPTH {
            return Json::Object(map);
        }
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let odds = if depth == 0 { 2 } else { 6 };
        for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
            if property.get("deprecated").is_some() {
                continue;
            }
            if required.contains(&&**name) || self.one_in(odds) {
                let value = self.some(property, depth + 1);
                map.insert(name.clone(), value);
            }
        }
        for property in schema
            .get("patternProperties")
            .and_then(Json::as_object)
            .into_iter()
            .flat_map(Map::values)
        {
            for name in ["main", "team-a"].into_iter().take(1 + self.below(2)) {
                let value = self.some(property, depth + 1);
                map.insert(name.to_owned(), value);
            }
        }
        let additional = schema.get("additionalProperties").cloned().unwrap_or(Json::Bool(false));
        if additional.is_object() || schema.get("properties").is_none() && additional != Json::Bool(false) {
            for _ in 0..self.below(3) {
                let name = self.word();
                let value = match &additional {
                    Json::Object(_) => self.some(&additional, depth + 1),
                    _ => Json::from(self.word()),
                };
                map.insert(name, value);
            }
        }
        Json::Object(map)
    }

    fn array(&mut self, schema: &Json, depth: usize) -> Json {
        if depth > MAX_DEPTH {
            return Json::Array(Vec::new());
        }
        let least = schema
            .get("minItems")
            .and_then(Json::as_u64)
            .and_then(|least| usize::try_from(least).ok())
            .unwrap_or(0);
        let items = schema.get("items").cloned().unwrap_or(Json::Bool(true));
        (0..least + self.below(3))
            .map(|_| self.some(&items, depth + 1))
            .collect()
    }

    fn integer(&mut self, schema: &Json) -> Json {
        let bound = |name: &str| schema.get(name).and_then(Json::as_i64);
        let low = bound("minimum").unwrap_or(0);
        let high = bound("maximum").unwrap_or(low + 10_000_000).max(low);
        let span = usize::try_from(high - low + 1).unwrap_or(usize::MAX);
        // Small numbers are more frequent than large ones, which print differently.
        let span = if self.one_in(2) { span.min(20) } else { span };
        Json::from(low + i64::try_from(self.below(span)).unwrap_or(0))
    }

    fn word(&mut self) -> String {
        const WORDS: [&str; 12] = [
            "a",
            "web",
            "prom-1",
            "x.y/z",
            "true",
            "10",
            "env",
            "team",
            "Größe",
            "with space",
            "key",
            "0x1f",
        ];
        WORDS[self.below(WORDS.len())].to_owned()
    }

    fn string(&mut self, schema: &Json) -> String {
        let examples = schema.get("examples").and_then(Json::as_array).into_iter().flatten();
        let known: Vec<String> = examples
            .chain(schema.get("default"))
            .filter_map(Json::as_str)
            .map(str::to_owned)
            .collect();
        if !known.is_empty() && self.one_in(2) {
            let at = self.below(known.len());
            return known[at].clone();
        }
        if let Some(pattern) = schema.get("pattern").and_then(Json::as_str)
            && let Ok(pattern) = regex_syntax::parse(pattern)
        {
            let mut text = String::new();
            self.matching(&pattern, &mut text);
            return text;
        }
        match schema.get("format").and_then(Json::as_str) {
            Some("uri") => format!("https://{}.example.org/x", ["a", "prom", "b-1"][self.below(3)]),
            _ => self.word(),
        }
    }

    /// Appends a text that matches a pattern.
    fn matching(&mut self, pattern: &Hir, text: &mut String) {
        match pattern.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(Class::Unicode(class)) => {
                // Printable ASCII if the class has any, as people write it.
                let ranges: Vec<(u32, u32)> = class
                    .ranges()
                    .iter()
                    .map(|range| (u32::from(range.start()).max(0x20), u32::from(range.end()).min(0x7e)))
                    .filter(|(low, high)| low <= high)
                    .collect();
                let (low, high) = ranges.get(self.below(ranges.len())).copied().unwrap_or((0x61, 0x61));
                let offset = u32::try_from(self.below((high - low + 1) as usize)).unwrap_or(0);
                text.extend(char::from_u32(low + offset));
            }
            HirKind::Class(Class::Bytes(_)) => text.push('a'),
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(repetition.min + 4).min(repetition.min + 4);
                let times = repetition.min as usize + self.below((most - repetition.min + 1) as usize);
                (0..times).for_each(|_| self.matching(&repetition.sub, text));
            }
            HirKind::Capture(capture) => self.matching(&capture.sub, text),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.matching(part, text)),
            HirKind::Alternation(branches) => {
                let at = self.below(branches.len());
                self.matching(&branches[at], text);
            }
        }
    }
}
