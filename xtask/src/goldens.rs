//! What the real Helm prints: for each profile of the chart, and for each conformance case.

use std::fs;

use std::path::{Path, PathBuf};

use crate::helm::{helm, root, template};

#[path = "../../tests/support/words.rs"]
mod words;

/// The arguments by which a profile is rendered; the test and the README use the same.
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

pub(crate) fn write() -> Result<(), String> {
    let helm = helm()?;
    let folder = root().join("tests/goldens/chart");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for profile in profiles()? {
        let output = template(&helm, &root(), &profile_arguments(&profile))?;
        if !output.status.success() {
            return Err(format!("{profile}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        let path = folder.join(format!("{profile}.yaml"));
        fs::write(&path, output.stdout).map_err(|error| error.to_string())?;
        println!("{}", path.display());
    }
    conformance(&helm)
}

/// The cases of whole charts: `tests/conformance/CHART/CASE`.
fn conformance(helm: &Path) -> Result<(), String> {
    for chart in folders(&root().join("tests/conformance"))? {
        for case in folders(&chart)? {
            if case.join("args").is_file() {
                conformance_case(helm, &case)?;
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

fn conformance_case(helm: &Path, case: &Path) -> Result<(), String> {
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
    fs::write(case.join("want.out"), stdout).map_err(failed)?;
    let errors = case.join("want.err");
    if output.stderr.is_empty() {
        // There may be none to remove.
        let _ = fs::remove_file(errors);
    } else {
        fs::write(errors, clean(&output.stderr)).map_err(failed)?;
    }
    println!("{}", case.display());
    Ok(())
}

/// Adds the files that were written to a folder to a text.
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
