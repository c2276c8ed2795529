#![no_main]

#[path = "../../tests/properties/set.rs"]
mod set;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| set::check(bytes));
