//! `promchart template`: renders, and prints as `helm template` does.

use std::path::Path;
use std::sync::Arc;

use super::args::Template;
use super::helm_flags::invalid;
use super::output::Output;
use super::output_dir::FileWriter;
use super::printed::Printed;
use super::request::{Asked, USAGE, usage};
use super::{Exit, each_values};
use diagnostics::{Diagnostic, Report};
use engine::manifest::{Manifest, PostRenderer, split};
use engine::render::Trace;
use engine::stages::{self, Outcome, Request};
use explain::source_map::{self, Origin};
use gostd::string as gostring;
use gostd::unicode::is_space;
use gostd::{boolean, filepath, path};
use source::Sources;
use system::System;

/// The text that Helm adds to the error of a render.
const CLOSING: &str = "\n\nUse --debug flag to render out invalid YAML";

/// Whether most charts are rendered without reading their CRDs and other files. [`run`] checks, once the chart has been
/// rendered, that those that were needed could be read.
pub(super) fn may_read_late(arguments: &Template) -> bool {
    !arguments.include_crds && arguments.source_map.is_none() && arguments.each_values.is_empty()
}

/// `new_system` creates a system like `system` for another thread.
pub(super) fn run(
    system: &Arc<dyn System>,
    new_system: &(dyn Fn() -> Arc<dyn System> + Sync),
    arguments: &Template,
    output: Output,
) -> Exit {
    let sources = Sources::new();
    let request = match request(system, arguments) {
        Ok(request) => request,
        Err(error) => {
            output.errors(&Report::from(error), &sources, "");
            return Exit::Failed;
        }
    };
    if !arguments.each_values.is_empty() {
        return each_values::run(system, new_system, arguments, &request, &sources, output);
    }
    let debug = arguments.debug
        || system
            .variable("HELM_DEBUG")
            .is_some_and(|value| boolean::parse(&value) == Ok(true));
    let outcome = stages::run(system, &request, &sources);
    if let Err(error) = chart::check_late(&**system) {
        output.errors(&Report::from(*error), &sources, "");
        return Exit::Failed;
    }
    Output::log(&outcome.log);
    if !outcome.errors.is_empty() {
        if debug && outcome.had_begun {
            Output::result(&gostring::decode(&unsorted(&outcome, &arguments.show_only)));
        }
        let closing = if outcome.had_begun && !debug { CLOSING } else { "" };
        output.errors(&outcome.errors, &sources, closing);
        return Exit::Failed;
    }
    let folder = arguments.output_dir.as_deref();
    let printed = print(&**system, arguments, &request, &outcome, folder).and_then(|printed| {
        if let Some(file) = &arguments.source_map {
            write_source_map(&**system, Path::new(file), &request, &outcome, (&printed, &sources))?;
        }
        Ok(printed)
    });
    let exit = match printed {
        Ok(printed) => {
            Output::result(&gostring::decode(&printed.text));
            Exit::Clean
        }
        Err(Unprinted { error, was_rendering }) => {
            let closing = if was_rendering && !debug { CLOSING } else { "" };
            output.errors(&Report::from(*error), &sources, closing);
            Exit::Failed
        }
    };
    // The process is about to exit: freeing a large chart piece by piece would only delay it.
    std::mem::forget((outcome, sources));
    exit
}

/// The post-renderer. An empty name is none, and only one is allowed.
fn post_renderer(arguments: &Template) -> Result<Option<PostRenderer>, Box<Diagnostic>> {
    let mut programs = arguments.post_renderer.iter().filter(|program| !program.is_empty());
    let first = programs.next();
    if let Some(second) = programs.next() {
        let error = "cannot specify --post-renderer flag more than once";
        return Err(usage(invalid(second, "--post-renderer", error)));
    }
    Ok(first.map(|program| PostRenderer {
        program: program.clone(),
        arguments: arguments.post_renderer_args.clone(),
    }))
}

fn request(system: &Arc<dyn System>, arguments: &Template) -> Result<Request, Box<Diagnostic>> {
    let mut remark = |text: String| Output::message(&format!("{text}\n"));
    let asked = Asked {
        name_and_chart: &arguments.name_and_chart,
        values: &arguments.values,
        target: &arguments.target,
        limits: &arguments.limits,
        skip_schema: arguments.skip_schema_validation,
    };
    // In Helm's order: first each flag, then their combinations, then their values.
    arguments.helm.read(&mut remark).map_err(usage)?;
    let lists = asked.lists()?;
    let post_renderer = post_renderer(arguments)?;
    arguments.helm.deprecations().for_each(&mut remark);
    arguments.helm.check_groups().map_err(usage)?;
    let kube_version = asked.kube_version()?;
    arguments.helm.check_values(&mut remark).map_err(usage)?;
    let mut request = asked.request_with(system, lists, kube_version)?;
    request.post_renderer = post_renderer;
    if let Some(file) = &arguments.source_map {
        let refused = if file.is_empty() {
            Some("--source-map takes the name of a file")
        } else if request.post_renderer.is_some() {
            Some("--source-map: what a --post-renderer prints has no origins; leave one of the two out")
        } else if !arguments.each_values.is_empty() {
            Some("--source-map is for one render; give the file of --each-values with -f")
        } else {
            None
        };
        if let Some(refused) = refused {
            return Err(usage(refused));
        }
        request.trace = Trace::On;
    }
    Ok(request)
}

/// Writes the source map of the output.
fn write_source_map(
    system: &dyn System,
    file: &Path,
    request: &Request,
    outcome: &Outcome,
    (printed, sources): (&Printed, &Sources),
) -> Result<(), Box<Diagnostic>> {
    let (Some(chart), Some(values), Some(rendered)) = (&outcome.chart, &outcome.values, &outcome.rendered) else {
        return Ok(());
    };
    if rendered.origins.is_none() {
        return Err(usage("--source-map: the render is too large to be traced")
            .help("give it more memory with --max-memory")
            .into());
    }
    let release = source_map::Release {
        chart,
        values,
        rendered,
        namespace: &request.release.namespace,
        sources,
    };
    let text = source_map::write(release, &printed.parts());
    let written = system.write(file, text.as_bytes());
    written.map_err(|error| usage(format!("cannot write {}: {error}", file.display())))
}

/// The error of printing or writing a result.
pub(super) struct Unprinted {
    pub(super) error: Box<Diagnostic>,
    /// Whether Helm reports it as an error of the render.
    was_rendering: bool,
}

impl Unprinted {
    fn rendering(error: Box<Diagnostic>) -> Self {
        let was_rendering = true;
        Self { error, was_rendering }
    }
}

impl From<Box<Diagnostic>> for Unprinted {
    fn from(error: Box<Diagnostic>) -> Self {
        let was_rendering = false;
        Self { error, was_rendering }
    }
}

/// The text for stdout. With `--output-dir`, manifests are written to files there instead.
pub(super) fn print(
    system: &dyn System,
    arguments: &Template,
    request: &Request,
    outcome: &Outcome,
    folder: Option<&str>,
) -> Result<Printed, Unprinted> {
    let (Some(chart), Some(manifests)) = (&outcome.chart, &outcome.manifests) else {
        return Ok(Printed::default());
    };
    let crds = if arguments.include_crds {
        chart.crds()
    } else {
        Vec::new()
    };
    let crds = crds.into_iter().map(|(name, file)| (name, file.text()));
    let is_test = |hook: &Manifest| {
        hook.events
            .iter()
            .any(|event| event == "test" || event == "test-success")
    };
    let is_shown = |hook: &&Manifest| !(arguments.no_hooks || arguments.skip_tests && is_test(hook));
    let hooks = manifests.hooks.iter().filter(is_shown);
    let mut stream = Printed::default();
    let mut hook_stream = Printed::default();
    let of = |manifest: &Manifest| (Origin::Rendered(Arc::clone(&manifest.path)), manifest.start);
    // An empty path is none, as in Helm.
    if let Some(folder) = folder.filter(|folder| !folder.is_empty()) {
        let mut writer = FileWriter::new(system);
        for (path, text) in crds {
            let before = writer.write(folder, &path, &text).map_err(Unprinted::rendering)?;
            stream.wrote((folder, &path, before), (Origin::Crd(path.clone()), 0), &text);
        }
        let folder = if arguments.release_name {
            path::clean(&format!("{folder}/{}", request.release.name))
        } else {
            folder.to_owned()
        };
        for object in &manifests.objects {
            let written = writer.write(&folder, &object.path, &object.text);
            let before = written.map_err(Unprinted::rendering)?;
            stream.wrote((&folder, &object.path, before), of(object), &object.text);
        }
        for hook in hooks {
            let before = writer.write_hook(&folder, &hook.path, &hook.text)?;
            stream.wrote((&folder, &hook.path, before), of(hook), &hook.text);
        }
    } else {
        let all = manifests.objects.iter().chain(&manifests.hooks);
        stream.text.reserve(
            all.map(|manifest| manifest.path.len() + manifest.text.len() + AROUND)
                .sum(),
        );
        crds.for_each(|(path, text)| stream.push(&path, &text, (Origin::Crd(path.clone()), 0)));
        let objects = manifests.objects.iter();
        objects.for_each(|manifest| stream.push(&manifest.path, &manifest.text, of(manifest)));
        hooks.for_each(|hook| hook_stream.push(&hook.path, &hook.text, of(hook)));
    }
    let mut stream = stream.followed_by(hook_stream);
    if !arguments.show_only.is_empty() {
        stream = only(&stream, &arguments.show_only)?;
    }
    Ok(stream)
}

/// The output of `--debug` if the manifests cannot be sorted: everything that was rendered.
fn unsorted(outcome: &Outcome, show_only: &[String]) -> String {
    let mut raw = String::new();
    for (name, text) in outcome.rendered.iter().flat_map(|rendered| &rendered.files) {
        if !name.ends_with("NOTES.txt") && !text.trim_matches(is_space).is_empty() {
            push_document(&mut raw, name, text);
        }
    }
    let stream = format!("{}\n", raw.trim_matches(is_space));
    if show_only.is_empty() {
        return stream;
    }
    // A missing template may be the one that fails to render.
    let mut all = Printed::default();
    all.text = stream;
    only(&all, show_only).unwrap_or_default().text
}

/// An upper bound on the bytes that [`push_document`] writes around a document, without its path.
const AROUND: usize = 32;

pub(super) fn push_document(stream: &mut String, path: &str, text: &str) {
    ["---\n# Source: ", path, "\n", text, "\n"]
        .iter()
        .for_each(|part| stream.push_str(part));
}

/// The manifests of the given templates. Helm searches for them in the output, by its `# Source:` comments.
fn only(stream: &Printed, wanted: &[String]) -> Result<Printed, Box<Diagnostic>> {
    let documents: Vec<(usize, &str, Option<&str>)> = split(&stream.text)
        .into_iter()
        .map(|(start, text)| (start, text, source_in(text)))
        .collect();
    let mut shown = Printed::default();
    for pattern in wanted {
        let mut missing = true;
        for (start, text, path) in &documents {
            let matched = path.is_some_and(|path| filepath::matches(pattern, path).unwrap_or(false));
            if matched {
                shown.text.push_str("---\n");
                shown.take(stream, *start..start + text.len());
                shown.text.push('\n');
                missing = false;
            }
        }
        if missing {
            return Err(Diagnostic::error(USAGE, format!("could not find template {pattern} in chart")).into());
        }
    }
    Ok(shown)
}

/// The path after the chart's name in the first `# Source: chart/path` of a document.
fn source_in(text: &str) -> Option<&str> {
    const COMMENT: &str = "# Source: ";
    text.match_indices(COMMENT).find_map(|(at, _)| {
        let (chart, path) = text[at + COMMENT.len()..].split_once('/')?;
        let path = path.lines().next().unwrap_or_default();
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}
