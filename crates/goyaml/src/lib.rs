//! YAML as Helm reads and writes it. No other crate parses or writes YAML.
//!
//! Helm uses sigs.k8s.io/yaml: go-yaml v2, and a conversion to or from JSON. This crate matches it byte for byte: where
//! documents end, which texts are errors, the line and message of an error, the meaning of a scalar (`yes` is true,
//! `0777` is 511, a date is a string) and which duplicate key wins. Unlike Go's library it also keeps the place of each
//! key and value.
//!
//! ```text
//! text → reader → scan (tokens) → parse (events) → tree (one document) → decode (aliases, merges, JSON's rules) → Node
//! Node or calls → emit (Writer) → text
//! ```
//!
//! ```
//! use source::{Source, SourceKind, Sources};
//!
//! let sources = Sources::new();
//! let file = sources.add(Source::new("values.yaml", SourceKind::File, b"a: yes\nb: [0777, 1.50]".to_vec()));
//! let source = sources.get(file);
//! let parsed = goyaml::parse(&source, file, 0..source.text().len()).unwrap();
//! let b = &parsed.node.as_map().unwrap().get("b").unwrap();
//! assert_eq!(&source.text()[b.key.range()], "b");
//! assert_eq!(b.node.as_list().unwrap()[0].value, goyaml::Value::Int(511));
//! ```

mod base64;
mod build;
mod decode;
mod decode_map;
mod document;
mod emit;
mod emit_scalar;
mod error;
mod gosyntax;
pub mod json;
mod key;
mod mark;
mod node;
mod order;
mod parse;
mod parse_collection;
mod place;
mod reader;
mod resolve;
mod scalar;
mod scan;
mod scan_scalar;
mod scan_token;
mod scan_word;
mod skim;
mod sorted;
mod split;
mod token;
mod tree;

pub use document::{
    Documents, Duplicate, Parsed, parse, parse_all, parse_all_v3, parse_lines, parse_str, parse_str_keys,
};
pub use emit::{Style, Writer, to_yaml};
pub use error::YamlError;
pub use node::{Entry, Map, Node, Value};
pub use order::{natural_order, sort_keys};
pub use place::within;
pub use sorted::SortedMap;
pub use split::{BadSeparator, split_documents};

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
