//! The answer to a newcomer: where the log is and what opens it (protocol,
//! section 11.4).

use concerted_log::ChainHash as StateHash;
use concerted_log::epoch::EpochSecrets;
use concerted_log::id::{Address, MailboxId, PointBytes, RelayKey};
use concerted_log::invitation::answer_context;
use concerted_log::letter::Letter;
use concerted_log::{BodyId, cbor};
use curve25519_dalek::scalar::Scalar;
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;

/// What a member tells a newcomer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JoinAnswer {
    /// Where the entries are.
    #[n(1)]
    pub address: Address,
    /// The key receipts are checked with.
    #[n(2)]
    pub relay_key: RelayKey,
    /// The secrets of the epoch in force.
    #[n(3)]
    pub secrets: EpochSecrets,
    /// What the log comes to, for the newcomer to compare with.
    #[n(4)]
    pub checkpoint: Option<Checkpoint>,
}

/// The state of a body after some entry, as a member found it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Checkpoint {
    /// How many entries were applied.
    #[n(0)]
    pub count: u64,
    /// The hash of the state then.
    #[n(1)]
    pub state: StateHash,
}

impl JoinAnswer {
    /// Seals the answer to the newcomer's device. `None` if its key is not valid.
    pub fn seal(
        &self,
        body: &BodyId,
        mailbox: &MailboxId,
        sealing: PointBytes,
        rng: &mut dyn CryptoRng,
    ) -> Option<Vec<u8>> {
        let context = answer_context(body, mailbox);
        Letter::seal(&cbor::encode(self), &context, &[sealing], rng).ok().map(|letter| letter.to_bytes())
    }

    /// Opens an answer found in the mailbox.
    pub fn open(bytes: &[u8], body: &BodyId, mailbox: &MailboxId, sealing: &Scalar) -> Option<Self> {
        let text = Letter::from_bytes(bytes).ok()?.open(&answer_context(body, mailbox), 0, sealing)?;
        cbor::decode(&text, 1024).ok()
    }
}
