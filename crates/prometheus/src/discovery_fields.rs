//! Fields that many sections of service discovery have.

use super::schema::{Field, Struct, TEXTS, Ty, free};

/// The port of the targets.
pub(super) const PORT: Field = ("port", Ty::Int);
/// How often the targets are asked for.
pub(super) const REFRESH: Field = ("refresh_interval", Ty::Duration);

static FILTER: Struct = Struct {
    name: "Filter",
    fields: &[&[("name", Ty::Text), ("values", TEXTS)]],
    check: free,
};
/// Which of the resources become targets.
pub(super) const FILTERS: Field = ("filters", Ty::List(&Ty::Struct(&FILTER)));
