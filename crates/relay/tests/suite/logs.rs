//! What the relay logs: nothing that identifies anybody.

use std::fmt::Debug;
use std::sync::Mutex;

use concerted_log::message::{Append, Refusal, Request};
use concerted_log::{Address, cbor};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::net::TestServer;
use crate::support::{address, append, create, item, posting, read};

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Keeps everything that is logged, from all tests of this process.
struct Keep;

impl Subscriber for Keep {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("concerted")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut Line);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Line);
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Line);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Line;

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        LINES.lock().unwrap().push(format!("{field}={value:?}"));
    }
}

#[tokio::test]
async fn nothing_identifying_is_logged() {
    tracing::subscriber::set_global_default(Keep).unwrap();
    let server = TestServer::start().await;
    server.call(create(1)).await.unwrap();
    server.call(append(1, vec![item(1)])).await.unwrap();
    server.call(Request::Read(read(1, 0))).await.unwrap();
    let unknown = Append::sign(address(1), vec![item(2)], None, None, &posting(9));
    assert_eq!(server.call(Request::Append(unknown)).await, Err(Refusal::PostingKey));
    server.post(b"malformed").await.unwrap_err();
    let dir = server.stop().await.unwrap();
    let database = rusqlite::Connection::open(dir.path().join("relay.db")).unwrap();
    database.execute("UPDATE entries SET sealed = zeroblob(296)", ()).unwrap();
    drop(database);
    let server = TestServer::on(dir, |_| ()).await;
    assert_eq!(server.call(Request::Read(read(1, 0))).await, Err(Refusal::Storage));
    server.stop().await.unwrap();

    let lines = LINES.lock().unwrap();
    let joined = lines.join("\n");
    assert!(
        joined.contains("the relay serves") && joined.contains("the store could not be read"),
        "{joined}"
    );
    let secrets = [
        "127.0.0.1".to_owned(),
        address(1).to_string(),
        posting(1).posting_key().to_string(),
        cbor::encode(&Address::new([1; 32])).iter().map(|byte| format!("{byte:02x}")).collect(),
        "[1, 1, 1".to_owned(),
    ];
    for secret in secrets {
        assert!(!joined.contains(&secret), "{secret} in {joined}");
    }
}
