//! What several renders of one chart share: templates stay parsed, lowered and compiled.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::Environment;

use super::context::TemplateFile;
use super::program::Added;
use super::runtime::Runtime;
use super::{Limits, Trace, environment};
use chart::File;
use source::{FileId, Sources};
use world::World;

/// Templates that have been parsed once, for as many renders as are wanted, one after the other.
///
/// One thread renders at a time; threads that render side by side have a session each.
#[derive(Debug)]
pub struct Session {
    pub(super) runtime: Arc<Runtime>,
    pub(super) environment: Environment<'static>,
    pub(super) sources: Sources,
    /// What has been parsed, by the names that Helm gives to the files.
    known: Mutex<BTreeMap<String, Known>>,
}

/// A file that has been parsed.
#[derive(Clone, Debug)]
pub(super) struct Known {
    file: File,
    pub(super) id: FileId,
    pub(super) units: Arc<[Added]>,
}

impl Session {
    /// A session in which nothing has been parsed yet. Each render has all of `limits` to itself.
    pub fn new(world: &Arc<dyn World>, sources: &Sources, limits: Limits, trace: Trace) -> Self {
        let traced = trace == Trace::On;
        let runtime = Arc::new(Runtime::new(Arc::clone(world), sources.clone(), limits, traced));
        let environment = environment(&runtime);
        Self {
            runtime,
            environment,
            sources: sources.clone(),
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a file, if it has been parsed under this name with the same content.
    pub(super) fn find(&self, template: &TemplateFile) -> Option<Known> {
        let known = self.known();
        let found = known.get(&template.name)?;
        found.file.shares_content(&template.file).then(|| found.clone())
    }

    /// Keeps what a file was parsed into.
    pub(super) fn keep(&self, template: &TemplateFile, id: FileId, units: Arc<[Added]>) {
        let file = template.file.clone();
        self.known().insert(template.name.clone(), Known { file, id, units });
    }
}
