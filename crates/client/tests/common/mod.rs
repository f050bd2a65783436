//! Homes with real engines against the real relay logic in memory, under a virtual
//! clock. Everything is deterministic.
#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_assembly::template::Template;
use concerted_client::view::{BodyView, RequestView};
use concerted_client::{Command, Effect, Engine, Event, Failure, Input, Mode, Reply};
use concerted_log::id::{Address, MailboxId};
use concerted_log::message::{Answer, ClientFrame, Read, ReadMail, Refusal, Request, Response, ServerFrame};
use concerted_log::receipt::ReceiptSigner;
use concerted_log::{BodyId, Secret};
use concerted_relay::memory::MemoryStore;
use concerted_relay::{Caller, Limits, Prefix, Relay};

pub const RELAY: &str = "https://relay.test";
pub const HOUR: u64 = 3_600_000;
pub const DAY: u64 = 24 * HOUR;

/// A relay, a clock and some homes.
pub struct World {
    /// The first is everyone's relay; others are histories it shows to some.
    pub relays: Vec<Relay<MemoryStore>>,
    /// Every change the first relay accepted, with its time, to make others from.
    pub journal: Vec<(Request, u64)>,
    pub now_ms: u64,
    pub homes: Vec<Home>,
    seed: u8,
}

/// A device: its rows and, while it runs, its engine.
pub struct Home {
    pub rows: BTreeMap<String, Vec<u8>>,
    pub engine: Option<Engine>,
    pub mode: Mode,
    inbox: VecDeque<ServerFrame>,
    watches: BTreeMap<Address, Read>,
    mail_watches: BTreeMap<MailboxId, ReadMail>,
    pub events: Vec<Event>,
    wake_ms: Option<u64>,
    next_command: u64,
    seed: u8,
    starts: u8,
    /// Stop (lose everything not stored) after this many more effects.
    pub stop_after: Option<usize>,
    /// Cut off from the relay.
    pub offline: bool,
    /// Which relay it reaches.
    pub relay: usize,
    /// Appends of this home wait here instead of being served.
    pub held: Option<Vec<ClientFrame>>,
}

impl World {
    pub fn new() -> Self {
        let signer = ReceiptSigner::new(&Secret::new([200; 32]));
        Self {
            relays: vec![Relay::new(MemoryStore::new(), signer, Limits::default())],
            journal: Vec::new(),
            now_ms: 1_800_000_000_000,
            homes: Vec::new(),
            seed: 0,
        }
    }

    pub fn caller(&self) -> Caller {
        Caller { prefix: Prefix::UNKNOWN, now_ms: self.now_ms }
    }

    /// A new home; returns its number.
    pub fn home(&mut self, mode: Mode) -> usize {
        self.seed += 1;
        self.homes.push(Home {
            rows: BTreeMap::new(),
            engine: None,
            mode,
            inbox: VecDeque::new(),
            watches: BTreeMap::new(),
            mail_watches: BTreeMap::new(),
            events: Vec::new(),
            wake_ms: None,
            next_command: 0,
            seed: self.seed,
            starts: 0,
            stop_after: None,
            offline: false,
            relay: 0,
            held: None,
        });
        let home = self.homes.len() - 1;
        self.start(home);
        home
    }

    /// Starts (or restarts) a home's engine from its rows.
    pub fn start(&mut self, home: usize) {
        let now_ms = self.now_ms;
        let it = &mut self.homes[home];
        it.starts = it.starts.wrapping_add(1);
        let mut seed = [it.seed; 32];
        seed[0] = it.starts;
        let rows = it.rows.clone().into_iter().collect();
        let rng = Box::new(ChaCha20Rng::from_seed(seed));
        it.engine = Some(Engine::open(rows, None, it.mode, now_ms, rng).expect("stored rows open"));
        it.inbox.clear();
        it.watches.clear();
        it.mail_watches.clear();
        if it.mode == Mode::Live {
            self.input(home, Input::Tick);
        }
    }

    /// Stops a home: what is not stored is gone.
    pub fn stop(&mut self, home: usize) {
        self.homes[home].engine = None;
        self.homes[home].watches.clear();
        self.homes[home].mail_watches.clear();
        self.homes[home].inbox.clear();
    }

    /// A copy of a home, as a thief would make it.
    pub fn copy(&mut self, home: usize) -> usize {
        let copy = self.home(self.homes[home].mode);
        self.homes[copy].rows = self.homes[home].rows.clone();
        self.start(copy);
        copy
    }

    /// Gives one input and performs its effects; false if the home stopped.
    pub fn input(&mut self, home: usize, input: Input) -> bool {
        let now_ms = self.now_ms;
        let Some(engine) = self.homes[home].engine.as_mut() else { return false };
        let effects = engine.handle(input, now_ms);
        for effect in effects {
            if let Some(left) = &mut self.homes[home].stop_after {
                if *left == 0 {
                    self.homes[home].stop_after = None;
                    self.stop(home);
                    return false;
                }
                *left -= 1;
            }
            self.perform(home, effect);
        }
        true
    }

    fn perform(&mut self, home: usize, effect: Effect) {
        match effect {
            Effect::Store(rows) => {
                for row in rows {
                    match row.value {
                        Some(value) => self.homes[home].rows.insert(row.key, value),
                        None => self.homes[home].rows.remove(&row.key),
                    };
                }
            }
            Effect::Send { relay, frame } => {
                assert_eq!(relay, RELAY);
                self.serve(home, frame);
            }
            Effect::Notify(event) => self.homes[home].events.push(event),
            Effect::Wake(at) => self.homes[home].wake_ms = Some(at),
            Effect::Wipe => self.homes[home].rows.clear(),
        }
    }

    /// The relay's side of a frame.
    fn serve(&mut self, home: usize, frame: ClientFrame) {
        if self.homes[home].offline {
            return;
        }
        if let (Some(held), ClientFrame::Call(_, Request::Append(_))) = (&mut self.homes[home].held, &frame) {
            held.push(frame);
            return;
        }
        match frame {
            ClientFrame::Call(number, request) => {
                let appended = match &request {
                    Request::Append(append) => Some(append.address),
                    _ => None,
                };
                let mailed = match &request {
                    Request::PutMail(put) => Some(put.mailbox),
                    _ => None,
                };
                let result = self.request_at(self.homes[home].relay, request);
                let ok = result.is_ok();
                self.homes[home].inbox.push_back(ServerFrame::Answer(number, Answer::from(result)));
                if ok {
                    appended.into_iter().for_each(|address| self.fan_out(&address));
                    mailed.into_iter().for_each(|mailbox| self.fan_out_mail(&mailbox));
                }
            }
            ClientFrame::Watch(read) => {
                self.homes[home].watches.insert(read.address, read.clone());
                self.push_entries(home, &read.address);
            }
            ClientFrame::WatchMail(read) => {
                self.homes[home].mail_watches.insert(read.mailbox, read.clone());
                self.push_mail(home, &read.mailbox);
            }
            ClientFrame::Unwatch(address) => {
                self.homes[home].watches.remove(&address);
            }
            ClientFrame::UnwatchMail(mailbox) => {
                self.homes[home].mail_watches.remove(&mailbox);
            }
        }
    }

    /// Serves what was held back.
    pub fn release(&mut self, home: usize) {
        for frame in self.homes[home].held.take().unwrap_or_default() {
            self.serve(home, frame);
        }
        self.run();
    }

    /// A request by anyone, home or not.
    pub fn request(&mut self, request: Request) -> Result<Response, Refusal> {
        self.request_at(0, request)
    }

    pub fn request_at(&mut self, relay: usize, request: Request) -> Result<Response, Refusal> {
        let caller = self.caller();
        let kept = request.clone();
        let result = self.relays[relay].handle(request, &caller);
        let reads =
            matches!(kept, Request::Read(_) | Request::ReadMail(_) | Request::ReadLocker(_) | Request::Info);
        if relay == 0 && result.is_ok() && !reads {
            self.journal.push((kept, self.now_ms));
        }
        result
    }

    /// Another relay with the same key and those changes that `keep` keeps.
    pub fn relay_from_journal(&self, keep: impl Fn(&Request) -> bool) -> Relay<MemoryStore> {
        let signer = ReceiptSigner::new(&Secret::new([200; 32]));
        let relay = Relay::new(MemoryStore::new(), signer, Limits::default());
        for (request, now_ms) in self.journal.iter().filter(|(request, _)| keep(request)) {
            let caller = Caller { prefix: Prefix::UNKNOWN, now_ms: *now_ms };
            relay.handle(request.clone(), &caller).expect("as the first time");
        }
        relay
    }

    fn fan_out(&mut self, address: &Address) {
        for home in 0..self.homes.len() {
            if self.homes[home].watches.contains_key(address) {
                self.push_entries(home, address);
            }
        }
    }

    fn push_entries(&mut self, home: usize, address: &Address) {
        loop {
            let read = self.homes[home].watches[address].clone();
            let frame = match self.request_at(self.homes[home].relay, Request::Read(read)) {
                Ok(Response::Page(page)) => {
                    let last = page.entries.last().map(|entry| entry.sequence.get());
                    let done = last.is_none_or(|last| last >= page.count);
                    if let Some(last) = last {
                        self.homes[home].watches.get_mut(address).unwrap().after = last;
                    }
                    self.homes[home].inbox.push_back(ServerFrame::Entries(*address, page));
                    if done {
                        return;
                    }
                    continue;
                }
                Ok(_) => panic!("not a page"),
                Err(refusal) => ServerFrame::WatchRefused(*address, refusal),
            };
            self.homes[home].watches.remove(address);
            self.homes[home].inbox.push_back(frame);
            return;
        }
    }

    fn fan_out_mail(&mut self, mailbox: &MailboxId) {
        for home in 0..self.homes.len() {
            if self.homes[home].mail_watches.contains_key(mailbox) {
                self.push_mail(home, mailbox);
            }
        }
    }

    fn push_mail(&mut self, home: usize, mailbox: &MailboxId) {
        let read = self.homes[home].mail_watches[mailbox].clone();
        let frame = match self.request_at(self.homes[home].relay, Request::ReadMail(read)) {
            Ok(Response::Mail(mails)) => {
                if let Some(last) = mails.last() {
                    self.homes[home].mail_watches.get_mut(mailbox).unwrap().after = last.number;
                }
                ServerFrame::Mail(*mailbox, mails)
            }
            Ok(_) => panic!("not mail"),
            Err(refusal) => ServerFrame::MailRefused(*mailbox, refusal),
        };
        self.homes[home].inbox.push_back(frame);
    }

    /// Lets every home take in what it was sent, until nothing moves.
    pub fn run(&mut self) {
        for _ in 0..10_000 {
            let mut moved = false;
            for home in 0..self.homes.len() {
                if let Some(frame) = self.homes[home].inbox.pop_front() {
                    moved = true;
                    self.input(home, Input::Frame { relay: RELAY.into(), frame });
                }
            }
            if !moved {
                return;
            }
        }
        panic!("the homes never come to rest");
    }

    /// Lets one home take in what it was sent; for the others frames pile up.
    pub fn run_only(&mut self, home: usize) {
        while self.take_one(home) {}
    }

    /// Lets one home take in one frame; false if there is none.
    pub fn take_one(&mut self, home: usize) -> bool {
        let Some(frame) = self.homes[home].inbox.pop_front() else { return false };
        self.input(home, Input::Frame { relay: RELAY.into(), frame })
    }

    /// Lets time pass, waking homes when they asked for it.
    pub fn pass(&mut self, ms: u64) {
        let end = self.now_ms + ms;
        for _ in 0..100_000 {
            self.run();
            let next = self.homes.iter().filter_map(|home| home.wake_ms).min().filter(|at| *at <= end);
            let Some(at) = next else { break };
            self.now_ms = self.now_ms.max(at);
            for home in 0..self.homes.len() {
                if self.homes[home].wake_ms.is_some_and(|wake| wake <= self.now_ms) {
                    self.homes[home].wake_ms = None;
                    self.input(home, Input::Tick);
                }
            }
        }
        self.now_ms = end;
        for home in 0..self.homes.len() {
            self.input(home, Input::Tick);
        }
        self.run();
    }

    /// Cuts a home off, or connects it again.
    pub fn set_offline(&mut self, home: usize, offline: bool) {
        self.homes[home].offline = offline;
        if offline {
            self.homes[home].watches.clear();
            self.homes[home].mail_watches.clear();
            self.homes[home].inbox.clear();
            self.input(home, Input::Down { relay: RELAY.into() });
        }
    }

    /// Gives a command and lets everything run; how it ended, if it did.
    pub fn command(&mut self, home: usize, command: Command) -> Option<Result<Reply, Failure>> {
        if self.homes[home].mode == Mode::OneShot {
            self.start(home);
        }
        self.homes[home].next_command += 1;
        let id = self.homes[home].next_command;
        self.input(home, Input::Command(id, command));
        self.run();
        self.homes[home].events.iter().find_map(|event| match event {
            Event::Done(of, reply) if *of == id => Some(Ok(reply.clone())),
            Event::Failed(of, failure) if *of == id => Some(Err(failure.clone())),
            _ => None,
        })
    }

    #[track_caller]
    pub fn ok(&mut self, home: usize, command: Command) -> Reply {
        let shown = format!("{command:?}");
        match self.command(home, command) {
            Some(Ok(reply)) => reply,
            other => panic!("{shown}: {other:?}"),
        }
    }

    #[track_caller]
    pub fn fails(&mut self, home: usize, command: Command) -> Failure {
        match self.command(home, command) {
            Some(Err(failure)) => failure,
            other => panic!("should have failed: {other:?}"),
        }
    }

    pub fn sync(&mut self, home: usize) {
        let ended = self.command(home, Command::Sync);
        assert_eq!(ended, Some(Ok(Reply::Done)));
    }

    pub fn view(&self, home: usize, body: &str) -> BodyView {
        self.homes[home].engine.as_ref().expect("runs").body_view(body).expect("has the body")
    }

    pub fn texts(&self, home: usize, body: &str) -> Vec<Option<String>> {
        self.view(home, body).messages.into_iter().map(|message| message.text).collect()
    }

    // Stories.

    /// A home with words; the words.
    pub fn begin(&mut self, home: usize) -> String {
        match self.ok(home, Command::Init) {
            Reply::Words { words } => words,
            other => panic!("{other:?}"),
        }
    }

    pub fn found(&mut self, home: usize, nickname: &str) -> String {
        self.found_with(home, nickname, Template::SmallWorkplace.bylaws())
    }

    pub fn found_with(
        &mut self,
        home: usize,
        nickname: &str,
        bylaws: concerted_assembly::bylaws::Bylaws,
    ) -> String {
        let command = Command::Found {
            relay: RELAY.into(),
            name: "Depot 9".into(),
            nickname: nickname.into(),
            bylaws: Box::new(bylaws),
        };
        match self.ok(home, command) {
            Reply::Founded { body } => body,
            other => panic!("{other:?}"),
        }
    }

    pub fn invite(&mut self, home: usize, body: &str) -> String {
        match self.ok(home, Command::Invite { body: body.into() }) {
            Reply::Invited { link } => link,
            other => panic!("{other:?}"),
        }
    }

    pub fn ask(&mut self, home: usize, link: &str, nickname: &str) -> String {
        match self.ok(home, Command::Join { link: link.into(), nickname: nickname.into() }) {
            Reply::Asked { applicant, .. } => applicant,
            other => panic!("{other:?}"),
        }
    }

    pub fn requests(&mut self, home: usize, body: &str) -> Vec<RequestView> {
        self.sync(home);
        self.view(home, body).requests
    }

    pub fn vouch(&mut self, home: usize, body: &str, applicant: &str) {
        self.sync(home);
        self.ok(home, Command::Vouch { body: body.into(), applicant: applicant.into() });
    }

    pub fn say(&mut self, home: usize, body: &str, text: &str) -> Reply {
        self.ok(home, Command::Talk { body: body.into(), thread: String::new(), text: text.into() })
    }

    /// A committee of these homes, all arrived and synced; the body.
    pub fn committee(&mut self, homes: &[usize]) -> String {
        let names = ["ana", "ben", "cleo", "dara", "eli", "fay", "gus", "hana"];
        for home in homes {
            self.begin(*home);
        }
        let body = self.found(homes[0], names[0]);
        let link = self.invite(homes[0], &body);
        for (place, home) in homes.iter().enumerate().skip(1) {
            let applicant = self.ask(*home, &link, names[place]);
            self.vouch(homes[0], &body, &applicant);
            if place >= 3 || place == 2 && homes.len() > 2 {
                // From 3 members on two must vouch; the second is the third home or
                // whoever is there.
                let second = homes[1];
                if self.view(homes[0], &body).members.len() < place + 1 {
                    self.vouch(second, &body, &applicant);
                }
            }
            self.sync(*home);
        }
        for home in homes {
            self.sync(*home);
        }
        body
    }

    /// All homes agree on head and state.
    #[track_caller]
    pub fn agree(&mut self, homes: &[usize], body: &str) -> BodyView {
        // Duties of one may bring entries for another: sync until it rests.
        for _ in 0..3 {
            for home in homes {
                self.sync(*home);
            }
        }
        let views: Vec<BodyView> = homes.iter().map(|home| self.view(*home, body)).collect();
        let heads: BTreeSet<String> =
            views.iter().map(|view| format!("{} {}", view.head.sequence, view.head.chain)).collect();
        let states: BTreeSet<&str> = views.iter().map(|view| view.state_hash.as_str()).collect();
        assert_eq!((heads.len(), states.len()), (1, 1), "heads {heads:?}");
        views.into_iter().next().unwrap()
    }
}

pub fn body_id(body: &str) -> BodyId {
    BodyId::from_hex(body).expect("an id")
}
