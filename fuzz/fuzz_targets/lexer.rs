#![no_main]

#[path = "../../tests/properties/lexer.rs"]
mod lexer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lexer::check(bytes));
