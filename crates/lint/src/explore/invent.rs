//! Values for paths: what the schema, the comments or the templates say, else something of the kind that is wanted.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::super::context::ParsedChart;
use super::super::usage::value::{Path, Step};
use super::candidate::{Keys, Origin};
use super::examples::{Comments, json_of};
use super::formula::Constant;
use super::interpret::Conditions;
use super::shape::Shape;
use chart::schema::text_like;
use source::Sources;

/// How deep a made-up value nests.
const MAX_DEPTH: usize = 5;
/// A text that means nothing.
const WORD: &str = "explore";

/// What is known of the values of a chart.
pub(super) struct Knowledge {
    pub(super) conditions: Conditions,
    /// The values with the defaults of all charts, those that are switched off too.
    pub(super) defaults: Json,
    /// The schemas of the charts, by where their values are.
    schemas: Vec<(Keys, Json)>,
    /// The comments of their values files.
    comments: Vec<(Keys, Comments)>,
}

impl Knowledge {
    /// What is known of a chart, whose values come to these without subcharts that are switched off.
    pub(super) fn of(chart: &ParsedChart, conditions: Conditions, values: &Json, sources: &Sources) -> Self {
        let mut defaults = values.clone();
        let mut schemas = Vec::new();
        let mut comments = Vec::new();
        for (path, chart) in chart.walk() {
            let keys: Keys = path.iter().map(|name| Arc::from(*name)).collect();
            fill(&mut defaults, &keys, &json_of(&chart.chart.values));
            let schema = chart.chart.schema.as_ref();
            if let Some(schema) = schema.and_then(|file| serde_json::from_str(&file.text()).ok()) {
                schemas.push((keys.clone(), schema));
            }
            comments.push((keys, Comments::of(&chart.chart.values, sources)));
        }
        Self {
            conditions,
            defaults,
            schemas,
            comments,
        }
    }

    /// Values for a path that Go's `if` takes for true, the likeliest first. `current` is what is there.
    pub(super) fn filled(&self, path: &Path, current: &Json) -> Vec<(Json, Origin)> {
        let mut found: Vec<(Json, Origin)> = Vec::new();
        let shape = self.conditions.shape.at(path);
        if let Json::Bool(_) = current {
            found.push((Json::Bool(true), Origin::Chart));
        }
        if let Some((root, schema)) = self.schema(path) {
            found.extend(said(root, schema));
        }
        if let Some(keys) = keys_of(path) {
            for (prefix, comments) in &self.comments {
                if let Some(rest) = keys.strip_prefix(&prefix[..]) {
                    let examples = comments.examples(rest, current);
                    found.extend(examples.into_iter().map(|value| (value, Origin::Example)));
                }
            }
        }
        if let Some(shape) = shape {
            let compared = shape.constants.iter().filter(|constant| constant.is_true());
            found.extend(compared.map(|constant| (json_of_constant(constant), Origin::Chart)));
        }
        let name = name_of(path);
        // A field that no template looks into goes to Kubernetes as it is.
        let is_opaque = shape.is_none_or(|shape| shape.fields.is_empty());
        if is_opaque {
            found.extend(well_known(name).map(|value| (value, Origin::Invented)));
        }
        if let Some((root, schema)) = self.schema(path)
            && let Some(value) = generate(root, schema, name, 0)
        {
            found.push((value, Origin::Invented));
        }
        let by_shape = |shape: &Shape| invent(shape, current, name, 0);
        found.push((
            shape.map_or_else(|| invent(&Shape::default(), current, name, 0), by_shape),
            Origin::Invented,
        ));
        // What else it may be.
        if current.is_null() {
            found.push((text(name), Origin::Invented));
            found.push((json!([text(name)]), Origin::Invented));
            found.push((json!({ WORD: text(name) }), Origin::Invented));
            found.push((Json::Bool(true), Origin::Invented));
        } else if let Json::Array(_) = current {
            found.push((json!([text(name)]), Origin::Invented));
            found.push((json!([{"name": WORD}]), Origin::Invented));
        } else if let Json::Object(_) = current {
            found.push((json!({ WORD: text(name) }), Origin::Invented));
            found.push((json!({ WORD: {"name": WORD} }), Origin::Invented));
        }
        found.retain(|(value, _)| is_true(value));
        let mut seen = BTreeSet::new();
        found.retain(|(value, _)| seen.insert(value.to_string()));
        found
    }

    /// Something else than a constant.
    pub(super) fn other(&self, path: &Path, current: &Json, than: &Constant) -> Vec<(Json, Origin)> {
        let not = json_of_constant(than);
        if let Constant::Bool(value) = than {
            return vec![(Json::Bool(!value), Origin::Chart)];
        }
        let mut found = Vec::new();
        if let Some((root, schema)) = self.schema(path) {
            found.extend(said(root, schema));
        }
        if let Some(shape) = self.conditions.shape.at(path) {
            let constants = shape.constants.iter().filter(|constant| constant.is_true());
            found.extend(constants.map(|constant| (json_of_constant(constant), Origin::Chart)));
        }
        if let Constant::Int(number) = than {
            found.push((json!(number.saturating_add(1)), Origin::Invented));
        }
        if matches!(than, Constant::Text(text) if text.is_empty()) || than == &Constant::Null {
            found.extend(self.filled(path, current));
        }
        found.push((json!(WORD), Origin::Invented));
        found.retain(|(value, _)| *value != not && value != current && !value.is_null());
        found
    }

    /// Of a kind, in the words of `kindOf`.
    pub(super) fn of_kind(&self, path: &Path, current: &Json, kind: &str) -> Option<(Json, Origin)> {
        let fits = |value: &Json| kind_of(value) == kind;
        let known = self.filled(path, current).into_iter().find(|(value, _)| fits(value));
        // What is of another kind is none of what the chart offers.
        let known = known.map(|(value, origin)| {
            let is_same = current.is_null() || kind_of(current) == kind;
            (value, if is_same { origin } else { Origin::Invented })
        });
        known.or_else(|| {
            let shape = self.conditions.shape.at(path);
            let name = name_of(path);
            let item = shape.and_then(|shape| shape.item.as_deref());
            let value = match kind {
                "string" => text(name),
                "bool" => Json::Bool(true),
                "float64" | "int" | "int64" => json!(1),
                "slice" => json!([item.map_or_else(|| text(name), |item| invent(item, &Json::Null, name, 1))]),
                "map" => match shape {
                    Some(shape) if !shape.fields.is_empty() => invent(shape, &json!({}), name, 0),
                    _ => json!({ WORD: text(name) }),
                },
                _ => return None,
            };
            fits(&value).then_some((value, Origin::Invented))
        })
    }

    /// An item for a list at a path.
    pub(super) fn new_item(&self, path: &Path) -> Json {
        let whole = self.filled(path, &json!([])).into_iter().next();
        if let Some((Json::Array(items), _)) = whole
            && let Some(first) = items.into_iter().next()
        {
            return first;
        }
        text(name_of(path))
    }

    /// Whether a list or a map is meant where neither is there yet.
    pub(super) fn is_map(&self, path: &Path) -> bool {
        self.conditions.shape.at(path).is_some_and(|shape| shape.has_keys)
    }

    /// The schema of a path, with the document that it is in.
    fn schema(&self, path: &Path) -> Option<(&Json, &Json)> {
        self.schemas.iter().rev().find_map(|(prefix, schema)| {
            let steps = prefix.iter().map(|key| Step::Key(Arc::clone(key)));
            let rest = path.strip_prefix(&steps.collect::<Vec<_>>()[..])?;
            let found = below(schema, schema, rest, 0)?;
            Some((schema, found))
        })
    }
}

/// Fills in what is not there.
fn fill(known: &mut Json, keys: &[Arc<str>], defaults: &Json) {
    let mut at = known;
    for key in keys {
        if at.is_null() {
            *at = Json::Object(Map::new());
        }
        let Json::Object(map) = at else { return };
        at = map.entry(key.to_string()).or_insert(Json::Null);
    }
    fill_in(at, defaults);
}

fn fill_in(known: &mut Json, defaults: &Json) {
    match (known, defaults) {
        (Json::Object(known), Json::Object(defaults)) => {
            for (key, value) in defaults {
                match known.get_mut(key) {
                    Some(inner) if inner.is_object() => fill_in(inner, value),
                    Some(_) => {}
                    None => _ = known.insert(key.clone(), value.clone()),
                }
            }
        }
        (known, defaults) if known.is_null() => *known = defaults.clone(),
        _ => {}
    }
}

/// The keys of a path without items.
pub(super) fn keys_of(path: &[Step]) -> Option<Keys> {
    path.iter()
        .map(|step| match step {
            Step::Key(name) => Some(Arc::clone(name)),
            Step::Any => None,
        })
        .collect()
}

/// The last key of a path.
fn name_of(path: &Path) -> &str {
    let last = path.iter().rev().find_map(|step| match step {
        Step::Key(name) => Some(&**name),
        Step::Any => None,
    });
    last.unwrap_or_default()
}

/// A constant as JSON.
pub(super) fn json_of_constant(constant: &Constant) -> Json {
    match constant {
        Constant::Null => Json::Null,
        Constant::Bool(value) => json!(value),
        Constant::Int(number) => json!(number),
        Constant::Text(text) => json!(&**text),
    }
}

/// Whether Go's `if` takes a value for true.
pub(super) fn is_true(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// The kind of a value, in the words of `kindOf`.
pub(super) fn kind_of(value: &Json) -> &'static str {
    match value {
        Json::Null => "invalid",
        Json::Bool(_) => "bool",
        Json::Number(_) => "float64",
        Json::String(_) => "string",
        Json::Array(_) => "slice",
        Json::Object(_) => "map",
    }
}

/// The schema that references lead to.
fn resolved<'a>(root: &'a Json, schema: &'a Json) -> &'a Json {
    let mut schema = schema;
    for _ in 0..8 {
        let Some(pointer) = schema
            .get("$ref")
            .and_then(Json::as_str)
            .and_then(|text| text.strip_prefix('#'))
        else {
            break;
        };
        match root.pointer(pointer) {
            Some(found) => schema = found,
            None => break,
        }
    }
    schema
}

/// The schema of what is at a path below another schema.
fn below<'a>(root: &'a Json, schema: &'a Json, path: &[Step], depth: usize) -> Option<&'a Json> {
    if depth > 12 {
        return None;
    }
    let schema = resolved(root, schema);
    let Some((step, rest)) = path.split_first() else {
        return Some(schema);
    };
    let object = |name: &str| {
        let found = schema.get(name).filter(|found| found.is_object())?;
        below(root, found, rest, depth + 1)
    };
    let own = match step {
        Step::Key(key) => schema
            .get("properties")
            .and_then(|properties| properties.get(&**key))
            .and_then(|found| below(root, found, rest, depth + 1))
            .or_else(|| object("additionalProperties")),
        Step::Any => object("items").or_else(|| object("additionalProperties")).or_else(|| {
            let patterns = schema.get("patternProperties")?.as_object()?;
            below(root, patterns.values().next()?, rest, depth + 1)
        }),
    };
    own.or_else(|| {
        ["allOf", "anyOf", "oneOf"].iter().find_map(|word| {
            let parts = schema.get(word)?.as_array()?;
            parts.iter().find_map(|part| below(root, part, path, depth + 1))
        })
    })
}

/// What a schema says itself: enums, examples, its default.
fn said(root: &Json, schema: &Json) -> Vec<(Json, Origin)> {
    let schema = resolved(root, schema);
    let mut found = Vec::new();
    let list = |schema: &Json, word: &str| schema.get(word).and_then(Json::as_array).cloned().unwrap_or_default();
    found.extend(schema.get("const").cloned());
    found.extend(list(schema, "enum"));
    for word in ["anyOf", "oneOf", "allOf"] {
        for part in list(schema, word) {
            let part = resolved(root, &part).clone();
            found.extend(part.get("const").cloned());
            found.extend(list(&part, "enum"));
        }
    }
    let mut found: Vec<(Json, Origin)> = found.into_iter().map(|value| (value, Origin::Chart)).collect();
    let default = schema.get("default").filter(|value| is_true(value)).cloned();
    let examples = list(schema, "examples").into_iter().chain(default);
    found.extend(examples.map(|value| (value, Origin::Example)));
    found
}

/// A value that a schema takes, as far as is easily told.
fn generate(root: &Json, schema: &Json, name: &str, depth: usize) -> Option<Json> {
    if depth > MAX_DEPTH {
        return None;
    }
    let schema = resolved(root, schema);
    if let Some((value, _)) = said(root, schema).into_iter().find(|(value, _)| is_true(value)) {
        return Some(value);
    }
    let kinds: Vec<&str> = match schema.get("type") {
        Some(Json::String(kind)) => vec![kind],
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    };
    let kind = kinds.iter().find(|kind| **kind != "null").copied();
    let part = || {
        ["anyOf", "oneOf", "allOf"].iter().find_map(|word| {
            let parts = schema.get(word)?.as_array()?;
            parts.iter().find_map(|part| generate(root, part, name, depth + 1))
        })
    };
    match kind {
        None if schema.get("properties").is_none() => part(),
        Some("boolean") => Some(Json::Bool(true)),
        Some("integer" | "number") => {
            let bound = |word: &str| schema.get(word).and_then(Json::as_i64);
            let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + 1));
            let usual = number(name);
            Some(json!(least.map_or(usual, |least| {
                least.max(1).max(usual.min(bound("maximum").unwrap_or(usual)))
            })))
        }
        Some("string") => {
            let pattern = schema.get("pattern").and_then(Json::as_str);
            let usual = text(name);
            let fits = |text: &str| match pattern {
                None => true,
                Some(pattern) => gostd::regexp::Regexp::compile(pattern).is_ok_and(|regexp| regexp.is_match(text)),
            };
            match (usual.as_str().is_some_and(fits), pattern) {
                (false, Some(pattern)) if fits(WORD) => {
                    _ = pattern;
                    Some(json!(WORD))
                }
                (false, Some(pattern)) => text_like(pattern).map(Json::String),
                _ => Some(usual),
            }
        }
        Some("array") => {
            let item = schema
                .get("items")
                .and_then(|items| generate(root, items, name, depth + 1));
            let item = item.unwrap_or_else(|| text(name));
            let least = schema.get("minItems").and_then(Json::as_u64).unwrap_or(1).clamp(1, 4);
            Some(Json::Array((0..least).map(|_| item.clone()).collect()))
        }
        _ => {
            let properties = schema.get("properties").and_then(Json::as_object);
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .collect();
            let mut made = Map::new();
            for key in &required {
                let inner = properties.and_then(|properties| properties.get(*key));
                let value = inner.and_then(|inner| generate(root, inner, key, depth + 1));
                made.insert((*key).to_owned(), value.unwrap_or_else(|| text(key)));
            }
            if made.is_empty() {
                match properties.and_then(|properties| properties.iter().next()) {
                    Some((key, inner)) => {
                        made.insert(key.clone(), generate(root, inner, key, depth + 1)?);
                    }
                    None => {
                        let inner = schema.get("additionalProperties").filter(|inner| inner.is_object());
                        let inner = inner.and_then(|inner| generate(root, inner, name, depth + 1));
                        made.insert(WORD.to_owned(), inner.unwrap_or_else(|| text(name)));
                    }
                }
            }
            Some(Json::Object(made))
        }
    }
}

/// A value of a shape.
fn invent(shape: &Shape, current: &Json, name: &str, depth: usize) -> Json {
    if let Some(constant) = shape.constants.iter().find(|constant| constant.is_true()) {
        return json_of_constant(constant);
    }
    if depth > MAX_DEPTH {
        return text(name);
    }
    let fields = |shape: &Shape| {
        let made = shape
            .fields
            .iter()
            .map(|(key, inner)| (key.to_string(), inner_value(inner, key, depth)));
        Json::Object(made.collect())
    };
    let item = |inner: &Shape| {
        if inner.fields.is_empty() && inner.item.is_none() {
            well_known_item(name).unwrap_or_else(|| inner_value(inner, name, depth))
        } else {
            inner_value(inner, name, depth)
        }
    };
    match (current, &shape.item) {
        (Json::Array(_), None) => json!([well_known_item(name).unwrap_or_else(|| text(name))]),
        (Json::Array(_), Some(inner)) => Json::Array(vec![item(inner)]),
        (Json::Object(_), Some(inner)) if shape.fields.is_empty() => json!({ WORD: item(inner) }),
        (Json::Bool(_), _) => Json::Bool(true),
        (Json::Number(_), _) => json!(number(name)),
        (_, _) if !shape.fields.is_empty() => fields(shape),
        (_, Some(inner)) if shape.has_keys => json!({ WORD: item(inner) }),
        (_, Some(inner)) => Json::Array(vec![item(inner)]),
        (Json::Object(_), None) => json!({ WORD: text(name) }),
        _ if shape.is_number && !shape.is_text => json!(number(name)),
        _ => text(name),
    }
}

fn inner_value(shape: &Shape, name: &str, depth: usize) -> Json {
    let is_opaque = shape.fields.is_empty() && shape.item.is_none() && shape.constants.is_empty();
    if is_opaque
        && !shape.is_text
        && let Some(value) = well_known(name)
    {
        return value;
    }
    invent(shape, &Json::Null, name, depth + 1)
}

/// A number for a key of this name.
fn number(name: &str) -> i64 {
    let name = name.to_lowercase();
    let has = |part: &str| name.contains(part);
    if has("nodeport") {
        30080
    } else if has("port") {
        8080
    } else if has("user") || has("group") {
        1000
    } else if has("second") || has("threshold") || has("percent") || has("utilization") {
        50
    } else {
        2
    }
}

/// A text for a key of this name.
fn text(name: &str) -> Json {
    let lower = name.to_lowercase();
    let ends = |parts: &[&str]| parts.iter().any(|part| lower.ends_with(part));
    let value = if ends(&["nodeport"]) {
        return json!(30080);
    } else if ends(&["port"]) {
        return json!(8080);
    } else if ends(&["enabled", "enable"]) {
        return json!(true);
    } else if ends(&[
        "replicas",
        "replicacount",
        "seconds",
        "threshold",
        "utilizationpercentage",
        "limit",
    ]) {
        return json!(2);
    } else if ends(&["host", "hostname", "domain", "fqdn", "hosts"]) {
        "explore.example.com"
    } else if ends(&["url", "endpoint", "uri", "address"]) {
        "http://explore.example.com"
    } else if ends(&["path", "dir", "directory"]) {
        "/explore"
    } else if ends(&["size", "storage", "memory"]) {
        "1Gi"
    } else if ends(&["cpu"]) {
        "100m"
    } else if ends(&["interval", "timeout", "duration", "period"]) {
        "30s"
    } else if ends(&["schedule", "cron"]) {
        "0 3 * * *"
    } else if ends(&["ip", "clusterip", "loadbalancerip"]) {
        "10.0.0.10"
    } else if ends(&["cidr", "ranges"]) {
        "10.0.0.0/8"
    } else if ends(&["tag", "version"]) {
        "1.2.3"
    } else if ends(&["pullpolicy"]) {
        "IfNotPresent"
    } else if ends(&["email"]) {
        "explore@example.com"
    } else if ends(&["minavailable", "maxunavailable"]) {
        return json!(1);
    } else {
        WORD
    };
    json!(value)
}

/// What Kubernetes takes for an item of a list of this name.
fn well_known_item(name: &str) -> Option<Json> {
    match well_known(name)? {
        Json::Array(items) => items.into_iter().next(),
        _ => None,
    }
}

/// What Kubernetes takes for a field of this name, as charts hand it on.
fn well_known(name: &str) -> Option<Json> {
    let lower = name.to_lowercase();
    let ends = |part: &str| lower.ends_with(part);
    Some(if ends("annotations") || ends("labels") {
        json!({"example.com/explore": WORD})
    } else if ends("nodeselector") {
        json!({"kubernetes.io/os": "linux"})
    } else if ends("tolerations") {
        json!([{"operator": "Exists"}])
    } else if ends("nodeaffinity") {
        json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}})
    } else if ends("podantiaffinity") || ends("podaffinity") {
        json!({"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm":
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": WORD}}}}]})
    } else if ends("affinity") {
        json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "In", "values": ["linux"]}]}]}}})
    } else if ends("topologyspreadconstraints") {
        json!([{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": {"app": WORD}}}])
    } else if ends("resources") {
        json!({"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}})
    } else if ends("podsecuritycontext") {
        json!({"runAsNonRoot": true, "fsGroup": 1000})
    } else if ends("securitycontext") {
        json!({"runAsNonRoot": true, "runAsUser": 1000})
    } else if ends("imagepullsecrets") || ends("pullsecrets") {
        json!([{"name": WORD}])
    } else if ends("volumemounts") {
        json!([{"name": WORD, "mountPath": "/explore"}])
    } else if ends("volumeclaimtemplates") {
        json!([{"metadata": {"name": WORD}, "spec": {"accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}}}}])
    } else if ends("volumes") {
        json!([{"name": WORD, "emptyDir": {}}])
    } else if ends("envfrom") {
        json!([{"configMapRef": {"name": WORD, "optional": true}}])
    } else if ends("envvars") || ends("env") || ends("environment") {
        json!([{"name": "EXPLORE", "value": WORD}])
    } else if ends("containers") || ends("sidecars") {
        json!([{"name": WORD, "image": "explore.example.com/explore:1.2.3"}])
    } else if ends("hostaliases") {
        json!([{"ip": "10.0.0.10", "hostnames": ["explore.example.com"]}])
    } else if ends("dnsconfig") {
        json!({"nameservers": ["10.0.0.10"]})
    } else if ends("dnspolicy") {
        json!("ClusterFirst")
    } else if ends("accessmodes") {
        json!(["ReadWriteOnce"])
    } else if ends("livenessprobe") || ends("readinessprobe") || ends("startupprobe") || ends("probe") {
        json!({"httpGet": {"path": "/", "port": 8080}})
    } else if ends("lifecycle") || ends("lifecyclehooks") {
        json!({"preStop": {"exec": {"command": ["sleep", "1"]}}})
    } else if ends("updatestrategy") || ends("strategy") {
        json!({"type": "RollingUpdate"})
    } else if ends("loadbalancersourceranges") {
        json!(["10.0.0.0/8"])
    } else if ends("externalips") {
        json!(["10.0.0.10"])
    } else if ends("args") || ends("command") {
        json!([WORD])
    } else if ends("extradeploy") || ends("extraobjects") || ends("extramanifests") || ends("extraresources") {
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": WORD}}])
    } else if ends("matchlabels") {
        json!({"app": WORD})
    } else if ends("relabelings") {
        json!([{"action": "labeldrop", "regex": WORD}])
    } else {
        return None;
    })
}
