//! The template of `--name-template`. Mirrors `TemplateName` of Helm's `pkg/action/install.go`.

use std::sync::Arc;

use super::budget::Limits;
use super::environment::environment;
use super::error;
use super::program::Names;
use super::runtime::{Run, Runtime};
use govalue::Value;
use source::{Source, SourceKind, Sources};
use sprig::Origin;
use system::System;

/// The name of the template in Go's error messages.
const NAME: &str = "name-template";
/// Functions whose sprig version applies here, because Helm has not replaced it yet.
const SPRIGS_OWN: [&str; 5] = ["fail", "fromJson", "getHostByName", "mustToJson", "toJson"];

/// Renders a template without a dot, with the functions of Go and sprig.
///
/// # Errors
/// Go's error message.
pub fn name(text: &str, system: &Arc<dyn System>) -> Result<String, String> {
    let sources = Sources::new();
    let file = sources.add(Source::new(NAME, SourceKind::Flag, text.as_bytes().to_vec()));
    let source = sources.get(file);
    let is_function = |name: &str| {
        sprig::find(name).is_some_and(|function| function.origin != Origin::Helm || SPRIGS_OWN.contains(&name))
    };
    let parsed = gotemplate::parse(source.text(), file, NAME, &is_function)
        .map_err(|errors| format!("template: {NAME}:{}: {}", errors[0].line, errors[0].message))?;
    let runtime = Arc::new(Runtime::new(
        Arc::clone(system),
        sources.clone(),
        Limits::default(),
        false,
        false,
    ));
    let mut names = Names::default();
    runtime
        .program
        .add(parsed, None)
        .iter()
        .for_each(|added| names.define(added));
    runtime.begin(names);
    let Some(id) = runtime.find(NAME) else {
        return Ok(String::new());
    };
    runtime
        .run(&environment(&runtime), id, Value::UNDEFINED, Run::default())
        .map_err(|failed| error::in_go(&failed, &runtime.program, &sources))
}
