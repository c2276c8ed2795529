//! The files of a git revision, read from git's objects: nothing is checked out.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use diagnostics::Diagnostic;
use system::{Entry, FileKind, Layer, System};

/// The rule of revisions that cannot be read.
pub const GIT: &str = "git-revision";
/// How many links are followed one after the other.
const MAX_LINKS: usize = 40;

/// A file of the tree.
#[derive(Clone, Debug)]
struct Blob {
    id: String,
    size: u64,
    is_link: bool,
    is_executable: bool,
}

/// The files of one repository as they are in a revision. Files outside of the repository, and those that the revision
/// does not have although the working tree does, are read from the system below; [`Revision::lent`] names the latter.
pub struct Revision {
    /// Runs git, and resolves the paths of the working tree.
    inner: Arc<dyn System>,
    /// Its name as the user gave it.
    name: String,
    top: PathBuf,
    /// The folder whose files are those of the revision and no others.
    chart: PathBuf,
    blobs: BTreeMap<PathBuf, Blob>,
    read: Mutex<BTreeMap<String, Arc<[u8]>>>,
    lent: Mutex<Vec<String>>,
}

impl Revision {
    /// Opens a revision of the repository that `chart` is in. With `merge_base` it is the last commit that the revision and `HEAD` share.
    ///
    /// # Errors
    /// No `git`, no repository, no such revision, no such folder in it.
    pub fn open(
        inner: &Arc<dyn System>,
        revision: &str,
        chart: &Path,
        merge_base: bool,
    ) -> Result<Self, Box<Diagnostic>> {
        let failed = |message: String| Box::new(Diagnostic::error(GIT, message));
        if revision.is_empty() || revision.starts_with('-') {
            return Err(failed(format!(
                "`{revision}` is no git revision: give a branch, a tag or a commit"
            )));
        }
        let chart = whole(&**inner, chart).map_err(|error| failed(format!("{}: {error}", chart.display())))?;
        let folder = existing(&**inner, &chart);
        let git = |arguments: &[&str], input: &[u8]| git(&**inner, &folder, arguments, input);
        let top = git(&["rev-parse", "--show-toplevel"], b"").map_err(|error| {
            let error = failed(format!("{} is in no git repository: {error}", folder.display()));
            Box::new(error.help("--from and --to take revisions of the repository that the chart is in"))
        })?;
        let top = PathBuf::from(line(&top));
        let known = |_| {
            let error = failed(format!("git knows no revision `{revision}`"));
            Box::new(error.help(
                "a shallow clone has few commits: `git fetch --unshallow`, or fetch-depth: 0 in actions/checkout",
            ))
        };
        let mut commit = line(
            &git(
                &["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")],
                b"",
            )
            .map_err(known)?,
        );
        if merge_base {
            commit = line(
                &git(&["merge-base", &commit, "HEAD"], b"")
                    .map_err(|error| failed(format!("`{revision}` and HEAD have no commit in common: {error}")))?,
            );
        }
        let listed = git(&["ls-tree", "-r", "-z", "-l", "--full-tree", &commit], b"").map_err(failed)?;
        let blobs = blobs(&listed);
        let this = Self {
            inner: Arc::clone(inner),
            name: revision.to_owned(),
            top,
            chart,
            blobs,
            read: Mutex::default(),
            lent: Mutex::default(),
        };
        let own = this.own(&this.chart).unwrap_or_default();
        let ids: Vec<String> = this.below(&own).map(|(_, blob)| blob.id.clone()).collect();
        if ids.is_empty() {
            let shown = own.display();
            let error = failed(format!("{shown} is not in {revision}"));
            return Err(Box::new(error.help(
                "a chart that was moved has two paths: `promchart diff OLD NEW --from REVISION`",
            )));
        }
        this.fetch(&ids).map_err(|error| failed(error.to_string()))?;
        Ok(this)
    }

    /// Files that this revision does not have and that were read from the working tree.
    pub fn lent(&self) -> Vec<String> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lend(&self, path: &Path) {
        let mut lent = self.lent.lock().unwrap_or_else(PoisonError::into_inner);
        let path = path.display().to_string();
        if !lent.contains(&path) {
            lent.push(path);
        }
    }

    fn below<'s>(&'s self, folder: &'s Path) -> impl Iterator<Item = (&'s PathBuf, &'s Blob)> {
        let from = self.blobs.range(folder.to_path_buf()..);
        from.take_while(move |(path, _)| path.starts_with(folder))
    }

    /// The path in the repository; none outside of it.
    fn own(&self, path: &Path) -> Option<PathBuf> {
        let path = whole(&*self.inner, path).ok()?;
        path.strip_prefix(&self.top).ok().map(Path::to_path_buf)
    }

    /// Whether only the revision decides what is there. The archives of dependencies often are in no revision: they lie in `charts/` of
    /// the working tree.
    fn is_decided(&self, own: &Path) -> bool {
        let path = self.top.join(own);
        match path.strip_prefix(&self.chart) {
            Ok(inside) => !inside.starts_with("charts") || self.has_charts(&path),
            Err(_) => false,
        }
    }

    /// Whether the revision has something in the `charts/` that a path lies in.
    fn has_charts(&self, _: &Path) -> bool {
        let Some(own) = self.own(&self.chart) else { return false };
        self.below(&own.join("charts")).next().is_some()
    }

    /// The file at a path of the repository, links followed.
    fn find(&self, own: &Path) -> io::Result<Option<(PathBuf, &Blob)>> {
        let mut own = own.to_path_buf();
        for _ in 0..MAX_LINKS {
            match self.link_on(&own) {
                None => return Ok(self.blobs.get_key_value(&own).map(|(path, blob)| (path.clone(), blob))),
                Some((link, rest)) => {
                    let target = self.target(&link)?;
                    let folder = link.parent().unwrap_or(Path::new("")).to_path_buf();
                    own = normal(&folder.join(target).join(rest));
                }
            }
        }
        Err(io::Error::other("too many levels of symbolic links"))
    }

    /// The first link on the way to a path, and what follows it.
    fn link_on(&self, own: &Path) -> Option<(PathBuf, PathBuf)> {
        let mut way = PathBuf::new();
        let mut parts = own.components();
        while let Some(part) = parts.next() {
            way.push(part);
            if self.blobs.get(&way).is_some_and(|blob| blob.is_link) {
                return Some((way, parts.as_path().to_path_buf()));
            }
        }
        None
    }

    fn target(&self, link: &Path) -> io::Result<PathBuf> {
        let blob = self.blobs.get(link).ok_or(io::ErrorKind::NotFound)?;
        Ok(PathBuf::from(
            String::from_utf8_lossy(&self.bytes(&blob.id)?).into_owned(),
        ))
    }

    fn bytes(&self, id: &str) -> io::Result<Arc<[u8]>> {
        let read = || {
            self.read
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(id)
                .cloned()
        };
        if let Some(bytes) = read() {
            return Ok(bytes);
        }
        self.fetch(&[id.to_owned()])?;
        read().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    }

    /// Reads blobs, all in one run of git.
    fn fetch(&self, ids: &[String]) -> io::Result<()> {
        let input = ids.join("\n") + "\n";
        let output =
            git(&*self.inner, &self.top, &["cat-file", "--batch"], input.as_bytes()).map_err(io::Error::other)?;
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = &output[..];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let header = String::from_utf8_lossy(&rest[..end]).into_owned();
            let words: Vec<&str> = header.split(' ').collect();
            let [id, "blob", size] = words[..] else {
                return Err(io::Error::other(format!("git cat-file: {header}")));
            };
            let size: usize = size.parse().map_err(io::Error::other)?;
            let bytes = rest.get(end + 1..end + 1 + size);
            let bytes = bytes.ok_or_else(|| io::Error::other("git cat-file ended too early"))?;
            read.insert(id.to_owned(), bytes.into());
            rest = rest.get(end + 2 + size..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Runs git in a folder. What it prints, or why it failed.
fn git(system: &dyn System, folder: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let folder = folder.display().to_string();
    let mut all = vec!["-C".to_owned(), folder];
    all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let done = system
        .pipe("git", &all, input)
        .map_err(|error| format!("cannot run git: {error}"))?;
    match done.failure {
        None => Ok(done.output),
        Some(failure) => {
            let messages = String::from_utf8_lossy(&done.messages);
            let message = messages.trim().lines().next().unwrap_or_default();
            let message = message.strip_prefix("fatal: ").unwrap_or(message);
            Err(if message.is_empty() {
                failure
            } else {
                message.to_owned()
            })
        }
    }
}

fn line(output: &[u8]) -> String {
    gostd::string::encode(output).trim_end().to_owned()
}

/// The lines of `git ls-tree -r -z -l`.
fn blobs(listed: &[u8]) -> BTreeMap<PathBuf, Blob> {
    let mut blobs = BTreeMap::new();
    for line in listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = gostd::string::encode(line);
        let Some((head, path)) = line.split_once('\t') else {
            continue;
        };
        let words: Vec<&str> = head.split_whitespace().collect();
        if let [mode, "blob", id, size] = words[..] {
            let blob = Blob {
                id: id.to_owned(),
                size: size.parse().unwrap_or_default(),
                is_link: mode == "120000",
                is_executable: mode == "100755",
            };
            blobs.insert(PathBuf::from(path), blob);
        }
    }
    blobs
}

/// A path without `.` and `..`, which it has no links for.
fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out
}

/// The absolute path of a file, which need not exist: of what exists, links are resolved.
fn whole(system: &dyn System, path: &Path) -> io::Result<PathBuf> {
    let absolute = if path.is_absolute() {
        normal(path)
    } else {
        normal(&system.resolve(Path::new("."))?.join(path))
    };
    let mut exists = absolute.as_path();
    loop {
        if let Ok(resolved) = system.resolve(exists) {
            let rest = absolute.strip_prefix(exists).unwrap_or(Path::new(""));
            return Ok(normal(&resolved.join(rest)));
        }
        match exists.parent() {
            Some(parent) => exists = parent,
            None => return Ok(absolute),
        }
    }
}

/// The nearest folder that exists.
fn existing(system: &dyn System, path: &Path) -> PathBuf {
    let is_folder = |path: &&Path| system.entry(path).is_ok_and(|entry| entry.kind == FileKind::Folder);
    path.ancestors().find(is_folder).unwrap_or(Path::new(".")).to_path_buf()
}

impl Layer for Revision {
    fn read(&self, below: &dyn System, path: &Path) -> io::Result<Vec<u8>> {
        let Some(own) = self.own(path) else {
            return below.read(path);
        };
        match self.find(&own)? {
            Some((_, blob)) => {
                let bytes = self.bytes(&blob.id)?;
                if bytes.starts_with(b"version https://git-lfs.github.com/spec/") {
                    let name = &self.name;
                    return Err(io::Error::other(format!(
                        "{name} has a pointer of git LFS there, not the file"
                    )));
                }
                Ok(bytes.to_vec())
            }
            None if self.is_decided(&own) => Err(io::ErrorKind::NotFound.into()),
            None => {
                let bytes = below.read(path)?;
                self.lend(&own);
                Ok(bytes)
            }
        }
    }

    fn list(&self, below: &dyn System, path: &Path) -> io::Result<Vec<String>> {
        let Some(own) = self.own(path) else {
            return below.list(path);
        };
        if !self.is_decided(&own) {
            return below.list(path);
        }
        let own = self.resolved(&own)?;
        let names = self.below(&own).filter_map(|(file, _)| {
            let first = file.strip_prefix(&own).ok()?.components().next()?;
            Some(first.as_os_str().to_string_lossy().into_owned())
        });
        let mut names: Vec<String> = names.collect();
        // Dependencies that are in no revision.
        if self.top.join(&own) == self.chart && !self.has_charts(&self.chart) {
            let charts = self.chart.join("charts");
            if below.entry(&charts).is_ok_and(|entry| entry.kind == FileKind::Folder) {
                names.push("charts".to_owned());
            }
        }
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            Err(io::ErrorKind::NotFound.into())
        } else {
            Ok(names)
        }
    }

    fn entry(&self, below: &dyn System, path: &Path) -> io::Result<Entry> {
        let Some(own) = self.own(path) else {
            return below.entry(path);
        };
        let is_link = self.blobs.get(&own).is_some_and(|blob| blob.is_link);
        if let Some((_, blob)) = self.find(&own)? {
            return Ok(Entry {
                kind: FileKind::File,
                size: blob.size,
                is_link,
                mode: Some(if blob.is_executable { 0o755 } else { 0o644 }),
            });
        }
        let resolved = self.resolved(&own)?;
        if self.below(&resolved).next().is_some() {
            return Ok(Entry {
                kind: FileKind::Folder,
                size: 0,
                is_link,
                mode: None,
            });
        }
        if self.is_decided(&own) {
            return Err(io::ErrorKind::NotFound.into());
        }
        below.entry(path)
    }

    fn resolve(&self, _: &dyn System, path: &Path) -> io::Result<PathBuf> {
        let own = self.own(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.top.join(self.resolved(&own)?))
    }

    fn read_link(&self, below: &dyn System, path: &Path) -> io::Result<PathBuf> {
        match self.own(path) {
            Some(own) if self.blobs.get(&own).is_some_and(|blob| blob.is_link) => self.target(&own),
            Some(own) if self.is_decided(&own) => Err(io::ErrorKind::InvalidInput.into()),
            _ => below.read_link(path),
        }
    }
}

impl Revision {
    /// The path of a folder of the repository, links followed.
    fn resolved(&self, own: &Path) -> io::Result<PathBuf> {
        let mut own = own.to_path_buf();
        for _ in 0..MAX_LINKS {
            match self.link_on(&own) {
                None => return Ok(own),
                Some((link, rest)) => {
                    let folder = link.parent().unwrap_or(Path::new("")).to_path_buf();
                    own = normal(&folder.join(self.target(&link)?).join(rest));
                }
            }
        }
        Err(io::Error::other("too many levels of symbolic links"))
    }
}
