//! Verifying ballots with hints.
//!
//! The prover has put the commitments beside the ballot: they are hashed, and that
//! each is the value one would have recomputed is then checked for a whole batch at
//! once. If the equations are A_i = g^{a_i} · y^{b_i} · X_i^{c_i} for i over all
//! ballots of the batch, then for random 128-bit k_i
//!
//!   prod A_i^{k_i} = g^{sum k_i a_i} · y^{sum k_i b_i} · prod X_i^{k_i c_i}
//!
//! fails but with probability 2^-128 if any of them does. A batch that fails is
//! halved until the ballot is found. The argument that this accepts exactly what
//! plain verification accepts, torsion included, is in `docs/decisions/hints.md`.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

use super::text::BallotText;
use super::verify::ReadBallot;
use crate::election::Election;
use crate::group::{Group, Scalar};
use crate::statement::Statement;

/// Which of the ballots hold, by their index, with the elements they contain.
pub(super) fn vartime_verify_with_hints<G: Group>(
    election: &Election<G>,
    candidates: &[Candidate<'_, G>],
) -> Vec<(usize, Vec<G::Element>)> {
    let hinted: Vec<_> = candidates.chunks(DECODED_AT_ONCE).flat_map(Hinted::decode).collect();
    let mut holding = Vec::with_capacity(hinted.len());
    bisect(election, hinted, &mut holding);
    holding.into_iter().map(|ballot| (ballot.index, ballot.given)).collect()
}

/// Keeps those whose equations hold.
fn bisect<'b, G: Group>(
    election: &Election<G>,
    mut hinted: Vec<Hinted<'b, G>>,
    holding: &mut Vec<Hinted<'b, G>>,
) {
    if equations_hold(election, &hinted) {
        holding.append(&mut hinted);
    } else if hinted.len() > 1 {
        let right = hinted.split_off(hinted.len() / 2);
        bisect(election, hinted, holding);
        bisect(election, right, holding);
    }
}

/// Whether all equations of all these ballots hold, but for a chance of 2^-128.
fn equations_hold<G: Group>(election: &Election<G>, hinted: &[Hinted<'_, G>]) -> bool {
    let mut coefficients = coefficients(hinted);
    let mut generator = G::Scalar::ZERO;
    let mut key = G::Scalar::ZERO;
    let mut terms = Vec::with_capacity(
        2 + hinted.iter().map(|ballot| ballot.given.len() + ballot.commitments.len()).sum::<usize>(),
    );
    for Hinted { read, given, commitments, .. } in hinted {
        let Statement { points, equations, .. } = &read.statement;
        let mut exponents = vec![G::Scalar::ZERO; given.len()];
        for (equation, commitment) in equations.iter().zip(commitments) {
            let k: G::Scalar = coefficient(&mut coefficients);
            let exponent = k * equation.exponent;
            generator = generator + k * equation.generator;
            if equation.key != G::Scalar::ZERO {
                key = key + k * equation.key;
            }
            match equation.point.checked_sub(given.len()) {
                None => exponents[equation.point] = exponents[equation.point] + exponent,
                Some(product) => {
                    for member in &points.products[product] {
                        exponents[*member] = exponents[*member] + exponent;
                    }
                }
            }
            terms.push((*commitment, k));
        }
        terms.extend(given.iter().zip(exponents).map(|(point, exponent)| (*point, -exponent)));
    }
    terms.push((G::generator(), -generator));
    terms.push((*election.key(), -key));
    G::vartime_power_product(&terms) == G::identity()
}

/// A ballot with as many hints as it should have.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'b, G: Group> {
    index: usize,
    read: &'b ReadBallot<'b, G>,
    hints: &'b [u8],
}

/// Hints of so many ballots are decoded together, which shares inversions, and is
/// little enough to stay in the cache.
const DECODED_AT_ONCE: usize = 64;

impl<'b, G: Group> Candidate<'b, G> {
    /// None if these cannot be this ballot's hints.
    pub(super) fn new(index: usize, read: &'b ReadBallot<'b, G>, hints: &'b [u8]) -> Option<Self> {
        let candidate = Self { index, read, hints };
        (G::HINT_SIZE > 0 && hints.len() == candidate.count() * G::HINT_SIZE).then_some(candidate)
    }

    fn count(&self) -> usize {
        self.read.statement.points.given.len() + self.read.statement.equations.len()
    }
}

/// A ballot with what its hints stand for, which hashes as it should.
struct Hinted<'b, G: Group> {
    index: usize,
    read: &'b ReadBallot<'b, G>,
    hints: &'b [u8],
    given: Vec<G::Element>,
    commitments: Vec<G::Element>,
}

impl<'b, G: Group> Hinted<'b, G> {
    /// Those whose hinted elements are the ballot's own, and whose hinted
    /// commitments hash to the challenges.
    fn decode(candidates: &[Candidate<'b, G>]) -> Vec<Self> {
        let hints: Vec<u8> = candidates.iter().flat_map(|candidate| candidate.hints).copied().collect();
        let Some(elements) = G::vartime_from_hints(&hints) else {
            let (left, right) = candidates.split_at(candidates.len() / 2);
            return match candidates {
                [] | [_] => Vec::new(),
                _ => Self::decode(left).into_iter().chain(Self::decode(right)).collect(),
            };
        };
        let mut products = Vec::new();
        let mut rest = elements.as_slice();
        for candidate in candidates {
            let (own, others) = rest.split_at(candidate.count());
            rest = others;
            products.extend(candidate.read.statement.points.products.iter().map(|members| {
                members.iter().fold(G::identity(), |product, member| G::product(&product, &own[*member]))
            }));
        }
        let mut hinted = Vec::with_capacity(candidates.len());
        let (texts, product_texts) = (G::texts(&elements), G::texts(&products));
        let (mut elements, mut texts, mut product_texts) =
            (elements.as_slice(), texts.as_slice(), product_texts.as_slice());
        for Candidate { index, read, hints } in candidates.iter().copied() {
            let Statement { points, equations, .. } = &read.statement;
            let given = take(&mut elements, points.given.len());
            let commitments = take(&mut elements, equations.len());
            let given_texts = take(&mut texts, points.given.len());
            let commitment_texts = take(&mut texts, equations.len());
            let product_texts = take(&mut product_texts, points.products.len());
            let matches = given_texts.iter().eq(points.given.iter())
                && given.last() != Some(&G::identity())
                && read.statement.check(product_texts, commitment_texts).is_ok();
            if matches {
                hinted.push(Self {
                    index,
                    read,
                    hints,
                    given: given.to_vec(),
                    commitments: commitments.to_vec(),
                });
            }
        }
        hinted
    }
}

/// The first `count`, which are there, and leaves the rest.
fn take<'a, T>(list: &mut &'a [T], count: usize) -> &'a [T] {
    let (first, rest) = list.split_at(count);
    *list = rest;
    first
}

/// The source of coefficients: seeded with a hash of everything in the batch, so
/// that nobody can choose any of it with the coefficients in view.
fn coefficients<G: Group>(hinted: &[Hinted<'_, G>]) -> ChaCha20Rng {
    let mut hasher = Sha256::new();
    hasher.update("concerted ballot batch");
    for Hinted { read, hints, .. } in hinted {
        let BallotText { election_hash, signature, .. } = &read.ballot;
        // The signature's hash covers all but the proof of the signature itself.
        for text in [election_hash, signature.hash, signature.proof.challenge, signature.proof.response] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text);
        }
        hasher.update((hints.len() as u64).to_be_bytes());
        hasher.update(hints);
    }
    ChaCha20Rng::from_seed(hasher.finalize().into())
}

/// Uniform in 1..2^128.
fn coefficient<S: Scalar>(source: &mut ChaCha20Rng) -> S {
    let mut bytes = [0; 32];
    while bytes == [0; 32] {
        source.fill_bytes(&mut bytes[16..]);
    }
    S::from_canonical(&bytes).expect("below 2^128, and so below the group order")
}
