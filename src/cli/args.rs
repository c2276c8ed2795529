//! The command-line arguments. Flags have the names and meanings of Helm's wherever Helm has them.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};

use super::certs::Certs;
use super::diff::DiffArguments;
use super::explain::Explain;
use super::helm_flags::HelmFlags;
use super::migrate::Migrate;
use super::test::Test;
use engine::render::Limits;
use gostd::boolean;

/// Renders, validates and lints Helm charts, without Helm and without a cluster.
#[derive(Debug, Parser)]
#[command(name = "promchart", version, about, max_term_width = 100)]
pub(super) struct Arguments {
    /// When to colour messages
    #[arg(long, global = true, value_enum, value_name = "WHEN", visible_alias = "colour")]
    pub(super) color: Option<Color>,
    /// Seed of random functions (passwords, keys and the like), for reproducible output
    #[arg(long, global = true, value_name = "N")]
    pub(super) seed: Option<u64>,
    #[command(subcommand)]
    pub(super) command: Command,
}

/// The command line. As in Helm, switches take `=true` and `=false`, and the last one of a repeated flag counts.
pub(super) fn command() -> clap::Command {
    with_flags(|_| true)
}

/// The command line for these arguments: only subcommands that they name have their flags. To make those of all takes a tenth of the time in
/// which a small chart is rendered.
pub(super) fn command_for(arguments: &[OsString]) -> clap::Command {
    with_flags(|name| arguments.iter().any(|argument| argument == name))
}

fn with_flags(is_wanted: impl Fn(&str) -> bool) -> clap::Command {
    let command = with_switches(Arguments::command()).args_override_self(true);
    let wanted = SUBCOMMANDS.iter().filter(|(name, _)| is_wanted(name));
    wanted.fold(command, |command, (name, add_flags)| {
        let add = |subcommand: clap::Command| {
            // The structures of the flags have descriptions too, which are for developers.
            let about = subcommand.get_about().cloned().unwrap_or_default();
            let whole = add_flags(subcommand.defer(|whole| whole));
            with_switches(whole.about(about).long_about(None))
        };
        command.mut_subcommand(name, add)
    })
}

/// Adds the flags of a subcommand.
type AddFlags = fn(clap::Command) -> clap::Command;

/// The subcommands; clap defers adding their flags otherwise.
const SUBCOMMANDS: [(&str, AddFlags); 13] = [
    ("template", Template::augment_args),
    ("lint", Lint::augment_args),
    ("validate", Validate::augment_args),
    ("preflight", Preflight::augment_args),
    ("certs", Certs::augment_args),
    ("explain", Explain::augment_args),
    ("lower", Lower::augment_args),
    ("migrate", Migrate::augment_args),
    ("diff", DiffArguments::augment_args),
    ("test", Test::augment_args),
    ("schema", Schema::augment_args),
    ("completions", Completions::augment_args),
    ("man", ManPage::augment_args),
];

fn with_switches(command: clap::Command) -> clap::Command {
    command.mut_args(switch).mut_subcommands(with_switches)
}

fn switch(argument: Arg) -> Arg {
    match argument.get_action() {
        ArgAction::SetTrue => argument
            .action(ArgAction::Set)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("true")
            .default_value("false")
            .hide_default_value(true)
            .value_name("BOOL")
            .value_parser(boolean::parse),
        _ => argument,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// If stderr is a terminal and `NO_COLOR` is not set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub(super) enum Command {
    /// Render a chart, as `helm template` does
    Template(Box<Template>),
    /// Check charts: templates, values and the Kubernetes objects they render
    Lint(Box<Lint>),
    /// Check values against the chart without rendering it
    Validate(Box<Validate>),
    /// Check that a control plane node meets the requirements of the Prometheus chart
    Preflight(Box<Preflight>),
    /// Create, renew and check certificates for the components of a release
    Certs(Box<Certs>),
    /// Tell where a field of an object comes from, what a value reaches, what a field, rule or template function is
    Explain(Box<Explain>),
    /// Show the instructions that a Go template becomes
    Lower(Lower),
    /// Turn values of the chart prometheus-community/prometheus into values of this chart
    Migrate(Box<Migrate>),
    /// Compare what two charts, values or revisions render, and tell what the upgrade does
    Diff(Box<DiffArguments>),
    /// Run the unit tests of charts, written for helm-unittest
    Test(Box<Test>),
    /// Bundle the sources of a values schema
    Schema(Schema),
    /// Print shell completions
    Completions(Completions),
    /// Print the manual page of promchart, or of one of its commands
    Man(ManPage),
}

/// Prints shell completions of promchart's commands, flags and files:
///
/// bash: promchart completions bash > ~/.local/share/bash-completion/completions/promchart
/// zsh: promchart completions zsh > ~/.zfunc/_promchart, with ~/.zfunc in fpath
/// fish: promchart completions fish > ~/.config/fish/completions/promchart.fish
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub(super) shell: ShellName,
}

/// A shell with completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ShellName {
    Bash,
    Elvish,
    Fish,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

impl From<ShellName> for clap_complete::Shell {
    fn from(name: ShellName) -> Self {
        match name {
            ShellName::Bash => Self::Bash,
            ShellName::Elvish => Self::Elvish,
            ShellName::Fish => Self::Fish,
            ShellName::PowerShell => Self::PowerShell,
            ShellName::Zsh => Self::Zsh,
        }
    }
}

/// Prints a manual page: promchart man template | man -l -
#[derive(Debug, Args)]
pub(super) struct ManPage {
    /// The command; without one, the page is that of promchart itself
    #[arg(value_name = "COMMAND")]
    pub(super) command: Vec<String>,
}

/// `promchart template [NAME] [CHART]`
///
/// Without CHART, the built-in Prometheus chart is rendered as release `prom`. A CHART without NAME is
/// rendered as release `release-name`. Flags of `helm template` that have no effect on a render are accepted.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "a flag is a bool")]
pub(super) struct Template {
    /// The release name and the chart, or the chart alone
    #[arg(value_name = "NAME] [CHART", num_args = 0..)]
    pub(super) name_and_chart: Vec<String>,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) target: Target,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
    #[command(flatten)]
    pub(super) helm: HelmFlags,
    /// Pass the manifests through this program
    #[arg(long, value_name = "PROGRAM")]
    pub(super) post_renderer: Vec<String>,
    /// An argument for the post-renderer
    #[arg(long, value_name = "ARGUMENT")]
    pub(super) post_renderer_args: Vec<String>,
    /// Show only manifests rendered from these templates
    #[arg(short = 's', long, value_name = "TEMPLATE")]
    pub(super) show_only: Vec<String>,
    /// A values file for a separate render, merged over those of -f; repeatable. With --output-dir, each render has a
    /// subfolder with the name of the file
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub(super) each_values: Vec<String>,
    /// Write manifests to files in this folder instead of stdout
    #[arg(long, value_name = "FOLDER")]
    pub(super) output_dir: Option<String>,
    /// Write a source map to this file, as JSON: the template and the values of each printed line (docs/source-map.md)
    #[arg(long, value_name = "FILE")]
    pub(super) source_map: Option<String>,
    /// Append the release name to the path of --output-dir
    #[arg(long)]
    pub(super) release_name: bool,
    /// Include the files of crds/
    #[arg(long)]
    pub(super) include_crds: bool,
    /// Leave out hooks that are tests
    #[arg(long)]
    pub(super) skip_tests: bool,
    /// Leave out hooks
    #[arg(long)]
    pub(super) no_hooks: bool,
    /// Do not check values against JSON schemas
    #[arg(long)]
    pub(super) skip_schema_validation: bool,
    /// Print rendered text even if it is not valid YAML
    #[arg(long)]
    pub(super) debug: bool,
}

/// `promchart lint [CHART]...`
///
/// Without CHART, the charts of the settings file are linted, otherwise the chart that contains the working folder, otherwise the
/// charts below it. If there is none, values given with -f are linted with the built-in Prometheus chart.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// Folders of charts, folders that contain charts, or packaged charts
    #[arg(value_name = "CHART")]
    pub(super) charts: Vec<String>,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) runs: Runs,
    #[command(flatten)]
    pub(super) limits: LimitArguments,
    #[command(flatten)]
    pub(super) rules: Rules,
    #[command(flatten)]
    pub(super) reports: Reports,
    /// A Prometheus file: prometheus.yml, rules or web configuration; repeatable
    #[arg(long, value_name = "FILE")]
    pub(super) prometheus_config: Vec<String>,
    /// Do not check values against JSON schemas
    #[arg(long)]
    pub(super) skip_schema_validation: bool,
    /// Also search for values that reach further branches, with at most so many renders per chart, and lint the chart with them
    #[arg(long, value_name = "RENDERS", num_args = 0..=1, require_equals = true, default_missing_value = "300", value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "fix")]
    pub(super) explore: Option<u32>,
    /// Show automatic fixes as a diff instead of a report; --fix=write also applies them
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "show", value_parser = ["show", "write"])]
    pub(super) fix: Option<String>,
}

/// `promchart validate [CHART]`
#[derive(Debug, Args)]
pub(super) struct Validate {
    /// The folder of a chart, or a packaged chart
    #[arg(value_name = "CHART")]
    pub(super) charts: Vec<String>,
    #[command(flatten)]
    pub(super) values: Values,
    #[command(flatten)]
    pub(super) rules: Rules,
    #[command(flatten)]
    pub(super) reports: Reports,
}

/// `promchart preflight [FILE]...`
///
/// Reads the static pod manifest of kube-apiserver or a kubeadm configuration and reports each flag that the Prometheus chart
/// depends on (authorization, client CA, kubelet client, serving certificate, aggregator) as present, missing or wrong; the
/// certificates and keys in the flags; resolv.conf and the cluster domain. Changes nothing, and uses the network only with
/// --resolve.
///
/// Exit codes: 0 no finding at or above --fail-on (error), 1 findings, 2 no manifest found or a usage error. Checks that could not be
/// made are warnings: with --strict, 0 means that everything was checked.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing at or above --fail-on (error), 1 something, 2 no manifest found or a wrong flag. \
    docs/preflight.md tells what is checked and why.\n\nExamples:\n  \
    promchart preflight                                   # on a control plane node, as root\n  \
    promchart preflight --root /mnt/node --strict         # the disk of a node\n  \
    promchart preflight kubeadm.yaml --no-resolv-conf     # before kubeadm init\n  \
    kubectl -n kube-system get pod -l component=kube-apiserver -o yaml | promchart preflight -"
)]
pub(super) struct Preflight {
    /// Manifests of kube-apiserver or kubeadm configurations; `-` is standard input. By default,
    /// /opt/kubernetes/manifests/kube-apiserver.manifest and /etc/kubernetes/manifests/kube-apiserver.yaml are tried
    #[arg(value_name = "FILE")]
    pub(super) files: Vec<String>,
    /// The root of the node's file system, from which certificates, resolv.conf and the default manifests are read
    #[arg(long, value_name = "FOLDER")]
    pub(super) root: Option<String>,
    /// Report certificates that expire within this time: 30d, 720h
    #[arg(long, value_name = "TIME", default_value = "30d")]
    pub(super) expires_within: String,
    /// The DNS domain of the cluster [default: kubeadm's networking.dnsDomain, else cluster.local]
    #[arg(long, value_name = "DOMAIN")]
    pub(super) cluster_domain: Option<String>,
    /// The resolver configuration, a node's or a pod's [default: /etc/resolv.conf below --root]
    #[arg(long, value_name = "FILE")]
    pub(super) resolv_conf: Option<String>,
    /// Do not read a resolver configuration
    #[arg(long, conflicts_with = "resolv_conf")]
    pub(super) no_resolv_conf: bool,
    /// Resolve kubernetes.default.svc.DOMAIN
    #[arg(long)]
    pub(super) resolve: bool,
    /// Timeout of the DNS query
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub(super) resolve_timeout: String,
    /// Rules whose findings are ignored
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// The lowest severity that fails the run: error, warning or info
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<String>,
    /// Fail on warnings too, which include checks that could not be made
    #[arg(long)]
    pub(super) strict: bool,
    #[command(flatten)]
    pub(super) reports: Reports,
}

/// The options of each lint run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Release and cluster")]
pub(super) struct Runs {
    /// A values file for a separate run, merged over those of -f; repeatable
    #[arg(long, value_name = "FILE", value_delimiter = ',')]
    pub(super) each_values: Vec<String>,
    /// The namespace of the release
    #[arg(short, long, value_name = "NAMESPACE", default_value = "default")]
    pub(super) namespace: String,
    /// Render an upgrade, not an installation
    #[arg(long)]
    pub(super) is_upgrade: bool,
    /// A Kubernetes version; repeatable
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    pub(super) kube_version: Vec<String>,
    /// API versions that the cluster serves in addition to the usual ones
    #[arg(short, long, value_name = "GROUP/VERSION", value_delimiter = ',')]
    pub(super) api_versions: Vec<String>,
    /// A file or folder with CustomResourceDefinitions
    #[arg(long, value_name = "PATH")]
    pub(super) crds: Vec<String>,
    /// A file or folder with `ValidatingAdmissionPolicies`, their bindings, parameters and namespaces, to evaluate on the objects
    #[arg(long, value_name = "PATH")]
    pub(super) policies: Vec<String>,
}

/// Rules.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct Rules {
    /// Rules or families to turn on in addition to the default ones; `all` is every rule
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// Rules or families to turn off
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(super) ignore: Vec<String>,
    /// The lowest severity that fails the run: error, warning or info
    #[arg(long, value_name = "SEVERITY")]
    pub(super) fail_on: Option<String>,
    /// Fail on warnings too
    #[arg(long)]
    pub(super) strict: bool,
    /// A file of known findings, which are not reported
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<String>,
    /// Write the findings to the file of --baseline (promchart-baseline.json) and report nothing
    #[arg(long)]
    pub(super) write_baseline: bool,
    /// The settings file, instead of promchart.yaml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<String>,
    /// Print the number of findings of each rule at the end
    #[arg(long)]
    pub(super) statistics: bool,
}

/// Reports.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct Reports {
    /// The format on stdout: text, json, sarif, junit, github or gitlab
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: String,
    /// Also write a report to a file, such as sarif=report.sarif; repeatable
    #[arg(long, value_name = "FORMAT=FILE")]
    pub(super) output: Vec<String>,
    /// No report on stdout
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// Values.
#[derive(Debug, Args)]
#[command(next_help_heading = "Values")]
pub(super) struct Values {
    /// A values file; `-` is standard input
    #[arg(short = 'f', long = "values", value_name = "FILE,..")]
    pub(super) files: Vec<String>,
    /// Values as key1=val1,key2=val2
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
    /// Values that stay strings
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set_string: Vec<String>,
    /// Values as JSON: key=JSON, or one JSON object
    #[arg(long, value_name = "KEY=JSON")]
    pub(super) set_json: Vec<String>,
    /// Values read from files
    #[arg(long, value_name = "KEY=FILE")]
    pub(super) set_file: Vec<String>,
    /// One value, taken literally
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set_literal: Vec<String>,
}

/// Release and cluster.
#[derive(Debug, Args)]
#[command(next_help_heading = "Release and cluster")]
pub(super) struct Target {
    /// The namespace of the release
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(super) namespace: Option<String>,
    /// Leave the name of the release to the chart; for Helm's sake
    #[arg(short, long)]
    pub(super) generate_name: bool,
    /// A template of the release name
    #[arg(long, value_name = "TEMPLATE")]
    pub(super) name_template: Option<String>,
    /// Render an upgrade, not an installation
    #[arg(long)]
    pub(super) is_upgrade: bool,
    /// The Kubernetes version of the cluster
    #[arg(long, value_name = "VERSION")]
    pub(super) kube_version: Option<String>,
    /// API versions that the cluster serves in addition to the usual ones
    #[arg(short, long, value_name = "GROUP/VERSION,..")]
    pub(super) api_versions: Vec<String>,
}

/// Bounds of a render.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArguments {
    /// Maximum number of steps of a render
    #[arg(long, value_name = "N")]
    pub(super) max_steps: Option<u64>,
    /// Maximum memory of a render, in MiB
    #[arg(long, value_name = "MIB")]
    pub(super) max_memory: Option<usize>,
}

impl LimitArguments {
    /// The limits of a render.
    pub(super) fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        if let Some(steps) = self.max_steps {
            limits.steps = steps;
        }
        if let Some(mebibytes) = self.max_memory {
            limits.memory = mebibytes.saturating_mul(1 << 20);
        }
        limits
    }
}

/// promchart lower FILE
#[derive(Debug, Args)]
pub(super) struct Lower {
    /// A template; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(super) file: String,
}

/// promchart schema bundle
#[derive(Debug, Args)]
pub(super) struct Schema {
    #[command(subcommand)]
    pub(super) command: SchemaCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum SchemaCommand {
    /// Bundle the sources of a schema into one file
    Bundle {
        /// The root of the sources
        #[arg(value_name = "ROOT", default_value = "schema/values.json")]
        root: String,
        /// Where to write the bundle
        #[arg(short, long, value_name = "FILE", default_value = "chart/values.schema.json")]
        output: String,
        /// Write nothing; fail if the file is out of date
        #[arg(long)]
        check: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_subcommand_has_its_flags() {
        let command = command();
        let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        assert_eq!(names, SUBCOMMANDS.map(|(name, _)| name));
        for subcommand in command.get_subcommands() {
            let name = subcommand.get_name();
            let has_flags = subcommand.get_arguments().next().is_some() || subcommand.has_subcommands();
            assert!(has_flags, "{name}");
            let alone = command_for(&[OsString::from(name)]);
            let ids = |command: &clap::Command| -> Vec<String> {
                let found = command
                    .find_subcommand(name)
                    .into_iter()
                    .flat_map(clap::Command::get_arguments);
                found.map(|argument| argument.get_id().to_string()).collect()
            };
            assert_eq!(ids(&alone), ids(&command), "{name}");
        }
    }
}
