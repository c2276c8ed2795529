//! The stages of the template language one by one: each file of `tests/suite/{lexer,parser,lower}` has a snapshot,
//! which shows the tokens, the syntax tree or the lowered text, or the diagnostics. A new case is a new file;
//! `cargo insta` or `just bless` writes its snapshot. Review it before you commit it.

use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

use promchart::functions;
use promchart::lower::lower;
use promchart::render::syntax_diagnostic;
use promchart::report::text;
use promchart::source::{FileId, Source, SourceKind, Sources, Span};
use promchart::template::ast::{Branch, List, Node, Template};
use promchart::template::{lex, parse};

use crate::support::{names, root};

/// Snapshots every file of a suite folder: the result of `show`, below the input.
fn each(stage: &str, show: impl Fn(&Sources, FileId) -> String) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("tests/suite").join(stage));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        insta::glob!(root().join("tests/suite"), &format!("{stage}/*.tpl"), |path| {
            let (sources, file) = open(path);
            let shown = format!("{}\n----\n{}", sources.get(file).text(), show(&sources, file));
            insta::assert_snapshot!(stage, shown);
        });
    });
}

fn open(path: &Path) -> (Sources, FileId) {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let sources = Sources::new();
    let file = sources.add(Source::new(name, SourceKind::File, std::fs::read(path).unwrap()));
    (sources, file)
}

/// `line:column-line:column` of a range.
fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.file);
    let (start, end) = (source.line_column(span.start), source.line_column(span.end));
    format!("{}:{}-{}:{}", start.line, start.column, end.line, end.column)
}

/// The trees of a file, or its errors as users see them.
fn parsed(sources: &Sources, file: FileId) -> Result<Template, String> {
    let source = sources.get(file);
    let known = |name: &str| functions::find(name).is_some();
    parse(source.text(), file, source.name(), &known).map_err(|errors| {
        let shown = errors.iter().map(|error| {
            let diagnostic = syntax_diagnostic(error, source.name());
            format!(
                "Helm: {}\n{}",
                diagnostic.headline(),
                text::write(&diagnostic, sources, false)
            )
        });
        shown.collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn lexer() {
    each("lexer", |sources, file| {
        let source = sources.get(file);
        let mut out = String::new();
        for token in lex(source.text()) {
            let span = Span::new(file, token.start, token.end);
            let covered = &source.text()[token.start..token.end];
            let kind = match token.error(source.text()) {
                Some(message) => format!("Error({message:?})"),
                None => format!("{:?}", token.kind),
            };
            let _ = writeln!(out, "{:<11} {kind} {covered:?}", place(sources, span));
        }
        out
    });
}

#[test]
fn parser() {
    each("parser", |sources, file| match parsed(sources, file) {
        Err(errors) => errors,
        Ok(template) => {
            let mut out = String::new();
            for tree in &template.trees {
                let _ = writeln!(out, "{} {:?}", place(sources, tree.span), tree.name);
                list(sources, &tree.root, 1, &mut out);
            }
            out
        }
    });
}

/// One line per node, indented by its depth.
fn list(sources: &Sources, nodes: &List, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    for node in &nodes.nodes {
        let _ = write!(out, "{indent}{} ", place(sources, node.meta().span));
        let _ = match node {
            Node::Text(text) => writeln!(out, "text {:?}", text.text),
            Node::Action(action) => writeln!(out, "action {}", action.pipeline),
            Node::If(inner) => branch(sources, "if", inner, depth, out),
            Node::With(inner) => branch(sources, "with", inner, depth, out),
            Node::Range(inner) => branch(sources, "range", inner, depth, out),
            Node::Template(call) => writeln!(out, "{call}"),
            Node::Break(_) => writeln!(out, "break"),
            Node::Continue(_) => writeln!(out, "continue"),
        };
    }
}

fn branch(sources: &Sources, keyword: &str, branch: &Branch, depth: usize, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{keyword} {}", branch.pipeline)?;
    list(sources, &branch.list, depth + 1, out);
    if let Some(otherwise) = &branch.else_list {
        writeln!(out, "{}else", "  ".repeat(depth))?;
        list(sources, otherwise, depth + 1, out);
    }
    Ok(())
}

/// Printed text is parsed to a tree that prints the same: the tree lost nothing.
#[test]
fn printed_trees_parse_back() {
    let mut checked = 0;
    for folder in ["tests/suite/parser", "tests/suite/lower"] {
        for name in names(folder).into_iter().filter(|name| name.ends_with(".tpl")) {
            let (sources, file) = open(&root().join(folder).join(&name));
            let Ok(template) = parsed(&sources, file) else { continue };
            for tree in &template.trees {
                let printed = tree.root.to_string();
                let again = sources.add(Source::new(&*name, SourceKind::Made, printed.clone().into_bytes()));
                let known = |name: &str| functions::find(name).is_some();
                let reparsed = parse(&printed, again, &name, &known)
                    .unwrap_or_else(|errors| panic!("{name}: {}\n{printed}", errors[0].message));
                assert_eq!(reparsed.trees.last().unwrap().root.to_string(), printed, "{name}");
                checked += 1;
            }
        }
    }
    assert!(checked >= 10, "{checked}");
}

#[test]
fn lowering() {
    each("lower", |sources, file| match parsed(sources, file) {
        Err(errors) => errors,
        Ok(template) => {
            let mut out = String::new();
            for tree in template.trees.into_iter().map(Arc::new) {
                let _ = writeln!(out, "{:?}\n{}", tree.name, lower(&tree));
            }
            out
        }
    });
}
