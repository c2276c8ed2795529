//! The checks. Related ones share a file.

pub(super) mod chart;
pub(super) mod discovery;
pub(super) mod kubernetes;
pub(super) mod metadata;
pub(super) mod names;
pub(super) mod network;
pub(super) mod opinion;
pub(super) mod pods;
pub(super) mod policies;
pub(super) mod printed;
pub(super) mod prometheus;
pub(super) mod rbac;
pub(super) mod scaling;
pub(super) mod security;
pub(super) mod selectors;
pub(super) mod templates;
pub(super) mod values;
pub(super) mod volumes;
