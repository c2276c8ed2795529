//! Go's regular expressions (RE2), checked with another implementation: a pattern is invalid if neither accepts it.

use super::Reason;

/// Checks a pattern. Syntax that only Go accepts (`\Q`, `\C`, Unicode classes, octal escapes) is not checked.
pub fn check(text: &str) -> Result<(), Reason> {
    let exotic = [
        "\\p", "\\P", "\\Q", "\\C", "\\0", "\\1", "\\2", "\\3", "\\4", "\\5", "\\6", "\\7", "&&", "--", "~~",
    ];
    if exotic.into_iter().any(|part| text.contains(part)) || text.contains("[[") {
        return Ok(());
    }
    if let Err(error) = regex_automata::util::syntax::parse(text) {
        let error = error.to_string();
        // This build does not include all Unicode tables.
        if error.contains("not available") {
            return Ok(());
        }
        let reason = error.lines().last().unwrap_or_default();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        return Err(reason.to_owned());
    }
    match repetition(text) {
        Some(count) => Err(format!("it repeats {count} times, at most 1000 are allowed")),
        None => Ok(()),
    }
}

/// Returns a repetition count above 1000 in `{...}`.
fn repetition(text: &str) -> Option<u64> {
    let counts = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
    counts
        .flat_map(|(counts, _)| counts.split(','))
        .filter_map(|count| count.parse().ok())
        .find(|count| *count > 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_go() {
        for good in [
            "",
            "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            "a{1,3}",
            "(?i)a|b",
            "\\d+\\.\\w*",
            "(?P<x>a)",
            "\\pL",
            "^\\S+$",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "(", "a)", "[a", "*", "a{2,1}", "(?=a)", "(?<!a)b", "[z-a]", "a{1001}", "\\y",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
