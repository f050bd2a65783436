//! Export files on this side: writing one from a history, and replaying one with a
//! member's keys.

use concerted_assembly::Body;
use concerted_log::epoch::{Epoch, EpochSecrets};
use concerted_log::export::{Export, ExportFault, Secrets};
use concerted_log::id::PointBytes;
use concerted_log::words::RecoverySecret;
use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRng;

use crate::history::{History, OpeningKeys, Stall};

/// Writes what is applied of a log; `None` if the secrets in force are not known.
pub fn write(history: &History, plain: bool, rng: &mut dyn CryptoRng) -> Option<Vec<u8>> {
    let body = history.body()?;
    let secrets = history.current_secrets()?;
    let secrets = if plain {
        Secrets::Plain(secrets)
    } else {
        let recipients: Vec<PointBytes> = body.roster().recipients().into_iter().collect();
        Secrets::seal(&secrets, &body.id(), recipients, rng).ok()?
    };
    // The last entry must be one that a receipt covers.
    let receipt = history.seen().copied()?;
    let covered = usize::try_from(receipt.sequence.get()).ok()?;
    let export = Export {
        body: body.id(),
        address: history.address(),
        relay_key: history.relay_key(),
        entries: history.entries().get(..covered)?.to_vec(),
        receipts: vec![receipt],
        secrets,
    };
    Some(export.to_bytes())
}

/// Why the contents of a file whose chain holds cannot be replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayFault {
    /// None of the keys at hand opens it.
    #[error("none of your keys opens this file")]
    NoKey,
    /// The secrets do not open the entries.
    #[error("the entries of epoch {0} do not open")]
    Locked(u32),
    /// The first entry is not the genesis record of the body the file names.
    #[error("the first entry does not found the body that the file names")]
    Genesis,
    /// An entry that matters is there as a hash only.
    #[error("entry {0} is missing; only its hash is there")]
    Missing(u64),
    /// The sealed part goes to others than the members and their devices.
    #[error("the sealed part is not for exactly the members at the end of the log")]
    Recipients,
    /// The file itself is not right.
    #[error(transparent)]
    File(#[from] ExportFault),
}

/// Opens the sealed part of an export with the recovery words.
pub fn open_with_words(export: &Export, words: &RecoverySecret) -> Option<EpochSecrets> {
    export.open(&words.recovery_key(&export.body))
}

/// Opens the sealed part with a private sealing key.
pub fn open_with_key(export: &Export, key: &Scalar) -> Option<EpochSecrets> {
    export.open(key)
}

/// Replays a whole file and gives the state at its end. The chain must have been
/// verified.
pub fn replay(export: &Export, secrets: EpochSecrets) -> Result<Body, ReplayFault> {
    let mut history = History::new(export.body, export.address, export.relay_key);
    history.learn(secrets);
    let receipt = export.receipts.iter().max_by_key(|receipt| receipt.sequence).copied();
    history.offer_stored(export.entries.clone(), receipt).ok_or(ReplayFault::File(ExportFault::Chain(0)))?;
    let (_, stall) = history.advance(&OpeningKeys::default());
    match stall {
        Stall::CaughtUp => check_recipients(export, history.into_body().ok_or(ReplayFault::Genesis)?),
        Stall::Locked(epoch) => Err(ReplayFault::Locked(epoch.get())),
        Stall::ReadAgain => Err(ReplayFault::Missing(history.head().count + 1)),
        Stall::NotThisBody(_) if history.secrets().contains_key(&Epoch::GENESIS) => Err(ReplayFault::Genesis),
        Stall::NotThisBody(_) => Err(ReplayFault::Locked(1)),
    }
}

/// The sealed part must be for exactly those who were members at the end.
fn check_recipients(export: &Export, body: Body) -> Result<Body, ReplayFault> {
    let fits = match &export.secrets {
        Secrets::Sealed(recipients, ..) => body.roster().recipients().iter().eq(recipients),
        Secrets::Plain(_) => true,
    };
    if fits { Ok(body) } else { Err(ReplayFault::Recipients) }
}
