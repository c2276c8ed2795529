//! The lowered templates of a render, and the names that refer to them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::coverage::Points;
use crate::lower::{Counting, Lowered, Options, lower_as};
use gotemplate::SyntaxError;
use gotemplate::ast::{Template, Tree};
use source::{FileId, Sources};

/// The id of a lowered template of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnitId(usize);

impl UnitId {
    /// Its index among all units.
    pub(super) fn index(self) -> usize {
        self.0
    }

    /// The name by which minijinja's errors call the template.
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
/// No thread waits for another one that lowers a unit: waking up can take longer than repeating the work.
#[derive(Debug)]
pub(super) struct Unit {
    /// The name of its file in Go's error messages.
    pub(super) file_name: Arc<str>,
    id: UnitId,
    tree: Arc<Tree>,
    /// The index of its tree in the file.
    number: usize,
    /// Whether it is lowered for tracing.
    traced: bool,
    /// Its counters, in a counting session.
    counted: Option<Counted>,
    lowered: OnceLock<Lowered>,
    /// Set once a thread has started to lower it.
    begun: AtomicBool,
}

/// The counters of a file's templates.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) points: Arc<Points>,
    /// The counter of the first point.
    pub(super) base: usize,
}

/// Parses a file whose source has been added under `id`.
pub(super) fn parse_file(sources: &Sources, name: &str, id: FileId) -> Result<Template, Vec<SyntaxError>> {
    let is_function = |name: &str| sprig::find(name).is_some();
    gotemplate::parse_shared(&sources.get(id).shared_text(), id, name, &is_function)
}

impl Unit {
    /// Tree `number` of a file, not lowered yet.
    fn new(file_name: &Arc<str>, id: UnitId, (number, tree): (usize, Tree), traced: bool) -> Self {
        Self {
            file_name: Arc::clone(file_name),
            id,
            tree: Arc::new(tree),
            number,
            traced,
            counted: None,
            lowered: OnceLock::new(),
            begun: AtomicBool::new(false),
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.tree.name
    }

    /// Its tree.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Its instructions.
    pub(super) fn lowered(&self) -> &Lowered {
        if let Some(lowered) = self.lowered.get() {
            return lowered;
        }
        self.begun.store(true, Ordering::Relaxed);
        let counting = self.counted.as_ref().map(|counted| Counting {
            points: &counted.points,
            base: counted.base,
            tree: self.number,
        });
        let options = Options {
            name: &self.id.name(),
            traced: self.traced,
            counting,
        };
        let lowered = lower_as(&self.tree, options);
        // If another thread was faster, this result is dropped.
        self.lowered.get_or_init(|| lowered)
    }

    /// Lowers it ahead of its first use, unless another thread has begun to.
    pub(super) fn prepare(&self) -> Option<&Lowered> {
        let is_first = !self.begun.swap(true, Ordering::Relaxed);
        if is_first {
            Some(self.lowered())
        } else {
            self.lowered.get()
        }
    }
}

/// All templates of a render. `tpl` adds more while the render runs.
#[derive(Debug)]
pub(super) struct Program {
    /// Whether templates are lowered for tracing.
    traced: bool,
    sources: Sources,
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

/// What is left of a unit that was dropped to save memory.
#[derive(Clone, Debug)]
struct Dropped {
    file_name: Arc<str>,
    file: FileId,
    number: usize,
}

#[derive(Debug, Default)]
struct Units {
    by_id: BTreeMap<usize, Arc<Unit>>,
    dropped: BTreeMap<usize, Dropped>,
    /// How many units there have ever been, so that no number is used twice.
    count: usize,
}

impl Program {
    /// An empty program. `traced` applies to the templates that are added later.
    pub(super) fn new(traced: bool, sources: Sources) -> Self {
        Self {
            traced,
            sources,
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
                counted: counted.cloned(),
                ..Unit::new(&template.name, UnitId(id), (number, tree), self.traced)
            };
            units.by_id.insert(id, Arc::new(unit));
        }
        added
    }

    /// Removes a unit that is not needed any more.
    pub(super) fn forget(&self, id: UnitId) {
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        units.by_id.remove(&id.0);
    }

    /// Drops what a file's own unit takes in memory, after its only run. [`Program::unit`] parses the file again if some template includes it.
    pub(super) fn retire(&self, id: UnitId) {
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        let Some(unit) = units.by_id.remove(&id.0) else { return };
        let dropped = Dropped {
            file_name: Arc::clone(&unit.file_name),
            file: unit.tree.span.file,
            number: unit.number,
        };
        units.dropped.insert(id.0, dropped);
        drop(units);
        drop(unit);
    }

    /// Returns a unit by its id.
    pub(super) fn unit(&self, id: UnitId) -> Option<Arc<Unit>> {
        let units = self.units.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(unit) = units.by_id.get(&id.0) {
            return Some(Arc::clone(unit));
        }
        let dropped = units.dropped.get(&id.0)?.clone();
        drop(units);
        self.restore(id, &dropped)
    }

    fn restore(&self, id: UnitId, dropped: &Dropped) -> Option<Arc<Unit>> {
        let parsed = parse_file(&self.sources, &dropped.file_name, dropped.file).ok()?;
        let tree = parsed.trees.into_iter().enumerate().nth(dropped.number)?;
        let unit = Arc::new(Unit::new(&dropped.file_name, id, tree, self.traced));
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        units.dropped.remove(&id.0);
        units.by_id.insert(id.0, Arc::clone(&unit));
        Some(unit)
    }

    /// All units, in the order of their ids. A traced render removes none.
    pub(super) fn units(&self) -> Vec<Arc<Unit>> {
        let units = self.units.read().unwrap_or_else(PoisonError::into_inner);
        units.by_id.values().cloned().collect()
    }
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

    /// The scope that all scopes are in.
    pub(super) fn outermost(names: &Arc<Self>) -> Arc<Self> {
        let mut names = names;
        while let Some(outer) = &names.outer {
            names = outer;
        }
        Arc::clone(names)
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
