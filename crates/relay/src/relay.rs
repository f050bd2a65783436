//! The relay: a request in, an answer out.
//!
//! A request that changes something passes two stages. *Preparing* does all that
//! costs time and can refuse: shape, gate, posting key, signature, hashes. What is
//! left is a [`Change`], which the store applies in its one writing thread. The
//! cheap questions come before the signature, so that a flood of false requests
//! costs the relay little.

use concerted_log::Address;
use concerted_log::entry::{Head, Payload};
use concerted_log::epoch::Epoch;
use concerted_log::id::{MailboxId, VerifyingKeyBytes};
use concerted_log::invitation::OPEN_MS_MAX;
use concerted_log::locker::{ITEM_BYTES_MAX, locker_id, verify_put};
use concerted_log::message::{
    APPEND_ITEMS_MAX, Announce, Announcement, Append, Appended, Create, HandBack, Info, Mail, OpenMailbox,
    Page, PutLocker, PutMail, Read, ReadMail, Refusal, Request, Response, TALK_RETENTION_MS_MAX,
};
use concerted_log::receipt::{Receipt, ReceiptSigner};

use crate::caller::Caller;
use crate::change::{AnnounceKey, AppendEntries, Change, CreateLog, HashedItem, Outcome, TakeBack};
use crate::gate::{Gate, Standing};
use crate::limits::Limits;
use crate::rules::{Failure, append, hand_back, mailbox, page, posting};
use crate::store::{OpenBox, Store, View};

/// A relay over a store.
pub struct Relay<S> {
    store: S,
    signer: ReceiptSigner,
    limits: Limits,
    gate: Gate,
    public_url: Option<String>,
}

/// A request after its first stage.
#[derive(Debug)]
pub enum Prepared {
    /// It changes nothing, and this is the answer.
    Answer(Response),
    /// It is to be applied, and then [`Relay::finish`]ed.
    Change(Change, Finish),
}

/// What is needed to answer once a change is applied.
#[derive(Clone, Copy, Debug)]
pub struct Finish {
    address: Option<Address>,
}

impl<S: Store> Relay<S> {
    /// A relay that signs with `signer`, over what `store` holds.
    pub fn new(store: S, signer: ReceiptSigner, limits: Limits) -> Self {
        let gate = Gate::new(&limits);
        Self { store, signer, limits, gate, public_url: None }
    }

    /// Tells members this base address for links.
    pub fn with_public_url(mut self, public_url: Option<String>) -> Self {
        self.public_url = public_url;
        self
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Answers one request. On a refusal nothing has changed.
    pub fn handle(&self, request: Request, caller: &Caller) -> Result<Response, Refusal> {
        match self.prepare(request, caller)? {
            Prepared::Answer(response) => Ok(response),
            Prepared::Change(change, finish) => Ok(self.finish(self.store.write(change)?, finish)),
        }
    }

    /// The first stage: everything except changing the store.
    pub fn prepare(&self, request: Request, caller: &Caller) -> Result<Prepared, Refusal> {
        match request {
            Request::Info => self.info(caller).map(Prepared::Answer),
            Request::Create(create) => self.prepare_create(create, caller),
            Request::Append(append) => self.prepare_append(append, caller),
            Request::Announce(announce) => self.prepare_announce(announce, caller),
            Request::Read(read) => self.read(&read, caller).map(Prepared::Answer),
            Request::HandBack(hand_back) => self.prepare_hand_back(hand_back, caller),
            Request::OpenMailbox(open) => self.prepare_open_mailbox(open, caller),
            Request::ReadCard(id) => self.read_card(&id, caller).map(Prepared::Answer),
            Request::PutMail(put) => self.prepare_put_mail(put, caller),
            Request::ReadMail(read) => {
                self.mail(&read, caller).map(|mail| Prepared::Answer(Response::Mail(mail)))
            }
            Request::CloseMailbox(close) => {
                self.gate.request(caller, 0)?;
                let change = Change::CloseMailbox {
                    id: close.mailbox,
                    token: close.token.hash(),
                    now_ms: caller.now_ms,
                };
                Ok(changed(change))
            }
            Request::PutLocker(put) => self.prepare_put_locker(put, caller),
            Request::ReadLocker(id) => {
                self.gate.request(caller, 0)?;
                let items = self.look(|view| Ok(view.locker(&id)?))?;
                if items.is_empty() {
                    return Err(Refusal::NotFound);
                }
                Ok(Prepared::Answer(Response::Locker(items)))
            }
        }
    }

    /// The last stage: the answer, once the change is durable.
    pub fn finish(&self, outcome: Outcome, finish: Finish) -> Response {
        let Outcome::Appended { sequences, head } = outcome else {
            return Response::Done;
        };
        match finish.address.and_then(|address| self.receipt(address, &head)) {
            Some(receipt) => Response::Appended(Appended { sequences, receipt }),
            None => Response::Done,
        }
    }

    /// Drops what has expired: sealed talk and mailboxes. Call it every minute or
    /// so; while it answers true there is more to do.
    pub fn sweep(&self, now_ms: u64) -> Result<bool, Refusal> {
        const AT_MOST: usize = 500;
        match self.store.write(Change::Sweep { now_ms, at_most: AT_MOST })? {
            Outcome::Swept(count) => Ok(count >= AT_MOST),
            _ => Ok(false),
        }
    }

    /// How many networks, keys, addresses and mailboxes the gate remembers.
    pub fn gate_remembered(&self) -> usize {
        self.gate.remembered()
    }

    /// A receipt for a head that is durable; `None` for an empty log.
    pub fn receipt(&self, address: Address, head: &Head) -> Option<Receipt> {
        self.signer.sign(address, head)
    }

    /// Up to which epoch the reader sees entries whole.
    pub fn reach(&self, read: &Read, caller: &Caller) -> Result<Epoch, Refusal> {
        self.gate.request(caller, 0)?;
        let token = read.token.hash();
        self.look(|view| page::reach(view, &read.address, &token))
    }

    /// Whether the caller may read a page now.
    pub fn may_read(&self, caller: &Caller) -> Result<(), Refusal> {
        self.gate.read(caller)
    }

    /// The entries after `after`, for a reader who reaches `reach`. Ask
    /// [`Self::may_read`] before.
    pub fn page(&self, address: Address, reach: Epoch, after: u64, caller: &Caller) -> Result<Page, Refusal> {
        let page = self.look(|view| page::page(view, &address, reach, after, caller.now_ms))?;
        self.gate.has_read(caller, page.bytes);
        let receipt = self.receipt(address, &page.head);
        Ok(Page { entries: page.entries, receipt, count: page.count })
    }

    /// The messages of a mailbox that the reader asks for.
    pub fn mail(&self, read: &ReadMail, caller: &Caller) -> Result<Vec<Mail>, Refusal> {
        self.gate.request(caller, 0)?;
        let token = read.token.hash();
        let mail = self.look(|view| {
            mailbox::find_own(view, &read.mailbox, &token, caller.now_ms)?;
            Ok(view.mail(&read.mailbox, read.after)?)
        })?;
        self.gate.has_read(caller, mail.iter().map(|mail| length(&mail.message)).sum());
        Ok(mail)
    }

    fn info(&self, caller: &Caller) -> Result<Response, Refusal> {
        self.gate.request(caller, 0)?;
        Ok(Response::Info(Info {
            relay_key: self.signer.relay_key(),
            time_ms: caller.now_ms,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            public_url: self.public_url.clone(),
        }))
    }

    fn read(&self, read: &Read, caller: &Caller) -> Result<Response, Refusal> {
        self.may_read(caller)?;
        let reach = self.reach(read, caller)?;
        self.page(read.address, reach, read.after, caller).map(Response::Page)
    }

    fn read_card(&self, id: &MailboxId, caller: &Caller) -> Result<Response, Refusal> {
        self.gate.request(caller, 0)?;
        let mailbox = self.look(|view| mailbox::find(view, id, caller.now_ms))?;
        self.gate.has_read(caller, length(&mailbox.card));
        Ok(Response::Card(mailbox.card))
    }

    fn prepare_create(&self, create: Create, caller: &Caller) -> Result<Prepared, Refusal> {
        self.gate.request(caller, 0)?;
        if create.talk_retention_ms > TALK_RETENTION_MS_MAX {
            return Err(Refusal::Limit(TALK_RETENTION_MS_MAX));
        }
        self.signed(create.verify(), caller)?;
        let exists = self.look(|view| Ok(view.log(&create.address)?.is_some()))?;
        if !exists {
            self.gate.create(caller)?;
        }
        Ok(changed(Change::Create(CreateLog {
            address: create.address,
            announcement: create.announcement,
            talk_retention_ms: create.talk_retention_ms,
            now_ms: caller.now_ms,
        })))
    }

    fn prepare_append(&self, append: Append, caller: &Caller) -> Result<Prepared, Refusal> {
        let (count, bytes) = self.append_size(&append)?;
        self.gate.request(caller, bytes)?;
        let (standing, announces_new) = self.look(|view| {
            append::refuse_if_missing(view, &append.address)?;
            let now_ms = caller.now_ms;
            let standing = accepted(view, &append.address, &append.posting_key, now_ms)?;
            let new = match &append.announcement {
                Some(announcement) => posting::is_new(view, &append.address, announcement, now_ms)?,
                None => false,
            };
            Ok((standing, new))
        })?;
        self.gate.may_append(&standing, count, bytes, caller.now_ms)?;
        self.signed(append.verify(), caller)?;
        if announces_new {
            self.gate.announce(&standing, caller.now_ms)?;
        }
        self.gate.append(&standing, count, bytes, caller.now_ms)?;
        let address = append.address;
        Ok(Prepared::Change(hashed(append, caller.now_ms), Finish { address: Some(address) }))
    }

    /// The number of items and bytes, if they are within the limits.
    fn append_size(&self, append: &Append) -> Result<(u64, u64), Refusal> {
        if append.items.is_empty() {
            return Err(Refusal::Malformed);
        }
        if append.items.len() > APPEND_ITEMS_MAX {
            return Err(limit(APPEND_ITEMS_MAX));
        }
        let most = self.limits.entry_bytes_max;
        if append.items.iter().any(|item| item.sealed.as_bytes().len() > most) {
            return Err(limit(most));
        }
        let bytes = append.items.iter().map(|item| length(item.sealed.as_bytes())).sum();
        Ok((u64::try_from(append.items.len()).unwrap_or(u64::MAX), bytes))
    }

    fn prepare_announce(&self, announce: Announce, caller: &Caller) -> Result<Prepared, Refusal> {
        self.gate.request(caller, 0)?;
        let Announce { address, announcement, posting_key, .. } = announce;
        let (standing, new) =
            self.look(|view| standing_for(view, &address, &posting_key, &announcement, caller))?;
        self.signed(announce.verify(), caller)?;
        if new {
            self.gate.announce(&standing, caller.now_ms)?;
        }
        Ok(changed(Change::Announce(AnnounceKey {
            address,
            announcement,
            posting_key,
            now_ms: caller.now_ms,
        })))
    }

    fn prepare_hand_back(&self, hand_back: HandBack, caller: &Caller) -> Result<Prepared, Refusal> {
        let HandBack { address, entries } = hand_back;
        let bytes = entries.iter().map(|entry| sealed_length(&entry.payload)).sum();
        self.gate.request(caller, bytes)?;
        self.look(|view| hand_back::check_length(view, &address, &entries))?;
        let entries = entries.into_iter().map(|entry| {
            let hash = entry.sealed_hash();
            (entry, hash)
        });
        let take_back = TakeBack { address, entries: entries.collect(), now_ms: caller.now_ms };
        Ok(changed(Change::HandBack(take_back)))
    }

    fn prepare_open_mailbox(&self, open: OpenMailbox, caller: &Caller) -> Result<Prepared, Refusal> {
        self.gate.request(caller, length(&open.card))?;
        if open.open_ms > OPEN_MS_MAX {
            return Err(Refusal::Limit(OPEN_MS_MAX));
        }
        if open.card.len() > self.limits.card_bytes_max {
            return Err(limit(self.limits.card_bytes_max));
        }
        let exists = self.look(|view| Ok(view.mailbox(&open.mailbox)?.is_some()))?;
        if !exists {
            self.gate.open_mailbox(caller)?;
        }
        let mailbox = OpenBox {
            token: open.token,
            card: open.card,
            open_ms: open.open_ms,
            closes_ms: caller.now_ms.saturating_add(open.open_ms),
        };
        Ok(changed(Change::OpenMailbox { id: open.mailbox, mailbox }))
    }

    fn prepare_put_mail(&self, put: PutMail, caller: &Caller) -> Result<Prepared, Refusal> {
        let bytes = length(&put.message);
        self.gate.request(caller, bytes)?;
        if put.message.len() > self.limits.message_bytes_max {
            return Err(limit(self.limits.message_bytes_max));
        }
        self.look(|view| mailbox::find(view, &put.mailbox, caller.now_ms))?;
        self.gate.put_mail(put.mailbox, bytes, caller)?;
        Ok(changed(Change::PutMail {
            id: put.mailbox,
            message: put.message,
            most: self.limits.mailbox_messages_max,
            now_ms: caller.now_ms,
        }))
    }

    fn prepare_put_locker(&self, put: PutLocker, caller: &Caller) -> Result<Prepared, Refusal> {
        self.gate.request(caller, length(&put.item))?;
        if put.item.len() > ITEM_BYTES_MAX {
            return Err(limit(ITEM_BYTES_MAX));
        }
        self.signed(verify_put(&put.write_key, &put.item, &put.signature), caller)?;
        self.gate.put_locker(caller)?;
        Ok(changed(Change::PutLocker { id: locker_id(&put.write_key), item: put.item }))
    }

    fn signed(&self, holds: bool, caller: &Caller) -> Result<(), Refusal> {
        if !holds {
            self.gate.false_signature(caller);
            return Err(Refusal::Signature);
        }
        Ok(())
    }

    fn look<T>(&self, look: impl FnOnce(&dyn View) -> Result<T, Failure>) -> Result<T, Refusal> {
        self.store.read(|view| match look(view) {
            Ok(found) => Ok(Ok(found)),
            Err(Failure::Refused(refusal)) => Ok(Err(refusal)),
            Err(Failure::Fault(fault)) => Err(fault),
        })?
    }
}

/// The standing of a key at an address that exists, if it is accepted.
fn accepted(
    view: &dyn View,
    address: &Address,
    key: &VerifyingKeyBytes,
    now_ms: u64,
) -> Result<Standing, Failure> {
    if view.log(address)?.is_none() {
        return Err(Refusal::NotFound.into());
    }
    Ok(posting::standing(view, address, key, now_ms)?.ok_or(Refusal::PostingKey)?)
}

/// The standing of the key that announces, and whether it announces anything new.
fn standing_for(
    view: &dyn View,
    address: &Address,
    key: &VerifyingKeyBytes,
    announcement: &Announcement,
    caller: &Caller,
) -> Result<(Standing, bool), Failure> {
    let standing = match accepted(view, address, key, caller.now_ms) {
        Err(Failure::Refused(Refusal::PostingKey)) => {
            posting::lapsed(view, address, key)?.ok_or(Refusal::PostingKey)?
        }
        other => other?,
    };
    Ok((standing, posting::is_new(view, address, announcement, caller.now_ms)?))
}

fn hashed(append: Append, now_ms: u64) -> Change {
    let items = append.items.into_iter().map(|item| HashedItem {
        lane: item.lane,
        hash: item.sealed.hash(),
        sealed: item.sealed,
    });
    Change::Append(AppendEntries {
        address: append.address,
        items: items.collect(),
        only_if_count: append.only_if_count,
        announcement: append.announcement,
        posting_key: append.posting_key,
        now_ms,
    })
}

fn changed(change: Change) -> Prepared {
    Prepared::Change(change, Finish { address: None })
}

fn sealed_length(payload: &Payload) -> u64 {
    match payload {
        Payload::Sealed(sealed) => length(sealed.as_bytes()),
        Payload::Hash(_) => 0,
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn limit(most: usize) -> Refusal {
    Refusal::Limit(u64::try_from(most).unwrap_or(u64::MAX))
}
