//! Go's `text/template` language: scanner, syntax tree and parser.
//!
//! ```text
//! file      = { text | action | definition }
//! definition= "{{" "define" string "}}" list "{{" "end" "}}"
//! list      = { text | action }
//! action    = "{{" pipeline "}}"
//!           | "{{" ( "if" | "with" | "range" ) pipeline "}}" list [ "{{" "else" "}}" list ] "{{" "end" "}}"
//!           | "{{" "template" string [ pipeline ] "}}"
//!           | "{{" "block" string pipeline "}}" list "{{" "end" "}}"
//!           | "{{" ( "break" | "continue" ) "}}"            inside range only
//!           | "{{/*" text "*/}}"
//! pipeline  = [ variable [ "," variable ] ( ":=" | "=" ) ] command { "|" command }
//! command   = operand { space operand }
//! operand   = ( "." | "nil" | bool | number | string | variable | function | field | "(" pipeline ")" ) { field }
//! ```
//!
//! `{{- ` and ` -}}` trim the adjacent white space. `else if` and `else with` are an `else` whose list is that `if` or
//! `with`.

pub mod ast;
mod lexer;
mod number;
mod parser;
mod token;
pub mod trace;

pub use ast::Template;
pub use lexer::lex;
pub use parser::{SyntaxError, parse, parse_shared};
pub use token::{ScanError, Token, TokenKind};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
