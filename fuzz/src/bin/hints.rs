//! The fuzzer of `concerted_fuzz::HINTS`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::HINTS.prepare(), |data: &[u8]| concerted_fuzz::HINTS.run(data));
