//! `promchart explain`: the page of a rule, the row of a function.

use super::Exit;
use super::args::Explain;
use super::output::Output;
use crate::diagnostic::closest;
use crate::functions;
use crate::lint::{self, RULES};
use crate::preflight;

pub(super) fn run(arguments: &Explain) -> Exit {
    let Some(name) = &arguments.name else {
        let width = RULES.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
        let width = preflight::RULES
            .iter()
            .map(|rule| rule.id.len())
            .fold(width, usize::max);
        let mut out = String::new();
        for rule in RULES {
            let state = if rule.is_on { rule.severity.as_str() } else { "off" };
            let (id, family, summary) = (rule.id, rule.family.as_str(), rule.summary());
            out.push_str(&format!("{id:width$}  {family:10}  {state:7}  {summary}\n"));
        }
        for rule in preflight::RULES {
            let (id, state, summary) = (rule.id, rule.severity.as_str(), rule.summary());
            out.push_str(&format!("{id:width$}  preflight   {state:7}  {summary}\n"));
        }
        Output::result(out.as_bytes());
        return Exit::Clean;
    };
    if let Some(rule) = lint::find(name) {
        let state = if rule.is_on {
            rule.severity.as_str()
        } else {
            "off unless selected"
        };
        let text = format!(
            "{}\n\nFamily: {}. Default: {state}.\n",
            rule.page.trim_end(),
            rule.family.as_str()
        );
        Output::result(text.as_bytes());
        return Exit::Clean;
    }
    if let Some(rule) = preflight::find(name) {
        let text = format!(
            "# {name}\n\n{}\n\nFamily: preflight. Default: {}.\n",
            rule.page(),
            rule.severity.as_str()
        );
        Output::result(text.as_bytes());
        return Exit::Clean;
    }
    if let Some(function) = functions::find(name) {
        let text = format!(
            "# {name}\n\n{}\n\n    {}\n\nFrom {}.\n",
            function.summary,
            function.go_type(),
            function.origin.as_str()
        );
        Output::result(text.as_bytes());
        return Exit::Clean;
    }
    let rules = RULES.iter().map(|rule| rule.id);
    let rules = rules.chain(preflight::RULES.iter().map(|rule| rule.id));
    let known = rules.chain(functions::all().map(|function| function.name));
    // What begins with the word is meant before what is merely spelled like it.
    let known: Vec<&str> = known.collect();
    let longer: Vec<String> = known
        .iter()
        .filter(|known| name.len() > 2 && known.starts_with(name))
        .map(|known| format!("`{known}`"))
        .collect();
    let close = if longer.is_empty() {
        closest(name, known.iter().copied()).map(|close| format!("; did you mean `{close}`?"))
    } else {
        Some(format!("; did you mean {}?", longer.join(" or ")))
    };
    Output::message(&format!(
        "Error: there is no rule or function {name}{}\n",
        close.unwrap_or_default()
    ));
    Exit::Usage
}
