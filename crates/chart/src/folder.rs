//! Reads the files of a chart in a folder, except for those that `.helmignore` excludes. Mirrors `LoadDir` of Helm's
//! `pkg/chart/v2/loader/directory.go`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::File;
use super::budget::{LOAD, MAX_CHART_SIZE, MAX_DEPTH};
use super::ignore::Rules;
use super::load;
use diagnostics::{Diagnostic, Report, Result};
use gostd::quote::log_value;
use source::{FileId, Source, SourceKind, Sources};
use system::threads::{Pieces, pipeline};
use system::{FileKind, Listed, OpenFile, System};

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
    let taken = AtomicU64::new(0);
    // Files are read as soon as they are found, while this thread goes on to other folders.
    let walk = |found: &mut Pieces<'_, Found, Read>| {
        let mut folder = Folder {
            system,
            report: &mut *report,
            sources,
            rules: &rules,
            top,
            found,
            taken: &taken,
            links: 0,
            whole,
        };
        folder.folder("", whole.to_path_buf(), &mut Vec::new())
    };
    let (walked, read) = pipeline(walk, |found| found.read(system, sources, &taken));
    let mut files = Vec::with_capacity(read.len());
    let mut left = MAX_CHART_SIZE;
    for Read {
        messages,
        size,
        content,
    } in read
    {
        let file = match content {
            Content::Read(file) => file,
            // Files after this one were read before it.
            Content::Left(found) if size <= left => found.file(system, sources, None),
            Content::Left(found) => Err(too_large(&found.name)),
        };
        let file = file.and_then(|file| {
            left = left.checked_sub(size).ok_or_else(|| too_large(&file.name))?;
            Ok(file)
        });
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
    /// The size of all files that were opened so far.
    taken: &'a AtomicU64,
    /// How many links have been followed so far.
    links: usize,
    /// The resolved path of the chart.
    whole: &'a Path,
}

/// A file that belongs to the chart.
struct Found {
    name: String,
    path: PathBuf,
    /// The number of messages before it.
    messages: usize,
    /// Its source, if it is parsed as soon as it is read.
    early: Option<FileId>,
}

/// A file that was opened.
struct Read {
    messages: usize,
    /// Its size in bytes.
    size: u64,
    content: Content,
}

enum Content {
    Read(Result<File>),
    /// Not read, because the files so far are too large together.
    Left(Found),
}

impl Found {
    /// Reads the file. `taken` is the size of all files that were opened before.
    fn read(self, system: &dyn System, sources: &Sources, taken: &AtomicU64) -> Read {
        let messages = self.messages;
        let opened = match system.open(&self.path) {
            Ok(opened) => opened,
            Err(error) => {
                return Read {
                    messages,
                    size: 0,
                    content: Content::Read(Err(unreadable(&self.path, &error))),
                };
            }
        };
        let size = opened.size();
        let counted = size.min(MAX_CHART_SIZE + 1);
        let content = if taken.fetch_add(counted, Ordering::Relaxed) + counted > MAX_CHART_SIZE {
            Content::Left(self)
        } else {
            Content::Read(self.file(system, sources, Some(opened)))
        };
        Read {
            messages,
            size,
            content,
        }
    }

    /// Reads the file, which may be open.
    fn file(self, system: &dyn System, sources: &Sources, opened: Option<OpenFile>) -> Result<File> {
        let Self { name, path, early, .. } = self;
        let shown = path.display().to_string();
        let failed = |error| unreadable(&path, &error);
        let mut opened = match opened {
            Some(opened) => opened,
            None => system.open(&path).map_err(failed)?,
        };
        if opened.size() >= LATE && load::is_kept_only(&name) {
            opened = match system.keep(&path, opened) {
                Ok(file) => return Ok(File::late(name, &shown, file)),
                Err(opened) => opened,
            };
        }
        let file = File::new(name, shown, opened.read().map_err(failed)?);
        Ok(match early {
            Some(source) => load::parsed(file, source, sources),
            None => file,
        })
    }
}

/// The number of bytes from which on reading a file takes longer than keeping it open.
const LATE: u64 = 16 << 10;

/// About how many bytes can be read in the time that a file takes, whose size is not known before it is opened.
const FILE: usize = 8 << 10;

/// As [`FILE`], for a file that is also parsed.
const PARSED: usize = 16 << 10;

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
            if self.taken.load(Ordering::Relaxed) > MAX_CHART_SIZE {
                // One of the files that were found is an error, so there is no need to find the others.
                return Ok(());
            }
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

    fn entry(&mut self, name: String, known: Option<FileKind>, above: &mut Vec<PathBuf>) -> Result<()> {
        let path = self.top.join(&name);
        let (kind, is_link) = match known {
            Some(kind) => (kind, false),
            None => {
                let entry = self.system.entry(&path).map_err(|error| unreadable(&path, &error))?;
                (entry.kind, entry.is_link)
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
            if known.is_some() {
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
        let is_early = load::is_parsed_first(&name);
        let found = Found {
            early: is_early.then(|| self.sources.reserve(&path.display().to_string())),
            name,
            path,
            messages: self.report.diagnostics.len(),
        };
        self.found.push(if is_early { PARSED } else { FILE }, found);
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

fn too_large(name: &str) -> Box<Diagnostic> {
    let message = format!("error reading {name}: chart exceeds maximum decompressed size of {MAX_CHART_SIZE} bytes");
    Box::new(Diagnostic::error(LOAD, message))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        LOAD,
        format!("error reading {}: {error}", path.display()),
    ))
}
