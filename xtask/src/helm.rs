//! The two compared programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The path of the real Helm.
pub(crate) fn helm() -> Result<PathBuf, String> {
    let path = std::env::var_os("PROMCHART_HELM").map_or_else(|| root().join("target/helm/helm"), PathBuf::from);
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("no Helm at {}; run .ci/install-helm {0}", path.display()))
    }
}

/// The path of promchart, built in release mode.
pub(crate) fn promchart() -> Result<PathBuf, String> {
    let path = root().join("target/release/promchart");
    if path.is_file() {
        Ok(path)
    } else {
        Err("no target/release/promchart; run cargo build --release".to_owned())
    }
}

/// Runs `PROGRAM template ARGUMENTS` in a folder, isolated from the user's settings.
pub(crate) fn template(program: &Path, folder: &Path, arguments: &[String]) -> Result<Output, String> {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .arg("template")
        .args(arguments)
        .env("TZ", "UTC")
        .env("KUBECONFIG", "/dev/null");
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HELM_")) {
        command.env_remove(name);
    }
    let home = root().join("target/helm");
    for (name, folder) in [
        ("HELM_CONFIG_HOME", "config"),
        ("HELM_CACHE_HOME", "cache"),
        ("HELM_DATA_HOME", "data"),
    ] {
        command.env(name, home.join(folder));
    }
    command.env("HELM_PLUGINS", root().join("tests/conformance/plugins"));
    command
        .output()
        .map_err(|error| format!("cannot run {}: {error}", program.display()))
}
