//! Errors of the operating system in the words of Go's `syscall` package.

use std::io;

/// Returns Go's message for an error: `no such file or directory`.
///
/// ```
/// use gostd::errno::message;
/// assert_eq!(message(&std::io::Error::from_raw_os_error(20)), "not a directory");
/// assert_eq!(message(&std::io::ErrorKind::NotFound.into()), "no such file or directory");
/// ```
pub fn message(error: &io::Error) -> String {
    let Some(code) = error.raw_os_error() else {
        return match error.kind() {
            io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::IsADirectory => "is a directory".to_owned(),
            io::ErrorKind::NotADirectory => "not a directory".to_owned(),
            io::ErrorKind::AlreadyExists => "file exists".to_owned(),
            _ => error.to_string(),
        };
    };
    // Go uses the messages of the C library, but starts them in lower case.
    let text = error.to_string();
    let text = text.strip_suffix(&format!(" (os error {code})")).unwrap_or(&text);
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => first.to_lowercase().chain(rest).collect(),
        None => String::new(),
    }
}
