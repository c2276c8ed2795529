//! Go's `net/url`, on bytes.

use std::net::Ipv4Addr;

use super::netip::parse_addr;
use super::quote::quote;
use super::string::encode;

/// The part of a URL that a text is in, which determines the characters to escape.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Path,
    Host,
    Zone,
    UserInfo,
    Fragment,
}

fn stays(byte: u8, part: Part) -> bool {
    let more: &[u8] = match part {
        Part::Path => b"$&+,/:;=@",
        Part::Host | Part::Zone => b"!$&'()*+,;=:[]<>\"",
        Part::UserInfo => b"$&+,;=",
        Part::Fragment => b"$&+,/:;=?@!()*",
    };
    byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || more.contains(&byte)
}

fn escape(text: &[u8], part: Part) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        if stays(byte, part) {
            out.push(byte);
        } else {
            out.extend(format!("%{byte:02X}").bytes());
        }
    }
    out
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn unescape(text: &[u8], part: Part) -> Result<Vec<u8>, String> {
    let wrong = |escape: &[u8]| Err(format!("invalid URL escape {}", quote(&encode(escape))));
    let in_host = matches!(part, Part::Host | Part::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        if byte != b'%' {
            if in_host && byte < 0x80 && !stays(byte, part) {
                return Err(format!("invalid character {} in host name", quote(&encode(&[byte]))));
            }
            out.push(byte);
            rest = after;
            continue;
        }
        let Some((high, low)) = after
            .first()
            .and_then(|&high| hex(high))
            .zip(after.get(1).and_then(|&low| hex(low)))
        else {
            return wrong(&rest[..rest.len().min(3)]);
        };
        let value = high << 4 | low;
        let percent = &rest[..3] == b"%25";
        // In a host only non-ASCII bytes may be escaped; in a zone, the characters that a host may contain.
        if part == Part::Host && high < 8 && !percent
            || part == Part::Zone && !percent && value != b' ' && !stays(value, Part::Host)
        {
            return wrong(&rest[..3]);
        }
        out.push(value);
        rest = &rest[3..];
    }
    Ok(out)
}

/// The user name and password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl UserInfo {
    /// The encoded form in a URL.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = escape(&self.name, Part::UserInfo);
        if let Some(password) = &self.password {
            out.push(b':');
            out.extend(escape(password, Part::UserInfo));
        }
        out
    }
}

/// A parsed URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// In lower case.
    pub scheme: Vec<u8>,
    /// The part after the scheme, if it is not a path.
    pub opaque: Vec<u8>,
    /// User and password.
    pub user: Option<UserInfo>,
    /// Host and port.
    pub host: Vec<u8>,
    /// The unescaped path.
    pub path: Vec<u8>,
    /// The escaped path, if it differs from Go's escaping.
    pub raw_path: Vec<u8>,
    /// The escaped query.
    pub query: Vec<u8>,
    /// The unescaped fragment.
    pub fragment: Vec<u8>,
}

/// Splits a text at the first occurrence of a byte.
fn cut(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    match text.iter().position(|&found| found == byte) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

impl Url {
    /// `url.Parse`.
    ///
    /// # Errors
    /// Go's message.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let (before, fragment) = cut(text, b'#');
        let about = |url: &[u8], error: &str| format!("parse {}: {error}", quote(&encode(url)));
        let mut url = Self::parse_before_fragment(before).map_err(|error| about(before, &error))?;
        url.fragment = unescape(fragment.unwrap_or_default(), Part::Fragment).map_err(|error| about(text, &error))?;
        Ok(url)
    }

    fn parse_before_fragment(text: &[u8]) -> Result<Self, String> {
        if text.iter().any(u8::is_ascii_control) {
            return Err("net/url: invalid control character in URL".to_owned());
        }
        let mut url = Self::default();
        if text == b"*" {
            url.path = text.to_vec();
            return Ok(url);
        }
        let (scheme, rest) = split_scheme(text)?;
        url.scheme = scheme.to_ascii_lowercase();
        let (rest, query) = cut(rest, b'?');
        url.query = query.unwrap_or_default().to_vec();
        let mut rest = rest;
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest.to_vec();
                return Ok(url);
            }
            if cut(rest, b'/').0.contains(&b':') {
                return Err("first path segment in URL cannot contain colon".to_owned());
            }
        }
        if let Some(after) = rest.strip_prefix(b"//")
            && (!url.scheme.is_empty() || !after.starts_with(b"/"))
        {
            let end = after.iter().position(|&byte| byte == b'/').unwrap_or(after.len());
            url.parse_authority(&after[..end])?;
            rest = &after[end..];
        }
        url.path = unescape(rest, Part::Path)?;
        if escape(&url.path, Part::Path) != rest {
            url.raw_path = rest.to_vec();
        }
        Ok(url)
    }

    fn parse_authority(&mut self, authority: &[u8]) -> Result<(), String> {
        let (user, host) = match authority.iter().rposition(|&byte| byte == b'@') {
            Some(at) => (Some(&authority[..at]), &authority[at + 1..]),
            None => (None, authority),
        };
        self.host = parse_host(&self.scheme, host)?;
        if let Some(user) = user {
            let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
            if !user.iter().all(valid) {
                return Err("net/url: invalid userinfo".to_owned());
            }
            let (name, password) = cut(user, b':');
            self.user = Some(UserInfo {
                name: unescape(name, Part::UserInfo)?,
                password: password
                    .map(|password| unescape(password, Part::UserInfo))
                    .transpose()?,
            });
        }
        Ok(())
    }

    /// The host without port and brackets.
    pub fn host_name(&self) -> &[u8] {
        let host = match self.host.iter().rposition(|&byte| byte == b':') {
            Some(colon) if is_port(&self.host[colon..]) => &self.host[..colon],
            _ => &self.host,
        };
        host.strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"))
            .unwrap_or(host)
    }

    /// `URL.String` for a URL that was assembled from its parts.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.scheme.is_empty() {
            out.extend(&self.scheme);
            out.push(b':');
        }
        if self.opaque.is_empty() {
            let has_authority = !self.host.is_empty() || self.user.is_some();
            if has_authority || !self.scheme.is_empty() && !self.path.is_empty() {
                out.extend(b"//");
            }
            if let Some(user) = &self.user {
                out.extend(user.to_bytes());
                out.push(b'@');
            }
            out.extend(escape(&self.host, Part::Host));
            let path = if self.path == b"*" {
                self.path.clone()
            } else {
                escape(&self.path, Part::Path)
            };
            if !path.is_empty() && !path.starts_with(b"/") && !self.host.is_empty() {
                out.push(b'/');
            }
            // Without it, the first component of the path would be parsed as a scheme.
            if out.is_empty() && cut(&path, b'/').0.contains(&b':') {
                out.extend(b"./");
            }
            out.extend(path);
        } else {
            out.extend(&self.opaque);
        }
        if !self.query.is_empty() {
            out.push(b'?');
            out.extend(&self.query);
        }
        if !self.fragment.is_empty() {
            out.push(b'#');
            out.extend(escape(&self.fragment, Part::Fragment));
        }
        out
    }
}

fn split_scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((&text[..at], &text[at + 1..])),
            _ => break,
        }
    }
    Ok((b"", text))
}

/// Whether a text is empty, or a colon followed by digits.
fn is_port(text: &[u8]) -> bool {
    text.is_empty()
        || text
            .strip_prefix(b":")
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

fn check_port(text: &[u8]) -> Result<(), String> {
    if is_port(text) {
        Ok(())
    } else {
        Err(format!("invalid port {} after host", quote(&encode(text))))
    }
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    match host.iter().rposition(|&byte| byte == b'[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    if let Some(first) = host.iter().position(|&byte| byte == b':') {
        // Only for http and https is the first colon required to start the port.
        let colon = match scheme {
            b"http" | b"https" => first,
            _ => host.iter().rposition(|&byte| byte == b':').unwrap_or(first),
        };
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

/// `[::1%25eth0]:80`
fn parse_literal(host: &[u8]) -> Result<Vec<u8>, String> {
    let close = host
        .iter()
        .rposition(|&byte| byte == b']')
        .ok_or("missing ']' in host")?;
    let port = &host[close + 1..];
    check_port(port)?;
    let name = &host[1..close];
    let zone = memchr::memmem::find(name, b"%25");
    let mut literal = unescape(&name[..zone.unwrap_or(name.len())], Part::Host)?;
    literal.extend(unescape(&name[zone.unwrap_or(name.len())..], Part::Zone)?);
    let text = encode(&literal).into_owned();
    if text.parse::<Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    parse_addr(&text).map_err(|error| format!("invalid host: {error}"))?;
    let mut out = vec![b'['];
    out.extend(literal);
    out.push(b']');
    out.extend(unescape(port, Part::Host)?);
    Ok(out)
}
