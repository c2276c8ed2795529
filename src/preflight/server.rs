//! An API server as a file describes it.

use super::flag::{Flag, Flags};
use super::mount::Mounts;
use crate::diagnostic::{Diagnostic, ObjectRef};
use crate::source::{FileId, Span};

/// The kind of file that describes the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A pod manifest: it says everything.
    Manifest,
    /// A `ClusterConfiguration`: kubeadm sets what it does not say.
    Kubeadm,
}

/// An API server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) kind: Kind,
    pub(super) file: FileId,
    /// The key below which flags are written; findings about missing flags point at it.
    pub(super) place: Span,
    pub(super) flags: Flags,
    pub(super) mounts: Mounts,
    /// The minor version of Kubernetes 1, if the image or the configuration tells.
    pub(super) minor: Option<u32>,
    pub(super) object: Option<ObjectRef>,
    /// A probe of the container that sends no credentials.
    pub(super) probe: Option<Span>,
    /// kubeadm's `networking.dnsDomain`.
    pub(super) domain: Option<(String, Span)>,
}

impl Server {
    /// How to set a flag in this file.
    pub(super) fn set(&self, name: &str, value: &str) -> String {
        match self.kind {
            Kind::Manifest => format!("add `--{name}={value}` to the command of kube-apiserver"),
            Kind::Kubeadm => format!("set `{name}` to `{value}` in apiServer.extraArgs"),
        }
    }

    /// A flag with a value, or nothing if it is not set.
    pub(super) fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.last(name)
    }

    /// The finding at a flag's value, with a mark at the place of the flag.
    pub(super) fn at(flag: &Flag, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(flag.value_place)
    }
}
