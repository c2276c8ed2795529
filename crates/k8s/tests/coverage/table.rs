//! The table of docs/kubernetes.md.

use std::fmt::Write as _;

use promchart_k8s::{Coverage, Served, coverage};

const START: &str = "<!-- Written by `cargo run -p promchart-k8s --example coverage`; do not edit. -->\n";
const END: &str = "<!-- end -->\n";

/// A text with the table between its marks as it is now.
pub(crate) fn renew(text: &str) -> Option<String> {
    let (before, rest) = text.split_once(START)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{START}{}{END}{after}", table()))
}

fn table() -> String {
    let mut text = String::from(
        "| kind | API versions | fields | required | formats | enums | unions | lists | checked as a whole |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for kind in coverage() {
        row(&mut text, &kind);
    }
    text
}

fn row(text: &mut String, kind: &Coverage) {
    let versions: Vec<String> = kind.api_versions.iter().map(served).collect();
    let mut whole: Vec<String> = kind.whole.iter().map(|name| format!("`{name}`")).collect();
    if kind.has_pods {
        whole.push("its pods: see Pod".to_owned());
    }
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
        kind.kind,
        versions.join(", "),
        kind.fields,
        kind.required,
        kind.formats,
        kind.enums,
        kind.unions,
        kind.lists,
        whole.join(", ")
    );
}

fn served(served: &Served) -> String {
    let minor = |version: promchart_k8s::Version| format!("1.{}", version.minor);
    match (served.since, served.until) {
        (None, None) => format!("`{}`", served.api_version),
        (Some(since), None) => format!("`{}` (since {})", served.api_version, minor(since)),
        (None, Some(until)) => format!("`{}` (to {})", served.api_version, minor(until)),
        (Some(since), Some(until)) => {
            format!("`{}` ({} to {})", served.api_version, minor(since), minor(until))
        }
    }
}
