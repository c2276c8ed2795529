//! The templates of a render, lowered, and which name means which of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

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

/// A lowered template and what it came from.
#[derive(Debug)]
pub(super) struct Unit {
    /// The file that it is in.
    pub(super) template: Arc<Template>,
    /// Which of the file's trees it is.
    pub(super) tree: usize,
    /// The way back from the lowered text.
    pub(super) map: SourceMap,
    /// What one run costs.
    pub(super) nodes: u64,
}

impl Unit {
    /// The tree that it came from.
    pub(super) fn tree(&self) -> &Tree {
        &self.template.trees[self.tree]
    }
}

/// All templates of a render. It grows while `tpl` brings new ones.
#[derive(Debug, Default)]
pub(super) struct Program {
    /// Whether templates are lowered so that they can be traced.
    traced: bool,
    units: RwLock<Vec<Arc<Unit>>>,
    /// Lowered texts that minijinja has not asked for yet.
    texts: Mutex<BTreeMap<usize, String>>,
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
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut added = Vec::with_capacity(template.trees.len());
        for (at, tree) in template.trees.iter().enumerate() {
            let lower = if self.traced { lower_traced } else { lower };
            let Lowered { text, map, nodes } = lower(tree, &signature);
            let id = UnitId(units.len());
            texts.insert(id.0, text);
            let nodes = u64::try_from(nodes).unwrap_or(u64::MAX);
            units.push(Arc::new(Unit {
                template: Arc::clone(template),
                tree: at,
                map,
                nodes,
            }));
            added.push((Arc::clone(&tree.name), id));
        }
        added
    }

    /// The unit of an id.
    pub(super) fn unit(&self, id: UnitId) -> Option<Arc<Unit>> {
        self.units
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id.0)
            .cloned()
    }

    /// All units, in the order of their ids.
    pub(super) fn units(&self) -> Vec<Arc<Unit>> {
        self.units.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The lowered text of a unit, handed out once: minijinja keeps what it has compiled.
    pub(super) fn take_text(&self, name: &str) -> Option<String> {
        let id = UnitId::from_name(name)?;
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).remove(&id.0)
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
