//! The grammars of strings in Kubernetes objects, modelled on the Go packages that the API server uses. Each function
//! returns `Err` with the reason, phrased as part of a sentence.

pub mod cron;
pub mod encoding;
pub mod image;
pub mod labels;
pub mod names;
pub mod network;
pub mod pattern;
pub mod quantity;
pub mod times;
pub mod urls;

/// Why a text is invalid.
pub type Reason = String;

/// Shortens a text for a message to 60 characters.
pub(crate) fn shown(text: &str) -> String {
    if text.chars().count() <= 60 {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(57).collect();
    short.push_str("...");
    short
}
