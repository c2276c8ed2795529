//! Image references: the grammar of github.com/distribution/reference, which container runtimes use.

use super::Reason;

/// Checks `[DOMAIN/]PATH[:TAG][@DIGEST]`.
pub fn reference(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if let Some(bad) = text
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || !c.is_ascii())
    {
        return Err(format!("it has {bad:?}"));
    }
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    if let Some(digest) = digest {
        check_digest(digest)?;
    }
    // A `:` before the last `/` belongs to a port.
    let (name, tag) = match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    };
    if let Some(tag) = tag {
        check_tag(tag)?;
    }
    if name.is_empty() {
        return Err("its repository is empty".to_owned());
    }
    let (domain, path) = match name.split_once('/') {
        Some((first, rest)) if is_domain(first) => (Some(first), rest),
        _ => (None, name),
    };
    if let Some(domain) = domain {
        check_domain(domain)?;
    }
    for part in path.split('/') {
        check_part(part)?;
    }
    Ok(())
}

fn is_domain(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost" || text.contains(|c: char| c.is_ascii_uppercase())
}

fn check_domain(text: &str) -> Result<(), Reason> {
    let wrong = || format!("`{}` is not a registry", super::shown(text));
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    if port.is_some_and(|port| port.is_empty() || !port.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(wrong());
    }
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().map(drop).map_err(|_| wrong());
    }
    let good = host.split('.').all(|part| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    });
    if good { Ok(()) } else { Err(wrong()) }
}

/// Checks a path component: lower case letters and digits, separated by `.`, `_`, `__` or dashes.
fn check_part(part: &str) -> Result<(), Reason> {
    let shown = super::shown(part);
    if part.is_empty() {
        return Err("a part of its path is empty".to_owned());
    }
    if part.contains(|c: char| c.is_ascii_uppercase()) {
        return Err(format!("`{shown}` has upper case letters"));
    }
    if let Some(bad) = part
        .chars()
        .find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '.' | '_' | '-'))
    {
        return Err(format!("`{shown}` has `{bad}`"));
    }
    let separator = |c: char| matches!(c, '.' | '_' | '-');
    let good = !part.starts_with(separator)
        && !part.ends_with(separator)
        && part
            .split(|c: char| !separator(c))
            .filter(|between| !between.is_empty())
            .all(|between| matches!(between, "." | "_" | "__") || between.bytes().all(|byte| byte == b'-'));
    if good {
        Ok(())
    } else {
        Err(format!("`{shown}` has a separator at its end, or two that do not fit"))
    }
}

fn check_tag(tag: &str) -> Result<(), Reason> {
    if tag.is_empty() {
        return Err("its tag is empty".to_owned());
    }
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let good = tag.len() <= 128
        && tag
            .bytes()
            .enumerate()
            .all(|(index, byte)| word(byte) || (index > 0 && matches!(byte, b'.' | b'-')));
    if good {
        Ok(())
    } else {
        Err(format!("`{}` is not a tag", super::shown(tag)))
    }
}

fn check_digest(digest: &str) -> Result<(), Reason> {
    let wrong = || format!("`{}` is not a digest", super::shown(digest));
    let (algorithm, hex) = digest.split_once(':').ok_or_else(wrong)?;
    let names = algorithm.split(['-', '_', '+', '.']).all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let wanted = match algorithm {
        "sha256" => Some(64),
        "sha384" => Some(96),
        "sha512" => Some(128),
        _ => None,
    };
    let hex_good = hex.bytes().all(|byte| byte.is_ascii_hexdigit()) && hex.len() >= 32;
    if names && hex_good && wanted.is_none_or(|length| length == hex.len()) {
        Ok(())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_those_of_distribution() {
        let digest = "a".repeat(64);
        for good in [
            "nginx",
            "nginx:1.27",
            "library/nginx",
            "quay.io/prometheus/prometheus:v3.1.0",
            "localhost:5000/a/b_c__d-e--f.g:T_1.x-y",
            "registry.example.com:5000/x",
            &format!("x@sha256:{digest}"),
            &format!("x:1@sha256:{digest}"),
            "[fd00::1]:5000/x",
            "Registry/x",
        ] {
            assert_eq!(reference(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "nginx:",
            ":1.0",
            "Nginx",
            "quay.io/Prom/x",
            "a//b",
            "a/",
            "/a",
            "a:b:c",
            "nginx:-1",
            "nginx 1",
            "x@sha256:abc",
            "x@",
            "a..b",
            "-a",
            "a___b",
            "https://quay.io/x",
            "quay.io:/x",
            "nginx:<no value>",
        ] {
            assert!(reference(bad).is_err(), "{bad}");
        }
    }
}
