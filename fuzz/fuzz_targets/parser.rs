#![no_main]

#[path = "../../tests/properties/parser.rs"]
mod parser;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| parser::check(bytes));
