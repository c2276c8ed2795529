//! The grammar or range of each field. Sorted by definition.
//!
//! Ranges and grammars are those of `k8s.io/kubernetes/pkg/apis/*/validation` and of the fields' own documentation.

use super::Format::{self, Cidr, Ip, NotEmpty, Percentage, Port, PortOrNone, Range, Text, TextOrEmpty};
use crate::formats::{cron, image, labels, names, network, times};

const LABEL_OR_EMPTY: Format = TextOrEmpty("bad-name", "a DNS label", names::label);
const SUBDOMAIN_OR_EMPTY: Format = TextOrEmpty("bad-name", "a DNS subdomain", names::subdomain);
/// `IsPathSegmentName`
const SEGMENT: Format = TextOrEmpty("bad-name", "a name", names::path_segment);
const QUALIFIED: Format = Text("bad-label", "a qualified name", labels::key);
const DOMAIN_PATH: Format = Text("bad-name", "a name with a domain before it", names::short_domain_path);
const TIME_ZONE: Format = Text("invalid-enum-value", "a time zone", times::zone);
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
const CRON: Format = Text("bad-cron-schedule", "a schedule", cron::schedule);
const PORT_NAME: Format = TextOrEmpty("bad-port-name", "a port's name", names::port);
const ABSOLUTE: Format = TextOrEmpty("bad-path", "an absolute path", absolute);
const RELATIVE: Format = TextOrEmpty("bad-path", "a path in a volume", network::relative_path);
const UNRESERVED: Format = TextOrEmpty("bad-path", "a path in a volume", network::unreserved_path);
const NO_BACKSTEPS: Format = TextOrEmpty("bad-path", "a path of a host", network::path_without_backsteps);
const PORT_NUMBER: Format = Range(1, 65535);
/// 0 means "none".
const PORT_OR_NONE: Format = Range(0, 65535);
const NOT_NEGATIVE: Format = Range(0, i64::MAX);
/// For fields in which 0 does not mean a default.
const POSITIVE: Format = Range(1, i64::MAX);
/// User and group ids.
const ID: Format = Range(0, 0x7fff_ffff);
/// 0777: in YAML, 0644 is octal and 644 is not.
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
            "apps.v1.ReplicaSetSpec",
            "apps.v1.StatefulSetSpec",
            "core.v1.ReplicationControllerSpec",
        ],
        "minReadySeconds",
        NOT_NEGATIVE,
    ),
    (
        &["apps.v1.DaemonSetSpec", "apps.v1.DeploymentSpec"],
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
    (&["apps.v1.ControllerRevision"], "revision", NOT_NEGATIVE),
    (&["apps.v1.RollingUpdateStatefulSetStrategy"], "partition", NOT_NEGATIVE),
    (WORKLOADS, "replicas", NOT_NEGATIVE),
    (&["apps.v1.StatefulSetOrdinals"], "start", NOT_NEGATIVE),
    (&["apps.v1.StatefulSetSpec"], "serviceName", LABEL_OR_EMPTY),
    (
        &[
            "autoscaling.v1.CrossVersionObjectReference",
            "autoscaling.v2.CrossVersionObjectReference",
        ],
        "kind",
        SEGMENT,
    ),
    (
        &[
            "autoscaling.v1.CrossVersionObjectReference",
            "autoscaling.v2.CrossVersionObjectReference",
        ],
        "name",
        SEGMENT,
    ),
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
    (
        &["autoscaling.v2.ContainerResourceMetricSource"],
        "container",
        LABEL_OR_EMPTY,
    ),
    (&["autoscaling.v2.HPAScalingPolicy"], "periodSeconds", Range(1, 1800)),
    (&["autoscaling.v2.HPAScalingPolicy"], "value", POSITIVE),
    (
        &["autoscaling.v2.HPAScalingRules"],
        "stabilizationWindowSeconds",
        Range(0, 3600),
    ),
    (&["autoscaling.v2.HPAScalingRules"], "policies", NotEmpty),
    (&["autoscaling.v2.MetricIdentifier"], "name", SEGMENT),
    (&["autoscaling.v2.MetricTarget"], "averageUtilization", POSITIVE),
    (&["batch.v1.CronJobSpec"], "failedJobsHistoryLimit", NOT_NEGATIVE),
    (&["batch.v1.CronJobSpec"], "schedule", CRON),
    (&["batch.v1.CronJobSpec"], "startingDeadlineSeconds", NOT_NEGATIVE),
    (&["batch.v1.CronJobSpec"], "successfulJobsHistoryLimit", NOT_NEGATIVE),
    (&["batch.v1.CronJobSpec"], "timeZone", TIME_ZONE),
    (&["batch.v1.JobSpec"], "activeDeadlineSeconds", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "backoffLimit", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "completions", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "parallelism", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "ttlSecondsAfterFinished", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "backoffLimitPerIndex", NOT_NEGATIVE),
    (&["batch.v1.JobSpec"], "managedBy", DOMAIN_PATH),
    (&["batch.v1.JobSpec"], "maxFailedIndexes", NOT_NEGATIVE),
    (&["batch.v1.PodFailurePolicyOnExitCodesRequirement"], "values", NotEmpty),
    (&["batch.v1.PodFailurePolicyOnPodConditionsPattern"], "type", QUALIFIED),
    (&["batch.v1.SuccessPolicy"], "rules", NotEmpty),
    (&["batch.v1.SuccessPolicyRule"], "succeededCount", NOT_NEGATIVE),
    (
        &[
            "core.v1.AWSElasticBlockStoreVolumeSource",
            "core.v1.GCEPersistentDiskVolumeSource",
        ],
        "partition",
        Range(0, 255),
    ),
    (&["core.v1.ClientIPConfig"], "timeoutSeconds", Range(1, 86400)),
    (
        &["core.v1.ConfigMapEnvSource", "core.v1.SecretEnvSource"],
        "name",
        TextOrEmpty("bad-name", "a DNS subdomain", names::subdomain_prefix),
    ),
    (
        &["core.v1.ConfigMapKeySelector", "core.v1.SecretKeySelector"],
        "key",
        CONFIG_KEY,
    ),
    (
        &["core.v1.ConfigMapKeySelector", "core.v1.SecretKeySelector"],
        "name",
        SUBDOMAIN_OR_EMPTY,
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
    (&["core.v1.DownwardAPIVolumeFile"], "mode", MODE),
    (&["core.v1.DownwardAPIVolumeFile"], "path", UNRESERVED),
    (
        &["core.v1.EmptyDirVolumeSource"],
        "sizeLimit",
        TextOrEmpty("bad-quantity", "an amount", not_negative),
    ),
    (&["core.v1.EndpointAddress"], "hostname", LABEL_OR_EMPTY),
    (&["core.v1.EndpointAddress"], "nodeName", SUBDOMAIN),
    (
        &["core.v1.EndpointPort", "discovery.v1.EndpointPort"],
        "appProtocol",
        QUALIFIED,
    ),
    (
        &["core.v1.EndpointPort", "discovery.v1.EndpointPort"],
        "name",
        LABEL_OR_EMPTY,
    ),
    (&["core.v1.EndpointPort"], "port", PORT_NUMBER),
    (
        &["core.v1.EnvFromSource"],
        "prefix",
        TextOrEmpty(
            "bad-name",
            "the start of an environment variable's name",
            names::environment_variable,
        ),
    ),
    (&["core.v1.EnvVar"], "name", ENVIRONMENT),
    (&["core.v1.FileKeySelector"], "key", ENVIRONMENT),
    (
        &["core.v1.FileKeySelector"],
        "path",
        TextOrEmpty("bad-path", "a path in a volume", network::path_without_backsteps),
    ),
    (&["core.v1.FileKeySelector"], "volumeName", LABEL_OR_EMPTY),
    (&["core.v1.GRPCAction"], "port", PORT_NUMBER),
    (&["core.v1.HTTPGetAction", "core.v1.TCPSocketAction"], "port", Port),
    (&["core.v1.GitRepoVolumeSource"], "directory", RELATIVE),
    (
        &["core.v1.HTTPHeader"],
        "name",
        Text("bad-name", "the name of an HTTP header", names::http_header),
    ),
    (&["core.v1.HostAlias"], "hostnames", SUBDOMAIN),
    (&["core.v1.HostAlias"], "ip", Ip),
    (&["core.v1.HostPathVolumeSource"], "path", NO_BACKSTEPS),
    (
        &["core.v1.ISCSIVolumeSource"],
        "iqn",
        TextOrEmpty("bad-name", "the name of an iSCSI target", iscsi),
    ),
    (&["core.v1.ISCSIVolumeSource"], "lun", Range(0, 255)),
    (&["core.v1.KeyToPath"], "key", CONFIG_KEY),
    (&["core.v1.KeyToPath"], "mode", MODE),
    (&["core.v1.KeyToPath"], "path", UNRESERVED),
    (&["core.v1.NFSVolumeSource"], "path", ABSOLUTE),
    (&["core.v1.NodeSelector"], "nodeSelectorTerms", NotEmpty),
    (&["core.v1.PodAffinityTerm"], "topologyKey", LABEL_KEY),
    (&["core.v1.PodAffinityTerm"], "matchLabelKeys", LABEL_KEY),
    (&["core.v1.PodAffinityTerm"], "mismatchLabelKeys", LABEL_KEY),
    (&["core.v1.PodAffinityTerm"], "namespaces", LABEL),
    (&["core.v1.PodDNSConfig"], "nameservers", Ip),
    (&["core.v1.PodReadinessGate"], "conditionType", QUALIFIED),
    (&["core.v1.PodResourceClaim"], "name", LABEL),
    (&["core.v1.PodResourceClaim"], "resourceClaimName", SUBDOMAIN),
    (&["core.v1.PodResourceClaim"], "resourceClaimTemplateName", SUBDOMAIN),
    (&["core.v1.PodSchedulingGate"], "name", QUALIFIED),
    (&["core.v1.PodSchedulingGroup"], "podGroupName", SUBDOMAIN),
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
    (&["core.v1.PodSpec"], "activeDeadlineSeconds", Range(1, 0x7fff_ffff)),
    (&["core.v1.PodSpec"], "containers", NotEmpty),
    (&["core.v1.PodSpec"], "hostname", LABEL_OR_EMPTY),
    (&["core.v1.PodSpec"], "priorityClassName", SUBDOMAIN_OR_EMPTY),
    (&["core.v1.PodSpec"], "serviceAccountName", SUBDOMAIN_OR_EMPTY),
    (&["core.v1.PodSpec"], "subdomain", LABEL_OR_EMPTY),
    (
        &["core.v1.PodSpec"],
        "hostnameOverride",
        Text("bad-name", "a DNS subdomain", names::hostname),
    ),
    (&["core.v1.PodSpec"], "nodeName", SUBDOMAIN_OR_EMPTY),
    (&["core.v1.PodSpec"], "runtimeClassName", SUBDOMAIN),
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
    (&["core.v1.RBDVolumeSource"], "monitors", NotEmpty),
    (&["core.v1.ResourceClaim"], "request", LABEL_OR_EMPTY),
    (&["core.v1.SeccompProfile"], "localhostProfile", RELATIVE),
    (
        &["core.v1.ServiceAccountTokenProjection"],
        "expirationSeconds",
        Range(600, 1 << 32),
    ),
    (&["core.v1.ServiceAccountTokenProjection"], "path", UNRESERVED),
    (
        &["core.v1.ServicePort"],
        "name",
        TextOrEmpty("bad-port-name", "a DNS label", names::label),
    ),
    (&["core.v1.ServicePort"], "nodePort", PORT_OR_NONE),
    (&["core.v1.ServicePort"], "port", PORT_NUMBER),
    (&["core.v1.ServicePort"], "targetPort", PortOrNone),
    (&["core.v1.ServicePort"], "appProtocol", QUALIFIED),
    (&["core.v1.ServiceSpec"], "externalIPs", Ip),
    (&["core.v1.ServiceSpec"], "healthCheckNodePort", PORT_OR_NONE),
    (
        &["core.v1.Sysctl"],
        "name",
        TextOrEmpty("bad-name", "the name of a kernel parameter", names::sysctl),
    ),
    (&["core.v1.TopologySpreadConstraint"], "maxSkew", POSITIVE),
    (&["core.v1.TopologySpreadConstraint"], "minDomains", POSITIVE),
    (&["core.v1.TopologySpreadConstraint"], "topologyKey", LABEL_KEY),
    (&["core.v1.TopologySpreadConstraint"], "matchLabelKeys", LABEL_KEY),
    (&["core.v1.Volume"], "name", LABEL),
    (&["core.v1.VolumeDevice"], "devicePath", NO_BACKSTEPS),
    (&["core.v1.VolumeMount"], "subPath", RELATIVE),
    (&["core.v1.VolumeMount"], "subPathExpr", RELATIVE),
    (
        &["core.v1.WindowsSecurityContextOptions"],
        "gmsaCredentialSpecName",
        SUBDOMAIN,
    ),
    (
        &["core.v1.WindowsSecurityContextOptions"],
        "runAsUserName",
        Text("bad-name", "the name of a Windows user", names::windows_user),
    ),
    (&["discovery.v1.Endpoint"], "addresses", NotEmpty),
    (&["discovery.v1.Endpoint"], "hostname", LABEL),
    (&["discovery.v1.Endpoint"], "nodeName", SUBDOMAIN),
    (&["discovery.v1.ForNode"], "name", SUBDOMAIN),
    (
        &["discovery.v1.ForZone"],
        "name",
        Text("bad-label", "a label value", labels::value),
    ),
    (&["meta.v1.GroupResource"], "group", SUBDOMAIN_OR_EMPTY),
    (
        &["meta.v1.GroupResource"],
        "resource",
        TextOrEmpty("bad-name", "a resource (a DNS-1035 label)", names::label_1035),
    ),
    (&["meta.v1.LabelSelectorRequirement"], "key", LABEL_KEY),
    (&["networking.v1.HTTPIngressPath"], "path", ABSOLUTE),
    (&["networking.v1.HTTPIngressRuleValue"], "paths", NotEmpty),
    (&["networking.v1.IPBlock"], "cidr", Cidr),
    (&["networking.v1.IPBlock"], "except", Cidr),
    (
        &["networking.v1.IngressClassParametersReference"],
        "apiGroup",
        SUBDOMAIN,
    ),
    (&["networking.v1.ParentReference"], "group", SUBDOMAIN_OR_EMPTY),
    (&["networking.v1.ParentReference"], "name", SEGMENT),
    (&["networking.v1.ParentReference"], "namespace", SEGMENT),
    (&["networking.v1.ParentReference"], "resource", SEGMENT),
    (
        &["networking.v1.ServiceCIDRSpec"],
        "cidrs",
        Text("bad-ip", "a block of addresses", network::canonical_cidr),
    ),
    (&["networking.v1.IngressClassParametersReference"], "kind", SEGMENT),
    (&["networking.v1.IngressClassParametersReference"], "name", SEGMENT),
    (&["networking.v1.IngressClassParametersReference"], "namespace", LABEL),
    (
        &["networking.v1.IngressClassSpec"],
        "controller",
        TextOrEmpty("bad-name", "the name of a controller", names::domain_path),
    ),
    (&["networking.v1.IngressRule"], "host", HOST),
    (&["networking.v1.IngressSpec"], "ingressClassName", SUBDOMAIN),
    (
        &["networking.v1.IngressTLS"],
        "hosts",
        Text("bad-name", "a host name", names::wildcard_or_subdomain),
    ),
    (&["networking.v1.IngressTLS"], "secretName", SUBDOMAIN_OR_EMPTY),
    (&["networking.v1.NetworkPolicyPort"], "port", Port),
    (&["networking.v1.ServiceBackendPort"], "name", PORT_NAME),
    (&["networking.v1.ServiceBackendPort"], "number", PORT_OR_NONE),
    (&["policy.v1.PodDisruptionBudgetSpec"], "maxUnavailable", Percentage),
    (&["policy.v1.PodDisruptionBudgetSpec"], "minAvailable", Percentage),
    (&["rbac.v1.PolicyRule"], "verbs", NotEmpty),
];

/// `iscsiInitiatorIqnRegex` and the similar patterns beside it.
fn iscsi(text: &str) -> Result<(), String> {
    let all = |text: &str, length: usize| text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let named = |rest: &str| {
        let (date, rest) = rest.split_once('.')?;
        let (year, month) = date.split_once('-')?;
        let (domain, name) = rest.split_once(':')?;
        let dated = year.len() == 4 && month.len() == 2 && digits(year) && digits(month);
        let of_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let of_name = |c: char| !c.is_whitespace() && !matches!(c, ',' | ';' | '*' | '&' | '$' | '|');
        let good = !domain.is_empty() && domain.chars().all(of_domain) && !name.is_empty() && name.chars().all(of_name);
        (dated && good).then_some(())
    };
    let good = match text.split_once('.') {
        Some(("iqn", rest)) => named(rest).is_some(),
        Some(("eui", rest)) => all(rest, 16),
        Some(("naa", rest)) => all(rest, 32),
        _ => false,
    };
    if good {
        Ok(())
    } else {
        Err("it is like `iqn.2015-02.example.com:disk`, or `eui.` or `naa.` with hexadecimal digits".to_owned())
    }
}

fn not_negative(text: &str) -> Result<(), String> {
    if text.starts_with('-') {
        Err("it is negative".to_owned())
    } else {
        Ok(())
    }
}
