#![no_main]

#[path = "../../tests/properties/render.rs"]
mod render;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| render::check(bytes));
