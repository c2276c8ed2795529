//! Checks the crates against ARCHITECTURE.md, which contains the map of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{names, read, root};

/// External crates that only some of ours may use, by their `Cargo.toml`.
#[test]
fn crates_are_named_in_their_place_only() {
    let places: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("clap", &[""][..]),
        ("jsonschema", &["chart"]),
        ("minijinja", &["engine", "govalue", "sprig"]),
        ("serde_yaml", &["lint"]),
        ("similar", &["diff"]),
        ("x509-cert", &["certs", "preflight"]),
    ]);
    let mut crates = names("crates");
    crates.insert(0, String::new());
    for own in &crates {
        let file = match &**own {
            "" => "Cargo.toml".to_owned(),
            own => format!("crates/{own}/Cargo.toml"),
        };
        let text = read(&file);
        let used: BTreeSet<&str> = text
            .lines()
            .skip_while(|line| *line != "[dependencies]")
            .skip(1)
            .take_while(|line| !line.starts_with('['))
            .filter_map(|line| line.strip_suffix(".workspace = true"))
            .collect();
        for (name, allowed) in &places {
            assert!(!used.contains(name) || allowed.contains(&&**own), "{file} uses {name}");
        }
    }
}

/// `src/` contains nothing but the command.
#[test]
fn the_root_is_the_command() {
    assert_eq!(names("src"), ["builtin.rs", "cli", "lib.rs", "main.rs"]);
}

/// The crates of `crates/` that a crate depends on, by its `Cargo.toml`.
fn neighbours(name: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    read(format!("crates/{name}/Cargo.toml"))
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .filter_map(|line| line.strip_suffix(".workspace = true"))
        .map(|name| name.strip_prefix("promchart-").unwrap_or(name))
        .filter(|name| all.contains(*name))
        .map(str::to_owned)
        .collect()
}

/// The table of crates in the document matches Cargo: each crate with all its dependencies.
#[test]
fn the_crates_are_those_of_the_document() {
    let all: BTreeSet<String> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let document = read("ARCHITECTURE.md");
    let table: BTreeMap<String, BTreeSet<String>> = document
        .lines()
        .skip_while(|line| *line != "## The crates")
        .take_while(|line| *line != "## Where to change what")
        .filter_map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let [name, _, below] = cells[..] else { return None };
            let name = name.strip_prefix('`')?.strip_suffix('`')?;
            let below = below.split(", ").map(|name| name.trim_matches('`'));
            Some((
                name.to_owned(),
                below.filter(|name| *name != "-").map(str::to_owned).collect(),
            ))
        })
        .collect();
    assert_eq!(table.keys().cloned().collect::<BTreeSet<_>>(), all);
    for (name, below) in table {
        assert_eq!(below, neighbours(&name, &all), "`{name}` in ARCHITECTURE.md");
        assert!(
            root().join(format!("crates/{name}/README.md")).exists(),
            "crates/{name} has no README.md"
        );
    }
}
