//! `--output-dir`: writes manifests to files, one for each template. Mirrors `writeToFile` of Helm's
//! `pkg/action/install.go` and `pkg/cmd/template.go`.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::output::Output;
use super::request::USAGE;
use super::template::push_document;
use diagnostics::{Diagnostic, Result};
use gostd::string as gostring;
use gostd::{errno, path};
use system::{FileKind, System};

/// Writes manifests to files; all manifests of a template go to one file.
pub(super) struct FileWriter<'a> {
    system: &'a dyn System,
    /// The paths of the templates whose files have been created.
    written: BTreeSet<String>,
}

impl<'a> FileWriter<'a> {
    pub(super) fn new(system: &'a dyn System) -> Self {
        Self {
            system,
            written: BTreeSet::new(),
        }
    }

    /// Writes a document of the template at `path` to the folder. Returns the number of lines before it in the file.
    ///
    /// # Errors
    /// Helm's error for a file that cannot be written.
    pub(super) fn write(&mut self, folder: &str, path: &str, text: &str) -> Result<usize> {
        let file = format!("{folder}/{path}");
        let mut document = String::new();
        push_document(&mut document, path, text);
        let document = gostring::decode(&document);
        let before = self
            .make_room(&file)
            .and_then(|()| self.put(&file, &document, self.written.contains(path)))
            .map_err(|message| Diagnostic::error(USAGE, message))?;
        self.written.insert(path.to_owned());
        Output::result(&gostring::decode(&format!("wrote {file}\n")));
        Ok(before)
    }

    /// The same for a hook. Hooks are appended to the file, even if it existed before this run.
    ///
    /// # Errors
    /// As those of [`Self::write`].
    pub(super) fn write_hook(&mut self, folder: &str, path: &str, text: &str) -> Result<usize> {
        let file = path::clean(&format!("{folder}/{path}"));
        if self.system.entry(Path::new(&file)).is_ok() {
            self.written.insert(path.to_owned());
        }
        self.write(folder, path, text)
    }

    /// Creates the parent folders of a file. Go creates those of the path without `..`, which may be different ones.
    fn make_room(&self, file: &str) -> std::result::Result<(), String> {
        let folder = path::dir(file);
        if let Err(error) = self.entry(&folder)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(format!("stat {folder}: {}", errno::message(&error)));
        }
        let made = self.system.make_folders(Path::new(&folder));
        made.map_err(|error| self.obstacle(&folder, &error))
    }

    fn put(&self, file: &str, document: &[u8], after: bool) -> std::result::Result<usize, String> {
        let failed = |what: &str, error: &io::Error| format!("{what} {file}: {}", errno::message(error));
        let mut bytes = Vec::new();
        if after {
            bytes = self
                .system
                .read(Path::new(file))
                .map_err(|error| failed("open", &error))?;
        } else if let Some((folder, _)) = file.rsplit_once('/') {
            self.entry(folder).map_err(|error| failed("open", &error))?;
        }
        let before = bytes.split(|byte| *byte == b'\n').count() - 1;
        bytes.extend_from_slice(document);
        let written = self.system.write(Path::new(file), &bytes).map_err(|error| {
            let is_full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            failed(if is_full { "write" } else { "open" }, &error)
        });
        written.map(|()| before)
    }

    /// The parent folder that cannot be created.
    fn obstacle(&self, folder: &str, error: &io::Error) -> String {
        let ends = folder.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
        for folder in ends.chain([folder.len()]).map(|end| &folder[..end]) {
            match self.entry(folder) {
                Ok(entry) if entry.kind == FileKind::Folder => {}
                Ok(_) => return format!("mkdir {folder}: not a directory"),
                Err(_) => return format!("mkdir {folder}: {}", errno::message(error)),
            }
        }
        format!("mkdir {folder}: {}", errno::message(error))
    }

    fn entry(&self, path: &str) -> io::Result<system::Entry> {
        self.system.entry(Path::new(if path.is_empty() { "/" } else { path }))
    }
}
