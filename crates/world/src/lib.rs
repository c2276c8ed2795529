//! The only door to disk, clock and chance.
//!
//! A stage that needs a file, the time or random bytes is handed a `&dyn World`. [`Disk`] is the real one; [`Memory`] has
//! its files in a map, a fixed clock and a fixed seed, for tests and for whoever embeds the library.
//!
//! Paths, names and variables are text in which bytes that are not UTF-8 are escaped, see [`gostd::string`].

mod memory;
mod overlay;

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

pub use memory::Memory;
pub use overlay::Overlay;

/// What a path is, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A device, socket, pipe: nothing that belongs into a chart.
    Other,
}

/// What is known of a path without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is, links followed.
    pub kind: FileKind,
    /// Its size in bytes, where it is a file.
    pub size: u64,
    /// Whether the path itself is a symbolic link.
    pub is_link: bool,
    /// The permission bits, links followed; none where the system has none.
    pub mode: Option<u32>,
}

/// What a program gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piped {
    /// Its standard output.
    pub output: Vec<u8>,
    /// Its standard error.
    pub messages: Vec<u8>,
    /// How it ended, in words, where that was not well: `exit status 1`.
    pub failure: Option<String>,
}

/// What a stage may ask of the world outside.
pub trait World: Send + Sync {
    /// The bytes of a file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// The names in a folder, sorted by their bytes.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// What a path is.
    fn entry(&self, path: &Path) -> io::Result<Entry>;

    /// The path without links, `.` and `..`: tells when a link leads back into a folder that is being read.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf>;

    /// The target of a symbolic link, as it is written there; [`io::ErrorKind::InvalidInput`] if the path is no link.
    fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        self.entry(path)?;
        Err(io::Error::from(io::ErrorKind::InvalidInput))
    }

    /// The addresses of a host name, as the system resolves it. Waits no longer than `timeout`.
    fn lookup(&self, name: &str, timeout: Duration) -> io::Result<Vec<IpAddr>> {
        let _ = (name, timeout);
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    /// All of the standard input.
    fn read_stdin(&self) -> io::Result<Vec<u8>>;

    /// Makes a folder and those that it needs.
    fn make_folders(&self, path: &Path) -> io::Result<()>;

    /// Writes a file and the folders that it needs.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Writes a file that must not exist yet, with these permission bits, through to the disk. Follows no link.
    fn write_new(&self, _path: &Path, _bytes: &[u8], _mode: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes a folder that must not exist yet, with these permission bits. The folder above must exist.
    fn make_folder(&self, _path: &Path, _mode: u32) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Moves a file or folder, in one step that is on the disk when this returns. A file replaces a file.
    fn rename(&self, _from: &Path, _to: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Removes a file or an empty folder.
    fn remove(&self, _path: &Path) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Keeps other processes that ask out of a folder until the guard is dropped; `WouldBlock` if one is in already.
    fn lock(&self, _folder: &Path) -> io::Result<Guard> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Runs a program with an input, and waits for it.
    fn pipe(&self, program: &str, arguments: &[String], input: &[u8]) -> io::Result<Piped>;

    /// The time since 1970-01-01T00:00:00Z.
    fn now(&self) -> Duration;

    /// Fills the buffer with bytes that nobody can foresee (or, with a seed, that are the same in each run).
    fn random(&self, buffer: &mut [u8]);

    /// Fills the buffer as [`World::random`] does, or fails where the operating system has no chance to give.
    fn try_random(&self, buffer: &mut [u8]) -> io::Result<()> {
        self.random(buffer);
        Ok(())
    }

    /// Begins the sequence of [`World::random`] anew, if it has a seed: another render is to come, which must not depend on this one.
    fn restart_random(&self) {}

    /// Bytes of memory in use, where that is known; renders stop before they take too much.
    fn memory_in_use(&self) -> Option<usize>;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Holds a lock until it is dropped.
pub struct Guard(#[expect(dead_code, reason = "held, never read")] pub(crate) Box<dyn Any + Send>);

/// The chance of a world as the crates for keys take it.
pub struct Chance<'w>(pub &'w dyn World);

impl TryRng for Chance<'_> {
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

impl TryCryptoRng for Chance<'_> {}

/// A small generator for reproducible chance: `SplitMix64` (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub struct Seeded {
    seed: u64,
    state: u64,
}

impl Seeded {
    /// The sequence that belongs to a seed.
    pub fn new(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// Begins the sequence anew.
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

/// The real world. Its clock can be stopped and its chance be given a seed, which makes renders repeatable.
#[derive(Debug, Default)]
pub struct Disk {
    /// What [`World::now`] says, instead of the real time.
    pub fixed_now: Option<Duration>,
    /// Where [`World::random`] draws from, instead of the operating system.
    pub seeded: Option<Mutex<Seeded>>,
    /// Tells the bytes of memory in use; the binary's allocator counts them.
    pub memory_gauge: Option<fn() -> usize>,
}

/// The path of the operating system that a path inside promchart stands for: bytes that are not UTF-8 are escaped in the latter, see
/// [`gostd::string`].
fn outside(path: &Path) -> Cow<'_, Path> {
    match path.to_str() {
        Some(text) if gostring::may_have_escapes(text) => {
            Cow::Owned(PathBuf::from(os_string(gostring::decode(text).into_owned())))
        }
        _ => Cow::Borrowed(path),
    }
}

/// The way back from [`outside`].
fn inside(name: &OsStr) -> Cow<'_, str> {
    gostring::encode(name.as_encoded_bytes())
}

#[cfg(unix)]
fn os_string(bytes: Vec<u8>) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes)
}

/// Names are Unicode there.
#[cfg(not(unix))]
fn os_string(bytes: Vec<u8>) -> OsString {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// How many bytes a file may have; some have no end, such as `/dev/zero`.
const MAX_FILE: u64 = 100 << 20;

/// Reads to the end, if that comes soon enough. `length` is how many bytes are expected.
fn read_bounded(source: impl io::Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(MAX_FILE)).unwrap_or_default());
    source.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE {
        let message = format!("it is larger than {MAX_FILE} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
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
impl World for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let file = std::fs::File::open(outside(path))?;
        // One call for the length saves the many that a buffer takes to find its size; the length is no promise.
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        read_bounded(file, length)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(outside(path))? {
            names.push(inside(&entry?.file_name()).into_owned());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn entry(&self, path: &Path) -> io::Result<Entry> {
        let path = outside(path);
        let own = std::fs::symlink_metadata(&path)?;
        let is_link = own.is_symlink();
        let metadata = if is_link { std::fs::metadata(path)? } else { own };
        let kind = if metadata.is_file() {
            FileKind::File
        } else if metadata.is_dir() {
            FileKind::Folder
        } else {
            FileKind::Other
        };
        Ok(Entry {
            kind,
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
        // The system's resolver cannot be interrupted: the thread is left to itself when time is up.
        std::thread::Builder::new().spawn(move || {
            let found = (host.as_str(), 443).to_socket_addrs();
            // Nobody waits for an answer that comes too late.
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
        // The process's umask took bits away.
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
        // A file system that cannot flush a folder has no need to.
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
        // Written beside: a program that answers before it has read all would wait for us while we wait for it.
        let done = std::thread::scope(|scope| {
            scope.spawn(move || {
                // A program that needs no more input than it has read may close it.
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
            // No entropy source at all: the clock is the least bad seed that is left.
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

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
