//! `promchart lower FILE`: prints the instructions that a Go template becomes.

use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::Lower;
use super::output::Output;
use diagnostics::{Diagnostic, Report};
use engine::lower::lower;
use source::{Source, SourceKind, Sources};
use system::System;

pub(super) fn run(system: &dyn System, arguments: &Lower, output: Output) -> Exit {
    let sources = Sources::new();
    let read = match &*arguments.file {
        "-" => system.read_stdin(),
        file => system.read(Path::new(file)),
    };
    let bytes = match read {
        Ok(bytes) => bytes,
        Err(error) => {
            let diagnostic = Diagnostic::error("template-file", format!("cannot read {}: {error}", arguments.file));
            output.errors(&diagnostic.into(), &sources, "");
            return Exit::Usage;
        }
    };
    let file = sources.add(Source::new(&*arguments.file, SourceKind::File, bytes));
    let source = sources.get(file);
    let parsed = gotemplate::parse(source.text(), file, &arguments.file, &|name| {
        sprig::find(name).is_some()
    });
    let template = match parsed {
        Ok(template) => template,
        Err(errors) => {
            let mut report = Report::new();
            errors
                .iter()
                .for_each(|error| report.push(engine::render::syntax_diagnostic(error, &arguments.file)));
            output.errors(&report, &sources, "");
            return Exit::Failed;
        }
    };
    let mut out = String::new();
    let is_several = template.trees.len() > 1;
    for tree in template.trees.into_iter().map(Arc::new) {
        if is_several {
            out.push_str(&format!("{}:\n", tree.name));
        }
        out.push_str(&lower(&tree).to_string());
    }
    Output::result(&gostd::string::decode(&out));
    Exit::Clean
}
