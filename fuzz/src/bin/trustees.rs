//! The fuzzer of `concerted_fuzz::TRUSTEES`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::TRUSTEES.prepare(), |data: &[u8]| concerted_fuzz::TRUSTEES.run(data));
