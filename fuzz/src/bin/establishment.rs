//! The fuzzer of `concerted_fuzz::ESTABLISHMENT`.
#![no_main]
libfuzzer_sys::fuzz_target!(init: concerted_fuzz::ESTABLISHMENT.prepare(), |data: &[u8]| {
    concerted_fuzz::ESTABLISHMENT.run(data)
});
