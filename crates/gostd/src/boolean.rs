//! Go's `strconv.ParseBool`.

/// Parses the spellings of a boolean that Go accepts.
///
/// # Errors
/// Go's message.
///
/// ```
/// assert_eq!(gostd::boolean::parse("T"), Ok(true));
/// assert!(gostd::boolean::parse("yes").is_err());
/// ```
pub fn parse(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Ok(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Ok(false),
        _ => Err(format!(
            "strconv.ParseBool: parsing {}: invalid syntax",
            super::quote::quote(text)
        )),
    }
}
