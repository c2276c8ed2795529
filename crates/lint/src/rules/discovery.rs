//! The permissions that Prometheus' service discovery needs, compared with those that the release grants to the pods
//! running it.

use std::collections::BTreeSet;

use promchart_k8s::Object as Typed;
use promchart_k8s::k8s_openapi::api::core::v1::Volume;
use promchart_k8s::k8s_openapi::api::rbac::v1::{PolicyRule, RoleRef, Subject};

use super::super::Context;
use super::super::object::{Object, Pod, is_true, items, text};
use super::prometheus::configurations;
use diagnostics::{Diagnostic, Report};
use goyaml::Node;

const RIGHT: &str = "missing-discovery-right";
/// The verbs that an informer uses: client-go's reflector lists, then watches.
const VERBS: [&str; 2] = ["list", "watch"];

/// A resource, with its API group.
type Resource = (&'static str, &'static str);

/// Reports jobs with Kubernetes discovery whose pods lack the permission to list and watch. Such jobs find no targets,
/// which shows only in a metric and in the log.
pub(in super::super) fn rights(context: &Context<'_>, report: &mut Report) {
    for object in &context.objects.all {
        let configurations = configurations(context, object);
        if configurations.is_empty() {
            continue;
        }
        let pods: Vec<Pod<'_>> = context.objects.pods().filter(|pod| mounts(*pod, object)).collect();
        let granted: Vec<(Pod<'_>, Grants<'_>)> = pods
            .into_iter()
            .filter_map(|pod| Some((pod, Grants::of(context, pod)?)))
            .collect();
        let mut told = BTreeSet::new();
        for configuration in &configurations {
            for job in items(configuration.node.get("scrape_configs")) {
                for discovery in items(job.get("kubernetes_sd_configs")) {
                    for (pod, grants) in &granted {
                        let missing = grants.missing(discovery, pod.owner.namespace());
                        let role = discovery.get("role").unwrap_or(discovery);
                        if missing.is_empty() || !told.insert(role.span) {
                            continue;
                        }
                        let message = format!(
                            "job {} discovers nothing: ServiceAccount {} may not list and watch {}",
                            text(job.get("job_name")),
                            account(*pod),
                            missing.join(", ")
                        );
                        let diagnostic = Diagnostic::warning(RIGHT, message).help(format!(
                            "grant it list and watch, or take the job out; {}",
                            grants.sources()
                        ));
                        report.push(object.fault(diagnostic, configuration.place(role.span)));
                    }
                }
            }
        }
    }
}

/// Whether a pod has a volume from a ConfigMap or Secret.
fn mounts(pod: Pod<'_>, object: &Object) -> bool {
    let name = Some(object.name());
    let is_map = object.kind() == "ConfigMap";
    let of_volume = |volume: &Volume| {
        let map = volume.config_map.as_ref().map(|source| &*source.name);
        let secret = volume.secret.as_ref().and_then(|source| source.secret_name.as_deref());
        let projected = volume
            .projected
            .iter()
            .flat_map(|projected| projected.sources.iter().flatten());
        let mut projected = projected.map(|source| {
            let map = source.config_map.as_ref().map(|source| &*source.name);
            let secret = source.secret.as_ref().map(|source| &*source.name);
            if is_map { map } else { secret }
        });
        (if is_map { map } else { secret }) == name || projected.any(|found| found == name)
    };
    pod.owner.namespace() == object.namespace() && pod.spec.volumes.iter().flatten().any(of_volume)
}

/// The service account that a pod runs as.
fn account(pod: Pod<'_>) -> &str {
    let spec = pod.spec;
    let named = spec.service_account_name.as_deref().or(spec.service_account.as_deref());
    named.filter(|name| !name.is_empty()).unwrap_or("default")
}

/// The permissions that the release grants to an account.
struct Grants<'a> {
    /// Rules, each with the namespace in which it applies; none means all namespaces.
    rules: Vec<(Option<&'a str>, &'a PolicyRule)>,
    roles: Vec<String>,
}

impl<'a> Grants<'a> {
    /// The permissions of a pod's account; none if they are unknown: the release grants it nothing (another release
    /// may), or binds it to a role that is not in the release.
    fn of(context: &'a Context<'_>, pod: Pod<'_>) -> Option<Self> {
        let (account, namespace) = (account(pod), pod.owner.namespace());
        let mut grants = Self {
            rules: Vec::new(),
            roles: Vec::new(),
        };
        for object in &context.objects.all {
            let (role, subjects, within) = match &object.typed {
                Some(Typed::RoleBinding(binding)) => (&binding.role_ref, &binding.subjects, Some(object.namespace())),
                Some(Typed::ClusterRoleBinding(binding)) => (&binding.role_ref, &binding.subjects, None),
                _ => continue,
            };
            let is_bound = |subject: &Subject| is_bound(subject, account, namespace, object.namespace());
            if subjects.iter().flatten().any(is_bound) {
                let rules = rules(context, role, object.namespace())?;
                grants.rules.extend(rules.iter().map(|rule| (within, rule)));
                grants.roles.push(format!("{} {}", role.kind, role.name));
            }
        }
        (!grants.roles.is_empty()).then_some(grants)
    }

    /// The resources that a discovery needs without permission.
    fn missing(&self, discovery: &Node, own: &str) -> Vec<String> {
        // With another API server or other credentials, other permissions apply.
        let is_elsewhere = [
            "api_server",
            "kubeconfig_file",
            "authorization",
            "basic_auth",
            "oauth2",
            "bearer_token_file",
        ];
        if is_elsewhere.iter().any(|key| discovery.get(key).is_some()) {
            return Vec::new();
        }
        let namespaces = discovery.get("namespaces");
        let mut within: Vec<&str> = items(namespaces.and_then(|node| node.get("names")))
            .iter()
            .filter_map(Node::as_str)
            .collect();
        if is_true(namespaces.and_then(|node| node.get("own_namespace"))) {
            within.push(own);
        }
        needed(discovery)
            .into_iter()
            .filter(|(resource, is_of_cluster)| {
                if *is_of_cluster || within.is_empty() {
                    !self.allow(*resource, None)
                } else {
                    !within.iter().all(|namespace| self.allow(*resource, Some(namespace)))
                }
            })
            .map(|((group, resource), _)| match group {
                "" => resource.to_owned(),
                group => format!("{resource}.{group}"),
            })
            .collect()
    }

    fn allow(&self, (group, resource): Resource, namespace: Option<&str>) -> bool {
        VERBS.iter().all(|verb| {
            self.rules.iter().any(|(within, rule)| {
                let has = |list: &[String], wanted: &str| list.iter().any(|item| item == "*" || item == wanted);
                (within.is_none() || *within == namespace)
                    && has(rule.api_groups.as_deref().unwrap_or_default(), group)
                    && has(rule.resources.as_deref().unwrap_or_default(), resource)
                    && has(&rule.verbs, verb)
                    // A rule with resource names does not permit listing everything.
                    && rule.resource_names.as_ref().is_none_or(Vec::is_empty)
            })
        })
    }

    /// Describes the roles that grant the account's permissions.
    fn sources(&self) -> String {
        format!("its rights are those of {}", self.roles.join(", "))
    }
}

/// The resources that a discovery lists and watches, each with whether it is cluster-scoped. Mirrors the `newInformer`
/// calls in Prometheus' `discovery/kubernetes/kubernetes.go`.
fn needed(discovery: &Node) -> Vec<(Resource, bool)> {
    const PODS: Resource = ("", "pods");
    const SERVICES: Resource = ("", "services");
    const NODES: Resource = ("", "nodes");
    let role = text(discovery.get("role"));
    let mut needed = match role {
        "node" => vec![(NODES, true)],
        "service" => vec![(SERVICES, false)],
        "pod" => vec![(PODS, false)],
        "endpoints" => vec![(("", "endpoints"), false), (SERVICES, false), (PODS, false)],
        "endpointslice" => vec![
            (("discovery.k8s.io", "endpointslices"), false),
            (SERVICES, false),
            (PODS, false),
        ],
        "ingress" => vec![(("networking.k8s.io", "ingresses"), false)],
        _ => Vec::new(),
    };
    let attaches = |what: &str| is_true(discovery.at(["attach_metadata", what]));
    if attaches("node") && matches!(role, "pod" | "endpoints" | "endpointslice") {
        needed.push((NODES, true));
    }
    if attaches("namespace") && role != "node" {
        needed.push((("", "namespaces"), true));
    }
    needed
}

/// Whether a subject is an account or one of its groups.
fn is_bound(subject: &Subject, account: &str, namespace: &str, of_binding: &str) -> bool {
    let given = subject.namespace.as_deref().filter(|given| !given.is_empty());
    match &*subject.kind {
        "ServiceAccount" => subject.name == account && given.unwrap_or(of_binding) == namespace,
        "Group" => match &*subject.name {
            "system:serviceaccounts" | "system:authenticated" => true,
            name => name.strip_prefix("system:serviceaccounts:") == Some(namespace),
        },
        _ => false,
    }
}

/// The rules of a role in the release; none if the role is missing or aggregated by the cluster.
fn rules<'a>(context: &'a Context<'_>, role: &RoleRef, namespace: &str) -> Option<&'a [PolicyRule]> {
    let mut objects = context
        .objects
        .of_kind(&role.kind)
        .filter(|object| object.name() == role.name);
    let rules = objects.find_map(|object| match &object.typed {
        Some(Typed::ClusterRole(role)) if role.aggregation_rule.is_none() => Some(&role.rules),
        Some(Typed::Role(role)) if object.namespace() == namespace => Some(&role.rules),
        _ => None,
    })?;
    Some(rules.as_deref().unwrap_or_default())
}
