//! docs/kubernetes.md says what is checked now.
#![expect(clippy::disallowed_methods, reason = "reads the page, and fails if it cannot")]

use std::path::Path;

mod coverage {
    pub(crate) mod table;
}

#[test]
fn the_page_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/kubernetes.md");
    let text = std::fs::read_to_string(path).unwrap();
    let renewed = coverage::table::renew(&text).unwrap();
    assert!(text == renewed, "run `cargo run -p promchart-k8s --example coverage`");
}
