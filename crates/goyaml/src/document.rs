//! The entry points: from a source or a text to documents.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use super::decode::{self, Places};
use super::error::{Fault, YamlError};
use super::key::Key;
use super::node::{Node, Value};
use super::parse::Parser;
use super::reader::Input;
use super::resolve::Version;
use super::skim;
use super::tree::Tree;
use source::{FileId, Source, Span};

/// A document.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// Its value after the conversion to JSON: keys and dates are strings, numbers are finite. Integers are kept apart
    /// from floats; Helm, which reads the JSON into `interface{}`, has only floats ([`Node::numbers_as_floats`]).
    pub node: Node,
    /// Its bytes, from `---` or its first character to its last one or `...`.
    pub span: Range<usize>,
    /// Keys that occur twice in one mapping. In Helm the last one wins.
    pub duplicates: Vec<Duplicate>,
    /// Keys that are set twice in one Go map, with the lines of their second values.
    set_twice: Vec<(usize, Key)>,
}

impl Parsed {
    /// The error of Go's `yaml.UnmarshalStrict` for the same text, if there is one. Besides duplicate keys it reports
    /// keys that a merge key sets again.
    pub fn strict_error(&self) -> Option<String> {
        if self.set_twice.is_empty() {
            return None;
        }
        let mut text = "error converting YAML to JSON: yaml: unmarshal errors:".to_owned();
        for (line, key) in &self.set_twice {
            let _ = write!(text, "\n  line {line}: key {} already set in map", key.go_syntax());
        }
        Some(text)
    }
}

/// A key that occurs twice in one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The key.
    pub key: Arc<str>,
    /// Its first place.
    pub first: Span,
    /// Its second place.
    pub second: Span,
}

/// The documents of a stream.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// The documents before the error, if there is one.
    pub documents: Vec<Parsed>,
    /// The error that ended the reading.
    pub error: Option<YamlError>,
}

/// Reads the first document of a range of a source, as `yaml.Unmarshal` does; the rest of the range is ignored, even if
/// it has errors. An empty range gives null.
///
/// # Errors
/// The error of Go's `yaml.Unmarshal` into an `interface{}`. Lines in messages count from the start of the range.
///
/// # Panics
/// If the range is not valid for the source's text.
pub fn parse(source: &Source, file: FileId, range: Range<usize>) -> Result<Parsed, YamlError> {
    let origin = InSource::new(source, file, range);
    first(&Input::new(origin.text), &origin)
}

/// Like [`parse`], for a document cut out by Kubernetes' reader ([`split_documents`](super::split_documents)), which
/// appends a line break to the last line if it has none.
///
/// # Errors
/// As [`parse`].
///
/// # Panics
/// If the range is not valid for the source's text.
pub fn parse_lines(source: &Source, file: FileId, range: Range<usize>) -> Result<Parsed, YamlError> {
    let origin = InSource::new(source, file, range);
    first(&Input::of_lines(origin.text), &origin)
}

/// Reads the first document of a text that is in no source, such as the argument of `fromYaml`. All nodes get one span:
/// that of the expression that produced the text.
///
/// # Errors
/// As [`parse`]; the error's span counts bytes of `text`.
pub fn parse_str(text: &str, origin: Span) -> Result<Parsed, YamlError> {
    first(&Input::new(text), &Made { text, origin })
}

/// Reads the first document of a text that is in no source, for a reader of some top-level keys only. The keys are
/// matched as written. Other keys may be missing; if all are, the value may be null. Errors anywhere in the document are
/// found all the same.
///
/// ```
/// use source::{FileId, Span};
///
/// let read = |text| goyaml::parse_str_keys(text, Span::file_start(FileId::NONE), |key| key == "kind");
/// assert_eq!(read("kind: Service\nspec: {}\n").unwrap().as_map().unwrap().len(), 1);
/// assert!(read("kind: Service\nspec: x: y\n").is_err());
/// ```
///
/// # Errors
/// As [`parse_str`].
pub fn parse_str_keys(text: &str, origin: Span, is_wanted: impl Fn(&str) -> bool) -> Result<Node, YamlError> {
    match skim::keep(text, is_wanted) {
        Some(part) => parse_str(&part, origin),
        None => parse_str(text, origin),
    }
    .map(|parsed| parsed.node)
}

/// Reads all documents of a range of a source, as go-yaml's decoder does.
///
/// Helm does not split values files and manifests this way: it cuts the text at `---` lines before it reads any YAML,
/// and reads the pieces one by one.
///
/// # Panics
/// If the range is not valid for the source's text.
pub fn parse_all(source: &Source, file: FileId, range: Range<usize>) -> Documents {
    let origin = InSource::new(source, file, range);
    all(Version::V2, &Input::new(origin.text), &origin)
}

/// Like [`parse_all`], but as go-yaml v3 reads it: `yes` and `off` are strings, and a duplicate key is an error (see
/// [`Parsed::duplicates`]). With `cut` the range was cut out of a stream, so its last line gets a line break.
///
/// # Panics
/// If the range is not valid for the source's text.
pub fn parse_all_v3(source: &Source, file: FileId, range: Range<usize>, cut: bool) -> Documents {
    let origin = InSource::new(source, file, range);
    let input = if cut {
        Input::of_lines(origin.text)
    } else {
        Input::new(origin.text)
    };
    all(Version::V3, &input, &origin)
}

fn all(version: Version, input: &Input<'_>, origin: &dyn Origin) -> Documents {
    let mut found = Documents::default();
    let mut read = || -> Result<(), YamlError> {
        let mut parser = Parser::new(input);
        let fail = |fault| origin.error(input, fault);
        while let Some(tree) = Tree::read(&mut parser).map_err(fail)? {
            found
                .documents
                .push(finish(version, &tree, input, origin).map_err(fail)?);
        }
        Ok(())
    };
    let result = read();
    found.error = result.err();
    found
}

fn first(input: &Input<'_>, origin: &dyn Origin) -> Result<Parsed, YamlError> {
    let mut parser = Parser::new(input);
    let fail = |fault| origin.error(input, fault);
    match Tree::read(&mut parser).map_err(fail)? {
        Some(tree) => finish(Version::V2, &tree, input, origin).map_err(fail),
        None => Ok(Parsed {
            node: Node::new(Value::Null, origin.span(0..0)),
            span: origin.range(0..0),
            duplicates: Vec::new(),
            set_twice: Vec::new(),
        }),
    }
}

fn finish(version: Version, tree: &Tree<'_>, input: &Input<'_>, origin: &dyn Origin) -> Result<Parsed, Fault> {
    let decoded = decode::decode(version, tree, &Mapped { input, origin })?;
    let place = |offset| input.origin(offset);
    Ok(Parsed {
        node: decoded.node,
        span: origin.range(place(tree.place.start)..place(tree.place.end)),
        duplicates: decoded
            .duplicates
            .into_iter()
            .map(|(key, first, second)| Duplicate { key, first, second })
            .collect(),
        set_twice: decoded.strict,
    })
}

/// The origin of a text: a source, or an expression that produced it.
trait Origin {
    fn text(&self) -> &str;

    /// The offset of the text in the input that ranges refer to.
    fn base(&self) -> usize;

    /// The span of a range.
    fn span_of(&self, range: Range<usize>) -> Span;

    /// The range of the whole characters that these bytes belong to.
    fn range(&self, place: Range<usize>) -> Range<usize> {
        let text = self.text();
        let start = text.floor_char_boundary(place.start);
        let end = text.ceil_char_boundary(place.end).max(start);
        self.base() + start..self.base() + end
    }

    /// The span of a range of the text's bytes.
    fn span(&self, place: Range<usize>) -> Span {
        self.span_of(self.range(place))
    }

    fn error(&self, input: &Input<'_>, fault: Fault) -> YamlError {
        let (message, place) = fault.into_parts();
        YamlError {
            message: format!("error converting YAML to JSON: {message}"),
            span: Some(self.range(input.origin(place.start)..input.origin(place.end))),
        }
    }
}

/// A range of a source.
struct InSource<'a> {
    text: &'a str,
    start: usize,
    file: FileId,
}

impl<'a> InSource<'a> {
    fn new(source: &'a Source, file: FileId, range: Range<usize>) -> Self {
        let start = range.start;
        let text = &source.text()[range];
        Self { text, start, file }
    }
}

impl Origin for InSource<'_> {
    fn text(&self) -> &str {
        self.text
    }

    fn base(&self) -> usize {
        self.start
    }

    fn span_of(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }
}

/// A text produced by an expression.
struct Made<'a> {
    text: &'a str,
    origin: Span,
}

impl Origin for Made<'_> {
    fn text(&self) -> &str {
        self.text
    }

    fn base(&self) -> usize {
        0
    }

    fn span_of(&self, _: Range<usize>) -> Span {
        self.origin
    }
}

/// Maps the reader's bytes to spans.
struct Mapped<'a> {
    input: &'a Input<'a>,
    origin: &'a dyn Origin,
}

impl Places for Mapped<'_> {
    fn span(&self, place: &Range<usize>) -> Span {
        self.origin
            .span(self.input.origin(place.start)..self.input.origin(place.end))
    }
}
