//! A body's log as one device knows it: entries verified against the chain and the
//! relay's receipts, opened with the secrets at hand, and folded into the state.
//!
//! Entries arrive in pages ([`History::offer`]) and wait until they can be opened;
//! then they are applied in order ([`History::advance`]). A newcomer who holds only
//! the latest secret walks back over the links first; a device that was asleep
//! walks forward over the rekeys.
//!
//! Invariant: what was applied is a prefix of one chain that the relay signed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::answer::Checkpoint;
use concerted_assembly::body::{Applied, EntryMeta, Opened, Outcome};
use concerted_assembly::content::{Admission, Content, Rekey};
use concerted_assembly::{Body, Rule};
use concerted_log::entry::{Entry, ExpiryClass, Head, Payload};
use concerted_log::epoch::{Epoch, EpochLink, EpochSecrets, PostingSecret, RecordSecret};
use concerted_log::fork::{EntryHeader, ForkProof, PATH_MAX};
use concerted_log::id::{Address, BodyId, RelayKey};
use concerted_log::message::Page;
use concerted_log::receipt::Receipt;
use concerted_log::record::ParsedRecord;
use concerted_log::schnorr;
use curve25519_dalek::scalar::Scalar;

/// Most links for one epoch that are looked at.
const LINKS_MAX: usize = 16;
/// Most receipts for heads beyond the log that are kept for later.
const AHEAD_MAX: usize = 32;

/// The private keys that open seals for this device's user.
#[derive(Default)]
pub struct OpeningKeys<'a> {
    /// The device's sealing key.
    pub device: Option<&'a Scalar>,
    /// The member's recovery key, while the words are at hand.
    pub recovery: Option<&'a Scalar>,
}

/// Why no more entries can be applied for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stall {
    /// All entries that arrived are applied.
    CaughtUp,
    /// The next entry came as a hash, and its content is needed: read again from
    /// here with the latest token.
    ReadAgain,
    /// The secrets of this epoch are not known. More entries may bring them.
    Locked(Epoch),
    /// The first entry does not found this body.
    NotThisBody(Rule),
}

/// A page does not continue the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PageFault {
    /// Numbers or times do not continue, or the receipt is not for these entries.
    #[error("the relay's entries do not fit together")]
    Broken,
    /// The relay has fewer entries than it acknowledged before.
    #[error("the relay has {has} entries but had acknowledged {had}")]
    Shorter {
        /// Entries it says it has.
        has: u64,
        /// Entries it had signed a receipt for.
        had: u64,
    },
    /// The relay signed two histories.
    #[error("the relay shows different histories")]
    Forked(Box<ForkProof>),
}

/// An applied entry.
#[derive(Debug)]
pub struct Step {
    /// What the relay says of it.
    pub meta: EntryMeta,
    /// What applying it told.
    pub applied: Applied,
}

/// The log of one body on this device.
pub struct History {
    id: BodyId,
    address: Address,
    relay_key: RelayKey,
    body: Option<Body>,
    secrets: BTreeMap<Epoch, RecordSecret>,
    posting: BTreeMap<Epoch, PostingSecret>,
    entries: Vec<Entry>,
    head: Head,
    waiting: VecDeque<Entry>,
    waiting_head: Head,
    /// The latest receipt for a head up to [`Self::waiting_head`].
    receipt: Option<Receipt>,
    /// The latest receipt for a head up to [`Self::head`].
    seen: Option<Receipt>,
    fork: Option<ForkProof>,
    /// A state to compare with on the way.
    checkpoint: Option<Checkpoint>,
    other_history: bool,
    /// The relay's receipts for heads beyond the log here, found in records.
    ahead: Vec<Receipt>,
    /// Epochs whose link to the one before is in the log and right.
    linked: BTreeSet<Epoch>,
}

impl History {
    /// An empty history of the body at `address`.
    pub fn new(id: BodyId, address: Address, relay_key: RelayKey) -> Self {
        let head = Head::empty(&address);
        Self {
            id,
            address,
            relay_key,
            body: None,
            secrets: BTreeMap::new(),
            posting: BTreeMap::new(),
            entries: Vec::new(),
            head,
            waiting: VecDeque::new(),
            waiting_head: head,
            receipt: None,
            seen: None,
            fork: None,
            checkpoint: None,
            other_history: false,
            ahead: Vec::new(),
            linked: BTreeSet::new(),
        }
    }

    /// Adds secrets that came from elsewhere.
    pub fn learn(&mut self, secrets: EpochSecrets) {
        self.secrets.insert(secrets.epoch, secrets.record);
        self.posting.insert(secrets.epoch, secrets.posting);
    }

    /// Compares with a member's checkpoint on the way.
    pub fn expect(&mut self, checkpoint: Checkpoint) {
        self.checkpoint = Some(checkpoint);
    }

    /// Whether a checkpoint was not met.
    pub fn is_other_history(&self) -> bool {
        self.other_history
    }

    /// Adds a record secret alone.
    pub fn learn_record_secret(&mut self, epoch: Epoch, secret: RecordSecret) {
        self.secrets.insert(epoch, secret);
    }

    /// The state, once genesis is applied.
    pub fn body(&self) -> Option<&Body> {
        self.body.as_ref()
    }

    /// The state, to let its talk lane forget.
    pub fn body_mut(&mut self) -> Option<&mut Body> {
        self.body.as_mut()
    }

    /// The state, given up by the history.
    pub fn into_body(self) -> Option<Body> {
        self.body
    }

    /// Where the log is.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The key its receipts are checked with.
    pub fn relay_key(&self) -> RelayKey {
        self.relay_key
    }

    /// The applied head.
    pub fn head(&self) -> Head {
        self.head
    }

    /// How many entries have arrived.
    pub fn arrived(&self) -> u64 {
        self.waiting_head.count
    }

    /// Entries that arrived after the applied head.
    pub fn waiting(&self) -> impl Iterator<Item = &Entry> {
        self.waiting.iter()
    }

    /// All applied entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The latest receipt for entries that were applied: what a record names.
    pub fn seen(&self) -> Option<&Receipt> {
        self.seen.as_ref()
    }

    /// Proof that the relay showed two histories, if there is one.
    pub fn fork(&self) -> Option<&ForkProof> {
        self.fork.as_ref()
    }

    /// The known record secrets.
    pub fn secrets(&self) -> &BTreeMap<Epoch, RecordSecret> {
        &self.secrets
    }

    /// The known posting secrets.
    pub fn posting(&self) -> &BTreeMap<Epoch, PostingSecret> {
        &self.posting
    }

    /// Both secrets of the epoch in force, if known.
    pub fn current_secrets(&self) -> Option<EpochSecrets> {
        let epoch = self.body.as_ref()?.epoch().epoch();
        Some(EpochSecrets {
            epoch,
            record: self.secrets.get(&epoch)?.clone(),
            posting: self.posting.get(&epoch)?.clone(),
        })
    }

    /// Takes in entries as a relay or a store gives them, verifying that they
    /// continue the log and that the receipt is for them. Entries already here are
    /// skipped.
    pub fn offer(&mut self, page: &Page) -> Result<u64, PageFault> {
        if let Some(receipt) = &page.receipt {
            self.check_receipt(receipt)?;
        }
        if page.count < self.receipt.map_or(0, |receipt| receipt.sequence.get()) {
            let had = self.receipt.map_or(0, |receipt| receipt.sequence.get());
            return Err(PageFault::Shorter { has: page.count, had });
        }
        let mut head = self.waiting_head;
        let mut fresh = Vec::new();
        for entry in page.entries.iter().filter(|entry| entry.sequence.get() > self.waiting_head.count) {
            head = head.extended(entry).map_err(|_| PageFault::Broken)?;
            fresh.push(entry.clone());
        }
        match &page.receipt {
            Some(receipt) if receipt.sequence.get() == head.count && !receipt.covers(&head) => {
                return Err(PageFault::Broken);
            }
            Some(receipt) if receipt.sequence.get() < head.count => return Err(PageFault::Broken),
            None if !fresh.is_empty() => return Err(PageFault::Broken),
            Some(receipt) if receipt.sequence.get() == head.count => self.receipt = Some(*receipt),
            _ if !fresh.is_empty() => return Err(PageFault::Broken),
            _ => {}
        }
        let added = fresh.len() as u64;
        self.waiting.extend(fresh);
        self.waiting_head = head;
        self.note_seen();
        Ok(added)
    }

    /// Takes in entries that this device stored, with the receipt it had for them.
    /// `None` if they do not continue each other.
    pub fn offer_stored(&mut self, entries: Vec<Entry>, receipt: Option<Receipt>) -> Option<()> {
        for entry in entries {
            self.waiting_head = self.waiting_head.extended(&entry).ok()?;
            self.waiting.push_back(entry);
        }
        self.receipt = receipt.filter(|receipt| receipt.sequence.get() <= self.waiting_head.count);
        Some(())
    }

    /// The latest receipt for entries that arrived.
    pub fn receipt(&self) -> Option<&Receipt> {
        self.receipt.as_ref()
    }

    /// Whether the log has a right link from the epoch in force to the one before.
    pub fn is_linked(&self) -> bool {
        let epoch = self.body.as_ref().map(|body| body.epoch().epoch());
        epoch.is_none_or(|epoch| epoch == Epoch::GENESIS || self.linked.contains(&epoch))
    }

    /// A receipt must be the relay's, and must not contradict the chain we hold.
    fn check_receipt(&mut self, receipt: &Receipt) -> Result<(), PageFault> {
        if receipt.address != self.address || !receipt.verify(&self.relay_key) {
            return Err(PageFault::Broken);
        }
        match self.fork_with(receipt) {
            Some(proof) => {
                self.fork = Some(proof.clone());
                Err(PageFault::Forked(Box::new(proof)))
            }
            None => Ok(()),
        }
    }

    /// Proof of a fork, if `receipt` contradicts what is here.
    pub fn fork_with(&self, receipt: &Receipt) -> Option<ForkProof> {
        let at = receipt.sequence.get();
        let own = self.receipt.as_ref()?;
        if receipt.address != self.address || at > own.sequence.get() || !receipt.verify(&self.relay_key) {
            return None;
        }
        let (chain, time_ms) = self.position(at)?;
        if chain == receipt.chain {
            return None;
        }
        let path: Vec<EntryHeader> = self
            .all_entries()
            .filter(|entry| entry.sequence.get() > at && entry.sequence <= own.sequence)
            .map(|entry| EntryHeader {
                time_ms: entry.time_ms,
                lane: entry.lane,
                sealed: entry.sealed_hash(),
            })
            .take(PATH_MAX + 1)
            .collect();
        let proof = ForkProof {
            earlier: *receipt,
            later: *own,
            chain_at_earlier: chain,
            time_at_earlier_ms: time_ms,
            path,
        };
        proof.verify(&self.relay_key).then_some(proof)
    }

    /// Notes a fork that someone else proved, or that a record's receipt shows.
    pub fn note_fork(&mut self, proof: ForkProof) {
        if proof.verify(&self.relay_key) && proof.earlier.address == self.address {
            self.fork.get_or_insert(proof);
        }
    }

    fn all_entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().chain(&self.waiting)
    }

    /// Chain and time after entry `at`, applied or waiting.
    fn position(&self, at: u64) -> Option<(concerted_log::ChainHash, u64)> {
        if at <= self.head.count {
            let chain = self.body.as_ref()?.chain_at(at)?;
            let entry = self.entries.get(usize::try_from(at.checked_sub(1)?).ok()?)?;
            return Some((chain, entry.time_ms));
        }
        let mut head = self.head;
        for entry in &self.waiting {
            head = head.extended(entry).ok()?;
            if head.count == at {
                return Some((head.chain, head.time_ms));
            }
        }
        None
    }

    fn note_seen(&mut self) {
        if self.receipt.is_some_and(|receipt| receipt.sequence.get() <= self.head.count) {
            self.seen = self.receipt;
        }
    }

    /// Whether the state is that of a checkpoint; none before its entry is applied
    /// and after.
    pub fn meets(&self, checkpoint: &Checkpoint) -> Option<bool> {
        let body = self.body.as_ref().filter(|body| body.applied() == checkpoint.count)?;
        Some(body.state_hash() == *checkpoint.state.as_bytes())
    }

    /// Applies as many waiting entries as can be opened.
    pub fn advance(&mut self, keys: &OpeningKeys<'_>) -> (Vec<Step>, Stall) {
        let mut steps = Vec::new();
        let stall = loop {
            match self.step(keys) {
                Ok(step) => {
                    steps.push(step);
                    if let Some(meets) =
                        self.checkpoint.as_ref().and_then(|checkpoint| self.meets(checkpoint))
                    {
                        self.other_history |= !meets;
                    }
                }
                Err(stall) => break stall,
            }
        };
        self.note_seen();
        self.look_back();
        (steps, stall)
    }

    fn step(&mut self, keys: &OpeningKeys<'_>) -> Result<Step, Stall> {
        let entry = self.waiting.front().ok_or(Stall::CaughtUp)?.clone();
        if self.must_open(&entry) && !self.secrets.contains_key(&entry.lane.epoch) {
            self.seek(entry.lane.epoch, keys).ok_or(Stall::Locked(entry.lane.epoch))?;
        }
        let head = self.head.extended(&entry).map_err(|_| Stall::CaughtUp)?;
        let meta = EntryMeta {
            sequence: entry.sequence,
            time_ms: entry.time_ms,
            lane: entry.lane,
            chain: head.chain,
        };
        let bytes = match &entry.payload {
            Payload::Hash(_) => None,
            Payload::Sealed(sealed) => {
                Some(self.secrets.get(&entry.lane.epoch).and_then(|secret| sealed.open(entry.lane, secret)))
            }
        };
        let opened = match &bytes {
            None => Opened::Absent,
            Some(None) => Opened::Unopenable,
            Some(Some(bytes)) => Opened::Record(bytes),
        };
        let applied = match &mut self.body {
            None => {
                let (body, applied) = Body::found(&self.id, &meta, opened).map_err(Stall::NotThisBody)?;
                self.check_first_secret(&applied)?;
                self.body = Some(body);
                applied
            }
            Some(body) => body.apply(&meta, opened).map_err(|_| Stall::ReadAgain)?,
        };
        self.head = head;
        self.waiting.pop_front();
        self.entries.push(entry);
        self.follow_keys(&applied, keys);
        self.watch_for_fork(&applied);
        Ok(Step { meta, applied })
    }

    /// The first record secret follows from the genesis record, whose hash is the
    /// body's id: a link cannot bring another.
    fn check_first_secret(&self, applied: &Applied) -> Result<(), Stall> {
        let derived = match &applied.content {
            Some(Content::Genesis(genesis)) => Some(RecordSecret::of_genesis(&genesis.salt)),
            _ => None,
        };
        let fits = derived.as_ref() == self.secrets.get(&Epoch::GENESIS);
        if fits { Ok(()) } else { Err(Stall::NotThisBody(Rule::GenesisFirst)) }
    }

    /// Whether an entry's epoch is one whose records may count here, so that its
    /// secret is needed before going on.
    fn must_open(&self, entry: &Entry) -> bool {
        let Some(body) = &self.body else {
            return entry.lane.epoch == Epoch::GENESIS;
        };
        let current = body.epoch().epoch();
        entry.lane.epoch == current || Some(entry.lane.epoch) == current.previous()
    }

    /// After an accepted rekey or admission: opens it if it is for us.
    fn follow_keys(&mut self, applied: &Applied, keys: &OpeningKeys<'_>) {
        if applied.outcome != Outcome::Accepted {
            return;
        }
        let secrets = match &applied.content {
            Some(Content::Rekey(rekey)) => self.open_rekey(rekey, keys),
            Some(Content::Admission(admission)) => open_admission(&self.id, admission, keys),
            Some(Content::Link(link)) => {
                self.note_link(link);
                None
            }
            _ => None,
        };
        if let Some(secrets) = secrets {
            let known =
                self.secrets.contains_key(&secrets.epoch) && self.posting.contains_key(&secrets.epoch);
            if !known && self.fits(secrets.epoch, &secrets.record) {
                self.learn(secrets);
            }
        }
    }

    fn note_link(&mut self, link: &EpochLink) {
        let Some(epoch) = self.body.as_ref().map(|body| body.epoch().epoch()) else { return };
        let followed = self.secrets.get(&epoch).and_then(|secret| secret.follow(link));
        if followed.is_some()
            && followed.as_ref() == epoch.previous().and_then(|below| self.secrets.get(&below))
        {
            self.linked.insert(epoch);
        }
    }

    /// The state has just taken the recipients in as those who hold the new
    /// secrets; their order is the seal's.
    fn open_rekey(&self, rekey: &Rekey, keys: &OpeningKeys<'_>) -> Option<EpochSecrets> {
        let context = rekey.context(&self.id);
        let epoch = self.body.as_ref()?.epoch();
        [keys.device, keys.recovery].into_iter().flatten().find_map(|private| {
            let own = schnorr::public(private);
            let index = epoch.sealed().position(|key| *key == own)?;
            let shared = rekey.seal.open(index, private)?;
            Some(EpochSecrets::of_rekey(&shared, rekey.epoch, &context))
        })
    }

    /// Finds the record secret of `epoch` among the waiting entries: by links from
    /// later epochs, or by an admission seal posted in an earlier one.
    fn seek(&mut self, epoch: Epoch, keys: &OpeningKeys<'_>) -> Option<()> {
        self.seek_back(epoch).or_else(|| self.seek_admission(epoch, keys))
    }

    fn seek_back(&mut self, epoch: Epoch) -> Option<()> {
        let mut at = *self.secrets.range(epoch..).next()?.0;
        while at > epoch {
            let below = at.previous()?;
            let secret = self.secrets.get(&at)?;
            // Whoever posts a false link must also have posted more entries sealed under
            // the false secret than there are under the true one, for all to see.
            let found = self
                .opened_waiting(at, secret)
                .filter_map(|content| match content {
                    Content::Link(link) => secret.follow(&link),
                    _ => None,
                })
                .take(LINKS_MAX)
                .map(|candidate| (self.opens(below, &candidate), candidate))
                .filter(|(opens, _)| *opens > 0)
                .fold(None, |best: Option<(usize, RecordSecret)>, next| match best {
                    Some(best) if best.0 >= next.0 => Some(best),
                    _ => Some(next),
                })
                .map(|(_, candidate)| candidate)?;
            self.secrets.insert(below, found);
            at = below;
        }
        Some(())
    }

    fn seek_admission(&mut self, epoch: Epoch, keys: &OpeningKeys<'_>) -> Option<()> {
        let below = epoch.previous()?;
        let secret = self.secrets.get(&below)?;
        let found = self
            .opened_waiting(below, secret)
            .filter_map(|content| match content {
                Content::Admission(admission) if admission.epoch == epoch => {
                    open_admission(&self.id, &admission, keys)
                }
                _ => None,
            })
            .find(|secrets| self.fits(epoch, &secrets.record))?;
        self.learn(found);
        Some(())
    }

    /// What waiting entries of an epoch say, signatures unchecked.
    fn opened_waiting<'a>(
        &'a self,
        epoch: Epoch,
        secret: &'a RecordSecret,
    ) -> impl Iterator<Item = Content> + 'a {
        self.waiting.iter().filter(move |entry| entry.lane.epoch == epoch).filter_map(move |entry| {
            let Payload::Sealed(sealed) = &entry.payload else { return None };
            if entry.lane.class != ExpiryClass::Never {
                return None;
            }
            let bytes = sealed.open(entry.lane, secret)?;
            let parsed = ParsedRecord::parse(&bytes).ok()?;
            Content::parse(&parsed.unverified_record().content).ok()
        })
    }

    /// How many waiting entries of its epoch a candidate opens.
    fn opens(&self, epoch: Epoch, candidate: &RecordSecret) -> usize {
        let of_epoch = self.waiting.iter().filter(|entry| entry.lane.epoch == epoch);
        let opens = |entry: &&Entry| match &entry.payload {
            Payload::Sealed(sealed) => sealed.open(entry.lane, candidate).is_some(),
            Payload::Hash(_) => false,
        };
        of_epoch.filter(opens).count()
    }

    /// Whether a candidate opens an entry of its epoch; true if there is none to
    /// try.
    fn fits(&self, epoch: Epoch, candidate: &RecordSecret) -> bool {
        let mut tried = false;
        for entry in self.waiting.iter().filter(|entry| entry.lane.epoch == epoch).take(64) {
            let Payload::Sealed(sealed) = &entry.payload else { continue };
            if sealed.open(entry.lane, candidate).is_some() {
                return true;
            }
            tried = true;
        }
        !tried
    }

    /// A record that names a head of another history, with the relay's signature,
    /// convicts the relay.
    fn watch_for_fork(&mut self, applied: &Applied) {
        if applied.outcome != Outcome::Void(Rule::SeenHead) {
            return;
        }
        let Some(seen) = applied.unverified_seen else { return };
        let receipt = Receipt::from_seen(self.address, &seen);
        let beyond = self.receipt.is_none_or(|own| own.sequence < receipt.sequence);
        if beyond && self.ahead.len() < AHEAD_MAX && receipt.verify(&self.relay_key) {
            self.ahead.push(receipt);
        } else if let Some(proof) = self.fork_with(&receipt) {
            self.note_fork(proof);
        }
    }

    /// Heads that were beyond the log, and are not any more, are compared now.
    fn look_back(&mut self) {
        let Some(own) = self.receipt else { return };
        let (reached, ahead) = self.ahead.iter().partition(|receipt| receipt.sequence <= own.sequence);
        self.ahead = ahead;
        let reached: Vec<Receipt> = reached;
        if let Some(proof) = reached.iter().find_map(|receipt| self.fork_with(receipt)) {
            self.note_fork(proof);
        }
    }

    /// Forgets waiting entries that came as hashes, and all after them, so that they
    /// are read again.
    pub fn drop_waiting(&mut self) {
        self.waiting.clear();
        self.waiting_head = self.head;
        self.receipt = self.seen;
    }

    /// Whether the entry that waits first came only as a hash.
    pub fn next_is_hash(&self) -> bool {
        self.waiting.front().is_some_and(|entry| matches!(entry.payload, Payload::Hash(_)))
    }

    /// Replaces the sealed record of an expired talk entry by its hash. Returns the
    /// entry as it is now.
    pub fn expire(&mut self, index: usize) -> Option<&Entry> {
        let entry = self.entries.get_mut(index)?;
        entry.payload = Payload::Hash(entry.sealed_hash());
        Some(entry)
    }
}

fn open_admission(body: &BodyId, admission: &Admission, keys: &OpeningKeys<'_>) -> Option<EpochSecrets> {
    let context = admission.context(body);
    let count = admission.seal.recipient_count().min(16);
    [keys.device, keys.recovery].into_iter().flatten().find_map(|private| {
        (0..count).find_map(|index| {
            let shared = admission.seal.open(index, private)?;
            EpochSecrets::unwrap(&admission.wrapped, &shared, &context)
                .filter(|secrets| secrets.epoch == admission.epoch)
        })
    })
}
