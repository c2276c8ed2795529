//! The harm of an upgrade from one side to the other: updates that the API server refuses, deleted data, Services without
//! pods, growing rights, restarted pods.

use std::collections::{BTreeMap, BTreeSet};

use promchart_k8s::{Object as Typed, Outcome, Way, decode, prepared, update};
use serde_json::Value as Json;

use super::cause::Cause;
use super::side::Causes;
use super::{Change, Kind, ObjectDiff, Pair, counted, made, rights, title};
use diagnostics::ObjectRef;
use engine::objects::{Object, Path, Step};
use goyaml::Value;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The API server refuses the update: the upgrade fails.
    Refused,
    /// It refuses it unless something holds that the manifests do not tell.
    MayFail,
    /// Data are deleted, or no longer used.
    Data,
    /// Something does not work any more, or for a while.
    Outage,
    /// Somebody may do more than before.
    Rights,
    /// Pods are replaced.
    Restart,
    /// Worth knowing.
    Note,
}

/// Something that an upgrade breaks.
#[derive(Clone, Debug)]
pub struct Harm {
    /// How bad it is.
    pub level: Level,
    /// The kind of harm, in kebab-case.
    pub rule: &'static str,
    /// The object.
    pub object: ObjectRef,
    /// The field, if it is about one.
    pub path: Option<String>,
    /// The message.
    pub message: String,
    /// A way to avoid it.
    pub help: Option<String>,
    /// `Helm 4` or `Helm 3`, where it happens with one of them only.
    pub with: Option<&'static str>,
    /// The line that makes it.
    pub cause: Option<Cause>,
}

impl Level {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::MayFail => "may-fail",
            Self::Data => "data",
            Self::Outage => "outage",
            Self::Rights => "rights",
            Self::Restart => "restart",
            Self::Note => "note",
        }
    }
}

/// All that the upgrade breaks, the worst first.
pub(super) fn find(
    pairs: &[Pair<'_>],
    objects: &[ObjectDiff],
    (old_causes, new_causes): (&Causes<'_>, &Causes<'_>),
) -> Vec<Harm> {
    let diffs: BTreeMap<(&str, &str, &str, &str), &ObjectDiff> =
        objects.iter().map(|diff| (names(&diff.reference), diff)).collect();
    let mut finder = Finder {
        pairs,
        old_causes,
        new_causes,
        found: Vec::new(),
    };
    for pair in pairs {
        let Some(object) = pair.any() else { continue };
        // What is left out or the same breaks nothing by itself.
        let Some(diff) = diffs.get(&names(&object.reference)) else {
            continue;
        };
        if diff.is_of_crds {
            finder.definition_in_crds(object, diff);
            continue;
        }
        if object.hook.is_some() {
            finder.hook(object, diff);
            continue;
        }
        match (pair.old, pair.new) {
            (Some(old), Some(new)) => finder.changed(old, new, diff),
            (Some(old), None) => finder.removed(old),
            (None, Some(new)) => finder.added(new),
            (None, None) => {}
        }
    }
    finder.services();
    let mut found = finder.found;
    found.sort_by(|one, other| {
        let key = |harm: &Harm| (harm.level, harm.object.clone(), harm.rule, harm.path.clone());
        key(one).cmp(&key(other))
    });
    found
}

fn names(reference: &ObjectRef) -> (&str, &str, &str, &str) {
    let group = reference.api_version.split_once('/').map_or("", |(group, _)| group);
    (group, &reference.kind, &reference.namespace, &reference.name)
}

fn to_json(object: &Object) -> Json {
    object.node.to_json(&|float| Json::from(float))
}

fn at<'v>(value: &'v Json, path: &str) -> &'v Json {
    const NOTHING: &Json = &Json::Null;
    path.split('.')
        .fold(value, |value, step| value.get(step).unwrap_or(NOTHING))
}

/// A path of `promchart_k8s` as one of ours.
fn path_of(steps: &[promchart_k8s::Step]) -> Path {
    let step = |step: &promchart_k8s::Step| match step {
        promchart_k8s::Step::Key(key) => Step::Key(key.as_str().into()),
        promchart_k8s::Step::Index(index) => Step::Index(*index),
    };
    Path(steps.iter().map(step).collect())
}

/// How the pods of a Deployment with the strategy `Recreate` restart.
const ALL: &str = "and none runs until the old ones have stopped and the new ones have started";
/// The kinds that make pods, and replace them when their template changes.
const WORKLOADS: [&str; 3] = ["DaemonSet", "Deployment", "StatefulSet"];

/// How to install definitions that Helm does not.
const BY_HAND: &str = "`helm show crds CHART | kubectl apply --server-side -f -` before the upgrade";

struct Finder<'a> {
    pairs: &'a [Pair<'a>],
    old_causes: &'a Causes<'a>,
    new_causes: &'a Causes<'a>,
    found: Vec<Harm>,
}

impl Finder<'_> {
    fn add(&mut self, level: Level, rule: &'static str, object: &Object, message: impl Into<String>) -> &mut Harm {
        let at = self.found.len();
        self.found.push(Harm {
            level,
            rule,
            object: object.reference.clone(),
            path: None,
            message: message.into(),
            help: None,
            with: None,
            cause: None,
        });
        &mut self.found[at]
    }

    /// The cause of a field: on the new side, or on the old one if it is gone there.
    fn cause(&self, old: Option<&Object>, new: Option<&Object>, path: &Path) -> Option<Cause> {
        let mut path = path.clone();
        loop {
            let span = |object: Option<&Object>| {
                let field = path.get(&object?.node)?;
                Some(match &field.node.value {
                    Value::Map(_) | Value::List(_) => field.key.unwrap_or(field.node.span),
                    _ => field.node.span,
                })
            };
            let old_at = span(old).map(|span| (self.old_causes, span));
            let new_at = span(new).map(|span| (self.new_causes, span));
            let (old_cause, new_cause) = made::causes(old_at, new_at);
            if let Some(cause) = new_cause.or(old_cause) {
                return Some(cause);
            }
            path.0.pop()?;
        }
    }

    fn place(&self, object: &Object, is_new: bool) -> Option<Cause> {
        let causes = if is_new { self.new_causes } else { self.old_causes };
        causes.of_object(object)
    }

    fn changed(&mut self, old: &Object, new: &Object, diff: &ObjectDiff) {
        let (before, after) = (to_json(old), to_json(new));
        for effect in update(&before, &after) {
            let path = path_of(&effect.path);
            // A path is that of one side.
            let cause = self.cause(Some(old), Some(new), &path);
            let (level, rule) = match effect.outcome {
                Outcome::Refused => (Level::Refused, "immutable-field"),
                Outcome::Depends => (Level::MayFail, "perhaps-immutable"),
                Outcome::Other => (Level::Note, "not-as-written"),
            };
            let help = (effect.outcome != Outcome::Other).then(|| way_out(new, &path));
            let harm = self.add(level, rule, new, effect.message);
            harm.path = Some(path.to_string());
            harm.cause = cause;
            harm.help = help.flatten();
            harm.with = effect.way.map(|way| match way {
                Way::Apply => "Helm 4",
                Way::Merge => "Helm 3",
            });
        }
        self.pods(new, (&before, &after), diff);
        self.rights(old, new, (&before, &after));
        self.ports(old, new, (&before, &after));
        self.configuration(new, diff);
        let kept = |object: &Json| {
            at(object, "metadata.annotations")
                .get("helm.sh/resource-policy")
                .cloned()
        };
        if kept(&before) == Some("keep".into()) && kept(&after) != kept(&before) {
            let message = "no longer kept: `helm.sh/resource-policy: keep` is gone, so an uninstallation deletes it";
            self.add(Level::Note, "no-longer-kept", new, message);
        }
    }

    /// The template of pods: restarts, volumes, privileges, replicas.
    fn pods(&mut self, new: &Object, (before, after): (&Json, &Json), diff: &ObjectDiff) {
        let kind = new.reference.kind.as_str();
        let is_own = matches!(new.group(), "apps" | "batch" | "");
        let (Some(old_typed), Some(new_typed)) = (decode(before), decode(after)) else {
            return;
        };
        let Some(path) = new_typed.pod_spec_path().filter(|_| is_own) else {
            return;
        };
        let path = path.join(".");
        let template = path.strip_suffix(".spec").unwrap_or(&path).to_owned();
        let (old_spec, new_spec) = (at(before, &path), at(after, &path));
        let gained: Vec<String> = {
            let had = rights::privileges(old_spec);
            rights::privileges(new_spec)
                .into_iter()
                .filter(|one| !had.contains(one))
                .collect()
        };
        if !gained.is_empty() {
            let cause = first_cause(diff, |change| {
                ["host", "securityContext", "volumes"]
                    .iter()
                    .any(|part| change.path.contains(part))
            });
            let message = format!("the pods get {}", gained.join(", "));
            self.add(Level::Rights, "privileged-pods", new, message).cause = cause;
        }
        self.volumes(new, (old_spec, new_spec), diff);
        if !WORKLOADS.contains(&kind) {
            return;
        }
        let replicas = |typed: &Typed| {
            if kind == "DaemonSet" {
                1
            } else {
                typed.replicas().unwrap_or(1)
            }
        };
        let (count_before, count_after) = (replicas(&old_typed), replicas(&new_typed));
        let of_replicas = first_cause(diff, |change| change.path == "spec.replicas");
        if count_before > 0 && count_after == 0 {
            let cause = of_replicas.clone();
            self.add(
                Level::Outage,
                "scaled-to-zero",
                new,
                format!("no pods are left: replicas goes from {count_before} to 0"),
            )
            .cause = cause;
            return;
        }
        if kind == "StatefulSet" && count_after < count_before {
            let policy = at(after, "spec.persistentVolumeClaimRetentionPolicy.whenScaled");
            let gone = count_before - count_after;
            let cause = of_replicas.clone();
            let (level, message) = if policy == "Delete" {
                (
                    Level::Data,
                    format!(
                        "the claims of {gone} pods are deleted: replicas goes from {count_before} to {count_after} with whenScaled: Delete"
                    ),
                )
            } else {
                (
                    Level::Note,
                    format!("{gone} pods go, from the highest number down; their claims stay"),
                )
            };
            self.add(level, "scaled-down", new, message).cause = cause;
        }
        let (old_whole, new_whole) = (prepared(before), prepared(after));
        if at(&old_whole, &template) == at(&new_whole, &template) || count_before == 0 || count_after == 0 {
            return;
        }
        let below = format!("{template}.");
        let changes: Vec<&Change> = diff
            .changes
            .iter()
            .filter(|change| change.path.starts_with(&below))
            .collect();
        let mut paths: Vec<&str> = changes
            .iter()
            .map(|change| without_places(&change.path[below.len()..]))
            .collect();
        paths.dedup();
        let more = paths.len().saturating_sub(3);
        paths.truncate(3);
        let mut because = paths.join(", ");
        if more > 0 {
            because.push_str(&format!(" and {more} more"));
        }
        if paths.is_empty() {
            because.push_str("what --ignore leaves out");
        }
        let strategy = match kind {
            "Deployment" if at(&new_whole, "spec.strategy.type") == "Recreate" => ALL,
            "Deployment" => "one after the other",
            "StatefulSet" if at(&new_whole, "spec.updateStrategy.type") == "OnDelete" => {
                "only when somebody deletes them (OnDelete)"
            }
            "StatefulSet" => "one after the other, from the highest number down",
            _ if at(&new_whole, "spec.updateStrategy.type") == "OnDelete" => {
                "only when somebody deletes them (OnDelete)"
            }
            _ => "node by node",
        };
        let causes = || {
            changes
                .iter()
                .filter_map(|change| change.new.as_ref().or(change.old.as_ref())?.cause.clone())
        };
        let of_values = causes().find(|cause| cause.is_certain && cause.value.is_some());
        let of_keys = || causes().find(|cause| !cause.made_of.is_empty());
        let cause = of_values.or_else(of_keys).or_else(|| causes().next());
        let whose = if kind == "DaemonSet" {
            "its pods".to_owned()
        } else {
            counted(usize::try_from(count_after).unwrap_or(1), "pod")
        };
        let restart = if whose == "1 pod" { "restarts" } else { "restart" };
        let strategy = if whose == "1 pod" && strategy.starts_with("one after") {
            "when the new one is ready"
        } else {
            strategy
        };
        let strategy = if whose == "1 pod" && kind == "StatefulSet" && !strategy.contains("OnDelete") {
            "the old one is stopped first"
        } else {
            strategy
        };
        let message = format!("{whose} {restart}, {strategy}: {because}");
        let recreate = strategy == ALL;
        let level = if recreate { Level::Outage } else { Level::Restart };
        self.add(level, "pods-restart", new, message).cause = cause;
    }

    /// Volumes that hold other data than before.
    fn volumes(&mut self, new: &Object, (old_spec, new_spec): (&Json, &Json), diff: &ObjectDiff) {
        let claims = |spec: &Json| -> BTreeMap<String, String> {
            let volumes = spec["volumes"].as_array().into_iter().flatten();
            volumes
                .filter_map(|volume| {
                    let claim = volume["persistentVolumeClaim"]["claimName"].as_str()?;
                    Some((volume["name"].as_str()?.to_owned(), claim.to_owned()))
                })
                .collect()
        };
        let after = claims(new_spec);
        for (name, claim) in claims(old_spec) {
            if after.get(&name) == Some(&claim) {
                continue;
            }
            let message = match after.get(&name) {
                Some(other) => {
                    format!("the pods use claim {other} in the place of {claim}: the data of {claim} are not copied")
                }
                None => format!("the pods no longer use claim {claim}: its data are not copied"),
            };
            let cause = first_cause(diff, |change| change.path.contains(".volumes"));
            self.add(Level::Data, "other-volume", new, message).cause = cause;
        }
    }

    fn rights(&mut self, old: &Object, new: &Object, (before, after): (&Json, &Json)) {
        if new.group() != "rbac.authorization.k8s.io" {
            return;
        }
        match new.reference.kind.as_str() {
            "Role" | "ClusterRole" => {
                let gained = rights::gained(&before["rules"], &after["rules"]);
                if !gained.is_empty() {
                    let rules = Path(vec![Step::Key("rules".into())]);
                    let cause = self.cause(Some(old), Some(new), &rules);
                    let message = format!("allows more: {}", gained.join("; "));
                    self.add(Level::Rights, "rights-grow", new, message).cause = cause;
                }
            }
            "RoleBinding" | "ClusterRoleBinding" => {
                let had = rights::subjects(before, &old.reference.namespace);
                let has = rights::subjects(after, &new.reference.namespace);
                let gained: Vec<String> = has.into_iter().filter(|one| !had.contains(one)).collect();
                if !gained.is_empty() {
                    self.bound(new, after, &gained.join(", "));
                }
            }
            _ => {}
        }
    }

    /// Subjects that get a role.
    fn bound(&mut self, binding: &Object, json: &Json, subjects: &str) {
        let text = |path: &str| at(json, path).as_str().unwrap_or_default();
        let (kind, name) = (text("roleRef.kind"), text("roleRef.name"));
        let role = self.pairs.iter().filter_map(|pair| pair.new).find(|object| {
            object.reference.kind == kind
                && object.reference.name == name
                && (kind == "ClusterRole" || object.reference.namespace == binding.reference.namespace)
        });
        let rules = role
            .map(|role| rights::gained(&Json::Null, &to_json(role)["rules"]))
            .unwrap_or_default();
        let mut message = format!("{subjects} may do what {kind} {name} allows");
        if !rules.is_empty() {
            let more = rules.len().saturating_sub(4);
            let shown: Vec<&str> = rules.iter().take(4).map(String::as_str).collect();
            message.push_str(&format!(": {}", shown.join("; ")));
            if more > 0 {
                message.push_str(&format!("; and {more} more"));
            }
        }
        if name == "cluster-admin" {
            message.push_str(", which is everything");
        }
        let cause = self.place(binding, true);
        self.add(Level::Rights, "rights-grow", binding, message).cause = cause;
    }

    /// Ports of a Service that others may use.
    fn ports(&mut self, old: &Object, new: &Object, (before, after): (&Json, &Json)) {
        if new.reference.kind != "Service" || !new.group().is_empty() {
            return;
        }
        let ports = |service: &Json| -> BTreeSet<String> {
            let ports = at(service, "spec.ports").as_array().into_iter().flatten();
            ports
                .map(|port| {
                    let protocol = port["protocol"].as_str().unwrap_or("TCP");
                    format!("{}/{protocol}", port["port"])
                })
                .collect()
        };
        let has = ports(after);
        let gone: Vec<String> = ports(before).into_iter().filter(|port| !has.contains(port)).collect();
        if gone.is_empty() || at(after, "spec.type") == "ExternalName" {
            return;
        }
        let path = Path(vec![Step::Key("spec".into()), Step::Key("ports".into())]);
        let cause = self.cause(Some(old), Some(new), &path);
        let message = format!("port {} is gone: who connects to it gets no answer", gone.join(", "));
        self.add(Level::Outage, "port-gone", new, message).cause = cause;
    }

    /// Settings that pods read at their start only.
    fn configuration(&mut self, new: &Object, diff: &ObjectDiff) {
        let kind = new.reference.kind.as_str();
        let is_data = |change: &Change| {
            ["data", "binaryData", "stringData"]
                .iter()
                .any(|field| change.path.starts_with(field))
        };
        if !matches!(kind, "ConfigMap" | "Secret") || !new.group().is_empty() || !diff.changes.iter().any(is_data) {
            return;
        }
        let (key, volume, name) = if kind == "ConfigMap" {
            ("configMap", "name", &new.reference.name)
        } else {
            ("secret", "secretName", &new.reference.name)
        };
        let mut stale = Vec::new();
        for pair in self.pairs {
            let (Some(old_user), Some(user)) = (pair.old, pair.new) else {
                continue;
            };
            if !WORKLOADS.contains(&user.reference.kind.as_str()) || user.reference.namespace != new.reference.namespace
            {
                continue;
            }
            let (before, after) = (to_json(old_user), to_json(user));
            let Some(path) = decode(&after).and_then(|typed| typed.pod_spec_path()) else {
                continue;
            };
            let path = path.join(".");
            let template = path.strip_suffix(".spec").unwrap_or(&path);
            if at(&prepared(&before), template) != at(&prepared(&after), template) {
                continue;
            }
            if let Some(how) = reads_once(at(&after, &path), (key, volume), name) {
                stale.push(format!("{} ({how})", title(&user.reference)));
            }
        }
        if !stale.is_empty() {
            let message = format!(
                "read at the start of pods only, and they do not restart: {}",
                stale.join(", ")
            );
            let harm = self.add(Level::Note, "stale-configuration", new, message);
            harm.help = Some("a checksum of it in an annotation of the pods restarts them with it".to_owned());
        }
    }

    fn removed(&mut self, old: &Object) {
        let json = to_json(old);
        let policy = at(&json, "metadata.annotations")
            .get("helm.sh/resource-policy")
            .and_then(Json::as_str);
        let cause = self.place(old, false);
        let own = (old.group(), old.reference.kind.as_str());
        if policy == Some("keep") {
            let message = "stays in the cluster (helm.sh/resource-policy: keep), but no longer belongs to the release";
            self.add(Level::Note, "kept", old, message).cause = cause;
            return;
        }
        let retention = at(&json, "spec.persistentVolumeClaimRetentionPolicy.whenDeleted");
        let (level, message, help) = match own {
            ("", "PersistentVolumeClaim") => (
                Level::Data,
                "deleted, and with it the data of its volume unless the reclaim policy is Retain",
                Some(
                    "`helm.sh/resource-policy: keep` in its annotations keeps it; it must be there before the upgrade that removes it",
                ),
            ),
            ("", "Namespace") => (Level::Data, "deleted with everything in it", None),
            ("", "PersistentVolume") => (
                Level::Data,
                "deleted: who uses it keeps it until then, and no new pod gets it",
                None,
            ),
            ("apiextensions.k8s.io", "CustomResourceDefinition") => (
                Level::Data,
                "deleted, and with it all objects of its kind in all namespaces",
                None,
            ),
            ("apps", "StatefulSet") if retention == "Delete" => (
                Level::Data,
                "deleted, and with it the claims of its pods (whenDeleted: Delete)",
                None,
            ),
            ("apps", "StatefulSet") => (Level::Outage, "deleted with its pods; their claims stay", None),
            ("apps", "Deployment" | "DaemonSet") => (Level::Outage, "deleted with its pods", None),
            ("", "Secret") => (Level::Data, "deleted: what it alone knows is lost", None),
            ("", "Service") => (Level::Outage, "deleted: its name and address are gone", None),
            ("networking.k8s.io", "Ingress") => {
                (Level::Outage, "deleted: what came in through it no longer does", None)
            }
            ("networking.k8s.io", "NetworkPolicy") => (
                Level::Rights,
                "deleted: connections that it kept out are let in unless another policy does",
                None,
            ),
            ("", "ServiceAccount") => (
                Level::Outage,
                "deleted: pods that run under it can no longer be made",
                None,
            ),
            _ => return,
        };
        let harm = self.add(level, "deleted", old, message);
        harm.help = help.map(str::to_owned);
        harm.cause = cause;
    }

    fn added(&mut self, new: &Object) {
        let json = to_json(new);
        match (new.group(), new.reference.kind.as_str()) {
            ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => {
                let subjects: Vec<String> = rights::subjects(&json, &new.reference.namespace).into_iter().collect();
                if !subjects.is_empty() {
                    self.bound(new, &json, &subjects.join(", "));
                }
            }
            _ => {
                let Some(path) = decode(&json).and_then(|typed| typed.pod_spec_path()) else {
                    return;
                };
                let gained: Vec<String> = rights::privileges(at(&json, &path.join("."))).into_iter().collect();
                if !gained.is_empty() {
                    let cause = self.place(new, true);
                    let message = format!("its pods get {}", gained.join(", "));
                    self.add(Level::Rights, "privileged-pods", new, message).cause = cause;
                }
            }
        }
    }

    fn hook(&mut self, object: &Object, diff: &ObjectDiff) {
        let events = diff.hook.clone().unwrap_or_default();
        let runs: Vec<&str> = events
            .split(',')
            .map(str::trim)
            .filter(|event| event.ends_with("-upgrade"))
            .collect();
        if runs.is_empty() || diff.kind == Kind::Removed {
            return;
        }
        let json = to_json(object);
        let policy = at(&json, "metadata.annotations")
            .get("helm.sh/hook-delete-policy")
            .and_then(Json::as_str);
        let what = if diff.kind == Kind::Added {
            "is new"
        } else {
            "has changed"
        };
        let cause = self.place(object, true);
        let message = format!("the hook {what} and runs in the upgrade ({})", runs.join(", "));
        self.add(Level::Note, "hook-runs", object, message)
            .cause
            .clone_from(&cause);
        let deletes = |policy: &str| {
            policy
                .split(',')
                .any(|one| matches!(one.trim(), "before-hook-creation" | "hook-succeeded"))
        };
        if diff.kind == Kind::Changed && policy.is_some_and(|policy| !deletes(policy)) {
            let message = "the hook is still there from the last time: creating it again fails";
            let harm = self.add(Level::Refused, "hook-exists", object, message);
            harm.help = Some("put `before-hook-creation` into its `helm.sh/hook-delete-policy`".to_owned());
            harm.cause = cause;
        }
    }

    /// Helm installs what is in crds/ with a release and never touches it again.
    fn definition_in_crds(&mut self, object: &Object, diff: &ObjectDiff) {
        let (message, help) = match diff.kind {
            Kind::Added => (
                "not installed by an upgrade: Helm installs crds/ with a new release only",
                Some(BY_HAND.to_owned()),
            ),
            Kind::Removed => ("stays in the cluster: Helm never deletes what is in crds/", None),
            _ => (
                "not updated: Helm never changes what is in crds/",
                Some(BY_HAND.to_owned()),
            ),
        };
        let level = if diff.kind == Kind::Removed {
            Level::Note
        } else {
            Level::Outage
        };
        let harm = self.add(level, "crds-not-updated", object, message);
        harm.help = help;
    }

    /// Services that lose their pods, for good or until the new ones are ready.
    fn services(&mut self) {
        struct Pods {
            namespace: String,
            labels: BTreeMap<String, String>,
        }
        let pods_of = |object: Option<&Object>| -> Option<Pods> {
            let object = object.filter(|object| object.hook.is_none())?;
            let typed = decode(&to_json(object))?;
            typed.pod_spec()?;
            if typed.replicas() == Some(0) {
                return None;
            }
            Some(Pods {
                namespace: object.reference.namespace.clone(),
                labels: typed
                    .pod_metadata()
                    .and_then(|metadata| metadata.labels.clone())
                    .unwrap_or_default(),
            })
        };
        let before: Vec<Pods> = self.pairs.iter().filter_map(|pair| pods_of(pair.old)).collect();
        let after: Vec<Pods> = self.pairs.iter().filter_map(|pair| pods_of(pair.new)).collect();
        let selector = |object: &Object| -> Option<BTreeMap<String, String>> {
            match decode(&to_json(object))? {
                Typed::Service(service) => service
                    .spec
                    .as_ref()?
                    .selector
                    .clone()
                    .filter(|selector| !selector.is_empty()),
                _ => None,
            }
        };
        let picks = |selector: &BTreeMap<String, String>, pods: &[Pods], namespace: &str| {
            let picked = |pods: &&Pods| {
                pods.namespace == namespace && selector.iter().all(|(key, value)| pods.labels.get(key) == Some(value))
            };
            pods.iter().filter(picked).count()
        };
        let pairs = self.pairs;
        for pair in pairs {
            let (Some(old), Some(new)) = (pair.old, pair.new) else {
                continue;
            };
            let (Some(old_selector), Some(new_selector)) = (selector(old), selector(new)) else {
                continue;
            };
            let namespace = &new.reference.namespace;
            if picks(&old_selector, &before, &old.reference.namespace) == 0 {
                continue;
            }
            let path = Path(vec![Step::Key("spec".into()), Step::Key("selector".into())]);
            let cause = self.cause(None, Some(new), &path);
            let shown: Vec<String> = new_selector
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            let shown = shown.join(",");
            if picks(&new_selector, &after, namespace) == 0 {
                let message = format!("no pods any more: nothing in the new release has the labels {shown}");
                self.add(Level::Outage, "service-without-pods", new, message).cause = cause;
            } else if picks(&new_selector, &before, namespace) == 0 {
                let message =
                    format!("no pods until the first new one is ready: those that run do not have the labels {shown}");
                self.add(Level::Outage, "service-without-pods", new, message).cause = cause;
            }
        }
    }
}

/// The path of a list of arguments, in the place of one of them.
fn without_places(path: &str) -> &str {
    let lists = [".args[", ".command["];
    let list = lists
        .iter()
        .find_map(|list| path.find(list).map(|at| at + list.len() - 1));
    list.map_or(path, |end| &path[..end])
}

/// The cause of the first change of a kind.
fn first_cause(diff: &ObjectDiff, is_it: impl Fn(&Change) -> bool) -> Option<Cause> {
    let change = diff.changes.iter().find(|change| is_it(change))?;
    change.new.as_ref().or(change.old.as_ref())?.cause.clone()
}

/// How a pod reads a ConfigMap or Secret at its start only.
fn reads_once(spec: &Json, (key, volume): (&str, &str), name: &str) -> Option<&'static str> {
    let lists = ["initContainers", "containers"];
    let mut containers = lists
        .iter()
        .flat_map(|list| spec[*list].as_array().into_iter().flatten());
    let (reference, from) = (format!("{key}KeyRef"), format!("{key}Ref"));
    let is = |value: &Json| value["name"].as_str() == Some(name);
    let volumes: BTreeSet<&str> = spec["volumes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|one| one[key][volume].as_str() == Some(name))
        .filter_map(|one| one["name"].as_str())
        .collect();
    containers.find_map(|container| {
        let items = |field: &str| container[field].as_array().into_iter().flatten();
        if items("env").any(|variable| is(&variable["valueFrom"][&reference])) {
            return Some("env");
        }
        if items("envFrom").any(|source| is(&source[&from])) {
            return Some("envFrom");
        }
        let by_part = |mount: &Json| {
            mount["subPath"].is_string() && mount["name"].as_str().is_some_and(|name| volumes.contains(name))
        };
        items("volumeMounts").any(by_part).then_some("subPath")
    })
}

/// A way around an update that is refused.
fn way_out(object: &Object, path: &Path) -> Option<String> {
    let title = format!("{} {}", object.reference.kind.to_lowercase(), object.reference.name);
    let first = match path.0.first() {
        Some(Step::Key(key)) => key.to_string(),
        _ => String::new(),
    };
    let text = match (object.group(), object.reference.kind.as_str()) {
        ("apps", "StatefulSet") if path.to_string().starts_with("spec.volumeClaimTemplates") => format!(
            "`kubectl delete {title} --cascade=orphan` before the upgrade keeps pods and claims; claims that exist are not resized by it"
        ),
        ("apps", "Deployment") if path.to_string().starts_with("spec.strategy") => {
            "set `rollingUpdate: null` beside `type: Recreate` in the template, or delete the Deployment before the upgrade".to_owned()
        }
        ("apps", "StatefulSet") if path.to_string().starts_with("spec.updateStrategy") => {
            "set `rollingUpdate: null` beside `type: OnDelete` in the template".to_owned()
        }
        ("apps", _) => format!(
            "`kubectl delete {title} --cascade=orphan` before the upgrade keeps its pods; those that the new selector does not pick run on until they are deleted"
        ),
        ("batch", "Job") => format!("`kubectl delete {title}` before the upgrade, or make it a hook: hooks are made anew"),
        ("", "PersistentVolumeClaim") if path.to_string().starts_with("spec.resources") => return None,
        ("", "PersistentVolumeClaim") => "copy the data to a claim of another name".to_owned(),
        ("rbac.authorization.k8s.io", _) => format!("`kubectl delete {title}` before the upgrade; until then the rights are missing"),
        ("", "ConfigMap" | "Secret") if first == "data" || first == "immutable" => "give it another name for each content, such as one with a checksum".to_owned(),
        ("apiextensions.k8s.io", _) => return None,
        _ => format!("`kubectl delete {title}` before the upgrade: it is made anew"),
    };
    Some(text)
}
