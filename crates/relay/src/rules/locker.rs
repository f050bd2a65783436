//! Lockers: bounded sets that only grow.

use concerted_log::id::LockerId;
use concerted_log::locker::ITEMS_MAX;
use concerted_log::message::Refusal;

use crate::change::Outcome;
use crate::rules::{Applied, Failure};
use crate::store::Tables;

/// Adds an item. The same item twice is one item.
pub(crate) fn put(tables: &mut dyn Tables, id: &LockerId, item: &[u8]) -> Result<Applied, Failure> {
    let items = tables.locker(id)?;
    if items.iter().any(|there| there.0 == item) {
        return Ok(Applied::quietly(Outcome::Done));
    }
    if items.len() >= ITEMS_MAX {
        return Err(Refusal::Full(u64::try_from(ITEMS_MAX).unwrap_or(u64::MAX)).into());
    }
    tables.push_locker(id, item)?;
    Ok(Applied::quietly(Outcome::Done))
}
