//! The relay: a letter box that gives sealed entries an order and a time, keeps
//! them and passes them on (protocol, section 14).
//!
//! The relay cannot read what it stores and judges none of the committee's rules.
//! What it does judge is here: who may append ([`gate`] and the posting keys), who
//! may read how far (the reading tokens), that a number is never given twice, and
//! that a receipt is signed only for what is stored durably.
//!
//! [`Relay`] is those rules over a [`store::Store`]. It reads no clock and opens no
//! socket; with [`memory::MemoryStore`] tests drive it with a clock of their own.
//! The feature `server` adds the store on disk and the HTTP and WebSocket server.
//!
//! **Invariants.**
//! - An acknowledged entry is stored durably, at the acknowledged number, and that
//!   number is never given to another entry, not even after a restore from an old
//!   backup.
//! - A refused request has changed nothing.
//! - No network address and no identifier reaches the store's files, the log
//!   output or the metrics, except the pseudonyms that requests carry, which reach
//!   the store alone.
//!
//! ```
//! use concerted_log::message::{Request, Response};
//! use concerted_log::{Secret, receipt::ReceiptSigner};
//! use concerted_relay::{Caller, Limits, Prefix, Relay, memory::MemoryStore};
//!
//! let signer = ReceiptSigner::new(&Secret::new([1; 32]));
//! let relay = Relay::new(MemoryStore::new(), signer, Limits::default());
//! let caller = Caller { prefix: Prefix::UNKNOWN, now_ms: 1_000 };
//! let Ok(Response::Info(info)) = relay.handle(Request::Info, &caller) else { unreachable!() };
//! assert_eq!(info.time_ms, 1_000);
//! ```

pub mod caller;
pub mod change;
#[cfg(feature = "server")]
pub mod data_dir;
pub mod gate;
pub mod limits;
pub mod memory;
mod relay;
mod rules;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "server")]
pub mod sqlite;
pub mod store;
#[cfg(all(test, feature = "server"))]
mod test_dir;

pub use caller::{Caller, Prefix};
pub use limits::Limits;
pub use relay::{Prepared, Relay};
