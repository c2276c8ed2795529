//! The output of the real Helm for each profile of the chart and each conformance case.

use std::fs;

use std::path::{Path, PathBuf};

use crate::helm::{helm, root, template};

#[path = "../../tests/support/words.rs"]
mod words;

/// The arguments that render a profile; the test and the README use the same.
pub(crate) fn profile_arguments(profile: &str) -> Vec<String> {
    let mut arguments = vec![
        "prom".to_owned(),
        "chart".to_owned(),
        "-n".to_owned(),
        "monitoring".to_owned(),
    ];
    if profile.starts_with("fst-manage") {
        "fst-manage".clone_into(&mut arguments[3]);
    }
    if profile != "default" {
        arguments.extend(["-f".to_owned(), format!("values/{profile}.yaml")]);
    }
    arguments
}

/// The profiles: the chart's defaults, and the files of values/.
pub(crate) fn profiles() -> Result<Vec<String>, String> {
    let mut profiles = vec!["default".to_owned()];
    for entry in fs::read_dir(root().join("values")).map_err(|error| error.to_string())? {
        let name = entry
            .map_err(|error| error.to_string())?
            .file_name()
            .to_string_lossy()
            .into_owned();
        profiles.extend(name.strip_suffix(".yaml").map(str::to_owned));
    }
    profiles.sort();
    Ok(profiles)
}

/// The handling of Helm's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Write it as the expected result.
    Write,
    /// Compare it with the expected result; write nothing.
    Check,
}

/// Renders every profile and case with the real Helm.
pub(crate) fn run(mode: Mode) -> Result<(), String> {
    let helm = helm()?;
    let folder = root().join("tests/goldens/chart");
    let mut goldens = Goldens {
        mode,
        stale: Vec::new(),
    };
    for profile in profiles()? {
        let output = template(&helm, &root(), &profile_arguments(&profile))?;
        if !output.status.success() {
            return Err(format!("{profile}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let text = String::from_utf8(output.stdout).map_err(|error| error.to_string())?;
        goldens.keep(&folder.join(format!("{profile}.yaml")), &text)?;
    }
    conformance(&helm, &mut goldens)?;
    match goldens.stale.len() {
        0 => Ok(()),
        count => Err(format!(
            "{count} files are not what Helm prints: {}",
            goldens.stale.join(", ")
        )),
    }
}

/// The expected results.
struct Goldens {
    mode: Mode,
    /// The files that differ from Helm's output.
    stale: Vec<String>,
}

impl Goldens {
    /// Writes or checks a file, depending on the mode. An empty text means no file.
    fn keep(&mut self, path: &Path, text: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        match self.mode {
            Mode::Write if text.is_empty() && !path.ends_with("want.out") => {
                // The file may not exist.
                let _ = fs::remove_file(path);
            }
            Mode::Write => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder).map_err(failed)?;
                }
                fs::write(path, text).map_err(failed)?;
                println!("{}", path.display());
            }
            Mode::Check => {
                let kept = fs::read_to_string(path).unwrap_or_default();
                // Helm lists schema violations in an order that varies between runs.
                let is_same = kept == text || path.ends_with("want.err") && sorted(&kept) == sorted(text);
                if !is_same {
                    let name = path.strip_prefix(root()).unwrap_or(path);
                    self.stale.push(name.display().to_string());
                }
            }
        }
        Ok(())
    }
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// The cases of whole charts: `tests/conformance/CHART/CASE`.
fn conformance(helm: &Path, goldens: &mut Goldens) -> Result<(), String> {
    for chart in folders(&root().join("tests/conformance"))? {
        for case in folders(&chart)? {
            if case.join("args").is_file() {
                conformance_case(helm, &case, goldens)?;
            }
        }
    }
    Ok(())
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

fn conformance_case(helm: &Path, case: &Path, goldens: &mut Goldens) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", case.display());
    let out = root().join("target/goldens-out");
    if out.exists() {
        fs::remove_dir_all(&out).map_err(failed)?;
    }
    fs::create_dir_all(&out).map_err(failed)?;
    let out_text = out.display().to_string();
    let line = fs::read_to_string(case.join("args")).map_err(failed)?;
    let arguments: Vec<String> = words::words(&line)
        .iter()
        .map(|word| word.replace("{out}", &out_text))
        .collect();
    let output = template(helm, case, &arguments)?;
    let clean = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).replace(&out_text, "{out}");
        text.replace(&root().display().to_string(), "{root}")
    };
    let mut stdout = clean(&output.stdout);
    written(&out, &out, &mut stdout).map_err(failed)?;
    goldens.keep(&case.join("want.out"), &stdout)?;
    goldens.keep(&case.join("want.err"), &clean(&output.stderr))
}

/// Appends the files written to a folder to a text.
fn written(top: &Path, folder: &Path, text: &mut String) -> std::io::Result<()> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            written(top, &path, text)?;
        } else {
            let name = path.strip_prefix(top).unwrap_or(&path).display().to_string();
            text.push_str(&format!("==> {{out}}/{name}\n{}", fs::read_to_string(&path)?));
        }
    }
    Ok(())
}
