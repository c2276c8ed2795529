//! URLs and paths of webhooks: `k8s.io/apiserver/pkg/util/webhook`.

use super::{Reason, names};

/// Checks the URL of a webhook: `https://host[:port][/path]`, without user, query or fragment.
pub fn webhook(text: &str) -> Result<(), Reason> {
    if let Some(bad) = text.chars().find(char::is_ascii_control) {
        return Err(format!("it has {bad:?}"));
    }
    let Some(rest) = text
        .get(..8)
        .filter(|scheme| scheme.eq_ignore_ascii_case("https://"))
        .map(|_| &text[8..])
    else {
        return Err("it does not start with `https://`".to_owned());
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return Err("a user is not allowed in it".to_owned());
    }
    if authority.is_empty() {
        return Err("it has no host".to_owned());
    }
    if let Some(bad) = authority
        .chars()
        .find(|c| matches!(c, ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'))
    {
        return Err(format!("its host has {bad:?}"));
    }
    port(authority)?;
    if !escapes_are_whole(path) {
        return Err("a `%` in it is not followed by two hexadecimal digits".to_owned());
    }
    if path.contains('#') && !path.ends_with('#') {
        return Err("a fragment, `#...`, is not allowed in it".to_owned());
    }
    if path
        .split('#')
        .next()
        .unwrap_or_default()
        .split_once('?')
        .is_some_and(|(_, query)| !query.is_empty())
    {
        return Err("a query, `?...`, is not allowed in it".to_owned());
    }
    Ok(())
}

/// Checks that only digits follow the host's `:` (`validOptionalPort` of net/url).
fn port(authority: &str) -> Result<(), Reason> {
    let rest = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((_, rest)) => rest,
            None => return Err("a `]` is missing in its host".to_owned()),
        },
        None => authority.find(':').map_or("", |at| &authority[at..]),
    };
    let digits = rest.strip_prefix(':').unwrap_or(rest);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(())
    } else {
        Err(format!("`{}` is not a port", super::shown(digits)))
    }
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|part| {
        let mut digits = part.bytes();
        let mut hex = || digits.next().is_some_and(|byte| byte.is_ascii_hexdigit());
        hex() && hex()
    })
}

/// Checks the path of a webhook's Service: segments that are DNS subdomains.
pub fn service_path(text: &str) -> Result<(), Reason> {
    if text.is_empty() || text == "/" {
        return Ok(());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return Err("it does not start with `/`".to_owned());
    };
    for part in rest.strip_suffix('/').unwrap_or(rest).split('/') {
        if part.is_empty() {
            return Err("it has an empty part between slashes".to_owned());
        }
        names::subdomain(part).map_err(|reason| format!("`{}`: {reason}", super::shown(part)))?;
    }
    Ok(())
}

/// Checks a non-resource URL: `/metrics`, `/healthz/*`.
pub fn non_resource(text: &str) -> Result<(), Reason> {
    if !text.starts_with('/') {
        return Err("it does not start with `/`".to_owned());
    }
    if text.contains(' ') {
        return Err("it has a space".to_owned());
    }
    if text.contains("//") {
        return Err("it has `//`".to_owned());
    }
    match text.matches('*').count() {
        0 => Ok(()),
        1 if text.ends_with("/*") => Ok(()),
        _ => Err("`*` can only stand at its end, behind `/`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_those_of_the_api_server() {
        for good in [
            "https://a.b",
            "https://a.b/c/d",
            "https://a:8443/",
            "https://[::1]:443/x",
            "HTTPS://a",
        ] {
            assert_eq!(webhook(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "a.b",
            "http://a.b",
            "https://",
            "https:///x",
            "https://u@a",
            "https://u:p@a.b",
            "https://a?b=c",
            "https://a/#x",
            "https://a:b",
            "https://a b",
            "https://a/%zz",
        ] {
            assert!(webhook(bad).is_err(), "{bad}");
        }
        for good in ["", "/", "/a", "/a/b.c/", "/validate-1"] {
            assert_eq!(service_path(good), Ok(()), "{good}");
        }
        for bad in ["a", "//", "/a//b", "/A", "/a_b", "/a b"] {
            assert!(service_path(bad).is_err(), "{bad}");
        }
        assert!(non_resource("/a/*").is_ok() && non_resource("/*/a").is_err() && non_resource("/a*").is_err());
    }
}
