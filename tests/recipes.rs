//! Runs the recipes of docs/recipes.md in the folder that they assume: `charts/web`, its tests, and two values files.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{copy, read, root, scratch};

/// The blocks of the page: their text, without the fences.
fn blocks() -> Vec<String> {
    let page = read("docs/recipes.md");
    let parts = page.split("\n```");
    parts
        .skip(1)
        .step_by(2)
        .map(|block| block.split_once('\n').expect("a language, then lines").1.to_owned())
        .collect()
}

/// The command lines in a block, whether lines of a script or items of YAML; `{{ .Path }}` is replaced as chart-testing
/// does.
fn commands(block: &str) -> Vec<String> {
    block
        .lines()
        .map(|line| line.trim_start_matches([' ', '-']))
        .map(|line| line.strip_prefix("run: ").unwrap_or(line))
        .filter(|line| line.starts_with("promchart "))
        .map(|line| line.replace("{{ .Path }}", "charts/web"))
        .collect()
}

fn run(command: &str, folder: &Path) -> (bool, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_promchart"));
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    let mut run = Command::new("sh");
    run.args(["-c", command])
        .current_dir(folder)
        .env_clear()
        .env("PATH", path);
    let output = run.output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
}

#[test]
fn each_command_of_a_recipe_runs() {
    let folder = scratch("recipes");
    copy(&root().join("tests/fixtures/charts/web"), &folder.join("charts/web"));
    fs::create_dir_all(folder.join("charts/web/tests")).unwrap();
    let suite = "templates: [service.yaml]\ntests:\n- asserts:\n  - equal: {path: kind, value: Service}\n";
    fs::write(folder.join("charts/web/tests/deployment_test.yaml"), suite).unwrap();
    fs::create_dir_all(folder.join("values")).unwrap();
    fs::write(folder.join("values/live.yaml"), "replicaCount: 3\n").unwrap();
    fs::write(folder.join("values/staging.yaml"), "replicaCount: 1\n").unwrap();
    fs::create_dir(folder.join(".git")).unwrap();

    let blocks = blocks();
    let settings = blocks.iter().find(|block| block.starts_with("kube-versions:"));
    fs::write(folder.join("promchart.yaml"), settings.expect("the settings")).unwrap();
    let commands: Vec<String> = blocks.iter().flat_map(|block| commands(block)).collect();
    assert!(commands.len() >= 7, "{commands:?}");
    for command in commands {
        let (has_succeeded, printed) = run(&command, &folder);
        assert!(has_succeeded, "{command}\n{printed}");
    }
    assert!(folder.join("rendered/live/web/templates/deployment.yaml").is_file());
    assert!(folder.join("tests.xml").is_file() && folder.join("gl-code-quality-report.json").is_file());
}
