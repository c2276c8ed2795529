//! Decides what a run does to a folder: which certificates are kept, created and renewed. Writes nothing.

use std::collections::BTreeMap;

use super::authority::{self, Given};
use super::certificate::bundle;
use super::commit::{Locked, NewFile};
use super::key::KeyType;
use super::run::Run;
use super::services::Wanted;
use super::store::Store;
use super::{CERTIFICATES, error};
use diagnostics::{Diagnostic, Report, Result};
use system::System;

/// The user's options. Times are in seconds; `now` is since 1970.
#[derive(Clone, Debug)]
pub struct Options {
    /// The current time.
    pub now: u64,
    /// The name of the release, for the name of a new CA.
    pub release: String,
    /// The validity of a certificate, in days.
    pub days: u64,
    /// The validity of a CA, in days.
    pub ca_days: u64,
    /// The kind of new keys. If none, new keys are ECDSA P-256, and kept keys may be of any kind.
    pub key_type: Option<KeyType>,
    /// The common name of a new CA.
    pub ca_name: Option<String>,
    /// A certificate that expires within this time is renewed.
    pub renew_before: u64,
    /// A CA that expires within this time is renewed.
    pub ca_renew_before: u64,
    /// Renew certificates that need it.
    pub renew: bool,
    /// Renew all certificates except the CA's.
    pub reissue: bool,
    /// Keep the keys of renewed certificates.
    pub reuse_key: bool,
    /// Create a new CA.
    pub rotate_ca: bool,
    /// Stop trusting CAs that no longer sign.
    pub drop_old_ca: bool,
    /// Start over, replacing invalid or foreign files.
    pub force: bool,
    /// Whether the wanted certificates are all of the release's, so that any others are left over.
    pub is_all: bool,
}

/// The planned action for a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is created.
    Created,
    /// It is kept unchanged.
    Kept,
    /// It replaces another one, for this reason.
    Renewed(String),
}

/// The planned change of one certificate, for display.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The path of its file.
    pub path: String,
    /// The action.
    pub action: Action,
    /// The kind of its key and the end of its validity.
    pub detail: String,
}

/// A certificate and its key in PEM.
#[derive(Clone, Debug)]
pub(super) struct Material {
    pub(super) certificate: String,
    pub(super) key: String,
}

/// The planned changes.
pub struct Plan {
    /// The action for each certificate.
    pub steps: Vec<Planned>,
    /// Notices for the user.
    pub notes: Report,
    pub(super) files: Vec<NewFile>,
    /// The contents of `ca.crt`.
    pub(super) bundle: String,
    pub(super) material: BTreeMap<String, Material>,
}

impl Plan {
    /// Whether any file changes.
    pub fn is_change(&self) -> bool {
        !self.files.is_empty()
    }

    /// Writes the files: all of them, or none.
    ///
    /// # Errors
    /// The file that cannot be written, and why.
    pub fn commit(&self, locked: Locked<'_>) -> Result<()> {
        locked.commit(&self.files)
    }
}

/// Makes all decisions, and generates the new keys and certificates.
///
/// # Errors
/// All obstacles.
pub fn plan(
    system: &dyn System,
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
    // Keys must not be derived from the clock, which `System::random` falls back to.
    system.try_random(&mut [0; 32]).map_err(|cause| {
        let message = format!("the system gives no random bytes: {cause}");
        error(message, "keys cannot be made without them")
    })?;
    let mut notes = Report::new();
    let authority = authority::find(system, store, given, options, &mut notes)?;
    let run = Run {
        system,
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
