//! The arguments of a command line, with their places.

use goyaml::Node;
use source::{Source, Span};

/// An argument of the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Span,
    /// Whether it contains a variable that is known only at run time.
    pub(super) is_open: bool,
}

impl Word {
    /// The place of the argument's text from an offset on; the whole argument if its text differs from the source.
    pub(super) fn tail(&self, from: usize, source: &Source) -> Span {
        /// Longer ones are whole scripts.
        const MOST: usize = 16 << 10;
        let raw = source.text().get(self.place.range()).filter(|raw| raw.len() <= MOST);
        let Some(raw) = raw else { return self.place };
        let tail = &self.text[from..];
        match raw.rfind(tail) {
            Some(at) if !tail.is_empty() => {
                let start = self.place.start as usize + at;
                Span::new(self.place.file, start, start + tail.len())
            }
            _ => self.place,
        }
    }
}

/// The strings of a YAML list such as `command`. The second part has the other items, which Kubernetes rejects.
pub(super) fn words<'n>(list: Option<&'n Node>, variables: &[(String, Option<String>)]) -> (Vec<Word>, Vec<&'n Node>) {
    let mut words = Vec::new();
    let mut others = Vec::new();
    for node in list.and_then(Node::as_list).unwrap_or_default() {
        match node.as_str() {
            Some(text) => {
                let (text, is_open) = expand(text, variables);
                words.push(Word {
                    text,
                    place: node.span,
                    is_open,
                });
            }
            None => others.push(node),
        }
    }
    (words, others)
}

/// Expands Kubernetes' `$(NAME)` with the container's variables. `$$` is a dollar sign; unknown names stay unchanged.
fn expand(text: &str, variables: &[(String, Option<String>)]) -> (String, bool) {
    let mut out = String::new();
    let mut is_open = false;
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("$$") {
            out.push('$');
            rest = after;
            continue;
        }
        let name = rest.strip_prefix("$(").and_then(|after| after.split_once(')'));
        let known = name.and_then(|(name, after)| {
            let (_, value) = variables.iter().rfind(|(known, _)| known == name)?;
            Some((value, after))
        });
        match known {
            Some((Some(value), after)) => {
                out.push_str(value);
                rest = after;
            }
            unknown => {
                is_open |= unknown.is_some();
                out.push('$');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    (out, is_open)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn variables_are_expanded_as_kubernetes_does() {
        let variables = [("IP".to_owned(), Some("10.0.0.1".to_owned())), ("POD".to_owned(), None)];
        let expand = |text| expand(text, &variables);
        assert_eq!(expand("--a=$(IP):1"), ("--a=10.0.0.1:1".to_owned(), false));
        assert_eq!(expand("$$(IP) $(NO) $"), ("$(IP) $(NO) $".to_owned(), false));
        assert_eq!(expand("$(POD)"), ("$(POD)".to_owned(), true));
    }
}
