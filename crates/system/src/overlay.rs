//! A system with some files replaced.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Entry, FileKind, Guard, Piped, System};

/// Another system with some files replaced or added. Only reads are affected: nothing is written, and folders are listed
/// as in the other system.
pub struct Overlay {
    inner: Arc<dyn System>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Overlay {
    /// `inner` with these files on top.
    pub fn new(inner: Arc<dyn System>, files: BTreeMap<PathBuf, Vec<u8>>) -> Self {
        Self { inner, files }
    }
}

impl System for Overlay {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.files.get(path) {
            Some(bytes) => Ok(bytes.clone()),
            None => self.inner.read(path),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.inner.list(path)
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        match self.files.get(path) {
            Some(bytes) => Ok(Entry {
                kind: FileKind::File,
                size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
                is_link: false,
                mode: None,
            }),
            None => self.inner.entry(path),
        }
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.inner.resolve(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.inner.read_link(path)
    }

    fn lookup(&self, name: &str, timeout: Duration) -> io::Result<Vec<IpAddr>> {
        self.inner.lookup(name, timeout)
    }

    fn read_stdin(&self) -> io::Result<Vec<u8>> {
        self.inner.read_stdin()
    }

    fn make_folders(&self, path: &Path) -> io::Result<()> {
        self.inner.make_folders(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.inner.write(path, bytes)
    }

    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.inner.write_new(path, bytes, mode)
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.inner.make_folder(path, mode)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.inner.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.inner.remove(path)
    }

    fn lock(&self, folder: &Path) -> io::Result<Guard> {
        self.inner.lock(folder)
    }

    fn pipe(&self, program: &str, arguments: &[String], input: &[u8]) -> io::Result<Piped> {
        self.inner.pipe(program, arguments, input)
    }

    fn now(&self) -> Duration {
        self.inner.now()
    }

    fn random(&self, buffer: &mut [u8]) {
        self.inner.random(buffer);
    }

    fn try_random(&self, buffer: &mut [u8]) -> io::Result<()> {
        self.inner.try_random(buffer)
    }

    fn restart_random(&self) {
        self.inner.restart_random();
    }

    fn memory_in_use(&self) -> Option<usize> {
        self.inner.memory_in_use()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.inner.variable(name)
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
        let system = Overlay::new(Arc::new(below), files);
        let read = |path: &str| system.read(Path::new(path)).unwrap();
        assert_eq!(
            (read("a"), read("b"), read("c")),
            (b"1".to_vec(), b"new".to_vec(), Vec::new())
        );
        assert_eq!(system.entry(Path::new("b")).unwrap().size, 3);
        assert!(system.read(Path::new("d")).is_err());
    }
}
