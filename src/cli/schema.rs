//! `promchart schema bundle`: the sources of a values schema as one file.

use std::path::Path;

use super::Exit;
use super::args::{Schema, SchemaCommand};
use super::output::Output;
use chart::schema;
use diagnostics::Diagnostic;
use source::Sources;
use system::System;

pub(super) fn run(system: &dyn System, arguments: &Schema, output: Output) -> Exit {
    let SchemaCommand::Bundle {
        root,
        output: path,
        check,
    } = &arguments.command;
    let sources = Sources::new();
    let text = match schema::bundle(system, Path::new(root), &sources) {
        Ok(text) => text,
        Err(error) => {
            output.errors(&error.into(), &sources, "");
            return Exit::Usage;
        }
    };
    let failed = if *check {
        let is_fresh = system.read(Path::new(path)).is_ok_and(|bytes| bytes == text.as_bytes());
        let help = "run `promchart schema bundle`";
        (!is_fresh).then(|| Diagnostic::error(schema::BUNDLE, format!("{path} is not what {root} makes")).help(help))
    } else {
        let written = system.write(Path::new(path), text.as_bytes());
        written
            .err()
            .map(|error| Diagnostic::error(schema::BUNDLE, format!("cannot write {path}: {error}")))
    };
    match failed {
        None => Exit::Clean,
        Some(diagnostic) => {
            output.errors(&diagnostic.into(), &sources, "");
            Exit::Failed
        }
    }
}
