//! Kubernetes objects for promchart: validates an object against a Kubernetes version, and decodes objects for rules
//! that look at several of them. This crate knows nothing of charts, templates or files; it takes values and returns
//! [`Problem`]s.
//!
//! ```
//! use promchart_k8s::{Crds, Version, check};
//!
//! let object = serde_json::json!({
//!     "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
//!     "spec": {"selector": {"matchLabels": {"app": "web"}}, "replicas": "two",
//!              "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "imagee": "nginx"}]}}},
//! });
//! let problems = check(Version::LATEST, &Crds::default(), &object);
//! let found: Vec<_> = problems.iter().map(|problem| (problem.pointer(), problem.rule)).collect();
//! assert_eq!(found, [
//!     ("spec.replicas".to_owned(), "wrong-type"),
//!     ("spec.template.spec.containers[0].imagee".to_owned(), "unknown-field"),
//!     ("spec.template.spec.containers[0]".to_owned(), "missing-required-field"),
//! ]);
//! ```
//!
//! There are three sources of knowledge. `data/definitions.txt` is generated from the schemas in k8s-openapi and lists
//! the fields of objects in each version. `data/enums.txt`, `data/lifecycle.txt` and the tables of `rules` hold the
//! further checks in Kubernetes' Go sources. [`decode`] converts objects to k8s-openapi's types.

mod admission;
mod cel;
mod check;
mod coverage;
mod custom;
mod definitions;
mod describe;
pub mod formats;
mod lifecycle;
mod objects;
mod problem;
mod rules;
mod shape;
mod update;
mod version;
mod walk;
mod walker;
mod words;

pub use admission::{Action, Admission, Verdict, defaulted, is_namespaced};
pub use check::{check, is_defined};
pub use coverage::{Coverage, Served, coverage};
pub use custom::Crds;
pub use describe::{Below, Description, Unknown, describe};
pub use k8s_openapi;
pub use lifecycle::{Lifecycle, all_served, lifecycle, served};
pub use objects::{Object, decode, label_selector, selects};
pub use problem::{Problem, RULES, Rule, Severity, Side, Step};
pub use shape::Shape;
pub use update::{Effect, Outcome, Way, prepared, update};
pub use version::Version;

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
