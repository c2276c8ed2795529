//! The definition of a rule.

use super::context::Context;
use diagnostics::{Report, Severity};

/// The family of a rule; `--select` and `--ignore` accept families too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Chart.yaml and the files of a chart.
    Chart,
    /// Values files, flags and schemas.
    Values,
    /// Templates.
    Template,
    /// Single objects against the types of Kubernetes.
    Kubernetes,
    /// Objects that do not work, alone or together.
    Objects,
    /// Prometheus' own files and objects.
    Prometheus,
    /// Security risks.
    Security,
    /// Good practices that are a matter of opinion. Off by default.
    Opinion,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 8] = [
        Self::Chart,
        Self::Values,
        Self::Template,
        Self::Kubernetes,
        Self::Objects,
        Self::Prometheus,
        Self::Security,
        Self::Opinion,
    ];

    /// The name that flags and reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chart => "chart",
            Self::Values => "values",
            Self::Template => "template",
            Self::Kubernetes => "kubernetes",
            Self::Objects => "objects",
            Self::Prometheus => "prometheus",
            Self::Security => "security",
            Self::Opinion => "opinion",
        }
    }
}

/// Finds the faults of a rule, and possibly of related rules.
pub(super) type Check = fn(&Context<'_>, &mut Report);

/// A rule. `docs/rules/` has a page about each.
pub struct Rule {
    /// The identifier in kebab case, named after the fault.
    pub id: &'static str,
    /// The family.
    pub family: Family,
    /// The default severity; a finding may have another.
    pub severity: Severity,
    /// Whether it is on by default.
    pub is_on: bool,
    /// Whether it needs the complete release: its findings are wrong if a template fails to render.
    pub needs_all: bool,
    /// The function that finds its faults; `None` if an earlier stage or another rule reports them.
    pub(super) check: Option<Check>,
}
