//! Semantic versions.

use super::registry::sprig;
use super::{Call, Function, Outcome};
use gostd::semver::{Constraint, Version};
use govalue::Type::String as Str;
use govalue::{SemVer, object};

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("semver", &[Str], "(*semver.Version, error)", semver, "the version, with methods such as `Major` and `Compare`"),
    sprig("semverCompare", &[Str, Str], "(bool, error)", semver_compare, "whether the version (second) satisfies the constraint"),
];

fn semver(call: &mut Call<'_>) -> Outcome {
    Ok(object(SemVer::new(Version::parse(call.str(0))?)))
}

fn semver_compare(call: &mut Call<'_>) -> Outcome {
    call.host.charge(call.arguments.len() * 10)?;
    let constraint = Constraint::parse(call.str(0))?;
    Ok(constraint.allows(&Version::parse(call.str(1))?).into())
}
