//! `.Capabilities`: the cluster that a chart is rendered for.

use std::any::Any;

use gostd::quote::quote;
use govalue::{Element, Struct, Value, list_of, object};

/// The Kubernetes version that Helm 4.3.1 assumes by default.
pub const DEFAULT_KUBE_VERSION: &str = "v1.37.0";

/// The API versions that Helm 4.3.1 assumes, in the same order.
const API_VERSIONS: [&str; 55] = [
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "internal.apiserver.k8s.io/v1alpha1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1beta1",
    "certificates.k8s.io/v1alpha1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "lifecycle.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1beta1",
    "rbac.authorization.k8s.io/v1alpha1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1beta2",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1alpha3",
    "scheduling.k8s.io/v1beta1",
    "scheduling.k8s.io/v1",
    "storage.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storagemigration.k8s.io/v1",
    "storagemigration.k8s.io/v1beta1",
];

/// The API versions of CRDs, which Helm appends to the others.
const CRD_API_VERSIONS: [&str; 2] = ["apiextensions.k8s.io/v1beta1", "apiextensions.k8s.io/v1"];

/// The capabilities of a cluster.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// Its Kubernetes version.
    pub kube_version: KubeVersion,
    /// The API versions that it serves, such as `apps/v1`.
    pub api_versions: Vec<String>,
}

impl Default for Capabilities {
    fn default() -> Self {
        let kube_version = KubeVersion {
            version: DEFAULT_KUBE_VERSION.to_owned(),
            normalized: DEFAULT_KUBE_VERSION.to_owned(),
            major: "1".to_owned(),
            minor: "37".to_owned(),
        };
        let api_versions = API_VERSIONS
            .iter()
            .chain(&CRD_API_VERSIONS)
            .map(ToString::to_string)
            .collect();
        Self {
            kube_version,
            api_versions,
        }
    }
}

/// A version of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    /// The version as given, with a leading `v`: `v1.33.4-gke.1245000`.
    pub version: String,
    /// The version without anything after the patch number. Constraints are checked against it.
    pub normalized: String,
    /// The major number.
    pub major: String,
    /// The minor number.
    pub minor: String,
}

impl KubeVersion {
    /// Parses a version as Kubernetes' `ParseGeneric` does: two or more numbers, then anything.
    ///
    /// # Errors
    /// Kubernetes' error message for an invalid version.
    pub fn parse(text: &str) -> Result<Self, String> {
        let quoted = quote(text);
        // Go's `^\s*v?([0-9]+(?:\.[0-9]+)*)(.*)*$`.
        let body = text.trim_start_matches(['\t', '\n', '\x0C', '\r', ' ']);
        let body = body.strip_prefix('v').unwrap_or(body);
        let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
        let mut end = 0;
        for (at, c) in body.char_indices() {
            let goes_on = match c {
                '.' => at > 0 && is_digit(body[at + 1..].chars().next()),
                _ => c.is_ascii_digit(),
            };
            if !goes_on {
                break;
            }
            end = at + 1;
        }
        let (numbers_text, rest) = body.split_at(end);
        if end == 0 || rest.contains('\n') {
            return Err(format!("could not parse {quoted} as version"));
        }
        if !numbers_text.contains('.') {
            return Err(format!("illegal version string {quoted}"));
        }
        let mut numbers = Vec::new();
        for (at, part) in numbers_text.split('.').enumerate() {
            let shown = quote(part);
            if at == 0 && part.len() > 1 && part.starts_with('0') {
                return Err(format!("illegal zero-prefixed version component {shown} in {quoted}"));
            }
            let number = part.parse::<u64>().map_err(|_| {
                let reason = format!("strconv.ParseUint: parsing {shown}: value out of range");
                format!("illegal non-numeric version component {shown} in {quoted}: {reason}")
            })?;
            numbers.push(number);
        }
        let version = if text.starts_with('v') {
            text.to_owned()
        } else {
            format!("v{text}")
        };
        let shown: Vec<String> = numbers.iter().map(u64::to_string).collect();
        Ok(Self {
            version,
            normalized: format!("v{}", shown.join(".")),
            major: numbers[0].to_string(),
            minor: numbers[1].to_string(),
        })
    }
}

impl Capabilities {
    /// The value of `.Capabilities` in templates.
    pub(super) fn value(&self) -> Value {
        object(self.clone())
    }
}

impl Struct for Capabilities {
    fn type_name(&self) -> &'static str {
        "*common.Capabilities"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let api_versions = self
            .api_versions
            .iter()
            .map(|version| Value::from(version.as_str()))
            .collect();
        vec![
            ("KubeVersion", object(self.kube_version.clone())),
            ("APIVersions", list_of(Element::ApiVersion, api_versions)),
            ("HelmVersion", object(HelmVersion)),
        ]
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Struct for KubeVersion {
    fn type_name(&self) -> &'static str {
        "common.KubeVersion"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", Value::from(&*self.version)),
            ("Major", Value::from(&*self.major)),
            ("Minor", Value::from(&*self.minor)),
        ]
    }

    fn call(&self, method: &str, arguments: &[Value]) -> Option<Result<Value, govalue::MethodError>> {
        let result = match method {
            "String" => &self.normalized,
            "GitVersion" => &self.version,
            _ => return None,
        };
        Some(super::field::no_arguments(method, arguments).map(|()| Value::from(&**result)))
    }

    fn printed(&self) -> Option<String> {
        Some(self.normalized.clone())
    }

    fn printed_fields(&self) -> Vec<Value> {
        [&self.version, &self.normalized, &self.major, &self.minor]
            .map(|text| Value::from(&**text))
            .to_vec()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Capabilities.HelmVersion`: the build information of Helm 4.3.1, because some charts check it.
#[derive(Debug)]
struct HelmVersion;

impl Struct for HelmVersion {
    fn type_name(&self) -> &'static str {
        "version.BuildInfo"
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Version", "v4.3.1".into()),
            ("GitCommit", "c0d08d0d6d9424d4a14febb5e8a3e51b0dd00dff".into()),
            ("GitTreeState", "clean".into()),
            ("GoVersion", "go1.27.2".into()),
            ("KubeClientVersion", "v1.37".into()),
        ]
    }

    fn marshal(&self) -> Option<Value> {
        let keys = [
            "version",
            "git_commit",
            "git_tree_state",
            "go_version",
            "kube_client_version",
        ];
        let entries = keys
            .into_iter()
            .zip(self.fields())
            .map(|(key, (_, value))| (key.into(), value))
            .collect();
        Some(govalue::map(entries))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
