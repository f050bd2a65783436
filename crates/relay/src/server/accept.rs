//! Accepting connections: how many, from where, and how long they may take to say
//! what they want.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::caller::Prefix;
use crate::server::service::{Service, stopped};

/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Whom a request comes from.
#[derive(Clone)]
pub(super) struct Peer {
    pub(super) prefix: Prefix,
    /// Kept as long as the connection is in use.
    pub(super) _place: Arc<Place>,
}

/// A place among the connections; given back when dropped.
pub(super) struct Place {
    service: Arc<Service>,
    counted: Option<(Arc<PerPrefix>, Prefix)>,
    _permit: OwnedSemaphorePermit,
    /// Lets the server wait until all connections are closed.
    _open: mpsc::Sender<()>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.service.metrics.connections.down();
        if let Some((all, prefix)) = &self.counted {
            all.leave(*prefix);
        }
    }
}

/// Connections by network prefix.
#[derive(Default)]
struct PerPrefix(Mutex<HashMap<Prefix, usize>>);

impl PerPrefix {
    fn enter(&self, prefix: Prefix, most: usize) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(prefix).or_default();
        let room = *count < most;
        *count += usize::from(room);
        room
    }

    fn leave(&self, prefix: Prefix) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = all.get_mut(&prefix) {
            *count -= 1;
            if *count == 0 {
                all.remove(&prefix);
            }
        }
    }
}

/// Accepts connections until the server stops. `open` is held by every connection.
pub(super) async fn accept(
    listener: TcpListener,
    router: Router,
    service: Arc<Service>,
    open: mpsc::Sender<()>,
) {
    let places = Arc::new(Semaphore::new(service.limits.total_max.min(Semaphore::MAX_PERMITS)));
    let per_prefix = Arc::new(PerPrefix::default());
    let mut stopping = service.stopping.clone();
    loop {
        let next = async {
            let permit = Arc::clone(&places).acquire_owned().await;
            (permit, listener.accept().await)
        };
        let (permit, accepted) = tokio::select! {
            next = next => next,
            () = stopped(&mut stopping) => return,
        };
        let (Ok(permit), Ok((stream, from))) = (permit, accepted) else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        let prefix = Prefix::of(from.ip());
        let most = service.limits.per_prefix_max;
        if !service.behind_proxy && !per_prefix.enter(prefix, most) {
            continue;
        }
        service.metrics.connections.up();
        let counted = (!service.behind_proxy).then(|| (Arc::clone(&per_prefix), prefix));
        let place = Place { service: Arc::clone(&service), counted, _permit: permit, _open: open.clone() };
        tokio::spawn(serve(stream, from, router.clone(), Arc::new(place), service.stopping.clone()));
    }
}

/// Serves one connection until it is closed, upgraded, or the server stops.
async fn serve(
    stream: TcpStream,
    from: SocketAddr,
    router: Router,
    place: Arc<Place>,
    mut stopping: watch::Receiver<bool>,
) {
    // Small answers go out at once; if that cannot be set they go out all the same.
    let _ = stream.set_nodelay(true);
    let behind_proxy = place.service.behind_proxy;
    let header_time = place.service.limits.header_time;
    let (heard, hears) = watch::channel(false);
    let inner = TowerToHyperService::new(router);
    let outer = service_fn(move |mut request: Request<Incoming>| {
        heard.send_replace(true);
        let address =
            if behind_proxy { forwarded(request.headers()).unwrap_or(from.ip()) } else { from.ip() };
        request.extensions_mut().insert(Peer { prefix: Prefix::of(address), _place: Arc::clone(&place) });
        inner.call(request.map(Body::new))
    });
    let builder = builder(header_time);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), outer));
    tokio::select! {
        // How a connection ended concerns nobody but the peer.
        _ = connection.as_mut() => (),
        () = silence(hears, header_time) => (),
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

/// Ends if no request has been heard in time.
async fn silence(mut hears: watch::Receiver<bool>, header_time: Duration) {
    let first = tokio::time::timeout(header_time, hears.wait_for(|heard| *heard)).await.map(drop);
    if first.is_ok() {
        std::future::pending::<()>().await;
    }
}

fn builder(header_time: Duration) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_time).max_buf_size(16 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(header_time)
        .max_concurrent_streams(64)
        .max_header_list_size(16 * 1024);
    builder
}

/// The address that the proxy in front of us has seen: the last one in the header.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let value = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    value.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_forwarded_address_is_the_proxys_own_word() {
        let mut headers = HeaderMap::new();
        assert_eq!(forwarded(&headers), None);
        headers.append("x-forwarded-for", "203.0.113.7".parse().expect("valid"));
        headers.append("x-forwarded-for", "198.51.100.1, 192.0.2.4".parse().expect("valid"));
        assert_eq!(forwarded(&headers), Some([192, 0, 2, 4].into()));
    }

    #[test]
    fn places_of_a_prefix_are_given_back() {
        let all = PerPrefix::default();
        let prefix = Prefix::UNKNOWN;
        assert!(all.enter(prefix, 2) && all.enter(prefix, 2) && !all.enter(prefix, 2));
        all.leave(prefix);
        assert!(all.enter(prefix, 2));
        all.leave(prefix);
        all.leave(prefix);
        assert!(all.0.lock().expect("not poisoned").is_empty());
    }
}
