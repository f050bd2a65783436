//! The fuzzer of `concerted_fuzz::LOG`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::LOG.prepare(), |data: &[u8]| concerted_fuzz::LOG.run(data));
