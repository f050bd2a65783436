//! Founding: the first record of a body.

use concerted_log::record::{ParsedRecord, body_id};
use concerted_log::{BodyId, DeviceId, MemberId};

use crate::content::{Content, Genesis, RULES_VERSION};
use crate::roster::Roster;
use crate::rule::Rule;

/// A genesis record whose signature and proofs hold and whose bylaws keep the
/// floors.
#[derive(Debug)]
pub struct VerifiedGenesis {
    /// The id of the body it founds.
    pub body: BodyId,
    /// Its content.
    pub genesis: Genesis,
    /// The founder's device.
    pub device: DeviceId,
    /// The founder.
    pub founder: MemberId,
    /// The counter the founder's device used.
    pub counter: u64,
}

/// Checks a first record.
pub fn verify(signed_record: &[u8]) -> Result<VerifiedGenesis, Rule> {
    let parsed = ParsedRecord::parse(signed_record).map_err(|_| Rule::Form)?;
    let record = parsed.unverified_record();
    if record.body.is_some() || record.seen.is_some() {
        return Err(Rule::GenesisFirst);
    }
    let content = Content::parse(&record.content).map_err(|_| Content::fault(&record.content))?;
    let Content::Genesis(genesis) = content else {
        return Err(Rule::GenesisFirst);
    };
    if record.rules_version != RULES_VERSION {
        return Err(Rule::Known);
    }
    let context = Genesis::context(&genesis.salt);
    let proven = Roster::default().card_is_fresh(&genesis.card) && genesis.card.vartime_verify(&context);
    if record.author != genesis.card.id() || !proven {
        return Err(Rule::GenesisFirst);
    }
    genesis.bylaws.check().map_err(|_| Rule::Floors)?;
    let (device, counter) = (record.author, record.counter);
    let verified = parsed.verify(&genesis.card.signing).ok_or(Rule::Signed)?;
    Ok(VerifiedGenesis {
        body: body_id(verified.id()),
        founder: founder_id(&context, &device),
        genesis: *genesis,
        device,
        counter,
    })
}

/// The founder's id: their recovery key depends on the body id and is not part of
/// it.
pub fn founder_id(context: &[u8; 32], device: &DeviceId) -> MemberId {
    MemberId::derive(context, device, &concerted_log::id::PointBytes::new([0; 32]))
}
