//! Files named by flags: resolves a path in the container through volumes and symbolic links to a file of the node.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::bench::Bench;
use super::flag::Flag;
use super::mount::Volume;
use super::server::{Kind, Server};
use diagnostics::Diagnostic;
use gostd::{errno, path, quote::quote};
use source::Span;
use system::{FileKind, System};

/// The maximum size of a certificate bundle, key or configuration, in bytes.
const MAX_SIZE: u64 = 1 << 20;
/// The maximum number of symbolic links in a path, as in Linux.
const MAX_LINKS: usize = 40;

/// A file of the node, with its contents.
#[derive(Debug)]
pub(super) struct NodeFile {
    /// The path on this machine, including the root.
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    /// The permission bits.
    pub(super) mode: Option<u32>,
}

/// Why a file could not be read.
#[derive(Debug)]
enum Trouble {
    /// No volume is mounted at the path, or at the target of a link.
    Unmounted {
        path: String,
        is_link: bool,
    },
    /// The volume is not a path of the node.
    OtherVolume {
        volume: Volume,
        place: Span,
    },
    /// The file does not exist.
    Missing {
        path: String,
        has_folder: bool,
    },
    /// It is a folder or a device.
    NotAFile {
        path: String,
        kind: FileKind,
    },
    TooLarge {
        path: String,
    },
    Links {
        path: String,
    },
    Io {
        path: String,
        error: io::Error,
    },
}

/// Reads the file of a flag. A file that the API server cannot read is a finding; one that only this process cannot
/// read is reported as not checked.
pub(super) fn open(bench: &mut Bench<'_>, server: &Server, flag: &Flag) -> Option<NodeFile> {
    let subject = format!("--{}: file", flag.name);
    let help = "run this on the control plane node, or give its files with --root";
    if flag.is_open {
        bench.unchecked(subject, "its path has a variable in it", flag.value_place, "");
        return None;
    }
    let wanted = path::clean(&format!("/{}", flag.value));
    let place = flag.value_place;
    let name = &flag.name;
    let error = |rule, message| Diagnostic::error(rule, message).at(place);
    match locate(bench.system, &bench.options.root, server, &wanted).and_then(|path| read(bench.system, &path)) {
        Ok(file) => {
            bench.pass(subject, &*file.path);
            return Some(file);
        }
        Err(Trouble::Unmounted { path, is_link }) => {
            let folder = path::dir(&path);
            let folder = folder.trim_end_matches('/');
            let message = if is_link {
                format!("kube-apiserver cannot read {wanted}: it is a link to {path}, where no volume is mounted")
            } else {
                format!("kube-apiserver cannot read {path}: no volume is mounted there")
            };
            let help = match server.kind {
                Kind::Manifest => {
                    format!("mount `{folder}` of the node with a hostPath volume, or use a file below a mounted path")
                }
                Kind::Kubeadm => {
                    format!("add `{folder}` to apiServer.extraVolumes, or put the file below certificatesDir")
                }
            };
            bench.found(subject, error("apiserver-unmounted-path", message).help(help));
        }
        Err(Trouble::OtherVolume { volume, place: mount }) => {
            let what = match volume {
                Volume::Missing(name) => format!("the pod has no volume {}", quote(&name)),
                Volume::Other(kind) => format!("the volume there is {kind}, not a hostPath"),
                Volume::Host(path) => path,
            };
            let message = format!("kube-apiserver cannot read the file of `--{name}`: {what}");
            let found = error("apiserver-unmounted-path", message).label(mount, "mounted here");
            bench.found(
                subject,
                found.help("a static pod gets files of the node from hostPath volumes only"),
            );
        }
        Err(Trouble::Missing { path, .. }) if flag.is_default => {
            bench.unchecked(
                subject,
                format!("{path} does not exist (kubeadm makes it)"),
                place,
                help,
            );
        }
        Err(Trouble::Missing { path, has_folder: true }) => {
            let message = format!("{path}, the file of `--{name}`, does not exist: kube-apiserver does not start");
            bench.found(
                subject,
                error("apiserver-file", message).help("create the file, or correct the path"),
            );
        }
        Err(Trouble::Missing { path, .. }) => {
            bench.unchecked(
                subject,
                format!("there is neither {path} nor its folder on this machine"),
                place,
                help,
            );
        }
        Err(Trouble::NotAFile { path, kind }) => {
            let what = if kind == FileKind::Folder {
                "a folder"
            } else {
                "a pipe or a device"
            };
            let message = format!("{path}, the file of `--{name}`, is {what}");
            // The kubelet creates a folder for a missing hostPath.
            let help = "put the file there; a hostPath volume of type `File` keeps the kubelet from making a folder of a missing file";
            bench.found(subject, error("apiserver-file", message).help(help));
        }
        Err(Trouble::TooLarge { path }) => {
            bench.unchecked(
                subject,
                format!("{path} is larger than {} MiB", MAX_SIZE >> 20),
                place,
                "expected PEM or YAML",
            );
        }
        Err(Trouble::Links { path }) => {
            let message = format!("{path}, the file of `--{name}`, is a link that leads to itself");
            bench.found(
                subject,
                error("apiserver-file", message).help("replace the link by a file"),
            );
        }
        Err(Trouble::Io { path, error }) => {
            let help = if error.kind() == ErrorKind::PermissionDenied {
                "run this as root"
            } else {
                ""
            };
            bench.unchecked(
                subject,
                format!("cannot read {path}: {}", errno::message(&error)),
                place,
                help,
            );
        }
    }
    None
}

fn read(system: &dyn System, path: &Path) -> Result<NodeFile, Trouble> {
    let shown = path.to_string_lossy().into_owned();
    let entry = system.entry(path).map_err(|error| trouble(&shown, error))?;
    if entry.kind != FileKind::File {
        let kind = entry.kind;
        return Err(Trouble::NotAFile { path: shown, kind });
    }
    if entry.size > MAX_SIZE {
        return Err(Trouble::TooLarge { path: shown });
    }
    let bytes = system.read(path).map_err(|error| trouble(&shown, error))?;
    Ok(NodeFile {
        bytes,
        mode: entry.mode,
        path: shown,
    })
}

fn trouble(path: &str, error: io::Error) -> Trouble {
    let path = path.to_owned();
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Trouble::Missing { path, has_folder: true },
        _ => Trouble::Io { path, error },
    }
}

/// The end of a walk along a path.
enum Walked {
    /// The file.
    There(PathBuf),
    /// A link: its target, joined with the rest of the path.
    Link(String),
}

/// Walks from the folder `base` (known as `view` in the walked file system) along the rest of a path, up to the first
/// link.
fn walk(system: &dyn System, base: &Path, view: &str, rest: &str) -> Result<Walked, Trouble> {
    let mut real = base.to_path_buf();
    let mut seen = view.trim_end_matches('/').to_owned();
    let mut parts = rest.split('/').filter(|part| !part.is_empty());
    while let Some(part) = parts.next() {
        real.push(part);
        match system.read_link(&real) {
            Ok(target) => {
                let target = target.to_string_lossy().into_owned();
                let target = if target.starts_with('/') {
                    target
                } else {
                    format!("{seen}/{target}")
                };
                let left: Vec<&str> = parts.collect();
                return Ok(Walked::Link(path::clean(&format!("{target}/{}", left.join("/")))));
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => {}
            Err(error) => return Err(trouble(&real.to_string_lossy(), error)),
        }
        seen.push('/');
        seen.push_str(part);
    }
    Ok(Walked::There(real))
}

/// Resolves a path of the node on this machine, following links below the root.
fn on_node(system: &dyn System, root: &str, wanted: &str) -> Result<PathBuf, Trouble> {
    let base = if root.is_empty() { "/" } else { root };
    let mut path = wanted.to_owned();
    for _ in 0..MAX_LINKS {
        match walk(system, Path::new(base), "", &path)? {
            Walked::There(real) => return Ok(real),
            Walked::Link(next) => path = next,
        }
    }
    let path = wanted.to_owned();
    Err(Trouble::Links { path })
}

/// Resolves a path of the container on this machine. Links up to the mounted path are followed on the node, by the
/// kubelet. Links below it are followed in the container, where only mounted paths exist.
fn locate(system: &dyn System, root: &str, server: &Server, wanted: &str) -> Result<PathBuf, Trouble> {
    let mut path = wanted.to_owned();
    for links in 0..MAX_LINKS {
        let Some((mount, rest)) = server.mounts.find(&path) else {
            let is_link = links > 0;
            return Err(Trouble::Unmounted { path, is_link });
        };
        let Volume::Host(host) = &mount.volume else {
            let volume = mount.volume.clone();
            let place = mount.place;
            return Err(Trouble::OtherVolume { volume, place });
        };
        let base = on_node(system, root, host).map_err(|trouble| match trouble {
            // The whole path is more helpful than the missing folder.
            Trouble::Missing { .. } => {
                let has_folder = rest.is_empty() && on_node(system, root, &path::dir(host)).is_ok();
                let path = super::input::below(root, &path::clean(&format!("{host}/{rest}")));
                Trouble::Missing { path, has_folder }
            }
            other => other,
        })?;
        match walk(system, &base, &mount.path, rest)? {
            Walked::There(real) => return Ok(real),
            Walked::Link(next) => path = next,
        }
    }
    let path = wanted.to_owned();
    Err(Trouble::Links { path })
}

/// Reports a private key that every user of the node can read.
pub(super) fn check_secrecy(bench: &mut Bench<'_>, flag: &Flag, file: &NodeFile) {
    let subject = format!("--{}: permissions", flag.name);
    match file.mode {
        None => bench.inconclusive(subject, "this system has no permission bits"),
        Some(mode) if mode & 0o006 != 0 => {
            let message = format!(
                "every user of the node can {} the private key {} (mode {mode:04o})",
                verb(mode),
                file.path
            );
            let found = Diagnostic::error("key-permissions", message).help(format!("chmod 600 {}", file.path));
            bench.found(subject, Server::at(flag, found));
        }
        Some(mode) => bench.pass(subject, format!("mode {mode:04o}")),
    }
}

fn verb(mode: u32) -> &'static str {
    match mode & 0o006 {
        0o002 => "write",
        0o006 => "read and write",
        _ => "read",
    }
}

/// Reads a file by its path on the node.
pub(super) fn on_this_node(bench: &Bench<'_>, wanted: &str) -> io::Result<NodeFile> {
    let found = on_node(bench.system, &bench.options.root, wanted).and_then(|path| read(bench.system, &path));
    found.map_err(Trouble::into_error)
}

/// Reads a file by the path that the user gave.
pub(super) fn as_typed(bench: &Bench<'_>, path: &str) -> io::Result<NodeFile> {
    read(bench.system, Path::new(path)).map_err(Trouble::into_error)
}

impl Trouble {
    fn into_error(self) -> io::Error {
        match self {
            Self::Io { error, .. } => error,
            Self::Missing { .. } => ErrorKind::NotFound.into(),
            Self::NotAFile {
                kind: FileKind::Folder, ..
            } => io::Error::other("it is a folder"),
            Self::NotAFile { .. } => io::Error::other("it is a pipe or a device"),
            Self::TooLarge { .. } => io::Error::other(format!("it is larger than {} MiB", MAX_SIZE >> 20)),
            Self::Links { .. } => io::Error::other("it is a link that leads to itself"),
            Self::Unmounted { .. } | Self::OtherVolume { .. } => io::Error::other("it is not mounted"),
        }
    }
}
