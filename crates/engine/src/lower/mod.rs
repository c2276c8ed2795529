//! Translates ("lowers") Go templates into minijinja templates.
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
//! A Go function is called with the same arguments. The value of a pipeline becomes the filtered value, which keeps
//! Go's order of evaluation; the called function moves it back to the last argument. The delimiters are characters that
//! no text can contain ([`gostd::string::RESERVED_START`]), so text is copied unchanged and offsets hold; [`readable`]
//! shows Jinja's usual delimiters. Everything between two delimiters is on one line, because minijinja keeps spans only
//! then.
//!
//! In Go's error messages an item of an untyped list is an `interface {}` while it is the item of a loop. Its fields
//! are therefore read with `item_path(path, 1)` and the like, where the number is the one in the item's lowered name.
//!
//! The helpers that are not Go functions (`field`, `path`, `method`, `items`, `pairs`, `cell`, `assign`, `fault` and so
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

/// A Go template translated for minijinja.
#[derive(Clone, Debug)]
pub struct Lowered {
    /// The minijinja text.
    pub text: String,
    /// Maps the text back to the template.
    pub map: SourceMap,
    /// The number of nodes in the template, which is the cost of one run.
    pub nodes: usize,
    /// The templates that it calls by a literal name.
    pub callees: Vec<Arc<str>>,
}

/// Looks up the signature of a function.
pub type Signatures<'a> = &'a dyn Fn(&str) -> Option<Signature>;

/// Lowers a template for a plain render.
pub fn lower(tree: &Tree, signatures: Signatures<'_>) -> Lowered {
    lower_as(tree, signatures, false, None)
}

/// Lowers a template for a traced render. It calls `mark` before each statement, `noted` where a variable or the dot
/// gets its value, and `seen` where one is read; `render::origin` evaluates these calls.
pub fn lower_traced(tree: &Tree, signatures: Signatures<'_>) -> Lowered {
    lower_as(tree, signatures, true, None)
}

/// Lowers a template, optionally with the calls for tracing or for counting.
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

/// Replaces the delimiters of the lowered text by Jinja's usual ones.
pub fn readable(text: &str) -> String {
    let shown = ["{% ", " %}", "{{ ", " }}", "{# ", " #}"];
    DELIMITERS
        .iter()
        .zip(shown)
        .fold(text.to_owned(), |text, (delimiter, shown)| {
            text.replace(delimiter, shown)
        })
}

/// Lowers one tree.
struct Lowerer<'a> {
    signatures: Signatures<'a>,
    /// How variables are read and set.
    access: tracing::Access,
    /// The counters to write, if any.
    counting: Option<Counting<'a>>,
    scope: scope::Scope,
    out: Lowered,
    /// The current expression. Empty between statements.
    code: code::Code,
    /// Statements that must come before the current one.
    prelude: Vec<code::Code>,
    /// In the `else` of a loop that contains a `break`: the cell that records a `continue` of the outer loop.
    continue_cell: Option<String>,
}
