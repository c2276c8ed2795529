//! Go templates become minijinja templates.
//!
//! Each [`Tree`] becomes a template of its own. Text is copied, actions become expressions and statements:
//!
//! ```text
//! {{ .Values.a.b | default "x" | quote }}      {{ dot|path("Values.a.b")|default("x")|quote }}
//! {{ include "y" (dict "k" $.k) }}             {{ include("y", dict("k", dot|path("k"))) }}
//! {{ if and .a (not .b) }}…{{ end }}           {% if (dot|field("a") and (not dot|path("b"))) %}…{% endif %}
//! {{ range $k, $v := .m }}…{{ end }}           {% for key2, item1 in dot|path("m")|pairs(0, 1) %}…{% endfor %}
//! {{ with .x }}{{ . }}{{ end }}                {% set dot1 = dot|path("x") %}{% if dot1 %}{{ dot1 }}{% endif %}
//! {{ $x := 1 }}{{ $x = 2 }}                    {% set v_x_1 = 1|cell %}{% set _ = v_x_1|assign(2) %}
//! ```
//!
//! A function of Go's is called with the same arguments; the value of a pipeline is the filtered one, which keeps Go's
//! order of evaluation (the callee makes it the last argument again). The delimiters are characters that no text can
//! contain ([`gostd::string::RESERVED_START`]), so that text is copied as it is and offsets hold; [`readable`] shows
//! Jinja's usual ones. Everything between delimiters is on one line: minijinja keeps spans only then.
//!
//! What a list of no particular type holds is an `interface {}` to Go's errors as long as it is the item of a loop: its fields are
//! taken by `item_path(path, 1)` and the like, with the number in its name.
//!
//! The helpers that are no functions of Go's (`field`, `path`, `method`, `items`, `pairs`, `cell`, `assign`, `fault` and so
//! on) are in `render::helpers`.

mod action;
mod code;
mod counting;
mod pipeline;
mod range;
mod scope;
mod source_map;
mod tracing;

use std::sync::Arc;

use gotemplate::ast::Tree;
use govalue::Signature;

pub(crate) use counting::Counting;
pub use pipeline::arity_error;
pub use source_map::SourceMap;

/// The delimiters of the lowered text: block, variable and comment, start and end.
pub const DELIMITERS: [&str; 6] = [
    "\u{10FE00}",
    "\u{10FE01}",
    "\u{10FE02}",
    "\u{10FE03}",
    "\u{10FE04}",
    "\u{10FE05}",
];
const BLOCK: (&str, &str) = (DELIMITERS[0], DELIMITERS[1]);
const VARIABLE: (&str, &str) = (DELIMITERS[2], DELIMITERS[3]);

/// A template of Go's as minijinja reads it.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The minijinja text.
    pub text: String,
    /// The way back.
    pub map: SourceMap,
    /// How many nodes the template has: what one pass over it costs.
    pub nodes: usize,
    /// The names of the templates that it calls, where the name is written out.
    pub callees: Vec<Arc<str>>,
}

/// Tells the signature of a function.
pub type Signatures<'a> = &'a dyn Fn(&str) -> Option<Signature>;

/// Lowers a template.
pub fn lower(tree: &Tree, signatures: Signatures<'_>) -> Lowered {
    lower_as(tree, signatures, false, None)
}

/// Lowers a template into one that tells on its way what it does: `mark` before each statement, `noted` where a variable
/// or dot gets its value, `seen` where it is read. `render::origin` makes sense of it.
pub fn lower_traced(tree: &Tree, signatures: Signatures<'_>) -> Lowered {
    lower_as(tree, signatures, true, None)
}

/// Lowers a template, perhaps into one that can be traced, perhaps into one that counts what it comes to.
pub(crate) fn lower_as(
    tree: &Tree,
    signatures: Signatures<'_>,
    traced: bool,
    counting: Option<Counting<'_>>,
) -> Lowered {
    let mut lowerer = Lowerer {
        signatures,
        access: tracing::Access { traced },
        counting,
        scope: scope::Scope::new(&tree.root),
        out: Lowered {
            text: String::new(),
            map: SourceMap::default(),
            nodes: 0,
            callees: Vec::new(),
        },
        code: code::Code::default(),
        prelude: Vec::new(),
        continue_cell: None,
    };
    lowerer.count_template();
    let dollar: Arc<str> = "$".into();
    if lowerer.scope.is_assigned("$") {
        lowerer.statement(&["set dollar = dot|cell"]);
        lowerer
            .scope
            .bind(&dollar, "dollar.value".to_owned(), Some("dollar".to_owned()));
    } else {
        lowerer.scope.bind(&dollar, "dot".to_owned(), None);
    }
    lowerer.list(&tree.root.nodes);
    lowerer.out
}

/// The lowered text with the delimiters that people know.
pub fn readable(text: &str) -> String {
    let shown = ["{% ", " %}", "{{ ", " }}", "{# ", " #}"];
    DELIMITERS
        .iter()
        .zip(shown)
        .fold(text.to_owned(), |text, (delimiter, shown)| {
            text.replace(delimiter, shown)
        })
}

/// A tree on its way.
struct Lowerer<'a> {
    signatures: Signatures<'a>,
    /// How variables are read and set.
    access: tracing::Access,
    /// What is counted.
    counting: Option<Counting<'a>>,
    scope: scope::Scope,
    out: Lowered,
    /// The expression that is being made. Empty between statements.
    code: code::Code,
    /// Statements that must stand before the one that is being made.
    prelude: Vec<code::Code>,
    /// In the `else` of a loop that has a `break`: the cell that is set for a `continue` of the loop outside.
    continue_cell: Option<String>,
}
