//! The downward API: variables and files that contain fields of the pod or resources of its containers.

use serde_json::{Map, Value};

use super::pod_spec::amount;
use super::{Check, object, says_something, string};
use crate::formats::{labels, shown};
use crate::walker::{Position, Walker};

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.DownwardAPIVolumeFile", file),
    ("core.v1.EnvVarSource", variable),
];

/// `validEnvDownwardAPIFieldPathExpressions`; `spec.host` is the old name of `spec.nodeName`.
const OF_VARIABLES: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// `validVolumeDownwardAPIFieldPathExpressions`
const OF_FILES: [&str; 5] = [
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
];
const RESOURCES: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

fn variable<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    field(walker, map, &OF_VARIABLES);
    resource(walker, map);
}

fn file<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    field(walker, map, &OF_FILES);
    if let Some(resource) = object(map, "resourceFieldRef") {
        walker.below(Position::Key("resourceFieldRef"), |walker| {
            if !says_something(resource, "containerName") {
                walker.missing("containerName").help = Some("a file needs it".to_owned());
            }
        });
    }
    resource(walker, map);
}

/// `validateObjectFieldSelector`
fn field<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>, known: &[&str]) {
    let Some(reference) = object(map, "fieldRef") else {
        return;
    };
    walker.below(Position::Key("fieldRef"), |walker| {
        if let Some(version) = string(reference, "apiVersion").filter(|version| !matches!(*version, "" | "v1")) {
            let message = format!("`{}` is not allowed here: `v1` is", shown(version));
            walker.fault_at("apiVersion", "invalid-enum-value", message);
        }
        let Some(path) = string(reference, "fieldPath").filter(|path| !path.is_empty()) else {
            return;
        };
        let subscripted = path
            .strip_suffix("']")
            .and_then(|path| path.split_once("['"))
            .filter(|(path, _)| !path.is_empty());
        match subscripted {
            Some((map @ ("metadata.labels" | "metadata.annotations"), key)) => {
                let check = match map {
                    "metadata.labels" => labels::key,
                    _ => labels::annotation_key,
                };
                if let Err(reason) = check(key) {
                    let message = format!("`{}` is not a key: {reason}", shown(key));
                    walker.fault_at("fieldPath", "bad-label", message);
                }
            }
            Some((other, _)) => {
                let message = format!("`{}` takes no key", shown(other));
                walker.fault_at("fieldPath", "invalid-enum-value", message);
            }
            None if known.contains(&path) || (path == "spec.host" && known.contains(&"spec.nodeName")) => {}
            None => {
                let message = format!("`{}` cannot be read here", shown(path));
                walker.fault_at("fieldPath", "invalid-enum-value", message).help =
                    suggest::did_you_mean(path, known.iter().copied())
                        .or_else(|| Some(format!("{} can", suggest::one_of(known.iter().copied()))));
            }
        }
    });
}

/// `validateContainerResourceFieldSelector`
fn resource<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(reference) = object(map, "resourceFieldRef") else {
        return;
    };
    let Some(name) = string(reference, "resource").filter(|name| !name.is_empty()) else {
        return;
    };
    walker.below(Position::Key("resourceFieldRef"), |walker| {
        let pages = name.starts_with("limits.hugepages-") || name.starts_with("requests.hugepages-");
        if !pages && !RESOURCES.contains(&name) {
            let message = format!("`{}` cannot be read here", shown(name));
            walker.fault_at("resource", "invalid-enum-value", message).help = suggest::did_you_mean(name, RESOURCES)
                .or_else(|| Some(format!("{} can", suggest::one_of(RESOURCES.into_iter()))));
            return;
        }
        let Some(divisor) = reference
            .get("divisor")
            .and_then(amount)
            .filter(|divisor| *divisor != 0.0)
        else {
            return;
        };
        #[expect(clippy::float_cmp, reason = "powers of 2 and of 10 are exact")]
        let (good, allowed) = if matches!(name, "limits.cpu" | "requests.cpu") {
            ([1.0, 1e-3].contains(&divisor), "1 and 1m are")
        } else {
            let powers = |base: f64| (0..=6).any(|power| base.powi(power) == divisor);
            (powers(1e3) || powers(1024.0), "1, 1k, 1M, ..., 1Ki, 1Mi, ... are")
        };
        if !good {
            let message = format!("this divisor is not allowed for `{name}`: {allowed}");
            walker.fault_at("divisor", "invalid-enum-value", message);
        }
    });
}
