//! URLs of schemas: the parts of Go's `net/url` that santhosh-tekuri/jsonschema uses.

use gostd::quote::quote;
use gostd::url::Url;

/// Splits a URL from its fragment, which is not decoded.
pub(super) fn split(address: &str) -> (&str, &str) {
    address.split_once('#').unwrap_or((address, ""))
}

/// Escapes a token of a JSON pointer.
pub(super) fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}

/// Encodes a JSON pointer for a URL: `url.PathEscape` of each token.
pub(super) fn encode(pointer: &str) -> String {
    let mut out = String::new();
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~$&+=:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `url.PathUnescape`.
///
/// # Errors
/// Go's message.
pub(super) fn unescape(text: &str) -> Result<String, String> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        if byte != b'%' {
            out.push(byte);
            at += 1;
            continue;
        }
        let digits = bytes
            .get(at + 1..at + 3)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let value = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        let Some(value) = value else {
            let wrong = &bytes[at..bytes.len().min(at + 3)];
            return Err(format!("invalid URL escape {}", quote(&String::from_utf8_lossy(wrong))));
        };
        out.push(value);
        at += 3;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

/// The parts of a URL, still escaped.
#[derive(Clone, Debug, Default)]
struct Parts<'a> {
    scheme: String,
    opaque: &'a str,
    authority: Option<&'a str>,
    path: String,
    query: Option<&'a str>,
}

fn parts(address: &str) -> Result<Parts<'_>, String> {
    Url::parse(address.as_bytes()).map_err(|error| format!("error in parsing {}: {error}", quote(address)))?;
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    };
    let (scheme, rest) = match address.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), address),
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let mut found = Parts {
        scheme,
        query,
        ..Parts::default()
    };
    if !rest.starts_with('/') && !found.scheme.is_empty() {
        found.opaque = rest;
    } else if let Some(after) = rest.strip_prefix("//") {
        let end = after.find('/').unwrap_or(after.len());
        found.authority = Some(&after[..end]);
        after[end..].clone_into(&mut found.path);
    } else {
        rest.clone_into(&mut found.path);
    }
    Ok(found)
}

impl std::fmt::Display for Parts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}:", self.scheme)?;
        }
        let authority = self.authority.unwrap_or_default();
        if self.opaque.is_empty() {
            if !authority.is_empty() || !self.scheme.is_empty() && !self.path.is_empty() {
                write!(f, "//{authority}")?;
            }
            for byte in self.path.bytes() {
                if byte.is_ascii_alphanumeric() || b"-_.~$&+,/:;=@!'()*[]%".contains(&byte) {
                    write!(f, "{}", char::from(byte))?;
                } else {
                    write!(f, "%{byte:02X}")?;
                }
            }
        } else {
            f.write_str(self.opaque)?;
        }
        match self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

/// Resolves a reference in a document to a URL and a decoded fragment. Mirrors `url.join` of `util.go`.
///
/// # Errors
/// The message for a URL that Go cannot parse.
pub(super) fn join(base: &str, reference: &str) -> Result<(String, String), String> {
    let base = parts(base)?;
    let (address, fragment) = split(reference);
    let fragment = unescape(fragment).map_err(|error| format!("error in parsing {}: {error}", quote(reference)))?;
    Ok((resolve(&base, parts(address)?).to_string(), fragment))
}

/// `URL.ResolveReference`.
fn resolve<'a>(base: &Parts<'a>, mut reference: Parts<'a>) -> Parts<'a> {
    let is_absolute = !reference.scheme.is_empty();
    if !is_absolute {
        reference.scheme.clone_from(&base.scheme);
    }
    if is_absolute || reference.authority.is_some_and(|authority| !authority.is_empty()) {
        reference.path = resolve_path(&reference.path, "");
        return reference;
    }
    if reference.path.is_empty() && reference.query.is_none() {
        reference.query = base.query;
    }
    if !base.opaque.is_empty() {
        reference.opaque = base.opaque;
        reference.path = String::new();
        return reference;
    }
    reference.authority = base.authority;
    reference.path = resolve_path(&base.path, &reference.path);
    reference
}

/// `resolvePath` of `net/url`.
fn resolve_path(base: &str, reference: &str) -> String {
    let full = if reference.is_empty() {
        base.to_owned()
    } else if reference.starts_with('/') {
        reference.to_owned()
    } else {
        format!("{}{reference}", &base[..base.rfind('/').map_or(0, |slash| slash + 1)])
    };
    if full.is_empty() {
        return full;
    }
    let mut steps: Vec<&str> = Vec::new();
    for step in full.split('/') {
        match step {
            "." => {}
            ".." => drop(steps.pop()),
            step => steps.push(step),
        }
    }
    let mut path = format!("/{}", steps.join("/"));
    if matches!(full.rsplit('/').next(), Some("." | "..")) {
        path.push('/');
    }
    match path.strip_prefix("//") {
        Some(rest) => format!("/{rest}"),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected results are Go's.
    #[test]
    fn references() {
        for (base, reference, want) in [
            ("file:///values.schema.json", "lib.json#/a%20b", "file:///lib.json /a b"),
            ("file:///values.schema.json", "#a", "file:///values.schema.json a"),
            ("http://x/a/b", "../c/./d", "http://x/c/d "),
            ("http://x/a/b?q", "", "http://x/a/b?q "),
            ("http://x/a/b", "//y/z", "http://y/z "),
            ("http://x", "y", "http://x/y "),
            ("urn:x:y", "#a", "urn:x:y a"),
            ("http://x/a/b/c", "..", "http://x/a/ "),
        ] {
            let (address, fragment) = join(base, reference).unwrap();
            assert_eq!(format!("{address} {fragment}"), want, "{base} {reference}");
        }
        assert_eq!(
            join("file:///x", "#%zz").unwrap_err(),
            "error in parsing \"#%zz\": invalid URL escape \"%zz\""
        );
    }
}
