//! Keys and values of labels and annotations: `IsQualifiedName` and `IsValidLabelValue` of apimachinery.

use super::Reason;
use super::names::{LABEL_LENGTH, subdomain};

/// Checks a key: a name, or a DNS subdomain, `/` and a name.
pub fn key(text: &str) -> Result<(), Reason> {
    let name = match text.split_once('/') {
        None => text,
        Some((_, name)) if name.contains('/') => return Err("it has more than one `/`".to_owned()),
        Some(("", _)) => return Err("nothing stands before its `/`".to_owned()),
        Some((prefix, name)) => {
            subdomain(prefix).map_err(|reason| format!("before its `/`, {reason}"))?;
            name
        }
    };
    if name.is_empty() {
        return Err("its name is empty".to_owned());
    }
    name_characters(name)
}

/// Checks an annotation key: like a label key, but in any case.
pub fn annotation_key(text: &str) -> Result<(), Reason> {
    key(&text.to_ascii_lowercase())
}

/// Checks a label value: empty, or a valid name.
pub fn value(text: &str) -> Result<(), Reason> {
    if text.is_empty() { Ok(()) } else { name_characters(text) }
}

fn name_characters(text: &str) -> Result<(), Reason> {
    if text.len() > LABEL_LENGTH {
        return Err(format!(
            "it has {} characters, at most {LABEL_LENGTH} are allowed",
            text.len()
        ));
    }
    if let Some(bad) = text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
    {
        return Err(format!("it has {bad:?}; letters, digits, `-`, `_` and `.` are allowed"));
    }
    let end = |c: char| !c.is_ascii_alphanumeric();
    if text.starts_with(end) || text.ends_with(end) {
        return Err("it must start and end with a letter or digit".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_are_those_of_kubernetes() {
        for good in ["app", "A.b_c-1", "app.kubernetes.io/name", "a/B", &"a".repeat(63)] {
            assert_eq!(key(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "/a",
            "a/",
            "a/b/c",
            "A/b",
            "-a",
            "a-",
            "a b",
            "ä",
            &"a".repeat(64),
            "a.b_c/d",
        ] {
            assert!(key(bad).is_err(), "{bad}");
        }
        assert_eq!(annotation_key("Example.com/x"), Ok(()));
        for good in ["", "a", "1.2.3", "v1_2-x"] {
            assert_eq!(value(good), Ok(()), "{good}");
        }
        for bad in ["a b", "a:b", "1.0+x", "-a", "a.", "a/b", &"a".repeat(64)] {
            assert!(value(bad).is_err(), "{bad}");
        }
    }
}
