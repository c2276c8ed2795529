//! Packed charts: a gzipped tar that contains one folder. Mirrors Helm's `pkg/chart/loader/archive`.

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::File;
use super::budget::{Budget, LOAD, MAX_CHART_SIZE};
use diagnostics::{Diagnostic, Result};
use system::System;

/// Reads the files of a packed chart; `whole` is its path in messages.
pub(super) fn read(system: &dyn System, path: &Path, whole: &Path, budget: &mut Budget) -> Result<Vec<File>> {
    let (shown, whole) = (path.display().to_string(), whole.display());
    let bytes = system
        .read(path)
        .map_err(|error| Diagnostic::error(LOAD, format!("file '{whole}' cannot be read: {error}")))?;
    if !bytes.starts_with(b"\x1F\x8B\x08") {
        let is_yaml = path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml");
        let message = if is_yaml {
            format!("file '{whole}' seems to be a YAML file, but expected a gzipped archive")
        } else {
            format!(
                "file '{whole}' does not appear to be a gzipped archive; got '{}'",
                content_type(&bytes)
            )
        };
        return Err(Diagnostic::error(LOAD, message)
            .help("give the folder of a chart or a packed chart (.tgz); values files go after -f")
            .into());
    }
    // Helm prints only this message.
    unpack(&bytes, &shown, budget).map_err(|mut error| {
        error.helm = Some("unable to load chart archive".to_owned());
        error
    })
}

/// The error text of Go's gzip and tar readers for a broken archive.
fn go_words(error: &io::Error) -> &'static str {
    let text = error.to_string();
    if text.contains("gzip header") {
        "gzip: invalid header"
    } else if text.contains("gzip stream does not have a matching checksum") {
        "gzip: invalid checksum"
    } else if text.contains("corrupt deflate stream") {
        "flate: corrupt input"
    } else if error.kind() == io::ErrorKind::UnexpectedEof
        || [
            "incomplete deflate stream",
            "failed to read entire block",
            "unexpected EOF",
        ]
        .iter()
        .any(|end| text.contains(end))
    {
        "unexpected EOF"
    } else {
        "archive/tar: invalid tar header"
    }
}

/// The result of Go's `http.DetectContentType` for kinds of files that are passed by mistake.
fn content_type(bytes: &[u8]) -> &'static str {
    let start = &bytes[..bytes.len().min(512)];
    match start {
        [b'P', b'K', 3, 4, ..] => "application/zip",
        // Helm reads 512 bytes, padded with zeros if the file is shorter.
        _ if start.len() == 512
            && start
                .iter()
                .all(|byte| *byte >= b' ' || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B)) =>
        {
            "text/plain; charset=utf-8"
        }
        _ => "application/octet-stream",
    }
}

/// Returns the files of a packed chart; `shown` is its path as typed by the user. Nested archives share one budget, so
/// that they cannot multiply.
pub(super) fn unpack(bytes: &[u8], shown: &str, budget: &mut Budget) -> Result<Vec<File>> {
    // The limit applies to the whole stream, so that it also stops a bomb made of headers or padding.
    let stream = MultiGzDecoder::new(bytes).take(budget.stream);
    let mut archive = tar::Archive::new(stream);
    let broken = |error: io::Error| {
        let helm = if bytes.is_empty() { "EOF" } else { go_words(&error) };
        Diagnostic::error(LOAD, format!("cannot unpack {shown}: {error}")).helm(helm)
    };
    let too_large = || {
        let message = format!("decompressed chart is larger than the maximum size {MAX_CHART_SIZE}");
        Diagnostic::error(LOAD, message)
    };
    let mut files = Vec::new();
    for entry in archive.entries().map_err(broken)? {
        let mut entry = match entry {
            // Go ignores an end of file in the padding after an entry.
            Err(error) if error.to_string().contains("during skip") => break,
            entry => entry.map_err(broken)?,
        };
        let header = entry.header();
        if header.entry_type().is_dir() || !is_content(header.entry_type()) {
            continue;
        }
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if name.ends_with('/') {
            continue;
        }
        let inside = inner_name(&name).map_err(|message| Diagnostic::error(LOAD, message))?;
        if entry.size() > budget.bytes {
            return Err(too_large().into());
        }
        let mut data = Vec::new();
        entry
            .by_ref()
            .take(budget.bytes + 1)
            .read_to_end(&mut data)
            .map_err(broken)?;
        budget.bytes = budget
            .bytes
            .checked_sub(u64::try_from(data.len()).unwrap_or(u64::MAX))
            .filter(|&left| left > 0)
            .ok_or_else(too_large)?;
        let path = format!("{shown}/{inside}");
        files.push(File::new(inside, path, data));
    }
    budget.stream = archive.into_inner().limit();
    if budget.stream == 0 {
        // The stream ended because of this limit.
        return Err(too_large().into());
    }
    if files.is_empty() {
        return Err(Diagnostic::error(LOAD, "no files in chart archive").into());
    }
    Ok(files)
}

/// Whether an entry holds a file. Helm reads links as empty files, which no chart can rely on; they are skipped here.
fn is_content(kind: tar::EntryType) -> bool {
    matches!(
        kind,
        tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse
    )
}

/// The name of a file in the chart: its path without the first folder.
fn inner_name(name: &str) -> std::result::Result<String, String> {
    // Archives packed on Windows may have backslashes.
    let delimiter = if name.contains('\\') { '\\' } else { '/' };
    let (first, inside) = name.split_once(delimiter).unwrap_or((name, ""));
    let inside = inside.replace(delimiter, "/");
    if inside.starts_with('/') {
        return Err("chart illegally contains absolute paths".to_owned());
    }
    let clean = clean(&inside);
    if clean == "." {
        return Err(format!(
            "chart illegally contains content outside the base directory: \"{name}\""
        ));
    }
    if clean.starts_with("..") {
        return Err("chart illegally references parent directory".to_owned());
    }
    let bytes = clean.as_bytes();
    if bytes.len() >= 3 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/" {
        return Err("chart contains illegally named files".to_owned());
    }
    if first == "Chart.yaml" {
        return Err("chart yaml not in base directory".to_owned());
    }
    Ok(clean)
}

/// Go's `path.Clean` for a relative path.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_chart_are_refused() {
        assert_eq!(inner_name("prom/templates/./a.yaml").unwrap(), "templates/a.yaml");
        assert_eq!(inner_name("prom\\templates\\a.yaml").unwrap(), "templates/a.yaml");
        for name in [
            "prom/../../etc/passwd",
            "prom//etc/passwd",
            "prom/c:/x",
            "Chart.yaml",
            "prom/..",
            "/abs",
        ] {
            assert!(inner_name(name).is_err() || name == "/abs", "{name}");
        }
    }
}
