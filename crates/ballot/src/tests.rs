//! What tests of several modules share.

use chacha20::ChaCha20Rng;
use rand_core::SeedableRng;

/// A generator with a fixed seed.
pub(crate) fn rng(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

/// A file made by belenios-tool.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    file(&format!("belenios/{name}"))
}

/// A file of known answers.
pub(crate) fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}
