//! `promchart template`: renders, and prints as `helm template` does.

use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::args::Template;
use super::output::Output;
use crate::diagnostic::{Diagnostic, Report};
use crate::go::filepath;
use crate::go::string as gostring;
use crate::go::unicode::is_space;
use crate::manifest::{Manifest, split};
use crate::pipeline::{self, Outcome, Request};
use crate::render::{Capabilities, KubeVersion, Limits, Release, Trace};
use crate::source::Sources;
use crate::values::Overrides;
use crate::world::World;

/// The release name where none is given.
const DEFAULT_NAME: &str = "prom";
/// The rule of command lines that make no sense.
const USAGE: &str = "usage";

pub(super) fn run(world: &Arc<dyn World>, arguments: &Template, output: Output) -> Exit {
    let sources = Sources::new();
    let request = match request(arguments) {
        Ok(request) => request,
        Err(error) => {
            output.errors(&Report::from(error), &sources, "");
            return Exit::Failed;
        }
    };
    let outcome = pipeline::run(world, &request, &sources);
    Output::log(&outcome.log);
    if !outcome.errors.is_empty() {
        if arguments.debug
            && let Some(rendered) = &outcome.rendered
        {
            let mut raw = String::new();
            for (name, text) in &rendered.files {
                if !name.ends_with("NOTES.txt") && !text.trim_matches(is_space).is_empty() {
                    push_document(&mut raw, name, text);
                }
            }
            Output::result(&gostring::decode(&format!("{}\n", raw.trim_matches(is_space))));
        }
        let closing = "\n\nUse --debug flag to render out invalid YAML";
        let closing = if outcome.had_begun && !arguments.debug {
            closing
        } else {
            ""
        };
        output.errors(&outcome.errors, &sources, closing);
        return Exit::Failed;
    }
    let exit = match print(&**world, arguments, &request, &outcome) {
        Ok(()) => Exit::Clean,
        Err(error) => {
            output.errors(&Report::from(*error), &sources, "");
            Exit::Failed
        }
    };
    // The process is about to end: to take a large chart apart piece by piece would only keep the user waiting.
    std::mem::forget((outcome, sources));
    exit
}

fn request(arguments: &Template) -> Result<Request, Box<Diagnostic>> {
    let (name, chart) = match &arguments.name_and_chart[..] {
        [] => (DEFAULT_NAME, None),
        [chart] => (DEFAULT_NAME, Some(chart)),
        [name, chart, ..] => (&**name, Some(chart)),
    };
    let mut capabilities = Capabilities::default();
    if let Some(version) = &arguments.target.kube_version {
        capabilities.kube_version = KubeVersion::parse(version)
            .map_err(|error| Diagnostic::error(USAGE, format!("invalid kube version '{version}': {error}")))?;
    }
    capabilities
        .api_versions
        .extend(arguments.target.api_versions.iter().cloned());
    let values = &arguments.values;
    let mut limits = Limits::default();
    if let Some(steps) = arguments.limits.max_steps {
        limits.steps = steps;
    }
    if let Some(mebibytes) = arguments.limits.max_memory {
        limits.memory = mebibytes.saturating_mul(1 << 20);
    }
    Ok(Request {
        chart: chart.map(Into::into),
        overrides: Overrides {
            files: values.files.clone(),
            json: values.set_json.clone(),
            set: values.set.clone(),
            string: values.set_string.clone(),
            file: values.set_file.clone(),
            literal: values.set_literal.clone(),
        },
        release: Release {
            name: name.to_owned(),
            namespace: arguments.target.namespace.clone(),
            is_upgrade: arguments.target.is_upgrade,
        },
        capabilities,
        skip_schema: arguments.skip_schema_validation,
        limits,
        trace: Trace::Off,
    })
}

fn print(world: &dyn World, arguments: &Template, request: &Request, outcome: &Outcome) -> Result<(), Box<Diagnostic>> {
    let (Some(chart), Some(manifests)) = (&outcome.chart, &outcome.manifests) else {
        return Ok(());
    };
    let crds = if arguments.include_crds {
        chart.crds()
    } else {
        Vec::new()
    };
    let crds = crds
        .into_iter()
        .map(|(name, file)| (name, gostring::encode(&file.bytes).into_owned()));
    let is_test = |hook: &Manifest| {
        hook.events
            .iter()
            .any(|event| event == "test" || event == "test-success")
    };
    let is_shown = |hook: &&Manifest| !(arguments.no_hooks || arguments.skip_tests && is_test(hook));
    let hooks = manifests.hooks.iter().filter(is_shown);
    let mut stream = String::new();
    let mut hook_stream = String::new();
    if let Some(folder) = &arguments.output_dir {
        let mut writer = FileWriter {
            world,
            folder,
            written: Vec::new(),
        };
        for (path, text) in crds {
            writer.write("", &path, &text)?;
        }
        let inner = if arguments.release_name {
            &*request.release.name
        } else {
            ""
        };
        for manifest in manifests.objects.iter().chain(hooks) {
            writer.write(inner, &manifest.path, &manifest.text)?;
        }
    } else {
        crds.for_each(|(path, text)| push_document(&mut stream, &path, &text));
        manifests
            .objects
            .iter()
            .for_each(|manifest| push_document(&mut stream, &manifest.path, &manifest.text));
        hooks.for_each(|hook| push_document(&mut hook_stream, &hook.path, &hook.text));
    }
    let mut stream = format!("{}\n{hook_stream}", stream.trim_matches(is_space));
    if !arguments.show_only.is_empty() {
        stream = only(&stream, &arguments.show_only)?;
    }
    Output::result(&gostring::decode(&stream));
    Ok(())
}

fn push_document(stream: &mut String, path: &str, text: &str) {
    stream.push_str(&format!("---\n# Source: {path}\n{text}\n"));
}

/// The manifests that came from the given templates. Helm looks for them in the stream itself, by its `# Source:` comments.
fn only(stream: &str, wanted: &[String]) -> Result<String, Box<Diagnostic>> {
    let documents: Vec<(&str, Option<&str>)> = split(stream)
        .into_iter()
        .map(|(_, text)| (text, source_in(text)))
        .collect();
    let mut shown = String::new();
    for pattern in wanted {
        let mut missing = true;
        for (text, path) in &documents {
            let matched = path.is_some_and(|path| filepath::matches(pattern, path).unwrap_or(false));
            if matched {
                shown.push_str(&format!("---\n{text}\n"));
                missing = false;
            }
        }
        if missing {
            return Err(Diagnostic::error(USAGE, format!("could not find template {pattern} in chart")).into());
        }
    }
    Ok(shown)
}

/// What follows the chart's name in the first `# Source: chart/path` of a document.
fn source_in(text: &str) -> Option<&str> {
    const COMMENT: &str = "# Source: ";
    text.match_indices(COMMENT).find_map(|(at, _)| {
        let (chart, path) = text[at + COMMENT.len()..].split_once('/')?;
        let path = path.lines().next().unwrap_or_default();
        (!chart.is_empty() && !path.is_empty()).then_some(path)
    })
}

/// Writes manifests to files; several of one template go to one file.
struct FileWriter<'a> {
    world: &'a dyn World,
    folder: &'a str,
    written: Vec<String>,
}

impl FileWriter<'_> {
    fn write(&mut self, inner: &str, path: &str, text: &str) -> Result<(), Box<Diagnostic>> {
        let folder = if inner.is_empty() {
            self.folder.to_owned()
        } else {
            format!("{}/{inner}", self.folder)
        };
        let file = format!("{folder}/{path}");
        let mut document = String::new();
        push_document(&mut document, path, text);
        let failed = |error: std::io::Error| Diagnostic::error(USAGE, format!("cannot write {file}: {error}"));
        let mut bytes = Vec::new();
        if self.written.contains(&file) {
            bytes = self.world.read(Path::new(&file)).map_err(failed)?;
        } else {
            self.written.push(file.clone());
        }
        bytes.extend_from_slice(&gostring::decode(&document));
        self.world.write(Path::new(&file), &bytes).map_err(failed)?;
        Output::result(format!("wrote {file}\n").as_bytes());
        Ok(())
    }
}
