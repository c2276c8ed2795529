//! A run of lint: a chart with its values for a cluster.

use std::sync::Arc;

use engine::stages::Request;

/// One chart with one set of values for one cluster.
#[derive(Clone, Debug)]
pub struct Run {
    /// The difference from the other runs: `values/a.yaml, Kubernetes 1.33`; empty if there is only one run.
    pub name: Arc<str>,
    /// The chart as the user named it.
    pub chart: Arc<str>,
    /// The render request.
    pub request: Request,
    /// Files and folders with CustomResourceDefinitions.
    pub crds: Vec<String>,
    /// Files and folders with admission policies and their bindings, parameters and namespaces.
    pub policies: Vec<String>,
}

/// Which parts of a target are linted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    All,
    /// Only the values; nothing is rendered.
    Values,
}
