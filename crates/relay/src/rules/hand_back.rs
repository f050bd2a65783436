//! Taking lost entries back.
//!
//! A relay restored from an old backup has acknowledged entries that it no longer
//! has. Members have them. It takes them back only if they lead exactly from the
//! head it has to the head it had acknowledged: then they are what it had.

use concerted_log::Address;
use concerted_log::SealedHash;
use concerted_log::entry::{Entry, ExpiryClass, Head, Payload};
use concerted_log::message::Refusal;

use crate::change::{News, Outcome, TakeBack};
use crate::rules::posting::LAPSE_MS;
use crate::rules::{Applied, Failure};
use crate::store::{Acknowledged, PostingKey, StoreFault, StoredEntry, Tables, View};

/// Refuses what cannot be the missing tail before anything is hashed.
pub(crate) fn check_length(view: &dyn View, address: &Address, entries: &[Entry]) -> Result<(), Failure> {
    let log = view.log(address)?.ok_or(Refusal::NotFound)?;
    let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
    match view.missing(address)? {
        Some(missing) if log.head.count.saturating_add(count) != missing.count => {
            Err(Refusal::WrongTail.into())
        }
        _ => Ok(()),
    }
}

/// Takes entries back. If nothing is missing any more and these are in the log, it
/// is done already.
pub(crate) fn take_back(tables: &mut dyn Tables, change: TakeBack) -> Result<Applied, Failure> {
    let TakeBack { address, entries, now_ms } = change;
    let log = tables.log(&address)?.ok_or(Refusal::NotFound)?;
    let Some(missing) = tables.missing(&address)? else {
        return match all_stored(tables, &address, &entries)? {
            true => Ok(Applied::quietly(Outcome::Done)),
            false => Err(Refusal::WrongTail.into()),
        };
    };
    let restored = lead_to(log.head, &missing, entries)?;
    tables.push_entries(&address, &restored)?;
    tables.found(&address)?;
    renew_keys(tables, &address, log.head.time_ms, now_ms)?;
    Ok(Applied { outcome: Outcome::Done, news: vec![News::Restored(address)] })
}

fn all_stored(
    view: &dyn View,
    address: &Address,
    entries: &[(Entry, SealedHash)],
) -> Result<bool, StoreFault> {
    for (entry, hash) in entries {
        if view.number_of(address, hash)? != Some(entry.sequence) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The entries as they are to be stored, if they lead from `head` to `missing` and
/// those that are kept for ever are whole.
fn lead_to(
    mut head: Head,
    missing: &Acknowledged,
    entries: Vec<(Entry, SealedHash)>,
) -> Result<Vec<StoredEntry>, Refusal> {
    let mut restored = Vec::with_capacity(entries.len());
    for (entry, sealed_hash) in entries {
        let follows = head.count.checked_add(1) == Some(entry.sequence.get());
        if !follows || entry.time_ms < head.time_ms {
            return Err(Refusal::WrongTail);
        }
        head = head.with(entry.time_ms, entry.lane, &sealed_hash);
        let sealed = match entry.payload {
            Payload::Sealed(sealed) => Some(sealed),
            Payload::Hash(_) if entry.lane.class == ExpiryClass::Talk => None,
            Payload::Hash(_) => return Err(Refusal::WrongTail),
        };
        restored.push(StoredEntry {
            sequence: entry.sequence,
            time_ms: entry.time_ms,
            lane: entry.lane,
            sealed_hash,
            chain: head.chain,
            sealed,
        });
    }
    let reached = (head.count, head.chain) == (missing.count, missing.chain);
    if reached { Ok(restored) } else { Err(Refusal::WrongTail) }
}

/// Accepts for another 7 days the posting keys that were accepted when the backup
/// was made: later ones are not in it, and without any nobody could announce them
/// again.
fn renew_keys(
    tables: &mut dyn Tables,
    address: &Address,
    backup_ms: u64,
    now_ms: u64,
) -> Result<(), StoreFault> {
    for key in tables.posting_keys(address, backup_ms.saturating_sub(LAPSE_MS))? {
        let announced_ms = key.announced_ms.max(now_ms);
        tables.put_posting_key(address, &PostingKey { announced_ms, ..key })?;
    }
    Ok(())
}
