//! `promchart diff`: what a change of a chart, of values or of both means for the objects of a release.
//!
//! [`Side`] is a render or recorded manifests, [`git`] reads charts from revisions, `compare` goes through two objects, `hurt` says what
//! an upgrade breaks, `report` has the forms of output.

mod cause;
mod compare;
mod filter;
pub mod git;
mod hurt;
mod lines;
mod made;
pub mod report;
mod rights;
mod side;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use self::compare::Raw;
use diagnostics::{Diagnostic, ObjectRef};
use engine::objects::{Object, Path, Step, fields};
use goyaml::{Node, Style, Value, to_yaml};
use source::Span;

pub use cause::{Cause, Ingredient, Spot};
pub use compare::{Kind, slots};
pub use filter::Filter;
pub use hurt::{Harm, Level};
pub use lines::Hunk;
pub use side::{Causes, SIDE, Side, What};

/// The replacement for a secret in the output.
pub const MASK: &str = "********";

/// Options of the comparison.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// If there are any, only these are compared.
    pub only: Vec<Filter>,
    /// Filters of what is left out.
    pub ignore: Vec<Filter>,
    /// Whether the values of Secrets are shown.
    pub show_secrets: bool,
}

/// The differences between two sides.
#[derive(Clone, Debug)]
pub struct Diff {
    /// The user's name for the old side.
    pub old: String,
    /// The user's name for the new side.
    pub new: String,
    /// The objects that differ, by kind, namespace and name.
    pub objects: Vec<ObjectDiff>,
    /// The harm of the upgrade from the old side to the new one, the worst first.
    pub harm: Vec<Harm>,
    /// Further notes, such as one about objects that were left out.
    pub notes: Vec<String>,
    /// How many objects are the same.
    pub unchanged: usize,
    /// The namespace that most objects are in.
    pub namespace: String,
}

/// An object that differs.
#[derive(Clone, Debug)]
pub struct ObjectDiff {
    /// Its names.
    pub reference: ObjectRef,
    /// Whether it was added, removed or changed.
    pub kind: Kind,
    /// The events that it is a hook for.
    pub hook: Option<String>,
    /// Whether it is one of `crds/`.
    pub is_of_crds: bool,
    /// The fields that differ; none of objects that are there on one side only.
    pub changes: Vec<Change>,
    /// The whole of an object that is there on one side only, as YAML. Secrets are masked.
    pub content: Option<String>,
    /// Where an object that is there on one side only comes from.
    pub cause: Option<Cause>,
    /// Of a new object: the one that was removed and is nearly the same, and in how many fields they differ.
    pub renamed: Option<(String, usize)>,
}

/// A field that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// Whether it was added, removed or changed.
    pub kind: Kind,
    /// As people write it: `spec.template.spec.containers[name=web].image`.
    pub path: String,
    /// The steps to it, on the new side if it is there.
    pub steps: Path,
    /// The old value.
    pub old: Option<Shown>,
    /// The new value.
    pub new: Option<Shown>,
    /// The lines that differ, of a text with several.
    pub hunks: Vec<Hunk>,
    /// Whether the values are not shown because they are secret.
    pub is_masked: bool,
}

/// A value with where it comes from.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The value.
    pub value: Json,
    /// Its cause, as far as that is known.
    pub cause: Option<Cause>,
}

impl Diff {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// How many objects something happened to.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects.iter().filter(|object| object.kind == kind).count()
    }
}

/// The key of an object: group, kind, namespace, name, and its number among several alike.
pub(crate) type Key = (String, String, String, String, usize);

/// The fields that are otherwise in another render of the same chart with the same values, by object: they are drawn by chance.
pub(crate) type Drawn = BTreeMap<Key, Vec<(String, Path)>>;

/// The differences between two renders of one side.
fn drawn(one: &Side, other: &Side) -> Drawn {
    let others = index(other);
    let mut found = Drawn::new();
    for (key, object) in index(one) {
        let Some(other) = others.get(&key) else { continue };
        let fields = compare::objects(&other.node, &object.node);
        if !fields.is_empty() {
            found.insert(key, fields.into_iter().map(|raw| (raw.shown, raw.path)).collect());
        }
    }
    found
}

/// The objects of a side by what tells them apart.
fn index(side: &Side) -> BTreeMap<Key, &Object> {
    let mut found = BTreeMap::new();
    for object in &side.objects.all {
        let mut key = key_of(object);
        while found.contains_key(&key) {
            key.4 += 1;
        }
        found.insert(key, object);
    }
    found
}

/// The key of an object that is the only one of its names.
fn key_of(object: &Object) -> Key {
    let of = &object.reference;
    let (kind, namespace, name) = (of.kind.clone(), of.namespace.clone(), of.name.clone());
    (object.group().to_owned(), kind, namespace, name, 0)
}

/// An object of both sides, or of one.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) old: Option<&'a Object>,
    pub(crate) new: Option<&'a Object>,
}

impl<'a> Pair<'a> {
    pub(crate) fn any(&self) -> Option<&'a Object> {
        self.new.or(self.old)
    }
}

/// Compares two sides.
///
/// # Errors
/// If `only` picks nothing on either side: a misspelt kind must not look like no difference.
pub fn compare(old: &Side, new: &Side, options: &Options) -> Result<Diff, Box<Diagnostic>> {
    let (olds, news) = (index(old), index(new));
    let keys: BTreeSet<&Key> = olds.keys().chain(news.keys()).collect();
    let mut notes = Vec::new();
    for filter in &options.only {
        let taken = |objects: &BTreeMap<Key, &Object>| objects.values().any(|object| filter.takes(object));
        if !taken(&olds) && !taken(&news) {
            let message = format!("--only {filter}: neither side has such an object");
            return Err(Box::new(
                Diagnostic::error(SIDE, message).help(filter.nearest(olds.values().chain(news.values()).copied())),
            ));
        }
    }
    let recorded = old.is_recorded || new.is_recorded;
    let (mut hooks, mut crds) = (0, 0);
    let mut pairs = Vec::new();
    for key in keys {
        let pair = Pair {
            old: olds.get(key).copied(),
            new: news.get(key).copied(),
        };
        let Some(object) = pair.any() else { continue };
        let is_of_crds = [(old, pair.old), (new, pair.new)]
            .iter()
            .any(|(side, object)| object.is_some_and(|object| side.is_of_crds(object)));
        // `helm get manifest` has neither hooks nor what is in crds/.
        if recorded && (pair.old.is_none() || pair.new.is_none()) {
            if object.hook.is_some() {
                hooks += 1;
                continue;
            }
            if is_of_crds {
                crds += 1;
                continue;
            }
        }
        let only = options.only.iter().all(|filter| !filter.takes(object)) && !options.only.is_empty();
        pairs.push((pair, is_of_crds, only));
    }
    if hooks > 0 {
        notes.push(format!(
            "{} left out: recorded manifests have no hooks",
            counted(hooks, "hook")
        ));
    }
    if crds > 0 {
        notes.push(format!(
            "{} of crds/ left out: recorded manifests do not have them",
            counted(crds, "definition")
        ));
    }
    let (old_causes, new_causes) = (old.causes(), new.causes());
    drawn_notes(new, &mut notes);
    let mut differ = Differ {
        options,
        drawn: (&old.drawn, &new.drawn),
        old: &old_causes,
        new: &new_causes,
        ignored: 0,
        used: vec![false; options.ignore.len()],
    };
    let mut objects = Vec::new();
    let mut unchanged = 0;
    for (pair, is_of_crds, left_out) in &pairs {
        if *left_out {
            continue;
        }
        match differ.pair(*pair, *is_of_crds) {
            Some(object) => objects.push(object),
            None => unchanged += 1,
        }
    }
    if differ.ignored > 0 {
        notes.push(format!(
            "{} left out by --ignore",
            counted(differ.ignored, "difference")
        ));
    }
    for (filter, used) in options.ignore.iter().zip(&differ.used) {
        if !used {
            notes.push(format!("--ignore {filter} leaves out nothing"));
        }
    }
    find_renamed(&mut objects, &pairs);
    let compared: Vec<Pair<'_>> = pairs.iter().map(|(pair, _, _)| *pair).collect();
    let harm = hurt::find(&compared, &objects, (&old_causes, &new_causes));
    Ok(Diff {
        old: old.name.clone(),
        new: new.name.clone(),
        objects,
        harm,
        notes,
        unchanged,
        namespace: most_common_namespace(&pairs),
    })
}

/// The namespace that need not be said with each object.
fn most_common_namespace(pairs: &[(Pair<'_>, bool, bool)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for object in pairs.iter().filter_map(|(pair, _, _)| pair.any()) {
        if !object.reference.namespace.is_empty() {
            *counts.entry(&object.reference.namespace).or_default() += 1;
        }
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.map(|(name, _)| name.to_owned()).unwrap_or_default()
}

pub(crate) fn counted(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}

/// Tells of fields that each render draws anew.
fn drawn_notes(side: &Side, notes: &mut Vec<String>) {
    const MOST: usize = 5;
    if side.drawn.is_empty() {
        return;
    }
    let fields = |(key, fields): (&Key, &Vec<(String, Path)>)| {
        let paths: Vec<&str> = fields.iter().take(MOST).map(|(shown, _)| &**shown).collect();
        let more = if fields.len() > MOST {
            format!(" and {} more", fields.len() - MOST)
        } else {
            String::new()
        };
        format!("{}/{} {}{more}", key.1, key.3, paths.join(", "))
    };
    let all: Vec<String> = side.drawn.iter().map(fields).collect();
    notes.push(format!(
        "drawn anew at each render, so not compared if both sides draw it, and changed by each upgrade unless the template looks up what is there: {}",
        all.join("; ")
    ));
}

struct Differ<'a> {
    options: &'a Options,
    drawn: (&'a Drawn, &'a Drawn),
    old: &'a Causes<'a>,
    new: &'a Causes<'a>,
    ignored: usize,
    used: Vec<bool>,
}

impl Differ<'_> {
    fn pair(&mut self, pair: Pair<'_>, is_of_crds: bool) -> Option<ObjectDiff> {
        let object = pair.any()?;
        let mut out = ObjectDiff {
            reference: object.reference.clone(),
            kind: Kind::Changed,
            hook: object.hook.clone(),
            is_of_crds,
            changes: Vec::new(),
            content: None,
            cause: None,
            renamed: None,
        };
        match (pair.old, pair.new) {
            (Some(old), Some(new)) => {
                let is_secret = is_secret(old) || is_secret(new);
                let key = key_of(new);
                for raw in compare::objects(&old.node, &new.node) {
                    if self.is_drawn(&key, &raw.path) {
                        continue;
                    }
                    if self.is_ignored(&raw, pair) {
                        self.ignored += 1;
                        continue;
                    }
                    out.changes.push(self.change(raw, is_secret));
                }
                (!out.changes.is_empty()).then_some(out)
            }
            _ => {
                for (at, filter) in self.options.ignore.iter().enumerate() {
                    if filter.path.is_none() && filter.takes(object) {
                        self.used[at] = true;
                        self.ignored += 1;
                        return None;
                    }
                }
                let causes = if pair.new.is_some() { self.new } else { self.old };
                out.kind = if pair.new.is_some() { Kind::Added } else { Kind::Removed };
                out.cause = causes.of_object(object);
                out.content = to_yaml(Style::V3, &self.masked(object)).ok();
                Some(out)
            }
        }
    }

    /// Whether both sides draw a field by chance.
    fn is_drawn(&self, key: &Key, path: &Path) -> bool {
        let is = |drawn: &Drawn| {
            let paths = drawn.get(key).into_iter().flatten();
            paths
                .into_iter()
                .any(|(_, own)| path.0.starts_with(&own.0) || own.0.starts_with(&path.0))
        };
        is(self.drawn.0) && is(self.drawn.1)
    }

    fn is_ignored(&mut self, raw: &Raw, pair: Pair<'_>) -> bool {
        let mut ignored = false;
        for (at, filter) in self.options.ignore.iter().enumerate() {
            // The path is that of one side: an item may have another place on the other one.
            let side = if raw.kind == Kind::Removed { pair.old } else { pair.new };
            if side.is_some_and(|object| filter.takes(object) && filter.covers(object, &raw.path)) {
                self.used[at] = true;
                ignored = true;
            }
        }
        ignored
    }

    fn change(&self, raw: Raw, is_secret: bool) -> Change {
        let is_masked = is_secret && !self.options.show_secrets && is_secret_path(&raw.path);
        let span = |node: Option<&Node>, key: Option<Span>, causes: &Causes<'_>, sign: char| {
            let node = node?;
            Some(match (&node.value, key) {
                (Value::Map(_) | Value::List(_), Some(key)) => key,
                _ => raw
                    .hunks
                    .first()
                    .and_then(|hunk| causes.line_of(node.span, hunk, sign))
                    .unwrap_or(node.span),
            })
        };
        let old_at = span(raw.old.as_ref(), raw.old_key, self.old, '-').map(|span| (self.old, span));
        let new_at = span(raw.new.as_ref(), raw.new_key, self.new, '+').map(|span| (self.new, span));
        let (old_cause, new_cause) = made::causes(old_at, new_at);
        let shown = |node: Option<&Node>, mut cause: Option<Cause>, causes: &Causes<'_>| {
            let node = node?;
            // The key may stand in the template and what is below it in the values.
            if let Some(cause) = cause.as_mut().filter(|cause| cause.value.is_none())
                && matches!(node.value, Value::Map(_) | Value::List(_))
                && let Some(first) = fields(node).first().and_then(|field| causes.of(field.node.span))
                && first.is_certain
            {
                cause.value = first.value;
            }
            let value = if is_masked { masked(node) } else { node.clone() };
            Some(Shown {
                value: value.to_json(&|float| Json::from(float)),
                cause,
            })
        };
        Change {
            kind: raw.kind,
            old: shown(raw.old.as_ref(), old_cause, self.old),
            new: shown(raw.new.as_ref(), new_cause, self.new),
            hunks: if is_masked { Vec::new() } else { raw.hunks },
            path: raw.shown,
            steps: raw.path,
            is_masked,
        }
    }

    /// An object without its secrets.
    fn masked(&self, object: &Object) -> Node {
        let mut node = object.node.clone();
        if is_secret(object)
            && !self.options.show_secrets
            && let Some(map) = node.as_map_mut()
        {
            for field in ["data", "stringData"] {
                if let Some(entry) = map.get_mut(field) {
                    entry.node = masked(&entry.node);
                }
            }
            let annotations = map.get_mut("metadata").and_then(|entry| {
                let metadata = entry.node.as_map_mut()?;
                metadata.get_mut("annotations")?.node.as_map_mut()
            });
            if let Some(applied) = annotations.and_then(|map| map.get_mut(APPLIED)) {
                applied.node = masked(&applied.node);
            }
        }
        node
    }
}

/// Where `kubectl apply` keeps the whole object.
const APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

fn is_secret(object: &Object) -> bool {
    object.reference.kind == "Secret" && object.group().is_empty()
}

fn is_secret_path(path: &Path) -> bool {
    match &path.0[..] {
        [Step::Key(first), ..] if matches!(&**first, "data" | "stringData") => true,
        [Step::Key(first), Step::Key(second)] => &**first == "metadata" && &**second == "annotations",
        [Step::Key(_), Step::Key(_), Step::Key(third)] => &**third == APPLIED,
        _ => false,
    }
}

/// A value with its scalars masked.
fn masked(node: &Node) -> Node {
    let value = match &node.value {
        Value::Map(map) => {
            let mut map = (**map).clone();
            map.iter_mut().for_each(|(_, entry)| entry.node = masked(&entry.node));
            Value::Map(std::sync::Arc::new(map))
        }
        Value::List(items) => Value::List(std::sync::Arc::new(items.iter().map(masked).collect())),
        Value::Null => Value::Null,
        _ => Value::String(MASK.into()),
    };
    Node::new(value, node.span)
}

/// Finds new objects that are nearly what a removed one was: only the name is another one, perhaps.
fn find_renamed(objects: &mut [ObjectDiff], pairs: &[(Pair<'_>, bool, bool)]) {
    const MOST: usize = 200;
    let lone = |is_new: bool| {
        let lone = pairs.iter().filter_map(move |(pair, _, _)| match (pair.old, pair.new) {
            (Some(old), None) if !is_new => Some(old),
            (None, Some(new)) if is_new => Some(new),
            _ => None,
        });
        lone.take(MOST).collect::<Vec<&Object>>()
    };
    let (gone, come) = (lone(false), lone(true));
    let mut taken = BTreeSet::new();
    for new in come {
        let mut best: Option<(usize, usize)> = None;
        for (at, old) in gone.iter().enumerate() {
            let of = |object: &Object| (object.group().to_owned(), object.reference.kind.clone());
            if taken.contains(&at) || of(old) != of(new) {
                continue;
            }
            let differing = compare::objects(&old.node, &new.node).len();
            let all = fields(&new.node).len();
            // What has little in it is similar to anything: the names must not be all that it has.
            if differing * 3 < all && best.is_none_or(|(_, least)| differing < least) {
                best = Some((at, differing));
            }
        }
        let Some((at, differing)) = best else { continue };
        taken.insert(at);
        let diff = objects
            .iter_mut()
            .find(|diff| diff.kind == Kind::Added && diff.reference == new.reference);
        if let Some(diff) = diff {
            diff.renamed = Some((title(&gone[at].reference), differing));
        }
    }
}

/// `Deployment/web`.
pub(crate) fn title(reference: &ObjectRef) -> String {
    format!("{}/{}", reference.kind, reference.name)
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
