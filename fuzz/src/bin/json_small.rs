//! The fuzzer of `concerted_fuzz::JSON_SMALL`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::JSON_SMALL.prepare(), |data: &[u8]| concerted_fuzz::JSON_SMALL.run(data));
