//! Paths. Operating system paths (`osBase` and the like) follow the rules of Linux, as Helm does on Linux.

use super::registry::sprig;
use super::{Call, Function, Outcome};
use gostd::path;
use govalue::Type::String as Str;

/// The functions of this family.
#[rustfmt::skip]
pub(super) const TABLE: &[Function] = &[
    sprig("base", &[Str], "string", base, "the last element of the path"),
    sprig("clean", &[Str], "string", clean, "the shortest path to the same place"),
    sprig("dir", &[Str], "string", dir, "the path without its last element"),
    sprig("ext", &[Str], "string", ext, "the last element's ending, with its point"),
    sprig("isAbs", &[Str], "bool", is_abs, "whether the path begins at the root"),
    sprig("osBase", &[Str], "string", base, "the same as base, by the rules of the operating system"),
    sprig("osClean", &[Str], "string", clean, "the same as clean, by the rules of the operating system"),
    sprig("osDir", &[Str], "string", dir, "the same as dir, by the rules of the operating system"),
    sprig("osExt", &[Str], "string", ext, "the same as ext, by the rules of the operating system"),
    sprig("osIsAbs", &[Str], "bool", is_abs, "the same as isAbs, by the rules of the operating system"),
];

fn base(call: &mut Call<'_>) -> Outcome {
    Ok(path::base(call.str(0)).into())
}

fn clean(call: &mut Call<'_>) -> Outcome {
    Ok(path::clean(call.str(0)).into())
}

fn dir(call: &mut Call<'_>) -> Outcome {
    Ok(path::dir(call.str(0)).into())
}

fn ext(call: &mut Call<'_>) -> Outcome {
    Ok(path::extension(call.str(0)).into())
}

fn is_abs(call: &mut Call<'_>) -> Outcome {
    Ok(call.str(0).starts_with('/').into())
}
