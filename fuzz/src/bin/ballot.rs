//! The fuzzer of `concerted_fuzz::BALLOT`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::BALLOT.prepare(), |data: &[u8]| concerted_fuzz::BALLOT.run(data));
