//! The routes: calls, the socket, health, metrics, and the web app.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use concerted_log::cbor;
use concerted_log::message::{Answer, HAND_BACK_BYTES_MAX, REQUEST_BYTES_MAX, Refusal, Request};
use hyper::body::Body as _;

use crate::relay::Prepared;
use crate::server::accept::Peer;
use crate::server::service::{BodyRoom, Service};
use crate::server::{assets, socket};

/// A body has to come in within this time, and no pause in it may be longer than a
/// tenth.
const BODY_TIME: Duration = Duration::from_secs(200);

/// What follows in an encoded request tells a hand-back from others: an array of
/// two, and its number.
const HAND_BACK_START: [u8; 2] = [0x82, 0x05];

/// Everything the server answers.
pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new()
        .route("/v1/call", post(call).options(preflight))
        .route("/v1/socket", get(socket))
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .fallback(app)
        .with_state(service)
}

async fn call(State(service): State<Arc<Service>>, Extension(peer): Extension<Peer>, body: Body) -> Response {
    let answer = answer(&service, &peer, body).await;
    service.metrics.answer(&answer);
    let headers =
        [(CONTENT_TYPE, "application/cbor"), (CACHE_CONTROL, "no-store"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*")];
    (headers, cbor::encode(&answer)).into_response()
}

async fn answer(service: &Arc<Service>, peer: &Peer, body: Body) -> Answer {
    let prepared = match read_body(service, body).await {
        Ok((bytes, room)) => {
            let decode = move || {
                let _room = room;
                decode(&bytes)
            };
            service.prepare(peer.prefix, decode).await
        }
        Err(refusal) => Err(refusal),
    };
    match prepared {
        Ok(Prepared::Answer(response)) => Answer::Done(response),
        Ok(Prepared::Change(change, finish)) => service.complete(change, finish).await,
        Err(refusal) => Answer::Refused(refusal),
    }
}

fn decode(bytes: &[u8]) -> Result<Request, Refusal> {
    cbor::decode(bytes, HAND_BACK_BYTES_MAX).map_err(|_| Refusal::Malformed)
}

/// Reads a body as it comes in. One that is too long is heard to its end, so that
/// its sender gets the answer, and not kept.
async fn read_body(service: &Arc<Service>, mut body: Body) -> Result<(Vec<u8>, BodyRoom), Refusal> {
    let mut room = service.body_room();
    let mut bytes = Vec::new();
    let read = async {
        while let Some(data) = next_data(&mut body).await? {
            if !room.take(data.len()) {
                return Err(Refusal::Busy(1000));
            }
            bytes.extend_from_slice(&data);
            let most = length_max(&bytes);
            if bytes.len() > most {
                bytes = Vec::new();
                discard(&mut body).await;
                return Err(Refusal::Limit(u64::try_from(most).unwrap_or(u64::MAX)));
            }
        }
        Ok(())
    };
    tokio::time::timeout(BODY_TIME, read).await.map_err(|_| Refusal::Malformed)??;
    Ok((bytes, room))
}

fn length_max(bytes: &[u8]) -> usize {
    if bytes.starts_with(&HAND_BACK_START) { HAND_BACK_BYTES_MAX } else { REQUEST_BYTES_MAX }
}

/// Hears out the rest of a body, within reason.
async fn discard(body: &mut Body) {
    let mut rest = HAND_BACK_BYTES_MAX;
    while let Ok(Some(data)) = next_data(body).await
        && data.len() < rest
    {
        rest -= data.len();
    }
}

/// The next piece of a body; `None` at its end.
async fn next_data(body: &mut Body) -> Result<Option<Bytes>, Refusal> {
    loop {
        let next = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context));
        let frame = tokio::time::timeout(BODY_TIME / 10, next).await.map_err(|_| Refusal::Malformed)?;
        match frame.transpose().map_err(|_| Refusal::Malformed)? {
            // Anything but data is a trailer, which means nothing here.
            Some(frame) => match frame.into_data() {
                Ok(data) => return Ok(Some(data)),
                Err(_) => continue,
            },
            None => return Ok(None),
        }
    }
}

async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn socket(
    State(service): State<Arc<Service>>,
    Extension(peer): Extension<Peer>,
    upgrade: WebSocketUpgrade,
) -> Response {
    if service.metrics.sockets.get() >= u64::try_from(service.limits.sockets_max).unwrap_or(u64::MAX) {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many sockets; try again later\n").into_response();
    }
    upgrade
        .read_buffer_size(socket::READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(REQUEST_BYTES_MAX)
        .max_frame_size(REQUEST_BYTES_MAX)
        .on_upgrade(move |socket| socket::serve(service, peer, socket))
}

async fn healthz(State(service): State<Arc<Service>>) -> Response {
    match service.is_healthy().await {
        true => "ok".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let text = service.metrics.render(service.relay.store().commits(), service.relay.gate_remembered());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

async fn app(State(service): State<Arc<Service>>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return assets::page(StatusCode::METHOD_NOT_ALLOWED, "<!doctype html><p>Only GET works here.</p>");
    }
    service.assets.answer(uri.path(), &headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use concerted_log::Address;
    use concerted_log::message::HandBack;

    #[test]
    fn a_hand_back_is_told_by_its_first_bytes() {
        let hand_back = Request::HandBack(HandBack { address: Address::new([0; 32]), entries: vec![] });
        assert!(cbor::encode(&hand_back).starts_with(&HAND_BACK_START));
        assert!(!cbor::encode(&Request::Info).starts_with(&HAND_BACK_START));
    }
}
