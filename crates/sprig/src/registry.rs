//! The table of functions: what a row holds, how it is found, how documents show it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::OnceLock;

use super::{Call, FAMILIES, Outcome};
use govalue::{Signature, Type};

/// Where a function comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Go's `text/template`.
    Go,
    /// Masterminds/sprig v3.
    Sprig,
    /// Helm itself.
    Helm,
}

impl Origin {
    /// The name that documents show.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Go => "Go",
            Self::Sprig => "sprig",
            Self::Helm => "Helm",
        }
    }
}

/// What a function does. The arguments have been validated against the signature.
pub type Body = fn(&mut Call<'_>) -> Outcome;

/// A row of a table: one function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name that templates call it by.
    pub name: &'static str,
    /// Where it comes from.
    pub origin: Origin,
    /// What it takes.
    pub signature: Signature,
    /// The type of what it gives, as Go writes it.
    pub result: &'static str,
    /// What it does.
    pub run: Body,
    /// One line for the documents: what it gives.
    pub summary: &'static str,
}

impl Function {
    const fn new(
        origin: Origin,
        name: &'static str,
        parameters: &'static [Type],
        result: &'static str,
        run: Body,
        summary: &'static str,
    ) -> Self {
        Self {
            name,
            origin,
            signature: Signature {
                parameters,
                variadic: false,
            },
            result,
            run,
            summary,
        }
    }

    /// The same function; its last parameter may be given any number of times.
    pub(super) const fn variadic(mut self) -> Self {
        self.signature.variadic = true;
        self
    }

    /// The type of the function as Go writes it: `func(int, string) string`.
    pub fn go_type(&self) -> String {
        let mut text = String::from("func(");
        let last = self.signature.parameters.len().wrapping_sub(1);
        for (at, parameter) in self.signature.parameters.iter().enumerate() {
            let dots = if self.signature.variadic && at == last {
                "..."
            } else {
                ""
            };
            let comma = if at > 0 { ", " } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}{dots}{parameter}");
        }
        let _ = write!(text, ") {}", self.result);
        text
    }
}

/// A row for a function of Go's `text/template`.
pub(super) const fn go(
    name: &'static str,
    parameters: &'static [Type],
    result: &'static str,
    run: Body,
    summary: &'static str,
) -> Function {
    Function::new(Origin::Go, name, parameters, result, run, summary)
}

/// A row for a function of sprig.
pub(super) const fn sprig(
    name: &'static str,
    parameters: &'static [Type],
    result: &'static str,
    run: Body,
    summary: &'static str,
) -> Function {
    Function::new(Origin::Sprig, name, parameters, result, run, summary)
}

/// A row for a function of Helm.
pub(super) const fn helm(
    name: &'static str,
    parameters: &'static [Type],
    result: &'static str,
    run: Body,
    summary: &'static str,
) -> Function {
    Function::new(Origin::Helm, name, parameters, result, run, summary)
}

/// A family of functions: its title and its table.
pub type Family = (&'static str, &'static [Function]);

/// All functions, family by family.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().flat_map(|(_, table)| table.iter())
}

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Function> {
    // Most names differ in length: that is quicker to compare than texts.
    static BY_NAME: OnceLock<BTreeMap<(usize, &str), &Function>> = OnceLock::new();
    let rows = || all().map(|function| ((function.name.len(), function.name), function));
    BY_NAME
        .get_or_init(|| rows().collect())
        .get(&(name.len(), name))
        .copied()
}

/// What to say of a name that is no function: the function that it may be meant for.
pub fn suggestion(name: &str) -> Option<String> {
    if matches!(name, "env" | "expandenv") {
        return Some("Helm keeps the environment out of charts; pass it in with --set".to_owned());
    }
    // Nobody mistypes more than that, and a comparison takes time.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    let distances = all().map(|function| {
        let distance = strsim::osa_distance(&lower, &function.name.to_lowercase());
        (distance, function.name)
    });
    let (_, best) = distances
        .min()
        .filter(|(distance, _)| *distance <= 1 + name.len() / 4)?;
    Some(format!("did you mean `{best}`?"))
}

/// The tables as a page of the documents.
///
/// ```
/// assert!(sprig::markdown().contains("| `trunc` |"));
/// ```
pub fn markdown() -> String {
    let mut page = String::from(
        "# Functions of templates\n\nAll functions that Helm 4.3.1 offers to templates, with their types in Go. \
         `cargo run -p xtask -- functions` writes this\npage from the tables in `crates/sprig/src/`.\n\n",
    );
    for (title, table) in FAMILIES {
        let _ = write!(
            page,
            "## {title}\n\n| Function | Type | From | Gives |\n|---|---|---|---|\n"
        );
        let mut rows: Vec<&Function> = table.iter().collect();
        rows.sort_by_key(|function| function.name);
        for function in rows {
            let _ = writeln!(
                page,
                "| `{}` | `{}` | {} | {} |",
                function.name,
                function.go_type(),
                function.origin.as_str(),
                function.summary.replace('|', "\\|")
            );
        }
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}
