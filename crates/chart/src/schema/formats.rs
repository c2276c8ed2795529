//! The formats of santhosh-tekuri/jsonschema, with its error messages. Mirrors its `format.go`.

mod net;
mod time;

use super::address;
use gostd::int::parse_int;
use gostd::quote::{quote, quote_char};
use gostd::regexp::Regexp;

/// The supported formats; all others accept everything.
pub(super) const NAMES: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "period",
    "regex",
    "relative-json-pointer",
    "semver",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Formats that the crate jsonschema knows but Helm does not.
pub(super) const UNKNOWN: [&str; 3] = ["idn-email", "idn-hostname", "ecmascript-regex"];

type Checked = Result<(), String>;

/// Checks a text against a format.
///
/// # Errors
/// The reason why it does not match.
pub(super) fn check(format: &str, text: &str) -> Checked {
    match format {
        "date" => time::date(text),
        "date-time" => time::date_time(text),
        "duration" => time::duration(text),
        "email" => net::email(text),
        "hostname" => net::hostname(text),
        "ipv4" => net::ipv4(text),
        "ipv6" => net::ipv6(text),
        "iri" | "uri" => net::uri(text),
        "iri-reference" | "uri-reference" => net::uri_reference(text),
        "json-pointer" => json_pointer(text),
        "period" => time::period(text),
        "regex" => Regexp::compile(text).map(drop),
        "relative-json-pointer" => relative_json_pointer(text),
        "semver" => semver(text),
        "time" => time::time(text),
        "uri-template" => net::uri_template(text),
        "uuid" => uuid(text),
        _ => Ok(()),
    }
}

fn wrong<T>(reason: &str) -> Result<T, String> {
    Err(reason.to_owned())
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `strconv.Atoi`.
fn atoi(text: &str) -> Result<i64, String> {
    parse_int(text, 10).map_err(|error| format!("strconv.Atoi: parsing {}: {error}", quote(text)))
}

fn json_pointer(text: &str) -> Checked {
    if text.is_empty() {
        return Ok(());
    }
    let Some(steps) = text.strip_prefix('/') else {
        return wrong("not starting with /");
    };
    for step in steps.split('/') {
        let escapes = step.split('~').skip(1);
        if !escapes.into_iter().all(|rest| rest.starts_with(['0', '1'])) {
            return wrong("~ must be followed by 0 or 1");
        }
    }
    Ok(())
}

fn relative_json_pointer(text: &str) -> Checked {
    let count = digits(text);
    if count == 0 {
        return wrong("must start with non-negative integer");
    }
    if count > 1 && text.starts_with('0') {
        return wrong("starts with zero");
    }
    match &text[count..] {
        "#" => Ok(()),
        rest => json_pointer(rest),
    }
}

fn uuid(text: &str) -> Checked {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if groups.len() != GROUPS.len() {
        return wrong("must have 5 elements");
    }
    for (at, (group, length)) in groups.iter().zip(GROUPS).enumerate() {
        if group.len() != length {
            return Err(format!("element {} must be {length} characters long", at + 1));
        }
        if let Some(other) = group.chars().find(|c| !c.is_ascii_hexdigit()) {
            return Err(format!("non-hex character {}", quote_char(other)));
        }
    }
    Ok(())
}

fn semver(text: &str) -> Checked {
    let mut rest = text;
    let other = |id: &str| id.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-'));
    if let Some((before, build)) = rest.split_once('+') {
        if build.is_empty() {
            return wrong("build is empty");
        }
        for id in build.split('.') {
            if id.is_empty() {
                return wrong("build identifier is empty");
            }
            if let Some(other) = other(id) {
                return Err(format!("invalid character {} in build identifier", quote_char(other)));
            }
        }
        rest = before;
    }
    if let Some((before, pre_release)) = rest.split_once('-') {
        for id in pre_release.split('.') {
            if id.is_empty() {
                return wrong("pre-release identifier is empty");
            }
            if let Some(other) = other(id) {
                return Err(format!(
                    "invalid character {} in pre-release identifier",
                    quote_char(other)
                ));
            }
            if id.len() > 1 && id.starts_with('0') && digits(id) == id.len() {
                return wrong("pre-release numeric identifier starts with zero");
            }
        }
        rest = before;
    }
    let versions: Vec<&str> = rest.split('.').collect();
    if versions.len() != 3 {
        return wrong("versionCore must have 3 numbers separated by dot");
    }
    for (name, version) in ["major", "minor", "patch"].iter().zip(versions) {
        if version.is_empty() {
            return Err(format!("{name} is empty"));
        }
        if version.len() > 1 && version.starts_with('0') {
            return Err(format!("{name} starts with zero"));
        }
        if digits(version) != version.len() {
            return Err(format!("{name} contains non-digit"));
        }
    }
    Ok(())
}

/// `url.PathUnescape`, as used by the formats.
fn unescape(text: &str) -> Result<String, String> {
    address::unescape(text)
}
