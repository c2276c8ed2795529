//! Files by patterns: `tests/*_test.yaml`, `tests/**/*.yaml`.

use std::path::Path;

use gostd::filepath;
use system::{FileKind, System};

/// The maximum depth of `**`.
const MAX_DEPTH: usize = 32;

/// The files that match a pattern, sorted by name.
///
/// # Errors
/// If the pattern is invalid.
pub(super) fn glob(system: &dyn System, pattern: &str) -> Result<Vec<String>, String> {
    let (start, rest) = match pattern.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", pattern),
    };
    let parts: Vec<&str> = rest
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    for part in &parts {
        filepath::matches(part, "").map_err(|error| format!("{pattern}: {error}"))?;
    }
    let mut found = Vec::new();
    expand(system, start.to_owned(), &parts, 0, &mut found);
    Ok(found)
}

fn kind(system: &dyn System, path: &str) -> Option<FileKind> {
    let path = if path.is_empty() { "." } else { path };
    system.entry(Path::new(path)).ok().map(|entry| entry.kind)
}

fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{folder}/{name}"),
    }
}

fn expand(system: &dyn System, folder: String, parts: &[&str], depth: usize, found: &mut Vec<String>) {
    let Some((part, rest)) = parts.split_first() else {
        if kind(system, &folder) == Some(FileKind::File) {
            found.push(folder);
        }
        return;
    };
    if !part.contains(['*', '?', '[', '\\']) {
        let path = below(&folder, part);
        if kind(system, &path).is_some() {
            expand(system, path, rest, depth, found);
        }
        return;
    }
    if kind(system, &folder) != Some(FileKind::Folder) {
        return;
    }
    let path = if folder.is_empty() { "." } else { &folder };
    let names = system.list(Path::new(path)).unwrap_or_default();
    if *part == "**" {
        expand(system, folder.clone(), rest, depth, found);
        for name in names.iter().filter(|_| depth < MAX_DEPTH) {
            let path = below(&folder, name);
            if kind(system, &path) == Some(FileKind::Folder) {
                expand(system, path, parts, depth + 1, found);
            }
        }
        return;
    }
    for name in names {
        if filepath::matches(part, &name) == Ok(true) {
            expand(system, below(&folder, &name), rest, depth, found);
        }
    }
}
