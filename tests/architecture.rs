//! Checks the code against the layers of ARCHITECTURE.md: a module imports only from lower layers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::{read, root};

/// From top to bottom; modules on one line do not import each other.
const LAYERS: &[&[&str]] = &[
    &["cli"],
    &["explain"],
    &["diff", "lint", "migrate", "unittest"],
    &["pipeline", "certs", "source_map"],
    &["preflight", "builtin", "objects", "places"],
];

fn sources(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    sources(&root().join("src"), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(root().join("src"))
                .unwrap()
                .to_string_lossy()
                .into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// The top-level module of a file; `None` for lib.rs and main.rs.
fn module(file: &str) -> Option<&str> {
    let module = file.split('/').next().unwrap().trim_end_matches(".rs");
    (module != "lib" && module != "main").then_some(module)
}

fn layer(module: &str) -> usize {
    LAYERS
        .iter()
        .position(|layer| layer.contains(&module))
        .unwrap_or_else(|| panic!("{module} has no layer: add it to LAYERS and to ARCHITECTURE.md"))
}

#[test]
fn modules_import_only_from_below() {
    let mut wrong = Vec::new();
    for (file, text) in all_sources() {
        let Some(own) = module(&file) else { continue };
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for (at, _) in code.match_indices("crate::") {
                let rest = &code[at + "crate::".len()..];
                let name: String = rest
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect();
                if name.is_empty()
                    || name == own
                    || !root().join("src").join(&name).exists() && !root().join(format!("src/{name}.rs")).exists()
                {
                    continue;
                }
                if layer(&name) <= layer(own) {
                    wrong.push(format!("src/{file}:{}: {own} must not see {name}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Crates that only some modules may use.
#[test]
fn crates_are_named_in_their_place_only() {
    let places: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("clap", &["cli"][..]),
        ("serde_yaml", &["lint"]),
        ("promchart_k8s", &["diff", "explain", "lint"]),
        ("similar", &["diff"]),
        ("x509_cert", &["certs", "preflight"]),
    ]);
    for (file, text) in all_sources() {
        let Some(own) = module(&file) else { continue };
        for (name, allowed) in &places {
            let used = text.lines().any(|line| {
                let code = line.split("//").next().unwrap();
                code.contains(&format!("use {name}")) || code.contains(&format!(" {name}::"))
            });
            assert!(!used || allowed.contains(&own), "src/{file} names {name}");
        }
    }
}

#[test]
fn the_layers_are_those_of_the_document() {
    let document = read("ARCHITECTURE.md");
    for module in LAYERS.iter().flat_map(|layer| layer.iter()) {
        assert!(
            document.contains(&format!("`{module}`")),
            "ARCHITECTURE.md does not tell of `{module}`"
        );
    }
}

/// The crates of `crates/` that a crate depends on, by its `Cargo.toml`.
fn neighbours(name: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    read(format!("crates/{name}/Cargo.toml"))
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .filter_map(|line| line.strip_suffix(".workspace = true"))
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
