//! Formats values and paths for messages.

/// Quotes a text with single quotes and Go's escapes. A trailing backslash loses one backslash, as in Helm, which
/// removes it as if it escaped the quote.
pub(super) fn quote(text: &str) -> String {
    let quoted = gostd::quote::quote(text).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &quoted[1..quoted.len() - 1])
}

/// Converts a JSON pointer to the usual notation for paths in values: `a.b[1].c`.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push_str(&format!("[{step}]"));
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}
