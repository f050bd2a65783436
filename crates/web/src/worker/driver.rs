//! Drives the engine: one input at a time, its effects in order.
//!
//! Invariants:
//! - an effect is performed only after the one before it is; rows are durable before anything later happens;
//! - when the store fails, the engine is given up at once, since it is ahead of its store: a later start goes
//!   on from what was stored.

use std::cell::Cell;
use std::rc::Rc;

use concerted_client::view::FailureView;
use concerted_client::{Command, Effect, Engine, Event, Input, Mode, OpenError};
use futures_util::StreamExt;
use getrandom::SysRng;
use rand_core::UnwrapErr;

use super::alarm::Alarm;
use super::sockets::Sockets;
use super::store::{Store, StoreError};
use super::{Inbox, Note, Outbox, lock, now_ms, post};
use crate::protocol::{ToPage, ToWorker};

/// The number of commands that the driver gives of its own accord.
const OWN_COMMAND: u64 = 0;

/// Why the engine was given up.
enum End {
    /// Another tab asked for the store, or has it.
    LetGo,
    /// Nothing more is to be done in this worker.
    Stop(ToPage),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotOurs => Self::LetGo,
            StoreError::Browser(text) => Self::Stop(ToPage::StorageFailed { text }),
        }
    }
}

/// Waits for the store, drives the engine until the store is given up, and so on.
pub(super) async fn run(mut inbox: Inbox, outbox: Outbox) {
    loop {
        let Some(held) = obtain(&mut inbox, &outbox).await else { return };
        let end = serve(&mut inbox, &outbox).await;
        drop(held);
        match end {
            Err(End::LetGo) => post(&ToPage::Elsewhere),
            Err(End::Stop(last)) => return post(&last),
            Ok(()) => return,
        }
    }
}

/// Waits until this worker has the store. None if the worker ends.
async fn obtain(inbox: &mut Inbox, outbox: &Outbox) -> Option<lock::Held> {
    let obtained = Rc::new(Cell::new(false));
    if !lock::obtain(outbox).await {
        post(&ToPage::Elsewhere);
    }
    loop {
        match inbox.next().await? {
            Note::Obtained(held) => {
                obtained.set(true);
                return Some(held);
            }
            Note::Page(ToWorker::TakeOver) => lock::take_over(outbox.clone(), obtained.clone()),
            _ => {}
        }
    }
}

/// Opens the engine and drives it. Returns only if the worker ends or with the reason to stop.
async fn serve(inbox: &mut Inbox, outbox: &Outbox) -> Result<(), End> {
    let store = Store::open().await?;
    let Some(engine) = open(&store, inbox).await? else { return Ok(()) };
    let mut driver = Driver {
        engine,
        store,
        sockets: Sockets::new(outbox.clone()),
        alarm: Alarm::new(outbox.clone()),
        looking: None,
        stale: true,
    };
    driver.step(Input::Tick).await?;
    loop {
        // What has arrived is worked off before anything is drawn again.
        let note = match inbox.try_recv() {
            Ok(note) => note,
            Err(_) => {
                driver.show();
                match inbox.next().await {
                    Some(note) => note,
                    None => return Ok(()),
                }
            }
        };
        driver.take(note).await?;
    }
}

/// Opens the engine, with a passphrase if there must be one. None if the worker ends.
async fn open(store: &Store, inbox: &mut Inbox) -> Result<Option<Engine>, End> {
    let rows = store.rows().await?;
    let mut passphrase: Option<String> = None;
    loop {
        let random = Box::new(UnwrapErr(SysRng));
        match Engine::open(rows.clone(), passphrase.as_deref(), Mode::Live, now_ms(), random) {
            Ok(engine) => return Ok(Some(engine)),
            Err(OpenError::Locked) => post(&ToPage::Locked { wrong: false }),
            Err(OpenError::Passphrase) => post(&ToPage::Locked { wrong: true }),
            Err(_) => post(&ToPage::Damaged),
        }
        passphrase = loop {
            match inbox.next().await {
                None => return Ok(None),
                Some(Note::LetGo) => return Err(End::LetGo),
                Some(Note::Page(ToWorker::Unlock { passphrase })) => break Some(passphrase),
                // Whoever has forgotten the passphrase can still wipe.
                Some(Note::Page(ToWorker::Command { command: Command::Wipe, .. })) => {
                    return Err(wipe(Store::open().await?).await);
                }
                Some(_) => {}
            }
        };
    }
}

async fn wipe(store: Store) -> End {
    match store.delete().await {
        Ok(()) => End::Stop(ToPage::Wiped),
        Err(error) => error.into(),
    }
}

struct Driver {
    engine: Engine,
    store: Store,
    sockets: Sockets,
    alarm: Alarm,
    /// The body on the screen.
    looking: Option<String>,
    /// Whether what is on the screen may be old.
    stale: bool,
}

impl Driver {
    async fn take(&mut self, note: Note) -> Result<(), End> {
        match note {
            Note::Page(said) => self.hear_page(said).await,
            Note::Heard(heard) => match self.sockets.hear(heard) {
                Some(input) => self.step(input).await,
                None => Ok(()),
            },
            Note::Alarm => {
                self.alarm.rung();
                self.step(Input::Tick).await
            }
            Note::LetGo => Err(End::LetGo),
            Note::Obtained(_) => Ok(()),
        }
    }

    async fn hear_page(&mut self, said: ToWorker) -> Result<(), End> {
        match said {
            ToWorker::Command { id, command } => self.step(Input::Command(id, command)).await,
            ToWorker::Look { body } => {
                self.looking = body;
                self.stale = true;
                Ok(())
            }
            ToWorker::Awake => {
                for down in self.sockets.close_silent() {
                    self.step(down).await?;
                }
                self.step(Input::Command(OWN_COMMAND, Command::Sync)).await
            }
            ToWorker::Unlock { .. } | ToWorker::TakeOver => Ok(()),
        }
    }

    async fn step(&mut self, input: Input) -> Result<(), End> {
        for effect in self.engine.handle(input, now_ms()) {
            match effect {
                Effect::Store(rows) => self.store.write(&rows).await?,
                Effect::Send { relay, frame } => self.sockets.send(&relay, &frame),
                Effect::Notify(event) => self.tell(event),
                Effect::Wake(at_ms) => self.alarm.set(at_ms),
                Effect::Wipe => return Err(wipe(Store::open().await?).await),
            }
        }
        Ok(())
    }

    fn tell(&mut self, event: Event) {
        match event {
            Event::Changed(_) => self.stale = true,
            // The page acts on an answer, so what it sees must be as new as the answer.
            Event::Done(id, reply) => {
                self.stale = true;
                self.show();
                post(&ToPage::Done { id, reply });
            }
            Event::Failed(id, failure) => {
                self.show();
                post(&ToPage::Failed { id, failure: FailureView::from(&failure) });
            }
        }
    }

    /// Sends the page what it shows, if that may have changed.
    fn show(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        post(&ToPage::App { view: self.engine.app_view() });
        if let Some(id) = &self.looking {
            post(&ToPage::Body { view: self.engine.body_view(id).map(Box::new) });
        }
    }
}
