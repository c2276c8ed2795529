//! Go's regular expressions (RE2).

use super::Reason;
use gostd::regexp::Regexp;

/// Checks a pattern.
pub fn check(text: &str) -> Result<(), Reason> {
    match Regexp::compile(text) {
        Ok(_) => Ok(()),
        Err(error) => Err(error.trim_start_matches("error parsing regexp: ").to_owned()),
    }
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
            // A bracket in a class is one, `&&` no intersection.
            "^[^()<>@,;:\\\\\"\\/[\\]?={} \\t\\x7f\\x00]+$",
            "[a&&b]",
            "[[:alpha:]_]",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "(", "a)", "[a", "*", "a{2,1}", "(?=a)", "(?<!a)b", "[z-a]", "a{1001}", "\\y", "\\1",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
