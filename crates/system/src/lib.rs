//! All access to disk, clock and randomness goes through this crate.
//!
//! A stage that needs a file, the time or random bytes takes a `&dyn System`. [`Disk`] is the real one. [`Memory`] keeps
//! its files in a map and has a fixed clock and seed, for tests and for programs that embed the library. [`threads`] shares
//! work between threads.
//!
//! Paths, names and variables are text in which bytes that are not UTF-8 are escaped; see [`gostd::string`].

mod late;
mod memory;
mod overlay;
pub mod threads;

use std::any::Any;
use std::borrow::Cow;
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand_core::{TryCryptoRng, TryRng};

use gostd::string as gostring;

pub use late::{Late, LateError, LateFile, OpenFile};
pub use memory::Memory;
pub use overlay::{Layer, Overlay};

/// The kind of a path, following symbolic links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A device, socket or pipe, which has no place in a chart.
    Other,
}

/// The metadata of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The kind, following symbolic links.
    pub kind: FileKind,
    /// The size in bytes, for a file.
    pub size: u64,
    /// Whether the path itself is a symbolic link.
    pub is_link: bool,
    /// The permission bits, following symbolic links; none on systems without them.
    pub mode: Option<u32>,
}

/// A name in a folder, with what listing the folder tells about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// The kind. Unknown for symbolic links, and wherever [`System::entry`] has to be asked.
    pub known: Option<FileKind>,
}

/// The result of running a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piped {
    /// Its standard output.
    pub output: Vec<u8>,
    /// Its standard error.
    pub messages: Vec<u8>,
    /// A description of an unsuccessful exit: `exit status 1`.
    pub failure: Option<String>,
}

/// The interface to the system.
pub trait System: Send + Sync {
    /// Reads a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Opens a file, so that its size is known before it is read.
    fn open(&self, path: &Path) -> io::Result<OpenFile> {
        self.read(path).map(OpenFile::from)
    }

    /// Keeps an open file that is likely never needed, to be read when its bytes are asked for.
    ///
    /// # Errors
    /// The file, if this system reads all files at once.
    fn keep(&self, path: &Path, file: OpenFile) -> Result<LateFile, OpenFile> {
        let _ = path;
        Err(file)
    }

    /// The first error in reading a file that was kept by [`System::keep`].
    fn late_failure(&self) -> Option<LateError> {
        None
    }

    /// Lists the names in a folder, sorted by bytes.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Lists a folder like [`System::list`], with the kinds of its entries where listing tells them.
    fn list_known(&self, path: &Path) -> io::Result<Vec<Listed>> {
        let names = self.list(path)?;
        Ok(names.into_iter().map(|name| Listed { name, known: None }).collect())
    }

    /// Returns the metadata of a path.
    fn entry(&self, path: &Path) -> io::Result<Entry>;

    /// Resolves links, `.` and `..` in a path. Used to detect a link back into a folder that is being read.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// Returns the target of a symbolic link as stored; [`io::ErrorKind::InvalidInput`] if the path is not a link.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.entry(path)?;
        Err(io::Error::from(io::ErrorKind::InvalidInput))
    }

    /// Resolves a host name by the system's resolver, waiting at most `timeout`.
    fn lookup(&self, name: &str, timeout: Duration) -> io::Result<Vec<IpAddr>> {
        let _ = (name, timeout);
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// Reads the standard input to its end.
    fn read_stdin(&self) -> io::Result<Vec<u8>>;

    /// Creates a folder and its missing parents.
    fn make_folders(&self, path: &Path) -> io::Result<()>;

    /// Writes a file; creates its missing parent folders.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Creates a file with these permission bits and flushes it to disk. Fails if the file exists. Follows no link.
    fn write_new(&self, _path: &Path, _bytes: &[u8], _mode: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Creates a folder with these permission bits. Fails if it exists or its parent does not.
    fn make_folder(&self, _path: &Path, _mode: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Renames a file or folder atomically; it is flushed to disk on return. A file may replace a file.
    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Removes a file or an empty folder.
    fn remove(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Locks a folder against other processes that lock it, until the guard is dropped; `WouldBlock` if it is locked.
    fn lock(&self, _folder: &Path) -> io::Result<Guard> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Runs a program with an input and waits for it to exit.
    fn pipe(&self, program: &str, arguments: &[String], input: &[u8]) -> io::Result<Piped>;

    /// The time since 1970-01-01T00:00:00Z.
    fn now(&self) -> Duration;

    /// Fills the buffer with unpredictable bytes or, with a seed, with the same bytes in each run.
    fn random(&self, buffer: &mut [u8]);

    /// Fills the buffer like [`System::random`], but fails if the system has no entropy source.
    fn try_random(&self, buffer: &mut [u8]) -> io::Result<()> {
        self.random(buffer);
        Ok(())
    }

    /// Whether [`System::random`] gives the same bytes in each run.
    fn is_seeded(&self) -> bool {
        false
    }

    /// Restarts the seeded sequence of [`System::random`], so that the next render does not depend on this one.
    fn restart_random(&self) {}

    /// The bytes of memory in use, if known. Renders stop before they use too much.
    fn memory_in_use(&self) -> Option<usize>;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Releases a lock when it is dropped.
pub struct Guard(#[expect(dead_code, reason = "held, never read")] pub(crate) Box<dyn Any + Send>);

/// The random source of a system, as a generator for the crates that make keys.
pub struct SystemRng<'w>(pub &'w dyn System);

impl TryRng for SystemRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.random(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.random(buffer);
        Ok(())
    }
}

impl TryCryptoRng for SystemRng<'_> {}

/// A small generator for reproducible randomness: `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Seeded {
    seed: u64,
    state: u64,
}

impl Seeded {
    /// The sequence of a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// Restarts the sequence.
    pub fn restart(&mut self) {
        self.state = self.seed;
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Fills a buffer.
    pub fn fill(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next_u64().to_le_bytes()[..chunk.len()]);
        }
    }
}

/// The real system. A fixed clock and a seed make renders reproducible.
#[derive(Debug, Default)]
pub struct Disk {
    /// The time that [`System::now`] returns instead of the real one.
    pub fixed_now: Option<Duration>,
    /// The generator that [`System::random`] uses instead of the operating system's.
    pub seeded: Option<Mutex<Seeded>>,
    /// Returns the bytes of memory in use, as counted by the binary's allocator.
    pub memory_gauge: Option<fn() -> usize>,
    /// The files that are read late, if any. Who uses their bytes has to look at [`System::late_failure`] afterwards.
    pub late: Option<Late>,
}

/// Converts a path inside promchart to one of the operating system: unescapes bytes that are not UTF-8, see
/// [`gostd::string`].
fn outside(path: &Path) -> Cow<'_, Path> {
    match path.to_str() {
        Some(text) if gostring::may_have_escapes(text) => {
            Cow::Owned(PathBuf::from(os_string(gostring::decode(text).into_owned())))
        }
        _ => Cow::Borrowed(path),
    }
}

/// Converts a name of the operating system to one inside promchart; the inverse of [`outside`].
fn inside(name: &OsStr) -> Cow<'_, str> {
    gostring::encode(name.as_encoded_bytes())
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

/// Names are Unicode on these systems.
#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// The maximum size of a file in bytes. Some files have no end, such as `/dev/zero`.
const MAX_FILE: u64 = 100 << 20;

/// Reads to the end, up to the size limit. `length` is the expected size in bytes.
fn read_bounded(source: impl io::Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MAX_FILE)).unwrap_or_default());
    source.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("it is larger than {MAX_FILE} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The kind of a path that is no symbolic link.
fn kind(file_type: std::fs::FileType) -> FileKind {
    if file_type.is_file() {
        FileKind::File
    } else if file_type.is_dir() {
        FileKind::Folder
    } else {
        FileKind::Other
    }
}

#[cfg(unix)]
fn mode(metadata: &std::fs::Metadata) -> Option<u32> {
    Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777)
}

#[cfg(not(unix))]
fn mode(_: &std::fs::Metadata) -> Option<u32> {
    None
}

#[expect(clippy::disallowed_methods, reason = "this is the door")]
impl System for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.open(path)?.read()
    }

    fn open(&self, path: &Path) -> io::Result<OpenFile> {
        std::fs::File::open(outside(path)).map(OpenFile::from)
    }

    fn keep(&self, path: &Path, file: OpenFile) -> Result<LateFile, OpenFile> {
        match &self.late {
            Some(late) => late.keep(path, file),
            None => Err(file),
        }
    }

    fn late_failure(&self) -> Option<LateError> {
        self.late.as_ref().and_then(Late::failure)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        Ok(self.list_known(path)?.into_iter().map(|entry| entry.name).collect())
    }

    fn list_known(&self, path: &Path) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in std::fs::read_dir(outside(path))? {
            let entry = entry?;
            // Most file systems tell the kind of an entry with its name. A symbolic link is neither file nor folder here.
            let known = entry.file_type().ok().map(kind);
            let known = known.filter(|kind| *kind != FileKind::Other);
            listed.push(Listed {
                name: inside(&entry.file_name()).into_owned(),
                known,
            });
        }
        listed.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(listed)
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        let path = outside(path);
        let own = std::fs::symlink_metadata(&path)?;
        let is_link = own.is_symlink();
        let metadata = if is_link { std::fs::metadata(path)? } else { own };
        Ok(Entry {
            kind: kind(metadata.file_type()),
            size: metadata.len(),
            is_link,
            mode: mode(&metadata),
        })
    }

    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let path = outside(path).canonicalize()?;
        Ok(PathBuf::from(inside(path.as_os_str()).into_owned()))
    }

    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let target = std::fs::read_link(outside(path))?;
        Ok(PathBuf::from(inside(target.as_os_str()).into_owned()))
    }

    fn lookup(&self, name: &str, timeout: Duration) -> io::Result<Vec<IpAddr>> {
        let (sender, receiver) = mpsc::channel();
        let host = name.to_owned();
        // The system's resolver cannot be interrupted, so the thread is abandoned at the timeout.
        std::thread::Builder::new().spawn(move || {
            let found = (host.as_str(), 443).to_socket_addrs();
            // The receiver is gone if the answer is late.
            let _ = sender.send(found.map(|found| found.map(|address| address.ip()).collect()));
        })?;
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {timeout:?}"));
        receiver.recv_timeout(timeout).map_err(late)?
    }

    fn read_stdin(&self) -> io::Result<Vec<u8>> {
        read_bounded(io::stdin(), 0)
    }

    fn make_folders(&self, path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(outside(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let path = outside(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)
    }

    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        let mut file = options.open(outside(path))?;
        file.write_all(bytes)?;
        // The process's umask cleared some bits.
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
        file.sync_all()
    }

    fn make_folder(&self, path: &Path, mode: u32) -> io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
        builder.create(outside(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let to = outside(to);
        std::fs::rename(outside(from), &to)?;
        let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        // A file system that cannot flush a folder does not need to.
        let _ = std::fs::File::open(parent.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = outside(path);
        if std::fs::symlink_metadata(&path)?.is_dir() {
            std::fs::remove_dir(path)
        } else {
            std::fs::remove_file(path)
        }
    }

    fn lock(&self, folder: &Path) -> io::Result<Guard> {
        let folder = std::fs::File::open(outside(folder))?;
        folder.try_lock()?;
        Ok(Guard(Box::new(folder)))
    }

    fn pipe(&self, program: &str, arguments: &[String], input: &[u8]) -> io::Result<Piped> {
        let text = |text: &str| os_string(gostring::decode(text).into_owned());
        let mut child = Command::new(text(program))
            .args(arguments.iter().map(|argument| text(argument)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take();
        // Written on another thread: a program that fills its output before it has read its input would deadlock.
        let done = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A program may close its input early.
                let _ = stdin.as_mut().map(|stdin| io::Write::write_all(stdin, input));
            });
            child.wait_with_output()
        })?;
        let failure = match done.status.code() {
            Some(0) => None,
            Some(code) => Some(format!("exit status {code}")),
            None => Some(done.status.to_string()),
        };
        Ok(Piped {
            output: done.stdout,
            messages: done.stderr,
            failure,
        })
    }

    fn now(&self) -> Duration {
        self.fixed_now
            .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
    }

    fn random(&self, buffer: &mut [u8]) {
        if let Some(seeded) = &self.seeded {
            seeded
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .fill(buffer);
        } else if getrandom::fill(buffer).is_err() {
            // There is no entropy source at all; the clock is the best seed available.
            let nanos = self.now().as_nanos();
            Seeded::new(u64::try_from(nanos & u128::from(u64::MAX)).unwrap_or_default()).fill(buffer);
        }
    }

    fn try_random(&self, buffer: &mut [u8]) -> io::Result<()> {
        if self.seeded.is_some() {
            self.random(buffer);
            return Ok(());
        }
        getrandom::fill(buffer).map_err(io::Error::other)
    }

    fn is_seeded(&self) -> bool {
        self.seeded.is_some()
    }

    fn restart_random(&self) {
        if let Some(seeded) = &self.seeded {
            seeded
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .restart();
        }
    }

    fn memory_in_use(&self) -> Option<usize> {
        self.memory_gauge.map(|gauge| gauge())
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| inside(&value).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listing_tells_what_each_entry_tells() {
        let (disk, folder) = (Disk::default(), Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let listed = disk.list_known(&folder).unwrap();
        let names: Vec<&String> = listed.iter().map(|entry| &entry.name).collect();
        assert_eq!(names, disk.list(&folder).unwrap().iter().collect::<Vec<_>>());
        for Listed { name, known } in &listed {
            let kind = disk.entry(&folder.join(name)).unwrap().kind;
            assert_eq!(*known, Some(kind), "{name}");
        }
        assert!(listed.iter().any(|entry| entry.known == Some(FileKind::Folder)));
    }
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
