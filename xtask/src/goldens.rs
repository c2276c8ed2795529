//! What the real Helm prints: for each profile of the chart, and for each conformance case.

use std::fs;

use crate::helm::{helm, root, template};

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
    Ok(())
}
