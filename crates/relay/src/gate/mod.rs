//! The gate: keeps noise bounded, since the relay cannot judge the rules.
//!
//! Limits apply per network prefix, per posting key and per address. Half of an
//! address's rate is kept for its newest posting keys, one share each. A key hands
//! its place on when it announces another: so whoever holds an old key competes for
//! the open half only, and whoever announces false keys gets shares beside the true
//! newest key's and never in its stead.
//!
//! All state is in memory and bounded; a restart forgets it.

mod meter;

use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

use concerted_log::Address;
use concerted_log::id::{MailboxId, VerifyingKeyBytes};
use concerted_log::message::Refusal;

use crate::caller::{Caller, Prefix};
use crate::limits::{Flow, Limits};
use meter::Meter;

/// A false signature costs its sender as much as this many requests.
const FALSE_SIGNATURE_COST: u64 = 20;

/// The kept half is cut into at most so many shares, however many keys claim one.
const SHARES_MAX: u64 = 32;

/// An accepted posting key at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where.
    pub address: Address,
    /// The key.
    pub key: VerifyingKeyBytes,
    /// Its place among the accepted keys.
    pub place: Place,
}

/// Whether a posting key has a share in the kept half of the address's rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// One of so many newest keys, at least 1.
    Newest {
        /// How many there are.
        of: u64,
    },
    /// It has announced another key, and so handed its place on.
    HandedOn,
}

/// What has been used of all limits.
pub(crate) struct Gate {
    meters: Mutex<Meters>,
}

struct Meters {
    prefix: FlowMeter<Prefix>,
    prefix_reads: FlowMeter<Prefix>,
    posting_key: FlowMeter<VerifyingKeyBytes>,
    address: FlowMeter<Part>,
    announcements_per_key: Meter<VerifyingKeyBytes>,
    announcements_per_address: Meter<Part>,
    creates: Meter<Prefix>,
    mailboxes: Meter<Prefix>,
    prefix_mail: FlowMeter<Prefix>,
    mailbox_puts: Meter<MailboxId>,
    locker_puts: Meter<Prefix>,
}

/// A part of an address's rate: the open half, or the share of a newest key.
type Part = (Address, Option<VerifyingKeyBytes>);

impl Gate {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = limits.remembered_max;
        let meters = Meters {
            prefix: FlowMeter::new(limits.prefix, most),
            prefix_reads: FlowMeter::new(limits.prefix_reads, most),
            posting_key: FlowMeter::new(limits.posting_key, most),
            address: FlowMeter::new(limits.address, most),
            announcements_per_key: Meter::new(limits.announcements_per_key, most),
            announcements_per_address: Meter::new(limits.announcements_per_address, most),
            creates: Meter::new(limits.creates, most),
            mailboxes: Meter::new(limits.mailboxes, most),
            prefix_mail: FlowMeter::new(limits.prefix_mail, most),
            mailbox_puts: Meter::new(limits.mailbox_puts, most),
            locker_puts: Meter::new(limits.locker_puts, most),
        };
        Self { meters: Mutex::new(meters) }
    }

    /// Any request, of so many bytes.
    pub(crate) fn request(&self, caller: &Caller, bytes: u64) -> Result<(), Refusal> {
        self.meters().prefix.take(caller.prefix, 1, bytes, caller.now_ms)
    }

    /// A signature did not hold.
    pub(crate) fn false_signature(&self, caller: &Caller) {
        self.meters().prefix.charge(caller.prefix, FALSE_SIGNATURE_COST, 0, 1, caller.now_ms);
    }

    /// A page is about to be read.
    pub(crate) fn read(&self, caller: &Caller) -> Result<(), Refusal> {
        self.meters().prefix_reads.take(caller.prefix, 1, 0, caller.now_ms)
    }

    /// A page of so many bytes was read; what was over the limit is waited for
    /// before the next one.
    pub(crate) fn has_read(&self, caller: &Caller, bytes: u64) {
        self.meters().prefix_reads.charge(caller.prefix, 0, bytes, 1, caller.now_ms);
    }

    /// Whether so many entries and bytes could be appended now. Asked before the
    /// signature is checked, so that nobody uses up a key they do not hold.
    pub(crate) fn may_append(
        &self,
        standing: &Standing,
        count: u64,
        bytes: u64,
        now_ms: u64,
    ) -> Result<(), Refusal> {
        self.meters().part_for_append(standing, count, bytes, now_ms).map(drop)
    }

    /// Entries are appended under a signature that holds.
    pub(crate) fn append(
        &self,
        standing: &Standing,
        count: u64,
        bytes: u64,
        now_ms: u64,
    ) -> Result<(), Refusal> {
        let mut meters = self.meters();
        let (part, shares) = meters.part_for_append(standing, count, bytes, now_ms)?;
        meters.posting_key.charge(standing.key, count, bytes, 1, now_ms);
        meters.address.charge(part, count, bytes, shares, now_ms);
        Ok(())
    }

    /// Something new is announced under a signature that holds.
    pub(crate) fn announce(&self, standing: &Standing, now_ms: u64) -> Result<(), Refusal> {
        let mut meters = self.meters();
        let own = meters.announcements_per_key.wait_ms(&standing.key, 1, 1, now_ms);
        let (part, shares, wait) = best_part(standing, |part, shares| {
            meters.announcements_per_address.wait_ms(part, 1, shares, now_ms)
        });
        pass(own.max(wait))?;
        meters.announcements_per_key.charge(standing.key, 1, 1, now_ms);
        meters.announcements_per_address.charge(part, 1, shares, now_ms);
        Ok(())
    }

    /// An address is created.
    pub(crate) fn create(&self, caller: &Caller) -> Result<(), Refusal> {
        self.meters().creates.take(caller.prefix, caller.now_ms)
    }

    /// A mailbox is opened.
    pub(crate) fn open_mailbox(&self, caller: &Caller) -> Result<(), Refusal> {
        self.meters().mailboxes.take(caller.prefix, caller.now_ms)
    }

    /// A message of so many bytes is put into a mailbox that is there.
    pub(crate) fn put_mail(&self, mailbox: MailboxId, bytes: u64, caller: &Caller) -> Result<(), Refusal> {
        let mut meters = self.meters();
        pass(meters.mailbox_puts.wait_ms(&mailbox, 1, 1, caller.now_ms))?;
        meters.prefix_mail.take(caller.prefix, 1, bytes, caller.now_ms)?;
        meters.mailbox_puts.charge(mailbox, 1, 1, caller.now_ms);
        Ok(())
    }

    /// An item is put into a locker.
    pub(crate) fn put_locker(&self, caller: &Caller) -> Result<(), Refusal> {
        self.meters().locker_puts.take(caller.prefix, caller.now_ms)
    }

    /// How many keys of all kinds are remembered.
    pub(crate) fn remembered(&self) -> usize {
        let meters = self.meters();
        meters.prefix.remembered()
            + meters.prefix_reads.remembered()
            + meters.posting_key.remembered()
            + meters.address.remembered()
            + meters.announcements_per_key.remembered()
            + meters.announcements_per_address.remembered()
            + meters.creates.remembered()
            + meters.mailboxes.remembered()
            + meters.prefix_mail.remembered()
            + meters.mailbox_puts.remembered()
            + meters.locker_puts.remembered()
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meters {
    /// The part of the address's rate that this append may draw on.
    fn part_for_append(
        &self,
        standing: &Standing,
        count: u64,
        bytes: u64,
        now_ms: u64,
    ) -> Result<(Part, u64), Refusal> {
        let own = self.posting_key.wait_ms(&standing.key, count, bytes, 1, now_ms);
        let (part, shares, wait) =
            best_part(standing, |part, shares| self.address.wait_ms(part, count, bytes, shares, now_ms));
        pass(own.max(wait))?;
        Ok((part, shares))
    }
}

/// The part with the shorter wait, in how many shares the rate is cut for it, and
/// the wait. Its own share comes first for a newest key.
fn best_part(standing: &Standing, wait_ms: impl Fn(&Part, u64) -> u64) -> (Part, u64, u64) {
    let open = ((standing.address, None), 2);
    let open_wait = wait_ms(&open.0, open.1);
    if let Place::Newest { of } = standing.place {
        let own = ((standing.address, Some(standing.key)), 2 * of.clamp(1, SHARES_MAX));
        let own_wait = wait_ms(&own.0, own.1);
        if own_wait <= open_wait {
            return (own.0, own.1, own_wait);
        }
    }
    (open.0, open.1, open_wait)
}

/// Uses of a [`Flow`], by key.
struct FlowMeter<K> {
    count: Meter<K>,
    bytes: Meter<K>,
}

impl<K: Hash + Eq + Copy> FlowMeter<K> {
    fn new(flow: Flow, remembered_max: usize) -> Self {
        Self { count: Meter::new(flow.count, remembered_max), bytes: Meter::new(flow.bytes, remembered_max) }
    }

    fn wait_ms(&self, key: &K, count: u64, bytes: u64, shares: u64, now_ms: u64) -> u64 {
        self.count.wait_ms(key, count, shares, now_ms).max(self.bytes.wait_ms(key, bytes, shares, now_ms))
    }

    fn charge(&mut self, key: K, count: u64, bytes: u64, shares: u64, now_ms: u64) {
        self.count.charge(key, count, shares, now_ms);
        self.bytes.charge(key, bytes, shares, now_ms);
    }

    fn take(&mut self, key: K, count: u64, bytes: u64, now_ms: u64) -> Result<(), Refusal> {
        pass(self.wait_ms(&key, count, bytes, 1, now_ms))?;
        self.charge(key, count, bytes, 1, now_ms);
        Ok(())
    }

    fn remembered(&self) -> usize {
        self.count.remembered() + self.bytes.remembered()
    }
}

impl<K: Hash + Eq + Copy> Meter<K> {
    fn take(&mut self, key: K, now_ms: u64) -> Result<(), Refusal> {
        pass(self.wait_ms(&key, 1, 1, now_ms))?;
        self.charge(key, 1, 1, now_ms);
        Ok(())
    }
}

fn pass(wait_ms: u64) -> Result<(), Refusal> {
    if wait_ms == 0 { Ok(()) } else { Err(Refusal::Busy(wait_ms)) }
}
