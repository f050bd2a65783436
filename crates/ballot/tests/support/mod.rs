//! What the tests of this crate share: small elections, archives taken apart and
//! put together again, and a prover and a checker that follow the formulas of the
//! specification and not the code they test.

#![allow(dead_code, reason = "each file of tests uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

pub(crate) mod archive;
pub(crate) mod audit;
pub(crate) mod curve;
pub(crate) mod json;
pub(crate) mod pedersen;
pub(crate) mod prover;
pub(crate) mod sample;
pub(crate) mod substitutes;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::{Check, Failure, Group, Place, Scalar};

/// A generator with a fixed seed.
pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// g^exponent.
pub(crate) fn power<G: Group>(exponent: G::Scalar) -> G::Element {
    G::vartime_power_product(&[(G::generator(), exponent)])
}

/// Its text.
pub(crate) fn power_text<G: Group>(exponent: G::Scalar) -> String {
    G::text(&power::<G>(exponent))
}

/// A ballot's place.
pub(crate) fn ballot(number: u64, credential: &str, question: Option<usize>) -> Place {
    Place::Ballot { number, credential: credential.to_owned(), question }
}

/// `from` and whatever is `to` it, in a random order.
pub(crate) fn shuffle<T>(list: &mut [T], rng: &mut ChaCha20Rng) {
    use chacha20::rand_core::Rng;
    for index in (1..list.len()).rev() {
        list.swap(index, (rng.next_u64() % (index as u64 + 1)) as usize);
    }
}

/// The check, if that is all that matters.
pub(crate) fn check_of<T>(outcome: Result<T, Failure>) -> Result<T, Check> {
    outcome.map_err(|failure| failure.check)
}

/// -1
pub(crate) fn minus_one<G: Group>() -> G::Scalar {
    -G::Scalar::ONE
}
