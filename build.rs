//! Puts the Prometheus chart and the pages of the rules into the binary: writes tables of the files of chart/ for
//! `src/builtin.rs` and of docs/rules/ for `src/pages.rs`. And has the binary linked so that it starts quickly.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

#[expect(clippy::disallowed_methods, reason = "a build script has no System")]
fn main() -> io::Result<()> {
    tell_cargo("rerun-if-changed=chart");
    tell_cargo("rerun-if-changed=docs/rules");
    // At a fixed address there is nothing to relocate: a process starts half a millisecond sooner and touches 1.4 MB less.
    // Addresses chosen by chance guard against faults of memory: nothing here is unsafe, and the heap, the stacks and the C
    // library still have them.
    let told = |name: &str| env::var(name).unwrap_or_default();
    if told("CARGO_CFG_TARGET_OS") == "linux"
        && told("CARGO_CFG_TARGET_ENV") == "gnu"
        && !told("CARGO_CFG_TARGET_FEATURE").contains("crt-static")
    {
        tell_cargo("rustc-link-arg-bins=-no-pie");
    }
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    for (folder, embed, table) in [
        ("chart", "include_bytes", "builtin_chart.rs"),
        ("docs/rules", "include_str", "rule_pages.rs"),
    ] {
        let mut names = Vec::new();
        collect(&Path::new(&root).join(folder), "", &mut names)?;
        fs::write(Path::new(&out).join(table), files(folder, embed, &names))?;
    }
    Ok(())
}

/// The expression of a table: the name of each file below a folder, and what is in it.
fn files(folder: &str, embed: &str, names: &[String]) -> String {
    let mut table = String::from("&[\n");
    for name in names {
        let path = format!("/{folder}/{name}");
        let _ = writeln!(
            table,
            "    ({name:?}, {embed}!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))),"
        );
    }
    table.push_str("]\n");
    table
}

fn tell_cargo(instruction: &str) {
    println!("cargo::{instruction}");
}

/// The files of a folder and those below it, in the order of their names.
#[expect(clippy::disallowed_methods, reason = "a build script has no System")]
fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{name}/"), names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}
