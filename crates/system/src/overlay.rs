//! A system with some of its files replaced.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Entry, FileKind, Guard, Piped, System};

/// Files in the place of those of the system below. What a layer does not implement is as below.
pub trait Layer: Send + Sync {
    /// See [`System::read`].
    ///
    /// # Errors
    /// As there.
    fn read(&self, below: &dyn System, path: &Path) -> io::Result<Vec<u8>> {
        below.read(path)
    }

    /// See [`System::list`].
    ///
    /// # Errors
    /// As there.
    fn list(&self, below: &dyn System, path: &Path) -> io::Result<Vec<String>> {
        below.list(path)
    }

    /// See [`System::entry`].
    ///
    /// # Errors
    /// As there.
    fn entry(&self, below: &dyn System, path: &Path) -> io::Result<Entry> {
        below.entry(path)
    }

    /// See [`System::resolve`].
    ///
    /// # Errors
    /// As there.
    fn resolve(&self, below: &dyn System, path: &Path) -> io::Result<PathBuf> {
        below.resolve(path)
    }

    /// See [`System::read_link`].
    ///
    /// # Errors
    /// As there.
    fn read_link(&self, below: &dyn System, path: &Path) -> io::Result<PathBuf> {
        below.read_link(path)
    }
}

/// Some files, each with its content. Folders are listed as below.
impl Layer for BTreeMap<PathBuf, Vec<u8>> {
    fn read(&self, below: &dyn System, path: &Path) -> io::Result<Vec<u8>> {
        match self.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => below.read(path),
        }
    }

    fn entry(&self, below: &dyn System, path: &Path) -> io::Result<Entry> {
        match self.get(path) {
            Some(bytes) => Ok(Entry {
                kind: FileKind::File,
                size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                is_link: false,
                mode: None,
            }),
            None => below.entry(path),
        }
    }
}

/// Another system with a layer of files above. It is read-only: a file that is written below might be one that nobody can read here.
pub struct Overlay {
    below: Arc<dyn System>,
    layer: Arc<dyn Layer>,
}

impl Overlay {
    /// `below` with a layer above.
    pub fn new(below: Arc<dyn System>, layer: Arc<dyn Layer>) -> Self {
        Self { below, layer }
    }
}

/// Nothing is written.
fn read_only<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

impl System for Overlay {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.layer.read(&*self.below, path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.layer.list(&*self.below, path)
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        self.layer.entry(&*self.below, path)
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.layer.resolve(&*self.below, path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.layer.read_link(&*self.below, path)
    }

    fn lookup(&self, name: &str, timeout: Duration) -> io::Result<Vec<IpAddr>> {
        self.below.lookup(name, timeout)
    }

    fn read_stdin(&self) -> io::Result<Vec<u8>> {
        self.below.read_stdin()
    }

    fn make_folders(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        read_only()
    }

    fn write_new(&self, _: &Path, _: &[u8], _: u32) -> io::Result<()> {
        read_only()
    }

    fn make_folder(&self, _: &Path, _: u32) -> io::Result<()> {
        read_only()
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        read_only()
    }

    fn lock(&self, _: &Path) -> io::Result<Guard> {
        read_only()
    }

    fn pipe(&self, program: &str, arguments: &[String], input: &[u8]) -> io::Result<Piped> {
        self.below.pipe(program, arguments, input)
    }

    fn now(&self) -> Duration {
        self.below.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.below.random(buffer);
    }

    fn try_random(&self, buffer: &mut [u8]) -> io::Result<()> {
        self.below.try_random(buffer)
    }

    fn is_seeded(&self) -> bool {
        self.below.is_seeded()
    }

    fn restart_random(&self) {
        self.below.restart_random();
    }

    fn memory_in_use(&self) -> Option<usize> {
        self.below.memory_in_use()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.below.variable(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Memory;

    #[test]
    fn files_stand_in_the_place_of_others() {
        let below = Memory::new().with_file("a", "1").with_file("b", "2");
        let files = BTreeMap::from([("b".into(), b"new".to_vec()), ("c".into(), Vec::new())]);
        let system = Overlay::new(Arc::new(below), Arc::new(files));
        let read = |path: &str| system.read(Path::new(path)).unwrap();
        assert_eq!(
            (read("a"), read("b"), read("c")),
            (b"1".to_vec(), b"new".to_vec(), Vec::new())
        );
        assert_eq!(system.entry(Path::new("b")).unwrap().size, 3);
        assert!(system.read(Path::new("d")).is_err());
        assert!(system.write(Path::new("a"), b"3").is_err());
    }
}
