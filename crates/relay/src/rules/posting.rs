//! Posting keys: which are accepted, and which are the newest.

use concerted_log::Address;
use concerted_log::id::VerifyingKeyBytes;
use concerted_log::message::Announcement;

use crate::gate::{Place, Standing};
use crate::store::{PostingKey, StoreFault, Tables, View};

/// A posting key lapses so long after it was last announced: 7 days.
pub(crate) const LAPSE_MS: u64 = 7 * 24 * 3600 * 1000;

/// The standing of a key; `None` if it is not accepted or has lapsed.
pub(crate) fn standing(
    view: &dyn View,
    address: &Address,
    key: &VerifyingKeyBytes,
    now_ms: u64,
) -> Result<Option<Standing>, StoreFault> {
    let accepted = accepted(view, address, now_ms)?;
    if !accepted.iter().any(|known| known.key == *key) {
        return Ok(None);
    }
    Ok(Some(Standing { address: *address, key: *key, place: place(&accepted, key) }))
}

/// The standing of a key that was accepted once and has lapsed. It appends nothing,
/// but may still announce, itself or another: a body that nobody opened for a week
/// is not locked out, whoever kept an old key alive meanwhile.
pub(crate) fn lapsed(
    view: &dyn View,
    address: &Address,
    key: &VerifyingKeyBytes,
) -> Result<Option<Standing>, StoreFault> {
    let known = view.posting_key(address, key)?;
    Ok(known.map(|_| Standing { address: *address, key: *key, place: Place::HandedOn }))
}

/// Whether an announcement adds something, rather than renewing what is there.
pub(crate) fn is_new(
    view: &dyn View,
    address: &Address,
    announcement: &Announcement,
    now_ms: u64,
) -> Result<bool, StoreFault> {
    let accepted = accepted(view, address, now_ms)?;
    let reach = view.token(address, &announcement.token)?;
    let known_key = accepted.iter().any(|known| known.key == announcement.posting_key);
    Ok(!known_key || reach.is_none_or(|reach| reach < announcement.epoch))
}

/// Adds or renews the announced key and token. Nothing is ever taken away: a token
/// keeps the furthest reach it was announced with.
pub(crate) fn add(
    tables: &mut dyn Tables,
    address: &Address,
    announcement: &Announcement,
    signer: Option<&VerifyingKeyBytes>,
    now_ms: u64,
) -> Result<(), StoreFault> {
    let announced = announcement.posting_key;
    let before = tables.posting_key(address, &announced)?;
    let mut row = before.unwrap_or(PostingKey { key: announced, announced_ms: 0, handed_on_to: None });
    row.announced_ms = row.announced_ms.max(now_ms);
    if signer == Some(&announced) {
        row.handed_on_to = None;
    }
    tables.put_posting_key(address, &row)?;
    if let Some(signer) = signer.filter(|signer| **signer != announced)
        && let Some(signer) = tables.posting_key(address, signer)?
    {
        tables.put_posting_key(address, &PostingKey { handed_on_to: Some(announced), ..signer })?;
    }
    let reach = tables.token(address, &announcement.token)?;
    if reach.is_none_or(|reach| reach < announcement.epoch) {
        tables.put_token(address, &announcement.token, announcement.epoch)?;
    }
    Ok(())
}

fn accepted(view: &dyn View, address: &Address, now_ms: u64) -> Result<Vec<PostingKey>, StoreFault> {
    let keys = view.posting_keys(address, now_ms.saturating_sub(LAPSE_MS))?;
    Ok(keys.into_iter().filter(|key| key.announced_ms.saturating_add(LAPSE_MS) > now_ms).collect())
}

/// Each accepted key stands for the key last announced under it, or for itself if
/// there is none.
fn place(accepted: &[PostingKey], key: &VerifyingKeyBytes) -> Place {
    let mut newest: Vec<VerifyingKeyBytes> =
        accepted.iter().map(|known| known.handed_on_to.unwrap_or(known.key)).collect();
    newest.sort_unstable();
    newest.dedup();
    match newest.binary_search(key) {
        Ok(_) => Place::Newest { of: u64::try_from(newest.len()).unwrap_or(u64::MAX) },
        Err(_) => Place::HandedOn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> VerifyingKeyBytes {
        VerifyingKeyBytes::new([number; 32])
    }

    /// Adversary: the holder of an old key, 1, after the committee went on to 2 and
    /// 3. Whatever it announces, the true newest key keeps a share.
    #[test]
    fn the_newest_key_keeps_its_place_beside_false_ones() {
        let row = |number, to: Option<u8>| PostingKey {
            key: key(number),
            announced_ms: 0,
            handed_on_to: to.map(key),
        };
        let honest = [row(1, Some(2)), row(2, Some(3)), row(3, None)];
        assert_eq!(place(&honest, &key(3)), Place::Newest { of: 2 });
        assert_eq!(place(&honest, &key(1)), Place::HandedOn);
        let mut attacked = vec![row(1, Some(20)), row(2, Some(3)), row(3, None)];
        attacked.extend((11..=20).map(|number| row(number, None)));
        assert_eq!(place(&attacked, &key(3)), Place::Newest { of: 11 });
        assert_eq!(place(&attacked, &key(1)), Place::HandedOn);
    }
}
