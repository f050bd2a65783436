//! The fuzzer of `concerted_fuzz::VERIFY`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::VERIFY.prepare(), |data: &[u8]| concerted_fuzz::VERIFY.run(data));
