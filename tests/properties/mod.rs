//! Properties that hold for any input. The fuzz targets (`fuzz/`) search for inputs that violate them. Inputs that did,
//! and some that might, are kept in `tests/suite/fuzz/TARGET` and must not violate them again.

mod archive;
mod lexer;
mod lower;
mod parser;
mod render;
mod set;
mod yaml;

use crate::support::engine::with_deep_stack;
use crate::support::{names, root};

/// The inputs that are kept for a target, by name.
fn kept(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/suite/fuzz").join(target);
    let read = |name: String| {
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        (name, bytes)
    };
    names(&folder).into_iter().map(read).collect()
}

/// Checks all inputs that are kept for a target, and prints the name of the current one if it fails.
fn check_kept(target: &str, check: fn(&[u8])) {
    let inputs = kept(target);
    assert!(!inputs.is_empty());
    with_deep_stack(|| {
        for (name, bytes) in inputs {
            let checked = std::panic::catch_unwind(|| check(&bytes));
            assert!(checked.is_ok(), "tests/suite/fuzz/{target}/{name}");
        }
    });
}

/// Templates are inputs of more than one target.
fn check_templates(check: fn(&[u8])) {
    check_kept("template", check);
}

#[test]
fn tokens_cover_the_text() {
    check_templates(lexer::check);
}

#[test]
fn a_printed_template_reads_as_the_same() {
    check_templates(parser::check);
}

#[test]
fn what_parses_can_be_lowered() {
    check_templates(lower::check);
}

#[test]
fn renders_end() {
    check_templates(render::check);
}

#[test]
fn written_yaml_reads_as_the_same() {
    check_kept("yaml", yaml::check);
}

#[test]
fn set_expressions_are_bounded() {
    check_kept("set", set::check);
}

#[test]
fn archives_stay_inside() {
    check_kept("archive", archive::check);
}
