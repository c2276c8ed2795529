//! `.helmignore`: the files in a chart's folder that are not part of the chart. Mirrors Helm's `pkg/ignore`.

use gostd::filepath::matches;
use gostd::unicode::is_space;

/// The rules of a `.helmignore` and the default rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    rules: Vec<IgnoreRule>,
}

#[derive(Clone, Debug)]
struct IgnoreRule {
    pattern: Pattern,
    /// A leading `!`: everything that does not match is excluded.
    negate: bool,
    /// A trailing `/`: only folders match.
    folders_only: bool,
    /// Whether the pattern contains a `/`. Without one, it is matched against the last component of the path only.
    whole_path: bool,
}

/// A pattern without its markers. Most are names or suffixes, and each is tried on each file of a chart.
#[derive(Clone, Debug)]
enum Pattern {
    /// Without any character with a meaning.
    Name(String),
    /// `*.swp`, for the last component of a path.
    Suffix(String),
    /// Any other.
    Glob(String),
}

impl Pattern {
    fn new(pattern: &str, whole_path: bool) -> Self {
        let is_plain = |text: &str| !text.contains(['*', '?', '[', '\\']);
        match pattern
            .strip_prefix('*')
            .filter(|suffix| !whole_path && is_plain(suffix))
        {
            Some(suffix) => Self::Suffix(suffix.to_owned()),
            None if is_plain(pattern) => Self::Name(pattern.to_owned()),
            None => Self::Glob(pattern.to_owned()),
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Name(pattern) => pattern == name,
            Self::Suffix(suffix) => name.ends_with(&**suffix),
            Self::Glob(pattern) => matches(pattern, name).unwrap_or(false),
        }
    }
}

impl Rules {
    /// Parses a `.helmignore`.
    ///
    /// # Errors
    /// The number of the invalid line (from 1) and Helm's message.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut rules = Self::default();
        for (at, line) in text.lines().enumerate() {
            rules.add(line).map_err(|message| (at + 1, message))?;
        }
        Ok(rules)
    }

    /// Adds the rule that Helm applies to every chart.
    pub(super) fn with_defaults(mut self) -> Self {
        // The pattern is well-formed, so this cannot fail.
        let _ = self.add("templates/.?*");
        self
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let rule = line.trim_matches(is_space);
        if rule.is_empty() || rule.starts_with('#') {
            return Ok(());
        }
        if rule.contains("**") {
            return Err("double-star (**) syntax is not supported".to_owned());
        }
        matches(rule, "abc")?;
        let (negate, rule) = rule.strip_prefix('!').map_or((false, rule), |rest| (true, rest));
        let (folders_only, rule) = rule.strip_suffix('/').map_or((false, rule), |rest| (true, rest));
        let whole_path = rule.contains('/');
        let pattern = rule.strip_prefix('/').unwrap_or(rule);
        self.rules.push(IgnoreRule {
            pattern: Pattern::new(pattern, whole_path),
            negate,
            folders_only,
            whole_path,
        });
        Ok(())
    }

    /// Whether a path relative to the chart is excluded.
    pub(super) fn ignores(&self, path: &str, is_folder: bool) -> bool {
        let last = path.rsplit('/').next().unwrap_or(path);
        for rule in &self.rules {
            let matched = rule.pattern.matches(if rule.whole_path { path } else { last });
            if rule.negate {
                if rule.folders_only && !is_folder || !matched {
                    return true;
                }
            } else if matched && (is_folder || !rule.folders_only) {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_helm() {
        let rules = Rules::parse("# comment\n*.swp\n/docs/\ncargo/*.txt\nmast/\n")
            .unwrap()
            .with_defaults();
        let ignored = [
            ("a.swp", false),
            ("x/a.swp", false),
            ("docs", true),
            ("cargo/a.txt", false),
            ("mast", true),
        ];
        for (path, is_folder) in ignored {
            assert!(rules.ignores(path, is_folder), "{path}");
        }
        let kept = [
            ("docs", false),
            ("x/docs", true),
            ("x/cargo/a.txt", false),
            ("mast", false),
            ("a", false),
        ];
        for (path, is_folder) in kept {
            assert!(!rules.ignores(path, is_folder), "{path}");
        }
        assert!(rules.ignores("templates/.hidden", false));
        let rules = Rules::parse("*~\n*.b?k\nx\\*y\n/*.txt\n*\\.z").unwrap();
        for path in ["a/b~", "~", "a.bak", "d/x*y", "a.txt", "a.z"] {
            assert!(rules.ignores(path, false), "{path}");
        }
        for path in ["a~b", "a.bk", "d/xay", "d/a.txt", "b.zz"] {
            assert!(!rules.ignores(path, false), "{path}");
        }
        assert!(Rules::parse("!*.yaml").unwrap().ignores("a.txt", false));
        assert_eq!(Rules::parse("a\n**/b").unwrap_err().0, 2);
        assert!(Rules::parse("[").is_err());
    }
}
