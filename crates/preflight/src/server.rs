//! An API server described by a file.

use super::flag::{Flag, Flags};
use super::mount::Mounts;
use diagnostics::{Diagnostic, ObjectRef};
use source::{FileId, Span};

/// The kind of file that describes the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pod manifest, which has all settings.
    Manifest,
    /// A `ClusterConfiguration`; kubeadm supplies the other settings.
    Kubeadm,
}

/// An API server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) kind: Kind,
    pub(super) file: FileId,
    /// The key that contains the flags. Findings about missing flags point to it.
    pub(super) place: Span,
    pub(super) flags: Flags,
    pub(super) mounts: Mounts,
    /// The minor version of Kubernetes 1, if the image or the configuration has it.
    pub(super) minor: Option<u32>,
    pub(super) object: Option<ObjectRef>,
    /// The place of a container probe without credentials.
    pub(super) probe: Option<Span>,
    /// kubeadm's `networking.dnsDomain`.
    pub(super) domain: Option<(String, Span)>,
}

impl Server {
    /// How to set a flag in this file, for help texts.
    pub(super) fn set(&self, name: &str, value: &str) -> String {
        match self.kind {
            Kind::Manifest => format!("add `--{name}={value}` to the command of kube-apiserver"),
            Kind::Kubeadm => format!("set `{name}` to `{value}` in apiServer.extraArgs"),
        }
    }

    /// The effective setting of a flag; none if it is not set.
    pub(super) fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.last(name)
    }

    /// Places a finding at a flag's value.
    pub(super) fn at(flag: &Flag, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(flag.value_place)
    }
}
