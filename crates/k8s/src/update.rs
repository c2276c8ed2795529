//! Updates of existing objects: which changes the API server refuses, and which have another effect than they seem to have.
//!
//! `data/immutable.txt` has the fields that may not change. What depends on more than one field is here, from the functions
//! `ValidateXxxUpdate` of Kubernetes' `pkg/apis/*/validation`. `tests/updates` has a real server's verdicts.

use serde_json::{Map, Value, json};

use crate::admission::defaults;
use crate::definitions::Definitions;
use crate::definitions::group;
use crate::formats::quantity;
use crate::problem::Step;
use crate::shape::Shape;
use crate::version::Version;

const TEXT: &str = include_str!("../data/immutable.txt");

/// How an update is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Server-side apply, as Helm 4 does.
    Apply,
    /// A three-way merge, as Helm 3 does: a patch of what differs between the old manifest, the new one and the live object.
    Merge,
}

/// The outcome of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The server refuses the update.
    Refused,
    /// It refuses it unless something holds that the object does not tell.
    Depends,
    /// It takes the update, but what is there afterwards is not what the new object says.
    Other,
}

/// A change that the server does not simply take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The outcome.
    pub outcome: Outcome,
    /// From the object to the field.
    pub path: Vec<Step>,
    /// The server's words, or what happens.
    pub message: String,
    /// The way of updating where this happens; none where it happens both ways.
    pub way: Option<Way>,
}

/// The row of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// It may be set where it was not.
    Once,
    /// Where this field of the old object is true.
    If(&'static str),
}

struct Row {
    path: &'static str,
    when: When,
    message: &'static str,
}

/// The rows of a kind.
fn rows(group: &str, kind: &str) -> impl Iterator<Item = Row> {
    let lines = TEXT.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(move |line| {
        let mut words = line.splitn(5, ' ');
        let of = (words.next()?, words.next()?);
        if of != (if group.is_empty() { "-" } else { group }, kind) {
            return None;
        }
        let path = words.next()?;
        let when = match words.next()? {
            "once" => When::Once,
            word => word.strip_prefix("if=").map_or(When::Always, When::If),
        };
        let message = words.next()?;
        Some(Row { path, when, message })
    })
}

/// The effects of an update of an object from `old` to `new`. Both are as they are written: the
/// server's defaults are set here.
pub fn update(old: &Value, new: &Value) -> Vec<Effect> {
    let api_version = new["apiVersion"].as_str().unwrap_or_default();
    let kind = new["kind"].as_str().unwrap_or_default();
    let group = if api_version.contains('/') {
        group(api_version)
    } else {
        ""
    };
    let mut update = Update {
        old: prepared(old),
        new: prepared(new),
        written: (old, new),
        found: Vec::new(),
    };
    for row in rows(group, kind) {
        let (before, after) = (at(&update.old, row.path), at(&update.new, row.path));
        let applies = match row.when {
            When::Always => true,
            When::Once => !before.is_null(),
            When::If(field) => update.old[field] == json!(true),
        };
        if applies && before != after {
            update.refuse(row.path, row.message);
        }
    }
    match (group, kind) {
        ("", "Service") => update.service(),
        ("", "PersistentVolumeClaim") => update.claim(),
        ("", "PersistentVolume") => update.volume(),
        ("", "Pod") => update.pod(),
        ("", "Secret") => update.secret(),
        ("batch", "Job") => update.job(),
        ("apps", "Deployment") => update.deployment(),
        ("apps", "StatefulSet") => update.stateful_set(),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => update.definition(),
        _ => {}
    }
    update.ports_of_containers();
    update.found
}

/// An object as the server has it, apart from what only a cluster knows: with defaults, without unknown fields, amounts in one form.
pub fn prepared(object: &Value) -> Value {
    let mut object = object.clone();
    let api_version = object["apiVersion"].as_str().unwrap_or_default().to_owned();
    let kind = object["kind"].as_str().unwrap_or_default().to_owned();
    let definition = Definitions::get().of_kind(&api_version, &kind, Version::LATEST);
    if let (Some(definition), Value::Object(map)) = (definition, &mut object) {
        defaults::prepare(map, definition, Version::LATEST);
        let shape = Shape::of(&api_version, &kind);
        for (name, value) in map.iter_mut() {
            canonical(value, shape.field(name), 0);
        }
    }
    object
}

/// How deep an object is followed.
const DEEPEST: usize = 120;

fn canonical(value: &mut Value, shape: Shape, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, value) in map.iter_mut() {
                canonical(value, shape.field(name), depth + 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                canonical(item, shape.item(), depth + 1);
            }
        }
        value if shape.is_quantity() => {
            if let Some(amount) = amount(value) {
                *value = Value::from(format!("{amount:e}"));
            }
        }
        _ => {}
    }
}

fn amount(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => quantity::parse(text).ok(),
        Value::Number(number) => quantity::parse(&number.to_string()).ok(),
        _ => None,
    }
}

fn steps(path: &str) -> Vec<Step> {
    let step = |step: &str| match step.parse() {
        Ok(index) => Step::Index(index),
        Err(_) => Step::Key(step.to_owned()),
    };
    path.split('.').map(step).collect()
}

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    const NOTHING: &Value = &Value::Null;
    path.split('.')
        .fold(value, |value, step| value.get(step).unwrap_or(NOTHING))
}

fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    at(value, path).as_str().unwrap_or_default()
}

fn without(value: &Value, fields: &[&str]) -> Value {
    let mut value = value.clone();
    if let Value::Object(map) = &mut value {
        fields.iter().for_each(|field| drop(map.shift_remove(*field)));
    }
    value
}

/// The fields that two maps differ in.
fn differing(old: &Value, new: &Value) -> Vec<String> {
    let empty = Map::new();
    let (old, new) = (old.as_object().unwrap_or(&empty), new.as_object().unwrap_or(&empty));
    let mut names: Vec<String> = old.keys().chain(new.keys()).cloned().collect();
    names.sort();
    names.dedup();
    names.retain(|name| old.get(name) != new.get(name));
    names
}

struct Update<'a> {
    /// With defaults.
    old: Value,
    new: Value,
    /// As they are written.
    written: (&'a Value, &'a Value),
    found: Vec<Effect>,
}

impl Update<'_> {
    fn add(&mut self, outcome: Outcome, path: &str, message: impl Into<String>, way: Option<Way>) {
        self.found.push(Effect {
            outcome,
            path: steps(path),
            message: message.into(),
            way,
        });
    }

    fn refuse(&mut self, path: &str, message: impl Into<String>) {
        self.add(Outcome::Refused, path, message, None);
    }

    /// `validateUpgradeDowngradeClusterIPs`, `patchAllocatedValues`, `ValidateServiceUpdate`.
    fn service(&mut self) {
        let (old_kind, new_kind) = (
            text(&self.old, "spec.type").to_owned(),
            text(&self.new, "spec.type").to_owned(),
        );
        if old_kind != "ExternalName" && new_kind != "ExternalName" {
            let (old, new) = self.written;
            let (before, after) = (text(old, "spec.clusterIP"), text(new, "spec.clusterIP"));
            let kept_none = before == "None" && after.is_empty();
            if kept_none && matches!(new_kind.as_str(), "NodePort" | "LoadBalancer") {
                self.refuse(
                    "spec.clusterIP",
                    format!("may not be set to 'None' for {new_kind} services, and the server keeps what it was"),
                );
            } else if kept_none {
                self.add(
                    Outcome::Other,
                    "spec.clusterIP",
                    "the Service stays headless: the server keeps `None` where an update says nothing",
                    None,
                );
            } else if !after.is_empty() && before != after {
                if before.is_empty() && after != "None" {
                    self.add(
                        Outcome::Depends,
                        "spec.clusterIP",
                        "may not change once set: refused unless it is the address that the Service was given",
                        None,
                    );
                } else {
                    self.refuse("spec.clusterIP", "may not change once set");
                }
            }
            let family = |object: &Value| at(object, "spec.ipFamilies").get(0).cloned();
            match (family(old), family(new)) {
                (Some(before), Some(after)) if before != after => {
                    self.refuse("spec.ipFamilies", "the primary family may not change once set");
                }
                (None, Some(_)) => self.add(
                    Outcome::Depends,
                    "spec.ipFamilies",
                    "refused unless the first family is the one that the Service was given",
                    None,
                ),
                _ => {}
            }
        }
        let class = "spec.loadBalancerClass";
        let both = old_kind == "LoadBalancer" && new_kind == "LoadBalancer";
        if both && at(&self.old, class) != at(&self.new, class) {
            self.refuse(class, "may not change once set");
        }
        let (old, new) = self.written;
        self.ports(at(old, "spec.ports"), at(new, "spec.ports"), "port", "spec.ports");
    }

    /// Strategic merge tells ports apart by their numbers alone (`patchMergeKey`).
    fn ports(&mut self, old: &Value, new: &Value, key: &str, path: &str) {
        let twice = |ports: &Value| {
            let ports: Vec<&Value> = ports.as_array().into_iter().flatten().map(|port| &port[key]).collect();
            ports
                .iter()
                .enumerate()
                .any(|(index, port)| ports[..index].contains(port))
        };
        if old != new && !old.is_null() && (twice(old) || twice(new)) {
            self.add(
                Outcome::Other,
                path,
                format!("a three-way merge tells ports apart by `{key}` alone: with two protocols on one number it changes the wrong port, or removes both"),
                Some(Way::Merge),
            );
        }
    }

    fn ports_of_containers(&mut self) {
        let (old, new) = self.written;
        let base = match new["kind"].as_str() {
            Some("CronJob") => "spec.jobTemplate.spec.template.spec",
            Some("Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet") => "spec.template.spec",
            _ => return,
        };
        for list in ["containers", "initContainers"] {
            let path = format!("{base}.{list}");
            for (index, container) in at(new, &path).as_array().into_iter().flatten().enumerate() {
                let mut before = at(old, &path).as_array().into_iter().flatten();
                if let Some(before) = before.find(|other| other["name"] == container["name"]) {
                    let path = format!("{path}.{index}.ports");
                    self.ports(&before["ports"], &container["ports"], "containerPort", &path);
                }
            }
        }
    }

    /// `ValidatePersistentVolumeClaimUpdate`, for a claim that is bound.
    fn claim(&mut self) {
        const MESSAGE: &str =
            "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        for field in differing(&self.old["spec"], &self.new["spec"]) {
            let was_set = !self.old["spec"][&field].is_null();
            match field.as_str() {
                "resources" | "volumeAttributesClassName" => {}
                "volumeName" | "storageClassName" if !was_set => {}
                _ => self.refuse(&format!("spec.{field}"), MESSAGE),
            }
        }
        let requests = "spec.resources.requests.storage";
        let (old, new) = self.written;
        let (Some(before), Some(after)) = (amount(at(old, requests)), amount(at(new, requests))) else {
            return;
        };
        if quantity::above(before, after) {
            self.refuse(requests, "field can not be less than status.capacity");
        } else if quantity::above(after, before) {
            self.add(
                Outcome::Depends,
                requests,
                "refused unless the claim is bound and its StorageClass has `allowVolumeExpansion: true`",
                None,
            );
        }
    }

    /// `ValidatePersistentVolumeUpdate`: where the data are may not change.
    fn volume(&mut self) {
        const MUTABLE: [&str; 9] = [
            "accessModes",
            "capacity",
            "claimRef",
            "mountOptions",
            "nodeAffinity",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "volumeAttributesClassName",
            "volumeMode",
        ];
        for field in differing(&self.old["spec"], &self.new["spec"]) {
            if !MUTABLE.contains(&field.as_str()) {
                self.refuse(
                    &format!("spec.{field}"),
                    "spec.persistentvolumesource is immutable after creation",
                );
            }
        }
    }

    /// `ValidatePodUpdate`.
    fn pod(&mut self) {
        const MUTABLE: [&str; 3] = ["activeDeadlineSeconds", "terminationGracePeriodSeconds", "tolerations"];
        let mutable = |spec: &Value| {
            let mut spec = without(spec, &MUTABLE);
            for list in ["containers", "initContainers"] {
                for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    // The policy that goes with an image is a default.
                    *container = without(container, &["image", "imagePullPolicy"]);
                }
            }
            spec
        };
        let (old, new) = (mutable(&self.old["spec"]), mutable(&self.new["spec"]));
        for field in differing(&old, &new) {
            self.refuse(
                &format!("spec.{field}"),
                "pod updates may not change fields other than images, activeDeadlineSeconds, tolerations (only additions) and terminationGracePeriodSeconds",
            );
        }
        if at(&self.old, "spec.terminationGracePeriodSeconds") != at(&self.new, "spec.terminationGracePeriodSeconds") {
            self.refuse("spec.terminationGracePeriodSeconds", "pod updates may not change it");
        }
        let tolerations = |spec: &Value| spec["tolerations"].as_array().cloned().unwrap_or_default();
        let after = tolerations(&self.new["spec"]);
        if !tolerations(&self.old["spec"]).iter().all(|one| after.contains(one)) {
            self.refuse(
                "spec.tolerations",
                "existing toleration can not be modified except its tolerationSeconds",
            );
        }
    }

    /// `stringData` is only written: the server knows the keys of `data`.
    fn secret(&mut self) {
        let (old, new) = self.written;
        let gone: Vec<&String> = old["stringData"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .filter(|key| new["stringData"].get(*key).is_none() && new["data"].get(*key).is_none())
            .collect();
        for key in gone {
            self.found.push(Effect {
                outcome: Outcome::Other,
                path: vec![Step::Key("stringData".to_owned()), Step::Key(key.clone())],
                message: "the key stays in the Secret: what `stringData` no longer says is not removed from `data`"
                    .to_owned(),
                way: None,
            });
        }
    }

    /// `ValidateJobUpdate`.
    fn job(&mut self) {
        let template = "spec.template";
        let (before, after) = (at(&self.old, template).clone(), at(&self.new, template).clone());
        let is_suspended = at(&self.old, "spec.suspend") == &json!(true);
        if before != after && !(is_suspended && scheduling_apart(&before) == scheduling_apart(&after)) {
            self.refuse(template, "field is immutable");
        }
        let completions = "spec.completions";
        if at(&self.old, completions) != at(&self.new, completions) {
            if text(&self.new, "spec.completionMode") != "Indexed" {
                self.refuse(completions, "field is immutable");
            } else if at(&self.new, completions) != at(&self.new, "spec.parallelism") {
                self.refuse(completions, "can only be modified in tandem with spec.parallelism");
            }
        }
    }

    /// The `rollingUpdate` that the server has set as a default belongs to nobody, so server-side apply does not remove it; a three-way
    /// merge of this list does (`patchStrategy: retainKeys`).
    fn deployment(&mut self) {
        let (old, new) = self.written;
        let rolling = "spec.strategy.rollingUpdate";
        if text(new, "spec.strategy.type") == "Recreate"
            && text(&self.old, "spec.strategy.type") == "RollingUpdate"
            && at(old, rolling).is_null()
        {
            self.add(
                Outcome::Refused,
                "spec.strategy.type",
                "spec.strategy.rollingUpdate, which the server has set as a default: may not be specified when strategy `type` is 'Recreate'",
                Some(Way::Apply),
            );
        }
    }

    /// The same, and here a merge does not remove it either.
    fn stateful_set(&mut self) {
        let (old, new) = self.written;
        if text(new, "spec.updateStrategy.type") == "OnDelete"
            && text(&self.old, "spec.updateStrategy.type") == "RollingUpdate"
            && at(old, "spec.updateStrategy.rollingUpdate").is_null()
        {
            self.refuse(
                "spec.updateStrategy.type",
                "spec.updateStrategy.rollingUpdate, which the server has set as a default: only allowed for updateStrategy 'RollingUpdate'",
            );
        }
    }

    /// `ValidateCustomResourceDefinitionUpdate`: versions in which objects are stored must stay.
    fn definition(&mut self) {
        let versions = |object: &Value| at(object, "spec.versions").as_array().cloned().unwrap_or_default();
        let after = versions(&self.new);
        for (index, version) in versions(&self.old).iter().enumerate() {
            if after.iter().any(|other| other["name"] == version["name"]) {
                continue;
            }
            let name = version["name"].as_str().unwrap_or_default();
            let path = format!("spec.versions.{index}");
            if version["storage"] == json!(true) {
                self.refuse(&path, format!("{name} was a storage version, and must remain in spec.versions until a storage migration removes it from status.storedVersions"));
            } else {
                self.add(
                    Outcome::Depends,
                    &path,
                    format!("refused if {name} is in status.storedVersions"),
                    None,
                );
            }
        }
    }
}

/// The template of a suspended Job without what may change there.
fn scheduling_apart(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(metadata) = template.get_mut("metadata") {
        *metadata = without(metadata, &["labels", "annotations"]);
        if metadata.as_object().is_some_and(Map::is_empty) {
            *metadata = Value::Null;
        }
    }
    let template = match template.get("metadata") {
        Some(Value::Null) => without(&template, &["metadata"]),
        _ => template,
    };
    let mut template = template;
    if let Some(spec) = template.get_mut("spec") {
        *spec = without(spec, &["nodeSelector", "tolerations", "affinity", "schedulingGates"]);
        for list in ["containers", "initContainers"] {
            for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                *container = without(container, &["resources"]);
            }
        }
    }
    template
}
