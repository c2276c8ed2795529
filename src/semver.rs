//! Placeholder until the semver module lands.

/// Placeholder.
pub fn is_version(text: &str) -> bool {
    text.trim_start_matches('v')
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_digit())
}

/// Placeholder.
pub fn is_compatible(_constraint: &str, _version: &str) -> bool {
    true
}
