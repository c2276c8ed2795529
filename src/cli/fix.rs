//! `promchart lint --fix`: the automatic fixes as a diff; `--fix=write` also writes them to the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Exit;
use super::args::Lint;
use super::lint::{findings, write};
use super::output::Output;
use diagnostics::{Report, Result};
use lint::fix::{self, Edit};
use source::Sources;
use system::{Overlay, System};

/// The maximum number of edits that are tried one by one if all together cause new findings.
const MOST_TRIED: usize = 50;

pub(super) fn run(system: &Arc<dyn System>, arguments: &Lint, mode: &str, output: Output) -> Exit {
    let sources = Sources::new();
    let outcome = mend(system, arguments, mode == "write", &sources);
    outcome.unwrap_or_else(|error| {
        output.errors(&Report::from(error), &sources, "");
        Exit::Usage
    })
}

fn mend(system: &Arc<dyn System>, arguments: &Lint, writes: bool, sources: &Sources) -> Result<Exit> {
    let found = findings(system, arguments, sources)?;
    let known = keys(&found);
    // The number of findings that remain with these edits; `None` if there are new ones.
    let left = |edits: &[Edit]| -> Result<Option<usize>> {
        let edited = fix::apply(edits, sources).into_iter();
        let files = edited.map(|(path, text)| (path, gostd::string::decode(&text).into_owned()));
        let system: Arc<dyn System> = Arc::new(Overlay::new(
            Arc::clone(system),
            Arc::new(files.collect::<BTreeMap<_, _>>()),
        ));
        let found = findings(&system, arguments, &Sources::new())?;
        let after = keys(&found);
        let is_known = |(key, count): (&Key, &usize)| known.get(key).is_some_and(|before| count <= before);
        Ok(after.iter().all(is_known).then_some(found.diagnostics.len()))
    };
    let mut least = found.diagnostics.len();
    let mut edits = fix::edits(&found, sources);
    if !edits.is_empty() && left(&edits)?.is_none_or(|left| left >= least) {
        let mut kept = Vec::new();
        for edit in edits.into_iter().take(MOST_TRIED) {
            kept.push(edit);
            match left(&kept)?.filter(|left| *left < least) {
                Some(left) => least = left,
                None => drop(kept.pop()),
            }
        }
        edits = kept;
    }
    let diff = fix::diff(&edits, sources);
    Output::result(&gostd::string::decode(&diagnostics::report::text::printable(&diff)));
    let files = fix::apply(&edits, sources);
    if writes {
        for (path, text) in &files {
            write(&**system, &path.to_string_lossy(), text)?;
        }
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let told = format!("{} of {}", count(edits.len(), "line"), count(files.len(), "file"));
    Output::message(&match (edits.is_empty(), writes) {
        (true, _) => "nothing that can be mended without a thought\n".to_owned(),
        (false, true) => format!("{told} mended\n"),
        (false, false) => format!("{told} can be mended: --fix=write does it\n"),
    });
    Ok(if edits.is_empty() || writes {
        Exit::Clean
    } else {
        Exit::Failed
    })
}

/// The rule and the message of a finding. Its position may change.
type Key = (&'static str, String);

/// The number of findings with the same rule and message.
fn keys(found: &Report) -> BTreeMap<Key, usize> {
    let mut keys = BTreeMap::new();
    for finding in &found.diagnostics {
        *keys.entry((finding.rule, finding.message.clone())).or_default() += 1;
    }
    keys
}
