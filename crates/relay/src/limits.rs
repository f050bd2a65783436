//! Limits: how much of everything the relay takes.
//!
//! All of them can be configured. The defaults carry a hall of five hundred people
//! voting behind one network address, and bound what a stranger can pile up.

use concerted_log::entry::SEALED_BYTES_MAX;
use concerted_log::invitation::CARD_BYTES_MAX;
use concerted_log::letter::LETTER_BYTES_MAX;

const SECOND_MS: u64 = 1000;
const HOUR_MS: u64 = 3600 * SECOND_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
const MIB: u64 = 1 << 20;

/// So much per span of time, and so much at once after a pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How much per span; [`u64::MAX`] for any amount.
    pub amount: u64,
    /// The span in milliseconds.
    pub per_ms: u64,
    /// How much at once after a pause. A single request that is larger than this
    /// passes only after a pause, and is then paid for by waiting.
    pub burst: u64,
}

impl Rate {
    /// No limit.
    pub const UNLIMITED: Rate = Rate { amount: u64::MAX, per_ms: SECOND_MS, burst: u64::MAX };

    /// `amount` per second and `burst` at once.
    pub const fn per_second(amount: u64, burst: u64) -> Self {
        Self { amount, per_ms: SECOND_MS, burst }
    }

    /// `amount` per hour, all of it at once if need be.
    pub const fn per_hour(amount: u64) -> Self {
        Self { amount, per_ms: HOUR_MS, burst: amount }
    }

    /// `amount` per day, all of it at once if need be.
    pub const fn per_day(amount: u64) -> Self {
        Self { amount, per_ms: DAY_MS, burst: amount }
    }
}

/// How many requests and how many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// Requests; entries, where appends are counted.
    pub count: Rate,
    /// Bytes in them.
    pub bytes: Rate,
}

impl Flow {
    /// No limit.
    pub const UNLIMITED: Flow = Flow { count: Rate::UNLIMITED, bytes: Rate::UNLIMITED };
}

/// Everything that is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest sealed record in bytes.
    pub entry_bytes_max: usize,
    /// All requests from a network prefix.
    pub prefix: Flow,
    /// Pages read, and bytes in them, from a network prefix.
    pub prefix_reads: Flow,
    /// Appends by one posting key, wherever they come from.
    pub posting_key: Flow,
    /// Appends at one address. Half of it is kept for the newest posting keys.
    pub address: Flow,
    /// New posting keys and tokens announced by one posting key.
    pub announcements_per_key: Rate,
    /// New posting keys and tokens at one address. Half of it is kept for the
    /// newest posting keys.
    pub announcements_per_address: Rate,
    /// Addresses created from a network prefix.
    pub creates: Rate,
    /// Mailboxes opened from a network prefix.
    pub mailboxes: Rate,
    /// Messages put from a network prefix, and bytes in them.
    pub prefix_mail: Flow,
    /// Messages put into one mailbox.
    pub mailbox_puts: Rate,
    /// Items put into lockers from a network prefix.
    pub locker_puts: Rate,
    /// Most messages in a mailbox.
    pub mailbox_messages_max: u64,
    /// Longest message in a mailbox in bytes.
    pub message_bytes_max: usize,
    /// Longest card of a mailbox in bytes.
    pub card_bytes_max: usize,
    /// How many networks, keys, addresses and mailboxes the gate remembers of each
    /// kind. Beyond it those not seen for longest are forgotten, which lets them
    /// begin afresh and locks nobody out.
    pub remembered_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entry_bytes_max: SEALED_BYTES_MAX,
            prefix: flow(1000, 10_000, 8 * MIB, 256 * MIB),
            prefix_reads: flow(1000, 10_000, 32 * MIB, 2048 * MIB),
            posting_key: flow(300, 3000, 4 * MIB, 64 * MIB),
            address: flow(600, 6000, 8 * MIB, 128 * MIB),
            announcements_per_key: Rate::per_day(12),
            announcements_per_address: Rate::per_day(48),
            creates: Rate::per_hour(120),
            mailboxes: Rate::per_hour(1200),
            prefix_mail: Flow {
                count: Rate::per_hour(6000),
                bytes: Rate { amount: 64 * MIB, per_ms: HOUR_MS, burst: 64 * MIB },
            },
            // A hall that reads one code from the wall at the same time.
            mailbox_puts: Rate { amount: 400, per_ms: 60 * SECOND_MS, burst: 400 },
            locker_puts: Rate::per_hour(1200),
            mailbox_messages_max: 400,
            message_bytes_max: LETTER_BYTES_MAX,
            card_bytes_max: CARD_BYTES_MAX,
            remembered_max: 1 << 15,
        }
    }
}

impl Limits {
    /// The default sizes without any limit on rates: for load tests.
    pub fn without_rates() -> Self {
        Self {
            prefix: Flow::UNLIMITED,
            prefix_reads: Flow::UNLIMITED,
            posting_key: Flow::UNLIMITED,
            address: Flow::UNLIMITED,
            announcements_per_key: Rate::UNLIMITED,
            announcements_per_address: Rate::UNLIMITED,
            creates: Rate::UNLIMITED,
            mailboxes: Rate::UNLIMITED,
            prefix_mail: Flow::UNLIMITED,
            mailbox_puts: Rate::UNLIMITED,
            locker_puts: Rate::UNLIMITED,
            ..Self::default()
        }
    }
}

const fn flow(count: u64, count_burst: u64, bytes: u64, bytes_burst: u64) -> Flow {
    Flow { count: Rate::per_second(count, count_burst), bytes: Rate::per_second(bytes, bytes_burst) }
}
