//! The trustees of a simulated election, all their secrets in one place.

use anyhow::{Context, Result};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::Rng;
use concerted_ballot::Group;
use concerted_ballot::trustee::{self, Entry, PrivateKey, Trustees};

/// All of them.
pub(crate) struct TrusteeSecrets<G: Group> {
    /// The record for the archive.
    pub(crate) public: String,
    /// The election key.
    pub(crate) key: G::Element,
    secrets: Vec<PrivateKey<G>>,
    threshold: usize,
}

impl<G: Group> TrusteeSecrets<G> {
    /// `count` mandatory trustees, or a threshold group of as many.
    pub(crate) fn new(count: usize, threshold: Option<usize>, rng: &mut ChaCha20Rng) -> Result<Self> {
        let (entries, secrets) = match threshold {
            Some(threshold) => {
                let (group, secrets) = super::by_hand::threshold::establish::<G>(count, threshold, rng)?;
                (vec![Entry::Pedersen(group)], secrets)
            }
            None => {
                let secrets: Vec<PrivateKey<G>> = (0..count).map(|_| PrivateKey::random(rng)).collect();
                let entry = |secret: &PrivateKey<G>| Entry::Single(secret.to_public_key(None, rng));
                (secrets.iter().map(entry).collect(), secrets)
            }
        };
        let public = trustee::to_json(&entries);
        let trustees = Trustees::<G>::parse(public.as_bytes()).context("the trustees made are not valid")?;
        let key = *trustees.key();
        Ok(Self { public, key, secrets, threshold: threshold.unwrap_or(count) })
    }

    /// Who decrypts: as many as are needed, at random, by their number, counted from 1.
    pub(crate) fn decrypting(&self, rng: &mut ChaCha20Rng) -> Vec<(usize, &PrivateKey<G>)> {
        let mut owners: Vec<usize> = (1..=self.secrets.len()).collect();
        for place in 0..self.threshold {
            let other = place + rng.next_u64() as usize % (owners.len() - place);
            owners.swap(place, other);
        }
        owners.truncate(self.threshold);
        owners.sort_unstable();
        owners.into_iter().map(|owner| (owner, &self.secrets[owner - 1])).collect()
    }
}
