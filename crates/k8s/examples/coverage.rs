//! Writes the tables of docs/kubernetes.md, between their marks, from the rules themselves.
//!
//! ```sh
//! cargo run -p promchart-k8s --example coverage
//! ```
#![expect(clippy::disallowed_methods, reason = "writes a file of this repository")]

use std::path::Path;

#[path = "../tests/coverage/table.rs"]
mod table;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kubernetes.md");
    let text = std::fs::read_to_string(&path)?;
    let text = table::renew(&text).ok_or("docs/kubernetes.md has no marks")?;
    std::fs::write(path, text)?;
    Ok(())
}
