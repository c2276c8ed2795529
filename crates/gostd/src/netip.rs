//! Go's `net/netip`: parsing of IP addresses.

use super::quote::quote;

/// `netip.ParseAddr`, which here only validates the address.
///
/// # Errors
/// Go's message.
///
/// ```
/// use gostd::netip::parse_addr;
/// assert_eq!(parse_addr("fe80::1%eth0"), Ok(()));
/// assert_eq!(
///     parse_addr("1:2").unwrap_err(),
///     "ParseAddr(\"1:2\"): address string too short"
/// );
/// ```
pub fn parse_addr(text: &str) -> Result<(), String> {
    match text.bytes().find(|byte| b".:%".contains(byte)) {
        Some(b'.') => parse_ipv4(text, text),
        Some(b':') => parse_ipv6(text),
        Some(_) => refuse(text, "missing IPv6 address", ""),
        None => refuse(text, "unable to parse IP", ""),
    }
}

fn refuse(text: &str, message: &str, at: &str) -> Result<(), String> {
    let place = if at.is_empty() {
        String::new()
    } else {
        format!(" (at {})", quote(at))
    };
    Err(format!("ParseAddr({}): {message}{place}", quote(text)))
}

fn parse_ipv4(whole: &str, text: &str) -> Result<(), String> {
    let (mut value, mut fields, mut length) = (0u32, 0, 0);
    let bytes = text.as_bytes();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'0'..=b'9' => {
                if length == 1 && value == 0 {
                    return refuse(whole, "IPv4 field has octet with leading zero", "");
                }
                value = value * 10 + u32::from(byte - b'0');
                length += 1;
                if value > 255 {
                    return refuse(whole, "IPv4 field has value >255", "");
                }
            }
            b'.' => {
                if at == 0 || at == bytes.len() - 1 || bytes[at - 1] == b'.' {
                    return refuse(whole, "IPv4 field must have at least one digit", &text[at..]);
                }
                if fields == 3 {
                    return refuse(whole, "IPv4 address too long", "");
                }
                fields += 1;
                (value, length) = (0, 0);
            }
            _ => return refuse(whole, "unexpected character", &text[at..]),
        }
    }
    if fields < 3 {
        return refuse(whole, "IPv4 address too short", "");
    }
    Ok(())
}

fn parse_ipv6(whole: &str) -> Result<(), String> {
    let mut text = whole;
    if let Some((before, zone)) = whole.split_once('%') {
        if zone.is_empty() {
            return refuse(whole, "zone must be a non-empty string", "");
        }
        text = before;
    }
    let mut ellipsis = None;
    if let Some(rest) = text.strip_prefix("::") {
        ellipsis = Some(0);
        text = rest;
        if text.is_empty() {
            return Ok(());
        }
    }
    let mut bytes = 0;
    while bytes < 16 {
        let length = text.bytes().take_while(u8::is_ascii_hexdigit).count();
        if length > 4 {
            return refuse(whole, "each group must have 4 or less digits", text);
        }
        if length == 0 {
            let message = "each colon-separated field must have at least one digit";
            return refuse(whole, message, text);
        }
        let rest = &text[length..];
        if rest.starts_with('.') {
            if ellipsis.is_none() && bytes != 12 {
                let message = "embedded IPv4 address must replace the final 2 fields of the address";
                return refuse(whole, message, text);
            }
            if bytes + 4 > 16 {
                let message = "too many hex fields to fit an embedded IPv4 at the end of the address";
                return refuse(whole, message, text);
            }
            parse_ipv4(whole, text)?;
            text = "";
            bytes += 4;
            break;
        }
        bytes += 2;
        text = rest;
        if text.is_empty() {
            break;
        }
        let Some(rest) = text.strip_prefix(':') else {
            return refuse(whole, "unexpected character, want colon", text);
        };
        if rest.is_empty() {
            return refuse(whole, "colon must be followed by more characters", text);
        }
        text = rest;
        if let Some(rest) = text.strip_prefix(':') {
            if ellipsis.is_some() {
                return refuse(whole, "multiple :: in address", text);
            }
            ellipsis = Some(bytes);
            text = rest;
            if text.is_empty() {
                break;
            }
        }
    }
    if !text.is_empty() {
        return refuse(whole, "trailing garbage after address", text);
    }
    match ellipsis {
        None if bytes < 16 => refuse(whole, "address string too short", ""),
        Some(_) if bytes == 16 => refuse(whole, "the :: must expand to at least one field of zeros", ""),
        _ => Ok(()),
    }
}
