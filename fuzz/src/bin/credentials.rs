//! The fuzzer of `concerted_fuzz::CREDENTIALS`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::CREDENTIALS.prepare(), |data: &[u8]| concerted_fuzz::CREDENTIALS.run(data));
