//! Reads the files of a chart in a folder, except for those that `.helmignore` excludes. Mirrors `LoadDir` of Helm's
//! `pkg/chart/v2/loader/directory.go`.

use std::path::{Path, PathBuf};

use super::File;
use super::budget::{LOAD, MAX_CHART_SIZE, MAX_DEPTH};
use super::ignore::Rules;
use super::load;
use diagnostics::{Diagnostic, Report, Result};
use gostd::quote::log_value;
use source::{FileId, Source, SourceKind, Sources};
use system::threads::side_by_side;
use system::{FileKind, System};

/// How many links may be followed: folders that link to each other can appear as any number of folders.
const MAX_LINKS: usize = 4096;

/// Reads the files of the chart in a folder, whose resolved path is `whole`. Messages that Helm would log go to
/// `report`.
pub(super) fn read(
    system: &dyn System,
    top: &Path,
    whole: &Path,
    sources: &Sources,
    report: &mut Report,
) -> Result<Vec<File>> {
    let folder = Folder {
        system,
        report,
        top,
        found: Vec::new(),
        left: MAX_CHART_SIZE,
        links: 0,
        whole,
    };
    folder.read(sources)
}

/// The state of reading a chart's folder.
struct Folder<'a> {
    system: &'a dyn System,
    report: &'a mut Report,
    top: &'a Path,
    found: Vec<Found>,
    /// How many more bytes may be read.
    left: u64,
    /// How many links have been followed so far.
    links: usize,
    /// The resolved path of the chart.
    whole: &'a Path,
}

/// A file that belongs to the chart.
struct Found {
    name: String,
    path: PathBuf,
    size: u64,
    /// The number of messages before it.
    messages: usize,
    /// Its source, if it is parsed as soon as it is read.
    early: Option<FileId>,
}

/// How many times as long as reading a byte it takes to parse one of YAML.
const PARSING: u64 = 12;

/// How many bytes can be read while a file is opened and closed.
const OPENING: usize = 4 << 10;

impl Folder<'_> {
    fn read(mut self, sources: &Sources) -> Result<Vec<File>> {
        let path = self.top.join(".helmignore");
        let is_file = self.system.entry(&path).is_ok_and(|entry| entry.kind == FileKind::File);
        let bytes = is_file.then(|| self.system.read(&path).ok()).flatten();
        let rules = rules(bytes, &path.display().to_string())?;
        let real = self.whole.to_path_buf();
        let walked = self.folder(&rules, "", real, &mut Vec::new());
        for found in &mut self.found {
            let is_early = load::is_parsed_first(&found.name);
            found.early = is_early.then(|| sources.reserve(&found.path.display().to_string()));
        }
        let (system, found) = (self.system, &self.found);
        let size = |at: usize| {
            let weight = if found[at].early.is_some() { PARSING } else { 1 };
            usize::try_from(found[at].size.saturating_mul(weight))
                .unwrap_or(usize::MAX)
                .saturating_add(OPENING)
        };
        let read = side_by_side(found.len(), size, |at| -> Result<File> {
            let Found { name, path, early, .. } = &found[at];
            let bytes = system.read(path).map_err(|error| unreadable(path, &error))?;
            let file = File::new(&**name, path.display().to_string(), &bytes);
            Ok(match *early {
                Some(source) => load::parsed(file, source, sources),
                None => file,
            })
        });
        let mut files = Vec::with_capacity(found.len());
        for (found, file) in found.iter().zip(read) {
            // Helm reads each file when it comes to it, so what follows an error is not told.
            files.push(file.inspect_err(|_| self.report.diagnostics.truncate(found.messages))?);
        }
        walked?;
        Ok(files)
    }

    /// Reads a folder. `real` is its resolved path, and `above` holds those of its parent folders.
    fn folder(&mut self, rules: &Rules, folder: &str, real: PathBuf, above: &mut Vec<PathBuf>) -> Result<()> {
        let path = self.top.join(folder);
        if above.contains(&real) || above.len() == MAX_DEPTH {
            return Err(Diagnostic::error(
                LOAD,
                format!("the link {} leads back to a folder above it", path.display()),
            )
            .into());
        }
        above.push(real);
        let names = self.system.list(&path).map_err(|error| unreadable(&path, &error))?;
        for name in names {
            let name = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            self.entry(rules, &name, above)?;
        }
        above.pop();
        Ok(())
    }

    fn entry(&mut self, rules: &Rules, name: &str, above: &mut Vec<PathBuf>) -> Result<()> {
        let path = self.top.join(name);
        let entry = self.system.entry(&path).map_err(|error| unreadable(&path, &error))?;
        let mut real = None;
        if entry.is_link {
            self.links += 1;
            if self.links > MAX_LINKS {
                let message = format!("{}: more than {MAX_LINKS} symbolic links", self.top.display());
                return Err(Diagnostic::error(LOAD, message).into());
            }
            let resolved = self.system.resolve(&path).unwrap_or_else(|_| path.clone());
            let message = "found symbolic link in path. Contents of linked file included and used";
            self.report.push(Diagnostic::info(LOAD, message).helm(format!(
                "level=INFO msg=\"{message}\" path={} resolved={}",
                log_value(&self.whole.join(name).display().to_string()),
                log_value(&resolved.display().to_string())
            )));
            real = Some(resolved);
        }
        let is_folder = entry.kind == FileKind::Folder;
        if rules.ignores(name, is_folder) {
            return Ok(());
        }
        if is_folder {
            let last = Path::new(name).file_name().unwrap_or_default();
            let real = real.unwrap_or_else(|| above.last().map_or_else(|| path.clone(), |above| above.join(last)));
            return self.folder(rules, name, real, above);
        }
        if entry.kind == FileKind::Other {
            return Err(irregular(&path));
        }
        if entry.size > self.left {
            let message =
                format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes");
            return Err(Diagnostic::error(LOAD, message).into());
        }
        self.left -= entry.size;
        self.found.push(Found {
            name: name.to_owned(),
            path,
            size: entry.size,
            messages: self.report.diagnostics.len(),
            early: None,
        });
        Ok(())
    }
}

/// The rules of a `.helmignore`, if there is one, and the default rules.
pub(super) fn rules(bytes: Option<Vec<u8>>, shown: &str) -> Result<Rules> {
    let Some(bytes) = bytes else {
        return Ok(Rules::default().with_defaults());
    };
    let source = Source::new(shown, SourceKind::File, bytes);
    let rules = Rules::parse(source.text())
        .map_err(|(line, message)| Diagnostic::error(LOAD, message).help(format!("see line {line} of {shown}")))?;
    Ok(rules.with_defaults())
}

/// The error for a pipe or device where a file is expected.
pub(super) fn irregular(path: &Path) -> Box<Diagnostic> {
    let path = path.display();
    let message = format!("cannot load irregular file {path} as it has file mode type bits set");
    Box::new(Diagnostic::error(LOAD, message))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        LOAD,
        format!("error reading {}: {error}", path.display()),
    ))
}
