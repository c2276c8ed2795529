//! Cases of template functions: `tests/suite/functions/*.jsonl`, one
//! `{"template": .., "out" | "out_base64" | "err": ..}` per line. The expected results come from the real Helm, never from promchart: see
//! `tests/suite/functions/README.md`.

use std::sync::Arc;

use libtest_mimic::Trial;

use super::case;
use super::row::difference;
use crate::support::engine::Engine;
use crate::support::rows;

pub(crate) fn cases() -> Vec<Trial> {
    let engine = Arc::new(Engine::new([(
        "Chart.yaml",
        "apiVersion: v2\nname: t\nversion: 1.0.0\n",
    )]));
    let trial = |(place, row): (String, String)| {
        let engine = Arc::clone(&engine);
        case(format!("functions::{place}"), move || difference(&engine, &row))
    };
    rows("tests/suite/functions").into_iter().map(trial).collect()
}
