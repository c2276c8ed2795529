//! Conditions of templates as formulas over the values, and values as far as templates make them of these.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::usage::value::{Path, Step};

/// How many parts a formula may have before nothing is said of it.
const MAX_SIZE: usize = 60;
/// How many ways to meet a formula are kept.
const MAX_WAYS: usize = 12;
/// The most literals of one way.
const MAX_LITERALS: usize = 40;

/// A constant of a template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Text(Arc<str>),
}

impl Constant {
    /// Whether Go's `if` takes it for true.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Bool(value) => *value,
            Self::Int(number) => *number != 0,
            Self::Text(text) => !text.is_empty(),
        }
    }
}

/// One test that a template makes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Atom {
    /// The value at the path is neither empty nor absent.
    Truthy(Path),
    /// It is this.
    Equals(Path, Constant),
    /// It is greater than this number.
    Greater(Path, i64),
    /// It has more items than this.
    Longer(Path, i64),
    /// The path is there.
    Present(Path),
    /// It is of this kind, in the words of `kindOf`.
    Kind(Path, Arc<str>),
    /// A list has it as an item, a text has it in it.
    Contains(Path, Constant),
    /// A text begins with it.
    Prefix(Path, Arc<str>),
    /// A text ends with it.
    Suffix(Path, Arc<str>),
    /// A text matches the pattern.
    Matches(Path, Arc<str>),
    /// The cluster serves this API version or kind.
    Served(Arc<str>),
    /// The release is upgraded.
    Upgrade,
    /// The cluster's version fits the constraint.
    Version(Arc<str>),
}

impl Atom {
    /// The path that the test is about.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::Truthy(path)
            | Self::Equals(path, _)
            | Self::Greater(path, _)
            | Self::Longer(path, _)
            | Self::Present(path)
            | Self::Kind(path, _)
            | Self::Contains(path, _)
            | Self::Prefix(path, _)
            | Self::Suffix(path, _)
            | Self::Matches(path, _) => Some(path),
            Self::Served(_) | Self::Upgrade | Self::Version(_) => None,
        }
    }
}

/// A test and the outcome that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Literal {
    pub(super) atom: Atom,
    pub(super) is_met: bool,
}

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Formula {
    /// It always holds, or never.
    Always(bool),
    /// Nothing is known of it.
    Unknown,
    Atom(Atom),
    Not(Arc<Formula>),
    All(Arc<Vec<Formula>>),
    Any(Arc<Vec<Formula>>),
}

impl Formula {
    /// The opposite.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Always(value) => Self::Always(!value),
            Self::Unknown => Self::Unknown,
            Self::Not(inner) => (*inner).clone(),
            other => Self::Not(Arc::new(other)),
        }
    }

    /// All of several.
    pub(super) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Always(true) => {}
                Self::Always(false) => return Self::Always(false),
                Self::All(inner) => kept.extend(inner.iter().cloned()),
                other => kept.push(other),
            }
        }
        kept.dedup();
        match kept.len() {
            0 => Self::Always(true),
            1 => kept.swap_remove(0),
            _ => Self::All(Arc::new(kept)).bounded(),
        }
    }

    /// Any of several.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Always(false) => {}
                Self::Always(true) => return Self::Always(true),
                Self::Any(inner) => kept.extend(inner.iter().cloned()),
                other => kept.push(other),
            }
        }
        kept.dedup();
        match kept.len() {
            0 => Self::Always(false),
            1 => kept.swap_remove(0),
            _ => Self::Any(Arc::new(kept)).bounded(),
        }
    }

    /// The paths that it is about, with dots, up to the first item; API versions by themselves.
    pub(super) fn paths(&self) -> Vec<String> {
        match self {
            Self::Always(_) | Self::Unknown => Vec::new(),
            Self::Atom(Atom::Served(api)) => vec![api.to_string()],
            Self::Atom(Atom::Upgrade) => vec!["Upgrade".to_owned()],
            Self::Atom(atom) => {
                let steps = atom.path().into_iter().flatten();
                let keys = steps.map_while(|step| match step {
                    Step::Key(name) => Some(&**name),
                    Step::Any => None,
                });
                vec![keys.collect::<Vec<_>>().join(".")]
            }
            Self::Not(inner) => inner.paths(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::paths).collect(),
        }
    }

    /// Whether all parts of it are known.
    pub(super) fn is_sure(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::Always(_) | Self::Atom(_) => true,
            Self::Not(inner) => inner.is_sure(),
            Self::All(parts) | Self::Any(parts) => parts.iter().all(Self::is_sure),
        }
    }

    fn bounded(self) -> Self {
        if self.size() > MAX_SIZE { Self::Unknown } else { self }
    }

    fn size(&self) -> usize {
        match self {
            Self::Always(_) | Self::Unknown | Self::Atom(_) => 1,
            Self::Not(inner) => 1 + inner.size(),
            Self::All(parts) | Self::Any(parts) => 1 + parts.iter().map(Self::size).sum::<usize>(),
        }
    }

    /// Ways to have it come out as wanted, each a set of tests with their outcomes. None if that cannot be; a part of which nothing
    /// is known asks for nothing.
    pub(super) fn ways(&self, wanted: bool) -> Vec<Vec<Literal>> {
        self.ways_with(wanted, &[Vec::new()])
    }

    /// Ways to have it come out as wanted besides each of some others, as far as they go together.
    pub(super) fn ways_with(&self, wanted: bool, others: &[Vec<Literal>]) -> Vec<Vec<Literal>> {
        let all_of = |parts: &[Self]| {
            let first = others.to_vec();
            parts.iter().fold(first, |found, part| part.ways_with(wanted, &found))
        };
        match self {
            Self::Always(value) if *value != wanted => Vec::new(),
            Self::Always(_) | Self::Unknown => others.to_vec(),
            Self::Atom(atom) => {
                let literal = Literal {
                    atom: atom.clone(),
                    is_met: wanted,
                };
                others.iter().filter_map(|other| extended(other, &literal)).collect()
            }
            Self::Not(inner) => inner.ways_with(!wanted, others),
            Self::All(parts) if wanted => all_of(parts),
            Self::Any(parts) if !wanted => all_of(parts),
            Self::All(parts) | Self::Any(parts) => {
                let each = parts.iter().flat_map(|part| part.ways_with(wanted, others));
                let mut found: Vec<Vec<Literal>> = each.collect();
                found.sort_by_key(Vec::len);
                found.dedup();
                found.truncate(MAX_WAYS);
                found
            }
        }
    }
}

/// A way with one more test, if they go together.
fn extended(way: &[Literal], literal: &Literal) -> Option<Vec<Literal>> {
    let mut way = way.to_vec();
    if !way.contains(literal) {
        way.push(literal.clone());
    }
    (way.len() <= MAX_LITERALS && !contradicts(&way)).then_some(way)
}

/// Whether the last test of a way cannot come out as wanted where the others do. What is said of any item of a list can be: there may
/// be two.
pub(super) fn contradicts(way: &[Literal]) -> bool {
    let Some((last, others)) = way.split_last() else {
        return false;
    };
    let is_any = |literal: &Literal| literal.atom.path().is_some_and(|path| path.contains(&Step::Any));
    !is_any(last)
        && others
            .iter()
            .any(|other| excludes(last, other) || excludes(other, last))
}

/// Whether one test rules out another.
fn excludes(one: &Literal, other: &Literal) -> bool {
    match (&one.atom, &other.atom) {
        (Atom::Equals(path, one_constant), Atom::Equals(other_path, constant)) if one.is_met && other.is_met => {
            path == other_path && one_constant != constant
        }
        (Atom::Equals(path, constant), Atom::Truthy(other_path)) if one.is_met => {
            // `toString` may be between.
            let is_text_of_false = matches!(constant, Constant::Text(text) if matches!(&**text, "false" | "0"));
            path == other_path && constant.is_true() != other.is_met && !is_text_of_false
        }
        (Atom::Kind(path, kind), Atom::Kind(other_path, other_kind)) if one.is_met && other.is_met => {
            path == other_path && kind != other_kind
        }
        (Atom::Kind(path, kind), Atom::Truthy(other_path) | Atom::Present(other_path)) if one.is_met => {
            path == other_path && &**kind == "invalid" && other.is_met
        }
        (one_atom, other_atom) => one_atom == other_atom && one.is_met != other.is_met,
    }
}

/// A value, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Known {
    /// Nothing.
    Unknown,
    /// Nothing but that it is not empty.
    Filled,
    Constant(Constant),
    /// The dot of the chart whose values are at this path.
    Dot(Path),
    /// The value at a path.
    At(Path),
    /// The number of items of the value at a path.
    Length(Path),
    /// The kind of the value at a path, as `kindOf` tells it.
    Kind(Path),
    /// A text of which only what lies between the stars is known.
    Pattern(Arc<str>),
    /// `.Release`, `.Capabilities` and below.
    Builtin(Arc<str>),
    /// A map that a template makes. A key that only may be there has null as one of its values; [`OPEN`] stands for
    /// keys of which nothing is known.
    Dict(Arc<BTreeMap<Arc<str>, Known>>),
    /// The JSON or YAML of a value.
    Encoded(Arc<Known>),
    List(Arc<Vec<Known>>),
    /// The result of a test.
    Truth(Formula),
    /// One of several, each under its condition; the first whose condition holds.
    Choice(Arc<Vec<(Formula, Known)>>),
}

/// How many alternatives are kept apart.
const MAX_CHOICES: usize = 8;

/// The key of what may be in a map besides what is known: no template writes it.
pub(super) const OPEN: &str = "\0";

impl Known {
    /// A text.
    pub(super) fn text(text: &str) -> Self {
        Self::Constant(Constant::Text(text.into()))
    }

    /// One of several under their conditions.
    pub(super) fn choice(alternatives: impl IntoIterator<Item = (Formula, Self)>) -> Self {
        let mut kept: Vec<(Formula, Self)> = Vec::new();
        for (condition, known) in alternatives {
            if condition == Formula::Always(false) {
                continue;
            }
            match known {
                Self::Choice(inner) => kept.extend(
                    inner
                        .iter()
                        .map(|(inner, known)| (Formula::all([condition.clone(), inner.clone()]), known.clone())),
                ),
                known => kept.push((condition, known)),
            }
        }
        kept.retain(|(condition, _)| *condition != Formula::Always(false));
        if kept.len() > MAX_CHOICES {
            return Self::Unknown;
        }
        match kept.first() {
            None => Self::Constant(Constant::Null),
            Some((_, first)) if kept.iter().all(|(_, known)| known == first) => first.clone(),
            Some(_) => Self::Choice(Arc::new(kept)),
        }
    }

    /// One value under a condition, else another. Maps are gone into: only keys that differ depend on the condition.
    pub(super) fn either(condition: &Formula, yes: &Self, no: &Self) -> Self {
        if yes == no {
            return yes.clone();
        }
        match (yes, no) {
            (Self::Dict(one), Self::Dict(other)) => {
                let null = Self::Constant(Constant::Null);
                let keys: std::collections::BTreeSet<&Arc<str>> = one.keys().chain(other.keys()).collect();
                let entries = keys.into_iter().map(|key| {
                    let [one, other] = [one, other].map(|map| map.get(key).unwrap_or(&null));
                    (Arc::clone(key), Self::either(condition, one, other))
                });
                Self::Dict(Arc::new(entries.collect()))
            }
            _ => Self::choice([(condition.clone(), yes.clone()), (condition.clone().not(), no.clone())]),
        }
    }

    /// A map with one more entry; of a key that is not known, the value is one of several.
    pub(super) fn with_entry(&self, key: &Self, value: &Self) -> Self {
        let entries = match self {
            Self::Dict(entries) => BTreeMap::clone(entries),
            Self::Unknown => BTreeMap::from([(OPEN.into(), Self::Unknown)]),
            Self::Choice(alternatives) => {
                return Self::choice(
                    alternatives
                        .iter()
                        .map(|(condition, known)| (condition.clone(), known.with_entry(key, value))),
                );
            }
            other => return other.clone(),
        };
        let mut entries = entries;
        if let Self::Constant(Constant::Text(key)) = key {
            entries.insert(Arc::clone(key), value.clone());
        } else {
            let value = match entries.get(OPEN) {
                Some(before) => Self::choice([(Formula::Unknown, before.clone()), (Formula::Unknown, value.clone())]),
                None => value.clone(),
            };
            entries.insert(OPEN.into(), value);
        }
        Self::Dict(Arc::new(entries))
    }

    /// When an entry of a map is there.
    pub(super) fn presence(&self) -> Formula {
        match self {
            Self::Constant(Constant::Null) => Formula::Always(false),
            Self::Choice(alternatives) => Formula::any(
                alternatives
                    .iter()
                    .map(|(condition, known)| Formula::all([condition.clone(), known.presence()])),
            ),
            _ => Formula::Always(true),
        }
    }

    /// When Go's `if` takes it for true.
    pub(super) fn truth(&self) -> Formula {
        match self {
            Self::Filled | Self::Dot(_) | Self::Kind(_) | Self::Encoded(_) => Formula::Always(true),
            Self::Pattern(pattern) if !pattern.trim_matches('*').is_empty() => Formula::Always(true),
            Self::Builtin(name) if name.starts_with("Capabilities") => Formula::Always(true),
            Self::Unknown | Self::Pattern(_) | Self::Builtin(_) => Formula::Unknown,
            Self::Length(path) | Self::At(path) => Formula::Atom(Atom::Truthy(path.clone())),
            Self::Constant(constant) => Formula::Always(constant.is_true()),
            Self::Dict(entries) => Formula::any(entries.iter().map(|(key, entry)| match &**key {
                OPEN => Formula::Unknown,
                _ => entry.presence(),
            })),
            Self::List(items) => Formula::Always(!items.is_empty()),
            Self::Truth(formula) => formula.clone(),
            Self::Choice(alternatives) => Formula::any(
                alternatives
                    .iter()
                    .map(|(condition, known)| Formula::all([condition.clone(), known.truth()])),
            ),
        }
    }

    /// When it equals another value.
    pub(super) fn equals(&self, other: &Self) -> Formula {
        match (self, other) {
            (Self::Choice(alternatives), other) | (other, Self::Choice(alternatives)) => Formula::any(
                alternatives
                    .iter()
                    .map(|(condition, known)| Formula::all([condition.clone(), known.equals(other)])),
            ),
            (Self::Constant(one), Self::Constant(two)) => Formula::Always(one == two),
            (Self::At(path), Self::Constant(constant)) | (Self::Constant(constant), Self::At(path)) => {
                Formula::Atom(Atom::Equals(path.clone(), constant.clone()))
            }
            (Self::Length(path), Self::Constant(Constant::Int(number)))
            | (Self::Constant(Constant::Int(number)), Self::Length(path)) => {
                Formula::all([longer(path, number - 1), longer(path, *number).not()])
            }
            (Self::Kind(path), Self::Constant(Constant::Text(kind)))
            | (Self::Constant(Constant::Text(kind)), Self::Kind(path)) => kind_is(path, kind),
            (Self::Truth(formula), Self::Constant(Constant::Bool(value)))
            | (Self::Constant(Constant::Bool(value)), Self::Truth(formula)) => {
                if *value {
                    formula.clone()
                } else {
                    formula.clone().not()
                }
            }
            (Self::Filled, Self::Constant(constant)) | (Self::Constant(constant), Self::Filled)
                if !constant.is_true() =>
            {
                Formula::Always(false)
            }
            _ => Formula::Unknown,
        }
    }

    /// A field of it.
    pub(super) fn field(&self, name: &str) -> Self {
        match self {
            Self::Dot(path) => match name {
                "Values" => Self::At(path.clone()),
                "Release" | "Capabilities" | "Chart" | "Template" | "Files" => Self::Builtin(name.into()),
                "Subcharts" => Self::Unknown,
                _ => Self::Constant(Constant::Null),
            },
            Self::At(path) => {
                let mut path = path.clone();
                path.push(Step::Key(name.into()));
                Self::At(path)
            }
            Self::Builtin(of) => Self::Builtin(format!("{of}.{name}").into()),
            Self::Dict(entries) => match entries.get(name) {
                Some(entry) => entry.clone(),
                None => match entries.get(OPEN) {
                    // The entries of another map were put in: among them is that of this name.
                    Some(Self::At(path)) if path.last() == Some(&Step::Any) => {
                        let mut path = path.clone();
                        path.pop();
                        Self::At(path).field(name)
                    }
                    Some(_) => Self::Unknown,
                    None => Self::Constant(Constant::Null),
                },
            },
            Self::Choice(alternatives) => Self::choice(
                alternatives
                    .iter()
                    .map(|(condition, known)| (condition.clone(), known.field(name))),
            ),
            _ => Self::Unknown,
        }
    }

    /// An item of it, as `range` gives it.
    pub(super) fn item(&self) -> Self {
        match self {
            Self::At(path) => {
                let mut path = path.clone();
                path.push(Step::Any);
                Self::At(path)
            }
            // Of constants, the first stands for all.
            Self::List(items) => Self::choice(items.iter().map(|item| (Formula::Unknown, item.clone()))),
            Self::Dict(entries) => Self::choice(entries.values().map(|item| (Formula::Unknown, item.clone()))),
            Self::Choice(alternatives) => Self::choice(
                alternatives
                    .iter()
                    .map(|(condition, known)| (condition.clone(), known.item())),
            ),
            _ => Self::Unknown,
        }
    }

    /// Applies a function to constants, in each alternative of a choice.
    pub(super) fn map(&self, make: &dyn Fn(&Self) -> Self) -> Self {
        match self {
            Self::Choice(alternatives) => Self::choice(
                alternatives
                    .iter()
                    .map(|(condition, known)| (condition.clone(), make(known))),
            ),
            known => make(known),
        }
    }

    /// Two texts, one behind the other.
    pub(super) fn then(self, next: Self) -> Self {
        let empty = Self::text("");
        if self == empty {
            return next;
        }
        if next == empty {
            return self;
        }
        let is_blank = |known: &Self| matches!(known, Self::Constant(Constant::Text(text)) if text.trim().is_empty());
        match (&self, &next) {
            (Self::Constant(Constant::Text(one)), Self::Constant(Constant::Text(two))) => {
                Self::text(&format!("{one}{two}"))
            }
            // Blanks around JSON mean nothing.
            (Self::Encoded(_), next) if is_blank(next) => self,
            (before, Self::Encoded(_)) if is_blank(before) => next,
            _ => match Formula::any([self.truth(), next.truth()]) {
                Formula::Always(true) => Self::Filled,
                Formula::Always(false) => empty,
                Formula::Unknown => Self::Unknown,
                formula => Self::choice([(formula.clone(), Self::Filled), (formula.not(), empty)]),
            },
        }
    }
}

/// That there are more items than so many.
pub(super) fn longer(path: &Path, number: i64) -> Formula {
    match number {
        ..=-1 => Formula::Always(true),
        0 => Formula::Atom(Atom::Truthy(path.clone())),
        _ => Formula::Atom(Atom::Longer(path.clone(), number)),
    }
}

/// That a value is of a kind, in the words of `kindOf` or `typeOf`.
pub(super) fn kind_is(path: &Path, word: &str) -> Formula {
    let kind = match word {
        "[]interface {}" => "slice",
        "map[string]interface {}" => "map",
        "<nil>" => "invalid",
        kind => kind,
    };
    Formula::Atom(Atom::Kind(path.clone(), kind.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_another_map() {
        let step = |name: &str| Step::Key(name.into());
        let entries = Known::At(vec![step("jobs"), Step::Any]);
        let map = Known::Dict(Arc::default()).with_entry(&Known::Unknown, &entries);
        assert_eq!(map.field("a"), Known::At(vec![step("jobs"), step("a")]));
        let map = map.with_entry(&Known::text("a"), &Known::text("own"));
        assert_eq!(map.field("a"), Known::text("own"));
        // Of what is put into a map of which nothing is known, this much is known.
        let map = Known::Unknown.with_entry(&Known::text("a"), &Known::text("own"));
        assert_eq!((map.field("a"), map.field("b")), (Known::text("own"), Known::Unknown));
    }

    #[test]
    fn ways_go_together() {
        let path = vec![Step::Key("mode".into())];
        let is = |text: &str| Formula::Atom(Atom::Equals(path.clone(), Constant::Text(text.into())));
        let name = |at: usize| format!("m{at}");
        // More than are kept, of which only the last one fits.
        let most = 2 * MAX_WAYS;
        let any = Formula::any((0..=most).map(|at| is(&name(at))));
        let last = is(&name(most)).ways(true);
        assert_eq!(any.ways_with(true, &last), last);
        assert_eq!(any.ways_with(false, &last), Vec::<Vec<Literal>>::new());
        let empty = Formula::Atom(Atom::Truthy(path.clone())).ways(false);
        assert_eq!(any.ways_with(true, &empty), Vec::<Vec<Literal>>::new());
        // What `toString` makes of a switch that is off.
        assert_eq!(is("false").ways_with(true, &empty).len(), 1);
    }
}
