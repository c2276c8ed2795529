//! The arguments of template functions: their signatures, plus constraints that the signatures do not express.

use promchart::functions::{Function, all};
use promchart::reflect::Type;

use super::texts::Text;

/// The kind of a value, as far as the generator distinguishes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    String,
    Int,
    /// A `float64`: a constant, a result, or a number in the values.
    Float,
    Bool,
    Map,
    /// A `[]interface {}`.
    List,
    /// A `[]string`.
    Strings,
    Time,
    Duration,
    Version,
    Nil,
}

/// The expected argument of a parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    Of(Kind),
    /// A string with a format.
    Text(Text),
    /// A number that is always small, because Helm makes lists and strings of any length.
    Small,
    /// Any number.
    Number,
    /// A value that is always a time: for anything else Helm uses the current time.
    Moment,
}

/// Functions that are not deterministic, take long, or end the render on purpose.
const LEFT_OUT: &[&str] = &[
    "ago",
    "bcrypt",
    "buildCustomCert",
    "derivePassword",
    "encryptAES",
    "fail",
    "genCA",
    "genCAWithKey",
    "genPrivateKey",
    "genSelfSignedCert",
    "genSelfSignedCertWithKey",
    "genSignedCert",
    "genSignedCertWithKey",
    "getHostByName",
    "htpasswd",
    "now",
    "randAlpha",
    "randAlphaNum",
    "randAscii",
    "randBytes",
    "randInt",
    "randNumeric",
    "shuffle",
    "uuidv4",
    "include",
    "tpl",
    "printf",
    "keys",
    "values",
    "dict",
];

/// The functions that are called generically. The generator has special rules for a few others.
pub(super) fn functions() -> Vec<&'static Function> {
    all().filter(|function| !LEFT_OUT.contains(&function.name)).collect()
}

/// The kind of a function's result.
pub(super) fn result(function: &Function) -> Kind {
    let result = function.result.trim_start_matches('(').trim_end_matches(", error)");
    match result {
        "string" => Kind::String,
        "int" | "int64" => Kind::Int,
        "float64" => Kind::Float,
        "bool" => Kind::Bool,
        "[]string" => Kind::Strings,
        "time.Time" => Kind::Time,
        "time.Duration" => Kind::Duration,
        "*semver.Version" => Kind::Version,
        _ if result.starts_with("[]") => Kind::List,
        _ if result.starts_with("map") => Kind::Map,
        _ => Kind::Any,
    }
}

/// The expected arguments of a function. For a variadic function the last one can be repeated.
#[expect(clippy::match_same_arms, reason = "functions are grouped by what they are about")]
pub(super) fn slots(function: &Function) -> Vec<Slot> {
    use Kind::{Any, Bool, Float, Int, List, Map, Strings, Time};
    use Slot::{Moment, Number, Of, Small, Text as T};
    let string = Of(Kind::String);
    let name = function.name.trim_start_matches("must");
    let mut lower = name.to_owned();
    if name != function.name {
        lower = name[..1].to_lowercase() + &name[1..];
    }
    let known: &[Slot] = match &*lower {
        "append" | "push" | "prepend" => &[Of(List), Of(Any)],
        "first" | "last" | "rest" | "initial" | "reverse" | "uniq" | "compact" => &[Of(List)],
        "concat" => &[Of(List), Of(List)],
        "chunk" => &[Small, Of(List)],
        "has" => &[Of(Any), Of(List)],
        "without" => &[Of(List), Of(Any)],
        "slice" => &[Of(List), Small],
        "index" => &[Of(List), Small],
        "join" => &[T(Text::Separator), Of(Strings)],
        "sortAlpha" | "toStrings" => &[Of(List)],
        "len" => &[Of(List)],
        "atoi" => &[T(Text::Number)],
        "toDecimal" | "int" | "int64" | "float64" => &[T(Text::Number)],
        "add" | "mul" | "max" | "min" | "biggest" | "sub" | "div" | "mod" | "add1" => &[Number, Number],
        "addf" | "subf" | "mulf" | "divf" | "maxf" | "minf" | "add1f" | "ceil" | "floor" => &[Number, Number],
        "round" => &[Number, Small, Of(Float)],
        "eq" | "ne" | "lt" | "le" | "gt" | "ge" => &[Of(Int), Of(Int)],
        "until" | "seq" | "untilStep" => &[Small, Small, Small],
        "repeat" | "indent" | "nindent" => &[Small, string],
        "b64dec" => &[T(Text::Base64)],
        "b32dec" => &[T(Text::Base32)],
        "decryptAES" => &[string, T(Text::Base64)],
        "date" => &[T(Text::Layout), Moment],
        "dateInZone" | "date_in_zone" => &[T(Text::Layout), Moment, T(Text::Zone)],
        "htmlDate" => &[Moment],
        "htmlDateInZone" => &[Moment, T(Text::Zone)],
        "dateModify" | "date_modify" | "must_date_modify" => &[T(Text::Duration), Of(Time)],
        "duration" => &[T(Text::Number)],
        "durationRound" | "toDuration" => &[T(Text::Duration)],
        "durationRoundTo" | "durationTruncateTo" => &[T(Text::Duration), T(Text::Duration)],
        name if name.starts_with("duration") => &[T(Text::Duration)],
        "fromJson" => &[T(Text::Json)],
        "fromJsonArray" => &[T(Text::JsonList)],
        "fromYaml" | "fromYamlArray" => &[T(Text::Yaml)],
        "fromToml" => &[T(Text::Toml)],
        "regexMatch" | "regexFind" => &[T(Text::Regex), string],
        "regexFindAll" | "regexSplit" => &[T(Text::Regex), string, Small],
        "regexReplaceAll" | "regexReplaceAllLiteral" => &[T(Text::Regex), string, T(Text::Replacement)],
        "semver" => &[T(Text::Version)],
        "semverCompare" => &[T(Text::Constraint), T(Text::Version)],
        "urlParse" => &[T(Text::Url)],
        "base" | "dir" | "ext" | "clean" | "isAbs" | "osBase" | "osDir" | "osExt" | "osClean" | "osIsAbs" => {
            &[T(Text::Path)]
        }
        "kindIs" => &[T(Text::Kind), Of(Any)],
        "typeIs" | "typeIsLike" => &[T(Text::GoType), Of(Any)],
        "camelcase" | "snakecase" | "kebabcase" | "title" | "untitle" | "swapcase" | "initials" | "nospace"
        | "lower" | "upper" => &[T(Text::Words)],
        "wrap" => &[Small, T(Text::Words)],
        "wrapWith" => &[Small, T(Text::Separator), T(Text::Words)],
        "abbrev" => &[Small, T(Text::Words)],
        "abbrevboth" => &[Small, Small, T(Text::Words)],
        "trunc" => &[Small, string],
        "substr" => &[Small, Small, string],
        "get" | "hasKey" | "unset" => &[Of(Map), T(Text::Key)],
        "set" => &[Of(Map), T(Text::Key), Of(Any)],
        "pick" | "omit" => &[Of(Map), T(Text::Key)],
        "pluck" => &[T(Text::Key), Of(Map)],
        "dig" => &[T(Text::Key), Of(Any), Of(Map)],
        "split" | "splitList" => &[T(Text::Separator), string],
        "splitn" => &[T(Text::Separator), Small, string],
        "replace" => &[T(Text::Separator), T(Text::Separator), string],
        "contains" | "hasPrefix" | "hasSuffix" | "trimPrefix" | "trimSuffix" | "trimAll" | "trimall" => {
            &[T(Text::Separator), string]
        }
        "ternary" => &[Of(Any), Of(Any), Of(Bool)],
        _ => &[],
    };
    let count = function.signature.parameters.len();
    let own = |at: usize| match function.signature.parameters[at] {
        Type::Bool => Of(Bool),
        Type::Int | Type::Int64 | Type::Uint32 => Small,
        Type::Float64 => Of(Float),
        Type::String => string,
        Type::Map => Of(Map),
        Type::List => Of(List),
        Type::Time => Of(Time),
        Type::Duration => Of(Kind::Duration),
        Type::Version => Of(Kind::Version),
        _ => Of(Any),
    };
    if lower == "dig" {
        return known.to_vec();
    }
    (0..count)
        .map(|at| known.get(at).copied().unwrap_or_else(|| own(at)))
        .collect()
}
