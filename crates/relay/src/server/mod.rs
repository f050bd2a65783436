//! The server: HTTP and WebSocket over the store on disk.
//!
//! [`Server::bind`] opens everything, [`Server::run`] serves until it is told to
//! stop or the disk fails. The runtime's threads never wait for the disk: reading
//! and checking signatures happen on blocking threads, writing in the store's one.
//!
//! Log events tell of start, stop and faults of the store. None holds an address,
//! an identifier or a network.

mod accept;
mod assets;
mod config;
mod http;
mod hub;
mod live;
mod metrics;
mod service;
mod socket;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};

use crate::change::News;
use crate::data_dir::{DataDir, DataDirError};
use crate::relay::Relay;
use crate::sqlite::{OpenError, SqliteStore};
use assets::Assets;
pub use config::{Asset, ConnectionLimits, ServeConfig, StaticApp};
use service::{Service, now_ms};

/// How often what has expired is dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(60);
/// How long connections may take to close when the server stops.
const CLOSE_TIME: Duration = Duration::from_secs(4);
/// News that may wait for the hub before the writer does.
const NEWS_MAX: usize = 512;

/// The server could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The relay's directory cannot be used.
    #[error(transparent)]
    DataDir(#[from] DataDirError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// It cannot listen there.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The configured address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// A thread could not be started.
    #[error("a thread could not be started: {0}")]
    Thread(io::Error),
    /// The disk failed while syncing, so that what it holds is unknown. Start again:
    /// the relay then goes on from what is there.
    #[error("the store failed and has stopped; start the relay again once the disk is well")]
    StoreStopped,
}

/// A server that listens and does not serve yet.
pub struct Server {
    listener: TcpListener,
    local_addr: SocketAddr,
    service: Arc<Service>,
    stop: watch::Sender<bool>,
    writer_ended: oneshot::Receiver<()>,
    /// Holds the lock as long as the server exists.
    _data_dir: DataDir,
}

/// Serves until `shutdown` is done.
pub async fn serve(config: ServeConfig, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    Server::bind(config).await?.run(shutdown).await
}

impl Server {
    /// Opens the directory and the store, and listens.
    pub async fn bind(config: ServeConfig) -> Result<Self, ServeError> {
        let data_dir = DataDir::open(&config.data_dir)?;
        let signer = data_dir.signer()?;
        let (sender, news) = std::sync::mpsc::sync_channel(NEWS_MAX);
        // News that nobody takes any more is news to nobody.
        let tell = Box::new(move |news| drop(sender.send(news)));
        let store = SqliteStore::open(data_dir.path(), tell)?;
        let relay = Relay::new(store, signer, config.limits).with_public_url(config.public_url.clone());
        let listening = async {
            let listener = TcpListener::bind(config.listen).await?;
            let local_addr = listener.local_addr()?;
            Ok((listener, local_addr))
        };
        let (listener, local_addr) =
            listening.await.map_err(|error| ServeError::Listen { address: config.listen, error })?;
        let https = config.public_url.is_some_and(|url| url.starts_with("https://"));
        let (stop, stopping) = watch::channel(false);
        let assets = Assets::new(config.app, https);
        let service =
            Arc::new(Service::new(relay, assets, config.connections, config.behind_proxy, stopping));
        let writer_ended = spawn_telling(Arc::downgrade(&service), news)?;
        Ok(Self { listener, local_addr, service, stop, writer_ended, _data_dir: data_dir })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until `shutdown` is done, then closes all connections, finishes what
    /// waits to be written and closes the store, within a few seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
        let Self { listener, service, stop, writer_ended, _data_dir, .. } = self;
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "the relay serves");
        let (open, mut all_closed) = mpsc::channel(1);
        let router = http::router(Arc::clone(&service));
        let accepting = tokio::spawn(accept::accept(listener, router, Arc::clone(&service), open));
        let sweeping = tokio::spawn(sweep(Arc::clone(&service)));
        let result = tokio::select! {
            () = shutdown => Ok(()),
            _ = writer_ended => Err(ServeError::StoreStopped),
        };
        tracing::info!("the relay stops");
        stop.send_replace(true);
        sweeping.abort();
        // The task ends by itself; it cannot fail.
        let _ = accepting.await;
        let closed = tokio::time::timeout(CLOSE_TIME, all_closed.recv()).await;
        let closing = tokio::task::spawn_blocking(move || service.relay.store().close());
        if closing.await.is_err() {
            tracing::error!("the store was not closed in order");
        }
        tracing::info!(all_connections_closed = closed.is_ok(), "the relay has stopped");
        result
    }
}

/// Hands news to the hub, in a thread of its own, until the writer ends.
fn spawn_telling(
    service: Weak<Service>,
    news: std::sync::mpsc::Receiver<News>,
) -> Result<oneshot::Receiver<()>, ServeError> {
    let (ended, writer_ended) = oneshot::channel();
    let tell = move || {
        for news in news {
            if let Some(service) = service.upgrade() {
                service.tell(news);
            }
        }
        // The server may have stopped before.
        let _ = ended.send(());
    };
    std::thread::Builder::new().name("relay-news".into()).spawn(tell).map_err(ServeError::Thread)?;
    Ok(writer_ended)
}

/// Drops what has expired, every minute, a little at a time.
async fn sweep(service: Arc<Service>) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        while let Ok(true) = service.blocking(|service| service.relay.sweep(now_ms())).await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_dir::TestDir;

    /// When the disk fails, the writer ends; so does the server, and says so.
    #[tokio::test]
    async fn a_server_ends_with_its_writer() {
        let dir = TestDir::new();
        let config = ServeConfig::new(([127, 0, 0, 1], 0).into(), dir.path());
        let server = Server::bind(config).await.expect("bound");
        let service = Arc::clone(&server.service);
        assert!(service.is_healthy().await);
        let running = tokio::spawn(server.run(std::future::pending()));
        let at_work = Arc::clone(&service);
        tokio::task::spawn_blocking(move || at_work.relay.store().close()).await.expect("closed");
        let ended = tokio::time::timeout(Duration::from_secs(8), running).await.expect("in time");
        assert!(matches!(ended, Ok(Err(ServeError::StoreStopped))), "{ended:?}");
        assert!(!service.is_healthy().await);
    }

    #[tokio::test]
    async fn a_server_that_never_runs_gives_its_directory_back() {
        let dir = TestDir::new();
        let config = ServeConfig::new(([127, 0, 0, 1], 0).into(), dir.path());
        for _ in 0..2 {
            drop(Server::bind(config.clone()).await.expect("bound"));
        }
        let taken = TcpListener::bind(("127.0.0.1", 0)).await.expect("bound");
        let busy = ServeConfig { listen: taken.local_addr().expect("bound"), ..config.clone() };
        assert!(matches!(Server::bind(busy).await.map(drop), Err(ServeError::Listen { .. })));
        assert!(Server::bind(config).await.is_ok());
    }
}
