//! What a run does to a folder: which certificates are kept, made and renewed. Nothing is written here.

use std::collections::BTreeMap;

use super::authority::{self, Given};
use super::certificate::bundle;
use super::commit::{Locked, NewFile};
use super::key::KeyType;
use super::run::Run;
use super::services::Wanted;
use super::store::Store;
use super::{CERTIFICATES, error};
use crate::diagnostic::{Diagnostic, Report, Result};
use crate::world::World;

/// What the user asks for. Times are in seconds, `now` since 1970.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time.
    pub now: u64,
    /// The name of the release, for the name of a new CA.
    pub release: String,
    /// The days that a certificate lasts.
    pub days: u64,
    /// The days that a CA lasts.
    pub ca_days: u64,
    /// The kind of new keys; without one, ECDSA on P-256, and kept keys may be of any kind.
    pub key_type: Option<KeyType>,
    /// The common name of a new CA.
    pub ca_name: Option<String>,
    /// A certificate that does not last so long is renewed.
    pub renew_before: u64,
    /// A CA that does not last so long is renewed.
    pub ca_renew_before: u64,
    /// Renew what has to be renewed.
    pub renew: bool,
    /// Renew all certificates but the CA's.
    pub reissue: bool,
    /// Renewed certificates keep their keys.
    pub reuse_key: bool,
    /// Make a new CA.
    pub rotate_ca: bool,
    /// Trust CAs that sign no more no longer.
    pub drop_old_ca: bool,
    /// Start over, whatever is in the way.
    pub force: bool,
    /// Whether all components of the release are given, so that others are left over.
    pub is_all: bool,
}

/// What becomes of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// There was none.
    Created,
    /// It stays as it is.
    Kept,
    /// It takes the place of another one; why.
    Renewed(String),
}

/// What becomes of one certificate, for people.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its file.
    pub path: String,
    /// What becomes of it.
    pub action: Action,
    /// Its key and until when it is valid.
    pub detail: String,
}

/// A certificate with its key, as text.
#[derive(Clone, Debug)]
pub(super) struct Material {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// What is to be done.
pub struct Plan {
    /// What becomes of the certificates.
    pub steps: Vec<Step>,
    /// What users should know.
    pub notes: Report,
    pub(super) files: Vec<NewFile>,
    /// `ca.crt`
    pub(super) bundle: String,
    pub(super) material: BTreeMap<String, Material>,
}

impl Plan {
    /// Whether files change.
    pub fn is_change(&self) -> bool {
        !self.files.is_empty()
    }

    /// Writes the files: all of them, or none.
    ///
    /// # Errors
    /// What cannot be written, and why.
    pub fn commit(&self, locked: Locked<'_>) -> Result<()> {
        locked.commit(&self.files)
    }
}

/// Decides about everything, and makes the new keys and certificates.
///
/// # Errors
/// Everything that stands in the way.
pub fn plan(
    world: &dyn World,
    store: &Store,
    wanted: &[Wanted],
    given: Option<Given>,
    options: &Options,
) -> std::result::Result<Plan, Report> {
    let mut errors = Report::new();
    store
        .obstacles
        .iter()
        .for_each(|obstacle| errors.push(obstacle.clone()));
    let in_the_way = wanted.iter().filter_map(|wanted| store.obstacle(&wanted.id));
    in_the_way.for_each(|obstacle| errors.push(*obstacle));
    if !errors.is_empty() {
        return Err(errors);
    }
    // Keys must not come from the clock, which is what the world falls back to.
    world.try_random(&mut [0; 32]).map_err(|cause| {
        let message = format!("the system gives no random bytes: {cause}");
        error(message, "keys cannot be made without them")
    })?;
    let mut notes = Report::new();
    let authority = authority::find(world, store, given, options, &mut notes)?;
    let run = Run {
        world,
        store,
        options,
        authority: &authority,
    };
    let mut plan = Plan {
        steps: Vec::new(),
        notes,
        files: Vec::new(),
        bundle: bundle(&authority.bundle),
        material: BTreeMap::new(),
    };
    run.write_authority(&mut plan)?;
    for wanted in wanted {
        let planned = run.names(wanted, &mut plan.notes).and_then(|wanted| {
            let verdict = run.judge(&wanted)?;
            run.carry_out(&wanted, verdict, &mut plan)
        });
        if let Err(error) = planned {
            errors.push(*error);
        }
    }
    for id in store.pairs.keys() {
        if !wanted.iter().any(|wanted| wanted.id == *id) && options.renew && options.is_all {
            let message = format!(
                "{} is of no component that certificates are made for now",
                store.shown(id)
            );
            let help = "remove it once nothing uses it";
            plan.notes.push(Diagnostic::info(CERTIFICATES, message).help(help));
        }
    }
    if errors.is_empty() { Ok(plan) } else { Err(errors) }
}
