//! Which grammar or range a field has. Sorted by definition.
//!
//! Ranges and grammars are those of `k8s.io/kubernetes/pkg/apis/*/validation` and of the fields' own documentation.

use super::Format::{self, NotEmpty, Percentage, Port, PortOrNone, Range, Text, TextOrEmpty};
use crate::formats::{cron, image, labels, names, network};

const LABEL: Format = Text("bad-name", "a DNS label", names::label);
const SUBDOMAIN: Format = Text("bad-name", "a DNS subdomain", names::subdomain);
const HOST: Format = TextOrEmpty("bad-name", "a host name", names::wildcard_or_subdomain);
const ENVIRONMENT: Format = Text(
    "bad-name",
    "the name of an environment variable",
    names::environment_variable,
);
const IMAGE: Format = TextOrEmpty("bad-image", "an image reference", image::reference);
const CONFIG_KEY: Format = Text("bad-key", "a key of a ConfigMap or Secret", names::config_key);
const LABEL_KEY: Format = Text("bad-label", "a label key", labels::key);
const IP: Format = TextOrEmpty("bad-ip", "an address", network::ip);
const CIDR: Format = Text("bad-ip", "a block of addresses", network::cidr);
const CRON: Format = Text("bad-cron-schedule", "a schedule", cron::schedule);
const PORT_NAME: Format = TextOrEmpty("bad-port-name", "a port's name", names::port);
const ABSOLUTE: Format = TextOrEmpty("bad-path", "an absolute path", absolute);
const RELATIVE: Format = TextOrEmpty("bad-path", "a path in a volume", network::relative_path);
const NO_BACKSTEPS: Format = TextOrEmpty("bad-path", "a path of a host", network::path_without_backsteps);
const PORT_NUMBER: Format = Range(1, 65535);
/// 0 stands for "none".
const PORT_OR_NONE: Format = Range(0, 65535);
const NOT_NEGATIVE: Format = Range(0, i64::MAX);
/// Of a field where 0 does not stand for a default.
const POSITIVE: Format = Range(1, i64::MAX);
/// Users and groups.
const ID: Format = Range(0, 0x7fff_ffff);
/// 0777: YAML's 0644 is octal, 644 is not.
const MODE: Format = Range(0, 0o777);
const WEIGHT: Format = Range(1, 100);

fn absolute(text: &str) -> Result<(), String> {
    if text.starts_with('/') {
        return Ok(());
    }
    Err("it does not start with `/`".to_owned())
}

const CONTAINERS: &[&str] = &["core.v1.Container", "core.v1.EphemeralContainer"];
const WORKLOADS: &[&str] = &[
    "apps.v1.DeploymentSpec",
    "apps.v1.ReplicaSetSpec",
    "apps.v1.StatefulSetSpec",
    "core.v1.ReplicationControllerSpec",
];

/// Definitions, field, format.
pub(super) const FIELDS: &[(&[&str], &str, Format)] = &[
    (
        &[
            "admissionregistration.v1.MutatingWebhook",
            "admissionregistration.v1.ValidatingWebhook",
        ],
        "timeoutSeconds",
        Range(1, 30),
    ),
    (
        &[
            "admissionregistration.v1.MutatingWebhook",
            "admissionregistration.v1.ValidatingWebhook",
        ],
        "admissionReviewVersions",
        NotEmpty,
    ),
    (
        &[
            "admissionregistration.v1.ServiceReference",
            "apiextensions.v1.ServiceReference",
            "apiregistration.v1.ServiceReference",
        ],
        "port",
        PORT_NUMBER,
    ),
    (
        &[
            "apps.v1.DaemonSetSpec",
            "apps.v1.DeploymentSpec",
            "apps.v1.StatefulSetSpec",
        ],
        "minReadySeconds",
        NOT_NEGATIVE,
    ),
    (
        &[
            "apps.v1.DaemonSetSpec",
            "apps.v1.DeploymentSpec",
            "apps.v1.StatefulSetSpec",
        ],
        "revisionHistoryLimit",
        NOT_NEGATIVE,
    ),
    (
        &["apps.v1.RollingUpdateDaemonSet", "apps.v1.RollingUpdateDeployment"],
        "maxSurge",
        Percentage,
    ),
    (
        &["apps.v1.RollingUpdateDaemonSet", "apps.v1.RollingUpdateDeployment"],
        "maxUnavailable",
        Percentage,
    ),
    (
        &["apps.v1.RollingUpdateStatefulSetStrategy"],
        "maxUnavailable",
        Percentage,
    ),
    (&["apps.v1.RollingUpdateStatefulSetStrategy"], "partition", NOT_NEGATIVE),
    (WORKLOADS, "replicas", NOT_NEGATIVE),
    (
        &[
            "autoscaling.v1.HorizontalPodAutoscalerSpec",
            "autoscaling.v2.HorizontalPodAutoscalerSpec",
        ],
        "maxReplicas",
        POSITIVE,
    ),
    (
        &[
            "autoscaling.v1.HorizontalPodAutoscalerSpec",
            "autoscaling.v2.HorizontalPodAutoscalerSpec",
        ],
        "minReplicas",
        NOT_NEGATIVE,
    ),
    (
        &["autoscaling.v1.HorizontalPodAutoscalerSpec"],
        "targetCPUUtilizationPercentage",
        POSITIVE,
    ),
    (&["autoscaling.v2.HPAScalingPolicy"], "periodSeconds", Range(1, 1800)),
    (&["autoscaling.v2.HPAScalingPolicy"], "value", POSITIVE),
    (
        &["autoscaling.v2.HPAScalingRules"],
        "stabilizationWindowSeconds",
        Range(0, 3600),
    ),
    (&["autoscaling.v2.MetricTarget"], "averageUtilization", POSITIVE),
    (&["batch.v1.CronJobSpec"], "failedJobsHistoryLimit", NOT_NEGATIVE),
    (&["batch.v1.CronJobSpec"], "schedule", CRON),
    (&["batch.v1.CronJobSpec"], "startingDeadlineSeconds", NOT_NEGATIVE),
    (&["batch.v1.CronJobSpec"], "successfulJobsHistoryLimit", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "activeDeadlineSeconds", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "backoffLimit", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "completions", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "parallelism", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "ttlSecondsAfterFinished", NOT_NEGATIVE),
    (&["core.v1.ClientIPConfig"], "timeoutSeconds", Range(1, 86400)),
    (
        &["core.v1.ConfigMapKeySelector", "core.v1.SecretKeySelector"],
        "key",
        CONFIG_KEY,
    ),
    (
        &[
            "core.v1.ConfigMapVolumeSource",
            "core.v1.DownwardAPIVolumeSource",
            "core.v1.ProjectedVolumeSource",
            "core.v1.SecretVolumeSource",
        ],
        "defaultMode",
        MODE,
    ),
    (CONTAINERS, "image", IMAGE),
    (CONTAINERS, "name", LABEL),
    (&["core.v1.ContainerPort"], "containerPort", PORT_NUMBER),
    (&["core.v1.ContainerPort"], "hostIP", IP),
    (&["core.v1.ContainerPort"], "hostPort", PORT_OR_NONE),
    (&["core.v1.ContainerPort"], "name", PORT_NAME),
    (&["core.v1.DownwardAPIVolumeFile"], "path", RELATIVE),
    (
        &["core.v1.EmptyDirVolumeSource"],
        "sizeLimit",
        TextOrEmpty("bad-quantity", "an amount", not_negative),
    ),
    (&["core.v1.EnvVar"], "name", ENVIRONMENT),
    (&["core.v1.GRPCAction"], "port", PORT_NUMBER),
    (&["core.v1.HTTPGetAction", "core.v1.TCPSocketAction"], "port", Port),
    (&["core.v1.HostAlias"], "hostnames", SUBDOMAIN),
    (&["core.v1.HostAlias"], "ip", IP),
    (&["core.v1.HostPathVolumeSource"], "path", NO_BACKSTEPS),
    (&["core.v1.KeyToPath"], "key", CONFIG_KEY),
    (&["core.v1.KeyToPath"], "mode", MODE),
    (&["core.v1.KeyToPath"], "path", RELATIVE),
    (&["core.v1.PodAffinityTerm"], "topologyKey", LABEL_KEY),
    (&["core.v1.PodDNSConfig"], "nameservers", IP),
    (&["core.v1.PodSecurityContext"], "fsGroup", ID),
    (&["core.v1.PodSecurityContext"], "supplementalGroups", ID),
    (
        &["core.v1.PodSecurityContext", "core.v1.SecurityContext"],
        "runAsGroup",
        ID,
    ),
    (
        &["core.v1.PodSecurityContext", "core.v1.SecurityContext"],
        "runAsUser",
        ID,
    ),
    (&["core.v1.PodSpec"], "activeDeadlineSeconds", POSITIVE),
    (&["core.v1.PodSpec"], "containers", NotEmpty),
    (
        &["core.v1.PodSpec"],
        "hostname",
        TextOrEmpty("bad-name", "a DNS label", names::label),
    ),
    (
        &["core.v1.PodSpec"],
        "priorityClassName",
        TextOrEmpty("bad-name", "a DNS subdomain", names::subdomain),
    ),
    (
        &["core.v1.PodSpec"],
        "serviceAccountName",
        TextOrEmpty("bad-name", "a DNS subdomain", names::subdomain),
    ),
    (
        &["core.v1.PodSpec"],
        "subdomain",
        TextOrEmpty("bad-name", "a DNS label", names::label),
    ),
    (&["core.v1.PodSpec"], "terminationGracePeriodSeconds", NOT_NEGATIVE),
    (
        &["core.v1.PreferredSchedulingTerm", "core.v1.WeightedPodAffinityTerm"],
        "weight",
        WEIGHT,
    ),
    (&["core.v1.Probe"], "failureThreshold", NOT_NEGATIVE),
    (&["core.v1.Probe"], "initialDelaySeconds", NOT_NEGATIVE),
    (&["core.v1.Probe"], "periodSeconds", NOT_NEGATIVE),
    (&["core.v1.Probe"], "successThreshold", NOT_NEGATIVE),
    (&["core.v1.Probe"], "terminationGracePeriodSeconds", POSITIVE),
    (&["core.v1.Probe"], "timeoutSeconds", NOT_NEGATIVE),
    (
        &["core.v1.ServiceAccountTokenProjection"],
        "expirationSeconds",
        Range(600, 1 << 32),
    ),
    (&["core.v1.ServiceAccountTokenProjection"], "path", RELATIVE),
    (
        &["core.v1.ServicePort"],
        "name",
        TextOrEmpty("bad-port-name", "a DNS label", names::label),
    ),
    (&["core.v1.ServicePort"], "nodePort", PORT_OR_NONE),
    (&["core.v1.ServicePort"], "port", PORT_NUMBER),
    (&["core.v1.ServicePort"], "targetPort", PortOrNone),
    (&["core.v1.ServiceSpec"], "externalIPs", IP),
    (
        &["core.v1.ServiceSpec"],
        "externalName",
        TextOrEmpty("bad-name", "a host name", dns_name),
    ),
    (&["core.v1.ServiceSpec"], "loadBalancerIP", IP),
    (&["core.v1.ServiceSpec"], "loadBalancerSourceRanges", CIDR),
    (&["core.v1.TopologySpreadConstraint"], "maxSkew", POSITIVE),
    (&["core.v1.TopologySpreadConstraint"], "minDomains", POSITIVE),
    (&["core.v1.TopologySpreadConstraint"], "topologyKey", LABEL_KEY),
    (&["core.v1.Volume"], "name", LABEL),
    (&["core.v1.VolumeMount"], "subPath", RELATIVE),
    (&["discovery.v1.EndpointPort"], "port", PORT_OR_NONE),
    (&["meta.v1.LabelSelectorRequirement"], "key", LABEL_KEY),
    (&["networking.v1.HTTPIngressPath"], "path", ABSOLUTE),
    (&["networking.v1.IPBlock"], "cidr", CIDR),
    (&["networking.v1.IPBlock"], "except", CIDR),
    (&["networking.v1.IngressRule"], "host", HOST),
    (
        &["networking.v1.IngressSpec"],
        "ingressClassName",
        TextOrEmpty("bad-name", "a DNS subdomain", names::subdomain),
    ),
    (&["networking.v1.IngressTLS"], "hosts", HOST),
    (&["networking.v1.NetworkPolicyPort"], "port", Port),
    (&["networking.v1.ServiceBackendPort"], "name", PORT_NAME),
    (&["networking.v1.ServiceBackendPort"], "number", PORT_OR_NONE),
    (&["policy.v1.PodDisruptionBudgetSpec"], "maxUnavailable", Percentage),
    (&["policy.v1.PodDisruptionBudgetSpec"], "minAvailable", Percentage),
    (&["rbac.v1.PolicyRule"], "verbs", NotEmpty),
];

fn not_negative(text: &str) -> Result<(), String> {
    if text.starts_with('-') {
        Err("it is negative".to_owned())
    } else {
        Ok(())
    }
}

/// A subdomain, with a dot at its end or not.
fn dns_name(text: &str) -> Result<(), String> {
    names::subdomain(text.strip_suffix('.').unwrap_or(text))
}
