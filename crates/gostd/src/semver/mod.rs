//! Masterminds/semver v3: lenient parsing of versions.

mod constraint;

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::int::parse_uint;
use super::quote::quote;
use super::regexp::Regexp;

pub use constraint::Constraint;

/// The maximum length of a version.
const MAX_LENGTH: usize = 256;

/// A version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Version {
    /// The first number.
    pub major: u64,
    /// The second number; 0 if it is missing.
    pub minor: u64,
    /// The third number; 0 if it is missing.
    pub patch: u64,
    /// The part after the `-`.
    pub prerelease: String,
    /// The part after the `+`.
    pub metadata: String,
    /// The original text.
    pub original: String,
}

/// Whether a version is in a range, `IsCompatibleRange` of Helm's `pkg/chart/v2/util`. False if either is invalid.
///
/// ```
/// use gostd::semver::is_compatible;
/// assert!(is_compatible("^1.2", "v1.4.0"));
/// assert!(!is_compatible("~1.33", "1.37.0") && !is_compatible("x y", "1.0.0"));
/// ```
pub fn is_compatible(range: &str, version: &str) -> bool {
    match (Constraint::parse(range), Version::parse(version)) {
        (Ok(range), Ok(version)) => range.allows(&version),
        _ => false,
    }
}

/// Identifiers joined by dots.
const IDENTIFIERS: &str = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*";

/// Returns the groups of the first match of an expression that is known to be valid.
fn groups(regexp: &OnceLock<Option<Arc<Regexp>>>, expression: &str, text: &str) -> Option<Vec<String>> {
    let compiled = regexp.get_or_init(|| Regexp::compile(expression).ok());
    let groups = compiled.as_ref()?.groups(text)?;
    Some(
        groups
            .into_iter()
            .map(|group| group.unwrap_or_default().to_owned())
            .collect(),
    )
}

impl Version {
    /// `semver.NewVersion`: a leading `v`, missing numbers and leading zeros are allowed.
    ///
    /// # Errors
    /// The library's message.
    ///
    /// ```
    /// use gostd::semver::Version;
    /// assert_eq!(Version::parse("v1.2").unwrap().to_string(), "1.2.0");
    /// assert_eq!(Version::parse("x").unwrap_err(), "invalid semantic version");
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        static VERSION: OnceLock<Option<Arc<Regexp>>> = OnceLock::new();
        if let Some(version) = Self::plain(text) {
            return Ok(version);
        }
        if super::string::len(text) > MAX_LENGTH {
            return Err(format!("version string is too long (max {MAX_LENGTH} bytes)"));
        }
        let expression =
            format!(r"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({IDENTIFIERS}))?(?:\+({IDENTIFIERS}))?$");
        let groups = groups(&VERSION, &expression, text).ok_or("invalid semantic version")?;
        let number = |digits: &str| match digits {
            "" => Ok(0),
            _ => parse_uint(digits, 10).map_err(|error| {
                format!(
                    "error parsing version segment: strconv.ParseUint: parsing {}: {error}",
                    quote(digits)
                )
            }),
        };
        let version = Self {
            major: number(&groups[1])?,
            minor: number(&groups[2])?,
            patch: number(&groups[3])?,
            prerelease: groups[4].clone(),
            metadata: groups[5].clone(),
            original: text.to_owned(),
        };
        check_prerelease(&version.prerelease)?;
        Ok(version)
    }

    /// A version of three numbers and nothing else, which most are: no regular expression is needed to read it.
    fn plain(text: &str) -> Option<Self> {
        /// No number of so many digits is too large.
        const MAX_DIGITS: usize = 18;
        let number = |digits: Option<&str>| -> Option<u64> {
            let digits = digits.filter(|digits| digits.len() <= MAX_DIGITS)?;
            let is_plain =
                digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
            is_plain.then(|| digits.parse().ok())?
        };
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let version = Self {
            major: number(parts.next())?,
            minor: number(parts.next())?,
            patch: number(parts.next())?,
            prerelease: String::new(),
            metadata: String::new(),
            original: text.to_owned(),
        };
        parts.next().is_none().then_some(version)
    }

    /// The next version of a level, without prerelease and metadata; `None` if the number would overflow.
    pub fn next(&self, level: Level) -> Option<Self> {
        let mut next = Self {
            major: self.major,
            ..Self::default()
        };
        match level {
            Level::Major => next.major = self.major.checked_add(1)?,
            Level::Minor => next.minor = self.minor.checked_add(1)?,
            Level::Patch => {
                next.minor = self.minor;
                // 1.2.3 comes after its prereleases.
                next.patch = if self.prerelease.is_empty() {
                    self.patch.checked_add(1)?
                } else {
                    self.patch
                };
            }
        }
        Some(next.renamed(self))
    }

    /// The same version with another prerelease.
    ///
    /// # Errors
    /// The library's message.
    pub fn with_prerelease(&self, prerelease: &str) -> Result<Self, String> {
        check_prerelease(prerelease)?;
        let version = Self {
            prerelease: prerelease.to_owned(),
            ..self.clone()
        };
        Ok(version.renamed(self))
    }

    /// The same version with other metadata.
    ///
    /// # Errors
    /// The library's message.
    pub fn with_metadata(&self, metadata: &str) -> Result<Self, String> {
        if !metadata.is_empty() && !metadata.split('.').all(is_identifier) {
            return Err("invalid metadata string".to_owned());
        }
        let version = Self {
            metadata: metadata.to_owned(),
            ..self.clone()
        };
        Ok(version.renamed(self))
    }

    /// Sets the original text to the version, with a `v` if `other` has one.
    fn renamed(mut self, other: &Self) -> Self {
        let prefix = if other.original.starts_with('v') { "v" } else { "" };
        self.original = format!("{prefix}{self}");
        self
    }

    /// `Version.Compare`; metadata is ignored.
    pub fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => compare_prereleases(&self.prerelease, &other.prerelease),
            }
        })
    }
}

/// The number of a version that is incremented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The first.
    Major,
    /// The second.
    Minor,
    /// The third.
    Patch,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        if !self.prerelease.is_empty() {
            write!(f, "-{}", self.prerelease)?;
        }
        if !self.metadata.is_empty() {
            write!(f, "+{}", self.metadata)?;
        }
        Ok(())
    }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn check_prerelease(prerelease: &str) -> Result<(), String> {
    if prerelease.is_empty() {
        return Ok(());
    }
    for part in prerelease.split('.') {
        if part.len() > 1 && part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("version segment starts with 0".to_owned());
        }
        if !is_identifier(part) {
            return Err("invalid prerelease string".to_owned());
        }
    }
    Ok(())
}

/// Compares prereleases: numbers before words, fewer parts before more.
fn compare_prereleases(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (a, b) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or_default(), b.unwrap_or_default()),
        };
        let order = match (parse_uint(a, 10), parse_uint(b, 10)) {
            _ if a == b => Ordering::Equal,
            _ if a.is_empty() => Ordering::Less,
            _ if b.is_empty() => Ordering::Greater,
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
