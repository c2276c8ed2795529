//! `promchart migrate`: values that are carried over, and messages about the rest. `tests/cases/migrate.rs` checks that
//! releases stay the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use promchart::builtin;
use promchart::diagnostic::Severity;
use promchart::migrate::{self, Fate, Migration, Options};
use promchart::source::{Source, SourceKind, Sources};
use promchart::system::{Memory, Seeded, System};

use crate::support::{Case, names, read, root, scratch, write};

const SUITE: &str = "tests/suite/migrate";
const RELEASE: [&str; 4] = ["--release", "prometheus", "--namespace", "monitoring"];

fn cases() -> Vec<String> {
    let files = names(SUITE);
    files
        .iter()
        .filter_map(|file| file.strip_suffix(".yaml"))
        .map(str::to_owned)
        .collect()
}

/// Both the head of the output and the messages name the values that are not carried over.
#[test]
fn what_is_not_carried_over_is_listed() {
    let listed = |case: &str, wanted: &[&str]| {
        let run = Case::new("migrate")
            .arg(format!("{SUITE}/{case}.yaml"))
            .args(RELEASE)
            .run();
        let head: String = run.stdout.lines().take_while(|line| line.starts_with('#')).collect();
        for text in wanted {
            assert!(run.stderr.contains(text), "{case}: {text:?} is not in\n{}", run.stderr);
            let key = text.split(' ').next().unwrap();
            assert!(head.contains(key), "{case}: {key} is not in\n{head}");
        }
        assert_eq!(
            Case::new("migrate")
                .arg(format!("{SUITE}/{case}.yaml"))
                .args(RELEASE)
                .arg("--strict")
                .run()
                .code,
            1
        );
    };
    listed(
        "alertmanager-config",
        &[
            "alertmanager is not carried over",
            "kube-state-metrics is not carried over",
        ],
    );
    listed(
        "extra-scrape-tabs",
        &["extraScrapeConfigs is not carried over: Prometheus would refuse the job linuxserver1"],
    );
    listed("web-basic-auth", &["server.probeHeaders is not carried over"]);
    let run = Case::new("migrate").arg(format!("{SUITE}/old-keys.yaml")).run();
    for text in [
        "the community chart has no key nodeExporter",
        "versions before 15 had it; it is `prometheus-node-exporter` since",
        "did you mean `server.retention`?",
        "did you mean `server.persistentVolume.size`?",
        "did you mean `server.nodeSelector`?",
        "the community chart has `server.ingress`",
        "--> tests/suite/migrate/old-keys.yaml:10:3",
    ] {
        assert!(run.stderr.contains(text), "{text:?} is not in\n{}", run.stderr);
    }
}

fn migrated(texts: &[&str], options: &Options) -> Migration {
    let sources = Sources::new();
    let system: Arc<dyn System> = Arc::new(Memory::new());
    let files: Vec<_> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            sources.add(Source::new(
                format!("{at}.yaml"),
                SourceKind::File,
                text.as_bytes().to_vec(),
            ))
        })
        .collect();
    migrate::migrate(&files, builtin::CHART, options, &sources, &system).unwrap()
}

fn release() -> Options {
    Options {
        release: Some("prometheus".to_owned()),
        namespace: Some("monitoring".to_owned()),
        only_set: false,
    }
}

/// Each leaf has exactly one claim, each claim has as many leaves as it says, and lost values are reported.
#[track_caller]
fn is_accounted(migration: &Migration, input: &str) {
    let mut counts = vec![0; migration.claims.len()];
    for leaf in &migration.leaves {
        let claim = leaf
            .claim
            .unwrap_or_else(|| panic!("nobody has accounted for {} in\n{input}", leaf.path));
        assert!(
            leaf.path.is_in(&migration.claims[claim].path),
            "{} by {}",
            leaf.path,
            migration.claims[claim].path
        );
        counts[claim] += 1;
    }
    let told: Vec<usize> = migration.claims.iter().map(|claim| claim.leaves).collect();
    assert_eq!(counts, told, "\n{input}");
    for claim in &migration.claims {
        let is_lost = matches!(claim.fate, Fate::Lost { .. } | Fate::Unknown { .. });
        let is_told = migration.report.diagnostics.iter().any(|found| {
            found.severity == Severity::Warning
                && found.span == Some(claim.key)
                && found.message.contains(&claim.path.to_string())
        });
        assert!(!is_lost || is_told, "{} is lost in silence in\n{input}", claim.path);
    }
}

#[test]
fn each_leaf_of_the_suite_is_accounted_for_once() {
    for case in cases() {
        let text = read(format!("{SUITE}/{case}.yaml"));
        for options in [
            release(),
            Options::default(),
            Options {
                only_set: true,
                ..Options::default()
            },
        ] {
            is_accounted(&migrated(&[&text], &options), &text);
        }
    }
}

/// Random values for keys.
const VALUES: [&str; 14] = [
    "true",
    "false",
    "null",
    "7",
    "1.5",
    "text",
    "\"{{ .Release.Name }}\"",
    "[]",
    "{}",
    "[a, b]",
    "[{name: a, mountPath: /a, odd: 1}]",
    "{a: {b: [1, 2]}, enabled: true}",
    "{enabled: true}",
    "[--a=b, --no-c]",
];

/// Values for the keys of the table: their defaults, other values of any type, and unknown keys.
#[test]
fn each_leaf_of_random_values_is_accounted_for_once() {
    let keys = migrate::known_keys();
    let mut random = Seeded::new(10);
    let mut draw = |bound: usize| usize::try_from(random.next_u64() % bound as u64).unwrap();
    for _ in 0..150 {
        let mut lines = BTreeSet::new();
        let mut text = String::new();
        for _ in 0..=draw(12) {
            let (path, default) = &keys[draw(keys.len())];
            let value = if draw(3) == 0 && !default.is_empty() {
                *default
            } else {
                VALUES[draw(VALUES.len())]
            };
            let mut steps: Vec<String> = path.steps().iter().map(ToString::to_string).collect();
            if draw(8) == 0 {
                steps.push("oddKey".to_owned());
            }
            // A key inside a value that is also written would be invalid YAML.
            let clashes = lines
                .iter()
                .any(|other: &Vec<String>| other.starts_with(&steps) || steps.starts_with(other));
            if clashes {
                continue;
            }
            let nested = steps
                .iter()
                .rev()
                .fold(value.to_owned(), |inner, step| format!("{{\"{step}\": {inner}}}"));
            lines.insert(steps);
            text.push_str(&format!("---\n{nested}\n"));
        }
        let options = match draw(3) {
            0 => release(),
            1 => Options::default(),
            _ => Options {
                only_set: true,
                ..release()
            },
        };
        let migration = migrated(&[&text], &options);
        is_accounted(&migration, &text);
        let sources = Sources::new();
        let file = sources.add(Source::new(
            "out",
            SourceKind::File,
            migration.text.clone().into_bytes(),
        ));
        let source = sources.get(file);
        if let Err(error) = promchart::yaml::parse(&source, file, 0..source.text().len()) {
            panic!(
                "{}: no YAML comes out of\n{text}\nbut\n{}",
                error.cause(),
                migration.text
            );
        }
    }
}

#[test]
fn later_files_win_and_that_is_said() {
    let migration = migrated(
        &[
            "server: {retention: 7d, replicaCount: 1}\n",
            "server: {retention: 30d}\n",
        ],
        &release(),
    );
    is_accounted(&migration, "two files");
    assert!(
        migration.text.contains("time: 30d  # server.retention (1.yaml:1)"),
        "{}",
        migration.text
    );
    let overridden = migration
        .claims
        .iter()
        .filter(|claim| claim.fate == Fate::Overridden)
        .count();
    assert_eq!(overridden, 1);
}

#[test]
fn comments_and_texts_stay_as_they_are_written() {
    let text = "\
server:
  # a month, by order of the auditors
  retention: 30d # not less
  tolerations:
    # the big nodes
    - key: dedicated
      value: 'monitoring'   # quoted
serverFiles:
  alerting_rules.yml:
    groups:
      - name: a
        rules:
          - alert: Down
            # any job
            expr: |
              up
                == 0
";
    let out = migrated(
        &[text],
        &Options {
            only_set: true,
            ..Options::default()
        },
    )
    .text;
    for wanted in [
        "    # a month, by order of the auditors\n    # not less\n    time: 30d  # server.retention (0.yaml:3)\n",
        "  # server.tolerations (0.yaml:4)\n  tolerations:\n",
        "  tolerations:\n    # the big nodes\n    - key: dedicated\n      value: 'monitoring'   # quoted\n",
        "              # any job\n              expr: |\n                up\n                  == 0\n",
    ] {
        assert!(out.contains(wanted), "{wanted}is not in\n{out}");
    }
}

#[test]
fn only_what_is_set_comes_out_if_asked_for() {
    let out = migrated(
        &["server: {replicaCount: 1, prefixURL: /p}\n"],
        &Options {
            only_set: true,
            ..Options::default()
        },
    )
    .text;
    let values: String = out
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(values, "server:\n  routePrefix: /p  # server.prefixURL (0.yaml:1)\n");
}

/// A copy of the community chart's whole values file contains no settings of the user.
#[test]
fn repeated_defaults_change_nothing() {
    let defaults = "\
server: {retention: 15d, revisionHistoryLimit: 10, replicaCount: 1, extraFlags: [web.enable-lifecycle], hostNetwork: false}
configmapReload: {prometheus: {enabled: true}}
scrapeConfigs:
  kubernetes-nodes:
    enabled: true
    scheme: https
    tls_config: {ca_file: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt, insecure_skip_verify: true}
    bearer_token_file: /var/run/secrets/kubernetes.io/serviceaccount/token
    kubernetes_sd_configs: [{role: node}]
    relabel_configs: [{action: labelmap, regex: __meta_kubernetes_node_label_(.+)}]
";
    let jobs = |texts: &[&str]| {
        let text = migrated(texts, &release()).text;
        let from = text.find("    kubernetes-nodes:\n").unwrap();
        let job: Vec<String> = text[from..].lines().take(6).map(str::to_owned).collect();
        job
    };
    assert_eq!(jobs(&[defaults]), jobs(&["{}"]));
    let migration = migrated(&[defaults], &release());
    let lost: Vec<&str> = migration
        .report
        .diagnostics
        .iter()
        .filter(|found| found.severity == Severity::Warning)
        .map(|found| found.message.as_str())
        .collect();
    assert_eq!(lost, Vec::<&str>::new());
}

#[test]
fn the_page_is_what_the_table_says() {
    assert!(
        read("docs/migrate.md") == migrate::markdown(),
        "docs/migrate.md is old: run `cargo run -p xtask -- migrate-page`"
    );
}

#[test]
fn files_are_not_overwritten_by_accident() {
    let folder = scratch("migrate_out");
    write(&folder, "in.yaml", "server: {retention: 30d}\n");
    write(&folder, "out.yaml", "precious\n");
    let run = |arguments: &[&str]| Case::new("migrate").args(arguments).dir(&folder).run();
    let refused = run(&["in.yaml", "-o", "out.yaml"]);
    assert_eq!((refused.code, &*refused.stdout), (2, ""));
    assert!(
        refused.stderr.contains("out.yaml is there already"),
        "{}",
        refused.stderr
    );
    assert_eq!(std::fs::read_to_string(folder.join("out.yaml")).unwrap(), "precious\n");
    let forced = run(&["in.yaml", "-o", "out.yaml", "--force", "-q"]);
    assert_eq!((forced.code, &*forced.stdout, &*forced.stderr), (0, "", ""));
    assert!(
        std::fs::read_to_string(folder.join("out.yaml"))
            .unwrap()
            .contains("time: 30d")
    );
    assert_eq!(run(&[]).code, 2);
    assert_eq!(run(&["no-such.yaml"]).code, 2);
    assert_eq!(run(&["in.yaml", "--format", "odd"]).code, 2);
    write(&folder, "bad.yaml", "a: [1\n");
    let bad = run(&["bad.yaml"]);
    assert_eq!((bad.code, &*bad.stdout), (2, ""));
    assert!(bad.stderr.contains("--> bad.yaml:"), "{}", bad.stderr);
}

#[test]
fn reports_have_the_formats_of_lint() {
    let path = format!("{SUITE}/old-keys.yaml");
    let run = Case::new("migrate").args([&*path, "--format", "json"]).run();
    assert_eq!(run.code, 0);
    let report: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    let rules: BTreeSet<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|found| found["rule"].as_str())
        .collect();
    assert!(rules.contains("migrate-unknown"), "{rules:?}");
    assert!(root().join(path).is_file());
}

/// A refusal by the chart's guards is reported, with exit code 1.
#[test]
fn the_chart_has_the_last_word() {
    let folder = scratch("migrate_refused");
    write(&folder, "in.yaml", "server: {retention: 15dayz}\n");
    let run = Case::new("migrate").arg("in.yaml").dir(&folder).run();
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("server.retention.time"), "{}", run.stderr);
    assert!(run.stdout.contains("15dayz"));
}
