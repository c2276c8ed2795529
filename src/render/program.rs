//! The templates of a render, lowered, and which name means which of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use minijinja::Environment;

use crate::functions;
use crate::lower::{Lowered, SourceMap, lower, lower_traced};
use crate::reflect::Signature;
use crate::template::ast::{Template, Tree};

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
#[derive(Debug)]
pub(super) struct Unit {
    /// The file that it is in.
    pub(super) template: Arc<Template>,
    /// Which of the file's trees it is.
    pub(super) tree: usize,
    /// Whether it is lowered so that it can be traced.
    traced: bool,
    lowered: OnceLock<UnitCode>,
    /// Set once minijinja has been asked to compile it.
    compiled: OnceLock<()>,
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
    /// The lowered text, until minijinja asks for it.
    text: Mutex<Option<String>>,
}

impl Unit {
    /// The tree that it came from.
    pub(super) fn tree(&self) -> &Tree {
        &self.template.trees[self.tree]
    }

    fn code(&self) -> &UnitCode {
        self.lowered.get_or_init(|| {
            let lowered = self.lower();
            UnitCode {
                map: lowered.map,
                nodes: u64::try_from(lowered.nodes).unwrap_or(u64::MAX),
                callees: lowered.callees,
                text: Mutex::new(Some(lowered.text)),
            }
        })
    }

    fn lower(&self) -> Lowered {
        let lower = if self.traced { lower_traced } else { lower };
        lower(self.tree(), &signature)
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

    /// The lowered text. It is not kept: minijinja asks again only for what it could not compile.
    fn take_text(&self) -> String {
        let kept = self.code().text.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.unwrap_or_else(|| self.lower().text)
    }
}

/// All templates of a render. It grows while `tpl` brings new ones.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// Whether templates are lowered so that they can be traced.
    traced: bool,
    units: RwLock<Units>,
}

#[derive(Debug, Default)]
struct Units {
    by_id: BTreeMap<usize, Arc<Unit>>,
    /// How many there have ever been: no number is given twice.
    count: usize,
}

impl Program {
    /// No templates yet; whether those to come are to be traced.
    pub(super) fn new(traced: bool) -> Self {
        Self {
            traced,
            ..Self::default()
        }
    }

    /// Adds the trees of a file; the name of each with its unit, in their order.
    pub(super) fn add(&self, template: &Arc<Template>) -> Vec<(Arc<str>, UnitId)> {
        let mut units = self.units.write().unwrap_or_else(PoisonError::into_inner);
        let mut added = Vec::with_capacity(template.trees.len());
        for (at, tree) in template.trees.iter().enumerate() {
            let id = units.count;
            units.count += 1;
            let unit = Unit {
                template: Arc::clone(template),
                tree: at,
                traced: self.traced,
                lowered: OnceLock::new(),
                compiled: OnceLock::new(),
            };
            units.by_id.insert(id, Arc::new(unit));
            added.push((Arc::clone(&tree.name), UnitId(id)));
        }
        added
    }

    /// Has minijinja compile a unit, unless it has done so already: two threads do not do it twice. An error comes up again
    /// when the unit is run.
    pub(super) fn compile(&self, id: UnitId, environment: &Environment<'_>) -> Option<Arc<Unit>> {
        let unit = self.unit(id)?;
        unit.compiled.get_or_init(|| drop(environment.get_template(&id.name())));
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
    pub(super) fn take_text(&self, name: &str) -> Option<String> {
        Some(self.unit(UnitId::from_name(name)?)?.take_text())
    }
}

/// The signature of a function, for the lowering.
pub(super) fn signature(name: &str) -> Option<Signature> {
    functions::find(name).map(|function| function.signature)
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

    /// Gives a name to a template. Go keeps the older of two with one name if the newer one is empty.
    pub(super) fn define(&mut self, name: Arc<str>, id: UnitId, is_empty: bool) {
        if is_empty && self.find(&name).is_some() {
            return;
        }
        self.own.insert(name, id);
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
