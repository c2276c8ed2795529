//! "Did you mean ...?"

/// The maximum length of a name that is compared, in bytes: comparing takes time, and longer names are not typed by
/// hand.
const LONGEST: usize = 64;

/// Returns the known name that is most similar to a mistyped one, if it is similar enough: apart from upper and lower
/// case, at most one letter and another one in four differ, are missing or are swapped. The first of equally similar names
/// wins. Never returns `name` itself.
pub fn closest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(1 + name.len() / 4, name, known)
}

/// Like [`closest`], but for decisions rather than hints: the name is so similar that nothing else can have been meant. At
/// most two letters differ, and at most one in four.
pub fn typo<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(2.min(name.len() / 4), name, known)
}

fn within<'a>(most: usize, name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > LONGEST {
        return None;
    }
    let lower = name.to_lowercase();
    known
        .into_iter()
        .filter(|known| known.len().abs_diff(name.len()) <= most && *known != name)
        .map(|known| (strsim::osa_distance(&lower, &known.to_lowercase()), known))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// The result of [`closest`] as a help text.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    closest(name, known).map(|known| format!("did you mean `{known}`?"))
}

/// Joins words for a message: `` `a`, `b` or `c` ``.
pub fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
    }
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
