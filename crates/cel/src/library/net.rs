//! IP addresses and CIDR blocks: Go's `net/netip`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A CIDR block. Host bits are kept as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// The address.
    pub address: IpAddr,
    /// The length of the prefix.
    pub bits: u8,
}

impl Cidr {
    /// Parses `10.0.0.0/8`.
    ///
    /// # Errors
    /// The API server's message for an invalid CIDR.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fail = |reason: &str| {
            Err(format!(
                "network address parse error during conversion from string: network address parse error during conversion from string: \
                 netip.ParsePrefix({}): {reason}",
                quoted(text)
            ))
        };
        let Some((address, bits)) = text.rsplit_once('/') else {
            return fail("no '/'");
        };
        let address = match parse_address(address) {
            Ok((_, true)) => return fail("IPv6 zones cannot be present in a prefix"),
            Ok((address, false)) => address,
            Err(reason) => return fail(&format!("ParseAddr({}): {reason}", quoted(address))),
        };
        if bits.len() > 1 && !bits.starts_with(|c: char| ('1'..='9').contains(&c)) || bits.starts_with(['+', '-']) {
            return fail(&format!("bad bits after slash: {}", quoted(bits)));
        }
        let Ok(number) = bits.parse::<u32>() else {
            return fail(&format!("bad bits after slash: {}", quoted(bits)));
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let Some(bits) = u8::try_from(number).ok().filter(|bits| *bits <= most) else {
            return fail("prefix length out of range");
        };
        if is_mapped(&address) {
            return Err(format!(
                "network address parse error during conversion from string: IPv4-mapped IPv6 address {} is not allowed",
                quoted(text)
            ));
        }
        Ok(Self { address, bits })
    }

    /// The network address of the block: host bits cleared.
    #[must_use]
    pub fn masked(self) -> Self {
        let address = match self.address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V4(Ipv4Addr::from(u32::from(address) & mask))
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.bits)).unwrap_or(0);
                IpAddr::V6(Ipv6Addr::from(u128::from(address) & mask))
            }
        };
        Self { address, ..self }
    }

    /// Whether an address is in the block.
    pub fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && Self { address, ..self }.masked() == self.masked()
    }

    /// Whether all of another block is in this one.
    pub fn contains_block(self, other: Self) -> bool {
        self.bits <= other.bits && self.contains(other.address)
    }

    /// Its notation, as Go formats it.
    pub fn text(self) -> String {
        format!("{}/{}", address_text(&self.address), self.bits)
    }
}

/// Parses an IP address.
///
/// # Errors
/// The API server's message for an invalid address.
pub(crate) fn ip(text: &str) -> Result<IpAddr, String> {
    let (address, zone) = parse_address(text).map_err(|reason| {
        let quoted = quoted(text);
        format!("IP Address {quoted} parse error during conversion from string: ParseAddr({quoted}): {reason}")
    })?;
    if zone {
        return Err(format!("IP address {} with zone value is not allowed", quoted(text)));
    }
    if is_mapped(&address) {
        return Err(format!("IPv4-mapped IPv6 address {} is not allowed", quoted(text)));
    }
    Ok(address)
}

/// An address as Go formats it.
pub(crate) fn address_text(address: &IpAddr) -> String {
    address.to_string()
}

fn is_mapped(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}

/// A text as Go's `%q` quotes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Parses an address and tells whether it has a zone. The error is the reason that Go's `ParseAddr` gives.
fn parse_address(text: &str) -> Result<(IpAddr, bool), String> {
    let first = text.find(['.', ':', '%']).map(|at| (at, text.as_bytes()[at]));
    match first {
        Some((_, b'.')) => parse_v4(text).map(|address| (IpAddr::V4(address), false)),
        Some((_, b':')) => {
            let (address, zone) = match text.split_once('%') {
                Some((_, "")) => return Err("zone must be a non-empty string".to_owned()),
                Some((address, _)) => (address, true),
                None => (text, false),
            };
            match address.parse::<Ipv6Addr>() {
                Ok(address) => Ok((IpAddr::V6(address), zone)),
                Err(_) => Err(v6_reason(address)),
            }
        }
        Some(_) => Err("missing IPv6 address".to_owned()),
        None => Err("unable to parse IP".to_owned()),
    }
}

fn parse_v4(text: &str) -> Result<Ipv4Addr, String> {
    let at = |place: usize| format!(" (at {})", quoted(&text[place..]));
    let mut fields = [0_u8; 4];
    let mut position = 0;
    let mut value = 0_u32;
    let mut digits = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte.is_ascii_digit() {
            if digits == 1 && value == 0 {
                return Err("IPv4 field has octet with leading zero".to_owned());
            }
            value = value * 10 + u32::from(byte - b'0');
            digits += 1;
            if value > 255 {
                return Err("IPv4 field has value >255".to_owned());
            }
        } else if byte == b'.' {
            if index == 0 || index == text.len() - 1 || text.as_bytes()[index - 1] == b'.' {
                return Err(format!("IPv4 field must have at least one digit{}", at(index)));
            }
            if position == 3 {
                return Err("IPv4 address too long".to_owned());
            }
            fields[position] = u8::try_from(value).unwrap_or_default();
            position += 1;
            value = 0;
            digits = 0;
        } else {
            return Err(format!("unexpected character{}", at(index)));
        }
    }
    if position < 3 {
        return Err("IPv4 address too short".to_owned());
    }
    fields[3] = u8::try_from(value).unwrap_or_default();
    Ok(Ipv4Addr::from(fields))
}

/// The first error that Go reports for an invalid IPv6 address.
fn v6_reason(text: &str) -> String {
    let at = |rest: &str| format!(" (at {})", quoted(rest));
    let mut rest = text;
    let mut ellipsis = false;
    if let Some(behind) = rest.strip_prefix("::") {
        ellipsis = true;
        rest = behind;
    }
    let mut fields = 0;
    while fields < 8 && !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
        if end > 4 {
            return format!("each group must have 4 or less digits{}", at(rest));
        }
        if end == 0 {
            return format!("each colon-separated field must have at least one digit{}", at(rest));
        }
        if rest[end..].starts_with('.') {
            return "invalid IPv4 address".to_owned();
        }
        fields += 1;
        rest = &rest[end..];
        if rest.is_empty() {
            break;
        }
        let Some(behind) = rest.strip_prefix(':') else {
            return format!("unexpected character, want colon{}", at(rest));
        };
        if behind.is_empty() {
            return format!("colon must be followed by more characters{}", at(rest));
        }
        rest = behind;
        if let Some(behind) = rest.strip_prefix(':') {
            if ellipsis {
                return format!("multiple :: in address{}", at(rest));
            }
            ellipsis = true;
            rest = behind;
        }
    }
    if !rest.is_empty() {
        return format!("trailing garbage after address{}", at(rest));
    }
    if fields < 8 {
        "address string too short".to_owned()
    } else {
        "the :: must expand to at least one field of zeros".to_owned()
    }
}
