//! YAML, JSON, numbers and the `--set` language against what Go gives for the same inputs.

#![allow(clippy::unwrap_used)] // a case that cannot be read is a failure
#![allow(clippy::disallowed_methods)] // the cases are on the disk

mod cases;
mod go;
mod read;
mod set;
mod spans;
mod write;
