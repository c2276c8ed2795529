//! `promchart lower FILE`: prints the minijinja template of a Go template.

use std::path::Path;

use super::Exit;
use super::args::Lower;
use super::output::Output;
use diagnostics::{Diagnostic, Report};
use engine::lower::{lower, readable};
use source::{Source, SourceKind, Sources};
use world::World;

pub(super) fn run(world: &dyn World, arguments: &Lower, output: Output) -> Exit {
    let sources = Sources::new();
    let read = match &*arguments.file {
        "-" => world.read_stdin(),
        file => world.read(Path::new(file)),
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
    let signatures = |name: &str| sprig::find(name).map(|function| function.signature);
    let mut out = String::new();
    for tree in &template.trees {
        if template.trees.len() > 1 {
            out.push_str(&format!("{{# {} #}}\n", tree.name));
        }
        let text = readable(&lower(tree, &signatures).text);
        out.push_str(&text);
        if !text.ends_with('\n') {
            out.push('\n');
        }
    }
    Output::result(&gostd::string::decode(&out));
    Exit::Clean
}
