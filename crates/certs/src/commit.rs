//! Writes the files of a run atomically: all of them, or none.
//!
//! New files are written to a staging folder beside the old ones. Once all of them are on the disk, the folder is
//! renamed to [`READY`], which commits the run: from then on the next run moves into place whatever an interrupted run
//! left there. Before the rename, nothing of the run takes effect.

use std::io;
use std::path::{Path, PathBuf};

use super::error;
use super::store::{READY, list};
use diagnostics::{Diagnostic, Result};
use gostd::errno;
use system::{FileKind, Guard, System};

/// The permission bits of public files.
pub(super) const PUBLIC: u32 = 0o644;
/// The permission bits of folders.
const FOLDER: u32 = 0o700;
/// The name prefix of staging folders.
const STAGING: &str = ".promchart-certs-";

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NewFile {
    /// The path below the folder.
    pub(super) path: String,
    pub(super) text: String,
    pub(super) mode: u32,
}

/// A folder locked against concurrent runs.
pub struct Locked<'w> {
    system: &'w dyn System,
    folder: PathBuf,
    is_new: bool,
    is_done: bool,
    guard: Option<Guard>,
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        if self.is_new && !self.is_done {
            // The folder was created for nothing. If it is no longer empty, it stays.
            let _ = self.system.remove(&self.folder);
        }
        self.guard = None;
    }
}

fn cannot(what: &str, path: &Path, cause: &io::Error) -> Box<Diagnostic> {
    let help = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space; nothing was changed",
        _ => "give a folder that you may write to; nothing was changed",
    };
    error(
        format!("cannot {what} {}: {}", path.display(), errno::message(cause)),
        help,
    )
}

fn make_folders(system: &dyn System, path: &Path) -> Result<bool> {
    if path.as_os_str().is_empty() || system.entry(path).is_ok() {
        return Ok(false);
    }
    if let Some(above) = path.parent() {
        make_folders(system, above)?;
    }
    match system.make_folder(path, FOLDER) {
        Ok(()) => Ok(true),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(cause) => Err(cannot("make the folder", path, &cause)),
    }
}

impl<'w> Locked<'w> {
    /// Locks a folder, creating it if necessary, and completes an interrupted run. The flag tells whether there was
    /// one.
    ///
    /// # Errors
    /// If another run holds the lock, or the folder cannot be written.
    pub fn open(system: &'w dyn System, folder: &Path) -> Result<(Self, bool)> {
        let is_new = make_folders(system, folder)?;
        let mut locked = Self {
            system,
            folder: folder.to_path_buf(),
            is_new,
            is_done: false,
            guard: None,
        };
        match system.lock(folder) {
            Ok(guard) => locked.guard = Some(guard),
            Err(cause) if cause.kind() == io::ErrorKind::WouldBlock => {
                let message = format!("another `promchart certs` is writing to {}", folder.display());
                return Err(error(message, "wait until it has ended"));
            }
            // Some network file systems do not support locks.
            Err(cause) if cause.kind() == io::ErrorKind::Unsupported => {}
            Err(cause) => return Err(cannot("lock", folder, &cause)),
        }
        let mut was_interrupted = false;
        for name in list(system, folder)? {
            if name == READY {
                locked.settle()?;
                was_interrupted = true;
            } else if name.starts_with(STAGING) {
                locked.discard(&folder.join(&name));
            }
        }
        Ok((locked, was_interrupted))
    }

    /// Writes files: all of them, or none.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub(super) fn commit(mut self, files: &[NewFile]) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let mut digits = [0; 8];
        self.system.random(&mut digits);
        let suffix: String = digits.iter().map(|digit| format!("{digit:02x}")).collect();
        let staging = self.folder.join(format!("{STAGING}{suffix}"));
        let ready = self.folder.join(READY);
        let staged = self.stage(&staging, files).and_then(|()| {
            self.system
                .rename(&staging, &ready)
                .map_err(|cause| cannot("rename", &staging, &cause))
        });
        if let Err(error) = staged {
            self.discard(&staging);
            return Err(error);
        }
        self.is_done = true;
        self.settle()
    }

    fn stage(&self, staging: &Path, files: &[NewFile]) -> Result<()> {
        let make = |path: &Path| {
            let made = self.system.make_folder(path, FOLDER);
            made.map_err(|cause| cannot("make the folder", path, &cause))
        };
        make(staging)?;
        let mut folders: Vec<&str> = files
            .iter()
            .filter_map(|file| Some(file.path.split_once('/')?.0))
            .collect();
        folders.dedup();
        for folder in folders {
            make(&staging.join(folder))?;
        }
        for file in files {
            let path = staging.join(&file.path);
            let written = self.system.write_new(&path, file.text.as_bytes(), file.mode);
            written.map_err(|cause| cannot("write", &path, &cause))?;
        }
        Ok(())
    }

    /// Moves the contents of [`READY`] into place.
    fn settle(&self) -> Result<()> {
        let ready = self.folder.join(READY);
        let unfinished = |path: &Path, cause: &io::Error| {
            let message = format!("cannot move {} into place: {}", path.display(), errno::message(cause));
            error(
                message,
                "mend that and run `promchart certs` again: it goes on from here",
            )
        };
        for name in list(self.system, &ready)? {
            let from = ready.join(&name);
            let to = self.folder.join(&name);
            let is_folder = self
                .system
                .entry(&from)
                .is_ok_and(|entry| entry.kind == FileKind::Folder);
            if is_folder && self.system.entry(&to).is_ok() {
                for inner in list(self.system, &from)? {
                    let from = from.join(&inner);
                    let moved = self.system.rename(&from, &to.join(&inner));
                    moved.map_err(|cause| unfinished(&from, &cause))?;
                }
                self.system.remove(&from).map_err(|cause| unfinished(&from, &cause))?;
            } else {
                self.system
                    .rename(&from, &to)
                    .map_err(|cause| unfinished(&from, &cause))?;
            }
        }
        self.system.remove(&ready).map_err(|cause| unfinished(&ready, &cause))
    }

    /// Removes an abandoned staging folder. Failures are harmless and ignored.
    fn discard(&self, staging: &Path) {
        for name in self.system.list(staging).unwrap_or_default() {
            let path = staging.join(name);
            for inner in self.system.list(&path).unwrap_or_default() {
                let _ = self.system.remove(&path.join(inner));
            }
            let _ = self.system.remove(&path);
        }
        let _ = self.system.remove(staging);
    }
}
