//! The function libraries: CEL's standard functions, the cel-go extensions that Kubernetes enables, and
//! `k8s.io/apiserver/pkg/cel/library`.

pub(crate) mod format;
pub(crate) mod lists;
pub(crate) mod net;
pub(crate) mod quantity;
pub(crate) mod semver;
pub(crate) mod strings;
pub(crate) mod times;
pub(crate) mod url;
