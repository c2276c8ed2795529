//! Charts, loaded from a folder or an archive into a single value.

mod archive;
mod budget;

mod field;
mod folder;
mod ignore;
mod load;
mod location;
mod metadata;
pub mod schema;
mod syntax;
pub mod values;

use std::borrow::Cow;
use std::sync::Arc;

use gostd::path;
use gostd::string as gostring;
use goyaml::Node;
use source::{FileId, Source, SourceKind, Sources};
use system::LateFile;

pub use budget::LOAD;
pub use load::{VALUES_SYNTAX, check_late, load, locate, merge_maps, values_document};
pub use location::{Embedded, Location};
pub use metadata::{Dependency, ImportValue, Maintainer, Metadata, check_usable};
pub use syntax::syntax_error;

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path in the chart, with `/` as separator: `templates/x.yaml`.
    pub name: Arc<str>,
    /// Its path as the user would type it.
    pub path: Arc<str>,
    content: Content,
    /// Its parsed YAML, if that was read together with the file.
    parsed: Option<Box<Parsed>>,
}

/// The document of a Chart.yaml or values.yaml.
#[derive(Clone, Debug)]
struct Parsed {
    source: FileId,
    document: diagnostics::Result<Node>,
}

/// The content of a file. The text of a source file is stored as a string, so that the table of sources can share it.
#[derive(Clone, Debug)]
enum Content {
    /// UTF-8 text without any character that has to be escaped.
    Text(Arc<str>),
    /// Anything else. Kept in the buffer that it was read into, since these files can be large.
    Bytes(Arc<Vec<u8>>),
    /// Of a file that is read only if something asks for it.
    Late(Arc<LateFile>),
}

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

impl File {
    /// Creates a file from its bytes. A byte order mark is removed.
    pub fn new(name: impl Into<Arc<str>>, path: impl Into<Arc<str>>, bytes: impl Into<Vec<u8>>) -> Self {
        let (name, mut bytes) = (name.into(), bytes.into());
        bytes.drain(..bytes.len() - without_mark(&bytes).len());
        let content = match is_source(&name).then(|| gostring::encode(&bytes)) {
            Some(Cow::Borrowed(text)) => Content::Text(text.into()),
            _ => {
                bytes.shrink_to_fit();
                Content::Bytes(Arc::new(bytes))
            }
        };
        Self {
            name,
            path: path.into(),
            content,
            parsed: None,
        }
    }

    /// A file that is read only if something asks for it.
    fn late(name: String, path: &str, file: LateFile) -> Self {
        Self {
            name: name.into(),
            path: path.into(),
            content: Content::Late(Arc::new(file)),
            parsed: None,
        }
    }

    /// The content of the file.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
            Content::Late(file) => without_mark(file.bytes()),
        }
    }

    /// The content, with [`gostd::string`] escapes for bytes that are not UTF-8.
    pub fn text(&self) -> Arc<str> {
        match &self.content {
            Content::Text(text) => Arc::clone(text),
            Content::Bytes(_) | Content::Late(_) => gostring::encode(self.bytes()).into(),
        }
    }

    /// Whether both are copies of a file that was read once.
    pub fn shares_content(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Text(one), Content::Text(other)) => Arc::ptr_eq(one, other),
            (Content::Bytes(one), Content::Bytes(other)) => Arc::ptr_eq(one, other),
            (Content::Late(one), Content::Late(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Adds the file to the sources, so that it can be parsed and reported on.
    pub fn source(&self, sources: &Sources) -> FileId {
        match &self.parsed {
            Some(parsed) => parsed.source,
            None => sources.add(self.as_source()),
        }
    }

    fn as_source(&self) -> Source {
        Source::of_text(&*self.path, SourceKind::File, self.text())
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Whether a file is likely to become a source. CRDs and the files for `.Files` can be large and are rarely parsed.
fn is_source(name: &str) -> bool {
    let is_read = |part| matches!(part, "templates" | "Chart.yaml" | "values.yaml" | "values.schema.json");
    name.split('/').any(is_read)
}

/// A chart with its subcharts.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Chart.yaml.
    pub metadata: Arc<Metadata>,
    /// Helm's path of the chart in that of the release: `chart/charts/sub`. If dependencies have aliases, it can be the
    /// path of another copy.
    pub path: String,
    /// The source of Chart.yaml, for diagnostics about the chart as a whole.
    pub chart_yaml: FileId,
    /// values.yaml, which is a mapping; empty if there is none.
    pub values: Node,
    /// values.schema.json.
    pub schema: Option<File>,
    /// The files under templates/.
    pub templates: Vec<File>,
    /// All other files: crds/, README.md and whatever `.Files` provides.
    pub files: Vec<File>,
    /// The charts under charts/.
    pub subcharts: Vec<Chart>,
}

impl Chart {
    /// The name of the chart in values and templates: its alias, if it has one.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether it is a library chart, which only provides templates to other charts.
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }

    /// The names under which a subchart is used: those of its dependencies, or its own if none declares it.
    pub fn names_of<'a>(&'a self, subchart: &'a Self) -> Vec<&'a str> {
        let dependencies = self.metadata.dependencies.iter();
        let mut names: Vec<&str> = dependencies
            .filter(|dependency| dependency.name == subchart.name())
            .map(Dependency::name_or_alias)
            .collect();
        if names.is_empty() {
            names.push(subchart.name());
        }
        names
    }

    /// The CRD files, including those of subcharts, each with its path from the name of the release's chart.
    pub fn crds(&self) -> Vec<(String, File)> {
        let mut found = Vec::new();
        self.collect_crds(&mut found);
        found
    }

    fn collect_crds(&self, found: &mut Vec<(String, File)>) {
        let is_manifest = |name: &str| {
            let extension = name
                .rsplit('/')
                .next()
                .and_then(|name| name.rsplit_once('.'))
                .map_or("", |(_, end)| end);
            ["yaml", "yml", "json"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        };
        for file in self
            .files
            .iter()
            .filter(|file| file.name.starts_with("crds/") && is_manifest(&file.name))
        {
            found.push((path::clean(&format!("{}/{}", self.path, file.name)), file.clone()));
        }
        for subchart in &self.subcharts {
            subchart.collect_crds(found);
        }
    }

    /// Sets the paths of a chart and its subcharts according to their names.
    fn set_paths(&mut self, path: String) {
        for subchart in &mut self.subcharts {
            subchart.set_paths(format!("{path}/charts/{}", subchart.metadata.name));
        }
        self.path = path;
    }
}

/// The examples of the README, as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
