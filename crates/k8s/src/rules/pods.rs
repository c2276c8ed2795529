//! Containers: probes, resources, security.

use serde_json::{Map, Value};

use super::pod_spec::amount;
use super::{Check, is_set, object, says_something, string};
use crate::formats::{labels, quantity, shown};
use crate::problem::Side;
use crate::walker::{Position, Walker};
use crate::words::whole;

pub(super) const CHECKS: &[(&str, Check)] = &[
    ("core.v1.Container", container),
    ("core.v1.EphemeralContainer", container),
    ("core.v1.PodSecurityContext", seccomp),
    ("core.v1.ResourceRequirements", resources),
    ("core.v1.SecurityContext", security),
];

fn container<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    // The schema does not require it, because some kinds fill it in from elsewhere; `validateContainerCommon` requires
    // it.
    if !says_something(map, "image") {
        walker.missing("image");
    }
    for (field, what) in [("livenessProbe", "liveness"), ("startupProbe", "startup")] {
        if let Some(probe) = object(map, field)
            && probe
                .get("successThreshold")
                .and_then(whole)
                .is_some_and(|threshold| threshold > 1)
        {
            walker.below(Position::Key(field), |walker| {
                walker.fault_at(
                    "successThreshold",
                    "int-range",
                    format!("a {what} probe succeeds at once: 1 is allowed"),
                );
            });
        }
    }
    if let Some(probe) = object(map, "readinessProbe")
        && is_set(probe, "terminationGracePeriodSeconds")
    {
        walker.below(Position::Key("readinessProbe"), |walker| {
            walker
                .fault_at(
                    "terminationGracePeriodSeconds",
                    "field-conflict",
                    "a readiness probe does not end the pod",
                )
                .side = Side::Key;
        });
    }
}

/// Kubernetes' own container resources.
const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// `ValidateContainerResourceName`
pub(super) fn resource_name(name: &str) -> Result<(), String> {
    if RESOURCES.contains(&name) || name.starts_with("hugepages-") {
        return Ok(());
    }
    labels::key(name)?;
    if !name.contains('/') {
        return Err("names of other resources have a domain and `/` before them".to_owned());
    }
    if name.starts_with("requests.") {
        return Err("`requests.` is for quotas".to_owned());
    }
    if of_kubernetes(name) {
        return Ok(());
    }
    // The name in a quota.
    labels::key(&format!("requests.{name}"))
}

/// `IsNativeResource`
fn of_kubernetes(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether the limit must equal the request: `IsOvercommitAllowed`.
fn is_fixed(name: &str) -> bool {
    !of_kubernetes(name) || name.starts_with("hugepages-")
}

/// Checks resources that cannot be overcommitted, which need a limit equal to the request.
fn fixed<'a>(walker: &mut Walker<'a>, requests: &'a Map<String, Value>, limits: Option<&'a Map<String, Value>>) {
    for (name, request) in requests.iter().filter(|(name, _)| is_fixed(name)) {
        let limit = limits
            .and_then(|limits| limits.get(name))
            .filter(|limit| !limit.is_null());
        let Some(limit) = limit else {
            let message = format!("`{}` needs a limit, of the same amount", shown(name));
            walker.below(Position::Key("requests"), |walker| {
                walker.fault_at(name, "missing-required-field", message).side = Side::Key;
            });
            continue;
        };
        if let (Some(wanted), Some(limit)) = (amount(request), amount(limit))
            && quantity::above(limit, wanted)
        {
            let message = format!("the request of `{}` must be equal to its limit", shown(name));
            walker.below(Position::Key("requests"), |walker| {
                walker.fault_at(name, "request-above-limit", message);
            });
        }
    }
}

fn resources<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    for field in ["limits", "requests"] {
        let Some(amounts) = object(map, field) else { continue };
        walker.below(Position::Key(field), |walker| {
            for (name, amount) in amounts {
                walker.below(Position::Key(name), |walker| resource(walker, name, amount));
            }
        });
    }
    let (requests, limits) = (object(map, "requests"), object(map, "limits"));
    if let Some(requests) = requests {
        fixed(walker, requests, limits);
    }
    let has = |test: fn(&str) -> bool| {
        [requests, limits]
            .into_iter()
            .flatten()
            .any(|map| map.keys().any(|key| test(key)))
    };
    if has(|name| name.starts_with("hugepages-")) && !has(|name| matches!(name, "cpu" | "memory")) {
        walker.fault(
            Side::Key,
            "field-conflict",
            "huge pages need an amount of `cpu` or `memory` too",
        );
    }
    let (Some(requests), Some(limits)) = (requests, limits) else {
        return;
    };
    walker.below(Position::Key("requests"), |walker| {
        for (name, request) in requests {
            let (Some(wanted), Some(limit)) = (amount(request), limits.get(name).and_then(amount)) else {
                continue;
            };
            if quantity::above(wanted, limit) {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let message = format!(
                    "the request, {}, is above the limit, {}",
                    text(request),
                    text(&limits[name])
                );
                let limit = walker.beside("limits", name);
                walker.fault_at(name, "request-above-limit", message).other = Some(limit);
            }
        }
    });
}

fn resource<'a>(walker: &mut Walker<'a>, name: &'a str, value: &'a Value) {
    if let Err(reason) = resource_name(name) {
        walker
            .fault(
                Side::Key,
                "bad-resource-name",
                format!("`{}` is not a resource: {reason}", shown(name)),
            )
            .help = suggest::did_you_mean(name, RESOURCES);
    }
    let Some(number) = amount(value) else { return };
    if number < 0.0 {
        walker.fault(
            Side::Value,
            "bad-quantity",
            format!("{} is negative", shown(value.as_str().unwrap_or("the amount"))),
        );
    }
    if number >= 0.0 && !of_kubernetes(name) && (number * 1000.0).ceil() % 1000.0 != 0.0 {
        walker.fault(Side::Value, "bad-quantity", "it must be a whole number");
    }
    if let Some(size) = name
        .strip_prefix("hugepages-")
        .and_then(|size| quantity::parse(size).ok())
        && (size <= 0.0 || number % size != 0.0)
    {
        walker.fault(
            Side::Value,
            "bad-quantity",
            format!("it is not a multiple of the page, {}", &name["hugepages-".len()..]),
        );
    }
    // For example, `64m` of memory, a fraction of a byte, where 64Mi was meant.
    if matches!(name, "memory" | "ephemeral-storage")
        && value.as_str().is_some_and(|text| text.ends_with(['m', 'u', 'n']))
        && number.fract() != 0.0
    {
        let text = value.as_str().unwrap_or_default();
        walker
            .fault(
                Side::Value,
                "fractional-bytes",
                format!("`{}` is a fraction of a byte", shown(text)),
            )
            .help = Some(format!("did you mean `{}Mi`?", text.trim_end_matches(['m', 'u', 'n'])));
    }
}

fn security<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    seccomp(walker, map);
    let on = |field: &str| map.get(field) == Some(&Value::Bool(true));
    if map.get("allowPrivilegeEscalation") == Some(&Value::Bool(false)) {
        if on("privileged") {
            walker.fault_at(
                "allowPrivilegeEscalation",
                "field-conflict",
                "a privileged container can always escalate",
            );
        }
        let added = object(map, "capabilities")
            .map(|capabilities| super::items(capabilities, "add"))
            .unwrap_or_default();
        if added
            .iter()
            .any(|capability| matches!(capability.as_str(), Some("CAP_SYS_ADMIN")))
        {
            walker.fault_at(
                "allowPrivilegeEscalation",
                "field-conflict",
                "a container with CAP_SYS_ADMIN can always escalate",
            );
        }
    }
    if on("runAsNonRoot") && map.get("runAsUser").and_then(whole) == Some(0) {
        walker.fault_at(
            "runAsUser",
            "field-conflict",
            "the user 0 is root, and `runAsNonRoot` is set",
        );
    }
}

fn seccomp<'a>(walker: &mut Walker<'a>, map: &'a Map<String, Value>) {
    let Some(profile) = object(map, "seccompProfile") else {
        return;
    };
    let local = says_something(profile, "localhostProfile");
    walker.below(Position::Key("seccompProfile"), |walker| {
        match string(profile, "type") {
            Some("Localhost") if !local => {
                walker.missing("localhostProfile");
            }
            Some("Localhost") | None => {}
            Some(kind) if local => {
                walker
                    .fault_at(
                        "localhostProfile",
                        "field-conflict",
                        format!("`localhostProfile` is not for `type: {kind}`"),
                    )
                    .side = Side::Key;
            }
            Some(_) => {}
        }
    });
}
