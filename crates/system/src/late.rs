//! Files that are opened at once, so that those that cannot be read are found, but read only when they are needed.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The maximum number of files that are kept open. A process may have only so many.
const MAX_OPEN: usize = 64;

/// The files of a [`super::Disk`] that are read late.
#[derive(Clone, Debug, Default)]
pub struct Late(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// The number of files opened so far.
    opened: AtomicUsize,
    /// The first error in reading one of them.
    failure: OnceLock<LateError>,
}

/// The error of a file that was opened but could not be read later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateError {
    /// The path of the file.
    pub path: String,
    /// The message of the error.
    pub message: String,
}

/// An open file, which is read when its bytes are first asked for.
#[derive(Debug)]
pub struct LateFile {
    file: File,
    path: String,
    /// Its length in bytes when it was opened.
    length: u64,
    bytes: OnceLock<Vec<u8>>,
    late: Late,
}

impl Late {
    /// The first error in reading a file. What was computed with its bytes is worth nothing.
    pub(super) fn failure(&self) -> Option<LateError> {
        self.0.failure.get().cloned()
    }

    /// Whether another file can be kept open.
    pub(super) fn has_room(&self) -> bool {
        self.0.opened.fetch_add(1, Ordering::Relaxed) < MAX_OPEN
    }

    /// Keeps an open file.
    pub(super) fn keep(&self, file: File, path: &Path) -> io::Result<LateFile> {
        Ok(LateFile {
            length: file.metadata()?.len(),
            file,
            path: path.display().to_string(),
            bytes: OnceLock::new(),
            late: self.clone(),
        })
    }
}

impl LateFile {
    /// The bytes of the file. If it cannot be read any more there are none, and [`super::System::late_failure`] tells.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| {
            self.read().unwrap_or_else(|error| {
                // The first error is enough.
                _ = self.late.0.failure.set(LateError {
                    path: self.path.clone(),
                    message: error.to_string(),
                });
                Vec::new()
            })
        })
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.length).unwrap_or_default());
        (&self.file).take(self.length + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != self.length {
            return Err(io::Error::other("it has changed since it was opened"));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Disk, Late, LateFile, System as _};

    #[test]
    fn a_file_that_changes_its_size_is_an_error() {
        let disk = Disk {
            late: Some(Late::default()),
            ..Disk::default()
        };
        let path = std::env::temp_dir().join(format!("promchart-late-{}", std::process::id()));
        let open = |text: &str| -> LateFile {
            disk.write(&path, text.as_bytes()).unwrap();
            disk.open_late(&path).unwrap().unwrap()
        };
        let same = open("text");
        assert_eq!((same.bytes(), disk.late_failure()), (&b"text"[..], None));
        let longer = open("text");
        disk.write(&path, b"texts").unwrap();
        assert_eq!((same.bytes(), longer.bytes()), (&b"text"[..], &b""[..]));
        let failure = disk.late_failure().unwrap();
        assert_eq!(failure.path, path.display().to_string());
        let shorter = open("text");
        disk.write(&path, b"").unwrap();
        assert_eq!((shorter.bytes(), disk.late_failure()), (&b""[..], Some(failure)));
        disk.remove(&path).unwrap();
        assert!(disk.open_late(&path).is_err());
        assert!(Disk::default().open_late(&path).unwrap().is_none());
    }
}
