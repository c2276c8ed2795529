//! The root context of templates: `.Values`, `.Chart`, `.Release`, `.Capabilities`, `.Files`, `.Subcharts`,
//! `.Template`.
//!
//! Mirrors `recAllTpls` of Helm's `pkg/engine/engine.go` and `ToRenderValues` of `pkg/chart/common/util/values.go`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Capabilities;
use super::files;
use chart::values::GLOBAL;
use chart::{Chart, Dependency, File, Metadata};
use gostd::path;
use govalue::{Data, Element, Entries, Map, MapType, Value, View, from_node, from_node_with, list, map, map_of, view};
use goyaml::Node;

/// The key in a dot whose value changes with the file that is rendered.
const TEMPLATE: &str = "Template";

/// The release that a chart is rendered for.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its name.
    pub name: String,
    /// The namespace that it is installed in.
    pub namespace: String,
    /// Whether the render is for an upgrade and not for an installation.
    pub is_upgrade: bool,
    /// Its revision. Helm renders every revision as the first.
    pub revision: i64,
}

/// A file under templates/ and the context that it is rendered with.
#[derive(Clone, Debug)]
pub struct TemplateFile {
    /// Its name in Helm, such as `chart/charts/sub/templates/x.yaml`.
    pub name: String,
    /// The file.
    pub file: File,
    /// Its dot, shared by the files of one chart; `None` for partials.
    pub dot: Option<Value>,
    /// `.Template.BasePath`
    pub base_path: String,
}

impl TemplateFile {
    /// Sets `.Template` in the dot to this file, which is about to be rendered.
    pub(super) fn set_template(&self) {
        let Some(View::Map(dot)) = self.dot.as_ref().map(view) else {
            return;
        };
        dot.insert(TEMPLATE, self.template());
    }

    fn template(&self) -> Value {
        let entries: Entries = [("Name", &self.name), ("BasePath", &self.base_path)]
            .map(|(key, text)| (key.into(), (&**text).into()))
            .into();
        map_of(MapType::Values, entries)
    }

    /// A copy of the dot with `.Template` set to this file, for a run before its turn.
    pub(super) fn own_dot(&self) -> Option<Value> {
        let View::Map(dot) = view(self.dot.as_ref()?) else {
            return None;
        };
        let mut entries = dot.read().clone();
        entries.insert(TEMPLATE.into(), self.template());
        Some(map_of(dot.map_type(), entries))
    }
}

/// The templates of a chart and its subcharts with their dots, in the order in which Helm parses and renders them:
/// deepest folders first.
pub fn templates(chart: &Chart, values: &Node, release: &Release, capabilities: &Capabilities) -> Vec<TemplateFile> {
    let shared = Shared {
        release: release_value(release),
        capabilities: capabilities.value(),
        globals: Arc::default(),
    };
    let mut found = BTreeMap::new();
    let values = values_value(values, &shared.globals);
    add(chart, true, values, &shared, &mut found);
    let mut files: Vec<TemplateFile> = found.into_values().collect();
    files.sort_by(|a, b| {
        let depth = |name: &str| name.matches('/').count();
        depth(&b.name).cmp(&depth(&a.name)).then_with(|| b.name.cmp(&a.name))
    });
    files
}

/// The templates of a chart and its subcharts with their names in Helm.
pub(super) fn named_templates(chart: &Chart) -> Vec<(String, File)> {
    let own = chart.templates.iter().filter(|file| is_parsed(chart, file));
    let mut found: Vec<_> = own.map(|file| (name_of(chart, file), file.clone())).collect();
    found.extend(chart.subcharts.iter().flat_map(named_templates));
    found
}

fn name_of(chart: &Chart, file: &File) -> String {
    path::clean(&format!("{}/{}", chart.path, file.name))
}

fn is_partial(file: &File) -> bool {
    file.name.rsplit('/').next().is_some_and(|name| name.starts_with('_'))
}

/// Library charts have nothing but partials.
fn is_parsed(chart: &Chart, file: &File) -> bool {
    !chart.is_library() || is_partial(file)
}

/// Tables of global values that several charts share: one map object for each table.
type Globals = Arc<Mutex<BTreeMap<usize, Value>>>;

struct Shared {
    release: Value,
    capabilities: Value,
    globals: Globals,
}

fn release_value(release: &Release) -> Value {
    map(Entries::from([
        ("Name".into(), Value::from(&*release.name)),
        ("Namespace".into(), Value::from(&*release.namespace)),
        ("IsUpgrade".into(), Value::from(release.is_upgrade)),
        ("IsInstall".into(), Value::from(!release.is_upgrade)),
        ("Revision".into(), Value::from(release.revision)),
        ("Service".into(), Value::from("Helm")),
    ]))
}

fn add(
    chart: &Chart,
    is_root: bool,
    values: Value,
    shared: &Shared,
    found: &mut BTreeMap<String, TemplateFile>,
) -> Value {
    let dot = Map::changing(MapType::Values, TEMPLATE);
    let subcharts = Map::new(MapType::ANY, Entries::new());
    for subchart in &chart.subcharts {
        // Helm treats the name as a path: the values of a subchart `a.b` are at `b` in `a`.
        let table = |table: &Value, name: &str| match view(table) {
            View::Map(map) => map.get(name),
            _ => None,
        };
        let own = subchart
            .name()
            .split('.')
            .try_fold(values.clone(), |outer, name| table(&outer, name));
        let own = match own.as_ref().map(view) {
            Some(View::Map(map)) => Value::from_object(Data::Map(map.retyped(MapType::Values))),
            _ => map_of(MapType::Values, Entries::new()),
        };
        let inner = add(subchart, false, own, shared, found);
        subcharts.insert(subchart.name(), inner);
    }
    dot.insert("Chart", metadata_value(&chart.metadata, is_root));
    dot.insert("Files", files::value(&chart.files));
    dot.insert("Release", shared.release.clone());
    dot.insert("Capabilities", shared.capabilities.clone());
    dot.insert("Values", values);
    dot.insert("Subcharts", Value::from_object(Data::Map(subcharts)));
    let for_parent = Value::from_object(Data::Map(dot.retyped(MapType::ANY)));
    let dot = Value::from_object(Data::Map(dot));
    for file in &chart.templates {
        if !is_parsed(chart, file) {
            continue;
        }
        let name = name_of(chart, file);
        let template = TemplateFile {
            name: name.clone(),
            file: file.clone(),
            dot: (!is_partial(file)).then(|| dot.clone()),
            base_path: path::clean(&format!("{}/templates", chart.path)),
        };
        found.insert(name, template);
    }
    for_parent
}

/// The values of the release. As in Helm, all charts share the tables inside `global`, so a change made by one template
/// is visible to all.
fn values_value(node: &Node, globals: &Globals) -> Value {
    let shared = Arc::clone(globals);
    let goyaml::Value::Map(origin) = &node.value else {
        return from_node(node, MapType::Values);
    };
    let source = Arc::clone(origin);
    let entries = move || {
        let inner = |(key, entry): (&Arc<str>, &goyaml::Entry)| {
            let value = if &**key == GLOBAL {
                global_value(&entry.node, &shared)
            } else {
                table_value(&entry.node, &shared)
            };
            (Arc::clone(key), value)
        };
        source.iter().map(inner).collect()
    };
    Value::from_object(Data::Map(
        Map::lazy(MapType::Values, entries).with_origin(Arc::clone(origin)),
    ))
}

/// A table that may hold the values of a subchart, with a `global` of its own.
fn table_value(node: &Node, globals: &Globals) -> Value {
    let shared = Arc::clone(globals);
    let goyaml::Value::Map(origin) = &node.value else {
        return from_node(node, MapType::ANY);
    };
    let source = Arc::clone(origin);
    let entries = move || {
        let inner = |(key, entry): (&Arc<str>, &goyaml::Entry)| {
            let value = if &**key == GLOBAL {
                global_value(&entry.node, &shared)
            } else {
                table_value(&entry.node, &shared)
            };
            (Arc::clone(key), value)
        };
        source.iter().map(inner).collect()
    };
    Value::from_object(Data::Map(
        Map::lazy(MapType::ANY, entries).with_origin(Arc::clone(origin)),
    ))
}

/// Converts `global`. Helm copies it and the tables in it for each chart; the contents of these tables are shared.
fn global_value(node: &Node, globals: &Globals) -> Value {
    let shared = Arc::clone(globals);
    from_node_with(node, MapType::ANY, move |table| {
        let shared = Arc::clone(&shared);
        from_node_with(table, MapType::ANY, move |inner| shared_value(inner, &shared))
    })
}

fn shared_value(node: &Node, globals: &Globals) -> Value {
    let goyaml::Value::Map(origin) = &node.value else {
        return from_node(node, MapType::ANY);
    };
    // The map of values lives as long as the render, so the address is not reused.
    let address = Arc::as_ptr(origin).addr();
    let mut known = globals.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(address)
        .or_insert_with(|| from_node(node, MapType::ANY))
        .clone()
}

/// `.Chart`
fn metadata_value(metadata: &Arc<Metadata>, is_root: bool) -> Value {
    let metadata = Arc::clone(metadata);
    Value::from_object(Data::Map(Map::lazy(MapType::ANY, move || {
        metadata_entries(&metadata, is_root)
    })))
}

fn metadata_entries(metadata: &Metadata, is_root: bool) -> Entries {
    let strings = |texts: &[String]| list(texts.iter().map(|text| Value::from(&**text)).collect());
    let annotations = if metadata.annotations.is_empty() {
        Value::from_object(Data::Map(Map::nil(MapType::Of(Element::String))))
    } else {
        let entries = metadata
            .annotations
            .iter()
            .map(|(key, text)| (key.as_str().into(), Value::from(&**text)));
        map_of(MapType::Of(Element::String), entries.collect())
    };
    let maintainers = metadata.maintainers.iter().map(|maintainer| {
        map(texts([
            ("Name", &maintainer.name),
            ("Email", &maintainer.email),
            ("URL", &maintainer.url),
        ]))
    });
    let mut entries = texts([
        ("Name", &metadata.name),
        ("Home", &metadata.home),
        ("Version", &metadata.version),
        ("Description", &metadata.description),
        ("Icon", &metadata.icon),
        ("APIVersion", &metadata.api_version),
        ("Condition", &metadata.condition),
        ("Tags", &metadata.tags),
        ("AppVersion", &metadata.app_version),
        ("KubeVersion", &metadata.kube_version),
        ("Type", &metadata.chart_type),
    ]);
    entries.insert("Sources".into(), strings(&metadata.sources));
    entries.insert("Keywords".into(), strings(&metadata.keywords));
    entries.insert("Maintainers".into(), list(maintainers.collect()));
    entries.insert("Deprecated".into(), Value::from(metadata.deprecated));
    entries.insert("Annotations".into(), annotations);
    entries.insert(
        "Dependencies".into(),
        list(metadata.dependencies.iter().map(dependency_value).collect()),
    );
    entries.insert("IsRoot".into(), Value::from(is_root));
    entries
}

fn texts<const N: usize>(fields: [(&str, &String); N]) -> Entries {
    fields
        .into_iter()
        .map(|(key, text)| (key.into(), Value::from(&**text)))
        .collect()
}

fn dependency_value(dependency: &Dependency) -> Value {
    let mut entries = texts([
        ("Name", &dependency.name),
        ("Version", &dependency.version),
        ("Repository", &dependency.repository),
        ("Condition", &dependency.condition),
        ("Alias", &dependency.alias),
    ]);
    let imports = dependency.import_values.iter().map(|import| {
        let (child, parent) = import.paths();
        map_of(
            MapType::Of(Element::String),
            texts([("child", &child), ("parent", &parent)]),
        )
    });
    entries.insert(
        "Tags".into(),
        list(dependency.tags.iter().map(|tag| Value::from(&**tag)).collect()),
    );
    entries.insert("Enabled".into(), Value::from(dependency.enabled));
    entries.insert("ImportValues".into(), list(imports.collect()));
    map(entries)
}
