//! Creating a log, appending to it, and announcing keys for it.

use concerted_log::entry::{Entry, Head, Payload, Sequence};
use concerted_log::hash::hash;
use concerted_log::message::Refusal;
use concerted_log::{Address, cbor};

use crate::change::{AnnounceKey, AppendEntries, CreateLog, HashedItem, News, Outcome};
use crate::rules::{Applied, Failure, posting};
use crate::store::{Acknowledged, Log, StoreFault, StoredEntry, Tables, View};

/// Creates a log. Repeated alike it is done already; the announcement is then not
/// renewed.
pub(crate) fn create(tables: &mut dyn Tables, create: &CreateLog) -> Result<Applied, Failure> {
    let created_as = created_as(create);
    if let Some(log) = tables.log(&create.address)? {
        return match log.created_as == created_as {
            true => Ok(Applied::quietly(Outcome::Done)),
            false => Err(Refusal::Taken.into()),
        };
    }
    let head = Head::empty(&create.address);
    let log = Log { head, talk_retention_ms: create.talk_retention_ms, created_as };
    tables.create_log(&create.address, &log)?;
    posting::add(tables, &create.address, &create.announcement, None, create.now_ms)?;
    Ok(Applied::quietly(Outcome::Done))
}

/// Appends entries. Those that are in the log keep their numbers, so a repeated
/// append changes nothing, whatever count it names.
///
/// That the posting key is accepted was checked before; keys are never taken away.
pub(crate) fn append(tables: &mut dyn Tables, append: AppendEntries) -> Result<Applied, Failure> {
    refuse_if_missing(tables, &append.address)?;
    let log = tables.log(&append.address)?.ok_or(Refusal::NotFound)?;
    let known = append
        .items
        .iter()
        .map(|item| tables.number_of(&append.address, &item.hash))
        .collect::<Result<Vec<_>, StoreFault>>()?;
    let all_known = known.iter().all(Option::is_some);
    if !all_known && append.only_if_count.is_some_and(|count| count != log.head.count) {
        return Err(Refusal::CountIs(log.head.count).into());
    }
    let numbered = number(log.head, append.items, known, append.now_ms);
    if !numbered.entries.is_empty() {
        tables.push_entries(&append.address, &numbered.entries)?;
    }
    if let Some(announcement) = &append.announcement {
        posting::add(tables, &append.address, announcement, Some(&append.posting_key), append.now_ms)?;
    }
    let Numbered { sequences, entries, head } = numbered;
    let news = news(append.address, entries, head);
    Ok(Applied { outcome: Outcome::Appended { sequences, head }, news })
}

/// Adds or renews a posting key and token.
pub(crate) fn announce(tables: &mut dyn Tables, announce: &AnnounceKey) -> Result<Applied, Failure> {
    tables.log(&announce.address)?.ok_or(Refusal::NotFound)?;
    let AnnounceKey { address, announcement, posting_key, now_ms } = announce;
    posting::add(tables, address, announcement, Some(posting_key), *now_ms)?;
    Ok(Applied::quietly(Outcome::Done))
}

/// Refuses with [`Refusal::TailMissing`] where acknowledged entries are missing.
pub(crate) fn refuse_if_missing(view: &dyn View, address: &Address) -> Result<(), Failure> {
    let Some(Acknowledged { count: acknowledged, .. }) = view.missing(address)? else {
        return Ok(());
    };
    let have = view.log(address)?.map_or(0, |log| log.head.count);
    Err(Refusal::TailMissing { have, acknowledged }.into())
}

/// What watchers hear of new entries.
fn news(address: Address, entries: Vec<StoredEntry>, head: Head) -> Vec<News> {
    if entries.is_empty() {
        return Vec::new();
    }
    let whole = |entry: StoredEntry| Entry {
        sequence: entry.sequence,
        time_ms: entry.time_ms,
        lane: entry.lane,
        payload: entry.sealed.map_or(Payload::Hash(entry.sealed_hash), Payload::Sealed),
    };
    vec![News::Entries { address, entries: entries.into_iter().map(whole).collect(), head }]
}

struct Numbered {
    sequences: Vec<Sequence>,
    entries: Vec<StoredEntry>,
    head: Head,
}

/// Gives the next numbers to those items that have none. Relay time never goes
/// back in a log, whatever the clock does.
fn number(mut head: Head, items: Vec<HashedItem>, known: Vec<Option<Sequence>>, now_ms: u64) -> Numbered {
    let (mut sequences, mut entries) = (Vec::with_capacity(items.len()), Vec::<StoredEntry>::new());
    for (item, known) in items.into_iter().zip(known) {
        let here = || entries.iter().find(|entry| entry.sealed_hash == item.hash).map(|entry| entry.sequence);
        if let Some(sequence) = known.or_else(here) {
            sequences.push(sequence);
            continue;
        }
        head = head.with(head.time_ms.max(now_ms), item.lane, &item.hash);
        let sequence = head.sequence().unwrap_or(Sequence::GENESIS);
        sequences.push(sequence);
        entries.push(StoredEntry {
            sequence,
            time_ms: head.time_ms,
            lane: item.lane,
            sealed_hash: item.hash,
            chain: head.chain,
            sealed: Some(item.sealed),
        });
    }
    Numbered { sequences, entries, head }
}

fn created_as(create: &CreateLog) -> [u8; 32] {
    let announcement = cbor::encode(&create.announcement);
    hash("concerted relay created", &[&announcement, &create.talk_retention_ms.to_be_bytes()])
}
