//! Formats of host names, IP addresses, email addresses and URIs.

use super::{Checked, atoi, unescape, wrong};
use gostd::netip::parse_addr;
use gostd::quote::quote_char;
use gostd::url::Url;

pub(super) fn ipv4(text: &str) -> Checked {
    let groups: Vec<&str> = text.split('.').collect();
    if groups.len() != 4 {
        return wrong("expected four decimals");
    }
    for group in groups {
        if group.len() > 1 && group.starts_with('0') {
            return wrong("leading zeros");
        }
        if !(0..=255).contains(&atoi(group)?) {
            return wrong("decimal must be between 0 and 255");
        }
    }
    Ok(())
}

pub(super) fn ipv6(text: &str) -> Checked {
    if !text.contains(':') {
        return wrong("missing colon");
    }
    parse_addr(text)?;
    if text.contains('%') {
        return wrong("zone id is not a part of ipv6 address");
    }
    Ok(())
}

pub(super) fn hostname(text: &str) -> Checked {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() > 253 {
        return wrong("more than 253 characters long");
    }
    for label in text.split('.') {
        if !(1..=63).contains(&label.len()) {
            return wrong("label must be 1 to 63 characters long");
        }
        if label.starts_with('-') {
            return wrong("label starts with hyphen");
        }
        if label.ends_with('-') {
            return wrong("label ends with hyphen");
        }
        if let Some(other) = label.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-')) {
            return Err(format!("invalid character {}", quote_char(other)));
        }
    }
    Ok(())
}

pub(super) fn email(text: &str) -> Checked {
    if text.len() > 254 {
        return wrong("more than 255 characters long");
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return wrong("missing @");
    };
    if local.len() > 64 {
        return wrong("local part more than 64 characters long");
    }
    if local.len() > 1 && local.starts_with('"') && local.ends_with('"') {
        let inner = &local.as_bytes()[1..local.len() - 1];
        if inner.iter().any(|byte| matches!(byte, b'\\' | b'"')) {
            return wrong("backslash and quote are not allowed within quoted local part");
        }
    } else {
        if local.starts_with('.') {
            return wrong("starts with dot");
        }
        if local.ends_with('.') {
            return wrong("ends with dot");
        }
        if local.contains("..") {
            return wrong("consecutive dots");
        }
        let is_known = |c: char| c.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(c);
        if let Some(other) = local.chars().find(|c| !is_known(*c)) {
            return Err(format!("invalid character {}", quote_char(other)));
        }
    }
    if let Some(literal) = domain.strip_prefix('[').and_then(|domain| domain.strip_suffix(']')) {
        return match literal.strip_prefix("IPv6:") {
            Some(address) => ipv6(address).map_err(|error| format!("invalid ipv6 address: {error}")),
            None => ipv4(literal).map_err(|error| format!("invalid ipv4 address: {error}")),
        };
    }
    hostname(domain).map_err(|error| format!("invalid domain: {error}"))
}

fn parse_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text.as_bytes())?;
    let name = String::from_utf8_lossy(url.host_name()).into_owned();
    if name.contains(':') {
        if !(url.host.contains(&b'[') && url.host.contains(&b']')) {
            return wrong("ipv6 address not enclosed in brackets");
        }
        ipv6(&name).map_err(|error| format!("invalid ipv6 address: {error}"))?;
    }
    Ok(url)
}

pub(super) fn uri(text: &str) -> Checked {
    if parse_url(text)?.scheme.is_empty() {
        return wrong("relative url");
    }
    Ok(())
}

pub(super) fn uri_reference(text: &str) -> Checked {
    if text.contains('\\') {
        return wrong("contains \\");
    }
    parse_url(text).map(drop)
}

pub(super) fn uri_template(text: &str) -> Checked {
    let url = parse_url(text)?;
    for step in String::from_utf8_lossy(&url.raw_path).split('/') {
        let step = unescape(step).map_err(|error| format!("percent decode failed: {error}"))?;
        let mut is_open = false;
        for brace in step.chars().filter(|c| matches!(c, '{' | '}')) {
            if (brace == '{') == is_open {
                return wrong("nested curly braces");
            }
            is_open = !is_open;
        }
        if is_open {
            return wrong("no matching closing brace");
        }
    }
    Ok(())
}
