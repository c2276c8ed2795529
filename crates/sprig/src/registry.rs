//! The function tables: the form of a row, lookup by name, and the documentation page.

use std::fmt::Write;

use super::{Call, FAMILIES, Outcome};
use govalue::{Signature, Type};

/// The origin of a function.
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
    /// The name in the documentation.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Go => "Go",
            Self::Sprig => "sprig",
            Self::Helm => "Helm",
        }
    }
}

/// The implementation of a function. Its arguments have been validated against the signature.
pub type Body = fn(&mut Call<'_>) -> Outcome;

/// A function: one row of a table.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// The name in templates.
    pub name: &'static str,
    /// The library that defines it.
    pub origin: Origin,
    /// The parameter types.
    pub signature: Signature,
    /// The result type, as Go writes it.
    pub result: &'static str,
    /// The implementation.
    pub run: Body,
    /// A one-line description for the documentation.
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

    /// Makes the last parameter variadic.
    pub(super) const fn variadic(mut self) -> Self {
        self.signature.variadic = true;
        self
    }

    /// The function's type as Go writes it: `func(int, string) string`.
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

/// The size of [`BY_HASH`]: a power of two, about four times the number of functions.
const SLOTS: usize = 1024;

/// All functions by the hash of their names, each in the first free slot from there. It is made at compile time: templates look up
/// a function for each word of theirs, and many charts are small.
static BY_HASH: [Option<&Function>; SLOTS] = by_hash();

const fn by_hash() -> [Option<&'static Function>; SLOTS] {
    let mut slots = [None; SLOTS];
    let mut family = 0;
    while family < FAMILIES.len() {
        let table = FAMILIES[family].1;
        let mut row = 0;
        while row < table.len() {
            let mut at = slot(table[row].name);
            while slots[at].is_some() {
                at = (at + 1) % SLOTS;
            }
            slots[at] = Some(&table[row]);
            row += 1;
        }
        family += 1;
    }
    slots
}

/// The slot that the search for a name begins with: FNV-1a.
const fn slot(name: &str) -> usize {
    let bytes = name.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash as usize % SLOTS
}

/// Finds a function by its name.
pub fn find(name: &str) -> Option<&'static Function> {
    let from = slot(name);
    (from..from + SLOTS)
        .map_while(|at| BY_HASH[at % SLOTS])
        .find(|function| function.name == name)
}

/// A hint for an unknown function name: the function probably meant.
pub fn suggestion(name: &str) -> Option<String> {
    if matches!(name, "env" | "expandenv") {
        return Some("Helm keeps the environment out of charts; pass it in with --set".to_owned());
    }
    suggest::did_you_mean(name, all().map(|function| function.name))
}

/// The documentation page of all functions, in Markdown.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_is_found_by_its_name() {
        assert!(all().count() * 3 < SLOTS, "searches become long");
        for function in all() {
            assert!(
                std::ptr::eq(find(function.name).unwrap(), function),
                "{}",
                function.name
            );
        }
        for name in ["", "t", "trunk", "truncate", "Trunc"] {
            assert!(find(name).is_none(), "{name}");
        }
    }
}
