//! The checked flags of kube-apiserver, and what a command line sets them to.

use gostd::csv;
use source::Span;

/// The type of a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A string; the last setting wins.
    Text,
    /// The path of a file in the container.
    Path,
    /// A list in CSV; all settings are concatenated.
    List,
    /// A boolean: true if given without a value.
    Switch,
}

/// The checked flags, with their types in Kubernetes 1.37. The API server has about 200.
const KNOWN: &[(&str, Kind)] = &[
    ("anonymous-auth", Kind::Switch),
    ("authentication-config", Kind::Path),
    ("authorization-config", Kind::Path),
    ("authorization-mode", Kind::List),
    ("authorization-policy-file", Kind::Path),
    ("authorization-webhook-config-file", Kind::Path),
    ("client-ca-file", Kind::Path),
    ("enable-aggregator-routing", Kind::Switch),
    ("kubelet-certificate-authority", Kind::Path),
    ("kubelet-client-certificate", Kind::Path),
    ("kubelet-client-key", Kind::Path),
    ("proxy-client-cert-file", Kind::Path),
    ("proxy-client-key-file", Kind::Path),
    ("requestheader-allowed-names", Kind::List),
    ("requestheader-client-ca-file", Kind::Path),
    ("requestheader-extra-headers-prefix", Kind::List),
    ("requestheader-group-headers", Kind::List),
    ("requestheader-username-headers", Kind::List),
    ("service-account-issuer", Kind::Text),
    ("service-cluster-ip-range", Kind::Text),
    ("tls-cert-file", Kind::Path),
    ("tls-private-key-file", Kind::Path),
];

/// The maximum size of a list in bytes.
const MAX_LIST: usize = 16 << 10;

/// The type of a checked flag.
pub(super) fn kind(name: &str) -> Option<Kind> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// The names of the checked flags.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(known, _)| *known)
}

/// A flag setting.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    /// The name without dashes, as pflag normalizes it.
    pub(super) name: String,
    pub(super) value: String,
    /// Its place. For a flag that kubeadm sets, the place of kubeadm's settings.
    pub(super) place: Span,
    /// The place of its value.
    pub(super) value_place: Span,
    /// Whether the value contains a variable that is known only at run time.
    pub(super) is_open: bool,
    /// Whether kubeadm sets the flag, rather than the file.
    pub(super) is_default: bool,
}

/// The flags in order.
#[derive(Debug, Default)]
pub(super) struct Flags(Vec<Flag>);

impl Flags {
    pub(super) fn push(&mut self, flag: Flag) {
        self.0.push(flag);
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Flag> {
        self.0.iter()
    }

    /// The first setting of a flag.
    pub(super) fn first(&self, name: &str) -> Option<&Flag> {
        self.0.iter().find(|flag| flag.name == name)
    }

    /// The last setting of a flag, which takes effect.
    pub(super) fn last(&self, name: &str) -> Option<&Flag> {
        self.0.iter().rfind(|flag| flag.name == name)
    }

    /// The values of all settings of a list flag, each with its setting.
    ///
    /// # Errors
    /// The setting that is not valid CSV, and why.
    pub(super) fn list(&self, name: &str) -> Result<Vec<(String, &Flag)>, (&Flag, String)> {
        let mut values = Vec::new();
        for flag in self.0.iter().filter(|flag| flag.name == name) {
            // pflag reads an empty text as an empty list.
            if flag.value.is_empty() {
                continue;
            }
            if flag.value.len() > MAX_LIST {
                return Err((flag, format!("it has more than {} KiB", MAX_LIST >> 10)));
            }
            let fields = csv::record(&flag.value).map_err(|error| (flag, error))?;
            values.extend(fields.into_iter().map(|value| (value, flag)));
        }
        Ok(values)
    }
}
