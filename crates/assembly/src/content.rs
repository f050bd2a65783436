//! What records say: the statements these rules know (protocol, section 15).

use concerted_log::device::{DeviceCard, DeviceSecret, verify_statement};
use concerted_log::entry::Sequence;
use concerted_log::epoch::{Epoch, EpochLink};
use concerted_log::id::{MailboxId, PointBytes, Signature64};
use concerted_log::invitation::LinkSecret;
use concerted_log::record::RECORD_BYTES_MAX;
use concerted_log::seal::Seal;
use concerted_log::talk::{TalkSecretId, TalkText};
use concerted_log::{BodyId, ChainHash, DeviceId, MemberId, RecordId, Secret, cbor};
use minicbor::{Decode, Encode};

use crate::bylaws::Bylaws;
use crate::nickname::{NOT_A_NAME, Name};
use crate::rule::Rule;

/// The rules version that a new body begins with.
pub const RULES_VERSION: u16 = 1;

/// The statement a record makes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Content {
    /// Founds the body.
    #[n(0)]
    Genesis(#[n(0)] Box<Genesis>),
    /// Opens an invitation.
    #[n(1)]
    Invite(#[n(0)] LinkSecret),
    /// Closes an invitation early.
    #[n(2)]
    RevokeInvite(#[n(0)] LinkSecret),
    /// Puts someone's request to join into the log.
    #[n(3)]
    Request(#[n(0)] Box<JoinRequest>),
    /// "I know who this is and want them in."
    #[n(4)]
    Vouch(#[n(0)] MemberId),
    /// "I object to this admission."
    #[n(5)]
    Object(#[n(0)] MemberId),
    /// Changes the author's nickname.
    #[n(6)]
    Nickname(#[n(0)] Name),
    /// The author leaves.
    #[n(7)]
    Leave,
    /// Adds a device to the author's member.
    #[n(8)]
    AddDevice(#[n(0)] Box<AddDevice>),
    /// Replaces a member's devices, with the recovery words.
    #[n(9)]
    ReplaceDevices(#[n(0)] Box<ReplaceDevices>),
    /// Asks for the revocation of another member's device.
    #[n(10)]
    Accuse(#[n(0)] DeviceId),
    /// Objects to the revocation of a device of one's own member.
    #[n(11)]
    Defend(#[n(0)] Defend),
    /// Begins the next epoch.
    #[n(12)]
    Rekey(#[n(0)] Box<Rekey>),
    /// The previous epoch's record secret, sealed under this epoch's.
    #[n(13)]
    Link(#[n(0)] EpochLink),
    /// The secrets of the epoch in force, sealed to one member's keys.
    #[n(14)]
    Admission(#[n(0)] Box<Admission>),
    /// Lets what is due take effect.
    #[n(15)]
    Tick,
    /// "This device holds the keys."
    #[n(16)]
    Arrive,
    /// Sets the founder's recovery key, which depends on the body id.
    #[n(17)]
    Recovery(#[n(0)] PointBytes),
    /// Announces a later talk key.
    #[n(32)]
    TalkKey(#[n(0)] TalkKey),
    /// Seals a talk secret.
    #[n(33)]
    TalkSecret(#[n(0)] Box<TalkSecret>),
    /// Says something.
    #[n(34)]
    Talk(#[n(0)] TalkText),
}

impl Content {
    /// The statement's encoding, as it stands in a record.
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// Reads a statement; anything these rules do not know is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, cbor::Malformed> {
        cbor::decode(bytes, RECORD_BYTES_MAX)
    }

    /// The rule by which a statement that [`Self::parse`] refused is void: R-020 if a
    /// name in it is no name, otherwise R-009.
    pub(crate) fn fault(bytes: &[u8]) -> Rule {
        match minicbor::decode::<Self>(bytes) {
            Err(error) if error.is_message() && error.to_string().contains(NOT_A_NAME) => Rule::NameForm,
            _ => Rule::Known,
        }
    }

    /// Whether it belongs in the talk lane.
    pub const fn is_talk(&self) -> bool {
        matches!(self, Self::TalkKey(_) | Self::TalkSecret(_) | Self::Talk(_))
    }

    /// The kind's name in commands and files.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Genesis(_) => "genesis",
            Self::Invite(_) => "invite",
            Self::RevokeInvite(_) => "revoke-invite",
            Self::Request(_) => "request",
            Self::Vouch(_) => "vouch",
            Self::Object(_) => "object",
            Self::Nickname(_) => "nickname",
            Self::Leave => "leave",
            Self::AddDevice(_) => "add-device",
            Self::ReplaceDevices(_) => "replace-devices",
            Self::Accuse(_) => "accuse",
            Self::Defend(_) => "defend",
            Self::Rekey(_) => "rekey",
            Self::Link(_) => "link",
            Self::Admission(_) => "admission",
            Self::Tick => "tick",
            Self::Arrive => "arrive",
            Self::Recovery(_) => "recovery",
            Self::TalkKey(_) => "talk-key",
            Self::TalkSecret(_) => "talk-secret",
            Self::Talk(_) => "talk",
        }
    }
}

/// Founds a body.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Genesis {
    /// The first record secret is derived from it.
    #[n(1)]
    pub salt: Secret,
    /// The body's name.
    #[n(2)]
    pub name: Name,
    /// Its bylaws.
    #[n(3)]
    pub bylaws: Bylaws,
    /// The founder's first device, bound to [`Genesis::context`].
    #[n(4)]
    pub card: DeviceCard,
    /// The founder's nickname.
    #[n(5)]
    pub nickname: Name,
}

impl Genesis {
    /// What the founder's device card is bound to, since the body id is the hash of
    /// a record that holds the card.
    pub fn context(salt: &Secret) -> [u8; 32] {
        concerted_log::hash::hash("concerted genesis", &[salt.expose()])
    }
}

/// What someone who wants to join says of themselves. It reaches members through a
/// mailbox, and the log with the first vouch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct JoinRequest {
    /// The body to join.
    #[n(1)]
    pub body: BodyId,
    /// How they want to be called.
    #[n(2)]
    pub nickname: Name,
    /// Their device's keys, bound to the body.
    #[n(3)]
    pub card: DeviceCard,
    /// Their recovery key in this body.
    #[n(4)]
    pub recovery: PointBytes,
    /// The mailbox in which they wait for an answer.
    #[n(5)]
    pub answer: MailboxId,
    /// By the card's signing key, over the rest.
    #[n(6)]
    pub signature: Signature64,
}

impl JoinRequest {
    /// Makes and signs a request.
    pub fn sign(
        body: BodyId,
        nickname: Name,
        card: DeviceCard,
        recovery: PointBytes,
        answer: MailboxId,
        device: &DeviceSecret,
    ) -> Self {
        let mut request = Self { body, nickname, card, recovery, answer, signature: Signature64([0; 64]) };
        request.signature = device.sign_statement("concerted join request", &[&request.statement()]);
        request
    }

    /// Whether all its proofs hold.
    pub fn verify(&self) -> bool {
        verify_statement(&self.card.signing, "concerted join request", &[&self.statement()], &self.signature)
            && self.card.vartime_verify(self.body.as_bytes())
    }

    /// The id the applicant has as a member.
    pub fn member(&self) -> MemberId {
        MemberId::derive(self.body.as_bytes(), &self.card.id(), &self.recovery)
    }

    fn statement(&self) -> Vec<u8> {
        cbor::encode(&Self { signature: Signature64([0; 64]), ..self.clone() })
    }
}

/// Adds a device. Signed by an old device; or by the new device itself, and then
/// the recovery key's signature must be there.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AddDevice {
    /// Whose device it becomes.
    #[n(1)]
    pub member: MemberId,
    /// Its keys, bound to the body.
    #[n(2)]
    pub card: DeviceCard,
    /// By the member's recovery key, over [`AddDevice::statement`].
    #[n(3)]
    pub recovery: Option<Signature64>,
}

impl AddDevice {
    /// What the recovery key signs.
    pub fn statement(body: &BodyId, member: &MemberId, card: &DeviceCard) -> Vec<u8> {
        let card = cbor::encode(card);
        concerted_log::hash::hash("concerted add device", &[body.as_bytes(), member.as_bytes(), &card])
            .to_vec()
    }
}

/// Replaces all devices of a member by those kept and the new one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReplaceDevices {
    /// Whose devices.
    #[n(1)]
    pub member: MemberId,
    /// Devices that stay.
    #[n(2)]
    pub keep: Vec<DeviceId>,
    /// A new device, if the author is not one that stays.
    #[n(3)]
    pub card: Option<DeviceCard>,
    /// By the member's recovery key, over [`ReplaceDevices::statement`].
    #[n(4)]
    pub recovery: Signature64,
}

impl ReplaceDevices {
    /// What the recovery key signs: bound to author and counter, so that it cannot
    /// be used again.
    pub fn statement(
        body: &BodyId,
        member: &MemberId,
        keep: &[DeviceId],
        card: Option<&DeviceCard>,
        author: &DeviceId,
        counter: u64,
    ) -> Vec<u8> {
        let keep: Vec<u8> = keep.iter().flat_map(|id| *id.as_bytes()).collect();
        let card = card.map(cbor::encode).unwrap_or_default();
        let counter = counter.to_be_bytes();
        let parts: [&[u8]; 6] =
            [body.as_bytes(), member.as_bytes(), &keep, &card, author.as_bytes(), &counter];
        concerted_log::hash::hash("concerted replace devices", &parts).to_vec()
    }
}

/// Objects to the revocation of a device.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Defend {
    /// The accused device.
    #[n(1)]
    pub device: DeviceId,
    /// By the member's recovery key, over [`Defend::statement`]; needed if the
    /// author's device may not object by itself.
    #[n(2)]
    pub recovery: Option<Signature64>,
}

impl Defend {
    /// What the recovery key signs; the accusation's number keeps it from being
    /// used against a later one.
    pub fn statement(body: &BodyId, device: &DeviceId, accused_at: Sequence) -> Vec<u8> {
        let parts: [&[u8]; 3] = [body.as_bytes(), device.as_bytes(), &accused_at.get().to_be_bytes()];
        concerted_log::hash::hash("concerted defend device", &parts).to_vec()
    }
}

/// Begins an epoch.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Rekey {
    /// The epoch it begins.
    #[n(1)]
    pub epoch: Epoch,
    /// The last accepted rekey, or genesis.
    #[n(2)]
    pub follows: RecordId,
    /// The head whose devices and recovery keys are the recipients.
    #[n(3)]
    pub head_sequence: Sequence,
    /// The chain at that head.
    #[n(4)]
    pub head_chain: ChainHash,
    /// The seal, to the recipients in ascending order of their keys.
    #[n(5)]
    pub seal: Seal,
}

impl Rekey {
    /// What the seal is bound to.
    pub fn context(&self, body: &BodyId) -> [u8; 32] {
        concerted_log::epoch::rekey_context(
            body,
            self.follows.as_bytes(),
            self.head_sequence.get(),
            self.head_chain.as_bytes(),
            self.epoch,
        )
    }
}

/// Gives one member's keys the secrets of the epoch in force.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Admission {
    /// For whom.
    #[n(1)]
    pub member: MemberId,
    /// The epoch in force.
    #[n(2)]
    pub epoch: Epoch,
    /// To all keys of the member, in ascending order.
    #[n(3)]
    pub seal: Seal,
    /// The epoch's secrets, encrypted under what the seal carries.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub wrapped: Vec<u8>,
}

impl Admission {
    /// What the seal is bound to.
    pub fn context(&self, body: &BodyId) -> [u8; 32] {
        concerted_log::epoch::admission_context(body, self.epoch, self.member.as_bytes())
    }
}

/// Announces the author device's talk key from a week on.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TalkKey {
    /// Week since 1970.
    #[n(1)]
    pub week: u64,
    /// The public key.
    #[n(2)]
    pub key: PointBytes,
    /// Proof of possession.
    #[n(3)]
    pub proof: Signature64,
}

/// A talk secret, sealed to the talk keys of some devices. Others may be added
/// later by whoever knows it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TalkSecret {
    /// Its id: the hash of what is sealed.
    #[n(1)]
    pub id: TalkSecretId,
    /// Week since 1970.
    #[n(2)]
    pub week: u64,
    /// The devices, in the order of the seal's parts.
    #[n(3)]
    pub devices: Vec<DeviceId>,
    /// Their talk keys as the author knows them.
    #[n(4)]
    pub keys: Vec<PointBytes>,
    /// The seal.
    #[n(5)]
    pub seal: Seal,
}

/// The plain form of what is said, inside [`TalkText`].
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Saying {
    /// The thread it belongs to; empty for the common one.
    #[n(1)]
    pub thread: String,
    /// The text.
    #[n(2)]
    pub text: String,
}

impl Saying {
    /// Longest thread name in bytes.
    pub const THREAD_BYTES_MAX: usize = 120;
    /// Longest text in bytes.
    pub const TEXT_BYTES_MAX: usize = 12_000;
}
