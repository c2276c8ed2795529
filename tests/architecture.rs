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
    assert_eq!(names("src"), ["builtin.rs", "cli", "lib.rs", "main.rs", "pages.rs"]);
}

/// All Rust files below a folder.
fn rust_files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            found.extend(rust_files(&path));
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
    found
}

/// A crate as it is published has all files that it is compiled from: it embeds none of the folders above it.
#[test]
fn crates_embed_their_own_files() {
    let mut embedding = 0;
    for own in names("crates") {
        for file in rust_files(&format!("crates/{own}/src")) {
            let text = read(&file);
            let (code, _tests) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
            let depth = file.matches('/').count() - 2;
            for (at, _) in code
                .match_indices("include_str!(")
                .chain(code.match_indices("include_bytes!("))
            {
                let line = code[at..].lines().next().unwrap();
                embedding += 1;
                assert!(
                    !line.contains("CARGO_MANIFEST_DIR"),
                    "{file}: {line}: name the file from this one"
                );
                assert!(
                    line.matches("../").count() <= depth,
                    "{file}: {line} is outside of the crate"
                );
            }
        }
    }
    assert!(embedding > 5, "{embedding} files are embedded");
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

/// The file of a module, given as the parts of its path, and how many parts name it.
fn file_of(parts: &[&str]) -> Option<(String, usize)> {
    let source = match parts[0] {
        "promchart" => "src".to_owned(),
        name => format!("crates/{name}/src"),
    };
    (1..=parts.len()).rev().find_map(|count| {
        let path = parts[1..count].join("/");
        let files = match &*path {
            "" => vec![format!("{source}/lib.rs")],
            path => vec![format!("{source}/{path}.rs"), format!("{source}/{path}/mod.rs")],
        };
        let file = files.into_iter().find(|file| root().join(file).is_file())?;
        Some((file, count))
    })
}

/// The source of a module and of the modules directly below it: an `impl` may be spread over them.
fn text_of(file: &str) -> String {
    let mut text = read(file);
    let folder = file.strip_suffix("/mod.rs");
    for name in folder.map(names).unwrap_or_default() {
        if name.ends_with(".rs") {
            text.push_str(&read(format!("{}/{name}", folder.unwrap())));
        }
    }
    text
}

/// The functions of the journeys exist: `crate::module::Type::function`.
#[test]
fn the_journeys_can_be_made() {
    let document = read("ARCHITECTURE.md");
    let lines = document
        .lines()
        .skip_while(|line| *line != "## Five journeys")
        .skip(1)
        .take_while(|line| !line.starts_with("## "));
    let mut journeys = 0;
    let mut stations = 0;
    for line in lines {
        journeys += usize::from(line.starts_with("**"));
        for name in line.split('`').skip(1).step_by(2).filter(|name| name.contains("::")) {
            stations += 1;
            let parts: Vec<&str> = name.split("::").collect();
            let (file, count) = file_of(&parts).unwrap_or_else(|| panic!("{name}: no such module"));
            let text = text_of(&file);
            for part in &parts[count..] {
                let words = ["fn", "const", "static", "struct", "enum", "trait"];
                let is_there = words.iter().any(|word| {
                    text.match_indices(&format!("{word} {part}")).any(|(at, found)| {
                        !text[at + found.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_')
                    })
                });
                assert!(is_there, "{name}: {file} has no `{part}`");
            }
        }
    }
    assert_eq!(journeys, 5);
    assert!(stations > 20, "{stations}");
}
