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
use system::threads::{Pieces, pipeline};
use system::{FileKind, Listed, System};

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
    let path = top.join(".helmignore");
    let is_file = system.entry(&path).is_ok_and(|entry| entry.kind == FileKind::File);
    let bytes = is_file.then(|| system.read(&path).ok()).flatten();
    let rules = rules(bytes, &path.display().to_string())?;
    // Files are read as soon as they are found, while this thread goes on to other folders.
    let walk = |found: &mut Pieces<'_, Found, Read>| {
        let mut folder = Folder {
            system,
            report: &mut *report,
            sources,
            rules: &rules,
            top,
            found,
            left: MAX_CHART_SIZE,
            links: 0,
            whole,
        };
        folder.folder("", whole.to_path_buf(), &mut Vec::new())
    };
    let (walked, read) = pipeline(walk, |found| found.read(system, sources));
    let mut files = Vec::with_capacity(read.len());
    for Read { messages, file } in read {
        // Helm reads each file when it comes to it, so what follows an error is not told.
        files.push(file.inspect_err(|_| report.diagnostics.truncate(messages))?);
    }
    walked?;
    Ok(files)
}

/// The state of walking over a chart's folder.
struct Folder<'a, 'p> {
    system: &'a dyn System,
    report: &'a mut Report,
    sources: &'a Sources,
    rules: &'a Rules,
    top: &'a Path,
    /// The files that belong to the chart.
    found: &'a mut Pieces<'p, Found, Read>,
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
    /// Whether it is read only if something asks for it.
    is_late: bool,
    /// The number of messages before it.
    messages: usize,
    /// Its source, if it is parsed as soon as it is read.
    early: Option<FileId>,
}

/// A file that was read.
struct Read {
    messages: usize,
    file: Result<File>,
}

impl Found {
    fn read(self, system: &dyn System, sources: &Sources) -> Read {
        Read {
            messages: self.messages,
            file: self.file(system, sources),
        }
    }

    fn file(self, system: &dyn System, sources: &Sources) -> Result<File> {
        let Self { name, path, .. } = self;
        let shown = path.display().to_string();
        let failed = |error| unreadable(&path, &error);
        if self.is_late
            && let Some(file) = system.open_late(&path).map_err(failed)?
        {
            return Ok(File::late(name, &shown, file));
        }
        let file = File::new(name, shown, system.read(&path).map_err(failed)?);
        Ok(match self.early {
            Some(source) => load::parsed(file, source, sources),
            None => file,
        })
    }
}

/// How many times as long as reading a byte it takes to parse one of YAML.
const PARSING: u64 = 12;

/// The number of bytes from which on reading a file takes longer than opening it.
const LATE: u64 = 16 << 10;

/// How many bytes can be read while a file is opened and closed.
const OPENING: usize = 4 << 10;

impl Folder<'_, '_> {
    /// Reads a folder. `real` is its resolved path, and `above` holds those of its parent folders.
    fn folder(&mut self, folder: &str, real: PathBuf, above: &mut Vec<PathBuf>) -> Result<()> {
        let path = self.top.join(folder);
        if above.contains(&real) || above.len() == MAX_DEPTH {
            return Err(Diagnostic::error(
                LOAD,
                format!("the link {} leads back to a folder above it", path.display()),
            )
            .into());
        }
        above.push(real);
        let listed = self.system.list_known(&path);
        for Listed { name, known } in listed.map_err(|error| unreadable(&path, &error))? {
            let name = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            self.entry(name, known, above)?;
        }
        above.pop();
        Ok(())
    }

    fn entry(&mut self, name: String, known: Option<(FileKind, u64)>, above: &mut Vec<PathBuf>) -> Result<()> {
        let path = self.top.join(&name);
        let (kind, size, is_link) = match known {
            Some((kind, size)) => (kind, size, false),
            None => {
                let entry = self.system.entry(&path).map_err(|error| unreadable(&path, &error))?;
                (entry.kind, entry.size, entry.is_link)
            }
        };
        let mut real = None;
        if is_link {
            self.links += 1;
            if self.links > MAX_LINKS {
                let message = format!("{}: more than {MAX_LINKS} symbolic links", self.top.display());
                return Err(Diagnostic::error(LOAD, message).into());
            }
            let resolved = self.system.resolve(&path).unwrap_or_else(|_| path.clone());
            let message = "found symbolic link in path. Contents of linked file included and used";
            self.report.push(Diagnostic::info(LOAD, message).helm(format!(
                "level=INFO msg=\"{message}\" path={} resolved={}",
                log_value(&self.whole.join(&name).display().to_string()),
                log_value(&resolved.display().to_string())
            )));
            real = Some(resolved);
        }
        let is_folder = kind == FileKind::Folder;
        if self.rules.ignores(&name, is_folder) {
            if is_folder {
                // Helm fails at an entry without metadata before it looks at the rules.
                self.system.entry(&path).map_err(|error| unreadable(&path, &error))?;
            }
            return Ok(());
        }
        if is_folder {
            let last = Path::new(&name).file_name().unwrap_or_default();
            let real = real.unwrap_or_else(|| above.last().map_or_else(|| path.clone(), |above| above.join(last)));
            return self.folder(&name, real, above);
        }
        if kind == FileKind::Other {
            return Err(irregular(&path));
        }
        if size > self.left {
            let message =
                format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes");
            return Err(Diagnostic::error(LOAD, message).into());
        }
        self.left -= size;
        let is_early = load::is_parsed_first(&name);
        let is_late = size >= LATE && load::is_kept_only(&name);
        let weight = if is_late { 0 } else { size };
        let weight = weight.saturating_mul(if is_early { PARSING } else { 1 });
        let found = Found {
            early: is_early.then(|| self.sources.reserve(&path.display().to_string())),
            name,
            path,
            is_late,
            messages: self.report.diagnostics.len(),
        };
        let weight = usize::try_from(weight).unwrap_or(usize::MAX);
        self.found.push(weight.saturating_add(OPENING), found);
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
