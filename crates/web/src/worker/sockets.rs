//! One WebSocket for each relay, opened when there is something to send.

use std::collections::BTreeMap;

use concerted_client::Input;
use concerted_log::cbor;
use concerted_log::message::{ANSWER_BYTES_MAX, ClientFrame, ServerFrame};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::{Closure, JsCast};
use web_sys::{BinaryType, MessageEvent, WebSocket};

use super::{Note, Outbox, now_ms};

/// A socket silent for longer than this may be dead without anyone knowing.
const SILENCE_MS_MAX: u64 = 60_000;

/// What a socket has to say.
pub(super) struct Heard {
    relay: String,
    /// Which of the sockets to that relay: one given up may still speak.
    number: u64,
    what: What,
}

enum What {
    Opened,
    Frame(Vec<u8>),
    Closed,
}

/// The sockets by relay.
pub(super) struct Sockets {
    sockets: BTreeMap<String, Socket>,
    outbox: Outbox,
    next_number: u64,
}

struct Socket {
    number: u64,
    /// None if the address cannot be one.
    socket: Option<WebSocket>,
    is_open: bool,
    /// Frames to be sent once it is open.
    waiting: Vec<Vec<u8>>,
    heard_ms: u64,
    _handlers: Vec<Closure<dyn FnMut(MessageEvent)>>,
}

impl Sockets {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { sockets: BTreeMap::new(), outbox, next_number: 0 }
    }

    /// Sends a frame, now or as soon as the socket is open.
    pub(super) fn send(&mut self, relay: &str, frame: &ClientFrame) {
        if !self.sockets.contains_key(relay) {
            self.next_number += 1;
            let socket = Socket::open(relay, self.next_number, &self.outbox);
            self.sockets.insert(relay.to_owned(), socket);
        }
        if let Some(socket) = self.sockets.get_mut(relay) {
            socket.waiting.push(cbor::encode(frame));
            socket.flush();
        }
    }

    /// What the engine is to be told of what was heard.
    pub(super) fn hear(&mut self, heard: Heard) -> Option<Input> {
        let Heard { relay, number, what } = heard;
        let socket = self.sockets.get_mut(&relay).filter(|socket| socket.number == number)?;
        socket.heard_ms = now_ms();
        match what {
            What::Opened => {
                socket.is_open = true;
                socket.flush();
                None
            }
            What::Frame(bytes) => match cbor::decode::<ServerFrame>(&bytes, ANSWER_BYTES_MAX) {
                Ok(frame) => Some(Input::Frame { relay, frame }),
                Err(_) => Some(self.close(relay)),
            },
            What::Closed => Some(self.close(relay)),
        }
    }

    /// Gives up sockets that have been silent for long, as after a sleep of the phone.
    pub(super) fn close_silent(&mut self) -> Vec<Input> {
        let now_ms = now_ms();
        let is_silent = |socket: &Socket| socket.heard_ms + SILENCE_MS_MAX < now_ms;
        let silent = self.sockets.iter().filter(|(_, socket)| is_silent(socket));
        let silent: Vec<String> = silent.map(|(relay, _)| relay.clone()).collect();
        silent.into_iter().map(|relay| self.close(relay)).collect()
    }

    fn close(&mut self, relay: String) -> Input {
        self.sockets.remove(&relay);
        Input::Down { relay }
    }
}

impl Socket {
    fn open(relay: &str, number: u64, outbox: &Outbox) -> Self {
        let report = {
            let (relay, outbox) = (relay.to_owned(), outbox.clone());
            move |what| {
                let _ = outbox.unbounded_send(Note::Heard(Heard { relay: relay.clone(), number, what }));
            }
        };
        // "https" becomes "wss", "http" becomes "ws".
        let address = format!("{}/v1/socket", relay.replacen("http", "ws", 1));
        let Ok(socket) = WebSocket::new(&address) else {
            report(What::Closed);
            return Self::new(number, None, Vec::new());
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        let on_open = {
            let report = report.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |_| report(What::Opened))
        };
        let on_message = {
            let report = report.clone();
            Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
                let bytes = event.data().dyn_into::<ArrayBuffer>();
                let bytes = bytes.map(|buffer| Uint8Array::new(&buffer).to_vec());
                report(What::Frame(bytes.unwrap_or_default()));
            })
        };
        let on_close = Closure::<dyn FnMut(MessageEvent)>::new(move |_| report(What::Closed));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        // An error is always followed by a close.
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Self::new(number, Some(socket), vec![on_open, on_message, on_close])
    }

    fn new(number: u64, socket: Option<WebSocket>, handlers: Vec<Closure<dyn FnMut(MessageEvent)>>) -> Self {
        Self { number, socket, is_open: false, waiting: Vec::new(), heard_ms: now_ms(), _handlers: handlers }
    }

    fn flush(&mut self) {
        let Some(socket) = self.socket.as_ref().filter(|_| self.is_open) else { return };
        for frame in self.waiting.drain(..) {
            // A socket that is closing takes nothing; its close is reported by itself.
            let _ = socket.send_with_u8_array(&frame);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let Some(socket) = &self.socket else { return };
        socket.set_onopen(None);
        socket.set_onmessage(None);
        socket.set_onclose(None);
        let _ = socket.close();
    }
}
