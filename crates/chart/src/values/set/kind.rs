//! The flags.

/// The kind of flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetKind {
    /// `--set`: values are integers, booleans, null or strings.
    Set,
    /// `--set-string`: values are strings.
    String,
    /// `--set-json`: values are JSON; or the whole flag is one JSON object, which is merged.
    Json,
    /// `--set-file`: values are file names.
    File,
    /// `--set-literal`: everything after the first `=` is the value.
    Literal,
}

impl SetKind {
    /// The name of the flag.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Set => "--set",
            Self::String => "--set-string",
            Self::Json => "--set-json",
            Self::File => "--set-file",
            Self::Literal => "--set-literal",
        }
    }
}
