//! Taking in a new device from an old one (protocol, section 12.3).
//!
//! The new device shows a code: a mailbox and a key. The old one answers there with
//! a key of its own; both show a number made from both keys, and the user compares.
//! Then the new device sends a card for each body, the old one adds it there, and
//! sends what opens the logs. A pairing that is interrupted is begun again.
//!
//! Adversary: whoever sees the relay's traffic. The code is read from screen to
//! camera, so they know the mailbox but not the key in it.

use std::collections::BTreeMap;

use concerted_assembly::content::{AddDevice, Content};
use concerted_log::device::{DeviceCard, DeviceSecret, TalkSecretKey};
use concerted_log::epoch::{EpochSecrets, ReadToken};
use concerted_log::hash::hash;
use concerted_log::id::{Address, MailboxId, PointBytes, RelayKey};
use concerted_log::invitation::{base64url, from_base64url};
use concerted_log::letter::Letter;
use concerted_log::locker::LockerKey;
use concerted_log::message::{ClientFrame, Mail, OpenMailbox, PutMail, ReadMail, Refusal, Request, Response};
use concerted_log::words::RecoveryRoot;
use concerted_log::{BodyId, Secret, cbor, schnorr};
use curve25519_dalek::scalar::Scalar;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::command::{Failure, Reply};
use crate::dispatch::relay_url;
use crate::engine::{Engine, Purpose};
use crate::identity::Identity;
use crate::outbox::Draft;
use crate::session::{Phase, Session};

/// How long a pairing's mailboxes are open, in milliseconds: 30 minutes.
const OPEN_MS: u64 = 30 * 60 * 1000;
/// Most bodies that are handed over in one pairing.
const BODIES_MAX: usize = 30;

/// A pairing, as both screens show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum PairingView {
    /// The new device shows this code and waits.
    Offering {
        /// The code, which is also a link.
        code: String,
    },
    /// Both show this number.
    Comparing {
        /// Six digits.
        number: String,
        /// Whether this is the new device.
        new_device: bool,
    },
    /// The user has confirmed here; the rest follows by itself.
    Finishing,
}

/// What a request to a relay is for, in a pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairingCall {
    /// Opening this device's mailbox.
    Open,
    /// Putting a letter into the other's.
    Put,
    /// Putting the letter that ends the pairing.
    PutLast,
}

/// A pairing under way on this device.
pub struct Pairing {
    relay: String,
    /// This device's mailbox for the pairing.
    mailbox: MailboxId,
    token: ReadToken,
    secret: Scalar,
    opened: bool,
    watched: bool,
    code: String,
    /// The other device's mailbox and key, once known.
    other: Option<(MailboxId, PointBytes)>,
    confirmed: bool,
    role: Role,
    /// Set when it has come to its end.
    ended: Option<Result<(), Failure>>,
}

enum Role {
    New { keys: BTreeMap<BodyId, (DeviceSecret, TalkSecretKey)>, cards_sent: bool },
    Old { greeted: bool, cards: Option<Vec<NewCard>>, groups: Option<Vec<(u32, u64)>> },
}

/// Old to new: who answers, and for which bodies cards are wanted.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Hello {
    #[n(1)]
    mailbox: MailboxId,
    #[n(2)]
    key: PointBytes,
    #[n(3)]
    bodies: Vec<BodyId>,
}

/// New to old: a card for each body.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Cards {
    #[n(1)]
    cards: Vec<NewCard>,
}

#[derive(Clone, Encode, Decode)]
#[cbor(map)]
struct NewCard {
    #[n(1)]
    body: BodyId,
    #[n(2)]
    card: DeviceCard,
}

/// Old to new: what opens the logs.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Keys {
    #[n(1)]
    root: PointBytes,
    #[n(2)]
    locker: LockerKey,
    #[n(3)]
    bodies: Vec<HandedBody>,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct HandedBody {
    #[n(1)]
    body: BodyId,
    #[n(2)]
    relay: String,
    #[n(3)]
    relay_key: RelayKey,
    #[n(4)]
    address: Address,
    #[n(5)]
    secrets: EpochSecrets,
}

impl Pairing {
    /// As the screen shows it.
    pub fn view(&self) -> PairingView {
        match self.number() {
            _ if self.confirmed => PairingView::Finishing,
            Some(number) => {
                PairingView::Comparing { number, new_device: matches!(self.role, Role::New { .. }) }
            }
            None => PairingView::Offering { code: self.code.clone() },
        }
    }

    /// Six digits made from both keys.
    fn number(&self) -> Option<String> {
        let (_, other) = self.other?;
        let own = schnorr::public(&self.secret);
        let (new, old) = match self.role {
            Role::New { .. } => (own, other),
            Role::Old { .. } => (other, own),
        };
        let digest = hash("concerted pairing number", &[new.as_bytes(), old.as_bytes()]);
        let word = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
        Some(format!("{:06}", word % 1_000_000))
    }
}

fn context(mailbox: &MailboxId, kind: &str) -> [u8; 32] {
    hash("concerted pairing", &[mailbox.as_bytes(), kind.as_bytes()])
}

fn code_of(relay: &str, mailbox: &MailboxId, key: &PointBytes) -> String {
    let mut token = vec![1];
    token.extend_from_slice(mailbox.as_bytes());
    token.extend_from_slice(key.as_bytes());
    token.extend_from_slice(&hash("concerted device code check", &[&token])[..4]);
    format!("{relay}/#/device/{}", base64url(&token))
}

fn parse_code(code: &str) -> Result<(String, MailboxId, PointBytes), Failure> {
    let bad = || Failure::Input("this is no code of a new device, or it is incomplete".into());
    let (relay, token) = code.trim().split_once("/#/device/").ok_or_else(bad)?;
    let token = from_base64url(token, 69).ok_or_else(bad)?;
    let (content, check) = token.split_at(65);
    if content[0] != 1 || hash("concerted device code check", &[content])[..4] != *check {
        return Err(bad());
    }
    let part = |range: std::ops::Range<usize>| -> [u8; 32] { content[range].try_into().unwrap_or([0; 32]) };
    Ok((relay_url(relay)?, MailboxId::new(part(1..33)), PointBytes::new(part(33..65))))
}

impl Engine {
    fn new_pairing(&mut self, relay: String, role: Role) -> Pairing {
        let secret = schnorr::random_scalar(&mut *self.rng);
        let mut mailbox = [0; 32];
        self.rng.fill_bytes(&mut mailbox);
        let mailbox = MailboxId::new(mailbox);
        Pairing {
            code: code_of(&relay, &mailbox, &schnorr::public(&secret)),
            token: ReadToken::from_secret(Secret::random(&mut *self.rng)),
            relay,
            mailbox,
            secret,
            opened: false,
            watched: false,
            other: None,
            confirmed: false,
            role,
            ended: None,
        }
    }

    pub(crate) fn offer_device(&mut self, relay: String) -> Result<Reply, Failure> {
        if self.identity.is_some() {
            return Err(Failure::Begun);
        }
        let pairing = self.new_pairing(relay, Role::New { keys: BTreeMap::new(), cards_sent: false });
        let code = pairing.code.clone();
        self.pairing = Some(pairing);
        Ok(Reply::DeviceCode { code })
    }

    pub(crate) fn accept_device(&mut self, code: &str) -> Result<(), Failure> {
        self.identity()?;
        let (relay, mailbox, key) = parse_code(code)?;
        let mut pairing = self.new_pairing(relay, Role::Old { greeted: false, cards: None, groups: None });
        pairing.other = Some((mailbox, key));
        self.pairing = Some(pairing);
        Ok(())
    }

    pub(crate) fn confirm_device(&mut self, same: bool) -> Result<(), Failure> {
        let none = || Failure::State("no device is waiting to be compared".into());
        let pairing = self.pairing.as_mut().filter(|pairing| pairing.other.is_some()).ok_or_else(none)?;
        if same {
            pairing.confirmed = true;
        } else {
            self.pairing = None;
        }
        Ok(())
    }

    /// Does what the pairing needs next.
    pub(crate) fn work_on_pairing(&mut self) {
        let Some(pairing) = self.pairing.as_mut().filter(|pairing| pairing.ended.is_none()) else { return };
        let (relay, mailbox) = (pairing.relay.clone(), pairing.mailbox);
        if !pairing.opened {
            let open =
                OpenMailbox { mailbox, token: pairing.token.hash(), card: Vec::new(), open_ms: OPEN_MS };
            return self.call(&relay, Purpose::Pairing(PairingCall::Open), Request::OpenMailbox(open));
        }
        if !pairing.watched {
            pairing.watched = true;
            let read = ReadMail { mailbox, token: pairing.token.clone(), after: 0 };
            self.send(&relay, ClientFrame::WatchMail(read));
        }
        match self.pairing.as_ref().map(|pairing| &pairing.role) {
            Some(Role::New { .. }) => self.send_cards(),
            Some(Role::Old { greeted: false, .. }) => self.greet(),
            Some(Role::Old { .. }) => self.take_device_in(),
            None => {}
        }
    }

    /// Seals a letter to the other device.
    fn pairing_letter(&mut self, kind: &str, text: &[u8]) -> Option<(String, PutMail)> {
        let pairing = self.pairing.as_ref()?;
        let (mailbox, key) = pairing.other?;
        if text.len() > concerted_log::letter::TEXT_BYTES_MAX {
            return None;
        }
        let letter = Letter::seal(text, &context(&mailbox, kind), &[key], &mut *self.rng).ok()?;
        Some((pairing.relay.clone(), PutMail { mailbox, message: letter.to_bytes() }))
    }

    fn greet(&mut self) {
        let bodies = self.handed_sessions().map(|session| session.kept.id).collect();
        let Some(pairing) = &self.pairing else { return };
        let hello = Hello { mailbox: pairing.mailbox, key: schnorr::public(&pairing.secret), bodies };
        if let Some((relay, put)) = self.pairing_letter("hello", &cbor::encode(&hello)) {
            self.call(&relay, Purpose::Pairing(PairingCall::Put), Request::PutMail(put));
        }
    }

    fn handed_sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter().filter(|session| matches!(session.kept.phase, Phase::Member)).take(BODIES_MAX)
    }

    fn send_cards(&mut self) {
        let Some(Pairing { confirmed: true, role: Role::New { keys, cards_sent: false }, .. }) =
            &self.pairing
        else {
            return;
        };
        let cards = keys
            .iter()
            .map(|(body, (device, talk))| NewCard {
                body: *body,
                card: device.card(body.as_bytes(), talk, &mut *self.rng),
            })
            .collect();
        let text = cbor::encode(&Cards { cards });
        if let Some((relay, put)) = self.pairing_letter("cards", &text) {
            self.call(&relay, Purpose::Pairing(PairingCall::Put), Request::PutMail(put));
        }
    }

    /// Adds the new device in every body, then sends the keys.
    fn take_device_in(&mut self) {
        let Some(Pairing { confirmed: true, role: Role::Old { cards: Some(cards), groups, .. }, .. }) =
            &self.pairing
        else {
            return;
        };
        match groups {
            None => {
                let cards = cards.clone();
                self.draft_devices(cards);
            }
            Some(groups) => {
                let waits = |(number, group): &(u32, u64)| {
                    self.sessions.iter().find(|session| session.number == *number).is_some_and(|session| {
                        session.kept.outbox.groups().iter().any(|waiting| waiting.id == *group)
                    })
                };
                if !groups.iter().any(waits) {
                    self.send_keys();
                }
            }
        }
    }

    fn draft_devices(&mut self, cards: Vec<NewCard>) {
        let mut groups = Vec::new();
        for NewCard { body, card } in cards {
            let found = self.sessions.iter().find(|session| session.kept.id == body);
            let Some((number, member)) = found.and_then(|session| Some((session.number, session.member()?)))
            else {
                continue;
            };
            let content = Content::AddDevice(Box::new(AddDevice { member, card, recovery: None }));
            if let Ok(group) = self.add_draft(number, Draft::Contents(vec![content])) {
                groups.push((number, group));
            }
        }
        if let Some(Pairing { role: Role::Old { groups: slot, .. }, .. }) = &mut self.pairing {
            *slot = Some(groups);
        }
    }

    fn send_keys(&mut self) {
        let bodies = self
            .handed_sessions()
            .filter_map(|session| {
                Some(HandedBody {
                    body: session.kept.id,
                    relay: session.kept.relay.clone(),
                    relay_key: session.kept.relay_key?,
                    address: session.kept.address?,
                    secrets: session.current_secrets()?,
                })
            })
            .collect();
        let Some(identity) = &self.identity else { return };
        let Some(root) = identity.root() else { return };
        let keys = Keys { root: *root.as_point(), locker: identity.locker.clone(), bodies };
        if let Some((relay, put)) = self.pairing_letter("keys", &cbor::encode(&keys)) {
            self.call(&relay, Purpose::Pairing(PairingCall::PutLast), Request::PutMail(put));
        }
    }

    pub(crate) fn pairing_answered(&mut self, call: PairingCall, result: Result<Response, Refusal>) {
        let Some(pairing) = &mut self.pairing else { return };
        if let Err(refusal) = result {
            pairing.ended = Some(Err(Failure::Refused(refusal)));
            return;
        }
        match (call, &mut pairing.role) {
            (PairingCall::Open, _) => pairing.opened = true,
            (PairingCall::Put, Role::New { cards_sent, .. }) => *cards_sent = true,
            (PairingCall::Put, Role::Old { greeted, .. }) => *greeted = true,
            (PairingCall::PutLast, _) => pairing.ended = Some(Ok(())),
        }
    }

    /// Letters in the pairing's mailbox.
    pub(crate) fn pairing_mail(&mut self, mailbox: &MailboxId, mails: &[Mail]) {
        for mail in mails {
            let Some(pairing) = self.pairing.as_mut().filter(|pairing| pairing.mailbox == *mailbox) else {
                return;
            };
            let Ok(letter) = Letter::from_bytes(&mail.message) else { continue };
            let open = |kind: &str| letter.open(&context(mailbox, kind), 0, &pairing.secret);
            if let Some(hello) = open("hello").and_then(|text| cbor::decode::<Hello>(&text, 16_384).ok()) {
                self.take_hello(hello);
            } else if let Some(cards) =
                open("cards").and_then(|text| cbor::decode::<Cards>(&text, 16_384).ok())
            {
                if let Role::Old { cards: slot, .. } = &mut pairing.role {
                    slot.get_or_insert(cards.cards);
                }
            } else if let Some(keys) = open("keys").and_then(|text| cbor::decode::<Keys>(&text, 16_384).ok())
            {
                self.take_keys(keys);
            }
        }
    }

    /// The first who greets is the one to compare with.
    fn take_hello(&mut self, hello: Hello) {
        let Some(Pairing { other: other @ None, role: Role::New { keys, .. }, .. }) = &mut self.pairing
        else {
            return;
        };
        *other = Some((hello.mailbox, hello.key));
        for body in hello.bodies.into_iter().take(BODIES_MAX) {
            let device = DeviceSecret::generate(&mut *self.rng);
            let talk = TalkSecretKey::generate(&mut *self.rng);
            keys.insert(body, (device, talk));
        }
    }

    fn take_keys(&mut self, handed: Keys) {
        let Some(Pairing { confirmed: true, role: Role::New { keys, .. }, ended, .. }) = &mut self.pairing
        else {
            return;
        };
        let Some(root) = RecoveryRoot::from_bytes(handed.root) else { return };
        let mut keys = std::mem::take(keys);
        *ended = Some(Ok(()));
        self.identity = Some(Identity::from_parts(root, handed.locker));
        self.identity_dirty = true;
        for body in handed.bodies {
            let Some((device, talk)) = keys.remove(&body.body) else { continue };
            let Ok(mut kept) = self.new_kept(body.body, body.relay, device, talk) else { continue };
            kept.relay_key = Some(body.relay_key);
            kept.address = Some(body.address);
            kept.secrets = vec![body.secrets];
            kept.phase = Phase::Member;
            // The old device has put it there already.
            kept.in_locker = true;
            let number = self.next_session_number();
            self.sessions.push(Session::new(number, kept));
        }
    }

    /// Where the pairing has come to: a number to compare, or its end.
    pub(crate) fn pairing_stop(&self) -> Option<Result<Reply, Failure>> {
        let Some(pairing) = &self.pairing else {
            return Some(Err(Failure::State("the pairing was given up".into())));
        };
        match &pairing.ended {
            Some(Ok(())) => return Some(Ok(Reply::Done)),
            Some(Err(failure)) => return Some(Err(failure.clone())),
            None => {}
        }
        let greeted = matches!(pairing.role, Role::Old { greeted: true, .. });
        let number = pairing.number().filter(|_| greeted && !pairing.confirmed)?;
        Some(Ok(Reply::DeviceNumber { number }))
    }

    /// Forgets a pairing that has come to its end and was told so.
    pub(crate) fn tidy_pairing(&mut self) {
        let waits = self.waiting.values().any(|waiting| matches!(waiting, crate::engine::Waiting::Pairing));
        if !waits && self.pairing.as_ref().is_some_and(|pairing| pairing.ended.is_some()) {
            self.pairing = None;
        }
    }
}
