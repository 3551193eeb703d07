//! `oracles::targets::headers`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/support/oracles/mod.rs"]
mod oracles;

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracles::targets::headers(input));
