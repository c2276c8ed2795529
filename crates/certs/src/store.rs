//! The files of the folder, as found.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::certificate::Certificate;
use super::error;
use super::key::PrivateKey;
use super::services::CLIENT;
use diagnostics::{Diagnostic, Result};
use gostd::errno;
use system::{Entry, FileKind, System};

/// The permission bits of private keys.
pub(super) const PRIVATE: u32 = 0o600;
/// The folder of committed files that only have to be moved into place.
pub(super) const READY: &str = ".promchart-certs.ready";

/// The maximum size of a certificate file. A bundle of all public CAs has 200 KiB.
const MAX_FILE: u64 = 1 << 20;
/// The identifier of the pair in a folder that is a mounted Secret.
pub(super) const MOUNTED: &str = "";

/// The state of a file.
#[derive(Clone, Debug)]
pub(super) enum Found<T> {
    /// The file does not exist.
    Missing,
    /// The file is valid.
    Good(T),
    /// The file is invalid, with the error.
    Bad(Box<Diagnostic>),
}

impl<T> Found<T> {
    pub(super) fn good(&self) -> Option<&T> {
        match self {
            Self::Good(content) => Some(content),
            Self::Missing | Self::Bad(_) => None,
        }
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
}

/// A certificate with its chain and its key.
#[derive(Clone)]
pub(super) struct Pair {
    pub(super) chain: Found<Vec<Certificate>>,
    pub(super) key: Found<PrivateKey>,
}

/// The contents of the folder.
pub struct Store {
    pub(super) folder: PathBuf,
    /// `ca.crt`
    pub(super) bundle: Found<Vec<Certificate>>,
    /// `ca.key`
    pub(super) ca_key: Found<PrivateKey>,
    /// The pairs by the name of their folder, or `client`.
    pub(super) pairs: BTreeMap<String, Pair>,
    /// Private keys that others can read, with their permission bits.
    pub(super) open_keys: Vec<(String, u32)>,
    /// Whether an earlier run was interrupted before its files were moved into place.
    pub(super) is_interrupted: bool,
    /// Links, folders and devices at paths of our files. They are never overwritten, not even with `--force`.
    pub(super) obstacles: Vec<Diagnostic>,
    /// Names that exist but are not folders, so that the folder cannot be created.
    not_folders: BTreeSet<String>,
}

/// The paths of a pair's two files, relative to the folder.
pub(super) fn paths(id: &str) -> (String, String) {
    if id == MOUNTED {
        ("tls.crt".to_owned(), "tls.key".to_owned())
    } else if id == CLIENT {
        (format!("{CLIENT}.crt"), format!("{CLIENT}.key"))
    } else {
        (format!("{id}/tls.crt"), format!("{id}/tls.key"))
    }
}

/// The text of a file and its permission bits; none if the file does not exist.
fn read(system: &dyn System, path: &Path) -> Result<Option<(String, u32)>> {
    let shown = path.display();
    let entry = match system.entry(path) {
        Ok(entry) => entry,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => {
            let message = format!("cannot read {shown}: {}", errno::message(&cause));
            return Err(error(message, "make it readable, or remove it"));
        }
    };
    // A pipe is accepted: that is what a shell's `<(command)` gives.
    if entry.kind == FileKind::Folder {
        return Err(error(
            format!("{shown} is no regular file"),
            "remove it, or give another path",
        ));
    }
    let too_large = || {
        error(
            format!("{shown} is larger than 1 MiB; no file of certificates or keys is"),
            "give the file of one certificate or key",
        )
    };
    if entry.size > MAX_FILE {
        return Err(too_large());
    }
    let bytes = system.read(path).map_err(|cause| {
        let message = format!("cannot read {shown}: {}", errno::message(&cause));
        error(message, "make it readable for the user who runs promchart")
    })?;
    if bytes.len() as u64 > MAX_FILE {
        return Err(too_large());
    }
    Ok(Some((
        String::from_utf8_lossy(&bytes).into_owned(),
        entry.mode.unwrap_or(PRIVATE),
    )))
}

fn not_what_it_should_be(path: &Path, why: &str) -> Box<Diagnostic> {
    error(
        format!("{}: {why}", path.display()),
        "move it away or remove it; `--force` overwrites it",
    )
}

/// Reads the certificates of a file given by the user.
///
/// # Errors
/// If the file cannot be read or is invalid.
pub fn read_bundle(system: &dyn System, path: &Path) -> Result<Vec<Certificate>> {
    let (text, _) = read(system, path)?.ok_or_else(|| missing(path))?;
    Certificate::from_pem(&text).map_err(|why| {
        let message = format!("{}: {why}", path.display());
        error(
            message,
            "give a file with the CA's certificate in PEM, its chain below it",
        )
    })
}

/// Reads the private key of a file given by the user.
///
/// # Errors
/// If the file cannot be read or is invalid.
pub fn read_key(system: &dyn System, path: &Path) -> Result<PrivateKey> {
    let (text, _) = read(system, path)?.ok_or_else(|| missing(path))?;
    PrivateKey::from_pem(&text).map_err(|why| {
        let message = format!("{}: {why}", path.display());
        error(message, "give a file with the CA's private key in PEM")
    })
}

fn missing(path: &Path) -> Box<Diagnostic> {
    error(
        format!("{}: no such file", path.display()),
        "look for a typo in the path",
    )
}

/// The names in a folder; empty if it does not exist.
pub(super) fn list(system: &dyn System, folder: &Path) -> Result<Vec<String>> {
    match system.list(folder) {
        Ok(names) => Ok(names),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(cause) => {
            let message = format!("cannot read {}: {}", folder.display(), errno::message(&cause));
            Err(error(message, "give a folder that can be read"))
        }
    }
}

impl Store {
    /// Reads the contents of a folder, which need not exist. Invalid files are recorded rather than rejected.
    /// `through_links` is for a folder that is only inspected, such as a mounted Secret.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn read(system: &dyn System, folder: &Path, through_links: bool) -> Result<Self> {
        if let Ok(entry) = system.entry(folder)
            && entry.kind != FileKind::Folder
        {
            let message = format!("{} is no folder", folder.display());
            return Err(error(message, "give a folder, or a path where one can be made"));
        }
        let names = list(system, folder)?;
        let mut store = Self {
            folder: folder.to_path_buf(),
            bundle: Found::Missing,
            ca_key: Found::Missing,
            pairs: BTreeMap::new(),
            open_keys: Vec::new(),
            is_interrupted: names.iter().any(|name| name == READY),
            obstacles: Vec::new(),
            not_folders: BTreeSet::new(),
        };
        store.bundle = store.certificates(system, "ca.crt", through_links);
        store.ca_key = store.key(system, "ca.key", through_links);
        let mut ids = vec![CLIENT.to_owned()];
        if through_links {
            ids.push(MOUNTED.to_owned());
        }
        for name in names.into_iter().filter(|name| !name.starts_with('.')) {
            let entry = system.entry(&folder.join(&name));
            let is_folder = |entry: Entry| entry.kind == FileKind::Folder && (through_links || !entry.is_link);
            if entry.is_ok_and(is_folder) {
                ids.push(name);
            } else {
                store.not_folders.insert(name);
            }
        }
        for id in ids {
            let (certificate, key) = paths(&id);
            let pair = Pair {
                chain: store.certificates(system, &certificate, through_links),
                key: store.key(system, &key, through_links),
            };
            if !(pair.chain.is_missing() && pair.key.is_missing()) {
                store.pairs.insert(id, pair);
            }
        }
        Ok(store)
    }

    /// A store without files.
    pub fn empty() -> Self {
        Self {
            folder: PathBuf::new(),
            bundle: Found::Missing,
            ca_key: Found::Missing,
            pairs: BTreeMap::new(),
            open_keys: Vec::new(),
            is_interrupted: false,
            obstacles: Vec::new(),
            not_folders: BTreeSet::new(),
        }
    }

    /// The error if the folder of a component cannot be created.
    pub(super) fn obstacle(&self, id: &str) -> Option<Box<Diagnostic>> {
        self.not_folders.contains(id).then(|| {
            let message = format!(
                "{} is a file or a symbolic link; a folder has to go there",
                self.shown(id)
            );
            error(message, "move it away; certificates are not written through links")
        })
    }

    /// The path of a file for display.
    pub(super) fn shown(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }

    /// Records an object that a file cannot replace.
    fn look_for_obstacle(&mut self, system: &dyn System, path: &Path) {
        let what = match system.entry(path) {
            Ok(entry) if entry.is_link => "a symbolic link; certificates are not written through links",
            Ok(entry) if entry.kind != FileKind::File => "no regular file",
            // A dangling link is detected only by resolving it.
            _ if system.resolve(path).is_err() && self.is_listed(system, path) => {
                "a symbolic link that leads nowhere; certificates are not written through links"
            }
            _ => return,
        };
        let message = format!("{} is {what}", path.display());
        self.obstacles
            .push(*error(message, "remove it, or give another folder with --out"));
    }

    fn is_listed(&self, system: &dyn System, path: &Path) -> bool {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let names = system.list(path.parent().unwrap_or(&self.folder)).unwrap_or_default();
        name.is_some_and(|name| names.contains(&name))
    }

    fn certificates(&mut self, system: &dyn System, path: &str, through_links: bool) -> Found<Vec<Certificate>> {
        let path = self.folder.join(path);
        if !through_links {
            self.look_for_obstacle(system, &path);
        }
        match read(system, &path) {
            Ok(None) => Found::Missing,
            Ok(Some((text, _))) => match Certificate::from_pem(&text) {
                Ok(certificates) => Found::Good(certificates),
                Err(why) => Found::Bad(not_what_it_should_be(&path, &why)),
            },
            Err(error) => Found::Bad(error),
        }
    }

    fn key(&mut self, system: &dyn System, path: &str, through_links: bool) -> Found<PrivateKey> {
        let file = self.folder.join(path);
        if !through_links {
            self.look_for_obstacle(system, &file);
        }
        match read(system, &file) {
            Ok(None) => Found::Missing,
            Ok(Some((text, mode))) => {
                if mode & 0o077 != 0 {
                    self.open_keys.push((path.to_owned(), mode));
                }
                match PrivateKey::from_pem(&text) {
                    Ok(key) => Found::Good(key),
                    Err(why) => Found::Bad(not_what_it_should_be(&file, &why)),
                }
            }
            Err(error) => Found::Bad(error),
        }
    }

    /// The pair of a component.
    pub(super) fn pair(&self, id: &str) -> Pair {
        self.pairs.get(id).cloned().unwrap_or(Pair {
            chain: Found::Missing,
            key: Found::Missing,
        })
    }

    /// The certificates of `ca.crt`.
    pub(super) fn authorities(&self) -> &[Certificate] {
        self.bundle.good().map_or(&[], Vec::as_slice)
    }

    /// The certificate in `ca.crt` that matches `ca.key`.
    pub(super) fn own_authority(&self) -> Option<&Certificate> {
        let key = self.ca_key.good()?;
        self.authorities().iter().find(|certificate| certificate.has_key(key))
    }
}
