//! Names: `k8s.io/apimachinery/pkg/util/validation`.

use super::Reason;

/// The maximum length of a DNS-1123 label, DNS-1035 label or label value.
pub const LABEL_LENGTH: usize = 63;
/// The maximum length of a DNS-1123 subdomain.
pub const SUBDOMAIN_LENGTH: usize = 253;

fn length(text: &str, most: usize) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.len() > most {
        return Err(format!("it has {} characters, at most {most} are allowed", text.len()));
    }
    Ok(())
}

fn label_characters(text: &str) -> Result<(), Reason> {
    if let Some(bad) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
        return Err(if bad.is_ascii_uppercase() {
            format!("`{bad}` is upper case; lower case letters, digits and `-` are allowed")
        } else {
            format!("it has `{bad}`; lower case letters, digits and `-` are allowed")
        });
    }
    if text.starts_with('-') || text.ends_with('-') {
        return Err("it must start and end with a letter or digit".to_owned());
    }
    Ok(())
}

/// Checks a DNS-1123 label: lower case letters, digits and `-`, at most 63 characters.
pub fn label(text: &str) -> Result<(), Reason> {
    length(text, LABEL_LENGTH)?;
    label_characters(text)
}

/// Checks a DNS-1035 label: like a DNS-1123 label, but it starts with a letter.
pub fn label_1035(text: &str) -> Result<(), Reason> {
    label(text)?;
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("it must start with a letter".to_owned());
    }
    Ok(())
}

/// Checks a DNS-1123 subdomain: labels of any length joined by `.`, at most 253 characters in all.
pub fn subdomain(text: &str) -> Result<(), Reason> {
    length(text, SUBDOMAIN_LENGTH)?;
    for part in text.split('.') {
        if part.is_empty() {
            return Err("it must start and end with a letter or digit, and so must each part between dots".to_owned());
        }
        label_characters(part).map_err(|reason| reason.replace("digits and `-` are", "digits, `-` and `.` are"))?;
    }
    Ok(())
}

/// Checks a subdomain, optionally after `*.`.
pub fn wildcard_or_subdomain(text: &str) -> Result<(), Reason> {
    subdomain(text.strip_prefix("*.").unwrap_or(text))
}

/// Checks a subdomain of at least two parts, such as the group of a custom resource.
pub fn domain(text: &str) -> Result<(), Reason> {
    parts(text, 2)
}

/// Checks a subdomain of at least three parts, such as the name of a webhook.
pub fn qualified(text: &str) -> Result<(), Reason> {
    parts(text, 3)
}

fn parts(text: &str, least: usize) -> Result<(), Reason> {
    subdomain(text)?;
    if text.split('.').count() < least {
        return Err(format!("it must have {least} parts at least, with dots between them"));
    }
    Ok(())
}

/// Checks the name of a CSI driver (`ValidateCSIDriverName`): a subdomain in any case, at most 63 characters.
pub fn driver(text: &str) -> Result<(), Reason> {
    length(text, LABEL_LENGTH)?;
    subdomain(&text.to_ascii_lowercase())
}

/// Checks the name of a signer (`ValidateSignerName`): a domain, `/` and a name.
pub fn signer(text: &str) -> Result<(), Reason> {
    let (domain, name) = text
        .split_once('/')
        .filter(|(_, name)| !name.contains('/'))
        .ok_or_else(|| "it must be a domain and a name, like `example.com/signer`".to_owned())?;
    parts(domain, 2).map_err(|reason| format!("before its `/`, {reason}"))?;
    if let Some(Err(reason)) = domain.split('.').map(label).find(Result::is_err) {
        return Err(format!("before its `/`, {reason}"));
    }
    subdomain(name).map_err(|reason| format!("behind its `/`, {reason}"))
}

/// Checks a kind: like a DNS-1035 label, but in any case.
pub fn kind(text: &str) -> Result<(), Reason> {
    label_1035(&text.to_ascii_lowercase())
}

/// Checks a segment of a URL path, as used for names of RBAC objects: anything without `/` and `%`, except `.` and
/// `..`.
pub fn path_segment(text: &str) -> Result<(), Reason> {
    match text {
        "" => Err("it is empty".to_owned()),
        "." | ".." => Err("it is a way through folders".to_owned()),
        _ => match text.chars().find(|c| matches!(c, '/' | '%')) {
            Some(bad) => Err(format!("it has `{bad}`")),
            None => Ok(()),
        },
    }
}

/// Checks the name of a port (`IANA_SVC_NAME`): lower case letters, digits and single `-` between them, at least one
/// letter, at most 15 characters.
pub fn port(text: &str) -> Result<(), Reason> {
    length(text, 15)?;
    label_characters(text)?;
    if !text.contains(|c: char| c.is_ascii_lowercase()) {
        return Err("it must have a letter".to_owned());
    }
    if text.contains("--") {
        return Err("it has `--`".to_owned());
    }
    Ok(())
}

/// Checks the name of an environment variable: printable ASCII except `=`.
pub fn environment_variable(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    match text.chars().find(|c| !matches!(c, ' '..='~') || *c == '=') {
        Some(bad) => Err(format!(
            "it has {bad:?}; printable ASCII characters other than `=` are allowed"
        )),
        None => Ok(()),
    }
}

/// Checks a key of a ConfigMap or Secret: letters, digits, `-`, `_` and `.`, at most 253 characters, neither `.` nor
/// starting with `..`.
pub fn config_key(text: &str) -> Result<(), Reason> {
    length(text, SUBDOMAIN_LENGTH)?;
    if let Some(bad) = text
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
    {
        return Err(format!("it has {bad:?}; letters, digits, `-`, `_` and `.` are allowed"));
    }
    if text == "." || text.starts_with("..") {
        return Err("it is a way through folders".to_owned());
    }
    Ok(())
}

/// Checks a subdomain that may end with `-`, because a suffix follows: `maskTrailingDash`.
pub fn subdomain_prefix(text: &str) -> Result<(), Reason> {
    masked(text, subdomain)
}

/// Checks a name that gets a suffix later, so that it may end with `-`.
pub fn masked(text: &str, check: fn(&str) -> Result<(), Reason>) -> Result<(), Reason> {
    match text.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => check(&format!("{rest}a")),
        _ => check(text),
    }
}

/// Checks a host name for Linux: a subdomain of at most 64 characters.
pub fn hostname(text: &str) -> Result<(), Reason> {
    length(text, 64)?;
    subdomain(text)
}

/// Checks the name of an HTTP header: `IsHTTPHeaderName`.
pub fn http_header(text: &str) -> Result<(), Reason> {
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    match text.chars().find(|c| !(c.is_ascii_alphanumeric() || *c == '-')) {
        Some(bad) => Err(format!("it has {bad:?}; letters, digits and `-` are allowed")),
        None => Ok(()),
    }
}

/// Checks a kernel parameter, whose parts are separated by `.` or `/`: `IsValidSysctlName`.
pub fn sysctl(text: &str) -> Result<(), Reason> {
    length(text, SUBDOMAIN_LENGTH)?;
    for part in text.split(['.', '/']) {
        let end = |c: char| !matches!(c, 'a'..='z' | '0'..='9');
        if part.is_empty() || part.starts_with(end) || part.ends_with(end) {
            return Err("each part between dots must start and end with a lower case letter or digit".to_owned());
        }
        if let Some(bad) = part.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '_')) {
            return Err(format!(
                "it has {bad:?}; lower case letters, digits, `-` and `_` are allowed"
            ));
        }
    }
    Ok(())
}

/// Checks a path prefixed by a domain, `acme.io/foo`: `IsDomainPrefixedPath`.
fn domain_and_path(text: &str) -> Result<(), Reason> {
    let (domain, path) = text
        .split_once('/')
        .filter(|(domain, path)| !domain.is_empty() && !path.is_empty())
        .ok_or_else(|| "it must be like `acme.io/foo`".to_owned())?;
    subdomain(domain).map_err(|reason| format!("before its `/`, {reason}"))?;
    match path
        .chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:".contains(*c)))
    {
        Some(bad) => Err(format!("it has {bad:?}")),
        None => Ok(()),
    }
}

/// Checks the controller of an Ingress class.
pub fn domain_path(text: &str) -> Result<(), Reason> {
    length(text, 250)?;
    domain_and_path(text)
}

/// Checks the `managedBy` of a Job.
pub fn short_domain_path(text: &str) -> Result<(), Reason> {
    length(text, LABEL_LENGTH)?;
    domain_and_path(text)
}

/// Checks a Windows user name, with or without a domain and a backslash before it:
/// `validateWindowsSecurityContextOptions`.
pub fn windows_user(text: &str) -> Result<(), Reason> {
    length(text, 360)?;
    if text.chars().any(|c| c.is_ascii_control()) {
        return Err("it has control characters".to_owned());
    }
    let (domain, user) = match text.split_once('\\') {
        Some((domain, user)) => (Some(domain), user),
        None => (None, text),
    };
    if user.contains('\\') {
        return Err("it has more than one backslash".to_owned());
    }
    if let Some(domain) = domain {
        let net_bios = (1..=15).contains(&domain.chars().count())
            && !domain.starts_with('.')
            && !domain.contains(|c| r#"/:*?"<>|"#.contains(c));
        let dns = domain.split('.').all(|part| label(&part.to_ascii_lowercase()).is_ok());
        if domain.len() >= 256 || !(net_bios || dns) {
            return Err("its domain is no name of Windows' or of DNS".to_owned());
        }
    }
    length(user, 104)?;
    if user.chars().all(|c| matches!(c, '.' | ' ')) {
        return Err("it has only dots and spaces".to_owned());
    }
    match user.chars().find(|c| r#""/\:;|=,+*?<>@[]"#.contains(*c)) {
        Some(bad) => Err(format!("it has `{bad}`")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(check: fn(&str) -> Result<(), Reason>, good: &[&str], bad: &[&str]) {
        for text in good {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in bad {
            assert!(check(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_are_those_of_kubernetes() {
        let long = "a".repeat(64);
        all(
            label,
            &["a", "0a", "a-b", &"a".repeat(63)],
            &["", "A", "a.b", "-a", "a-", "a_b", &long],
        );
        all(label_1035, &["a1"], &["1a"]);
        all(
            subdomain,
            &["a.b-c.d", &long, "0.0"],
            &["", ".a", "a.", "a..b", "a.-b", "A.b", "a_b", &"a".repeat(254)],
        );
        all(domain, &["a.b"], &["a", "a.", "A.b"]);
        all(qualified, &["a.b.c"], &["a.b", "Hook.example.com"]);
        all(driver, &["CSI.example.com", "a"], &["", "a b", &long]);
        all(
            signer,
            &["example.com/a", "a.b/c.d"],
            &["a/b", "a.b", "a.b/", "a.b/c/d", "A.b/c", "a.b/C"],
        );
        all(kind, &["Web", "a"], &["", "wid get", "1a", "a.b"]);
        all(wildcard_or_subdomain, &["*.a.b", "a.b"], &["*", "a.*", "*a.b"]);
        all(subdomain_prefix, &["a-", "a.b"], &["-", "a..-", "A-"]);
        all(hostname, &["a.b"], &["", &"a".repeat(65)]);
        all(http_header, &["X-A1"], &["", "a b", "a_b", "ä"]);
        all(
            sysctl,
            &["net.core.somaxconn", "net/ipv4/ip_forward", "a-b"],
            &["", "a..b", "A", "a.", "_a", "a b"],
        );
        all(
            domain_path,
            &["acme.io/foo", "a/b/c"],
            &["", "a", "a/", "/b", "A/b", "a/b c"],
        );
        all(short_domain_path, &["a.b/c"], &["", "a", &format!("a/{long}")]);
        all(
            windows_user,
            &["user", r"DOMAIN\user", r"a.example.com\b c"],
            &["", r"a\b\c", "a@b", "..", "a\tb", r"\a", r".\b:", &"a".repeat(105)],
        );
        all(path_segment, &["system:node", "A b"], &["", ".", "..", "a/b", "a%b"]);
        all(
            port,
            &["http", "a-1", "abcdefghijklmno"],
            &["", "80", "a--b", "-a", "a-", "HTTP", "abcdefghijklmnop", "a_b"],
        );
        all(
            environment_variable,
            &["A", "a.b-c", "1", "a b"],
            &["", "a=b", "ä", "a\n"],
        );
        all(
            config_key,
            &["a.B_c-1", ".hidden"],
            &["", "a/b", "a b", ".", "..", "..a", &"a".repeat(254)],
        );
    }
}
