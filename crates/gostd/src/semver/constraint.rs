//! Version constraints: `>=1.2 <2 || ~3.1`.

use std::cmp::Ordering;
use std::sync::{Arc, OnceLock};

use super::{IDENTIFIERS, Version, compare_prereleases, groups};
use crate::quote::quote;
use crate::regexp::Regexp;

/// The maximum length of a constraint.
const MAX_LENGTH: usize = 512;
/// The maximum number of alternatives in a constraint.
const MAX_ALTERNATIVES: usize = 32;

/// The operators, in the order in which the library tries them; the empty operator is second.
const OPERATORS: &str = r"=||!=|>|<|>=|=>|<=|=<|~|~>|\^";

/// A number in a version, or a wildcard.
const NUMBER: &str = r"[0-9xX*|]+";

/// A version with wildcards or missing numbers. Its groups are the three numbers and the prerelease with its dash.
fn pattern() -> String {
    format!(r"v?({NUMBER})(\.{NUMBER})?(\.{NUMBER})?(-{IDENTIFIERS})?(?:\+{IDENTIFIERS})?")
}

/// The same pattern without groups.
fn plain_pattern() -> String {
    format!(r"v?{NUMBER}(?:\.{NUMBER})?(?:\.{NUMBER})?(?:-{IDENTIFIERS})?(?:\+{IDENTIFIERS})?")
}

/// Alternatives, each of which is a list of comparisons that must all hold.
#[derive(Clone, Debug)]
pub struct Constraint {
    alternatives: Vec<Vec<Comparison>>,
}

/// One comparison.
#[derive(Clone, Debug)]
struct Comparison {
    operator: String,
    version: Version,
    /// Whether any number, the second or the third is missing or a wildcard.
    open: bool,
    open_minor: bool,
    open_patch: bool,
}

impl Constraint {
    /// `semver.NewConstraint`.
    ///
    /// # Errors
    /// The library's message.
    ///
    /// ```
    /// use gostd::semver::{Constraint, Version};
    /// let constraint = Constraint::parse(">=1.20-0").unwrap();
    /// assert!(constraint.allows(&Version::parse("1.20.3-gke.1").unwrap()));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        static VALID: OnceLock<Option<Arc<Regexp>>> = OnceLock::new();
        static FIND: OnceLock<Option<Arc<Regexp>>> = OnceLock::new();
        if crate::string::len(text) > MAX_LENGTH {
            return Err(format!("constraint string is too long (max {MAX_LENGTH} bytes)"));
        }
        if let Some(comparison) = Comparison::plain(text) {
            return Ok(Self {
                alternatives: vec![vec![comparison]],
            });
        }
        let text = rewrite_ranges(text);
        let parts: Vec<&str> = text.split("||").collect();
        if parts.len() > MAX_ALTERNATIVES {
            return Err(format!("too many constraint groups (max {MAX_ALTERNATIVES})"));
        }
        let one = format!(r"(?:{OPERATORS})\s*{}", plain_pattern());
        let valid = format!(r"^\s*{one}\s*(?:(?:\s+|,\s*){one}\s*)*$");
        let find = FIND.get_or_init(|| Regexp::compile(&one).ok());
        let mut alternatives = Vec::with_capacity(parts.len());
        for part in parts {
            groups(&VALID, &valid, part).ok_or_else(|| improper(part))?;
            let found = find.as_ref().map(|find| find.find_all(part, None)).unwrap_or_default();
            let comparisons = found
                .into_iter()
                .map(|(start, end)| Comparison::parse(&part[start..end]));
            alternatives.push(comparisons.collect::<Result<_, _>>()?);
        }
        Ok(Self { alternatives })
    }

    /// Whether a version satisfies the constraint. A prerelease can only satisfy a constraint that itself contains one.
    pub fn allows(&self, version: &Version) -> bool {
        self.alternatives.iter().any(|comparisons| {
            let prereleases = comparisons
                .iter()
                .any(|comparison| !comparison.version.prerelease.is_empty());
            (prereleases || version.prerelease.is_empty())
                && comparisons.iter().all(|comparison| comparison.holds(version))
        })
    }
}

fn improper(text: &str) -> String {
    format!("improper constraint: {}", quote(text))
}

/// Rewrites `1.2 - 2.3` to `>= 1.2, <= 2.3`.
fn rewrite_ranges(text: &str) -> String {
    static RANGE: OnceLock<Option<Arc<Regexp>>> = OnceLock::new();
    if !text.contains('-') {
        return text.to_owned();
    }
    let version = plain_pattern();
    let range = RANGE.get_or_init(|| Regexp::compile(&format!(r"\s*({version})\s+-\s+({version})\s*")).ok());
    let Some(range) = range else { return text.to_owned() };
    let mut rewritten = text.to_owned();
    for (start, end) in range.find_all(text, None) {
        let found = &text[start..end];
        if let Some(ends) = range.groups(found) {
            let [low, high] = [1, 2].map(|group| ends[group].unwrap_or_default());
            rewritten = rewritten.replacen(found, &format!(">= {low}, <= {high} "), 1);
        }
    }
    rewritten
}

impl Comparison {
    /// An operator and a version of three numbers, without blanks: no regular expression is needed to read it.
    fn plain(text: &str) -> Option<Self> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let (operator, version) = text.split_at(start);
        let is_operator = matches!(
            operator,
            "" | "=" | "!=" | ">" | "<" | ">=" | "=>" | "<=" | "=<" | "~" | "~>" | "^"
        );
        Some(Self {
            operator: is_operator.then(|| operator.to_owned())?,
            version: Version::plain(version)?,
            open: false,
            open_minor: false,
            open_patch: false,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        static COMPARISON: OnceLock<Option<Arc<Regexp>>> = OnceLock::new();
        let expression = format!(r"^\s*({OPERATORS})\s*({})\s*$", pattern());
        let groups = groups(&COMPARISON, &expression, text).ok_or_else(|| improper(text))?;
        let [operator, whole, major, minor, patch, prerelease] = [1, 2, 3, 4, 5, 6].map(|at| groups[at].as_str());
        let is_open = |number: &str| matches!(number.trim_start_matches('.'), "" | "x" | "X" | "*");
        let (open_major, open_minor, open_patch) = (is_open(major), is_open(minor), is_open(patch));
        let text = if open_major {
            format!("0.0.0{prerelease}")
        } else if open_minor {
            format!("{major}.0.0{prerelease}")
        } else if open_patch {
            format!("{major}{minor}.0{prerelease}")
        } else {
            whole.to_owned()
        };
        Ok(Self {
            operator: operator.to_owned(),
            version: Version::parse(&text).map_err(|_| "constraint parser error")?,
            open: open_major || open_minor || open_patch,
            open_minor: !open_major && open_minor,
            open_patch: !open_major && !open_minor && open_patch,
        })
    }

    fn holds(&self, version: &Version) -> bool {
        let order = version.compare(&self.version);
        match self.operator.as_str() {
            "!=" => self.differs(version),
            ">" => self.is_exceeded_by(version, order),
            "<" => order.is_lt(),
            ">=" | "=>" => order.is_ge(),
            "<=" | "=<" => self.is_at_least(version, order),
            "~" | "~>" => self.is_near(version, order),
            "^" => self.is_compatible_with(version, order),
            _ if self.open => self.is_near(version, order),
            _ => order.is_eq(),
        }
    }

    fn differs(&self, version: &Version) -> bool {
        let wanted = &self.version;
        if self.open {
            if wanted.major != version.major {
                return true;
            }
            if self.open_minor {
                return false;
            }
            if wanted.minor != version.minor {
                return true;
            }
            if self.open_patch {
                let prereleases = !version.prerelease.is_empty() || !wanted.prerelease.is_empty();
                return prereleases && compare_prereleases(&version.prerelease, &wanted.prerelease).is_ne();
            }
            if wanted.patch != version.patch {
                return true;
            }
        }
        version.compare(wanted).is_ne()
    }

    fn is_exceeded_by(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if !self.open || version.major == wanted.major && !self.open_minor && !self.open_patch {
            return order.is_gt();
        }
        match version.major.cmp(&wanted.major) {
            Ordering::Equal => !self.open_minor && version.minor > wanted.minor,
            order => order.is_gt(),
        }
    }

    fn is_at_least(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if !self.open {
            return order.is_le();
        }
        match version.major.cmp(&wanted.major) {
            Ordering::Equal => self.open_minor || version.minor <= wanted.minor,
            order => order.is_lt(),
        }
    }

    /// `~1.2.3`: the same minor version.
    fn is_near(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if order.is_lt() {
            return false;
        }
        let any = (wanted.major, wanted.minor, wanted.patch) == (0, 0, 0) && !self.open_minor && !self.open_patch;
        any || version.major == wanted.major && (self.open_minor || version.minor == wanted.minor)
    }

    /// `^1.2.3`: the same first number that is not 0.
    fn is_compatible_with(&self, version: &Version, order: Ordering) -> bool {
        let wanted = &self.version;
        if order.is_lt() {
            return false;
        }
        if wanted.major > 0 || self.open_minor {
            return version.major == wanted.major;
        }
        if version.major > 0 {
            return false;
        }
        if wanted.minor > 0 || self.open_patch {
            return version.minor == wanted.minor;
        }
        version.minor == 0 && version.patch == wanted.patch
    }
}
