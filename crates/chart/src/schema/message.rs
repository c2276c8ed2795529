//! How values and places are shown.

/// A text between single quotes, with Go's escapes. A backslash at its end loses one, as in Helm: the escape of the quote is
/// taken away where there is none.
pub(super) fn quote(text: &str) -> String {
    let quoted = gostd::quote::quote(text).replace("\\\"", "\"").replace('\'', "\\'");
    format!("'{}'", &quoted[1..quoted.len() - 1])
}

/// A JSON pointer as people write a path in values: `a.b[1].c`.
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
