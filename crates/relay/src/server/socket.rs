//! One WebSocket: calls and their answers, and watches.
//!
//! A watch first catches up page by page and then goes on with what is new, in one
//! stream without a gap or a repeat. It is known to the hub before it reads its
//! first page, so all that becomes durable later than that page is in the queue.
//! What comes while it catches up is dropped, remembering how far it went; the
//! watch is live once an empty page says that nothing is left up to there.
//!
//! Calls are prepared in the order in which they came and handed to the writer in
//! that order; answers come as they are ready.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use concerted_log::epoch::Epoch;
use concerted_log::id::MailboxId;
use concerted_log::message::{
    Answer, ClientFrame, Page, REQUEST_BYTES_MAX, Read, ReadMail, Refusal, Request, ServerFrame,
};
use concerted_log::{Address, cbor};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::relay::Prepared;
use crate::server::accept::Peer;
use crate::server::hub::{Pushed, Queue, Watcher};
use crate::server::service::{Service, caller, stopped};

/// A small buffer: most sockets are idle.
pub(super) const READ_BUFFER_BYTES: usize = 4096;
/// Most calls that wait for the writer.
const CALLS_MAX: usize = 64;
/// Longer frames are decoded off the asynchronous threads.
const LONG_FRAME_BYTES: usize = 64 * 1024;
const PING_EVERY: Duration = Duration::from_secs(30);
/// A peer that says nothing for so long, not even to a ping, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(75);
/// How long a peer has after such a silence to say that it is there.
const LAST_CHANCE: Duration = Duration::from_secs(10);
/// A peer that has not taken a frame by then is gone. A page of 2 MiB passes at
/// 18 KB a second.
const SEND_TIME: Duration = Duration::from_secs(120);
/// How long calls may take when the server stops.
const LAST_CALLS_TIME: Duration = Duration::from_secs(2);
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The peer is gone, or takes nothing.
    Gone,
    /// The peer sent what is no frame.
    Malformed,
    /// The server stops.
    Stopping,
}

struct Connection {
    service: Arc<Service>,
    peer: Peer,
    socket: WebSocket,
    queue: Arc<Queue>,
    pushed: mpsc::UnboundedReceiver<Pushed>,
    calls: Arc<Semaphore>,
    logs: HashMap<Address, LogWatch>,
    mailboxes: HashMap<MailboxId, MailWatch>,
    /// Logs whose watch has pages to read, in turn.
    catching_up: VecDeque<Address>,
    reading: Option<Reading>,
    watches_begun: u64,
    last_heard: Instant,
}

struct LogWatch {
    watch: u64,
    reach: Epoch,
    /// The last entry that was sent.
    sent: u64,
    phase: Phase,
}

enum Phase {
    /// Pages are read; `dropped` is the last entry that came meanwhile, or 0.
    CatchingUp { dropped: u64 },
    /// Entries are sent as they come.
    Live,
}

struct MailWatch {
    watch: u64,
    sent: u64,
}

/// A page being read for a watch.
struct Reading {
    address: Address,
    watch: u64,
    page: JoinHandle<Result<Page, Refusal>>,
}

/// Serves a socket until it ends.
pub(super) async fn serve(service: Arc<Service>, peer: Peer, socket: WebSocket) {
    service.metrics.sockets.up();
    let (queue, pushed) = Queue::new(service.limits.unsent_bytes_max);
    let mut connection = Connection {
        service,
        peer,
        socket,
        queue,
        pushed,
        calls: Arc::new(Semaphore::new(CALLS_MAX)),
        logs: HashMap::new(),
        mailboxes: HashMap::new(),
        catching_up: VecDeque::new(),
        reading: None,
        watches_begun: 0,
        last_heard: Instant::now(),
    };
    let Err(end) = connection.run().await;
    connection.close(end).await;
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.logs.keys().for_each(|address| self.service.hub.unwatch_log(address, &self.queue));
        self.mailboxes.keys().for_each(|id| self.service.hub.unwatch_mailbox(id, &self.queue));
        for _ in 0..self.logs.len() + self.mailboxes.len() {
            self.service.metrics.watches.down();
        }
        self.service.metrics.sockets.down();
    }
}

impl Connection {
    async fn run(&mut self) -> Result<std::convert::Infallible, End> {
        let mut stopping = self.service.stopping.clone();
        let mut ping = tokio::time::interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            self.read_next_page();
            tokio::select! {
                message = self.socket.recv() => self.received(message).await?,
                Some(pushed) = self.pushed.recv() => self.push(pushed).await?,
                page = page_read(&mut self.reading) => self.caught_up(page).await?,
                _ = ping.tick() => self.ping().await?,
                () = stopped(&mut stopping) => return Err(End::Stopping),
            }
        }
    }

    async fn received(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.last_heard = Instant::now();
        match message {
            Some(Ok(Message::Binary(bytes))) => {
                let frame = decode(&self.service, bytes).await.map_err(|_| End::Malformed)?;
                self.frame(frame).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Text(_))) => Err(End::Malformed),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
        }
    }

    async fn frame(&mut self, frame: ClientFrame) -> Result<(), End> {
        match frame {
            ClientFrame::Call(number, request) => self.call(number, request).await,
            ClientFrame::Watch(read) => self.watch(read).await,
            ClientFrame::Unwatch(address) => {
                self.unwatch(&address);
                Ok(())
            }
            ClientFrame::WatchMail(read) => self.watch_mail(read).await,
            ClientFrame::UnwatchMail(id) => {
                self.unwatch_mail(&id);
                Ok(())
            }
        }
    }

    async fn call(&mut self, number: u64, request: Request) -> Result<(), End> {
        let Ok(permit) = Arc::clone(&self.calls).try_acquire_owned() else {
            return self.answer(number, Answer::Refused(Refusal::Busy(200))).await;
        };
        match self.service.prepare(self.peer.prefix, move || Ok(request)).await {
            Ok(Prepared::Answer(response)) => self.answer(number, Answer::Done(response)).await,
            Err(refusal) => self.answer(number, Answer::Refused(refusal)).await,
            Ok(Prepared::Change(change, finish)) => {
                let completing = self.service.complete(change, finish);
                let (service, queue) = (Arc::clone(&self.service), Arc::clone(&self.queue));
                tokio::spawn(async move {
                    let answer = completing.await;
                    service.metrics.answer(&answer);
                    queue.push(Pushed::Answer(encode(&ServerFrame::Answer(number, answer))));
                    drop(permit);
                });
                Ok(())
            }
        }
    }

    async fn answer(&mut self, number: u64, answer: Answer) -> Result<(), End> {
        self.service.metrics.answer(&answer);
        self.send_frame(&ServerFrame::Answer(number, answer)).await
    }

    async fn watch(&mut self, read: Read) -> Result<(), End> {
        let (address, after) = (read.address, read.after);
        self.unwatch(&address);
        let most = self.service.limits.watches_per_socket_max;
        let prefix = self.peer.prefix;
        let reach = match self.logs.len() < most {
            true => self.service.blocking(move |service| service.relay.reach(&read, &caller(prefix))).await,
            false => Err(Refusal::Limit(u64::try_from(most).unwrap_or(u64::MAX))),
        };
        let reach = match reach {
            Ok(reach) => reach,
            Err(refusal) => return self.watch_refused(address, refusal).await,
        };
        let watch = self.next_watch();
        self.service.hub.watch_log(address, Watcher { watch, reach, queue: Arc::clone(&self.queue) });
        let phase = Phase::CatchingUp { dropped: 0 };
        self.logs.insert(address, LogWatch { watch, reach, sent: after, phase });
        self.catching_up.push_back(address);
        self.service.metrics.watches.up();
        Ok(())
    }

    /// Begins to read the next page for the next watch that catches up.
    fn read_next_page(&mut self) {
        if self.reading.is_some() {
            return;
        }
        while let Some(address) = self.catching_up.pop_front() {
            let Some(LogWatch { watch, reach, sent, phase: Phase::CatchingUp { .. } }) =
                self.logs.get(&address)
            else {
                continue;
            };
            let (service, prefix) = (Arc::clone(&self.service), self.peer.prefix);
            let (watch, reach, after) = (*watch, *reach, *sent);
            let page = tokio::spawn(async move {
                while let Err(Refusal::Busy(ms)) = service.relay.may_read(&caller(prefix)) {
                    tokio::time::sleep(Duration::from_millis(ms.clamp(20, 2000))).await;
                }
                let read =
                    move |service: &Service| service.relay.page(address, reach, after, &caller(prefix));
                service.blocking(read).await
            });
            self.reading = Some(Reading { address, watch, page });
            return;
        }
    }

    /// A page was read: sends it, unless it is for a watch that has ended.
    async fn caught_up(&mut self, (address, watch, page): PageRead) -> Result<(), End> {
        let Some(there) = self.logs.get_mut(&address).filter(|there| there.watch == watch) else {
            return Ok(());
        };
        let page = match page {
            Ok(page) => page,
            Err(refusal) => {
                self.unwatch(&address);
                return self.watch_refused(address, refusal).await;
            }
        };
        self.service.metrics.read(page.entries.len());
        match (page.entries.last(), &there.phase) {
            (Some(last), _) => {
                there.sent = last.sequence.get();
                self.catching_up.push_back(address);
            }
            (None, Phase::CatchingUp { dropped }) if *dropped > there.sent => {
                self.catching_up.push_back(address);
                return Ok(());
            }
            (None, _) => there.phase = Phase::Live,
        }
        self.send_frame(&ServerFrame::Entries(address, page)).await
    }

    async fn watch_mail(&mut self, read: ReadMail) -> Result<(), End> {
        let (id, after) = (read.mailbox, read.after);
        self.unwatch_mail(&id);
        let most = self.service.limits.watches_per_socket_max;
        if self.mailboxes.len() >= most {
            let refusal = Refusal::Limit(u64::try_from(most).unwrap_or(u64::MAX));
            return self.mail_refused(id, refusal).await;
        }
        let watch = self.next_watch();
        let watcher = Watcher { watch, reach: Epoch::GENESIS, queue: Arc::clone(&self.queue) };
        self.service.hub.watch_mailbox(id, watcher);
        self.service.metrics.watches.up();
        self.mailboxes.insert(id, MailWatch { watch, sent: after });
        let prefix = self.peer.prefix;
        let mail = self.service.blocking(move |service| service.relay.mail(&read, &caller(prefix))).await;
        match mail {
            Ok(mail) => {
                let sent = mail.last().map_or(after, |mail| mail.number);
                self.mailboxes.insert(id, MailWatch { watch, sent });
                self.send_frame(&ServerFrame::Mail(id, mail)).await
            }
            Err(refusal) => {
                self.unwatch_mail(&id);
                self.mail_refused(id, refusal).await
            }
        }
    }

    /// Sends what comes from the hub or from a call, if it is still wanted.
    async fn push(&mut self, pushed: Pushed) -> Result<(), End> {
        let bytes = pushed.bytes();
        let sent = match pushed {
            Pushed::Answer(frame) => self.send(frame).await,
            Pushed::Entries { address, watch, first, last, frame } => {
                match self.is_next(&address, watch, first, last) {
                    true => self.send(frame).await,
                    false => Ok(()),
                }
            }
            Pushed::Refetch { address, watch } => match self.logs.get(&address) {
                Some(there) if there.watch == watch => {
                    self.unwatch(&address);
                    self.send_frame(&ServerFrame::Refetch(address)).await
                }
                _ => Ok(()),
            },
            Pushed::Mail { id, watch, number, frame } => match self.mailboxes.get_mut(&id) {
                Some(there) if there.watch == watch && there.sent < number => {
                    there.sent = number;
                    self.send(frame).await
                }
                _ => Ok(()),
            },
            Pushed::MailEnded { id, watch, refusal } => match self.mailboxes.get(&id) {
                Some(there) if there.watch == watch => {
                    self.unwatch_mail(&id);
                    self.mail_refused(id, refusal).await
                }
                _ => Ok(()),
            },
        };
        self.queue.sent(bytes);
        sent
    }

    /// Whether entries are the next ones to be sent; notes that they are. If any are
    /// missing in between, the watch catches up.
    fn is_next(&mut self, address: &Address, watch: u64, first: u64, last: u64) -> bool {
        let Some(there) = self.logs.get_mut(address).filter(|there| there.watch == watch) else {
            return false;
        };
        match &mut there.phase {
            Phase::CatchingUp { dropped } => {
                *dropped = last.max(*dropped);
                false
            }
            Phase::Live if last <= there.sent => false,
            Phase::Live if first == there.sent + 1 => {
                there.sent = last;
                true
            }
            Phase::Live => {
                there.phase = Phase::CatchingUp { dropped: last };
                self.catching_up.push_back(*address);
                false
            }
        }
    }

    fn unwatch(&mut self, address: &Address) {
        if self.logs.remove(address).is_some() {
            self.service.hub.unwatch_log(address, &self.queue);
            self.service.metrics.watches.down();
        }
    }

    fn unwatch_mail(&mut self, id: &MailboxId) {
        if self.mailboxes.remove(id).is_some() {
            self.service.hub.unwatch_mailbox(id, &self.queue);
            self.service.metrics.watches.down();
        }
    }

    fn next_watch(&mut self) -> u64 {
        self.watches_begun += 1;
        self.watches_begun
    }

    async fn watch_refused(&mut self, address: Address, refusal: Refusal) -> Result<(), End> {
        self.service.metrics.refusal(&refusal);
        self.send_frame(&ServerFrame::WatchRefused(address, refusal)).await
    }

    async fn mail_refused(&mut self, id: MailboxId, refusal: Refusal) -> Result<(), End> {
        self.service.metrics.refusal(&refusal);
        self.send_frame(&ServerFrame::MailRefused(id, refusal)).await
    }

    async fn ping(&mut self) -> Result<(), End> {
        if self.last_heard.elapsed() > SILENCE_MAX {
            // While a long frame was being sent nothing was read.
            let heard = timeout(LAST_CHANCE, self.socket.recv()).await.map_err(|_| End::Gone)?;
            self.received(heard).await?;
        }
        self.send_message(Message::Ping(Bytes::new())).await
    }

    async fn send_frame(&mut self, frame: &ServerFrame) -> Result<(), End> {
        self.send(encode(frame)).await
    }

    async fn send(&mut self, frame: Bytes) -> Result<(), End> {
        self.send_message(Message::Binary(frame)).await
    }

    async fn send_message(&mut self, message: Message) -> Result<(), End> {
        match timeout(SEND_TIME, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Gone),
        }
    }

    async fn close(&mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Malformed => (close_code::INVALID, "not a frame of this protocol"),
            End::Stopping => {
                self.finish_calls().await;
                (close_code::AWAY, "the relay stops")
            }
        };
        let message = Message::Close(Some(CloseFrame { code, reason: reason.into() }));
        let closing = async {
            self.socket.send(message).await?;
            while let Some(Ok(_)) = self.socket.recv().await {}
            Ok::<(), axum::Error>(())
        };
        // A peer that does not close in time is left.
        let _ = timeout(CLOSE_TIME, closing).await;
    }

    /// Sends the answers of calls that the writer still works on.
    async fn finish_calls(&mut self) {
        let calls = u32::try_from(CALLS_MAX).unwrap_or(u32::MAX);
        let all = Arc::clone(&self.calls);
        let _ = timeout(LAST_CALLS_TIME, all.acquire_many(calls)).await;
        while let Ok(pushed) = self.pushed.try_recv() {
            if let Pushed::Answer(frame) = pushed
                && timeout(CLOSE_TIME, self.send(frame)).await.is_err()
            {
                return;
            }
        }
    }
}

type PageRead = (Address, u64, Result<Page, Refusal>);

/// The page that is being read, when it is; never ends if none is.
async fn page_read(reading: &mut Option<Reading>) -> PageRead {
    let Some(there) = reading else { return std::future::pending().await };
    let page = (&mut there.page).await.unwrap_or(Err(Refusal::Storage));
    let read = (there.address, there.watch, page);
    *reading = None;
    read
}

async fn decode(service: &Arc<Service>, bytes: Bytes) -> Result<ClientFrame, Refusal> {
    let decode = |bytes: &[u8]| cbor::decode(bytes, REQUEST_BYTES_MAX).map_err(|_| Refusal::Malformed);
    if bytes.len() > LONG_FRAME_BYTES {
        return service.blocking(move |_| decode(&bytes)).await;
    }
    decode(&bytes)
}

fn encode(frame: &ServerFrame) -> Bytes {
    Bytes::from(cbor::encode(frame))
}
