//! Talk on this device: its talk keys, the talk secrets it opened, and what was
//! said.

use std::collections::BTreeMap;

use concerted_assembly::content::{Saying, TalkSecret};
use concerted_log::device::TalkSecretKey;
use concerted_log::seal::Shared;
use concerted_log::talk::{TalkSecretId, TalkText, WEEK_MS, talk_secret_id, week_of};
use concerted_log::{DeviceId, Secret, cbor};
use minicbor::{Decode, Encode};

/// The keys that open talk; stored, and forgotten at the body's retention.
#[derive(Clone, Debug, Default, Encode, Decode)]
#[cbor(map)]
pub struct TalkKeys {
    /// This device's talk keys with the week of each, oldest first.
    #[n(1)]
    own: Vec<OwnKey>,
    /// Talk secrets that were opened, with the week of each.
    #[n(2)]
    secrets: BTreeMap<TalkSecretId, OpenedSecret>,
}

#[derive(Clone, Encode, Decode)]
struct OwnKey {
    #[n(0)]
    week: u64,
    #[n(1)]
    key: TalkSecretKey,
}

impl std::fmt::Debug for OwnKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnKey(week {})", self.week)
    }
}

#[derive(Clone, Debug, Encode, Decode)]
struct OpenedSecret {
    #[n(0)]
    week: u64,
    #[n(1)]
    shared: Secret,
}

impl TalkKeys {
    /// Adds a key of this device.
    pub fn add_key(&mut self, week: u64, key: TalkSecretKey) {
        self.own.push(OwnKey { week, key });
    }

    /// The week of the newest key.
    pub fn newest_week(&self) -> Option<u64> {
        self.own.last().map(|own| own.week)
    }

    /// The newest key.
    pub fn newest(&self) -> Option<&TalkSecretKey> {
        self.own.last().map(|own| &own.key)
    }

    /// Opens a talk secret that was sealed to this device; true if it is new.
    pub fn take(&mut self, secret: &TalkSecret, device: &DeviceId) -> bool {
        if self.secrets.contains_key(&secret.id) {
            return false;
        }
        let Some(index) = secret.devices.iter().position(|id| id == device) else {
            return false;
        };
        let opened = self.own.iter().rev().find_map(|own| {
            let shared = secret.seal.open(index, own.key.scalar())?;
            (talk_secret_id(&shared) == secret.id).then_some(shared)
        });
        opened.map(|shared| self.keep(secret.week, &shared)).is_some()
    }

    /// Keeps a talk secret of one's own making.
    pub fn keep(&mut self, week: u64, shared: &Shared) {
        let opened = OpenedSecret { week, shared: shared.to_secret() };
        self.secrets.insert(talk_secret_id(shared), opened);
    }

    /// An opened talk secret.
    pub fn shared(&self, id: &TalkSecretId) -> Option<Shared> {
        self.secrets.get(id).and_then(|opened| Shared::from_secret(&opened.shared))
    }

    /// What a text says, if its secret was opened.
    pub fn open(&self, text: &TalkText) -> Option<Saying> {
        let bytes = text.open(&self.shared(&text.secret)?)?;
        cbor::decode(&bytes, Saying::TEXT_BYTES_MAX + 1024).ok()
    }

    /// Forgets secrets whose week ended more than the retention ago, and own keys
    /// that have been replaced for two weeks. True if anything was forgotten.
    pub fn forget(&mut self, now_ms: u64, retention_ms: u64) -> bool {
        let before = (self.secrets.len(), self.own.len());
        self.secrets.retain(|_, opened| {
            let end = (opened.week + 1).saturating_mul(WEEK_MS);
            end.saturating_add(retention_ms) > now_ms
        });
        let now_week = week_of(now_ms);
        let newest = self.own.len().saturating_sub(1);
        let mut index = 0;
        self.own.retain(|own| {
            let keep = index == newest || own.week + 2 > now_week;
            index += 1;
            keep
        });
        before != (self.secrets.len(), self.own.len())
    }
}

/// Something that was said.
#[derive(Clone, Debug)]
pub struct Said {
    /// Its number in the log.
    pub sequence: u64,
    /// The device that said it.
    pub device: DeviceId,
    /// Relay time in milliseconds.
    pub time_ms: u64,
    /// As it stands in the log.
    pub text: TalkText,
    /// What it says, if this device can read it.
    pub saying: Option<Saying>,
}
