//! What the server is told at start.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::limits::Limits;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where to listen; port 0 for any free one.
    pub listen: SocketAddr,
    /// The relay's directory.
    pub data_dir: PathBuf,
    /// The address members use, if it is known: with `https`, browsers are told to
    /// come by no other way.
    pub public_url: Option<String>,
    /// Whether every connection comes from a reverse proxy that appends the caller's
    /// address to `X-Forwarded-For`. Otherwise that header is ignored.
    pub behind_proxy: bool,
    /// Limits on requests.
    pub limits: Limits,
    /// Limits on connections.
    pub connections: ConnectionLimits,
    /// The web app.
    pub app: StaticApp,
}

impl ServeConfig {
    /// The default limits, no web app and no proxy.
    pub fn new(listen: SocketAddr, data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            data_dir: data_dir.into(),
            public_url: None,
            behind_proxy: false,
            limits: Limits::default(),
            connections: ConnectionLimits::default(),
            app: StaticApp(&[]),
        }
    }
}

/// How many connections, and how much on each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Most connections.
    pub total_max: usize,
    /// Most connections from one network prefix; not counted behind a proxy.
    pub per_prefix_max: usize,
    /// Most WebSockets.
    pub sockets_max: usize,
    /// Most logs, and most mailboxes, that one socket may watch.
    pub watches_per_socket_max: usize,
    /// Most bytes that wait for a slow reader before their watches end.
    pub unsent_bytes_max: usize,
    /// A connection that has not sent one whole request head by then is closed; so
    /// is one that waits longer for the next.
    pub header_time: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            total_max: 20_000,
            per_prefix_max: 4_000,
            sockets_max: 16_000,
            watches_per_socket_max: 512,
            unsent_bytes_max: 4 << 20,
            header_time: Duration::from_secs(20),
        }
    }
}

/// A web app, built into the program.
#[derive(Clone, Copy, Debug)]
pub struct StaticApp(pub &'static [Asset]);

/// One file of the web app.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Its path without a slash at the beginning; empty or `index.html` for `/`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Compressed with Brotli; empty if it is not.
    pub br: &'static [u8],
    /// Compressed with gzip; empty if it is not.
    pub gzip: &'static [u8],
    /// As it is.
    pub identity: &'static [u8],
    /// Whether its name changes with its content, so that it never gets stale.
    pub immutable: bool,
}
