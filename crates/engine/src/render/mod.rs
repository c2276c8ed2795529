//! Runs lowered templates on minijinja.

mod budget;
mod capabilities;
mod context;
mod counters;
mod early;
mod environment;
mod error;
mod fault;
mod field;
mod files;
mod helpers;
mod name;
mod origin;
mod program;
mod rendering;
mod runtime;
mod session;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::manifest::Read;

pub use budget::Limits;
pub use capabilities::{Capabilities, DEFAULT_KUBE_VERSION, KubeVersion};
pub use context::{Release, TemplateFile, templates};
pub use error::{LIMIT, RENDER, SYNTAX, UNKNOWN_FUNCTION, syntax as syntax_diagnostic};
pub use name::name;
pub use origin::{Input, Origin, Origins, ValuePlace};
pub use rendering::{Ahead, Rendering, Templates};
pub use session::{Failed, Session};

/// The result of a render: the text of each file that is not a partial, by name.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    /// The texts, with [`gostd::string`] escapes.
    pub files: BTreeMap<Arc<str>, String>,
    /// The origin of each byte; only in a traced render.
    pub origins: Option<Arc<Origins>>,
    /// The files whose documents have been read.
    pub(crate) read: Read,
}

impl Rendered {
    /// Returns the origin of some bytes of a file: the innermost template text or action, the calls that led to it, and
    /// the values. `None` if the render was not traced or was too large to trace.
    ///
    /// Byte `n` of a document is byte `manifest.start + n` of the file.
    pub fn origin(&self, file: &str, range: std::ops::Range<usize>) -> Option<Origin> {
        self.origins.as_ref()?.of(file, range)
    }

    /// Returns the scalars that were read to print some bytes of a file; see [`Origins::inputs`]. None without a trace.
    pub fn inputs(&self, file: &str, range: std::ops::Range<usize>) -> Vec<Input> {
        let origins = self.origins.as_ref();
        origins.map(|origins| origins.inputs(file, range)).unwrap_or_default()
    }
}

/// Whether a render records the origins of its output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Records nothing, at no cost.
    #[default]
    Off,
    /// Records origins for [`Rendered::origin`].
    On,
}
