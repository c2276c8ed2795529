//! Files that are opened at once, so that those that cannot be read are found, but read only when they are needed.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::read_bounded;

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
    /// Its size in bytes when it was opened.
    size: u64,
    bytes: OnceLock<Vec<u8>>,
    late: Late,
}

/// A file that has been opened.
#[derive(Debug)]
pub struct OpenFile(Opened);

#[derive(Debug)]
enum Opened {
    /// A file that is read already.
    Bytes(Vec<u8>),
    File {
        file: File,
        /// In bytes; 0 if it is unknown.
        size: u64,
    },
}

impl From<Vec<u8>> for OpenFile {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Opened::Bytes(bytes))
    }
}

impl From<File> for OpenFile {
    fn from(file: File) -> Self {
        let size = file.metadata().map_or(0, |metadata| metadata.len());
        Self(Opened::File { file, size })
    }
}

impl OpenFile {
    /// The size in bytes when it was opened.
    pub fn size(&self) -> u64 {
        match &self.0 {
            Opened::Bytes(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            Opened::File { size, .. } => *size,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// The file cannot be read, or is larger than promchart reads.
    pub fn read(self) -> io::Result<Vec<u8>> {
        match self.0 {
            Opened::Bytes(bytes) => Ok(bytes),
            // The size is only a hint. It saves the reads that find out how large the buffer has to be.
            Opened::File { file, size } => read_bounded(file, size),
        }
    }
}

impl Late {
    /// The first error in reading a file. What was computed with its bytes is worth nothing.
    pub(super) fn failure(&self) -> Option<LateError> {
        self.0.failure.get().cloned()
    }

    /// Keeps a file open, if there is room for another one.
    pub(super) fn keep(&self, path: &Path, file: OpenFile) -> Result<LateFile, OpenFile> {
        match file.0 {
            Opened::File { file, size } if self.0.opened.fetch_add(1, Ordering::Relaxed) < MAX_OPEN => Ok(LateFile {
                file,
                path: path.display().to_string(),
                size,
                bytes: OnceLock::new(),
                late: self.clone(),
            }),
            opened => Err(OpenFile(opened)),
        }
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
        let mut bytes = Vec::with_capacity(usize::try_from(self.size).unwrap_or_default());
        (&self.file).take(self.size + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != self.size {
            return Err(io::Error::other("it has changed since it was opened"));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

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
            disk.keep(&path, disk.open(&path).unwrap()).unwrap()
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
        let file = disk.open(Path::new(env!("CARGO_MANIFEST_PATH"))).unwrap();
        let size = file.size();
        let read = Disk::default().keep(&path, file).unwrap_err().read().unwrap();
        assert_eq!(read.len() as u64, size);
        disk.remove(&path).unwrap();
    }
}
