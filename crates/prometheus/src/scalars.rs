//! Formats of strings: sizes, label names, relabelling regular expressions, selectors.

use gostd::quote::quote;
use gostd::regexp::Regexp;

/// `units.ParseBase2Bytes` of github.com/alecthomas/units: the number of bytes of `1GiB`, `512MB` or `0`.
///
/// # Errors
/// The library's message.
pub(super) fn size(text: &str) -> Result<i64, String> {
    let invalid = || format!("units: invalid {text}");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| c != '.' && !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let number = &rest[..digits];
        let points = number.matches('.').count();
        if number.len() == points || points > 1 {
            return Err(invalid());
        }
        let whole = number.split('.').next().unwrap_or_default();
        if whole.trim_start_matches('0').len() > 18 {
            return Err(invalid());
        }
        let value: f64 = format!("0{number}").parse().map_err(|_| invalid())?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c == '.' || c.is_ascii_digit())
            .unwrap_or(rest.len());
        let unit = &rest[..end];
        rest = &rest[end..];
        let power = ["", "K", "M", "G", "T", "P", "E"]
            .iter()
            .position(|prefix| {
                unit.strip_prefix(prefix)
                    .is_some_and(|left| left == "B" || left == "iB" && !prefix.is_empty())
            })
            .ok_or_else(|| format!("units: unknown unit {unit} in {text}"))?;
        total += value * 1024_f64.powi(i32::try_from(power).unwrap_or(0));
    }
    if total >= 9_223_372_036_854_775_808.0 {
        return Err("units: overflow parsing unit".to_owned());
    }
    #[allow(clippy::cast_possible_truncation)] // as Go does
    let total = total as i64;
    Ok(if negative { -total } else { total })
}

/// Whether a label name is valid. Since Prometheus 3 any non-empty name is, except in the legacy scheme.
pub(super) fn is_label_name(name: &str, legacy: bool) -> bool {
    if legacy {
        let mut chars = name.chars();
        chars.next().is_some_and(|c| c == '_' || c.is_ascii_alphabetic())
            && chars.all(|c| c == '_' || c.is_ascii_alphanumeric())
    } else {
        !name.is_empty() && is_utf8(name)
    }
}

/// Whether a metric name is valid.
pub(super) fn is_metric_name(name: &str, legacy: bool) -> bool {
    if legacy {
        is_label_name(&name.replace(':', "_"), true)
    } else {
        is_label_name(name, false)
    }
}

/// Whether Go considers the text valid UTF-8.
pub(super) fn is_utf8(text: &str) -> bool {
    !gostd::string::may_have_escapes(text) || std::str::from_utf8(&gostd::string::decode(text)).is_ok()
}

pub(super) fn label_name_fault(name: &str, legacy: bool) -> Option<String> {
    (!is_label_name(name, legacy)).then(|| format!("{} is not a valid label name", quote(name)))
}

/// `relabel.NewRegexp`: the expression must match a whole value.
///
/// # Errors
/// Go's message.
pub(super) fn relabel_regex(expression: &str) -> Result<(), String> {
    Regexp::compile(&format!("^(?s:{expression})$")).map(|_| ())
}

/// Whether a text is a UUID in a form that `uuid.Parse` of github.com/google/uuid accepts.
pub(super) fn is_uuid(text: &str) -> bool {
    let lower = text.to_lowercase();
    let inner = match text.len() {
        45 => lower.strip_prefix("urn:uuid:"),
        38 => lower.get(1..37),
        36 => Some(lower.as_str()),
        32 => return lower.bytes().all(|byte| byte.is_ascii_hexdigit()),
        _ => None,
    };
    inner.is_some_and(|inner| {
        inner.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                byte == b'-'
            } else {
                byte.is_ascii_hexdigit()
            }
        })
    })
}

/// The error of a Kubernetes label selector (`a=b,c!=d,e in (f, g),!h`), if it is invalid.
pub(super) fn label_selector_fault(selector: &str) -> Option<String> {
    let fault = || Some(format!("unable to parse requirement: {}", quote(selector)));
    let mut depth = 0_usize;
    let mut requirements = vec![String::new()];
    for c in selector.chars() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return fault(),
            ')' => depth -= 1,
            ',' if depth == 0 => {
                requirements.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = requirements.last_mut() {
            last.push(c);
        }
    }
    if depth > 0 {
        return fault();
    }
    if selector.trim().is_empty() {
        return None;
    }
    let all_good = requirements
        .iter()
        .all(|requirement| is_requirement(requirement.trim()));
    if all_good { None } else { fault() }
}

fn is_requirement(requirement: &str) -> bool {
    let is_key = |key: &str| is_qualified_name(key.trim());
    if let Some(key) = requirement.strip_prefix('!') {
        return is_key(key);
    }
    for operator in ["!=", "==", "="] {
        if let Some((key, value)) = requirement.split_once(operator) {
            return is_key(key) && is_label_value(value.trim());
        }
    }
    for operator in ['>', '<'] {
        if let Some((key, value)) = requirement.split_once(operator) {
            return is_key(key) && value.trim().parse::<i64>().is_ok();
        }
    }
    if let Some((before, values)) = requirement.split_once('(') {
        let mut words = before.split_whitespace();
        return words.next().is_some_and(is_key)
            && matches!(words.next(), Some("in" | "notin"))
            && words.next().is_none()
            && values
                .strip_suffix(')')
                .is_some_and(|values| values.split(',').all(|value| is_label_value(value.trim())));
    }
    is_key(requirement)
}

fn is_label_value(value: &str) -> bool {
    value.is_empty() || is_name_part(value)
}

fn is_name_part(name: &str) -> bool {
    name.len() <= 63
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

fn is_qualified_name(name: &str) -> bool {
    match name.split_once('/') {
        Some((prefix, name)) => {
            is_name_part(name) && !prefix.is_empty() && prefix.len() <= 253 && prefix.split('.').all(is_name_part)
        }
        None => is_name_part(name),
    }
}

/// The error of a Kubernetes field selector (`a.b=c,d!=e`), if it is invalid.
pub(super) fn field_selector_fault(selector: &str) -> Option<String> {
    for piece in selector.split(',').filter(|piece| !piece.is_empty()) {
        let Some((_, value)) = ["!=", "==", "="]
            .iter()
            .filter_map(|operator| piece.split_once(operator))
            .min_by_key(|(key, _)| key.len())
        else {
            return Some(format!("invalid selector: '{selector}'; can't understand '{piece}'"));
        };
        if value.contains('=') {
            return Some("invalid field selector: unescaped character in value: 61".to_owned());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(size("1GiB"), Ok(1 << 30));
        assert_eq!(size("1GB512MB"), Ok((1 << 30) + (512 << 20)));
        assert_eq!(size("0"), Ok(0));
        assert_eq!(size("1.5KB"), Ok(1536));
        for text in ["10", "", "1kB", "GB", "1..5B", "1 GB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn selectors() {
        for good in ["", "a=b", "a,!b", "a in (b, c),d notin (e)", "x.y/z==1", "a=", "a>5"] {
            assert_eq!(label_selector_fault(good), None, "{good}");
        }
        for bad in ["a=b=c d", "a in b", "a in (b", "-a", "a b", "a=,,b"] {
            assert!(label_selector_fault(bad).is_some(), "{bad}");
        }
        assert_eq!(field_selector_fault("metadata.name=a,b!=c"), None);
        assert!(field_selector_fault("metadata.name").is_some());
    }
}
