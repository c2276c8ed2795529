//! The templates of a render, lowered, and which name means which of them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};

use crate::coverage::Points;
use crate::lower::{Counting, Lowered, SourceMap, lower_as};
use gotemplate::ast::{List, Template, Tree};
use govalue::Signature;
use minijinja::Environment;
use source::{FileId, Sources, Span};

/// Names a lowered template of a [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UnitId(usize);

impl UnitId {
    /// Its number among all units.
    pub(super) fn index(self) -> usize {
        self.0
    }

    /// What minijinja knows the template as.
    pub(super) fn name(self) -> String {
        self.0.to_string()
    }

    /// The unit that minijinja knows by a name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        name.parse().ok().map(Self)
    }
}

/// A template, lowered when it is first wanted: charts define far more than one render runs.
///
/// Nobody waits for another thread that lowers or compiles it: to be woken can take longer than to do it again.
#[derive(Debug)]
pub(super) struct Unit {
    /// What Go calls the file that it is in.
    pub(super) file_name: Arc<str>,
    /// What it is called by.
    pub(super) name: Arc<str>,
    file: FileId,
    sources: Sources,
    /// Which of the file's trees it is.
    number: usize,
    /// Whether it is lowered so that it can be traced.
    traced: bool,
    /// What it counts.
    counted: Option<Counted>,
    /// The tree, until it is lowered. After that only errors want it.
    fresh: Mutex<Option<Arc<Tree>>>,
    /// The tree again, for who wants to tell of an error.
    again: OnceLock<Tree>,
    lowered: OnceLock<UnitCode>,
    /// Set once a thread has begun to have it compiled.
    begun: AtomicBool,
}

/// What is counted in the templates of a file.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    pub(super) points: Arc<Points>,
    /// The counter of the first point.
    pub(super) base: usize,
}

/// What is kept of a lowered template.
#[derive(Debug)]
struct UnitCode {
    /// The way back from the lowered text.
    map: SourceMap,
    /// What one run costs.
    nodes: u64,
    /// The names of the templates that it calls, as far as they are written out.
    callees: Vec<Arc<str>>,
    /// The lowered text, until minijinja has compiled it.
    text: Mutex<Option<String>>,
}

impl Unit {
    /// The tree that it came from. The file is parsed again.
    pub(super) fn tree(&self) -> &Tree {
        self.again.get_or_init(|| {
            let source = self.sources.get(self.file);
            // It has been parsed before: there is nothing wrong with it.
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
            // Whoever comes second throws its own away.
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

    /// The way back from the lowered text.
    pub(super) fn map(&self) -> &SourceMap {
        &self.code().map
    }

    /// What one run costs.
    pub(super) fn nodes(&self) -> u64 {
        self.code().nodes
    }

    /// The names of the templates that it calls, as far as they are written out.
    pub(super) fn callees(&self) -> &[Arc<str>] {
        &self.code().callees
    }

    /// The lowered text. It is not kept for long: minijinja asks again only for what it could not compile.
    fn text(&self) -> String {
        let kept = lock(&self.code().text).clone();
        kept.unwrap_or_else(|| self.lower(self.tree()).text)
    }

    /// Has minijinja compile it. An error comes up again when it is run.
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

/// All templates of a render. It grows while `tpl` brings new ones.
#[derive(Debug)]
pub(super) struct Program {
    /// Where the files are.
    sources: Sources,
    /// Whether templates are lowered so that they can be traced.
    traced: bool,
    units: RwLock<Units>,
}

/// A template of a file that was added.
#[derive(Clone, Debug)]
pub(super) struct Added {
    /// What it is called by.
    pub(super) name: Arc<str>,
    /// Which it is.
    pub(super) id: UnitId,
    /// Whether there is nothing in it.
    pub(super) is_empty: bool,
}

#[derive(Debug, Default)]
struct Units {
    by_id: BTreeMap<usize, Arc<Unit>>,
    /// How many there have ever been: no number is given twice.
    count: usize,
}

impl Program {
    /// No templates yet; where their files are, and whether those to come are to be traced.
    pub(super) fn new(sources: Sources, traced: bool) -> Self {
        Self {
            sources,
            traced,
            units: RwLock::default(),
        }
    }

    /// Adds the trees of a file, and gives them in their order.
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

    /// Has minijinja compile a unit, unless a thread has begun that already.
    pub(super) fn compile(&self, id: UnitId, environment: &Environment<'_>) -> Option<Arc<Unit>> {
        let unit = self.unit(id)?;
        if !unit.begun.swap(true, Ordering::Relaxed) {
            unit.compile(id, environment);
        }
        Some(unit)
    }

    /// Forgets a unit that nothing will ask for any more.
    pub(super) fn forget(&self, id: UnitId) {
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        units.by_id.remove(&id.0);
    }

    /// The unit of an id.
    pub(super) fn unit(&self, id: UnitId) -> Option<Arc<Unit>> {
        self.units
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .get(&id.0)
            .cloned()
    }

    /// All units, in the order of their ids. None has been forgotten in a traced render.
    pub(super) fn units(&self) -> Vec<Arc<Unit>> {
        let units = self.units.read().unwrap_or_else(PoisonError::into_inner);
        units.by_id.values().cloned().collect()
    }

    /// The lowered text of the unit that minijinja knows by a name.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        Some(self.unit(UnitId::from_name(name)?)?.text())
    }
}

/// The signature of a function, for the lowering.
pub(super) fn signature(name: &str) -> Option<Signature> {
    sprig::find(name).map(|function| function.signature)
}

/// Which name means which template. A text given to `tpl` may define templates that only it can see: it gets a scope of
/// its own over that of its caller.
#[derive(Debug, Default)]
pub(super) struct Names {
    own: BTreeMap<Arc<str>, UnitId>,
    outer: Option<Arc<Names>>,
}

impl Names {
    /// A scope over another one.
    pub(super) fn over(outer: Arc<Names>) -> Self {
        Self {
            own: BTreeMap::new(),
            outer: Some(outer),
        }
    }

    /// Gives a template its name. Go keeps the older of two with one name if the newer one is empty.
    pub(super) fn define(&mut self, added: &Added) {
        if added.is_empty && self.find(&added.name).is_some() {
            return;
        }
        self.own.insert(Arc::clone(&added.name), added.id);
    }

    /// The template of a name.
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
