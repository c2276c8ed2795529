//! kubeadm's `ClusterConfiguration`, and the command line that kubeadm generates from it
//! (`cmd/kubeadm/app/phases/controlplane`).

use super::bench::Bench;
use super::flag::{Flag, Flags};
use super::manifest::minor;
use super::mount::Mounts;
use super::server::{Kind, Server};
use diagnostics::Diagnostic;
use goyaml::{Node, Value};
use source::{FileId, Span};

const PKI: &str = "/etc/kubernetes/pki";
const SERVICES: &str = "10.96.0.0/12";
const DOMAIN: &str = "cluster.local";
const MODES: &str = "Node,RBAC";
/// The authorization modes that kubeadm accepts (`isValidAuthzMode`).
const KNOWN_MODES: [&str; 6] = ["ABAC", "RBAC", "Webhook", "Node", "AlwaysAllow", "AlwaysDeny"];

/// The flags with files in `certificatesDir`.
const FILES: &[(&str, &str)] = &[
    ("client-ca-file", "ca.crt"),
    ("tls-cert-file", "apiserver.crt"),
    ("tls-private-key-file", "apiserver.key"),
    ("kubelet-client-certificate", "apiserver-kubelet-client.crt"),
    ("kubelet-client-key", "apiserver-kubelet-client.key"),
    ("requestheader-client-ca-file", "front-proxy-ca.crt"),
    ("proxy-client-cert-file", "front-proxy-client.crt"),
    ("proxy-client-key-file", "front-proxy-client.key"),
];

const HEADERS: &[(&str, &str)] = &[
    ("requestheader-username-headers", "X-Remote-User"),
    ("requestheader-group-headers", "X-Remote-Group"),
    ("requestheader-extra-headers-prefix", "X-Remote-Extra-"),
    ("requestheader-allowed-names", "front-proxy-client"),
];

pub(super) fn read(bench: &mut Bench<'_>, node: &Node, file: FileId) -> Server {
    let place = place(node);
    shapes(bench, node);
    let text = |path: &[&str]| {
        node.at(path.iter().copied())
            .and_then(|node| Some((node.as_str()?.to_owned(), node.span)))
    };
    let version = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
    let given = extra_args(bench, node, version);
    let has = |name: &str| given.iter().any(|flag| flag.name == name);
    let mut flags = Flags::default();
    let mut default = |name: &str, value: String, place: Span| {
        if !has(name) {
            flags.push(Flag {
                name: name.to_owned(),
                value,
                place,
                value_place: place,
                is_open: false,
                is_default: true,
            });
        }
    };
    let (pki, pki_place) = text(&["certificatesDir"]).unwrap_or((PKI.to_owned(), place));
    for (name, base) in FILES {
        default(name, format!("{}/{base}", pki.trim_end_matches('/')), pki_place);
    }
    for (name, value) in HEADERS {
        default(name, (*value).to_owned(), place);
    }
    let (services, services_place) = text(&["networking", "serviceSubnet"]).unwrap_or((SERVICES.to_owned(), place));
    default("service-cluster-ip-range", services, services_place);
    let domain = text(&["networking", "dnsDomain"]);
    let (name, name_place) = domain.clone().unwrap_or((DOMAIN.to_owned(), place));
    default(
        "service-account-issuer",
        format!("https://kubernetes.default.svc.{name}"),
        name_place,
    );
    if !has("authorization-config") {
        default("authorization-mode", MODES.to_owned(), place);
    }
    for mut flag in given {
        if flag.name == "authorization-mode" {
            modes(bench, &mut flag);
        }
        flags.push(flag);
    }
    let mut mounts = Mounts::default();
    mounts.add(&pki, &pki, pki_place);
    // kubeadm mounts these if they exist on the node. No checked file is in them by default.
    for path in [
        "/etc/ssl/certs",
        "/etc/pki",
        "/etc/ca-certificates",
        "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates",
    ] {
        mounts.add(path, path, place);
    }
    let extra = node
        .at(["apiServer", "extraVolumes"])
        .and_then(Node::as_list)
        .unwrap_or_default();
    for volume in extra {
        let text = |key: &str| volume.get(key).and_then(Node::as_str);
        if let (Some(host), Some(path)) = (text("hostPath"), text("mountPath")) {
            mounts.add(host, path, volume.span);
        }
    }
    Server {
        kind: Kind::Kubeadm,
        file,
        place,
        flags,
        mounts,
        minor: text(&["kubernetesVersion"]).and_then(|(version, _)| minor(&version)),
        object: None,
        probe: None,
        domain,
    }
}

/// Reports settings whose type differs from kubeadm's.
fn shapes(bench: &mut Bench<'_>, node: &Node) {
    let settings: [(&[&str], &str); 8] = [
        (&["apiServer"], "object"),
        (&["apiServer", "extraVolumes"], "array"),
        (&["networking"], "object"),
        (&["networking", "serviceSubnet"], "string"),
        (&["networking", "dnsDomain"], "string"),
        (&["certificatesDir"], "string"),
        (&["kubernetesVersion"], "string"),
        (&["apiServer", "certSANs"], "array"),
    ];
    for (path, wanted) in settings {
        let Some(found) = node.at(path.iter().copied()).filter(|found| !found.is_null()) else {
            continue;
        };
        let kind = found.value.json_kind();
        if kind != wanted {
            wrong_shape(
                bench,
                found,
                &format!("{} must be of type {wanted}, this is of type {kind}", path.join(".")),
                "",
            );
        }
    }
}

/// The place where flags are set, or would be.
fn place(node: &Node) -> Span {
    let server = node.get("apiServer").and_then(Node::as_map);
    let arguments = server.and_then(|map| map.get("extraArgs"));
    let keys = node.as_map();
    let key = arguments
        .or_else(|| keys?.get("apiServer"))
        .or_else(|| keys?.get("kind"));
    key.map_or(node.span, |entry| entry.key)
}

/// The flags in `apiServer.extraArgs`: a mapping before v1beta4, since then a list of names and values.
fn extra_args(bench: &mut Bench<'_>, node: &Node, version: &str) -> Vec<Flag> {
    let Some(arguments) = node.at(["apiServer", "extraArgs"]) else {
        return Vec::new();
    };
    let is_old = ["v1alpha", "v1beta1", "v1beta2", "v1beta3"]
        .iter()
        .any(|old| version.contains(old));
    let mut flags = Vec::new();
    match &arguments.value {
        Value::Map(map) => {
            if !is_old && !version.is_empty() {
                let help = "write a list of `- name: ...` and `value: ...`; `kubeadm config migrate` does it";
                wrong_shape(
                    bench,
                    arguments,
                    &format!("extraArgs of {version} is a list, not a mapping"),
                    help,
                );
            }
            for (name, entry) in map.iter() {
                push(bench, &mut flags, name, entry.key, &entry.node);
            }
        }
        Value::List(list) => {
            if is_old {
                let help = "write `name: \"value\"`, or use kubeadm.k8s.io/v1beta4";
                wrong_shape(
                    bench,
                    arguments,
                    &format!("extraArgs of {version} is a mapping, not a list"),
                    help,
                );
            }
            for item in list.iter() {
                let name = item.get("name").and_then(Node::as_str);
                match (name, item.get("value")) {
                    (Some(name), Some(value)) => push(bench, &mut flags, name, item.span, value),
                    (Some(name), None) => {
                        let empty = Node::new(Value::String("".into()), item.span);
                        push(bench, &mut flags, name, item.span, &empty);
                    }
                    (None, _) => wrong_shape(
                        bench,
                        item,
                        "an item of extraArgs has no name",
                        "write `- name: ...` and `value: ...`",
                    ),
                }
            }
        }
        Value::Null => {}
        _ => wrong_shape(
            bench,
            arguments,
            "extraArgs is neither a list nor a mapping",
            "see kubeadm.k8s.io/v1beta4",
        ),
    }
    flags
}

fn wrong_shape(bench: &mut Bench<'_>, node: &Node, message: &str, help: &str) {
    let mut found = Diagnostic::error("apiserver-flag-syntax", format!("{message}: kubeadm refuses it")).at(node.span);
    found.help = (!help.is_empty()).then(|| help.to_owned());
    bench.found("apiServer.extraArgs", found);
}

fn push(bench: &mut Bench<'_>, flags: &mut Vec<Flag>, name: &str, place: Span, value: &Node) {
    if name.starts_with('-') {
        let found = Diagnostic::error(
            "apiserver-flag-syntax",
            format!("`{name}` must be written without dashes: kubeadm adds them"),
        );
        let help = format!("write `{}`", name.trim_start_matches('-'));
        bench.found("apiServer.extraArgs", found.at(place).help(help));
    }
    if !matches!(value.value, Value::String(_)) {
        let message = format!(
            "the value of `{name}` must be a string, this is a {}",
            value.value.json_kind()
        );
        wrong_shape(bench, value, &message, "put it in quotes");
    }
    flags.push(Flag {
        name: name.trim_start_matches('-').replace('_', "-"),
        value: value.scalar_text().unwrap_or_default(),
        place,
        value_place: value.span,
        is_open: false,
        is_default: false,
    });
}

/// Drops the modes that kubeadm does not accept. If none is left, kubeadm uses its defaults.
fn modes(bench: &mut Bench<'_>, flag: &mut Flag) {
    let (known, unknown): (Vec<&str>, Vec<&str>) = flag.value.split(',').partition(|mode| KNOWN_MODES.contains(mode));
    for mode in unknown.iter().filter(|mode| !mode.is_empty()) {
        let message = format!("kubeadm ignores the unknown authorization mode `{mode}`");
        let mut found = Diagnostic::warning("apiserver-flag-value", message).at(flag.value_place);
        found.help = diagnostics::did_you_mean(mode, KNOWN_MODES);
        bench.found("--authorization-mode", found);
    }
    flag.value = if known.is_empty() {
        MODES.to_owned()
    } else {
        known.join(",")
    };
}
