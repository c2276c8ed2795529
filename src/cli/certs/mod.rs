//! `promchart certs`: renders the chart for its Services, then makes, renews or checks certificates.

mod args;

use std::path::Path;
use std::sync::Arc;

use super::Exit;
use super::lint::{formats, write};
use super::output::Output;
use super::request::{Asked, usage};
use certs::{Action, Additions, Cluster, Given, Locked, NameTemplate, Options, Plan, Planned, San, Store, Wanted};
use diagnostics::report::{self, Format};
use diagnostics::{Diagnostic, Report, Severity};
use engine::stages;
use gostd::string as gostring;
use goyaml::Node;
use source::{Source, SourceKind, Sources, Span};
use system::System;

pub(super) use args::Certs;
use args::{CertsCommand, Check, Form, Issue, Names};

/// The default cluster domain.
const DOMAIN: &str = "cluster.local";
/// The seconds of a day.
const DAY: u64 = 86_400;

pub(super) fn run(
    system: &Arc<dyn System>,
    arguments: &Certs,
    is_seeded: bool,
    output: Output,
    report: Output,
) -> Exit {
    let sources = Sources::new();
    if is_seeded && arguments.command.is_none() {
        let message = "--seed: anyone who knows the number can make these keys; they are good for tests only";
        output.notes(&Diagnostic::warning(certs::CERTIFICATES, message).into(), &sources);
    }
    let done = match &arguments.command {
        None => issue(system, &arguments.issue, output, &sources),
        Some(CertsCommand::Check(arguments)) => check(system, arguments, output, report, &sources),
    };
    done.unwrap_or_else(|Stopped { errors, exit }| {
        output.errors(&errors, &sources, "");
        exit
    })
}

/// The reason why a run ended early.
struct Stopped {
    errors: Report,
    exit: Exit,
}

impl From<Report> for Stopped {
    fn from(errors: Report) -> Self {
        let exit = Exit::Failed;
        Self { errors, exit }
    }
}

impl From<Box<Diagnostic>> for Stopped {
    fn from(error: Box<Diagnostic>) -> Self {
        Report::from(error).into()
    }
}

/// The same as a usage error.
fn misused(error: Box<Diagnostic>) -> Stopped {
    Stopped {
        errors: error.into(),
        exit: Exit::Usage,
    }
}

/// The names that --san adds.
fn additions(names: &Names, sources: &Sources) -> Result<Additions, Report> {
    let mut additions = Additions::new();
    let mut errors = Report::new();
    for given in &names.san {
        let flag = format!("--san {given}");
        let file = sources.add(Source::new(flag, SourceKind::Flag, given.clone().into_bytes()));
        let Some((component, list)) = given.split_once('=') else {
            let message = format!("--san {given}: the component is missing");
            let error = usage(message).help("write COMPONENT=NAME, such as server=prom.example.org");
            errors.push(error.at(Span::new(file, 0, given.len())));
            continue;
        };
        let mut start = component.len() + 1;
        for name in list.split(',') {
            let span = Span::new(file, start, start + name.len());
            start += name.len() + 1;
            match San::parse(name) {
                Ok(name) => additions.push((component.to_owned(), name, span)),
                Err(error) => errors.push(Diagnostic::error(certs::CERTIFICATES, format!("--san: {error}")).at(span)),
            }
        }
    }
    if errors.is_empty() { Ok(additions) } else { Err(errors) }
}

/// `global.clusterDomain` of the values.
fn domain_of(values: &Node) -> Option<String> {
    let global = values.as_map()?.node("global")?;
    let domain = global.as_map()?.node("clusterDomain")?.as_str()?;
    (!domain.is_empty()).then(|| domain.to_owned())
}

/// The certificates that a release needs, and the release's name.
fn wanted(
    system: &Arc<dyn System>,
    asked: &Asked<'_>,
    names: &Names,
    output: Output,
    sources: &Sources,
) -> Result<(Vec<Wanted>, String), Stopped> {
    let additions = additions(names, sources).map_err(|errors| Stopped {
        errors,
        exit: Exit::Usage,
    })?;
    let request = asked.request(system).map_err(misused)?;
    let outcome = stages::run(system, &request, sources);
    Output::log(&outcome.log);
    if !outcome.errors.is_empty() {
        return Err(outcome.errors.into());
    }
    let domain = names.cluster_domain.clone();
    let domain = domain.or_else(|| outcome.values.as_ref().and_then(domain_of));
    let domain = domain.unwrap_or_else(|| DOMAIN.to_owned());
    let domain = domain.trim_end_matches('.').to_owned();
    match San::parse(&domain) {
        Ok(San::Dns(name)) if !name.starts_with('*') => {}
        Ok(_) => return Err(misused(usage(format!("the cluster domain `{domain}` is no domain")))),
        Err(error) => return Err(misused(usage(format!("the cluster domain: {error}")))),
    }
    let cluster = Cluster {
        release: request.release.name,
        namespace: request.release.namespace,
        domain,
    };
    let mut warnings = Report::new();
    let manifests = outcome.manifests.unwrap_or_default();
    let wanted = certs::wanted(
        &manifests,
        &cluster,
        &additions,
        &names.component,
        sources,
        &mut warnings,
    )?;
    output.notes(&warnings, sources);
    Ok((wanted, cluster.release))
}

/// The time limits of the flags, checked against each other.
fn options(system: &dyn System, arguments: &Issue, release: &str) -> Result<Options, Stopped> {
    let third = |default: u64, days: u64| (default * DAY).min(days * DAY / 3);
    let renew_before = arguments.renew_before.unwrap_or_else(|| third(30, arguments.days));
    let ca_renew_before = arguments
        .ca_renew_before
        .unwrap_or_else(|| third(90, arguments.ca_days));
    let is_own = arguments.ca_cert.is_none();
    let too_long = if renew_before >= arguments.days * DAY {
        Some("--renew-before is not shorter than --days: each run would renew everything")
    } else if is_own && ca_renew_before >= arguments.ca_days * DAY {
        Some("--ca-renew-before is not shorter than --ca-days: each run would renew the CA")
    } else if is_own && arguments.days > arguments.ca_days {
        Some("--days is longer than --ca-days: a certificate cannot outlast its CA")
    } else {
        None
    };
    if let Some(message) = too_long {
        return Err(misused(usage(message)));
    }
    Ok(Options {
        now: system.now().as_secs(),
        release: release.to_owned(),
        days: arguments.days,
        ca_days: arguments.ca_days,
        key_type: arguments.key_type,
        ca_name: arguments.ca_name.clone(),
        renew_before,
        ca_renew_before,
        renew: arguments.renew,
        reissue: arguments.reissue,
        reuse_key: arguments.reuse_key,
        rotate_ca: arguments.rotate_ca,
        drop_old_ca: arguments.drop_old_ca,
        force: arguments.force,
        is_all: arguments.names.component.is_empty(),
    })
}

fn given(system: &dyn System, arguments: &Issue) -> Result<Option<Given>, Stopped> {
    let (Some(certificate), Some(key)) = (&arguments.ca_cert, &arguments.ca_key) else {
        return Ok(None);
    };
    Ok(Some(Given {
        path: certificate.clone(),
        chain: certs::read_bundle(system, Path::new(certificate))?,
        key: certs::read_key(system, Path::new(key))?,
    }))
}

fn issue(system: &Arc<dyn System>, arguments: &Issue, output: Output, sources: &Sources) -> Result<Exit, Stopped> {
    if arguments.format == Form::Pem && arguments.out.is_none() {
        let help = "give --out DIR, or --format secrets to print Secrets";
        return Err(misused(Box::new(usage("there is no folder to write to").help(help))));
    }
    let names = NameTemplate::parse(&arguments.secret_name_template).map_err(misused)?;
    let asked = Asked {
        name_and_chart: &arguments.name_and_chart,
        values: &arguments.values,
        target: &arguments.target,
        limits: &arguments.limits,
        skip_schema: false,
    };
    let (wanted, release) = wanted(system, &asked, &arguments.names, output, sources)?;
    let options = options(&**system, arguments, &release)?;
    let given = given(&**system, arguments)?;
    let is_kept = given.is_some();
    let folder = arguments.out.as_deref().map(Path::new);
    let locked = match folder.filter(|_| !arguments.dry_run) {
        Some(folder) => {
            let (locked, was_interrupted) = Locked::open(&**system, folder)?;
            if was_interrupted {
                Output::message("files of an interrupted run were put in place\n");
            }
            Some(locked)
        }
        None => None,
    };
    let store = match folder {
        Some(folder) => Store::read(&**system, folder, false)?,
        None => Store::empty(),
    };
    let plan = certs::plan(&**system, &store, &wanted, given, &options)?;
    let secrets = match arguments.format {
        Form::Pem => None,
        Form::Secrets => Some(certs::write_secrets(&plan, &wanted, &release, &names)?),
    };
    if let Some(locked) = locked {
        plan.commit(locked)?;
    }
    output.notes(&plan.notes, sources);
    let told = steps(&plan, arguments.dry_run);
    match secrets {
        None => Output::result(told.as_bytes()),
        Some(_) if arguments.dry_run => Output::result(told.as_bytes()),
        Some(secrets) => {
            if folder.is_some() {
                Output::message(&told);
            } else if !is_kept {
                let message = "the CA's key is kept nowhere, so these certificates cannot be renewed one by one";
                let help = "add --out DIR to keep it, or sign with a CA of your own: --ca-cert, --ca-key";
                let note = Diagnostic::warning(certs::CERTIFICATES, message).help(help);
                output.notes(&note.into(), sources);
            }
            Output::result(secrets.as_bytes());
        }
    }
    Ok(Exit::Clean)
}

/// One line for each certificate.
fn steps(plan: &Plan, is_dry: bool) -> String {
    let width = plan.steps.iter().map(|step| step.path.len()).max().unwrap_or_default();
    let mut out = String::new();
    for Planned { path, action, detail } in &plan.steps {
        let (word, reason) = match action {
            Action::Created => ("created", None),
            Action::Kept => ("kept", None),
            Action::Renewed(reason) => ("renewed", Some(reason)),
        };
        out.push_str(&format!("{word:7}  {path:width$}  {detail}"));
        if let Some(reason) = reason {
            out.push_str(&format!(" ({reason})"));
        }
        out.push('\n');
    }
    if is_dry {
        out.push_str("nothing was written (--dry-run)\n");
    } else if !plan.is_change() {
        out.push_str("nothing to do\n");
    }
    out
}

fn check(
    system: &Arc<dyn System>,
    arguments: &Check,
    output: Output,
    report: Output,
    sources: &Sources,
) -> Result<Exit, Stopped> {
    // A monitor of expiry must be able to distinguish a command that cannot run from an expiring certificate.
    let unable = |stopped: Stopped| Stopped {
        exit: Exit::Usage,
        ..stopped
    };
    let (format, files) = formats(&arguments.reports).map_err(misused)?;
    let wanted = if arguments.expiry_only {
        None
    } else {
        let asked = Asked {
            name_and_chart: &arguments.name_and_chart,
            values: &arguments.values,
            target: &arguments.target,
            limits: &arguments.limits,
            skip_schema: false,
        };
        Some(
            wanted(system, &asked, &arguments.names, output, sources)
                .map_err(unable)?
                .0,
        )
    };
    let folder = Path::new(&arguments.folder);
    if let Err(cause) = system.entry(folder) {
        let message = format!("cannot read {}: {}", folder.display(), gostd::errno::message(&cause));
        return Err(misused(Box::new(usage(message).help("give the folder that --out was"))));
    }
    let store = Store::read(&**system, folder, true).map_err(misused)?;
    let now = system.now().as_secs();
    let is_all = arguments.names.component.is_empty();
    let checked = certs::check(
        &store,
        wanted.as_deref().map(|wanted| (wanted, is_all)),
        now,
        arguments.renew_before,
        arguments.ca_renew_before,
    );
    for (format, path) in &files {
        write(
            &**system,
            path,
            &report::write(*format, &checked.report, &[], sources, &[], false),
        )
        .map_err(misused)?;
    }
    if !arguments.reports.quiet {
        let mut out = String::new();
        if format == Format::Text {
            out = table(&checked.lines);
        }
        out.push_str(&report::write(
            format,
            &checked.report,
            &[],
            sources,
            &[],
            report.color(),
        ));
        Output::result(&gostring::decode(&out));
    }
    let is_bad = checked.report.has(Severity::Error);
    Ok(if is_bad { Exit::Failed } else { Exit::Clean })
}

/// Aligns lines in columns, followed by an empty line.
fn table(lines: &[[String; 4]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].len()).max().unwrap_or_default();
    let (paths, left) = (width(0), width(3));
    let mut out = String::new();
    for [path, what, until, days] in lines {
        out.push_str(&format!("{path:paths$}  {until}  {days:>left$}  {what}\n"));
    }
    if !lines.is_empty() {
        out.push('\n');
    }
    out
}
