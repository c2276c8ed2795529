//! Determines which certificates a release needs, from its Services.

use std::collections::{BTreeMap, BTreeSet};

use super::certificate::Usage;
use super::names::San;
use super::{CERTIFICATES, error};
use diagnostics::{Diagnostic, Report, closest};
use engine::manifest::{Manifest, Manifests};
use goyaml::Node;
use source::{Source, SourceKind, Sources, Span};

/// The label with an object's component.
const COMPONENT: &str = "app.kubernetes.io/component";
/// The label with an object's application.
const NAME: &str = "app.kubernetes.io/name";
/// The argument that tells Prometheus and the Pushgateway their external address.
const EXTERNAL_URL: &str = "--web.external-url=";
/// The maximum length of a common name, in characters.
const MAX_COMMON_NAME: usize = 64;

/// The place where a release is installed.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The name of the release.
    pub release: String,
    /// The namespace of the release, for objects without their own.
    pub namespace: String,
    /// The cluster domain: `cluster.local` or another.
    pub domain: String,
}

/// Names that the user adds: the component, the name, and its place on the command line.
pub type Additions = Vec<(String, San, Span)>;

/// A certificate that a release needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The name of its folder: the component (`server`), or `client`.
    pub id: String,
    /// Its use.
    pub usage: Usage,
    /// The common name of its subject.
    pub common_name: String,
    /// Its DNS names and IP addresses.
    pub names: BTreeSet<San>,
    /// The namespaces that need it as a Secret.
    pub namespaces: BTreeSet<String>,
    /// The workload that presents it; without one, its Service.
    pub workload: String,
}

/// The relevant parts of an object.
struct Object {
    kind: String,
    name: String,
    namespace: String,
    component: Option<String>,
    application: Option<String>,
    node: Node,
}

impl Object {
    fn read(manifest: &Manifest, cluster: &Cluster, sources: &Sources) -> Option<Self> {
        let file = sources.add(Source::new(
            &*manifest.path,
            SourceKind::Made,
            manifest.text.clone().into_bytes(),
        ));
        let source = sources.get(file);
        // The render has parsed it before, so it cannot fail.
        let parsed = goyaml::parse(&source, file, 0..source.text().len()).ok()?;
        let node = parsed.node;
        let metadata = field(&node, &["metadata"])?;
        let label = |name: &str| text(metadata, &["labels", name]).filter(|label| !label.is_empty());
        let namespace = text(metadata, &["namespace"]).filter(|name| !name.is_empty());
        Some(Self {
            kind: manifest.kind.clone(),
            name: manifest.name.clone(),
            namespace: namespace.unwrap_or_else(|| cluster.namespace.clone()),
            component: label(COMPONENT),
            application: label(NAME),
            node,
        })
    }

    fn spec(&self, path: &[&str]) -> Option<String> {
        let spec = field(&self.node, &["spec"])?;
        text(spec, path).filter(|text| !text.is_empty())
    }

    /// The arguments of its containers.
    fn arguments(&self) -> Vec<&str> {
        let containers = field(&self.node, &["spec", "template", "spec", "containers"]).and_then(Node::as_list);
        let arguments = |container| field(container, &["args"]).and_then(Node::as_list);
        let all = containers.into_iter().flatten().filter_map(arguments).flatten();
        all.filter_map(Node::as_str).collect()
    }

    fn is_headless(&self) -> bool {
        self.spec(&["clusterIP"]).as_deref() == Some("None")
    }

    fn is_of(&self, other: &Self) -> bool {
        self.component == other.component && self.application == other.application && self.namespace == other.namespace
    }
}

/// The host of a URL; none for a URL without one, such as `/prefix`.
fn host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let end = match host.find(']') {
        Some(bracket) => bracket + 1,
        None => host.find(':').unwrap_or(host.len()),
    };
    host.get(..end).filter(|host| !host.is_empty())
}

fn field<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.as_map()?.node(key))
}

fn text(node: &Node, path: &[&str]) -> Option<String> {
    field(node, path)?.scalar_text()
}

/// The certificates of a release: one for each component with a Service, and one for the client. Adds a warning for
/// each name that a certificate cannot contain.
///
/// # Errors
/// A component whose name cannot be a folder name; an addition for an unknown component.
pub fn wanted(
    manifests: &Manifests,
    cluster: &Cluster,
    additions: &Additions,
    only: &[String],
    sources: &Sources,
    warnings: &mut Report,
) -> Result<Vec<Wanted>, Report> {
    let is_kind = |manifest: &&Manifest| {
        matches!(
            (&*manifest.api_version, &*manifest.kind),
            ("v1", "Service") | ("apps/v1", "Deployment" | "StatefulSet" | "DaemonSet")
        )
    };
    let objects: Vec<Object> = manifests
        .objects
        .iter()
        .filter(is_kind)
        .filter_map(|manifest| Object::read(manifest, cluster, sources))
        .collect();
    let mut groups: BTreeMap<String, Vec<&Object>> = BTreeMap::new();
    for service in objects.iter().filter(|object| object.kind == "Service") {
        // An ExternalName is an alias of another host, which has its own certificate.
        if service.spec(&["type"]).as_deref() != Some("ExternalName") {
            groups.entry(id(service, &objects)).or_default().push(service);
        }
    }
    let mut errors = Report::new();
    let mut all = Vec::new();
    for (id, services) in &groups {
        if !is_folder_name(id) {
            let message = format!(
                "the component `{id}` of Service `{}` cannot be the name of a folder",
                services[0].name
            );
            errors.push(Diagnostic::error(CERTIFICATES, message).help(format!("change its label {COMPONENT}")));
            continue;
        }
        all.push(server(id, services, &objects, cluster, warnings));
    }
    if all.is_empty() && errors.is_empty() {
        let message = "the chart renders no Service, so there are no names to put into certificates";
        errors
            .push(Diagnostic::error(CERTIFICATES, message).help("switch one on in the values, or give another chart"));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    all.push(client(&all, cluster));
    for (component, name, span) in additions {
        match all.iter_mut().find(|wanted| wanted.id == *component) {
            Some(wanted) => {
                wanted.names.insert(name.clone());
            }
            None => errors.push(*unknown(component, &all, "--san").at(*span)),
        }
    }
    for component in only {
        if !all.iter().any(|wanted| wanted.id == *component) {
            errors.push(*unknown(component, &all, "--component"));
        }
    }
    if !only.is_empty() {
        all.retain(|wanted| only.contains(&wanted.id));
    }
    if errors.is_empty() { Ok(all) } else { Err(errors) }
}

/// The error for an unknown component, with a suggestion.
fn unknown(component: &str, all: &[Wanted], flag: &str) -> Box<Diagnostic> {
    let known = || all.iter().map(|wanted| &*wanted.id);
    let help = match closest(component, known()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
    };
    error(format!("{flag}: the release has no component `{component}`"), help)
}

trait At {
    fn at(self, span: Span) -> Self;
}

impl At for Box<Diagnostic> {
    fn at(self, span: Span) -> Self {
        Box::new((*self).at(span))
    }
}

/// The component whose certificate a Service's pods present: its own, or that of the component it is a shard of
/// (`server-shard-1`). The chart gives all shards one certificate.
fn whole<'o>(object: &'o Object, objects: &'o [Object]) -> Option<&'o str> {
    let own = object.component.as_deref()?;
    let digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    let base = own
        .rsplit_once("-shard-")
        .filter(|(_, rest)| digits(rest))
        .map(|(base, _)| base);
    let is_base = |base: &&str| {
        objects.iter().any(|other| {
            other.kind == "Service"
                && other.component.as_deref() == Some(base)
                && other.application == object.application
        })
    };
    Some(base.filter(is_base).unwrap_or(own))
}

/// The identifier of a Service's certificate: its component, prefixed with the application if subcharts share the
/// component.
fn id(service: &Object, objects: &[Object]) -> String {
    let Some(component) = whole(service, objects) else {
        return service.name.clone();
    };
    let is_other = |other: &&Object| {
        other.kind == "Service"
            && other.component.as_deref() == Some(component)
            && other.application != service.application
    };
    match &service.application {
        Some(application) if objects.iter().find(is_other).is_some() => format!("{application}-{component}"),
        _ => component.to_owned(),
    }
}

/// Whether the text is a label value and not the name of a file beside the folders.
fn is_folder_name(id: &str) -> bool {
    const TAKEN: [&str; 4] = ["ca.crt", "ca.key", "client.crt", "client.key"];
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let outer = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    id.len() <= 127
        && id.bytes().all(inner)
        && outer(id.bytes().next())
        && outer(id.bytes().last())
        && !TAKEN.contains(&id)
        && id != CLIENT
}

/// The identifier of the client certificate of the scraping Prometheus.
pub(super) const CLIENT: &str = "client";

fn server(id: &str, services: &[&Object], objects: &[Object], cluster: &Cluster, warnings: &mut Report) -> Wanted {
    let mut names: BTreeSet<San> = ["localhost", "127.0.0.1", "::1"]
        .iter()
        .filter_map(|name| San::parse(name).ok())
        .collect();
    let mut add = |text: &str, of: &str| match San::parse(text) {
        Ok(name) => {
            names.insert(name);
        }
        Err(error) => warnings.push(Diagnostic::warning(
            CERTIFICATES,
            format!("Service `{of}`: left out of the certificate of `{id}`: {error}"),
        )),
    };
    let is_whole = |service: &&&Object| service.component.as_deref() == whole(service, objects);
    let first = services
        .iter()
        .filter(is_whole)
        .find(|service| !service.is_headless())
        .unwrap_or(&services[0]);
    for service in services {
        let (name, namespace) = (&service.name, &service.namespace);
        let mut forms = vec![name.clone()];
        let governs = |object: &&Object| {
            object.kind == "StatefulSet"
                && object.namespace == *namespace
                && object.spec(&["serviceName"]).as_deref() == Some(name)
        };
        // The pods of a StatefulSet have names below its Service; their number can grow, hence the wildcard.
        if service.is_headless() && objects.iter().find(governs).is_some() {
            forms.push(format!("*.{name}"));
        }
        for form in forms {
            add(&form, name);
            add(&format!("{form}.{namespace}"), name);
            add(&format!("{form}.{namespace}.svc"), name);
            add(&format!("{form}.{namespace}.svc.{}", cluster.domain), name);
        }
        let fixed = [service.spec(&["clusterIP"]), service.spec(&["loadBalancerIP"])];
        let lists = ["clusterIPs", "externalIPs"]
            .into_iter()
            .filter_map(|key| field(&service.node, &["spec", key]));
        let listed = lists.filter_map(Node::as_list).flatten().filter_map(Node::scalar_text);
        for address in fixed
            .into_iter()
            .flatten()
            .chain(listed)
            .filter(|address| address != "None")
        {
            add(&address, name);
        }
    }
    // `--web.external-url` has the host name by which clients outside of the cluster reach the workload.
    for workload in objects
        .iter()
        .filter(|object| object.kind != "Service" && object.is_of(first))
    {
        for url in workload
            .arguments()
            .iter()
            .filter_map(|argument| argument.strip_prefix(EXTERNAL_URL))
        {
            if let Some(host) = host(url) {
                add(host, &first.name);
            }
        }
    }
    // Workloads that share a component are variants and shards, whose names begin with that of the first.
    let names_of_workloads: Vec<&String> = objects
        .iter()
        .filter(|object| object.kind != "Service" && first.component.is_some() && object.is_of(first))
        .map(|workload| &workload.name)
        .collect();
    let stem = names_of_workloads.iter().min_by_key(|name| name.len());
    let is_stem = |stem: &&&String| names_of_workloads.iter().all(|name| name.starts_with(&***stem));
    let workload = stem.filter(is_stem).map_or(&first.name, |stem| *stem);
    Wanted {
        id: id.to_owned(),
        usage: Usage::Server,
        common_name: shorten(&first.name),
        names,
        namespaces: services.iter().map(|service| service.namespace.clone()).collect(),
        workload: workload.clone(),
    }
}

fn client(servers: &[Wanted], cluster: &Cluster) -> Wanted {
    // The server scrapes. Without a component of that name, Prometheus is not part of the release.
    let scraper = servers.iter().find(|wanted| wanted.id == "server");
    let name = format!("{}-client", scraper.map_or(&cluster.release, |server| &server.workload));
    let namespaces = match scraper {
        Some(server) => server.namespaces.clone(),
        None => BTreeSet::from([cluster.namespace.clone()]),
    };
    // A name for `client_allowed_sans` to match. It does not resolve.
    let san = namespaces
        .first()
        .and_then(|namespace| San::parse(&format!("{name}.{namespace}")).ok());
    Wanted {
        id: CLIENT.to_owned(),
        usage: Usage::Client,
        common_name: shorten(&name),
        names: san.into_iter().collect(),
        namespaces,
        workload: name,
    }
}

fn shorten(name: &str) -> String {
    name.chars().take(MAX_COMMON_NAME).collect()
}
