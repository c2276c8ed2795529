//! A system without a disk, for tests and for programs that embed the library.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use super::{Entry, FileKind, Guard, Piped, Seeded, System};

/// A system in memory: files in a map, a clock fixed at `now`, and a seeded random source.
#[derive(Debug)]
pub struct Memory {
    files: Mutex<BTreeMap<PathBuf, (Vec<u8>, u32)>>,
    stdin: Vec<u8>,
    hosts: BTreeMap<String, Vec<IpAddr>>,
    now: Duration,
    seeded: Mutex<Seeded>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            files: Mutex::default(),
            stdin: Vec::new(),
            hosts: BTreeMap::new(),
            now: Duration::from_secs(1_700_000_000),
            seeded: Mutex::new(Seeded::new(0)),
        }
    }
}

impl Memory {
    /// An empty system at 2023-11-14T22:13:20Z with the seed 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    #[must_use]
    pub fn with_file(self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files().insert(path.into(), (bytes.into(), DEFAULT_MODE));
        self
    }

    /// Sets the standard input.
    #[must_use]
    pub fn with_stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Adds a host name with its addresses.
    #[must_use]
    pub fn with_host(mut self, name: impl Into<String>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.hosts.insert(name.into(), addresses.into_iter().collect());
        self
    }

    fn files(&self) -> std::sync::MutexGuard<'_, BTreeMap<PathBuf, (Vec<u8>, u32)>> {
        self.files.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The permission bits of files written without explicit ones.
const DEFAULT_MODE: u32 = 0o644;

/// Strips a leading `./`, as in the keys of the file map.
fn without_dot(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl System for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files()
            .get(without_dot(path))
            .map(|(bytes, _)| bytes.clone())
            .ok_or_else(not_found)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let path = without_dot(path);
        let files = self.files();
        let mut names: Vec<String> = files
            .keys()
            .filter_map(|file| file.strip_prefix(path).ok()?.components().next())
            .map(|name| name.as_os_str().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() { Err(not_found()) } else { Ok(names) }
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        let path = without_dot(path);
        let files = self.files();
        if let Some((bytes, mode)) = files.get(path) {
            let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            Ok(Entry {
                kind: FileKind::File,
                size,
                is_link: false,
                mode: Some(*mode),
            })
        } else if files.keys().any(|file| file.starts_with(path)) {
            Ok(Entry {
                kind: FileKind::Folder,
                size: 0,
                is_link: false,
                mode: None,
            })
        } else {
            Err(not_found())
        }
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(path.to_path_buf())
    }

    fn lookup(&self, name: &str, _: Duration) -> io::Result<Vec<IpAddr>> {
        let known = self.hosts.get(name.trim_end_matches('.'));
        known
            .cloned()
            .ok_or_else(|| io::Error::other("failed to lookup address information"))
    }

    fn read_stdin(&self) -> io::Result<Vec<u8>> {
        Ok(self.stdin.clone())
    }

    fn make_folders(&self, _: &Path) -> io::Result<()> {
        // Folders exist implicitly, through their files.
        Ok(())
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.files().insert(path.to_path_buf(), (bytes.to_vec(), DEFAULT_MODE));
        Ok(())
    }

    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        match self.files().entry(path.to_path_buf()) {
            std::collections::btree_map::Entry::Occupied(_) => Err(io::ErrorKind::AlreadyExists.into()),
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert((bytes.to_vec(), mode));
                Ok(())
            }
        }
    }

    /// Folders exist implicitly, through their files, so nothing is created.
    fn make_folder(&self, path: &Path, _: u32) -> io::Result<()> {
        if self.entry(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.files();
        let moved: Vec<PathBuf> = files.keys().filter(|file| file.starts_with(from)).cloned().collect();
        if moved.is_empty() {
            return Err(not_found());
        }
        for file in moved {
            let Some(content) = files.remove(&file) else { continue };
            let rest = file.strip_prefix(from).unwrap_or(Path::new(""));
            let place = if rest.as_os_str().is_empty() {
                to.to_path_buf()
            } else {
                to.join(rest)
            };
            files.insert(place, content);
        }
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files().remove(path);
        Ok(())
    }

    fn lock(&self, _: &Path) -> io::Result<Guard> {
        Ok(Guard(Box::new(())))
    }

    fn pipe(&self, _: &str, _: &[String], _: &[u8]) -> io::Result<Piped> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    fn now(&self) -> Duration {
        self.now
    }

    fn random(&self, buffer: &mut [u8]) {
        self.seeded
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .fill(buffer);
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn memory_in_use(&self) -> Option<usize> {
        None
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}
