//! `promchart diff`: what a change of a chart or of values means for the objects of a release.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::Exit;
use super::args::{LimitArguments, Target, Values};
use super::output::Output;
use super::request::{Asked, usage};
use diagnostics::{Diagnostic, Report};
use diff::git::Revision;
use diff::report::{Detail, json, markdown, text};
use diff::{Diff, Filter, Options, Side, What};
use source::Sources;
use system::{FileKind, Overlay, Seeded, System};

/// `promchart diff [OLD] [NEW]`
///
/// Compares the objects of two renders, or of recorded manifests and a render, and says what the upgrade from the old side to the new
/// one does: updates that the API server refuses, data that are deleted, pods that restart, rights that grow.
///
/// A side is the folder of a chart, a packed chart, or manifests as `helm get manifest` prints them (`-` is the standard input). One
/// chart alone is both sides: --from, --to, --from-values and the like tell them apart. Without any the Prometheus chart that is part of
/// promchart is rendered; with --from or --to, the chart in the working folder.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 no difference, 1 there are differences, 2 trouble. docs/diff.md has the rest.\n\nExamples:\n  \
    promchart diff chart --from main -f prod.yaml                # what this working tree changes\n  \
    promchart diff old.tgz new.tgz -f prod.yaml                  # what an upgrade does\n  \
    promchart diff chart --from-values dev.yaml --to-values prod.yaml\n  \
    helm get manifest prom | promchart diff - chart --name prom -f prod.yaml"
)]
pub(super) struct DiffArguments {
    /// The old side and the new side; one chart alone is both
    #[arg(value_name = "OLD] [NEW", num_args = 0..=2)]
    sides: Vec<String>,
    /// The git revision of the old side: branch, tag or commit. Files come from git's objects, nothing is checked out
    #[arg(long, value_name = "REVISION", help_heading = "Sides")]
    from: Option<String>,
    /// The git revision of the new side [default: the working tree]
    #[arg(long, value_name = "REVISION", help_heading = "Sides")]
    to: Option<String>,
    /// Take the last commit that the revision of --from and HEAD share, as a pull request does
    #[arg(long, requires = "from", help_heading = "Sides")]
    merge_base: bool,
    /// A values file of the old side, over those of -f
    #[arg(long, value_name = "FILE,..", help_heading = "Sides")]
    from_values: Vec<String>,
    /// A values file of the new side, over those of -f
    #[arg(long, value_name = "FILE,..", help_heading = "Sides")]
    to_values: Vec<String>,
    /// Values of the old side as key1=val1,key2=val2
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Sides")]
    from_set: Vec<String>,
    /// Values of the new side as key1=val1,key2=val2
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Sides")]
    to_set: Vec<String>,
    /// The Kubernetes version of the old side
    #[arg(long, value_name = "VERSION", help_heading = "Sides")]
    from_kube_version: Option<String>,
    /// The Kubernetes version of the new side
    #[arg(long, value_name = "VERSION", help_heading = "Sides")]
    to_kube_version: Option<String>,
    #[command(flatten)]
    values: Values,
    /// The name of the release [default: release-name; prom for the built-in chart]
    #[arg(long, value_name = "NAME", help_heading = "Release and cluster")]
    name: Option<String>,
    /// The namespace of the release
    #[arg(short, long, value_name = "NAMESPACE", help_heading = "Release and cluster")]
    namespace: Option<String>,
    /// Render an upgrade, not an installation
    #[arg(long, help_heading = "Release and cluster")]
    is_upgrade: bool,
    /// The Kubernetes version of the cluster
    #[arg(long, value_name = "VERSION", help_heading = "Release and cluster")]
    kube_version: Option<String>,
    /// API versions that the cluster serves besides the usual ones
    #[arg(short, long, value_name = "GROUP/VERSION,..", help_heading = "Release and cluster")]
    api_versions: Vec<String>,
    #[command(flatten)]
    limits: LimitArguments,
    /// Do not check values against JSON schemas
    #[arg(long)]
    skip_schema_validation: bool,
    /// Compare only these objects: Kind, Kind/name; may be given many times
    #[arg(long, value_name = "OBJECT", help_heading = "What is compared")]
    only: Vec<String>,
    /// Leave out objects or fields: Kind, Kind/name, Kind:path, *:path; may be given many times
    #[arg(long, value_name = "OBJECT[:PATH]", help_heading = "What is compared")]
    ignore: Vec<String>,
    /// Show the values of Secrets
    #[arg(long, help_heading = "Reports")]
    show_secrets: bool,
    /// How much is shown: names, fields, or full, which has the whole of new and removed objects
    #[arg(long, value_name = "DETAIL", default_value = "fields", value_parser = ["names", "fields", "full"], help_heading = "Reports")]
    show: String,
    /// The format on stdout: text, json or markdown
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Reports")]
    format: String,
    /// A report in a file as well, such as markdown=diff.md; may be given many times
    #[arg(long, value_name = "FORMAT=FILE", help_heading = "Reports")]
    output: Vec<String>,
    /// No report on stdout
    #[arg(short, long, help_heading = "Reports")]
    quiet: bool,
}

/// The seed of renders without `--seed`: both sides draw from it, so that what they draw is the same.
const SEED: u64 = 0;

/// The formats.
#[derive(Clone, Copy)]
enum Format {
    Text,
    Json,
    Markdown,
}

impl Format {
    fn parse(name: &str) -> Result<Self, Box<Diagnostic>> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            "markdown" | "md" => Ok(Self::Markdown),
            _ => Err(Box::new(
                usage(format!("unknown format {name}")).help("the formats are text, json and markdown"),
            )),
        }
    }

    fn write(self, diff: &Diff, detail: Detail, color: bool) -> String {
        match self {
            Self::Text => text(diff, detail, color),
            Self::Json => json(diff),
            Self::Markdown => markdown(diff, detail),
        }
    }
}

/// Makes systems that draw from a seed and whose clock stands.
pub(super) type NewWorld<'a> = &'a dyn Fn(u64, Duration) -> Arc<dyn System>;

/// An error, with the sources that it points into.
struct Trouble {
    /// Which side it is about.
    side: Option<String>,
    errors: Report,
    sources: Sources,
}

impl From<Box<Diagnostic>> for Trouble {
    fn from(error: Box<Diagnostic>) -> Self {
        Self {
            side: None,
            errors: error.into(),
            sources: Sources::new(),
        }
    }
}

pub(super) fn run(
    system: &Arc<dyn System>,
    new_system: NewWorld<'_>,
    seed: Option<u64>,
    arguments: &DiffArguments,
    output: Output,
    report: Output,
) -> Exit {
    match compared(system, new_system, seed, arguments, report) {
        Ok(true) => Exit::Clean,
        Ok(false) => Exit::Failed,
        Err(trouble) => {
            if let Some(side) = &trouble.side {
                Output::message(&format!("{side}:\n"));
            }
            output.errors(&trouble.errors, &trouble.sources, "");
            Exit::Usage
        }
    }
}

/// One of the two sides as the user asks for it.
struct Wanted<'a> {
    path: Option<String>,
    revision: Option<&'a str>,
    merge_base: bool,
    values: &'a [String],
    set: &'a [String],
    kube_version: Option<&'a str>,
}

impl Wanted<'_> {
    /// The user's name for it.
    fn name(&self, is_manifest: bool) -> String {
        let path = self.path.clone().unwrap_or_else(|| "the built-in chart".to_owned());
        let path = if path == "-" { "standard input".to_owned() } else { path };
        let mut name = match self.revision {
            Some(revision) if self.merge_base => format!("{path} at the merge base of {revision}"),
            Some(revision) => format!("{path} at {revision}"),
            None => path,
        };
        if is_manifest {
            return name;
        }
        let mut with: Vec<String> = self.values.to_vec();
        // Values may be secret.
        let keys = |set: &String| {
            let parts = set.split(',').filter_map(|part| part.split_once('='));
            let keys: Vec<&str> = parts.map(|(key, _)| key.trim()).collect();
            keys.join(",")
        };
        with.extend(self.set.iter().map(|set| format!("--set {}", keys(set))));
        with.extend(self.kube_version.map(|version| format!("Kubernetes {version}")));
        if !with.is_empty() {
            name.push_str(&format!(" with {}", with.join(", ")));
        }
        name
    }
}

/// Whether nothing differs.
fn compared(
    system: &Arc<dyn System>,
    new_system: NewWorld<'_>,
    seed: Option<u64>,
    arguments: &DiffArguments,
    report: Output,
) -> Result<bool, Trouble> {
    let format = Format::parse(&arguments.format)?;
    let mut files = Vec::new();
    for output in &arguments.output {
        let Some((name, file)) = output.split_once('=').filter(|(_, file)| !file.is_empty()) else {
            return Err(usage(format!(
                "--output {output}: expected FORMAT=FILE, such as markdown=diff.md"
            ))
            .into());
        };
        files.push((Format::parse(name)?, file));
    }
    let filters = |texts: &[String], flag: &str| -> Result<Vec<Filter>, Box<Diagnostic>> {
        let parse = |text: &String| Filter::parse(text).map_err(|error| usage(format!("{flag}: {error}")));
        texts.iter().map(parse).collect()
    };
    let options = Options {
        only: filters(&arguments.only, "--only")?,
        ignore: filters(&arguments.ignore, "--ignore")?,
        show_secrets: arguments.show_secrets,
    };
    if let Some(filter) = options.only.iter().find(|filter| filter.path.is_some()) {
        return Err(usage(format!(
            "--only {filter}: it takes objects, Kind or Kind/name, without a path"
        ))
        .into());
    }
    let detail = match arguments.show.as_str() {
        "names" => Detail::Names,
        "full" => Detail::Full,
        _ => Detail::Fields,
    };
    let [old, new] = wanted(arguments)?;
    let seed = seed.unwrap_or(SEED);
    let now = system.now();
    let load = |wanted: &Wanted<'_>, which: &str| loaded(wanted, which, (new_system, seed, now), arguments);
    let old = load(&old, "The old side")?;
    let new = load(&new, "The new side")?;
    let mut diff = diff::compare(&old.side, &new.side, &options)?;
    for note in old.notes.into_iter().chain(new.notes) {
        if !diff.notes.contains(&note) {
            diff.notes.push(note);
        }
    }
    for (format, file) in files {
        let text = format.write(&diff, detail, false);
        let failed = |error: std::io::Error| usage(format!("cannot write {file}: {error}"));
        system.write(Path::new(file), text.as_bytes()).map_err(failed)?;
    }
    if !arguments.quiet {
        Output::result(format.write(&diff, detail, report.color()).as_bytes());
    }
    Ok(diff.is_empty())
}

/// The two sides that the arguments ask for.
fn wanted(arguments: &DiffArguments) -> Result<[Wanted<'_>; 2], Box<Diagnostic>> {
    let has_revision = arguments.from.is_some() || arguments.to.is_some();
    let (old, new) = match &arguments.sides[..] {
        [] if has_revision => (Some(".".to_owned()), Some(".".to_owned())),
        [] => (None, None),
        [manifest] if manifest == "-" => (Some(manifest.clone()), None),
        [both] => (Some(both.clone()), Some(both.clone())),
        [old, new, ..] => (Some(old.clone()), Some(new.clone())),
    };
    let own = [
        &arguments.from_values,
        &arguments.to_values,
        &arguments.from_set,
        &arguments.to_set,
    ];
    let is_told_apart = has_revision
        || own.iter().any(|own| !own.is_empty())
        || arguments.from_kube_version.is_some()
        || arguments.to_kube_version.is_some();
    if old == new && !is_told_apart {
        let error = usage("both sides are the same");
        return Err(Box::new(error.help(
            "give two charts or recorded manifests and a chart, or tell the sides apart with --from REVISION, --from-values and --to-values, \
             --from-set and --to-set, or --from-kube-version and --to-kube-version",
        )));
    }
    if old.as_deref() == Some("-") && new.as_deref() == Some("-") {
        return Err(usage("only one side can be the standard input"));
    }
    if old.as_deref() == Some("-") && arguments.from.is_some() || new.as_deref() == Some("-") && arguments.to.is_some()
    {
        return Err(usage("the standard input is in no git revision"));
    }
    Ok([
        Wanted {
            path: old,
            revision: arguments.from.as_deref(),
            merge_base: arguments.merge_base,
            values: &arguments.from_values,
            set: &arguments.from_set,
            kube_version: arguments.from_kube_version.as_deref(),
        },
        Wanted {
            path: new,
            revision: arguments.to.as_deref(),
            merge_base: false,
            values: &arguments.to_values,
            set: &arguments.to_set,
            kube_version: arguments.to_kube_version.as_deref(),
        },
    ])
}

struct Loaded {
    side: Side,
    notes: Vec<String>,
}

fn loaded(
    wanted: &Wanted<'_>,
    which: &str,
    (new_system, seed, now): (NewWorld<'_>, u64, Duration),
    arguments: &DiffArguments,
) -> Result<Loaded, Trouble> {
    let disk = new_system(seed, now);
    let mut revision = None;
    let system: Arc<dyn System> = match (wanted.revision, &wanted.path) {
        (Some(name), Some(path)) => {
            let opened = Revision::open(&disk, name, Path::new(path), wanted.merge_base)?;
            let opened = Arc::new(opened);
            revision = Some(Arc::clone(&opened));
            Arc::new(Overlay::new(disk, opened))
        }
        _ => disk,
    };
    let is_manifest = wanted.path.as_deref().is_some_and(|path| is_manifest(&*system, path));
    let own = wanted.values.len() + wanted.set.len();
    let name = wanted.name(is_manifest);
    if is_manifest && own > 0 {
        return Err(usage(format!("{name} is no chart: it has no values to set")).into());
    }
    let request = request(wanted, &system, arguments)?;
    let namespace = request.release.namespace.clone();
    let what = match &wanted.path {
        Some(path) if is_manifest => What::Manifests(PathBuf::from(path)),
        _ => What::Chart(Box::new(request)),
    };
    let trouble = |side: &Side, errors: Report| Trouble {
        side: Some(format!("{which}, {name}")),
        errors,
        sources: side.sources.clone(),
    };
    let (mut side, errors) = Side::load(&system, &name, &what, &namespace);
    if !errors.is_empty() {
        return Err(trouble(&side, errors));
    }
    Output::log(&side.log);
    if matches!(what, What::Chart(_)) && has_drawn(&*system, seed) {
        let other = new_system(seed.wrapping_add(1), now);
        let other: Arc<dyn System> = match (wanted.revision, &wanted.path) {
            (Some(name), Some(path)) => {
                let opened = Revision::open(&other, name, Path::new(path), wanted.merge_base)?;
                Arc::new(Overlay::new(other, Arc::new(opened)))
            }
            _ => other,
        };
        let (again, errors) = Side::load(&other, &name, &what, &namespace);
        if errors.is_empty() {
            side.compare_with(&again);
        }
    }
    let mut notes = Vec::new();
    let lent = revision.map(|revision| revision.lent()).unwrap_or_default();
    if !lent.is_empty() {
        let revision = wanted.revision.unwrap_or_default();
        notes.push(format!(
            "not in {revision}, so read from the working tree: {}",
            lent.join(", ")
        ));
    }
    Ok(Loaded { side, notes })
}

/// Whether a render has drawn anything: whether the next bytes are no longer the first ones.
fn has_drawn(system: &dyn System, seed: u64) -> bool {
    let (mut next, mut first) = ([0; 16], [0; 16]);
    system.random(&mut next);
    Seeded::new(seed).fill(&mut first);
    next != first
}

/// Whether a path is that of recorded manifests, and not of a chart.
fn is_manifest(system: &dyn System, path: &str) -> bool {
    const GZIP: &[u8] = &[0x1f, 0x8b];
    if path == "-" {
        return true;
    }
    let is_file = system
        .entry(Path::new(path))
        .is_ok_and(|entry| entry.kind == FileKind::File);
    is_file && system.read(Path::new(path)).is_ok_and(|bytes| !bytes.starts_with(GZIP))
}

/// The render of a side.
fn request(
    wanted: &Wanted<'_>,
    system: &Arc<dyn System>,
    arguments: &DiffArguments,
) -> Result<engine::stages::Request, Box<Diagnostic>> {
    let common = &arguments.values;
    let joined = |common: &[String], own: &[String]| -> Vec<String> { common.iter().chain(own).cloned().collect() };
    let values = Values {
        files: joined(&common.files, wanted.values),
        set: joined(&common.set, wanted.set),
        set_string: common.set_string.clone(),
        set_json: common.set_json.clone(),
        set_file: common.set_file.clone(),
        set_literal: common.set_literal.clone(),
    };
    let target = Target {
        namespace: arguments.namespace.clone(),
        generate_name: false,
        name_template: None,
        is_upgrade: arguments.is_upgrade,
        kube_version: wanted
            .kube_version
            .map(str::to_owned)
            .or_else(|| arguments.kube_version.clone()),
        api_versions: arguments.api_versions.clone(),
    };
    let chart: Vec<String> = wanted.path.iter().cloned().collect();
    let asked = Asked {
        name_and_chart: &chart,
        values: &values,
        target: &target,
        limits: &arguments.limits,
        skip_schema: arguments.skip_schema_validation,
    };
    let mut request = asked.request(system)?;
    if let Some(name) = &arguments.name {
        request.release.name.clone_from(name);
    }
    // The other side is in memory as well.
    request.limits.memory = request.limits.memory.saturating_mul(2);
    Ok(request)
}
