//! Values of the community chart: `tests/suite/migrate` has values as users show them, each with `*.wanted.json`: facts about what
//! the real Helm renders from them with the community chart (`cargo run -p xtask -- migrate-facts`). What this chart renders from
//! the migrated values must be the same, or have a reason in `differences*.txt`.

use libtest_mimic::Trial;

use super::case;
use crate::facts::{Allowed, Facts, facts, unexplained};
use crate::support::{Case, names, read, scratch, write};

const SUITE: &str = "tests/suite/migrate";

pub(crate) fn cases() -> Vec<Trial> {
    let names = names(SUITE);
    let cases = names.iter().filter_map(|file| file.strip_suffix(".yaml"));
    let trial = |name: &str| {
        let values = name.to_owned();
        case(format!("migrate::{name}"), move || differences(&values))
    };
    cases.map(trial).collect()
}

fn wanted(case: &str) -> Facts {
    serde_json::from_str(&read(format!("{SUITE}/{case}.wanted.json"))).unwrap()
}

fn differences(case: &str) -> Option<String> {
    let folder = scratch(&format!("migrate-{case}"));
    let migrated = Case::new("migrate")
        .arg(format!("{SUITE}/{case}.yaml"))
        .args(["--release", "prometheus", "--namespace", "monitoring"])
        .run();
    write(&folder, "values.yaml", &migrated.stdout);
    let rendered = Case::new("template")
        .args(["prometheus", "chart", "-n", "monitoring", "-f"])
        .arg(folder.join("values.yaml"))
        .run()
        .stdout();
    let everywhere = Allowed::read(&read(format!("{SUITE}/differences.txt"))).unwrap();
    let here = Allowed::of(&read(format!("{SUITE}/differences.cases.txt")), case).unwrap();
    let defaults = wanted("defaults");
    let wrong: Vec<String> = unexplained(&wanted(case), &facts(&rendered), &defaults, &everywhere, &here)
        .into_iter()
        .map(|(fact, there, here)| format!("{fact}\n  there {there}\n  here  {here}"))
        .collect();
    (!wrong.is_empty()).then(|| wrong.join("\n"))
}
