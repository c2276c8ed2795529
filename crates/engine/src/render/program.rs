//! The lowered templates of a render, and the names that refer to them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use crate::coverage::Points;
use crate::lower::{Counting, Lowered, SourceMap, lower_as};
use gotemplate::ast::{List, Template, Tree};
use govalue::Signature;
use minijinja::Environment;
use source::{FileId, Sources, Span};

/// The id of a lowered template of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnitId(usize);

impl UnitId {
    /// Its index among all units.
    pub(super) fn index(self) -> usize {
        self.0
    }

    /// The name under which minijinja knows the template.
    pub(super) fn name(self) -> String {
        self.0.to_string()
    }

    /// Parses a name given by [`UnitId::name`].
    pub(super) fn from_name(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }
}

/// A template, lowered on first use: charts define far more templates than one render runs.
///
/// No thread waits for another one that lowers or compiles a unit: waking up can take longer than repeating the work.
#[derive(Debug)]
pub(super) struct Unit {
    /// The name of its file in Go's error messages.
    pub(super) file_name: Arc<str>,
    /// Its name.
    pub(super) name: Arc<str>,
    file: FileId,
    sources: Sources,
    /// The index of its tree in the file.
    number: usize,
    /// Whether it is lowered for tracing.
    traced: bool,
    /// Its counters, in a counting session.
    counted: Option<Counted>,
    /// The tree, until it is lowered. After that only errors need it.
    fresh: Mutex<Option<Arc<Tree>>>,
    /// The re-parsed tree; built only to report an error.
    again: OnceLock<Tree>,
    lowered: OnceLock<UnitCode>,
    /// Set once a thread has started to compile it.
    begun: AtomicBool,
}

/// The counters of a file's templates.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) points: Arc<Points>,
    /// The counter of the first point.
    pub(super) base: usize,
}

/// The parts of a lowered template that are kept.
#[derive(Debug)]
struct UnitCode {
    /// Maps the lowered text back to the template.
    map: SourceMap,
    /// The cost of one run.
    nodes: u64,
    /// The templates that it calls by a literal name.
    callees: Vec<Arc<str>>,
    /// The lowered text, until minijinja has compiled it.
    text: Mutex<Option<String>>,
}

impl Unit {
    /// Returns the tree that it was lowered from. This parses the file again.
    pub(super) fn tree(&self) -> &Tree {
        self.again.get_or_init(|| {
            let source = self.sources.get(self.file);
            // The file has been parsed successfully before.
            let parsed = gotemplate::parse(source.text(), self.file, &self.file_name, &|_| true);
            let tree = parsed.ok().and_then(|parsed| parsed.trees.into_iter().nth(self.number));
            tree.unwrap_or_else(|| Tree {
                name: Arc::clone(&self.name),
                span: Span::file_start(self.file),
                root: List { nodes: Vec::new() },
            })
        })
    }

    fn code(&self) -> &UnitCode {
        if let Some(code) = self.lowered.get() {
            return code;
        }
        let fresh = lock(&self.fresh).clone();
        if let Some(tree) = fresh {
            // If another thread was faster, this result is dropped.
            _ = self.lowered.set(UnitCode::of(self.lower(&tree)));
            lock(&self.fresh).take();
        }
        self.lowered.get_or_init(|| UnitCode::of(self.lower(self.tree())))
    }

    fn lower(&self, tree: &Tree) -> Lowered {
        let counting = self.counted.as_ref().map(|counted| Counting {
            points: &counted.points,
            base: counted.base,
            tree: self.number,
        });
        lower_as(tree, &signature, self.traced, counting)
    }

    /// Maps the lowered text back to the template.
    pub(super) fn map(&self) -> &SourceMap {
        &self.code().map
    }

    /// The cost of one run.
    pub(super) fn nodes(&self) -> u64 {
        self.code().nodes
    }

    /// The templates that it calls by a literal name.
    pub(super) fn callees(&self) -> &[Arc<str>] {
        &self.code().callees
    }

    /// The lowered text. It is dropped after compilation; minijinja asks again only for a template that failed to
    /// compile.
    fn text(&self) -> String {
        let kept = lock(&self.code().text).clone();
        kept.unwrap_or_else(|| self.lower(self.tree()).text)
    }

    /// Compiles it with minijinja. An error is ignored here, because it occurs again when the template is run.
    fn compile(&self, id: UnitId, environment: &Environment<'_>) {
        drop(environment.get_template(&id.name()));
        lock(&self.code().text).take();
    }
}

impl UnitCode {
    fn of(lowered: Lowered) -> Self {
        Self {
            map: lowered.map,
            nodes: u64::try_from(lowered.nodes).unwrap_or(u64::MAX),
            callees: lowered.callees,
            text: Mutex::new(Some(lowered.text)),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All templates of a render. `tpl` adds more while the render runs.
#[derive(Debug)]
pub(super) struct Program {
    /// The sources of the template files.
    sources: Sources,
    /// Whether templates are lowered for tracing.
    traced: bool,
    units: RwLock<Units>,
}

/// A template of an added file.
#[derive(Clone, Debug)]
pub(super) struct Added {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its id.
    pub(super) id: UnitId,
    /// Whether it is empty.
    pub(super) is_empty: bool,
}

#[derive(Debug, Default)]
struct Units {
    by_id: BTreeMap<usize, Arc<Unit>>,
    /// How many units there have ever been, so that no number is used twice.
    count: usize,
}

impl Program {
    /// An empty program. `traced` applies to the templates that are added later.
    pub(super) fn new(sources: Sources, traced: bool) -> Self {
        Self {
            sources,
            traced,
            units: RwLock::default(),
        }
    }

    /// Adds the trees of a file and returns them in order.
    pub(super) fn add(&self, template: Template, counted: Option<&Counted>) -> Vec<Added> {
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        let mut added = Vec::with_capacity(template.trees.len());
        for (number, tree) in template.trees.into_iter().enumerate() {
            let id = units.count;
            units.count += 1;
            added.push(Added {
                name: Arc::clone(&tree.name),
                id: UnitId(id),
                is_empty: tree.root.is_empty(),
            });
            let unit = Unit {
                file_name: Arc::clone(&template.name),
                name: Arc::clone(&tree.name),
                file: tree.span.file,
                sources: self.sources.clone(),
                number,
                traced: self.traced,
                counted: counted.cloned(),
                fresh: Mutex::new(Some(Arc::new(tree))),
                again: OnceLock::new(),
                lowered: OnceLock::new(),
                begun: AtomicBool::new(false),
            };
            units.by_id.insert(id, Arc::new(unit));
        }
        added
    }

    /// Compiles a unit, unless a thread has already started to.
    pub(super) fn compile(&self, id: UnitId, environment: &Environment<'_>) -> Option<Arc<Unit>> {
        let unit = self.unit(id)?;
        if !unit.begun.swap(true, Ordering::Relaxed) {
            unit.compile(id, environment);
        }
        Some(unit)
    }

    /// Removes a unit that is not needed any more.
    pub(super) fn forget(&self, id: UnitId) {
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        units.by_id.remove(&id.0);
    }

    /// Returns a unit by its id.
    pub(super) fn unit(&self, id: UnitId) -> Option<Arc<Unit>> {
        self.units
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .get(&id.0)
            .cloned()
    }

    /// All units, in the order of their ids. A traced render removes none.
    pub(super) fn units(&self) -> Vec<Arc<Unit>> {
        let units = self.units.read().unwrap_or_else(PoisonError::into_inner);
        units.by_id.values().cloned().collect()
    }

    /// The lowered text of the unit that minijinja knows by a name.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        Some(self.unit(UnitId::from_name(name)?)?.text())
    }
}

/// The signature of a function, for lowering.
pub(super) fn signature(name: &str) -> Option<Signature> {
    sprig::find(name).map(|function| function.signature)
}

/// Maps names to templates. A text passed to `tpl` may define templates that only it can see, so it gets a scope inside
/// that of its caller.
#[derive(Debug, Default)]
pub(super) struct Names {
    own: BTreeMap<Arc<str>, UnitId>,
    outer: Option<Arc<Names>>,
}

impl Names {
    /// A scope inside another one.
    pub(super) fn over(outer: Arc<Names>) -> Self {
        Self {
            own: BTreeMap::new(),
            outer: Some(outer),
        }
    }

    /// Defines a template. If two have the same name and the newer one is empty, Go keeps the older one.
    pub(super) fn define(&mut self, added: &Added) {
        if added.is_empty && self.find(&added.name).is_some() {
            return;
        }
        self.own.insert(Arc::clone(&added.name), added.id);
    }

    /// Looks up a template by name.
    pub(super) fn find(&self, name: &str) -> Option<UnitId> {
        let mut names = self;
        loop {
            if let Some(id) = names.own.get(name) {
                return Some(*id);
            }
            names = names.outer.as_deref()?;
        }
    }
}
