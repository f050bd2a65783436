//! What each command begins.

use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::content::{Content, Genesis, RULES_VERSION, Saying};
use concerted_assembly::nickname::Name;
use concerted_log::device::{DeviceSecret, TalkSecretKey};
use concerted_log::entry::{ExpiryClass, Lane, Sealed};
use concerted_log::epoch::{Epoch, EpochSecrets, PostingSecret, RecordSecret};
use concerted_log::id::Address;
use concerted_log::invitation::{Invitation, InvitationCard, LinkSecret};
use concerted_log::message::Request;
use concerted_log::record::{ParsedRecord, Record, body_id};
use concerted_log::talk::week_of;
use concerted_log::words::{RecoverySecret, RecoveryWords};
use concerted_log::{BodyId, DeviceId, MemberId, RecordId, Secret, schnorr};
use zeroize::Zeroizing;

use crate::command::{Command, Failure, NotMember, Reply};
use crate::engine::{Engine, Purpose, Waiting};
use crate::export;
use crate::identity::Identity;
use crate::outbox::{Draft, Outbox, Outgoing};
use crate::session::{Kept, OwnMailbox, Phase, Session};
use crate::talk::TalkKeys;

/// What a command comes to at once: a reply, or something to wait for.
enum Begun {
    Done(Reply),
    Wait(Waiting),
}

impl Engine {
    pub(crate) fn command(&mut self, id: u64, command: Command) {
        match self.begin(id, command) {
            Ok(Begun::Done(reply)) => self.done(id, reply),
            Ok(Begun::Wait(waiting)) => {
                self.waiting.insert(id, waiting);
            }
            Err(failure) => self.failed(id, failure),
        }
    }

    fn begin(&mut self, id: u64, command: Command) -> Result<Begun, Failure> {
        match command {
            Command::Init => self.init(),
            Command::Restore { relay, words, lost } => {
                let words = parse_words(words)?;
                self.begin_restore(relay_url(&relay)?, &words, lost).map(Begun::Wait)
            }
            Command::Found { relay, name, nickname, bylaws } => self.found(&relay, &name, &nickname, *bylaws),
            Command::Invite { body } => self.invite(&body),
            Command::RevokeInvite { body, link } => self.revoke_invite(&body, &link),
            Command::ReadInvitation { link } => self.read_card(id, &link, None),
            Command::Join { link, nickname } => {
                self.identity()?;
                let nickname = name(&nickname)?;
                self.read_card(id, &link, Some(nickname))
            }
            Command::Vouch { body, applicant } => self.vouch(&body, &applicant),
            Command::Object { body, applicant } => {
                let number = self.member_session(&body)?;
                let applicant = self.find_applicant(number, &applicant)?;
                self.say(number, Content::Object(applicant))
            }
            Command::Talk { body, thread, text } => self.talk(&body, thread, text),
            Command::Nickname { body, nickname } => {
                let number = self.member_session(&body)?;
                self.say(number, Content::Nickname(name(&nickname)?))
            }
            Command::Rekey { body } => {
                let number = self.member_session(&body)?;
                self.draft(number, Draft::Rekey)
            }
            Command::Leave { body } => {
                let number = self.member_session(&body)?;
                self.say(number, Content::Leave)
            }
            Command::Forget { body } => self.forget(&body),
            Command::OfferDevice { relay } => self.offer_device(relay_url(&relay)?).map(Begun::Done),
            Command::AcceptDevice { code } => {
                self.accept_device(&code).map(|()| Begun::Wait(Waiting::Pairing))
            }
            Command::ConfirmDevice { same } => {
                self.confirm_device(same)?;
                Ok(if same { Begun::Wait(Waiting::Pairing) } else { Begun::Done(Reply::Done) })
            }
            Command::LostDevice { words } => self.lost_device(&parse_words(words)?),
            Command::Accuse { body, device } => {
                let number = self.member_session(&body)?;
                let device = self.find_device(number, &device)?;
                self.say(number, Content::Accuse(device))
            }
            Command::Defend { body, device, words } => self.defend(&body, &device, words),
            Command::Sync => {
                self.begin_sync();
                Ok(Begun::Wait(Waiting::Sync))
            }
            Command::Export { body, plain } => self.export(&body, plain),
            Command::SetPassphrase { new } => {
                let new = new.map(Command::secret);
                self.set_passphrase(new.as_deref().map(String::as_str))?;
                Ok(Begun::Done(Reply::Done))
            }
            Command::Wipe => {
                self.wipe();
                Ok(Begun::Done(Reply::Done))
            }
        }
    }

    pub(crate) fn identity(&self) -> Result<&Identity, Failure> {
        self.identity.as_ref().filter(|identity| !identity.restoring).ok_or(Failure::NotBegun)
    }

    fn init(&mut self) -> Result<Begun, Failure> {
        if self.identity.is_some() {
            return Err(Failure::Begun);
        }
        let words = RecoveryWords::generate(&mut *self.rng);
        self.identity = Some(Identity::new(&words.to_secret(), 0));
        self.identity_dirty = true;
        Ok(Begun::Done(Reply::Words { words: words.to_phrase().to_string() }))
    }

    fn found(
        &mut self,
        relay: &str,
        body_name: &str,
        nickname: &str,
        bylaws: Bylaws,
    ) -> Result<Begun, Failure> {
        self.identity()?;
        let relay = relay_url(relay)?;
        bylaws.check().map_err(|fault| Failure::Input(format!("these bylaws cannot stand: {fault}")))?;
        let (body_name, nickname) = (name(body_name)?, name(nickname)?);
        let kept = self.genesis(relay, body_name, nickname, bylaws)?;
        let number = self.next_session_number();
        self.sessions.push(Session::new(number, kept));
        Ok(Begun::Wait(Waiting::Founded { session: number }))
    }

    /// Makes a body: its keys, and its genesis record ready to be sent.
    fn genesis(
        &mut self,
        relay: String,
        body_name: Name,
        nickname: Name,
        bylaws: Bylaws,
    ) -> Result<Kept, Failure> {
        let rng = &mut *self.rng;
        let salt = Secret::random(rng);
        let (device, talk_key) = (DeviceSecret::generate(rng), TalkSecretKey::generate(rng));
        let card = device.card(&Genesis::context(&salt), &talk_key, rng);
        let genesis = Genesis { salt: salt.clone(), name: body_name, bylaws, card, nickname };
        let record = Record {
            body: None,
            rules_version: RULES_VERSION,
            author: device.id(),
            counter: 1,
            clock_ms: self.now_ms,
            seen: None,
            content: Content::Genesis(Box::new(genesis)).to_bytes(),
        };
        let signed = record.sign(&device);
        let record_id =
            ParsedRecord::parse(&signed).map_err(|_| Failure::State("genesis is malformed".into()))?.id();
        let mut address = [0; 32];
        rng.fill_bytes(&mut address);
        let secrets = EpochSecrets {
            epoch: Epoch::GENESIS,
            record: RecordSecret::of_genesis(&salt),
            posting: PostingSecret::random(rng),
        };
        let lane = Lane { epoch: Epoch::GENESIS, class: ExpiryClass::Never };
        let sealed = Sealed::seal(&signed, lane, &secrets.record, rng);
        let id = body_id(record_id);
        let mut kept = self.new_kept(id, relay, device, talk_key)?;
        kept.address = Some(Address::new(address));
        kept.phase = Phase::Creating;
        kept.secrets = vec![secrets];
        kept.counters[0] = 1;
        let group = kept.outbox.add_first(Draft::Contents(Vec::new()), self.now_ms);
        if let Some(group) = kept.outbox.get_mut(group) {
            group.items = vec![Outgoing { record: record_id, signed, lane, sealed, landed: None }];
        }
        Ok(kept)
    }

    /// What is kept of a body that this device has just heard of.
    pub(crate) fn new_kept(
        &self,
        id: BodyId,
        relay: String,
        device: DeviceSecret,
        talk_key: TalkSecretKey,
    ) -> Result<Kept, Failure> {
        let root = self.identity.as_ref().and_then(Identity::root).ok_or(Failure::NotBegun)?;
        let mut talk = TalkKeys::default();
        talk.add_key(week_of(self.now_ms), talk_key);
        Ok(Kept {
            id,
            relay,
            relay_key: None,
            address: None,
            device,
            phase: Phase::Restoring,
            secrets: Vec::new(),
            record_secrets: Vec::new(),
            talk,
            outbox: Outbox::default(),
            receipt: None,
            counters: [0, 0],
            mailboxes: Vec::new(),
            requests: Vec::new(),
            answers: Default::default(),
            fork: None,
            recovery: Some(root.recovery_key(&id)),
            in_locker: false,
            announced_ms: self.now_ms,
            public_url: None,
            drift_ms: None,
            checkpoint: None,
            other_history: false,
        })
    }

    fn invite(&mut self, body: &str) -> Result<Begun, Failure> {
        let number = self.member_session(body)?;
        let secret = LinkSecret::random(&mut *self.rng);
        let session = self.session_mut(number).ok_or(Failure::NotBegun)?;
        let secrets = session.history.as_ref().and_then(|history| history.current_secrets());
        let (Some(secrets), Some(body)) = (secrets, session.body()) else {
            return Err(Failure::State("this body is not read yet; sync first".into()));
        };
        let link_id = secret.link_id();
        let card = InvitationCard {
            name: body.name().to_string(),
            bylaws: concerted_log::cbor::encode(body.bylaws()),
            mailbox_key: schnorr::public(&secrets.record.mailbox_scalar(&link_id)),
        };
        let token = secrets.record.mailbox_token(&link_id);
        let relay = session.kept.relay.clone();
        let card = card.seal(&secret, &mut *self.rng);
        let group = self.add_draft(number, Draft::Contents(vec![Content::Invite(secret)]))?;
        if let Some(session) = self.session_mut(number) {
            session.kept.mailboxes.push(OwnMailbox { secret, token, card, opened: false });
            session.dirty = true;
        }
        // Ask how the relay wants to be called in links.
        self.relay_mut(&relay).asked = false;
        self.call(&relay, Purpose::Info, Request::Info);
        Ok(Begun::Wait(Waiting::Invited { session: number, group, secret }))
    }

    fn revoke_invite(&mut self, body: &str, link: &str) -> Result<Begun, Failure> {
        let number = self.member_session(body)?;
        let invitation = Invitation::parse(link).map_err(|error| Failure::Input(error.to_string()))?;
        self.say(number, Content::RevokeInvite(invitation.secret))
    }

    fn read_card(&mut self, id: u64, link: &str, join_as: Option<Name>) -> Result<Begun, Failure> {
        let mut invitation = Invitation::parse(link).map_err(|error| Failure::Input(error.to_string()))?;
        invitation.relay = relay_url(&invitation.relay)?;
        let known = self
            .sessions
            .iter()
            .any(|session| session.kept.id == invitation.body && !matches!(session.kept.phase, Phase::Gone));
        if join_as.is_some() && known {
            return Err(Failure::State(
                "this device is in that body, or has asked to join it, already".into(),
            ));
        }
        if self.is_down(&invitation.relay) {
            return Err(Failure::Unreachable(invitation.relay));
        }
        let relay = invitation.relay.clone();
        self.call(&relay, Purpose::Card(id), Request::ReadCard(invitation.secret.mailbox()));
        Ok(Begun::Wait(Waiting::Card { invitation, join_as }))
    }

    fn vouch(&mut self, body: &str, applicant: &str) -> Result<Begun, Failure> {
        let number = self.member_session(body)?;
        let applicant = self.find_applicant(number, applicant)?;
        let session = self.session_mut(number).ok_or(Failure::NotBegun)?;
        let body = session.body().ok_or(Failure::NotMember(NotMember::Yet))?;
        if body.roster().member(&applicant).is_some() {
            // Others were quicker: what was wanted is so.
            return Ok(Begun::Done(Reply::Done));
        }
        let mut contents = Vec::new();
        if body.admissions().get(&applicant).is_none() {
            let found = session.kept.requests.iter().find(|found| found.request.member() == applicant);
            contents.extend(found.map(|found| Content::Request(Box::new(found.request.clone()))));
        }
        contents.push(Content::Vouch(applicant));
        self.draft(number, Draft::Contents(contents))
    }

    fn talk(&mut self, body: &str, thread: String, text: String) -> Result<Begun, Failure> {
        let number = self.member_session(body)?;
        if text.trim().is_empty() {
            return Err(Failure::Input("the message is empty".into()));
        }
        if text.len() > Saying::TEXT_BYTES_MAX {
            return Err(Failure::Input(format!(
                "the message is longer than {} bytes",
                Saying::TEXT_BYTES_MAX
            )));
        }
        if thread.len() > Saying::THREAD_BYTES_MAX {
            return Err(Failure::Input(format!(
                "the thread is longer than {} bytes",
                Saying::THREAD_BYTES_MAX
            )));
        }
        self.draft(number, Draft::Talk(thread, text))
    }

    fn forget(&mut self, body: &str) -> Result<Begun, Failure> {
        let number = self.find_session(body)?;
        let forgettable = self.session_mut(number).is_some_and(|session| {
            matches!(session.kept.phase, Phase::Gone | Phase::Asking(_) | Phase::Creating)
        });
        if !forgettable {
            return Err(Failure::State("leave the body first".into()));
        }
        self.forget_session(number);
        Ok(Begun::Done(Reply::Done))
    }

    fn lost_device(&mut self, words: &RecoveryWords) -> Result<Begun, Failure> {
        let secret = words.to_secret();
        let identity = self.identity()?;
        if identity.root() != Some(secret.root()) {
            return Err(Failure::Input("these are not the recovery words of this device's user".into()));
        }
        let next = identity.locker.number() + 1;
        let numbers: Vec<u32> = self
            .sessions
            .iter()
            .filter(|session| matches!(session.kept.phase, Phase::Member))
            .map(|session| session.number)
            .collect();
        let mut groups = Vec::new();
        for number in numbers {
            groups.push((number, self.add_draft(number, Draft::KeepOnlyThis)?));
        }
        self.begin_locker(&secret, next);
        self.recovery = Some(secret);
        Ok(Begun::Wait(Waiting::Replaced { groups }))
    }

    /// Writes to another locker from now on; everything is put there again.
    pub(crate) fn begin_locker(&mut self, secret: &RecoverySecret, number: u32) {
        if let Some(identity) = &mut self.identity {
            identity.locker = secret.locker(number);
            identity.items.clear();
            self.identity_dirty = true;
        }
        for session in &mut self.sessions {
            session.kept.in_locker = false;
            session.dirty = true;
        }
    }

    fn defend(&mut self, body: &str, device: &str, words: Option<String>) -> Result<Begun, Failure> {
        let number = self.member_session(body)?;
        let device = self.find_device(number, device)?;
        let words = words.map(parse_words).transpose()?;
        let session = self.session_mut(number).ok_or(Failure::NotBegun)?;
        let since = session.body().and_then(|body| body.accusations().get(&device)).map(|found| found.since);
        let since = since.ok_or_else(|| Failure::State("nobody asks for that device's revocation".into()))?;
        let id = session.kept.id;
        let recovery = words.map(|words| {
            let key = words.to_secret().recovery_key(&id);
            let statement = concerted_assembly::content::Defend::statement(&id, &device, since);
            schnorr::sign(&key, &statement, &mut *self.rng)
        });
        self.say(number, Content::Defend(concerted_assembly::content::Defend { device, recovery }))
    }

    fn begin_sync(&mut self) {
        for session in &mut self.sessions {
            session.synced = session.watching;
            session.mail_due = session.mail_seen.keys().copied().collect();
        }
        for relay in self.relays.values_mut() {
            relay.locker_checked = false;
            relay.try_again();
        }
    }

    fn export(&mut self, body: &str, plain: bool) -> Result<Begun, Failure> {
        let number = self.find_session(body)?;
        let rng = &mut *self.rng;
        let session =
            self.sessions.iter().find(|session| session.number == number).ok_or(Failure::NotBegun)?;
        let history = session.history.as_ref().filter(|history| history.body().is_some());
        let history = history.ok_or_else(|| Failure::State("nothing of this body has arrived yet".into()))?;
        let file = export::write(history, plain, rng)
            .ok_or_else(|| Failure::State("the secrets of this body's epoch are not known here".into()))?;
        Ok(Begun::Done(Reply::Exported { file, entries: history.entries().len() as u64 }))
    }

    // Drafts.

    fn say(&mut self, number: u32, content: Content) -> Result<Begun, Failure> {
        self.draft(number, Draft::Contents(vec![content]))
    }

    fn draft(&mut self, number: u32, draft: Draft) -> Result<Begun, Failure> {
        let group = self.add_draft(number, draft)?;
        Ok(Begun::Wait(Waiting::Group { session: number, group }))
    }

    pub(crate) fn add_draft(&mut self, number: u32, draft: Draft) -> Result<u64, Failure> {
        let now_ms = self.now_ms;
        let session = self.session_mut(number).ok_or(Failure::NotBegun)?;
        session.dirty = true;
        let full = || Failure::State("too much waits to be sent; connect first".into());
        session.kept.outbox.add(draft, now_ms).ok_or_else(full)
    }

    // Finding what a user named.

    /// The session of a body that this device is a member of.
    fn member_session(&mut self, body: &str) -> Result<u32, Failure> {
        self.identity()?;
        let number = self.find_session(body)?;
        let session = self.session_mut(number).ok_or(Failure::NotBegun)?;
        match session.kept.phase {
            Phase::Member | Phase::Creating => Ok(number),
            Phase::Asking(_) | Phase::Restoring => Err(Failure::NotMember(NotMember::Yet)),
            Phase::Gone => Err(Failure::NotMember(NotMember::AnyMore)),
        }
    }

    /// The session of a body named by id, beginning of an id, or name.
    pub fn find_session(&self, body: &str) -> Result<u32, Failure> {
        let candidates =
            self.sessions.iter().map(|session| (session.kept.id.to_string(), session.name(), session.number));
        pick("body", body, candidates)
    }

    /// An applicant; also one who has become a member meanwhile.
    fn find_applicant(&self, number: u32, applicant: &str) -> Result<MemberId, Failure> {
        let session = self.sessions.iter().find(|session| session.number == number);
        let candidates = session.into_iter().flat_map(|session| {
            let in_log = session.body().into_iter().flat_map(|body| {
                let pending =
                    body.admissions().pending().map(|(id, pending)| (id, &pending.request.nickname));
                let members = body.roster().members().map(|(id, member)| (id, &member.nickname));
                pending.chain(members).map(|(id, nickname)| (id.to_string(), nickname.to_string(), *id))
            });
            let found = session.kept.requests.iter().map(|found| {
                let id = found.request.member();
                (id.to_string(), found.request.nickname.to_string(), id)
            });
            in_log.chain(found)
        });
        pick("applicant", applicant, candidates)
    }

    fn find_device(&self, number: u32, device: &str) -> Result<DeviceId, Failure> {
        let session = self.sessions.iter().find(|session| session.number == number);
        let candidates = session
            .and_then(Session::body)
            .into_iter()
            .flat_map(|body| body.roster().devices().map(|(id, _)| (id.to_string(), String::new(), *id)));
        pick("device", device, candidates)
    }
}

/// The one candidate with this id, beginning of an id (4 digits or more) or name.
fn pick<T: PartialEq>(
    what: &'static str,
    wanted: &str,
    candidates: impl Iterator<Item = (String, String, T)>,
) -> Result<T, Failure> {
    let lower = wanted.to_lowercase();
    let mut found: Option<T> = None;
    for (id, name, value) in candidates {
        let by_id = lower.len() >= 4 && id.starts_with(&lower);
        if !by_id && (name.is_empty() || name != wanted) {
            continue;
        }
        if found.as_ref().is_some_and(|earlier| *earlier != value) {
            return Err(Failure::Ambiguous(what, wanted.to_owned()));
        }
        found = Some(value);
    }
    found.ok_or_else(|| Failure::Unknown(what, wanted.to_owned()))
}

pub(crate) fn name(text: &str) -> Result<Name, Failure> {
    Name::new(text).map_err(|error| Failure::Input(error.to_string()))
}

fn parse_words(words: String) -> Result<RecoveryWords, Failure> {
    let words: Zeroizing<String> = Command::secret(words);
    RecoveryWords::parse(&words).map_err(|error| Failure::Input(error.to_string()))
}

/// A relay's base address: http or https, a host, no query, no slash at the end.
pub fn relay_url(text: &str) -> Result<String, Failure> {
    let url = text.trim().trim_end_matches('/');
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let valid = rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with('/')
            && rest.bytes().all(|b| b.is_ascii_graphic() && !b"#?\\\"<>@".contains(&b))
    });
    if valid && url.len() <= 300 {
        return Ok(url.to_owned());
    }
    Err(Failure::Input(format!("{text:?} is no relay address; it looks like https://relay.example")))
}

/// A record's id from its signed bytes.
pub(crate) fn record_id(signed: &[u8]) -> Option<RecordId> {
    ParsedRecord::parse(signed).ok().map(|parsed| parsed.id())
}
