//! A static pod manifest of kube-apiserver.

use super::bench::Bench;
use super::command_line;
use super::mount::Mounts;
use super::server::{Kind, Server};
use super::shell::{self, ShellWord};
use super::word::{Word, words};
use diagnostics::{Diagnostic, ObjectRef};
use gostd::path;
use goyaml::Node;
use source::{FileId, Source, Span};

/// The API server of a pod, if one of its containers runs kube-apiserver.
pub(super) fn read(bench: &mut Bench<'_>, pod: &Node, source: &Source, file: FileId) -> Option<Server> {
    let spec = pod.get("spec")?;
    let containers = spec.get("containers")?.as_list()?;
    let (container, command) = containers
        .iter()
        .find_map(|container| Some((container, Command::of(container, source)?)))?;
    for other in &command.others {
        let message = format!(
            "an argument must be a string, this is a {}: the kubelet refuses the pod",
            other.value.json_kind()
        );
        bench.found(
            "command line",
            Diagnostic::error("apiserver-flag-syntax", message)
                .at(other.span)
                .help("put it in quotes"),
        );
    }
    let flags = command_line::parse(bench, &command.arguments, source);
    let text = |path: &[&str]| {
        let node = pod.at(path.iter().copied());
        node.and_then(Node::as_str).unwrap_or_default().to_owned()
    };
    Some(Server {
        kind: Kind::Manifest,
        file,
        place: command.place,
        flags,
        mounts: Mounts::of_pod(spec, container),
        minor: container.get("image").and_then(Node::as_str).and_then(minor_of_image),
        object: Some(ObjectRef {
            api_version: text(&["apiVersion"]),
            kind: "Pod".to_owned(),
            namespace: text(&["metadata", "namespace"]),
            name: text(&["metadata", "name"]),
        }),
        probe: probe(container),
        domain: None,
    })
}

/// A command line that runs kube-apiserver.
struct Command<'n> {
    arguments: Vec<Word>,
    /// Its items that are not strings.
    others: Vec<&'n Node>,
    place: Span,
}

impl<'n> Command<'n> {
    fn of(container: &'n Node, source: &Source) -> Option<Self> {
        let variables = variables(container);
        let (mut all, mut others) = words(container.get("command"), &variables);
        let (arguments, more) = words(container.get("args"), &variables);
        all.extend(arguments);
        others.extend(more);
        let map = container.as_map()?;
        let place = ["command", "args", "image", "name"]
            .iter()
            .find_map(|key| map.get(key))
            .map(|entry| entry.key)?;
        let found = match script(&all) {
            Some(at) => of_script(&all[at], source),
            None => after_program(&all),
        };
        // An image whose entry point is kube-apiserver needs no command.
        let arguments = found.or_else(|| {
            let has = |key: &str| {
                container
                    .get(key)
                    .and_then(Node::as_str)
                    .is_some_and(|text| text.contains("kube-apiserver"))
            };
            (has("image") || has("name")).then(|| {
                let first = all
                    .iter()
                    .position(|word| word.text.starts_with("--"))
                    .unwrap_or(all.len());
                all[first..].to_vec()
            })
        })?;
        Some(Self {
            arguments,
            others,
            place,
        })
    }
}

/// The arguments after the program's name. A wrapper such as `/go-runner --log-file=x` may precede it.
fn after_program(words: &[Word]) -> Option<Vec<Word>> {
    let at = program(words.iter().map(|word| &*word.text))?;
    Some(words[at..].to_vec())
}

/// The index of the first argument of kube-apiserver.
fn program<'t>(words: impl Iterator<Item = &'t str>) -> Option<usize> {
    let mut is_hyperkube = false;
    for (at, word) in words.enumerate() {
        let name = path::base(word);
        if name == "kube-apiserver" || is_hyperkube && name == "apiserver" {
            return Some(at + 1);
        }
        is_hyperkube = name == "hyperkube";
    }
    None
}

/// The index of the script in `sh -c SCRIPT`.
fn script(words: &[Word]) -> Option<usize> {
    const SHELLS: [&str; 5] = ["sh", "bash", "ash", "dash", "busybox"];
    if !SHELLS.contains(&path::base(&words.first()?.text)) {
        return None;
    }
    let is_option = |word: &Word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('c');
    let at = words.iter().position(is_option)? + 1;
    (at < words.len()).then_some(at)
}

/// The arguments of kube-apiserver in a script.
fn of_script(script: &Word, source: &Source) -> Option<Vec<Word>> {
    let raw = source.text().get(script.place.range()).unwrap_or_default();
    let mut from = 0;
    for command in shell::commands(&script.text) {
        let Some(at) = program(command.iter().map(|word| &*word.text)) else {
            continue;
        };
        let mut is_lost = false;
        let place = |word: &ShellWord| {
            // A word looks the same in the YAML, except for escapes in a quoted scalar.
            let written = script.text.get(word.range.clone()).unwrap_or_default();
            let rest = raw.get(from..).filter(|_| !is_lost && !written.is_empty());
            let found = rest.and_then(|rest| rest.find(written));
            is_lost |= found.is_none();
            match found {
                Some(offset) => {
                    let start = script.place.start as usize + from + offset;
                    from += offset + written.len();
                    Span::new(script.place.file, start, start + written.len())
                }
                None => script.place,
            }
        };
        let places: Vec<Span> = command.iter().map(place).collect();
        let words = command.into_iter().zip(places).map(|(word, place)| Word {
            text: word.text,
            is_open: word.is_open || script.is_open,
            place,
        });
        return Some(words.skip(at).collect());
    }
    None
}

/// The environment variables of the container. Those with `valueFrom` have no value here.
fn variables(container: &Node) -> Vec<(String, Option<String>)> {
    let list = container.get("env").and_then(Node::as_list).unwrap_or_default();
    let variable = |node: &Node| {
        let name = node.get("name")?.as_str()?.to_owned();
        let value = match node.get("valueFrom") {
            Some(_) => None,
            None => Some(node.get("value").and_then(Node::as_str).unwrap_or_default().to_owned()),
        };
        Some((name, value))
    };
    list.iter().filter_map(variable).collect()
}

/// The place of a probe without credentials.
fn probe(container: &Node) -> Option<Span> {
    let probes = ["livenessProbe", "startupProbe", "readinessProbe"];
    probes.iter().find_map(|name| {
        let request = container.at([name, "httpGet"])?;
        let headers = request.get("httpHeaders").and_then(Node::as_list).unwrap_or_default();
        let is_authorization = |header: &Node| {
            let name = header.get("name").and_then(Node::as_str);
            name.is_some_and(|name| name.eq_ignore_ascii_case("authorization"))
        };
        let entry = container.as_map()?.get(name)?;
        (!headers.iter().any(is_authorization)).then_some(entry.key)
    })
}

/// The minor version of an image tag such as `v1.33.2`, `v1.24.17-eks-abc` or `1.18.3`.
pub(super) fn minor_of_image(image: &str) -> Option<u32> {
    let name = image.split('@').next()?;
    let (_, tag) = name.rsplit_once(':')?;
    (!tag.contains('/')).then(|| minor(tag)).flatten()
}

/// The minor version of a Kubernetes version 1.x.
pub(super) fn minor(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::minor_of_image;

    #[test]
    fn versions_of_images() {
        assert_eq!(minor_of_image("registry.k8s.io/kube-apiserver:v1.33.2"), Some(33));
        assert_eq!(
            minor_of_image("r:5000/kube-apiserver-amd64:v1.18.3-fs@sha256:aa"),
            Some(18)
        );
        assert_eq!(minor_of_image("r:5000/kube-apiserver"), None);
        assert_eq!(minor_of_image("kube-apiserver:latest"), None);
    }
}
