//! The templates that a suite and an assertion select. Mirrors helm-unittest's `pkg/unittest/deep_copy.go`.

use std::sync::Arc;

use gostd::path;
use gostd::regexp::Regexp;

/// All templates.
pub(super) const ALL: &str = "**";

/// The path of a template relative to the folder of its chart: `templates/` may be omitted.
pub(super) fn in_chart(name: &str) -> String {
    if ["templates", "charts", "crds", ALL]
        .iter()
        .any(|prefix| name.starts_with(prefix))
    {
        return name.to_owned();
    }
    path::clean(&format!("templates/{name}"))
}

/// The full name of a template: the name of its chart, and its path.
pub(super) fn full_name(route: &str, name: &str) -> String {
    path::clean(&format!("{route}/{}", in_chart(name)))
}

/// A pattern for names of templates.
#[derive(Debug)]
pub(super) enum Pattern {
    /// A name that contains the text.
    Literal(String),
    Regexp(Arc<Regexp>),
    /// Matches nothing, because the pattern is invalid.
    None,
}

impl Pattern {
    /// The templates that a suite of a chart selects.
    pub(super) fn new(route: &str, name: &str) -> Self {
        let full = full_name(route, name);
        if !full.contains('*') {
            return Self::Literal(full);
        }
        let mut pattern = full;
        for (from, to) in [
            (".", "\\."),
            ("+", "\\+"),
            ("[", "\\["),
            ("]", "\\]"),
            ("**", "[0-9a-zA-Z_\\-/\\.]+"),
            ("*", "[0-9a-zA-Z_\\-_/\\.]*"),
            ("?", "\\?"),
            ("(", "\\("),
            (")", "\\)"),
            ("|", "\\|"),
            ("{", "\\{"),
            ("}", "\\}"),
            ("^", "\\^"),
            ("$", "\\$"),
        ] {
            pattern = pattern.replace(from, to);
        }
        Regexp::compile(&pattern).map_or(Self::None, Self::Regexp)
    }

    /// Whether a template is selected.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Literal(text) => name.contains(text.as_str()),
            Self::Regexp(regexp) => regexp.is_match(name),
            Self::None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_completed() {
        assert_eq!(full_name("a", "x.yaml"), "a/templates/x.yaml");
        assert_eq!(full_name("a", "templates/x.yaml"), "a/templates/x.yaml");
        assert_eq!(
            full_name("a", "charts/b/templates/x.yaml"),
            "a/charts/b/templates/x.yaml"
        );
        assert!(Pattern::new("a", "*.yaml").matches("a/templates/b/x.yaml"));
        assert!(Pattern::new("a", ALL).matches("a/templates/NOTES.txt"));
        assert!(!Pattern::new("a", "x.yaml").matches("a/templates/y.yaml"));
    }
}
