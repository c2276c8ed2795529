//! Validates custom resources against the schemas in their CustomResourceDefinitions.
//!
//! A structural schema (apiextensions v1) is a small subset of JSON Schema with additional keywords. The API server's
//! handling of it is in `k8s.io/apiextensions-apiserver/pkg/apiserver/schema`.

mod formats;
mod prepare;
mod rules;
mod schema;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use gostd::regexp::Regexp;
use serde_json::{Map, Value};

use self::schema::Node;
use crate::cel::Expressions;
use crate::definitions::Definitions;
use crate::definitions::group;
use crate::formats::shown;
use crate::problem::{Problem, Side};
use crate::version::Version;
use crate::walker::{Position, Walker};

/// Problems that keep the API server from evaluating rules (`hasBlockingErr`).
const BLOCKING: [&str; 4] = ["missing-required-field", "wrong-type", "bad-size", "null-item"];

/// Returns the first problem of a value against a schema, including unknown fields. `root` is whether it is a whole
/// object.
pub(crate) fn first_problem(schema: &Map<String, Value>, value: &Value, root: bool) -> Option<Problem> {
    let crds = Crds::default();
    let schema = Value::Object(schema.clone());
    let node = Node {
        crds: &crds,
        schema: &schema,
        prunes: true,
        root,
        depth: 0,
    };
    let mut walker = Walker::new(Version::LATEST);
    node.value(&mut walker, value);
    walker.finish().into_iter().next()
}

/// One version of a custom resource.
#[derive(Debug)]
struct Kind {
    /// `openAPIV3Schema`; null if absent.
    schema: Value,
    served: bool,
    /// The deprecation warning of the API server.
    deprecated: Option<String>,
    /// Whether the API server drops unknown fields.
    prunes: bool,
    /// Whether it has a status subresource, so that `status` is dropped when the object is created.
    has_status: bool,
    /// Whether its schema has rules to evaluate.
    has_rules: bool,
    /// The plural name of the resource.
    plural: Option<String>,
    is_namespaced: bool,
}

/// The custom resources defined by a set of CustomResourceDefinitions.
#[derive(Debug, Default)]
pub struct Crds {
    /// Keyed by apiVersion and kind.
    kinds: BTreeMap<(String, String), Arc<Kind>>,
    /// Compiled patterns; `None` for those that do not compile.
    patterns: Mutex<BTreeMap<String, Option<Arc<Regexp>>>>,
    /// Parsed expressions.
    expressions: Expressions,
}

impl Crds {
    /// Collects the CustomResourceDefinitions (v1 or v1beta1) among objects. Other objects are ignored, and so are
    /// definitions without a group, a kind or versions.
    pub fn from(objects: &[Value]) -> Self {
        let mut crds = Self::default();
        for object in objects {
            crds.add(object);
        }
        crds
    }

    /// These custom resources and those of further objects.
    #[must_use]
    pub fn with<'a>(&self, objects: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut crds = Self {
            kinds: self.kinds.clone(),
            ..Self::default()
        };
        objects.into_iter().for_each(|object| crds.add(object));
        crds
    }

    /// Adds the custom resources of an object, if it is a CustomResourceDefinition.
    pub fn add(&mut self, object: &Value) {
        let old = object["apiVersion"] == "apiextensions.k8s.io/v1beta1";
        if object["kind"] != "CustomResourceDefinition" || !(old || object["apiVersion"] == "apiextensions.k8s.io/v1") {
            return;
        }
        let spec = &object["spec"];
        let (Some(group), Some(kind)) = (spec["group"].as_str(), spec["names"]["kind"].as_str()) else {
            return;
        };
        let shared = &spec["validation"]["openAPIV3Schema"];
        // v1beta1 keeps unknown fields by default; v1 never does.
        let prunes = !old || spec["preserveUnknownFields"] == Value::Bool(false);
        let mut add = |name: &str, version: &Value| {
            let own = &version["schema"]["openAPIV3Schema"];
            let deprecated = (version["deprecated"] == Value::Bool(true)).then(|| {
                version["deprecationWarning"]
                    .as_str()
                    .map_or_else(|| format!("{kind} of `{group}/{name}` is deprecated"), str::to_owned)
            });
            let schema = if own.is_null() { shared.clone() } else { own.clone() };
            let kind = Kind {
                has_rules: rules::has_rules(&schema),
                plural: spec["names"]["plural"].as_str().map(str::to_owned),
                is_namespaced: spec["scope"] != "Cluster",
                has_status: [&version["subresources"], &spec["subresources"]]
                    .into_iter()
                    .any(|subresources| subresources["status"].is_object()),
                schema,
                served: version["served"] != Value::Bool(false),
                deprecated,
                prunes,
            };
            self.kinds.insert(
                (
                    format!("{group}/{name}"),
                    spec["names"]["kind"].as_str().unwrap_or_default().to_owned(),
                ),
                Arc::new(kind),
            );
        };
        match spec["versions"].as_array() {
            Some(versions) => {
                for version in versions {
                    if let Some(name) = version["name"].as_str() {
                        add(name, version);
                    }
                }
            }
            None => {
                if let Some(name) = spec["version"].as_str() {
                    add(name, &Value::Null);
                }
            }
        }
    }

    /// The object as the API server sees it, with defaults and without unknown fields; `None` if its kind is not
    /// defined.
    pub(crate) fn prepared(&self, api_version: &str, kind: &str, object: &Value) -> Option<Value> {
        let known = self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        let mut object = object.clone();
        if let Value::Object(map) = &mut object
            && known.has_status
        {
            map.shift_remove("status");
        }
        prepare::prepare(&mut object, &known.schema, known.prunes);
        Some(object)
    }

    /// Returns the plural name of a kind's resource, and whether it is namespaced.
    pub(crate) fn resource(&self, api_version: &str, kind: &str) -> Option<(&str, bool)> {
        let known = self.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
        Some((known.plural.as_deref()?, known.is_namespaced))
    }

    /// Returns the served versions of a group that have a kind.
    pub(crate) fn versions(&self, of: &str, kind: &str) -> Vec<&str> {
        let served = self
            .kinds()
            .filter(|(version, known)| group(version) == of && *known == kind);
        served.map(|(version, _)| version).collect()
    }

    /// Whether there are no custom resources.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Returns the apiVersions and kinds that are served.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        let served = self.kinds.iter().filter(|(_, kind)| kind.served);
        served.map(|((api_version, kind), _)| (api_version.as_str(), kind.as_str()))
    }

    /// Whether an apiVersion and kind is defined, whether it is served or not.
    pub(crate) fn knows(&self, api_version: &str, kind: &str) -> bool {
        self.kinds.contains_key(&(api_version.to_owned(), kind.to_owned()))
    }

    /// Checks a custom resource, except for its metadata. If its group is unknown, it is not checked.
    pub(crate) fn check<'a>(
        &self,
        walker: &mut Walker<'a>,
        api_version: &str,
        kind: &str,
        map: &'a Map<String, Value>,
    ) {
        let known = self.kinds.get(&(api_version.to_owned(), kind.to_owned()));
        let Some(known) = known.filter(|known| known.served) else {
            self.unknown(walker, api_version, kind, known.is_some());
            return;
        };
        if let Some(warning) = &known.deprecated {
            walker.below(Position::Key("apiVersion"), |walker| {
                walker.fault(Side::Value, "deprecated-api", warning.clone());
            });
        }
        if known.schema.is_object() {
            let node = Node {
                crds: self,
                schema: &known.schema,
                prunes: known.prunes,
                root: true,
                depth: 0,
            };
            let before = walker.count();
            node.map(walker, map);
            if known.has_rules && !walker.has_since(before, &BLOCKING) {
                let mut object = map.clone();
                if known.has_status {
                    object.shift_remove("status");
                }
                let mut object = Value::Object(object);
                prepare::prepare(&mut object, &known.schema, known.prunes);
                for problem in rules::evaluate(&self.expressions, &known.schema, &object) {
                    walker.note(problem);
                }
            }
        }
    }

    fn unknown(&self, walker: &mut Walker<'_>, api_version: &str, kind: &str, unserved: bool) {
        let of_group: Vec<_> = self
            .kinds()
            .filter(|(known, _)| group(known) == group(api_version))
            .collect();
        if unserved {
            let versions = suggest::one_of(
                of_group
                    .iter()
                    .filter(|(_, known)| *known == kind)
                    .map(|(version, _)| *version),
            );
            walker.below(Position::Key("apiVersion"), |walker| {
                walker
                    .fault(
                        Side::Value,
                        "removed-api",
                        format!("`{}` is not served any more", shown(api_version)),
                    )
                    .help = (!versions.is_empty()).then(|| format!("use {versions}"));
            });
            return;
        }
        let same_kind: Vec<_> = of_group
            .iter()
            .filter(|(_, known)| *known == kind)
            .map(|(version, _)| *version)
            .collect();
        let known = Definitions::get().custom_kinds(group(api_version));
        let nearest = suggest::typo(kind, of_group.iter().map(|(_, kind)| *kind).chain(known));
        // The group may have other kinds defined elsewhere, so a kind is reported only if it resembles a known one.
        let (key, help) = if same_kind.is_empty() {
            let Some(nearest) = nearest else { return };
            ("kind", format!("did you mean `{nearest}`?"))
        } else {
            (
                "apiVersion",
                format!("{} is in {}", shown(kind), suggest::one_of(same_kind.into_iter())),
            )
        };
        walker.below(Position::Key(key), |walker| {
            let message = format!(
                "no CustomResourceDefinition has {} in `{}`",
                shown(kind),
                shown(api_version)
            );
            walker.fault(Side::Value, "unknown-api", message).help = Some(help);
        });
    }

    /// Whether a text matches a pattern; `None` if the pattern does not compile.
    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut patterns = self.patterns.lock().ok()?;
        if !patterns.contains_key(pattern) {
            patterns.insert(pattern.to_owned(), Regexp::compile(pattern).ok());
        }
        patterns.get(pattern)?.as_ref().map(|regex| regex.is_match(text))
    }
}
