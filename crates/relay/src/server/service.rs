//! What connections share: the relay, the watches, the counts, and how work that
//! blocks is kept off the asynchronous threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use concerted_log::Address;
use concerted_log::message::{Answer, Page, Refusal, Request};
use tokio::sync::{Semaphore, watch};

use crate::caller::{Caller, Prefix};
use crate::change::{Change, News};
use crate::relay::{Finish, Prepared, Relay};
use crate::server::assets::Assets;
use crate::server::config::ConnectionLimits;
use crate::server::hub::Hub;
use crate::server::live::LiveEntries;
use crate::server::metrics::Metrics;
use crate::sqlite::SqliteStore;
use crate::store::Store;

/// Most threads that read the store or check signatures at once.
const BLOCKING_MAX: usize = 16;
/// Most bytes of request bodies that are held while they come in.
const BODY_BYTES_MAX: usize = 256 << 20;

/// Shared by all connections.
pub(super) struct Service {
    pub(super) relay: Relay<SqliteStore>,
    pub(super) hub: Hub,
    pub(super) metrics: Metrics,
    pub(super) assets: Assets,
    pub(super) limits: ConnectionLimits,
    pub(super) behind_proxy: bool,
    /// Becomes true when the server stops.
    pub(super) stopping: watch::Receiver<bool>,
    blocking: Semaphore,
    body_bytes: AtomicUsize,
}

/// A part of the room for request bodies; given back when dropped.
pub(super) struct BodyRoom {
    service: Arc<Service>,
    bytes: usize,
}

impl Service {
    pub(super) fn new(
        relay: Relay<SqliteStore>,
        assets: Assets,
        limits: ConnectionLimits,
        behind_proxy: bool,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        Self {
            relay,
            hub: Hub::default(),
            metrics: Metrics::default(),
            assets,
            limits,
            behind_proxy,
            stopping,
            blocking: Semaphore::new(BLOCKING_MAX),
            body_bytes: AtomicUsize::new(0),
        }
    }

    /// Runs something that reads the store or computes for long.
    pub(super) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let _permit = self.blocking.acquire().await.map_err(|_| Refusal::Storage)?;
        let service = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || work(&service)).await;
        done.unwrap_or(Err(Refusal::Storage))
    }

    /// The first stage of a request.
    pub(super) async fn prepare(
        self: &Arc<Self>,
        prefix: Prefix,
        request: impl FnOnce() -> Result<Request, Refusal> + Send + 'static,
    ) -> Result<Prepared, Refusal> {
        self.blocking(move |service| {
            let request = request()?;
            service.metrics.request(&request);
            service.relay.prepare(request, &caller(prefix))
        })
        .await
    }

    /// The last stage of a request that changes something: hands it to the writer at
    /// once, and gives the answer when it is durable.
    pub(super) fn complete(
        self: &Arc<Self>,
        change: Change,
        finish: Finish,
    ) -> impl Future<Output = Answer> + Send + 'static {
        let submitted = self.relay.store().submit(change);
        let service = Arc::clone(self);
        async move {
            let outcome = match submitted {
                Ok(outcome) => outcome.await.unwrap_or(Err(Refusal::Storage)),
                Err(refusal) => Err(refusal),
            };
            Answer::from(outcome.map(|outcome| service.relay.finish(outcome, finish)))
        }
    }

    /// Whether the store answers and the writer lives.
    pub(super) async fn is_healthy(self: &Arc<Self>) -> bool {
        let looked = self
            .blocking(|service| Ok(service.relay.store().read(|view| view.log(&Address::new([0; 32])))?));
        looked.await.is_ok() && !self.relay.store().is_stopped()
    }

    /// Room for more bytes of a request body, unless too many are held already.
    pub(super) fn body_room(self: &Arc<Self>) -> BodyRoom {
        BodyRoom { service: Arc::clone(self), bytes: 0 }
    }

    /// Hands news to those who watch.
    pub(super) fn tell(&self, news: News) {
        match news {
            News::Entries { address, entries, head } if self.hub.is_watched(&address) => {
                let receipt = self.relay.receipt(address, &head);
                let page = Page { entries, receipt, count: head.count };
                self.hub.entries(address, &LiveEntries::new(address, page), &self.metrics);
            }
            News::Entries { .. } => (),
            News::Restored(address) => self.hub.refetch(address),
            News::Mail { id, mail } => self.hub.mail(id, mail, &self.metrics),
            News::Closed(id) => self.hub.mailbox_closed(id),
        }
    }
}

impl BodyRoom {
    /// Takes room for so many more bytes; false if there is none.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let before = self.service.body_bytes.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before + bytes <= BODY_BYTES_MAX
    }
}

impl Drop for BodyRoom {
    fn drop(&mut self) {
        self.service.body_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Waits until the server stops.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is a way to stop.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// A caller now.
pub(super) fn caller(prefix: Prefix) -> Caller {
    Caller { prefix, now_ms: now_ms() }
}

/// The system's clock, milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
