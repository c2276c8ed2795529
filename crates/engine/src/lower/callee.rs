//! The function of a call, as a constant of the instructions.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use sprig::Function;

/// The last argument of the filter `call`: the function to call with the other arguments.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Callee {
    /// The function.
    pub(crate) function: &'static Function,
    /// Whether the first argument is the value of the pipeline, which is the last one in Go.
    pub(crate) is_piped: bool,
}

impl Object for Callee {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.name)?;
        f.write_str(if self.is_piped { " (piped)" } else { "" })
    }
}
