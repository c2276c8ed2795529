//! The formats of strings in schemas: `k8s.io/kube-openapi/pkg/validation/strfmt`. Unknown ones are ignored, as the API
//! server does, and so are some that nobody uses: `isbn`, `creditcard`, `rgbcolor`.

use crate::formats::{Reason, encoding, names, network, times};
use crate::version::Version;

const UUID: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
const UUID3: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$";
const UUID4: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$";
const UUID5: &str = "(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$";
/// The word of the last part has at least two letters and no digits.
const HOSTNAME: &str = r"^([a-zA-Z0-9\p{S}\p{L}]((-?[a-zA-Z0-9\p{S}\p{L}]{0,62})?)|([a-zA-Z0-9\p{S}\p{L}](([a-zA-Z0-9-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?)(\.)){1,}([a-zA-Z\p{L}]){2,63})$";
const COLOR: &str = "^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$";
const SECURITY_NUMBER: &str = r"^\d{3}[- ]?\d{2}[- ]?\d{4}$";
const OBJECT_ID: &str = "^[0-9a-fA-F]{24}$";

/// How a format is checked.
pub(super) enum Format {
    /// The rule of a problem, what the text is, and the check.
    Check(&'static str, &'static str, fn(&str) -> Result<(), Reason>),
    /// The name of the format, and a pattern that the text matches.
    Pattern(&'static str, &'static str),
}

/// Returns how a format is checked. A dash in its name makes no difference.
pub(super) fn of(name: &str, version: Version) -> Option<Format> {
    use Format::{Check, Pattern};
    Some(match name.replace('-', "").as_str() {
        "byte" => Check("bad-base64", "base64", base64),
        "datetime" => Check("bad-date-time", "a time", date_time),
        "date" => Check("bad-pattern", "a date", date),
        "duration" => Check("bad-pattern", "a duration", duration),
        "cidr" => Check("bad-ip", "a block of addresses", network::cidr),
        "ipv4" => Check("bad-ip", "an IPv4 address", ipv4),
        "ipv6" => Check("bad-ip", "an IPv6 address", ipv6),
        "mac" => Check("bad-pattern", "a MAC address", mac),
        "uri" => Check("bad-pattern", "a URI", uri),
        "email" => Check("bad-pattern", "an email address", email),
        "hostname" => Pattern("a host name", HOSTNAME),
        "uuid" => Pattern("a UUID", UUID),
        "uuid3" => Pattern("a UUID of version 3", UUID3),
        "uuid4" => Pattern("a UUID of version 4", UUID4),
        "uuid5" => Pattern("a UUID of version 5", UUID5),
        "hexcolor" => Pattern("a color", COLOR),
        "ssn" => Pattern("a social security number", SECURITY_NUMBER),
        "bsonobjectid" => Pattern("an object's number", OBJECT_ID),
        "k8sshortname" if version.minor >= 34 => Check("bad-name", "a short name", names::label),
        "k8slongname" if version.minor >= 34 => Check("bad-name", "a long name", names::subdomain),
        _ => return None,
    })
}

/// Checks base64 that is neither empty nor in lines.
fn base64(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.contains(['\n', '\r']) {
        return Err("it has more than one line".to_owned());
    }
    encoding::base64(text)
}

/// `IsDateTime`: letters in any case, offsets in any range.
fn date_time(text: &str) -> Result<(), Reason> {
    let lower = text.to_ascii_lowercase();
    let wrong = || "it is not a time like `2024-01-31T12:00:00Z`".to_owned();
    let (day, rest) = lower.split_once('t').ok_or_else(wrong)?;
    date(day)?;
    let time = rest.split('t').next().unwrap_or_default();
    let digits = |from: usize| {
        let part = time.get(from..from + 2)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.to_owned())
    };
    let parts = digits(0).zip(digits(3)).zip(digits(6)).ok_or_else(wrong)?;
    let ((hour, minute), second) = parts;
    let is_divided = time.get(2..3) == Some(":") && time.get(5..6) == Some(":");
    if !is_divided || hour.as_str() > "23" || minute.as_str() > "59" || second.as_str() > "59" {
        return Err(wrong());
    }
    let mut zone = &time[8..];
    // Any character stands before the fraction.
    let mut characters = zone.chars();
    if characters.next().is_some() {
        let fraction = characters.as_str();
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if end > 0 && is_zone(&fraction[end..]) {
            zone = &fraction[end..];
        }
    }
    if is_zone(zone) { Ok(()) } else { Err(wrong()) }
}

fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    text == "z"
        || bytes.len() == 6
            && matches!(bytes[0], b'+' | b'-')
            && bytes[3] == b':'
            && [1, 2, 4, 5]
                .into_iter()
                .all(|index: usize| bytes[index].is_ascii_digit())
}

fn date(text: &str) -> Result<(), Reason> {
    if text.len() != 10 {
        return Err("it is not a date like `2024-01-31`".to_owned());
    }
    times::date_time(&format!("{text}T00:00:00Z")).map_err(|_| "it is not a date like `2024-01-31`".to_owned())
}

/// Units of durations, and what the names of units start with.
const UNITS: [&str; 13] = [
    "ns", "us", "µs", "ms", "s", "m", "h", "hr", "d", "w", "wk", "sec", "min",
];
const STARTS_OF_UNITS: [&str; 8] = ["nano", "micro", "milli", "sec", "min", "hour", "day", "week"];

/// `ParseDuration` of strfmt: Go's durations, or any text with a number and a unit in it, such as `2 days`.
fn duration(text: &str) -> Result<(), Reason> {
    if times::duration(text).is_ok() {
        return Ok(());
    }
    let characters: Vec<char> = text.chars().collect();
    let mut index = 0;
    while index < characters.len() {
        if !characters[index].is_ascii_digit() {
            index += 1;
            continue;
        }
        let skip = |from: usize, is: fn(char) -> bool| {
            characters[from..]
                .iter()
                .position(|c| !is(*c))
                .map_or(characters.len(), |count| from + count)
        };
        let digits = skip(index, |c| c.is_ascii_digit());
        let space = skip(digits, |c| c.is_ascii_whitespace());
        let end = skip(space, |c| c.is_ascii_alphabetic() || c == 'µ');
        let unit: String = characters[space..end].iter().collect::<String>().to_lowercase();
        if UNITS.contains(&unit.as_str()) || STARTS_OF_UNITS.iter().any(|start| unit.starts_with(start)) {
            return Ok(());
        }
        index = end.max(index + 1);
    }
    Err("it has no number with a unit, such as `30s`".to_owned())
}

fn ipv4(text: &str) -> Result<(), Reason> {
    network::ip(text)?;
    if text.contains('.') {
        Ok(())
    } else {
        Err("it is an IPv6 address".to_owned())
    }
}

fn ipv6(text: &str) -> Result<(), Reason> {
    network::ip(text)?;
    if text.contains(':') {
        Ok(())
    } else {
        Err("it is an IPv4 address".to_owned())
    }
}

/// `net.ParseMAC`: 6, 8 or 20 bytes in hexadecimal digits, divided by `:` or `-`, or in groups of four by `.`.
fn mac(text: &str) -> Result<(), Reason> {
    let is_hex = |part: &str, size: usize| part.len() == size && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_made_of = |mark: char, size: usize, counts: [usize; 3]| {
        let parts: Vec<&str> = text.split(mark).collect();
        counts.contains(&parts.len()) && parts.iter().all(|part| is_hex(part, size))
    };
    if is_made_of(':', 2, [6, 8, 20]) || is_made_of('-', 2, [6, 8, 20]) || is_made_of('.', 4, [3, 4, 10]) {
        Ok(())
    } else {
        Err("it is not an address like `01:23:45:67:89:ab`".to_owned())
    }
}

/// `url.ParseRequestURI`: an absolute path or a URL.
fn uri(text: &str) -> Result<(), Reason> {
    cel::check_url(text).map_err(|error| format!("Go reads it with the error `{error}`"))
}

/// Checks the plain form of an address; names and comments beside it are not looked at (`net/mail.ParseAddress`).
fn email(text: &str) -> Result<(), Reason> {
    if text.contains(['<', '"', '(']) {
        return Ok(());
    }
    let Some((name, domain)) = text.trim().rsplit_once('@') else {
        return Err("it has no `@`".to_owned());
    };
    let is_fine = |text: &str| {
        !text.is_empty()
            && text.split('.').all(|part| !part.is_empty())
            && !text.contains([' ', ',', ';', ':', '@', '[', ']', '\\', ')', '>'])
    };
    if is_fine(name) && (domain.starts_with('[') || is_fine(domain)) {
        Ok(())
    } else {
        Err("it is not an address like `name@example.com`".to_owned())
    }
}
