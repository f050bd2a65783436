//! Drives an engine: performs its effects with a store on disk and a socket for
//! each relay.

use std::collections::{BTreeMap, VecDeque};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use concerted_client::{Command, Effect, Engine, Event, Failure, Input, Mode, OpenError, Reply};
use concerted_log::cbor;
use concerted_log::message::{ANSWER_BYTES_MAX, ServerFrame};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};
use zeroize::Zeroizing;

use crate::home::Home;
use crate::secret_input;

const CONNECT_TIME: Duration = Duration::from_secs(10);
/// Longest time one command may take, whatever relays do.
const COMMAND_TIME: Duration = Duration::from_secs(120);
/// How long one read of a socket may take while there are others to look at.
const READ_TIME: Duration = Duration::from_millis(20);

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

/// An engine with its store and sockets.
pub(crate) struct Driver {
    pub(crate) engine: Engine,
    mode: Mode,
    passphrase: Option<Zeroizing<String>>,
    home: Option<Home>,
    sockets: BTreeMap<String, Socket>,
    inputs: VecDeque<Input>,
    events: VecDeque<Event>,
    wake_ms: Option<u64>,
    next_command: u64,
}

/// This device's clock: milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

impl Driver {
    /// Opens the engine on a home.
    pub(crate) fn open(home: Home, mode: Mode) -> Result<Self> {
        Self::open_with(home, mode, None)
    }

    fn open_with(home: Home, mode: Mode, mut passphrase: Option<Zeroizing<String>>) -> Result<Self> {
        let rows = home.rows()?;
        let open = |passphrase: Option<&str>| {
            Engine::open(rows.clone(), passphrase, mode, now_ms(), Box::new(UnwrapErr(SysRng)))
        };
        let engine = match open(passphrase.as_deref().map(String::as_str)) {
            Err(OpenError::Locked) => {
                let asked = passphrase.insert(secret_input::passphrase()?);
                open(Some(asked.as_str()))?
            }
            other => other?,
        };
        Ok(Self {
            engine,
            mode,
            passphrase,
            home: Some(home),
            sockets: BTreeMap::new(),
            inputs: VecDeque::new(),
            events: VecDeque::new(),
            wake_ms: None,
            next_command: 0,
        })
    }

    /// Lets other commands on this home through, if any wait. Everything is stored
    /// after each step, so the engine goes on from its rows.
    pub(crate) fn let_others_through(mut self) -> Result<Self> {
        if !self.home.as_ref().is_some_and(Home::is_wanted) {
            return Ok(self);
        }
        let (home, mode, passphrase) = (self.home.take(), self.mode, self.passphrase.take());
        drop(self);
        let home = home.context("this device was wiped")?;
        let mut driver = Self::open_with(home.lend()?, mode, passphrase)?;
        driver.step(Input::Tick)?;
        Ok(driver)
    }

    /// Gives a command and works until it has ended and nothing is under way.
    pub(crate) fn command(&mut self, command: Command) -> Result<Result<Reply, Failure>> {
        self.next_command += 1;
        let id = self.next_command;
        self.step(Input::Command(id, command))?;
        let end = Instant::now() + COMMAND_TIME;
        let mut ended = None;
        loop {
            while let Some(event) = self.events.pop_front() {
                match event {
                    Event::Done(of, reply) if of == id => ended = Some(Ok(reply)),
                    Event::Failed(of, failure) if of == id => ended = Some(Err(failure)),
                    _ => {}
                }
            }
            if self.engine.is_idle() && self.inputs.is_empty() {
                return ended.context("this could not be completed; try again");
            }
            if Instant::now() > end {
                return ended.context("the relay takes too long; try again");
            }
            self.pump(Duration::from_secs(1))?;
        }
    }

    /// Gives a command whose end is waited for while the engine goes on living.
    pub(crate) fn live_command(
        &mut self,
        command: Command,
        end: Instant,
    ) -> Result<Option<Result<Reply, Failure>>> {
        self.next_command += 1;
        let id = self.next_command;
        self.step(Input::Command(id, command))?;
        loop {
            while let Some(event) = self.events.pop_front() {
                match event {
                    Event::Done(of, reply) if of == id => return Ok(Some(Ok(reply))),
                    Event::Failed(of, failure) if of == id => return Ok(Some(Err(failure))),
                    _ => {}
                }
            }
            if Instant::now() > end {
                return Ok(None);
            }
            self.pump(Duration::from_millis(500))?;
        }
    }

    /// Lets the engine live for at most this long; returns early when something
    /// came.
    pub(crate) fn pump(&mut self, longest: Duration) -> Result<()> {
        if let Some(input) = self.inputs.pop_front() {
            return self.step(input);
        }
        let due = self.wake_ms.is_some_and(|at| at <= now_ms());
        if due {
            self.wake_ms = None;
            return self.step(Input::Tick);
        }
        let until_wake =
            self.wake_ms.map_or(longest, |at| Duration::from_millis(at.saturating_sub(now_ms())));
        self.read_sockets(longest.min(until_wake))
    }

    fn read_sockets(&mut self, longest: Duration) -> Result<()> {
        let relays: Vec<String> = self.sockets.keys().cloned().collect();
        if relays.is_empty() {
            std::thread::sleep(longest);
            return Ok(());
        }
        let each = if relays.len() == 1 { longest } else { READ_TIME };
        for relay in relays {
            let Some(socket) = self.sockets.get_mut(&relay) else { continue };
            let frame = match read(socket, each.max(Duration::from_millis(1))) {
                Ok(None) => continue,
                Ok(Some(frame)) => frame,
                Err(_) => {
                    self.sockets.remove(&relay);
                    self.step(Input::Down { relay })?;
                    continue;
                }
            };
            self.step(Input::Frame { relay, frame })?;
        }
        Ok(())
    }

    /// Takes one step of the engine and performs its effects in order.
    pub(crate) fn step(&mut self, input: Input) -> Result<()> {
        let effects = self.engine.handle(input, now_ms());
        for effect in effects {
            match effect {
                Effect::Store(rows) => {
                    if let Some(home) = &mut self.home {
                        home.store(rows)?;
                    }
                }
                Effect::Send { relay, frame } => {
                    let is_down =
                        |input: &Input| matches!(input, Input::Down { relay: other } if *other == relay);
                    // What fails once is not tried again before the engine knows: that may take long.
                    if !self.inputs.iter().any(is_down) && self.send(&relay, cbor::encode(&frame)).is_err() {
                        self.sockets.remove(&relay);
                        self.inputs.push_back(Input::Down { relay });
                    }
                }
                Effect::Notify(event) => self.events.push_back(event),
                Effect::Wake(at) => self.wake_ms = Some(self.wake_ms.map_or(at, |earlier| earlier.min(at))),
                Effect::Wipe => {
                    if let Some(home) = self.home.take() {
                        home.wipe()?;
                    }
                }
            }
        }
        Ok(())
    }

    fn send(&mut self, relay: &str, frame: Vec<u8>) -> Result<()> {
        if !self.sockets.contains_key(relay) {
            self.sockets.insert(relay.to_owned(), connect(relay)?);
        }
        let Some(socket) = self.sockets.get_mut(relay) else { return Ok(()) };
        socket.send(Message::Binary(frame.into())).context("the socket is closed")
    }
}

/// Opens the socket of a relay named by its base address.
fn connect(relay: &str) -> Result<Socket> {
    let (scheme, rest) = relay.split_once("://").context("no relay address")?;
    let (scheme, port) = if scheme == "https" { ("wss", 443) } else { ("ws", 80) };
    let authority = rest.split('/').next().unwrap_or(rest);
    let has_port =
        authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let address = if has_port { authority.to_owned() } else { format!("{authority}:{port}") };
    let mut last = None;
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIME) {
            Ok(stream) => return upgrade(&format!("{scheme}://{rest}/v1/socket"), stream),
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) => Err(error.into()),
        None => bail!("the relay's name has no address"),
    }
}

fn upgrade(url: &str, stream: TcpStream) -> Result<Socket> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(CONNECT_TIME))?;
    stream.set_write_timeout(Some(CONNECT_TIME))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(ANSWER_BYTES_MAX + 1024))
        .max_frame_size(Some(ANSWER_BYTES_MAX + 1024));
    let (socket, _) = tungstenite::client_tls_with_config(url, stream, Some(config), None)
        .map_err(|error| anyhow::anyhow!("no relay answers there: {error}"))?;
    Ok(socket)
}

/// One frame, or none within the time given.
fn read(socket: &mut Socket, longest: Duration) -> Result<Option<ServerFrame>> {
    let stream = match socket.get_ref() {
        MaybeTlsStream::Plain(stream) => stream,
        MaybeTlsStream::Rustls(stream) => stream.get_ref(),
        _ => bail!("unknown kind of socket"),
    };
    stream.set_read_timeout(Some(longest))?;
    match socket.read() {
        Ok(Message::Binary(bytes)) => Ok(Some(cbor::decode(&bytes, ANSWER_BYTES_MAX + 1024)?)),
        Ok(Message::Close(_)) => bail!("the relay closed the socket"),
        Ok(_) => Ok(None),
        Err(tungstenite::Error::Io(error))
            if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}
