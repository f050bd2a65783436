//! The fuzzer of `concerted_fuzz::ARCHIVE`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::ARCHIVE.prepare(), |data: &[u8]| concerted_fuzz::ARCHIVE.run(data));
