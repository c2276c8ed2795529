//! Charts: from a folder or an archive to one value with everything in it.

mod archive;
mod embedded;
mod field;
mod folder;
mod ignore;
mod load;
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

pub use embedded::embedded;
pub use load::{LOAD, VALUES_SYNTAX, load, locate, merge_maps, values_document};
pub use metadata::{Dependency, ImportValue, Maintainer, Metadata, check_usable};
pub use syntax::syntax_error;

/// A file of a chart.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path in the chart, with `/` between the parts: `templates/x.yaml`.
    pub name: Arc<str>,
    /// Its path as the user would type it.
    pub path: Arc<str>,
    content: Content,
}

/// What a file holds. The text of a source is kept as such, so that the table of sources can share it.
#[derive(Clone, Debug)]
enum Content {
    /// UTF-8 in which nothing has to be escaped.
    Text(Arc<str>),
    /// Anything else.
    Bytes(Arc<[u8]>),
}

impl File {
    /// A file with what is read from it; a byte order mark is no part of that.
    pub fn new(name: impl Into<Arc<str>>, path: impl Into<Arc<str>>, bytes: &[u8]) -> Self {
        let name = name.into();
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let content = match is_source(&name).then(|| gostring::encode(bytes)) {
            Some(Cow::Borrowed(text)) => Content::Text(text.into()),
            _ => Content::Bytes(bytes.into()),
        };
        Self {
            name,
            path: path.into(),
            content,
        }
    }

    /// What it holds.
    pub fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Text(text) => text.as_bytes(),
            Content::Bytes(bytes) => bytes,
        }
    }

    /// What it holds, with [`gostd::string`] escapes for bytes that are not UTF-8.
    pub fn text(&self) -> Arc<str> {
        match &self.content {
            Content::Text(text) => Arc::clone(text),
            Content::Bytes(bytes) => gostring::encode(bytes).into(),
        }
    }

    /// Whether both are one file that was read once, or copies of it.
    pub fn shares_content(&self, other: &Self) -> bool {
        match (&self.content, &other.content) {
            (Content::Text(one), Content::Text(other)) => Arc::ptr_eq(one, other),
            (Content::Bytes(one), Content::Bytes(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }

    /// Adds the file to the sources, to be read and pointed at.
    pub fn source(&self, sources: &Sources) -> FileId {
        sources.add(Source::of_text(&*self.path, SourceKind::File, self.text()))
    }
}

/// Whether a file is likely to become a source: definitions of resources and what `.Files` gives out can be large, and are
/// seldom looked at.
fn is_source(name: &str) -> bool {
    let is_read = |part| matches!(part, "templates" | "Chart.yaml" | "values.yaml" | "values.schema.json");
    name.split('/').any(is_read)
}

/// A chart with its subcharts.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Chart.yaml.
    pub metadata: Metadata,
    /// The path by which Helm knows the chart in that of the release: `chart/charts/sub`. It is that of another copy at times, where
    /// dependencies have aliases.
    pub path: String,
    /// Where Chart.yaml is, for findings about the chart as a whole.
    pub chart_yaml: FileId,
    /// values.yaml, a mapping; empty where there is none.
    pub values: Node,
    /// values.schema.json.
    pub schema: Option<File>,
    /// What is under templates/.
    pub templates: Vec<File>,
    /// All other files: crds/, README.md and whatever `.Files` gives out.
    pub files: Vec<File>,
    /// The charts under charts/.
    pub subcharts: Vec<Chart>,
}

impl Chart {
    /// The name by which values and templates know the chart: its alias, where it has one.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether it only serves templates to other charts.
    pub fn is_library(&self) -> bool {
        self.metadata.chart_type.eq_ignore_ascii_case("library")
    }

    /// The files that define custom resources, those of subcharts too, each with its path from the name of the release's chart on.
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

    /// Gives a chart and its subcharts the paths that follow from their names.
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
