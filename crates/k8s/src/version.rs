//! Versions of Kubernetes.

use std::fmt;

/// A Kubernetes version, as far as the APIs depend on it: 1.`minor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 37 for Kubernetes 1.37.
    pub minor: u32,
}

impl Version {
    /// The oldest version whose definitions are known.
    pub const EARLIEST: Self = Self { minor: 33 };
    /// The newest version whose definitions are known.
    pub const LATEST: Self = Self { minor: 37 };

    /// Parses `1.35`, `v1.35.2`, `v1.35.2-gke.100`; the patch number and anything after it are ignored. `None` for
    /// anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('v').unwrap_or(text).strip_prefix("1.")?;
        let digits = rest.split(['.', '-', '+']).next()?;
        digits.parse().ok().map(|minor| Self { minor })
    }

    /// The nearest version whose definitions are known.
    #[must_use]
    pub fn known(self) -> Self {
        self.clamp(Self::EARLIEST, Self::LATEST)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", self.minor)
    }
}
