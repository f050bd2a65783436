//! Reading entries: how far a token reaches, and how much comes at once.

use concerted_log::entry::{Entry, ExpiryClass, Head};
use concerted_log::epoch::Epoch;
use concerted_log::id::TokenHash;
use concerted_log::message::Refusal;
use concerted_log::{Address, entry};

use crate::rules::Failure;
use crate::rules::append::refuse_if_missing;
use crate::store::{PageLimit, StoredEntry, View};

/// A page ends with the entry that brings it to 1 MiB, or with the thousandth.
const PAGE: PageLimit = PageLimit { entries: 1000, bytes: 1 << 20 };

// The longest page, one entry beyond the limit included, fits into an answer.
const _: () = assert!(
    PAGE.bytes + entry::SEALED_BYTES_MAX + PAGE.entries * 128 + 4096
        < concerted_log::message::ANSWER_BYTES_MAX
);

/// A page before its receipt is signed.
pub(crate) struct UnsignedPage {
    pub(crate) entries: Vec<Entry>,
    /// The head that the receipt is for.
    pub(crate) head: Head,
    /// How many entries the log has.
    pub(crate) count: u64,
    /// Bytes of sealed records in it.
    pub(crate) bytes: u64,
}

/// Up to which epoch `token` reads at `address`.
pub(crate) fn reach(view: &dyn View, address: &Address, token: &TokenHash) -> Result<Epoch, Failure> {
    if view.log(address)?.is_none() {
        refuse_if_missing(view, address)?;
        return Err(Refusal::NotFound.into());
    }
    match view.token(address, token)? {
        Some(reach) => Ok(reach),
        None => {
            refuse_if_missing(view, address)?;
            Err(Refusal::Token.into())
        }
    }
}

/// The entries after `after`, as whoever reaches `reach` may see them.
pub(crate) fn page(
    view: &dyn View,
    address: &Address,
    reach: Epoch,
    after: u64,
    now_ms: u64,
) -> Result<UnsignedPage, Failure> {
    let log = view.log(address)?.ok_or(Refusal::NotFound)?;
    let stored = view.entries(address, after, log.head.count, PAGE)?;
    let head = stored.last().map_or(log.head, StoredEntry::head);
    let bytes: usize =
        stored.iter().filter_map(|entry| entry.sealed.as_ref()).map(|s| s.as_bytes().len()).sum();
    let hide_expired = |entry: StoredEntry| match entry.lane.class {
        ExpiryClass::Talk if entry.time_ms.saturating_add(log.talk_retention_ms) <= now_ms => {
            StoredEntry { sealed: None, ..entry }
        }
        _ => entry,
    };
    let entries = stored.into_iter().map(|entry| hide_expired(entry).into_entry(reach)).collect();
    Ok(UnsignedPage { entries, head, count: log.head.count, bytes: u64::try_from(bytes).unwrap_or(u64::MAX) })
}
