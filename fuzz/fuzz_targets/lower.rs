#![no_main]

#[path = "../../tests/properties/lower.rs"]
mod lower;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lower::check(bytes));
