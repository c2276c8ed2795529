//! Faults on purpose: does the linter find them, and where?
//!
//! What the real Helm rendered from each profile (tests/goldens/chart) becomes a chart of plain templates. One line of it at a
//! time is broken, in the template itself or in a value that the template prints there, and the chart is linted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use promchart::diagnostic::Diagnostic;
use promchart::lint::{self, Progress, Run, Scope, Selection};
use promchart::pipeline::Request;
use promchart::render::{Capabilities, Limits, Release, Trace};
use promchart::source::Sources;
use promchart::values::Overrides;
use promchart::world::{Memory, World};

/// How often a kind of fault is tried in one profile.
const TIMES: usize = 2;

/// What becomes of a line `key: value`.
enum Change {
    /// Another key.
    Key(&'static str),
    /// Another value.
    Value(&'static str),
}

use Change::{Key, Value};

/// A kind of fault: the key of the line, what its value begins with, and the change.
const FAULTS: &[(&str, &str, Change)] = &[
    ("image", "", Key("imagee")),
    ("image", "", Value("'nginx:'")),
    ("image", "", Value("12")),
    ("replicas", "", Value("two")),
    ("replicas", "", Value("-1")),
    ("replicas", "", Key("replica")),
    ("containerPort", "", Value("70000")),
    ("containerPort", "", Key("containerport")),
    ("protocol", "TCP", Value("TPC")),
    ("imagePullPolicy", "", Value("Allways")),
    ("cpu", "", Value("100mm")),
    ("memory", "", Value("64MiB")),
    ("apiVersion", "apps/v1", Value("apps/v1beta1")),
    ("apiVersion", "apps/v1", Value("apps/v9")),
    ("kind", "Deployment", Value("Deploymnt")),
    ("name", "prometheus", Value("Bad_Name")),
    ("mountPath", "", Key("mountpath")),
    ("targetPort", "", Value("no-such-port")),
    ("port", "", Value("no-such-port-at-all")),
    ("serviceAccountName", "", Value("no-such-account")),
    ("serviceAccountName", "", Key("serviceAcountName")),
    ("runAsNonRoot", "", Value("'yes'")),
    ("runAsUser", "", Value("-1")),
    ("readOnlyRootFilesystem", "", Key("readOnlyRootFilesytem")),
    ("type", "ClusterIP", Value("ClusterIp")),
    ("initialDelaySeconds", "", Value("soon")),
    ("periodSeconds", "", Value("-5")),
    ("terminationGracePeriodSeconds", "", Value("'30s'")),
    ("app.kubernetes.io/name", "", Value("'bad value!'")),
    ("app", "", Value("12")),
    ("apiGroup", "rbac", Value("rbac.example.org")),
    ("storage", "", Value("8GiB")),
    ("defaultMode", "", Value("99999")),
    ("restartPolicy", "", Value("Somtimes")),
    ("mountPath", "", Value("/a:b")),
    ("scrape_interval", "", Value("15 seconds")),
    ("scrape_timeout", "", Value("1h")),
    ("job_name", "", Key("job_nam")),
    ("action", "", Value("kep")),
    ("regex", "", Value("'(unclosed'")),
    ("role", "", Value("pods")),
    ("target_label", "", Key("target_lable")),
    ("allowPrivilegeEscalation", "", Value("maybe")),
    ("seccompProfile", "", Key("secompProfile")),
    ("configMap", "", Key("configmap")),
];

struct Silent;

impl Progress for Silent {
    fn done(&self, _: usize, _: usize, _: &Run) {}
}

/// What was tried and what came of it.
#[derive(Default)]
struct Count {
    tried: usize,
    found: usize,
    template: usize,
    value: usize,
}

pub(crate) fn measure(limit: usize) -> Result<(), String> {
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let folder = Path::new("tests/goldens/chart");
    let names = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut paths: Vec<_> = names.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        profile(&path.display().to_string(), &text, limit, &mut counts);
    }
    for (variant, count) in &counts {
        let percent = |part: usize, of: usize| format!("{:.1} %", 100.0 * part as f64 / of.max(1) as f64);
        println!(
            "{variant}: {} faults, {} found ({}), at the template line {} ({}), at the values line {}",
            count.tried,
            count.found,
            percent(count.found, count.tried),
            count.template,
            percent(count.template, count.found),
            if *variant == "values" {
                percent(count.value, count.found)
            } else {
                "-".to_owned()
            }
        );
    }
    Ok(())
}

fn profile(name: &str, text: &str, limit: usize, counts: &mut BTreeMap<&str, Count>) {
    let lines: Vec<&str> = text.lines().collect();
    let base = findings(&lines.join("\n"), "");
    for (key, begins, change) in FAULTS {
        let is_target = |line: &&str| {
            let entry = line.trim_start().trim_start_matches("- ");
            entry
                .strip_prefix(*key)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|value| value.trim_start().starts_with(begins))
        };
        let targets = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| is_target(line))
            .map(|(at, _)| at);
        for at in targets.take(limit) {
            let line = lines[at];
            let start = line.find(*key).unwrap_or_default();
            let (indent, rest) = (&line[..start], line[start + key.len() + 1..].trim());
            let is_block = rest.is_empty() || rest.starts_with('|');
            let (broken, from_values, values) = match change {
                Key(wrong) => (
                    format!("{indent}{wrong}: {rest}"),
                    format!("{indent}{{{{ toYaml .Values.fault | trim }}}}"),
                    format!("fault:\n  {wrong}: {rest}\n"),
                ),
                Value(wrong) => (
                    format!("{indent}{key}: {wrong}"),
                    format!("{indent}{key}: {{{{ .Values.fault }}}}"),
                    format!("fault:\n  {wrong}\n"),
                ),
            };
            for (variant, line, values) in [("template", &broken, ""), ("values", &from_values, &*values)] {
                if variant == "values" && is_block {
                    continue;
                }
                let mut changed = lines.clone();
                changed[at] = line;
                let found = findings(&changed.join("\n"), values);
                let new: Vec<&Finding> = found
                    .iter()
                    .filter(|found| !base.iter().any(|known| known.1 == found.1))
                    .collect();
                let count = counts.entry(variant).or_default();
                count.tried += 1;
                let here = |places: &[(String, usize)], file: &str, line: usize| {
                    places
                        .iter()
                        .any(|(name, number)| name.ends_with(file) && *number == line)
                };
                let at_template = new.iter().any(|found| here(&found.0, "all.yaml", at + 1));
                let at_value = new
                    .iter()
                    .any(|found| here(&found.0[..found.0.len().min(1)], "values.yaml", 2));
                count.found += usize::from(!new.is_empty());
                count.template += usize::from(at_template);
                count.value += usize::from(at_value);
                let wrong = match variant {
                    _ if new.is_empty() => "not found",
                    _ if !at_template => "not at the line of the template",
                    "values" if !at_value => "not at the line of the value",
                    _ => continue,
                };
                println!("{name}:{}: {variant}: {wrong}: {}", at + 1, broken.trim());
                for (places, key) in new {
                    println!("    {key} {places:?}");
                }
            }
        }
    }
}

/// The places of a finding, its own first, and what tells it from others.
type Finding = (Vec<(String, usize)>, String);

fn findings(template: &str, values: &str) -> Vec<Finding> {
    let world: Arc<dyn World> = Arc::new(
        Memory::new()
            .with_file("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
            .with_file("c/values.yaml", values)
            .with_file("c/templates/all.yaml", escaped(template)),
    );
    let run = Run {
        name: "".into(),
        chart: "c".into(),
        request: Request {
            chart: Some("c".into()),
            overrides: Overrides::default(),
            release: Release {
                name: "prom".to_owned(),
                namespace: "monitoring".to_owned(),
                is_upgrade: false,
            },
            capabilities: Capabilities::default(),
            skip_schema: false,
            limits: Limits::default(),
            post_renderer: None,
            trace: Trace::On,
        },
        crds: Vec::new(),
    };
    let sources = Sources::new();
    let report = lint::run(&world, &[run], Scope::All, &Selection::default(), &sources, &Silent);
    let place = |span: promchart::source::Span| {
        let source = sources.get(span.file);
        (source.name().to_owned(), source.line_column(span.start).line)
    };
    let finding = |found: &Diagnostic| {
        let places = found
            .span
            .into_iter()
            .chain(found.labels.iter().map(|label| label.span));
        let object = found
            .object
            .as_ref()
            .map(|object| format!("{} {}", object.kind, object.name));
        let key = format!("{} {} {}", found.rule, object.unwrap_or_default(), found.message);
        (places.map(place).collect(), key)
    };
    report.diagnostics.iter().map(finding).collect()
}

/// What was rendered may have braces of its own, which a template must print.
fn escaped(text: &str) -> String {
    let is_ours = |line: &&str| line.contains("{{ .Values.fault }}") || line.contains("{{ toYaml .Values.fault");
    let lines = text.lines().map(|line| {
        if is_ours(&line) {
            line.to_owned()
        } else {
            line.replace("{{", "{{ `{{` }}")
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

pub(crate) fn usual() -> Result<(), String> {
    measure(TIMES)
}
