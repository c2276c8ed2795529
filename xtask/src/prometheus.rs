//! Compares our verdicts on Prometheus' own test files, and promtool's verdicts on our cases.

use std::path::{Path, PathBuf};
use std::process::Command;

use promchart::diagnostic::{Report, Severity};
use promchart::prometheus::{Kind, check_file};
use promchart::source::{Source, SourceKind, Sources};

use crate::helm::root;

/// The YAML files in a folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let about = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(about)? {
        let path = entry.map_err(about)?.path();
        if matches!(path.extension().and_then(|name| name.to_str()), Some("yml" | "yaml")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn check(path: &Path, kind: Option<Kind>) -> Result<(Sources, Report), String> {
    let text = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let sources = Sources::new();
    let file = sources.add(Source::new(path.display().to_string(), SourceKind::File, text));
    let report = check_file(&sources, file, kind);
    Ok((sources, report))
}

/// Checks a folder of Prometheus' source, such as `config/testdata`: files with `.bad.` in their name must be rejected,
/// those with `.good.` accepted. Prints the exceptions and the counts.
pub(crate) fn testdata(folder: &str) -> Result<(), String> {
    let folder = Path::new(folder);
    let name = folder.display().to_string();
    let kind = if name.contains("rulefmt") {
        Kind::Rules
    } else if name.contains("web") {
        Kind::WebConfig
    } else {
        Kind::Config
    };
    let (mut bad, mut refused, mut good, mut accepted) = (0, 0, 0, 0);
    for path in files(folder)? {
        let name = path.display().to_string();
        let (sources, report) = check(&path, Some(kind))?;
        let is_refused = report.has(Severity::Error);
        if name.contains(".bad.") {
            bad += 1;
            refused += u32::from(is_refused);
            if !is_refused {
                println!("accepted: {name}");
            }
        } else if name.contains(".good.") {
            good += 1;
            accepted += u32::from(!is_refused);
            for found in report.diagnostics.iter().filter(|_| is_refused) {
                let place = found.span.map(|span| sources.place(span)).unwrap_or_default();
                println!("refused: {place}: {}: {}", found.rule, found.message);
            }
        }
    }
    println!("{refused} of {bad} bad files refused, {accepted} of {good} good files accepted");
    Ok(())
}

/// Runs the real promtool on our cases: its verdicts must equal ours.
pub(crate) fn promtool() -> Result<(), String> {
    let program = std::env::var_os("PROMCHART_PROMTOOL").unwrap_or_else(|| "promtool".into());
    let (mut same, mut differ) = (0, Vec::new());
    for folder in ["bad", "good"] {
        for path in files(&root().join("tests/suite/prometheus").join(folder))? {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let has = |keys: &[&str]| text.lines().any(|line| keys.iter().any(|key| line.starts_with(key)));
            let arguments: &[&str] = if has(&["groups:", "group:"]) {
                &["check", "rules", "--lint=none"]
            } else if has(&["tls_server_config:", "basic_auth_users:", "http_server_config:"]) {
                &["check", "web-config"]
            } else {
                &["check", "config", "--syntax-only", "--lint=none"]
            };
            let output = Command::new(&program)
                .args(arguments)
                .arg(&path)
                .output()
                .map_err(|error| format!("cannot run promtool: {error}; PROMCHART_PROMTOOL names it"))?;
            if output.status.success() == (folder == "good") {
                same += 1;
            } else {
                differ.push(path.display().to_string());
            }
        }
    }
    println!("promtool agrees on {same} files");
    if differ.is_empty() {
        Ok(())
    } else {
        Err(format!("promtool differs:\n{}", differ.join("\n")))
    }
}
