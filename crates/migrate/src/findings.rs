//! The rules of a migration's findings.

use diagnostics::Severity;
use diagnostics::report::RuleInfo;

/// The rule for values with a different meaning at their new place.
pub const MAPPED: &str = "migrate-mapped";
/// The rule for values that are left out without any change in effect.
pub const SAME: &str = "migrate-same";
/// The rule for values that are not carried over.
pub const LOST: &str = "migrate-lost";
/// The rule for keys that the community chart does not have.
pub const UNKNOWN: &str = "migrate-unknown";
/// The rule for values that are carried over, but should be changed.
pub const ADVICE: &str = "migrate-advice";

/// All rules, for reports that list them.
pub const RULES: [RuleInfo; 5] = [
    rule(MAPPED, "A value means something else in its new place.", Severity::Info),
    rule(
        SAME,
        "A value is left out, because the chart does the same without it.",
        Severity::Info,
    ),
    rule(LOST, "A value is not carried over.", Severity::Warning),
    rule(UNKNOWN, "The community chart has no such key.", Severity::Warning),
    rule(
        ADVICE,
        "A value is carried over, but better be changed.",
        Severity::Warning,
    ),
];

const fn rule(id: &'static str, summary: &'static str, severity: Severity) -> RuleInfo {
    RuleInfo {
        id,
        family: "migrate",
        summary,
        page: summary,
        severity,
    }
}
