//! Files by patterns: `tests/*_test.yaml`, `tests/**/*.yaml`.

use std::path::Path;

use gostd::filepath;
use world::{FileKind, World};

/// The maximum depth of `**`.
const MAX_DEPTH: usize = 32;

/// The files that match a pattern, sorted by name.
///
/// # Errors
/// If the pattern is invalid.
pub(super) fn glob(world: &dyn World, pattern: &str) -> Result<Vec<String>, String> {
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
    expand(world, start.to_owned(), &parts, 0, &mut found);
    Ok(found)
}

fn kind(world: &dyn World, path: &str) -> Option<FileKind> {
    let path = if path.is_empty() { "." } else { path };
    world.entry(Path::new(path)).ok().map(|entry| entry.kind)
}

fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{folder}/{name}"),
    }
}

fn expand(world: &dyn World, folder: String, parts: &[&str], depth: usize, found: &mut Vec<String>) {
    let Some((part, rest)) = parts.split_first() else {
        if kind(world, &folder) == Some(FileKind::File) {
            found.push(folder);
        }
        return;
    };
    if !part.contains(['*', '?', '[', '\\']) {
        let path = below(&folder, part);
        if kind(world, &path).is_some() {
            expand(world, path, rest, depth, found);
        }
        return;
    }
    if kind(world, &folder) != Some(FileKind::Folder) {
        return;
    }
    let path = if folder.is_empty() { "." } else { &folder };
    let names = world.list(Path::new(path)).unwrap_or_default();
    if *part == "**" {
        expand(world, folder.clone(), rest, depth, found);
        for name in names.iter().filter(|_| depth < MAX_DEPTH) {
            let path = below(&folder, name);
            if kind(world, &path) == Some(FileKind::Folder) {
                expand(world, path, parts, depth + 1, found);
            }
        }
        return;
    }
    for name in names {
        if filepath::matches(part, &name) == Ok(true) {
            expand(world, below(&folder, &name), rest, depth, found);
        }
    }
}
