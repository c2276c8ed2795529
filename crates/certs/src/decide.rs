//! From a folder, the wanted names and the options to a plan.

use std::collections::BTreeMap;

use super::authority::{self, Given};
use super::certificate::bundle;
use super::options::Options;
use super::plan::Plan;
use super::run::Run;
use super::services::Wanted;
use super::store::Store;
use super::{CERTIFICATES, error};
use diagnostics::{Diagnostic, Report};
use system::System;

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
