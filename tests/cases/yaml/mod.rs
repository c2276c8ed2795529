//! YAML, JSON, numbers and the `--set` language compared with Go's results for the same inputs.

mod file;
mod go;
mod read;
mod set;
mod write;

use libtest_mimic::Trial;

pub(crate) fn cases() -> Vec<Trial> {
    [go::cases(), read::cases(), set::cases(), write::cases()]
        .into_iter()
        .flatten()
        .collect()
}
