//! The verbs of a member's device.

use std::fs;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::template::Template;
use concerted_client::pairing::PairingView;
use concerted_client::view::{BodyView, MessageView, PhaseView, Warning};
use concerted_client::{Command, Failure, Input, Mode, Reply};
use serde_json::json;

use crate::args::{BylawsOptions, BylawsVerb, DeviceVerb, PassphraseVerb, Verb};
use crate::driver::Driver;
use crate::home::{self, Home};
use crate::output::{Output, Unreadable, date_time, json as to_json, paragraph, printable, short};
use crate::secret_input;

/// `concerted bylaws …`
pub(crate) fn bylaws(options: &BylawsOptions, as_json: bool) -> Result<()> {
    let BylawsVerb::Template { name } = &options.verb;
    let bylaws = name.bylaws();
    let text = serde_json::to_string_pretty(&bylaws)?;
    Output::new(as_json).row(&to_json(&bylaws), text);
    Ok(())
}

/// Any verb that needs a home.
pub(crate) fn run(verb: Verb, home: Option<PathBuf>, as_json: bool) -> Result<()> {
    let path = home.map_or_else(home::default_path, Ok)?;
    let device = Device { path, out: Output::new(as_json) };
    match verb {
        Verb::Init => device.init(),
        Verb::Restore { relay, words, lost } => device.restore(relay, &words, lost),
        Verb::Found { relay, name, nickname, template, bylaws } => {
            device.found(relay, name, nickname, template, bylaws.as_deref())
        }
        Verb::Bodies => device.bodies(),
        Verb::Sync { body, wait } => device.sync(body.as_deref(), wait),
        Verb::Invite { body } => device.invite(body),
        Verb::Uninvite { body, link } => device.act(&body.clone(), Command::RevokeInvite { body, link }),
        Verb::Join { link, nickname } => device.join(link, nickname),
        Verb::Invitation { link } => device.invitation(link),
        Verb::Requests { body } => device.requests(&body),
        Verb::Vouch { body, applicant } => device.act(&body.clone(), Command::Vouch { body, applicant }),
        Verb::Object { body, applicant } => device.act(&body.clone(), Command::Object { body, applicant }),
        Verb::Show { body } => device.show(&body),
        Verb::Talk { body, text, thread } => device.talk(body, &text, thread),
        Verb::Read { body, follow } => device.read(&body, follow),
        Verb::Nickname { body, nickname } => device.act(&body.clone(), Command::Nickname { body, nickname }),
        Verb::Rekey { body } => device.act(&body.clone(), Command::Rekey { body }),
        Verb::Leave { body } => device.act(&body.clone(), Command::Leave { body }),
        Verb::Forget { body } => device.act(&body.clone(), Command::Forget { body }),
        Verb::Device(verb) => device.device(verb),
        Verb::Log { body } => device.log(&body),
        Verb::Export { body, out, plain } => device.export(body, &out, plain),
        Verb::Passphrase(verb) => device.passphrase(&verb),
        Verb::Wipe { yes } => device.wipe(yes),
        Verb::Serve(_) | Verb::Verify(_) | Verb::Bylaws(_) | Verb::Ballot(_) => {
            bail!("this verb needs no home")
        }
    }
}

/// How long a command that stays sleeps before it looks whether others wait.
const LOOK_TIME: Duration = Duration::from_millis(200);

struct Device {
    path: PathBuf,
    out: Output,
}

impl Device {
    fn open(&self, mode: Mode) -> Result<Driver> {
        Driver::open(Home::open(&self.path)?, mode)
    }

    /// Opens, catches up and does what is owed.
    fn open_caught_up(&self) -> Result<Driver> {
        let mut driver = self.open(Mode::OneShot)?;
        driver.command(Command::Sync)??;
        Ok(driver)
    }

    /// The same for a command that shows what is here; says so if that may be old.
    fn open_synced(&self) -> Result<Driver> {
        let driver = self.open_caught_up()?;
        if driver.engine.app_view().bodies.iter().any(|body| {
            driver.engine.body_view(&body.body).is_some_and(|view| view.warnings.contains(&Warning::Offline))
        }) {
            self.out.note("A relay cannot be reached; this is what is here.");
        }
        Ok(driver)
    }

    fn view(&self, driver: &Driver, body: &str) -> Result<BodyView> {
        let number = driver.engine.find_session(body)?;
        let session = driver.engine.sessions().iter().find(|session| session.number == number);
        let id = session.map(|session| session.kept.id.to_string()).unwrap_or_default();
        driver.engine.body_view(&id).context("this body is not here")
    }

    fn init(&self) -> Result<()> {
        let reply = self.open(Mode::OneShot)?.command(Command::Init)??;
        let Reply::Words { words } = reply else { bail!("unexpected reply") };
        self.out.row(&json!({ "words": words }), &words);
        self.out.note("Write these twelve words on paper. They bring everything back if this device is lost; nobody else can.");
        Ok(())
    }

    fn restore(&self, relay: String, words: &str, lost: bool) -> Result<()> {
        let words = secret_input::argument(words)?.to_string();
        let reply = self.open(Mode::OneShot)?.command(Command::Restore { relay, words, lost })??;
        let Reply::Restored { bodies } = reply else { bail!("unexpected reply") };
        let text = bodies.join("\n");
        self.out.row(&json!({ "bodies": bodies }), text);
        Ok(())
    }

    fn found(
        &self,
        relay: String,
        name: String,
        nickname: String,
        template: Template,
        bylaws: Option<&Path>,
    ) -> Result<()> {
        let bylaws = Box::new(match bylaws {
            None => template.bylaws(),
            Some(path) => read_bylaws(path)?,
        });
        let command = Command::Found { relay, name, nickname, bylaws };
        let reply = self.open_caught_up()?.command(command)??;
        let Reply::Founded { body } = reply else { bail!("unexpected reply") };
        self.out.row(&json!({ "body": body }), &body);
        Ok(())
    }

    fn bodies(&self) -> Result<()> {
        let driver = self.open_synced()?;
        for body in driver.engine.app_view().bodies {
            let value = json!({
                "body": body.body, "name": body.name, "phase": body.phase, "members": body.members,
                "requests": body.requests,
            });
            let phase = to_json(&body.phase);
            let text = format!(
                "{}  {}  {} members  {}",
                short(&body.body),
                printable(&body.name),
                body.members,
                phase.as_str().unwrap_or_default()
            );
            self.out.row(&value, text);
        }
        Ok(())
    }

    fn sync(&self, body: Option<&str>, wait: Option<u64>) -> Result<()> {
        let driver = match wait {
            None => self.open_synced()?,
            Some(seconds) => self.live_until_news(Duration::from_secs(seconds.min(86_400)))?,
        };
        let views = match body {
            Some(body) => vec![self.view(&driver, body)?],
            None => {
                let bodies = driver.engine.app_view().bodies;
                bodies.iter().filter_map(|body| driver.engine.body_view(&body.body)).collect()
            }
        };
        for view in views {
            let value = json!({
                "body": view.body, "name": view.name, "phase": view.phase, "synced": view.synced,
                "head": view.head, "unsent": view.unsent, "warnings": view.warnings,
            });
            let text = format!(
                "{}  {}  {} entries{}{}",
                short(&view.body),
                printable(&view.name),
                view.head.sequence,
                if view.unsent > 0 { format!(", {} not sent yet", view.unsent) } else { String::new() },
                warning_text(&view.warnings),
            );
            self.out.row(&value, text);
        }
        Ok(())
    }

    /// Stays connected until something new has come and everything is caught up.
    fn live_until_news(&self, longest: Duration) -> Result<Driver> {
        let mut driver = self.open(Mode::Live)?;
        let before = progress(&driver);
        let end = Instant::now() + longest;
        driver.step(Input::Tick)?;
        while Instant::now() < end {
            let settled = driver.engine.is_idle()
                && driver.engine.app_view().bodies.iter().all(|body| {
                    driver
                        .engine
                        .body_view(&body.body)
                        .is_none_or(|view| view.phase != PhaseView::Member || view.synced && view.unsent == 0)
                });
            if settled && progress(&driver) != before {
                break;
            }
            driver.pump(LOOK_TIME.min(end.saturating_duration_since(Instant::now())))?;
            driver = driver.let_others_through()?;
        }
        Ok(driver)
    }

    fn invite(&self, body: String) -> Result<()> {
        let reply = self.open_caught_up()?.command(Command::Invite { body })??;
        let Reply::Invited { link } = reply else { bail!("unexpected reply") };
        self.out.row(&json!({ "link": link }), &link);
        Ok(())
    }

    fn join(&self, link: String, nickname: String) -> Result<()> {
        let reply = self.open_caught_up()?.command(Command::Join { link, nickname })??;
        let Reply::Asked { body, applicant } = reply else { bail!("unexpected reply") };
        self.out.row(&json!({ "body": body, "applicant": applicant }), format_args!("{body}\n{applicant}"));
        self.out.note("Asked. Once members have vouched, `concerted sync` lets you in.");
        Ok(())
    }

    fn invitation(&self, link: String) -> Result<()> {
        let reply = self.open(Mode::OneShot)?.command(Command::ReadInvitation { link })??;
        let Reply::Invitation { body, name, bylaws } = reply else { bail!("unexpected reply") };
        let value = json!({ "body": body, "name": name, "bylaws": bylaws });
        self.out.row(&value, format_args!("{}\n{body}", printable(&name)));
        Ok(())
    }

    fn requests(&self, body: &str) -> Result<()> {
        let driver = self.open_synced()?;
        for request in self.view(&driver, body)?.requests {
            let text = format!(
                "{}  {}  {} of {} vouches{}",
                short(&request.applicant),
                printable(&request.nickname),
                request.vouches,
                request.needed,
                request
                    .hindered_by
                    .as_ref()
                    .map(|rule| format!(", you cannot vouch ({rule})"))
                    .unwrap_or_default(),
            );
            self.out.row(&to_json(&request), text);
        }
        Ok(())
    }

    /// A command that ends with a record in the log.
    fn act(&self, body: &str, command: Command) -> Result<()> {
        let mut driver = self.open_caught_up()?;
        driver.engine.find_session(body)?;
        let reply = driver.command(command)??;
        self.recorded(&reply);
        Ok(())
    }

    fn recorded(&self, reply: &Reply) {
        match reply {
            Reply::Recorded { sequence } => {
                let value = json!({ "sequence": sequence, "arrived": true });
                self.out.row(&value, format_args!("done, entry {sequence}"));
            }
            Reply::Queued => {
                let value = json!({ "sequence": null, "arrived": false });
                self.out.row(&value, "kept here");
                self.out
                    .note("The relay cannot be reached; this is sent with the next command that reaches it.");
            }
            _ => self.out.row(&json!({ "done": true }), "done"),
        }
    }

    fn show(&self, body: &str) -> Result<()> {
        let driver = self.open_synced()?;
        let view = self.view(&driver, body)?;
        let mut value = to_json(&view);
        if let Some(object) = value.as_object_mut() {
            object.remove("messages");
        }
        let members: Vec<String> = view
            .members
            .iter()
            .map(|member| {
                let me = if member.me { " (you)" } else { "" };
                let arrived = if member.arrived { "" } else { " (has not opened it yet)" };
                format!("  {}  {}{me}{arrived}", short(&member.member), printable(&member.nickname))
            })
            .collect();
        let text = format!(
            "{}\n{}\n{} members:\n{}\nepoch {}, {} entries\nhead {}\nstate {}{}",
            printable(&view.name),
            view.body,
            view.members.len(),
            members.join("\n"),
            view.epoch,
            view.head.sequence,
            view.head.chain,
            view.state_hash,
            warning_text(&view.warnings),
        );
        self.out.row(&value, text);
        Ok(())
    }

    fn talk(&self, body: String, text: &str, thread: String) -> Result<()> {
        let text = match text {
            // The line's end is the shell's, not the author's.
            "-" => secret_input::standard_input()?.trim_end_matches(['\r', '\n']).to_owned(),
            text => text.to_owned(),
        };
        let reply = self.open_caught_up()?.command(Command::Talk { body, thread, text })??;
        self.recorded(&reply);
        Ok(())
    }

    fn read(&self, body: &str, follow: bool) -> Result<()> {
        if !follow {
            let driver = self.open_synced()?;
            let view = self.view(&driver, body)?;
            view.messages.iter().for_each(|message| self.message(message));
            return Ok(());
        }
        let mut driver = self.open(Mode::Live)?;
        driver.step(Input::Tick)?;
        let mut printed = 0;
        loop {
            let view = self.view(&driver, body)?;
            for message in &view.messages {
                if let Some(sequence) = message.sequence.filter(|sequence| *sequence > printed) {
                    self.message(message);
                    printed = sequence;
                }
            }
            driver.pump(LOOK_TIME)?;
            driver = driver.let_others_through()?;
        }
    }

    fn message(&self, message: &MessageView) {
        let value = json!({
            "sequence": message.sequence, "author": message.nickname, "member": message.author,
            "thread": message.thread, "text": message.text, "time_ms": message.time_ms,
        });
        let thread = match message.thread.as_str() {
            "" => String::new(),
            thread => format!(" [{}]", printable(thread)),
        };
        let text =
            message.text.as_deref().unwrap_or("(this device has no key for this message, or it has expired)");
        let place = message.sequence.map_or("not sent yet".to_owned(), |sequence| sequence.to_string());
        let (time, nickname) = (date_time(message.time_ms), printable(&message.nickname));
        self.out.row(&value, format_args!("{time}  {place}  {nickname}{thread}: {}", paragraph(text)));
    }

    fn log(&self, body: &str) -> Result<()> {
        let driver = self.open_synced()?;
        let number = driver.engine.find_session(body)?;
        let session = driver.engine.sessions().iter().find(|session| session.number == number);
        let session = session.context("this body is not here")?;
        for row in &session.rows {
            let roster = session.body().map(|body| body.roster());
            let member = row.author.and_then(|device| roster?.owner(&device));
            let nickname = member.and_then(|member| roster?.nickname(&member)).map(ToString::to_string);
            let value = json!({
                "sequence": row.sequence, "time_ms": row.time_ms, "author": nickname,
                "member": member.map(|member| member.to_string()),
                "device": row.author.map(|device| device.to_string()), "kind": row.kind,
                "void": row.void.map(|rule| rule.id()), "expired": row.expired,
            });
            let state = match (row.void, row.expired) {
                (Some(rule), _) => format!("  void by {rule}: {}", rule.text()),
                (None, true) => "  expired".to_owned(),
                (None, false) => String::new(),
            };
            let text = format!(
                "{:>5}  {}  {}  {}{state}",
                row.sequence,
                date_time(row.time_ms),
                printable(nickname.as_deref().unwrap_or("-")),
                row.kind.unwrap_or("-"),
            );
            self.out.row(&value, text);
        }
        Ok(())
    }

    fn export(&self, body: String, path: &Path, plain: bool) -> Result<()> {
        let mut driver = self.open_synced()?;
        let Reply::Exported { file, entries } = driver.command(Command::Export { body, plain })?? else {
            bail!("unexpected reply")
        };
        write_whole(path, &file)?;
        if plain {
            self.out.note("Anyone who gets this file can read everything in it, names included.");
        }
        let value = json!({ "file": path.display().to_string(), "entries": entries, "bytes": file.len(), "plain": plain });
        self.out.row(&value, format_args!("{}: {entries} entries", path.display()));
        Ok(())
    }

    fn device(&self, verb: DeviceVerb) -> Result<()> {
        match verb {
            DeviceVerb::List { body } => self.list_devices(body.as_deref()),
            DeviceVerb::Add { code: Some(code), yes, wait, .. } => self.take_in(code, yes, wait),
            DeviceVerb::Add { code: None, relay, yes, wait } => {
                self.offer(relay.context("--relay is needed on a new device")?, yes, wait)
            }
            DeviceVerb::Revoke { words: Some(words), .. } => {
                let words = secret_input::argument(&words)?.to_string();
                let reply = self.open_caught_up()?.command(Command::LostDevice { words })??;
                self.recorded(&reply);
                Ok(())
            }
            DeviceVerb::Revoke { body: Some(body), device: Some(device), .. } => {
                self.act(&body.clone(), Command::Accuse { body, device })
            }
            DeviceVerb::Revoke { .. } => bail!("say which device of which body, or give --words"),
            DeviceVerb::Keep { body, device, words } => {
                let words = words.map(|words| secret_input::argument(&words)).transpose()?;
                let words = words.map(|words| words.to_string());
                self.act(&body.clone(), Command::Defend { body, device, words })
            }
        }
    }

    fn list_devices(&self, body: Option<&str>) -> Result<()> {
        let driver = self.open_synced()?;
        let views = match body {
            Some(body) => vec![self.view(&driver, body)?],
            None => {
                let bodies = driver.engine.app_view().bodies;
                bodies.iter().filter_map(|body| driver.engine.body_view(&body.body)).collect()
            }
        };
        for view in views {
            for member in view.members {
                for device in member.devices {
                    let value = json!({
                        "body": view.body, "device": device.device, "member": member.member,
                        "nickname": member.nickname, "this": device.this, "added_ms": device.added_ms,
                        "added_by": device.added_by, "revoked_at_ms": device.revoked_at_ms,
                    });
                    let this = if device.this { " (this one)" } else { "" };
                    let revoked = device
                        .revoked_at_ms
                        .map(|at| format!(", revoked at {} unless its member objects", date_time(at)));
                    let text = format!(
                        "{}  {}  {}{this}, since {}{}",
                        short(&view.body),
                        short(&device.device),
                        printable(&member.nickname),
                        date_time(device.added_ms),
                        revoked.unwrap_or_default(),
                    );
                    self.out.row(&value, text);
                }
            }
        }
        Ok(())
    }

    /// On a new device: shows a code, compares numbers, waits for the keys.
    fn offer(&self, relay: String, yes: bool, wait: u64) -> Result<()> {
        let mut driver = self.open(Mode::Live)?;
        let end = Instant::now() + Duration::from_secs(wait.min(3600));
        let offered =
            driver.live_command(Command::OfferDevice { relay }, end)?.context("no answer in time")??;
        let Reply::DeviceCode { code } = offered else { bail!("unexpected reply") };
        self.out.row(&json!({ "code": code }), &code);
        self.out.note("On the old device: concerted device add CODE");
        let number = loop {
            if let Some(PairingView::Comparing { number, .. }) = driver.engine.app_view().pairing {
                break number;
            }
            anyhow::ensure!(Instant::now() < end, "the old device did not answer in time");
            driver.pump(Duration::from_millis(500))?;
        };
        self.compare(&mut driver, &number, yes, end)
    }

    /// On an old device: takes in the new one.
    fn take_in(&self, code: String, yes: bool, wait: u64) -> Result<()> {
        let mut driver = self.open(Mode::Live)?;
        let end = Instant::now() + Duration::from_secs(wait.min(3600));
        driver.live_command(Command::Sync, end)?.context("no answer in time")??;
        let accepted =
            driver.live_command(Command::AcceptDevice { code }, end)?.context("no answer in time")??;
        let Reply::DeviceNumber { number } = accepted else { bail!("unexpected reply") };
        self.compare(&mut driver, &number, yes, end)
    }

    fn compare(&self, driver: &mut Driver, number: &str, yes: bool, end: Instant) -> Result<()> {
        self.out.row(&json!({ "number": number }), format_args!("The other device must show {number}"));
        let same = yes || ask("Do both show the same number? [y/N] ")?;
        let reply = driver.live_command(Command::ConfirmDevice { same }, end)?;
        let reply = reply.context("the other device did not confirm in time")??;
        anyhow::ensure!(same, "the numbers differ; nothing was shared");
        // Let what the new keys allow go out.
        let settle = Instant::now() + Duration::from_secs(2);
        while Instant::now() < settle && !driver.engine.is_idle() {
            driver.pump(Duration::from_millis(100))?;
        }
        self.recorded(&reply);
        Ok(())
    }

    fn passphrase(&self, verb: &PassphraseVerb) -> Result<()> {
        let mut driver = self.open(Mode::OneShot)?;
        let new = match verb {
            PassphraseVerb::Set => Some(secret_input::new_passphrase()?.to_string()),
            PassphraseVerb::Remove => None,
        };
        if new.as_ref().is_some_and(|new| new.chars().count() < 8) {
            return Err(Failure::Input("a passphrase has at least 8 characters".into()).into());
        }
        let reply = driver.command(Command::SetPassphrase { new })??;
        self.recorded(&reply);
        Ok(())
    }

    fn wipe(&self, yes: bool) -> Result<()> {
        if !yes && !ask("Delete everything on this device? Without the words it is gone. [y/N] ")? {
            bail!("nothing was deleted");
        }
        let mut driver = self.open(Mode::OneShot)?;
        let reply = driver.command(Command::Wipe)??;
        self.recorded(&reply);
        Ok(())
    }
}

fn warning_text(warnings: &[Warning]) -> String {
    warnings
        .iter()
        .map(|warning| {
            let text = match warning {
                Warning::Fork => {
                    "the relay shows members different histories; there is proof. Move to another relay"
                }
                Warning::RelayBroken => "the relay's data do not fit together",
                Warning::RelayShorter => "the relay lost entries it had acknowledged; members hand them back",
                Warning::NotThisBody => "the log at this place is not that of the committee the link named",
                Warning::Locker => "the relay lost part of your list of committees; it was put back",
                Warning::Clock => "the relay's clock and this device's differ by more than 10 minutes",
                Warning::WaitingForKeys => "new keys are in use and have not reached this device yet",
                Warning::Offline => "the relay cannot be reached",
            };
            format!("\nwarning: {text}")
        })
        .collect()
}

/// How far everything is: changes when something new has come.
fn progress(driver: &Driver) -> Vec<(String, u64, usize)> {
    let bodies = driver.engine.app_view().bodies;
    let of = |body: &str| driver.engine.body_view(body);
    bodies
        .into_iter()
        .map(|body| {
            let (head, requests) =
                of(&body.body).map_or((0, 0), |view| (view.head.sequence, view.requests.len()));
            (body.body, head, requests)
        })
        .collect()
}

fn ask(question: &str) -> Result<bool> {
    anyhow::ensure!(std::io::stdin().is_terminal(), "there is no terminal to ask on; use --yes");
    eprint!("{question}");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn read_bylaws(path: &Path) -> Result<Bylaws> {
    let unreadable =
        |error: &dyn std::fmt::Display| Unreadable(format!("cannot read {}: {error}", path.display()));
    let size = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > 64 * 1024 {
        return Err(unreadable(&"it is longer than 64 KiB").into());
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    serde_json::from_str(&text).map_err(|error| unreadable(&error).into())
}

/// Writes a file beside its place, syncs it, and moves it there.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let write = || -> std::io::Result<()> {
        let mut options = fs::OpenOptions::new();
        options.create(true).truncate(true).write(true);
        // It tells who is in touch with whom, and a plain one tells all.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
