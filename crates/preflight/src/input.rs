//! Reads API servers from files.

use std::path::Path;

use super::bench::Bench;
use super::server::Server;
use super::{MANIFESTS, Options, kubeadm, manifest};
use diagnostics::{Diagnostic, Result};
use gostd::errno;
use goyaml::{Node, Parsed};
use source::{FileId, Source, SourceKind, Sources, Span};
use system::{FileKind, System};

/// The rule for files that do not describe an API server.
const RULE: &str = "apiserver-manifest";
/// The maximum size of a manifest in bytes. Those of Kubernetes have 4 KiB.
const MAX_SIZE: u64 = 2 << 20;
/// The maximum number of objects looked at in a list.
const MAX_ITEMS: usize = 10_000;
/// The maximum number of API servers checked in a file; clusters have up to nine.
const MAX_SERVERS: usize = 50;

/// Reads the given files or, if none are given, those of [`MANIFESTS`] that exist.
///
/// # Errors
/// If a file cannot be read, or there is none.
pub(super) fn read(system: &dyn System, options: &Options, sources: &Sources) -> Result<Vec<FileId>> {
    let mut files = Vec::new();
    if !options.files.is_empty() {
        for name in &options.files {
            let bytes = if name == "-" {
                stdin(system)?
            } else {
                regular(system, name)?
            };
            let shown = if name == "-" { "<stdin>" } else { name };
            files.push(sources.add(Source::new(shown, SourceKind::File, bytes)));
        }
        return Ok(files);
    }
    let paths = MANIFESTS.map(|path| below(&options.root, path));
    for path in &paths {
        // Only a missing file is skipped. One that cannot be read must not make the run succeed.
        match system.entry(Path::new(path)) {
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) => {}
            _ => {
                let bytes = regular(system, path)?;
                files.push(sources.add(Source::new(&**path, SourceKind::File, bytes)));
            }
        }
    }
    if files.is_empty() {
        let message = format!("no kube-apiserver manifest found: tried {}", paths.join(" and "));
        let help = "run this on a control plane node, or give the path of a manifest or of a kubeadm configuration (`-` for stdin)";
        return Err(Box::new(Diagnostic::error(RULE, message).help(help)));
    }
    Ok(files)
}

/// Joins the root and a path of the node.
pub(super) fn below(root: &str, path: &str) -> String {
    format!("{}{path}", root.trim_end_matches('/'))
}

fn fail<T>(message: String, help: &str) -> Result<T> {
    let mut diagnostic = Diagnostic::error(RULE, message);
    diagnostic.help = (!help.is_empty()).then(|| help.to_owned());
    Err(Box::new(diagnostic))
}

fn stdin(system: &dyn System) -> Result<Vec<u8>> {
    match system.read_stdin() {
        Ok(bytes) if bytes.len() as u64 > MAX_SIZE => fail(too_large("the standard input"), ""),
        Ok(bytes) => Ok(bytes),
        Err(error) => fail(
            format!("cannot read the standard input: {}", errno::message(&error)),
            "",
        ),
    }
}

fn too_large(name: &str) -> String {
    format!("{name} is larger than {} MiB: that is no manifest", MAX_SIZE >> 20)
}

/// Reads a regular file. A pipe could block forever.
fn regular(system: &dyn System, path: &str) -> Result<Vec<u8>> {
    let entry = match system.entry(Path::new(path)) {
        Ok(entry) => entry,
        Err(error) => return fail(format!("cannot read {path}: {}", errno::message(&error)), ""),
    };
    match entry.kind {
        FileKind::Folder => fail(format!("{path} is a folder"), "give the manifest in it"),
        FileKind::Other => fail(
            format!("{path} is a pipe or a device, not a file"),
            "pipe the manifest into `promchart preflight -`",
        ),
        FileKind::File if entry.size > MAX_SIZE => fail(too_large(path), ""),
        FileKind::File => match system.read(Path::new(path)) {
            Ok(bytes) => Ok(bytes),
            Err(error) => fail(format!("cannot read {path}: {}", errno::message(&error)), ""),
        },
    }
}

/// The API servers that a file describes; at least one.
///
/// # Errors
/// If the file is not YAML, or describes no API server.
pub(super) fn servers(bench: &mut Bench<'_>, file: FileId) -> Result<Vec<Server>> {
    bench.begin_file(file);
    let source = bench.sources.get(file);
    if source.text().contains('\0') {
        return fail(
            format!("{} is a binary file", source.name()),
            "expected a pod manifest or a kubeadm configuration in YAML",
        );
    }
    let documents = goyaml::parse_all(&source, file, 0..source.text().len());
    if let Some(error) = documents.error {
        let range = error.span.unwrap_or(0..0);
        let message = error
            .message
            .trim_start_matches("error converting YAML to JSON: ")
            .to_owned();
        return Err(Box::new(Diagnostic::error(RULE, message).at(Span::new(
            file,
            range.start,
            range.end,
        ))));
    }
    duplicates(bench, &documents.documents);
    let mut found = Vec::new();
    let mut kinds = Vec::new();
    for document in &documents.documents {
        one(bench, &document.node, &source, file, &mut found, &mut kinds);
    }
    if let Some(more) = found.get(MAX_SERVERS) {
        let reason = format!("only the first {MAX_SERVERS} are checked");
        let place = more.place;
        bench.unchecked(format!("{} API servers", found.len()), reason, place, "");
        found.truncate(MAX_SERVERS);
    }
    if found.is_empty() {
        kinds.dedup();
        let has = if kinds.is_empty() {
            "it has no object".to_owned()
        } else {
            kinds.truncate(5);
            format!("it has {}", kinds.join(", "))
        };
        let message = format!("{} describes no kube-apiserver: {has}", source.name());
        let help = "expected a pod with a container that runs kube-apiserver, or kubeadm's ClusterConfiguration";
        return Err(Box::new(
            Diagnostic::error(RULE, message).at(Span::file_start(file)).help(help),
        ));
    }
    Ok(found)
}

/// Reports duplicate keys.
fn duplicates(bench: &mut Bench<'_>, documents: &[Parsed]) {
    for duplicate in documents.iter().flat_map(|document| &document.duplicates).take(50) {
        let message = format!("key `{}` is given twice: the last one wins", duplicate.key);
        let found = Diagnostic::warning("apiserver-flag-repeated", message).at(duplicate.second);
        bench.found(
            format!("key `{}`", duplicate.key),
            found
                .label(duplicate.first, "given here first")
                .help("remove one of them"),
        );
    }
}

/// Collects the API servers of an object, including those in the items of a list.
fn one(
    bench: &mut Bench<'_>,
    node: &Node,
    source: &Source,
    file: FileId,
    found: &mut Vec<Server>,
    kinds: &mut Vec<String>,
) {
    let text = |key: &str| node.get(key).and_then(Node::scalar_text).unwrap_or_default();
    let kind = text("kind");
    let version = text("apiVersion");
    if kind == "Pod" {
        if let Some(server) = manifest::read(bench, node, source, file) {
            found.push(server);
            return;
        }
    } else if kind == "ClusterConfiguration" && (version.starts_with("kubeadm.k8s.io/") || version.is_empty()) {
        found.push(kubeadm::read(bench, node, file));
        return;
    } else if let Some(items) = node
        .get("items")
        .and_then(Node::as_list)
        .filter(|_| kind.ends_with("List"))
    {
        for item in items.iter().take(MAX_ITEMS) {
            if item.get("kind").is_some_and(|kind| kind.as_str() == Some("Pod")) {
                one(bench, item, source, file, found, kinds);
            }
        }
    } else if let Some(inner) = node
        .at(["data", "ClusterConfiguration"])
        .filter(|_| kind == "ConfigMap")
    {
        // The output of `kubectl -n kube-system get configmap kubeadm-config -o yaml`.
        let parsed = inner.as_str().and_then(|text| goyaml::parse_str(text, inner.span).ok());
        if let Some(parsed) = parsed {
            one(bench, &parsed.node, source, file, found, kinds);
            return;
        }
    }
    match &*kind {
        "" => kinds.push("a document without a kind".to_owned()),
        kind => kinds.push(format!("a {}", kind.chars().take(60).collect::<String>())),
    }
}
