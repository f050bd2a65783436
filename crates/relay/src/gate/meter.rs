//! A meter: how much each key of one kind has used of its rate.
//!
//! The generic cell rate algorithm (ITU-T I.371, annex A) in its virtual-scheduling
//! form: a key's state is one instant, at which all it has used would be paid for.
//!
//! Invariant: at most twice `remembered_max` keys are held. The oldest half is
//! forgotten at once; a forgotten key begins afresh, so filling the table locks
//! nobody out.

use std::collections::HashMap;
use std::hash::Hash;

use crate::limits::Rate;

/// Uses of one rate, by key.
pub(crate) struct Meter<K> {
    rate: Rate,
    remembered_max: usize,
    recent: HashMap<K, u64>,
    older: HashMap<K, u64>,
}

impl<K: Hash + Eq + Copy> Meter<K> {
    pub(crate) fn new(rate: Rate, remembered_max: usize) -> Self {
        Self { rate, remembered_max: remembered_max.max(1), recent: HashMap::new(), older: HashMap::new() }
    }

    /// How many milliseconds `key` has to wait before it may use `amount`; 0 for
    /// not at all. It has one share of `shares` of the rate.
    pub(crate) fn wait_ms(&self, key: &K, amount: u64, shares: u64, now_ms: u64) -> u64 {
        let now = now_ms.saturating_mul(1000);
        let (cost, window) = (self.cost_us(amount, shares), self.window_us());
        let paid = self.paid_at(key, now, cost.max(window));
        let over = paid.saturating_add(cost).saturating_sub(now.saturating_add(window));
        over.min(paid - now).div_ceil(1000)
    }

    /// Notes that `key` has used `amount`, whether or not it was allowed to.
    pub(crate) fn charge(&mut self, key: K, amount: u64, shares: u64, now_ms: u64) {
        if self.rate.amount == u64::MAX || amount == 0 {
            return;
        }
        let now = now_ms.saturating_mul(1000);
        let (cost, window) = (self.cost_us(amount, shares), self.window_us());
        let paid = self.paid_at(&key, now, cost.max(window));
        self.remember(key, paid.saturating_add(cost));
    }

    /// How many keys are held.
    pub(crate) fn remembered(&self) -> usize {
        self.recent.len() + self.older.len()
    }

    /// When everything `key` has used is paid for, not before now. An instant that
    /// no use can explain comes from a clock that was set back, and is forgiven.
    fn paid_at(&self, key: &K, now: u64, largest: u64) -> u64 {
        let paid = self.recent.get(key).or_else(|| self.older.get(key)).copied().unwrap_or(0);
        if paid > now.saturating_add(largest.saturating_mul(4)) { now } else { paid.max(now) }
    }

    fn remember(&mut self, key: K, paid: u64) {
        if self.recent.len() >= self.remembered_max && !self.recent.contains_key(&key) {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, paid);
    }

    fn cost_us(&self, amount: u64, shares: u64) -> u64 {
        if self.rate.amount == u64::MAX {
            return 0;
        }
        let span = u128::from(self.rate.per_ms) * 1000 * u128::from(shares);
        let cost = u128::from(amount) * span / u128::from(self.rate.amount.max(1));
        u64::try_from(cost).unwrap_or(u64::MAX)
    }

    fn window_us(&self) -> u64 {
        self.cost_us(self.rate.burst, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(meter: &mut Meter<u32>, key: u32, amount: u64, shares: u64, now_ms: u64) -> Result<(), u64> {
        match meter.wait_ms(&key, amount, shares, now_ms) {
            0 => {
                meter.charge(key, amount, shares, now_ms);
                Ok(())
            }
            wait => Err(wait),
        }
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut meter = Meter::new(Rate::per_second(10, 5), 100);
        assert!((0..5).all(|_| take(&mut meter, 1, 1, 1, 0).is_ok()));
        assert_eq!(take(&mut meter, 1, 1, 1, 0), Err(100));
        assert_eq!(take(&mut meter, 2, 1, 1, 0), Ok(()), "another key has its own rate");
        assert_eq!(take(&mut meter, 1, 1, 1, 100), Ok(()));
        assert_eq!(take(&mut meter, 1, 1, 1, 100), Err(100));
    }

    #[test]
    fn a_share_is_a_part_of_burst_and_rate() {
        let mut meter = Meter::new(Rate::per_second(10, 6), 100);
        assert!((0..3).all(|_| take(&mut meter, 1, 1, 2, 0).is_ok()));
        assert_eq!(take(&mut meter, 1, 1, 2, 0), Err(200));
    }

    #[test]
    fn one_large_use_passes_after_a_pause_and_is_paid_for() {
        let mut meter = Meter::new(Rate::per_second(10, 5), 100);
        assert_eq!(take(&mut meter, 1, 20, 1, 0), Ok(()));
        assert_eq!(take(&mut meter, 1, 1, 1, 0), Err(1600));
        assert_eq!(take(&mut meter, 1, 20, 1, 2000), Ok(()));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out() {
        let mut meter = Meter::new(Rate::per_second(10, 5), 100);
        let day = 24 * 3600 * 1000;
        assert!((0..5).all(|_| take(&mut meter, 1, 1, 1, day).is_ok()));
        assert_eq!(take(&mut meter, 1, 1, 1, 0), Ok(()));
    }

    #[test]
    fn a_hundred_thousand_keys_do_not_grow_it() {
        let mut meter = Meter::new(Rate::per_second(1, 1), 1000);
        for key in 0..100_000 {
            assert_eq!(take(&mut meter, key, 1, 1, 0), Ok(()));
        }
        assert!(meter.remembered() <= 2000, "{}", meter.remembered());
        assert!(take(&mut meter, 99_999, 1, 1, 0).is_err(), "the latest are remembered");
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let mut meter = Meter::new(Rate::UNLIMITED, 1000);
        assert!((0..1000).all(|key| take(&mut meter, key, u64::MAX, 64, 0).is_ok()));
        assert_eq!(meter.remembered(), 0);
    }
}
