//! Compares the community chart with the output of `promchart migrate`, both rendered by the real Helm.

#[path = "../../tests/support/facts.rs"]
mod facts;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use promchart::builtin;
use promchart::migrate::{self, Options};
use promchart::source::{Source, SourceKind, Sources};
use promchart::system::{Disk, System};

use self::facts::{Allowed, Facts, unexplained};
use crate::helm;

/// The subcharts of the community chart.
const SUBCHARTS: [&str; 4] = [
    "alertmanager",
    "kube-state-metrics",
    "prometheus-node-exporter",
    "prometheus-pushgateway",
];
const RELEASE: &str = "prometheus";
const NAMESPACE: &str = "monitoring";

/// Writes the expected facts of each case in tests/suite/migrate, and compares the ci files of the community chart.
/// `repository` is a clone of prometheus-community/helm-charts, bare or not.
pub(crate) fn facts(repository: &str) -> Result<(), String> {
    let helm = helm::helm()?;
    let chart = assemble(Path::new(repository))?;
    let suite = helm::root().join("tests/suite/migrate");
    let mut wrong = 0;
    for file in files(&suite, ".yaml")? {
        let manifests = render(&helm, &chart, RELEASE, &file)?;
        let facts = facts::facts(&manifests);
        let text = serde_json::to_string_pretty(&facts).map_err(|error| error.to_string())?;
        let path = file.with_extension("wanted.json");
        std::fs::write(&path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}: {} facts", path.display(), facts.len());
    }
    let ways = Allowed::read(&read(&suite.join("differences.txt"))?)?;
    let of_cases = read(&suite.join("differences.cases.txt"))?;
    let defaults = helm::root().join("target/community/defaults.yaml");
    std::fs::write(&defaults, "{}\n").map_err(|error| error.to_string())?;
    let defaults = facts::facts(&render(&helm, &chart, RELEASE, &defaults)?);
    let cases = files(&suite, ".yaml")?
        .into_iter()
        .chain(files(&chart.join("ci"), ".yaml")?);
    for file in cases {
        let name = file
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let there = facts::facts(&render(&helm, &chart, RELEASE, &file)?);
        let here = match migrated(&helm, &file) {
            Ok(here) => here,
            Err(error) => {
                println!("{name}: {error}");
                wrong += 1;
                continue;
            }
        };
        let own = Allowed::of(&of_cases, &name)?;
        let found = unexplained(&there, &here, &defaults, &ways, &own);
        for (fact, there, here) in &found {
            println!("{name}: {fact}\n  there {there}\n  here  {here}");
        }
        println!(
            "{name}: {} facts, {} differences without a reason",
            there.len(),
            found.len()
        );
        wrong += found.len();
    }
    if wrong == 0 {
        Ok(())
    } else {
        Err(format!("{wrong} differences without a reason"))
    }
}

/// The facts of the migrated values, rendered by the real Helm.
fn migrated(helm: &Path, file: &Path) -> Result<Facts, String> {
    let sources = Sources::new();
    let system: Arc<dyn System> = Arc::new(Disk::default());
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let id = sources.add(Source::new(file.to_string_lossy(), SourceKind::File, bytes));
    let options = Options {
        release: Some(RELEASE.to_owned()),
        namespace: Some(NAMESPACE.to_owned()),
        only_set: false,
    };
    let migration =
        migrate::migrate(&[id], builtin::CHART, &options, &sources, &system).map_err(|error| error.message.clone())?;
    let path = helm::root().join("target/community/migrated.yaml");
    std::fs::write(&path, &migration.text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(facts::facts(&render(
        helm,
        &helm::root().join("chart"),
        RELEASE,
        &path,
    )?))
}

fn render(helm: &Path, chart: &Path, release: &str, values: &Path) -> Result<String, String> {
    let arguments = [
        release,
        &chart.to_string_lossy(),
        "-n",
        NAMESPACE,
        "-f",
        &values.to_string_lossy(),
    ]
    .map(str::to_owned);
    let output = helm::template(helm, &helm::root(), &arguments)?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!(
            "{}: {}",
            values.display(),
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    found.sort();
    Ok(found)
}

/// Assembles the community chart with its subcharts in a target folder.
fn assemble(repository: &Path) -> Result<PathBuf, String> {
    let root = helm::root().join("target/community");
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).map_err(|error| error.to_string())?;
    let names = SUBCHARTS
        .iter()
        .chain(&["prometheus"])
        .map(|name| format!("charts/{name}"));
    let archive = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(["archive", "HEAD"])
        .args(names)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("git: {error}"))?;
    let input = archive.stdout.ok_or("git gives nothing")?;
    let unpacked = Command::new("tar")
        .arg("-x")
        .current_dir(&root)
        .stdin(input)
        .status()
        .map_err(|error| format!("tar: {error}"))?;
    if !unpacked.success() {
        return Err(format!("{} has no charts/prometheus", repository.display()));
    }
    let chart = root.join("charts/prometheus");
    let charts = chart.join("charts");
    std::fs::create_dir_all(&charts).map_err(|error| error.to_string())?;
    for name in SUBCHARTS {
        std::fs::rename(root.join("charts").join(name), charts.join(name))
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(chart)
}
