//! A render: values and a template, separated by a NUL, result in text or in an error.

use std::sync::Arc;

use promchart::render::{Capabilities, Limits, Release, Trace};
use promchart::source::Sources;
use promchart::stages::{self, Request};
use promchart::system::{Memory, System};
use promchart::values::Overrides;

pub(crate) fn check(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (template, values) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let system = Memory::new()
        .with_file("c/Chart.yaml", *b"apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .with_file("c/values.yaml", values)
        .with_file("c/templates/t.txt", template);
    let system: Arc<dyn System> = Arc::new(system);
    let request = Request {
        chart: "c".into(),
        overrides: Overrides::default(),
        release: Release {
            name: "demo".to_owned(),
            namespace: "ns".to_owned(),
            is_upgrade: false,
            revision: 1,
        },
        capabilities: Capabilities::default(),
        post_renderer: None,
        skip_schema: false,
        // Memory is not counted here; the step limit bounds it.
        limits: Limits {
            steps: 100_000,
            memory: usize::MAX,
            depth: 100,
        },
        trace: Trace::Off,
        coverage: false,
    };
    let outcome = stages::run(&system, &request, &Sources::new());
    let failed = outcome.rendered.is_none() || outcome.manifests.is_none();
    assert_eq!(failed, !outcome.errors.is_empty(), "{:?}", outcome.errors);
}
