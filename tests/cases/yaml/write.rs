//! Writing YAML: `value` is written as `v2` and `v3`; `v2 error` is the error of v2.

use libtest_mimic::Trial;
use promchart::yaml::{self, Style};

use super::file::{Case, Found, trials, value};

pub(super) fn cases() -> Vec<Trial> {
    [
        trials("write", "yaml/write", both_styles),
        trials("read-back", "yaml/write", what_is_written_reads_back),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn both_styles(case: &Case, found: &mut Found) {
    let value = value(&case.get("value").unwrap());
    let (text, error) = match yaml::to_yaml(Style::V2, &value) {
        Ok(text) => (Some(text), None),
        Err(error) => (None, Some(error.message)),
    };
    found.same("v2", text.as_deref(), case.get("v2").as_deref());
    found.same("v2 error", error.as_deref(), case.get("v2 error").as_deref());
    let text = yaml::to_yaml(Style::V3, &value).unwrap();
    found.same("v3", Some(&text), case.get("v3").as_deref());
}

fn what_is_written_reads_back(case: &Case, found: &mut Found) {
    let node = value(&case.get("value").unwrap());
    if let Ok(text) = yaml::to_yaml(Style::V2, &node) {
        let read = yaml::parse_str(&text, node.span).unwrap();
        let again = yaml::to_yaml(Style::V2, &read.node).unwrap();
        found.same("again", Some(&again), Some(&text));
    }
}
