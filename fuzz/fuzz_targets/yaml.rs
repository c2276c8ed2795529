#![no_main]

#[path = "../../tests/properties/yaml.rs"]
mod yaml;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| yaml::check(bytes));
