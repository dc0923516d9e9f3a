#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| hyper_fuzz::h1_client::run(input));
