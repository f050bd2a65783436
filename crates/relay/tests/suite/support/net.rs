//! A server for one test, and a client that hides nothing of the wire.

use std::net::SocketAddr;
use std::time::Duration;

use concerted_log::cbor;
use concerted_log::entry::Head;
use concerted_log::message::{Answer, ClientFrame, Page, Refusal, Request, Response, ServerFrame};
use concerted_relay::server::{ServeConfig, ServeError, Server};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::TestDir;

/// Nothing in these tests takes so long.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct TestServer {
    pub addr: SocketAddr,
    pub dir: TestDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
}

pub struct HttpAnswer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl TestServer {
    pub async fn start() -> Self {
        Self::with(|_| ()).await
    }

    pub async fn with(configure: impl FnOnce(&mut ServeConfig)) -> Self {
        Self::on(TestDir::new(), configure).await
    }

    pub async fn on(dir: TestDir, configure: impl FnOnce(&mut ServeConfig)) -> Self {
        let mut config = ServeConfig::new(([127, 0, 0, 1], 0).into(), dir.path());
        configure(&mut config);
        let server = Server::bind(config).await.unwrap();
        let addr = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async { drop(stopped.await) }));
        Self { addr, dir, stop, running }
    }

    /// Stops it in order.
    pub async fn stop(self) -> Result<TestDir, ServeError> {
        let _ = self.stop.send(());
        timeout(PATIENCE, self.running).await.unwrap().unwrap().map(|()| self.dir)
    }

    pub async fn http(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> HttpAnswer {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: relay\r\nConnection: close\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().unwrap();
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head[9..12].parse().unwrap();
        HttpAnswer { status, head, body: answer[end + 4..].to_vec() }
    }

    pub async fn get(&self, path: &str) -> HttpAnswer {
        self.http("GET", path, &[], b"").await
    }

    /// Posts bytes to be taken for a request.
    pub async fn post(&self, body: &[u8]) -> Result<Response, Refusal> {
        let answer = self.http("POST", "/v1/call", &[], body).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/cbor"));
        cbor::decode::<Answer>(&answer.body, 8 << 20).unwrap().into()
    }

    pub async fn call(&self, request: Request) -> Result<Response, Refusal> {
        self.post(&cbor::encode(&request)).await
    }

    pub async fn socket(&self) -> Socket {
        let url = format!("ws://{}/v1/socket", self.addr);
        let small = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
        Socket(tokio_tungstenite::connect_async_with_config(url, Some(small), true).await.unwrap().0)
    }
}

impl HttpAnswer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn send(&mut self, frame: &ClientFrame) {
        self.0.send(Message::binary(cbor::encode(frame))).await.unwrap();
    }

    /// The next frame of the protocol; pings are answered on the way.
    pub async fn next(&mut self) -> ServerFrame {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("a frame in time") {
                Some(Ok(Message::Binary(bytes))) => return cbor::decode(&bytes, 8 << 20).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => (),
                other => panic!("no frame: {other:?}"),
            }
        }
    }

    pub async fn page(&mut self) -> Page {
        match self.next().await {
            ServerFrame::Entries(_, page) => page,
            other => panic!("no entries: {other:?}"),
        }
    }

    /// Reads frames of one watch until entry `count`, checking that nothing is
    /// missing, repeated or altered.
    pub async fn follow(&mut self, mut head: Head, count: u64) -> Head {
        while head.count < count {
            let page = self.page().await;
            for entry in &page.entries {
                head = head.extended(entry).unwrap();
            }
            assert!(page.count >= head.count);
            if let Some(receipt) = page.receipt {
                assert!(receipt.covers(&head));
            }
        }
        head
    }

    pub async fn call(&mut self, number: u64, request: Request) -> Result<Response, Refusal> {
        self.send(&ClientFrame::Call(number, request)).await;
        match self.next().await {
            ServerFrame::Answer(found, answer) if found == number => answer.into(),
            other => panic!("no answer: {other:?}"),
        }
    }

    /// Reads on until the server closes the connection.
    pub async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match timeout(PATIENCE, self.0.next()).await.expect("closed in time") {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => (),
                Some(Err(_)) | None => return None,
            }
        }
    }
}
