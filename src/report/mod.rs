//! How diagnostics look. One file a format; no format knows another.

pub mod text;
