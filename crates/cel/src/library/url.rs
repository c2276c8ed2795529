//! Absolute URLs: Go's `net/url`.

use super::net::quoted;

/// A URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// The URL as written.
    pub text: String,
    /// The scheme: `https`.
    pub scheme: String,
    /// The host with its port: `example.com:80`.
    pub host: String,
    /// The path, escaped.
    pub path: String,
    /// The query, without the `?`.
    pub query: String,
}

/// A part of a URL. The set of escaped characters depends on it.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Host,
    Path,
    Query,
    User,
}

/// Checks a URL as Go's `ParseRequestURI` does.
///
/// # Errors
/// Go's message.
pub fn check(text: &str) -> Result<(), String> {
    parts(text, true)
        .map(drop)
        .map_err(|reason| format!("parse {}: {reason}", quoted(text)))
}

impl Url {
    /// Parses a URL.
    ///
    /// # Errors
    /// The API server's message for an invalid URL.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fail = |error: String| format!("URL parse error during conversion from string: {error}");
        check(text).map_err(fail)?;
        let whole = text.split_once('#').map_or(text, |(whole, _)| whole);
        parts(whole, false).map_err(|reason| fail(format!("parse {}: {reason}", quoted(text))))
    }

    /// The host without port and brackets.
    pub fn hostname(&self) -> &str {
        let host = self.split().0;
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    /// The port; empty if there is none.
    pub fn port(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        match self.host.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !port.contains(']') => (host, port),
            _ => (&self.host, ""),
        }
    }

    /// The query's values by key, in the order of the keys.
    pub fn pairs(&self) -> std::collections::BTreeMap<String, Vec<String>> {
        let mut found = std::collections::BTreeMap::<String, Vec<String>>::new();
        for pair in self.query.split('&') {
            if pair.is_empty() || pair.contains(';') {
                continue;
            }
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let (Ok(key), Ok(value)) = (unescape(key, Part::Query), unescape(value, Part::Query)) {
                found.entry(key).or_default().push(value);
            }
        }
        found
    }
}

fn parts(text: &str, request: bool) -> Result<Url, String> {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    if text.is_empty() && request {
        return Err("empty url".to_owned());
    }
    let (scheme, mut rest) = scheme(text)?;
    let mut query = String::new();
    if let Some((before, behind)) = rest.split_once('?') {
        behind.clone_into(&mut query);
        rest = before;
    }
    let url = |host: String, path: String| Url {
        text: text.to_owned(),
        scheme: scheme.clone(),
        host,
        path,
        query: query.clone(),
    };
    if text == "*" {
        return Ok(url(String::new(), "*".to_owned()));
    }
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Ok(url(String::new(), String::new()));
        }
        if request {
            return Err("invalid URI for request".to_owned());
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut host = String::new();
    if (!scheme.is_empty() || !request && !rest.starts_with("///"))
        && let Some(behind) = rest.strip_prefix("//")
    {
        let end = behind.find('/').unwrap_or(behind.len());
        host = authority(&behind[..end])?;
        rest = &behind[end..];
    }
    let path = unescape(rest, Part::Path)?;
    let path = if is_encoded_path(rest) {
        rest.to_owned()
    } else {
        escape_path(&path)
    };
    Ok(url(host, path))
}

fn scheme(text: &str) -> Result<(String, &str), String> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err("missing protocol scheme".to_owned()),
            b':' => return Ok((text[..at].to_ascii_lowercase(), &text[at + 1..])),
            _ => break,
        }
    }
    Ok((String::new(), text))
}

fn authority(text: &str) -> Result<String, String> {
    let Some((user, host)) = text.rsplit_once('@') else {
        return parse_host(text);
    };
    let host = parse_host(host)?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&byte);
    if !user.bytes().all(fits) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    unescape(user, Part::User)?;
    Ok(host)
}

fn parse_host(host: &str) -> Result<String, String> {
    let port_fits = |port: &str| {
        port.is_empty()
            || port
                .strip_prefix(':')
                .is_some_and(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
    };
    if let Some(open) = host.rfind('[').filter(|_| host.starts_with('[')) {
        let Some(close) = host.rfind(']') else {
            return Err("missing ']' in host".to_owned());
        };
        let _ = open;
        let port = &host[close + 1..];
        if !port_fits(port) {
            return Err(format!("invalid port {} after host", quoted(port)));
        }
        let inner = host[1..close].split('%').next().unwrap_or_default();
        if inner.parse::<std::net::Ipv6Addr>().is_err() {
            return Err(format!(
                "invalid host: ParseAddr({}): unable to parse IP",
                quoted(inner)
            ));
        }
    } else if let Some(colon) = host.rfind(':') {
        let port = &host[colon..];
        if !port_fits(port) {
            return Err(format!("invalid port {} after host", quoted(port)));
        }
    }
    unescape(host, Part::Host)
}

/// Decodes percent escapes.
fn unescape(text: &str, part: Part) -> Result<String, String> {
    let mut out = Vec::with_capacity(text.len());
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'%' => {
                let code = text
                    .get(at + 1..at + 3)
                    .and_then(|code| u8::from_str_radix(code, 16).ok());
                let Some(code) = code else {
                    let end = (at..=text.len().min(at + 3))
                        .rev()
                        .find(|end| text.is_char_boundary(*end));
                    let shown = text.get(at..end.unwrap_or(at)).unwrap_or_default();
                    return Err(format!("invalid URL escape {}", quoted(shown)));
                };
                if part == Part::Host && code < 0x80 && code != b'%' {
                    return Err(format!("invalid URL escape {}", quoted(&text[at..at + 3])));
                }
                out.push(code);
                at += 3;
            }
            b'+' if part == Part::Query => {
                out.push(b' ');
                at += 1;
            }
            byte => {
                if part == Part::Host && byte < 0x80 && !is_plain(byte, Part::Host) {
                    return Err(format!(
                        "invalid character {} in host name",
                        quoted(&char::from(byte).to_string())
                    ));
                }
                out.push(byte);
                at += 1;
            }
        }
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// Whether a character needs no escape.
fn is_plain(byte: u8, part: Part) -> bool {
    byte.is_ascii_alphanumeric()
        || b"-_.~".contains(&byte)
        || match part {
            Part::Host => b"!$&'()*+,;=:[]<>\"".contains(&byte),
            Part::Path => b"$&+,/:;=@".contains(&byte),
            Part::Query | Part::User => false,
        }
}

/// Whether a path is valid in its encoded form and kept as written.
fn is_encoded_path(text: &str) -> bool {
    text.bytes()
        .all(|byte| is_plain(byte, Part::Path) || b"!'()*[]%".contains(&byte))
}

fn escape_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if is_plain(byte, Part::Path) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
