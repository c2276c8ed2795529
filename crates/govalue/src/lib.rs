//! Go's dynamic values: the parts of `reflect` and `fmt` that templates use, on top of minijinja's `Value`.

mod arguments;
pub mod assign;
pub mod bounds;
pub mod cast;
pub mod compare;
pub mod equal;
pub mod format;
pub mod json;
pub mod map;
pub mod methods;
pub mod print;
mod printer;
pub mod semver;
pub mod time;
pub mod toml;
pub mod truth;
pub mod types;
pub mod value;
pub mod writes;

pub use assign::assign;
pub use bounds::{Limit, Meter};
pub use compare::CompareError;
pub use equal::{deep_copy, deep_equal};
pub use format::{sprint_all, sprintf, sprintln};
pub use map::{Entries, Map};
pub use methods::int_method;
pub use minijinja::Value;
pub use print::{print, sprint, sprint_metered, try_print};
pub use semver::SemVer;
pub use time::{Time, duration};
pub use truth::is_empty;
pub use types::{Element, IntType, MapType, Signature, Type, UintType};
pub use value::{
    Data, List, MethodError, Struct, View, from_node, from_node_with, int_of, int64, list, list_of, map, map_from,
    map_of, nil, nil_list, object, strings, uint_of, view,
};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
