//! Semantic versions: `github.com/blang/semver/v4`.

use std::cmp::Ordering;

/// A version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semver {
    /// The major number.
    pub major: u64,
    /// The minor number.
    pub minor: u64,
    /// The patch number.
    pub patch: u64,
    /// The pre-release identifiers.
    pub pre: Vec<Identifier>,
}

/// A pre-release identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identifier {
    /// A numeric identifier; orders before any alphanumeric one.
    Number(u64),
    /// An alphanumeric identifier.
    Text(String),
}

impl Semver {
    /// Parses `1.2.3-rc.1+build`; with `normalize` also `v1.2` and `01.02.03`.
    ///
    /// # Errors
    /// The API server's message for an invalid version.
    pub fn parse(text: &str, normalize: bool) -> Result<Self, String> {
        if normalize {
            return Self::parse(&normalized(text)?, false);
        }
        if text.is_empty() {
            return Err("Version string empty".to_owned());
        }
        let mut parts = text.splitn(3, '.');
        let (Some(major), Some(minor), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return Err("No Major.Minor.Patch elements found".to_owned());
        };
        let number = |name: &str, text: &str| {
            if text.bytes().any(|byte| !byte.is_ascii_digit()) {
                return Err(format!(
                    "Invalid character(s) found in {} number {}",
                    name.to_lowercase(),
                    super::net::quoted(text)
                ));
            }
            if text.len() > 1 && text.starts_with('0') {
                return Err(format!(
                    "{name} number must not contain leading zeroes {}",
                    super::net::quoted(text)
                ));
            }
            text.parse::<u64>().map_err(|_| {
                let reason = if text.is_empty() {
                    "invalid syntax"
                } else {
                    "value out of range"
                };
                format!("strconv.ParseUint: parsing {}: {reason}", super::net::quoted(text))
            })
        };
        let major = number("Major", major)?;
        let minor = number("Minor", minor)?;
        let (rest, build) = match rest.split_once('+') {
            Some((rest, build)) => (rest, Some(build)),
            None => (rest, None),
        };
        let (patch, pre) = match rest.split_once('-') {
            Some((patch, pre)) => (patch, Some(pre)),
            None => (rest, None),
        };
        let patch = number("Patch", patch)?;
        let mut identifiers = Vec::new();
        for part in pre.into_iter().flat_map(|pre| pre.split('.')) {
            identifiers.push(identifier(part)?);
        }
        for part in build.into_iter().flat_map(|build| build.split('.')) {
            if part.is_empty() {
                return Err("Build meta data is empty".to_owned());
            }
            if !part.bytes().all(is_letter) {
                return Err(format!(
                    "Invalid character(s) found in build meta data {}",
                    super::net::quoted(part)
                ));
            }
        }
        Ok(Self {
            major,
            minor,
            patch,
            pre: identifiers,
        })
    }

    /// Compares two versions by `SemVer` precedence.
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self)
            .cmp(&numbers(other))
            .then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => self.pre.cmp(&other.pre),
            })
    }
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

fn identifier(text: &str) -> Result<Identifier, String> {
    if text.is_empty() {
        return Err("Prerelease is empty".to_owned());
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        if text.len() > 1 && text.starts_with('0') {
            return Err(format!(
                "Numeric PreRelease version must not contain leading zeroes {}",
                super::net::quoted(text)
            ));
        }
        return text.parse().map(Identifier::Number).map_err(|_| {
            format!(
                "strconv.ParseUint: parsing {}: value out of range",
                super::net::quoted(text)
            )
        });
    }
    if text.bytes().all(is_letter) {
        return Ok(Identifier::Text(text.to_owned()));
    }
    Err(format!(
        "Invalid character(s) found in prerelease {}",
        super::net::quoted(text)
    ))
}

/// Strips `v` and leading zeros, and fills in missing minor and patch numbers.
fn normalized(text: &str) -> Result<String, String> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts: Vec<String> = text.splitn(3, '.').map(str::to_owned).collect();
    for part in &mut parts {
        if part.len() > 1 {
            let trimmed = part.trim_start_matches('0');
            *part = if trimmed.starts_with(|c: char| c.is_ascii_digit()) {
                trimmed.to_owned()
            } else {
                format!("0{trimmed}")
            };
        }
    }
    if parts.len() < 3 {
        if parts.last().is_some_and(|last| last.contains(['+', '-'])) {
            return Err("short version cannot contain PreRelease/Build meta data".to_owned());
        }
        parts.resize(3, "0".to_owned());
    }
    Ok(parts.join("."))
}
