//! The server over HTTP: calls, bad input, the web app, health and counts.

use std::time::Duration;

use concerted_log::cbor;
use concerted_log::entry::Payload;
use concerted_log::message::{HandBack, Refusal, Request, Response};
use concerted_relay::data_dir::DataDirError;
use concerted_relay::server::{Asset, ServeConfig, ServeError, Server, StaticApp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::net::TestServer;
use crate::support::{address, append, create, item, read};

#[tokio::test]
async fn calls_are_answered_and_last() {
    let server = TestServer::start().await;
    let Ok(Response::Info(info)) = server.call(Request::Info).await else { panic!("no info") };
    assert_eq!(server.call(create(1)).await, Ok(Response::Done));
    let Ok(Response::Appended(appended)) = server.call(append(1, vec![item(1)])).await else {
        panic!("not appended")
    };
    assert!(appended.receipt.verify(&info.relay_key));
    let dir = server.stop().await.unwrap();
    let server = TestServer::on(dir, |_| ()).await;
    let Ok(Response::Page(page)) = server.call(Request::Read(read(1, 0))).await else { panic!("no page") };
    assert_eq!(page.entries[0].payload, Payload::Sealed(item(1).sealed));
    assert_eq!(page.receipt, Some(appended.receipt), "with the same key");
}

#[tokio::test]
async fn bad_bytes_get_a_clear_refusal() {
    let server = TestServer::start().await;
    let valid = cbor::encode(&create(1));
    let mut deep = vec![0x82, 0x01];
    deep.extend(std::iter::repeat_n(0x81, 1_000_000));
    let mut not_canonical = valid.clone();
    not_canonical.push(0);
    let huge_length = [0x82, 0x02, 0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    let cases: [(&str, &[u8]); 8] = [
        ("empty", b""),
        ("text", b"hello"),
        ("deep", &deep),
        ("trailing byte", &not_canonical),
        ("cut off", &valid[..valid.len() - 1]),
        ("huge length", &huge_length),
        ("unknown request", &[0x82, 0x18, 0x63, 0x80]),
        ("indefinite", &[0x9f, 0x00, 0xff]),
    ];
    for (name, bytes) in cases {
        assert_eq!(server.post(bytes).await, Err(Refusal::Malformed), "{name}");
    }
    for length in 0..valid.len() {
        assert!(cbor::decode::<Request>(&valid[..length], 1 << 20).is_err());
    }
    assert_eq!(server.call(create(1)).await, Ok(Response::Done), "and the relay goes on");
}

#[tokio::test]
async fn bodies_have_a_greatest_length() {
    let server = TestServer::start().await;
    let most = 6 << 20;
    let mut bytes = vec![0x82; most + 1];
    assert_eq!(server.post(&bytes[..most]).await, Err(Refusal::Malformed), "just long enough to be read");
    assert_eq!(server.post(&bytes).await, Err(Refusal::Limit(6 << 20)));
    bytes[1] = 0x05;
    assert_eq!(server.post(&bytes).await, Err(Refusal::Malformed), "a hand-back may be longer");
    bytes.resize((32 << 20) + 1, 0);
    assert_eq!(server.post(&bytes).await, Err(Refusal::Limit(32 << 20)));
    let lost = Request::HandBack(HandBack { address: address(9), entries: vec![] });
    assert_eq!(server.call(lost).await, Err(Refusal::NotFound));
}

#[tokio::test]
async fn any_origin_may_call_without_credentials() {
    let server = TestServer::start().await;
    let origin = [("Origin", "https://app.example")];
    let answer = server.http("POST", "/v1/call", &origin, &cbor::encode(&Request::Info)).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
    let preflight = server.http("OPTIONS", "/v1/call", &origin, b"").await;
    assert_eq!(preflight.status, 204);
    assert_eq!(preflight.header("access-control-allow-methods"), Some("POST"));
    assert_eq!(preflight.header("access-control-allow-headers"), Some("content-type"));
    assert_eq!(server.get("/v1/call").await.status, 405);
}

const APP: StaticApp = StaticApp(&[
    Asset {
        path: "index.html",
        content_type: "text/html; charset=utf-8",
        br: b"index in br",
        gzip: b"index in gzip",
        identity: b"<!doctype html>",
        immutable: false,
    },
    Asset {
        path: "app-1234.wasm",
        content_type: "application/wasm",
        br: b"",
        gzip: b"wasm in gzip",
        identity: b"wasm",
        immutable: true,
    },
]);

#[tokio::test]
async fn the_web_app_is_served_as_the_browser_likes() {
    let server = TestServer::with(|config| {
        config.app = APP;
        config.public_url = Some("https://relay.example".into());
    })
    .await;
    let cases = [
        ("/", "br, gzip", Some("br"), "index in br"),
        ("/index.html", "gzip", Some("gzip"), "index in gzip"),
        ("/", "identity", None, "<!doctype html>"),
        ("/app-1234.wasm", "gzip, br", Some("gzip"), "wasm in gzip"),
        ("/app-1234.wasm", "", None, "wasm"),
    ];
    for (path, accepted, encoding, body) in cases {
        let answer = server.http("GET", path, &[("Accept-Encoding", accepted)], b"").await;
        assert_eq!((answer.status, answer.text()), (200, body), "{path} {accepted}");
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"));
    }
    let index = server.get("/").await;
    assert_eq!(index.header("cache-control"), Some("no-cache"));
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = index.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"), "{policy}");
    assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("  "), "{policy}");
    assert_eq!(index.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(index.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(index.header("cross-origin-opener-policy"), Some("same-origin"));
    assert_eq!(index.header("strict-transport-security"), Some("max-age=31536000"));
    let etag = index.header("etag").unwrap().to_owned();
    let again = server.http("GET", "/", &[("If-None-Match", &etag)], b"").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let wasm = server.get("/app-1234.wasm").await;
    assert_eq!(wasm.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let head = server.http("HEAD", "/", &[], b"").await;
    assert_eq!((head.status, head.body.len(), head.header("content-length")), (200, 0, Some("15")));
    for path in ["/nothing", "/../relay.key", "/app-1234.wasm/", "//etc/passwd", "/v1", "/%2e%2e/relay.key"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("nothing here"));
        assert!(answer.header("content-security-policy").is_some());
    }
    assert_eq!(server.http("POST", "/", &[], b"x").await.status, 405);
}

#[tokio::test]
async fn health_and_counts_are_told() {
    let server = TestServer::start().await;
    let health = server.get("/healthz").await;
    assert_eq!((health.status, health.text()), (200, "ok"));
    server.call(create(1)).await.unwrap();
    server.call(append(1, vec![item(1), item(2)])).await.unwrap();
    server.call(append(2, vec![item(1)])).await.unwrap_err();
    server.call(Request::Read(read(1, 0))).await.unwrap();
    let metrics = server.get("/metrics").await;
    for line in [
        "concerted_relay_requests_total{kind=\"append\"} 2",
        "concerted_relay_entries_appended_total 2",
        "concerted_relay_entries_read_total 2",
        "concerted_relay_refusals_total{kind=\"not_found\"} 1",
        "concerted_relay_watches 0",
    ] {
        assert!(metrics.text().contains(&format!("{line}\n")), "{line} in {}", metrics.text());
    }
    assert!(metrics.text().contains("\nconcerted_relay_commit_seconds_total 0."));
    assert!(!metrics.text().contains("127.0") && !metrics.text().contains(&address(1).to_string()));
}

/// HTTP/2 without TLS, as a proxy may speak it: settings are answered by settings.
#[tokio::test]
async fn http_2_is_spoken() {
    let server = TestServer::start().await;
    let mut stream = TcpStream::connect(server.addr).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 0x04);
}

/// Adversary: someone who opens connections and says nothing, or half a thing.
#[tokio::test]
async fn silent_and_too_many_connections_are_closed() {
    let server = TestServer::with(|config| {
        config.connections.header_time = Duration::from_millis(300);
        config.connections.per_prefix_max = 3;
    })
    .await;
    for said in ["", "GET /healthz HTTP/1.1\r\nHost:", "PRI * HTTP/2.0\r\n"] {
        let mut stream = TcpStream::connect(server.addr).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let closed = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "{said:?}");
    }
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(TcpStream::connect(server.addr).await.unwrap());
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut fourth = TcpStream::connect(server.addr).await.unwrap();
    let read = fourth.read(&mut [0; 8]).await;
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    drop(held);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn two_servers_cannot_have_one_directory() {
    let server = TestServer::start().await;
    let config = ServeConfig::new(([127, 0, 0, 1], 0).into(), server.dir.path());
    let second = Server::bind(config.clone()).await.map(drop);
    assert!(matches!(second, Err(ServeError::DataDir(DataDirError::InUse))), "{second:?}");
    let dir = server.stop().await.unwrap();
    assert!(Server::bind(config).await.is_ok(), "once the first has stopped");
    drop(dir);
}
