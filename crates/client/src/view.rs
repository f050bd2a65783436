//! What a front end shows: plain data made from the engine's state.
//!
//! Ids are hexadecimal. Texts for people are made by the front ends from these
//! values, so that they can be translated.

use concerted_assembly::bylaws::Bylaws;
use concerted_assembly::content::Content;
use concerted_log::{DeviceId, MemberId};
use serde::{Deserialize, Serialize};

use crate::command::Failure;
use crate::engine::Engine;
use crate::history::Stall;
use crate::outbox::Draft;
use crate::pairing::PairingView;
use crate::session::{Phase, RelayFault, Session};

/// Relay time may differ this much from the device's clock, in milliseconds.
const DRIFT_MS_MAX: i64 = 10 * 60 * 1000;

/// What is on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppView {
    /// Whether the device has recovery words.
    pub begun: bool,
    /// Whether what it stores is encrypted under a passphrase.
    pub passphrase: bool,
    /// Its bodies.
    pub bodies: Vec<BodySummary>,
    /// A pairing with another device that is under way.
    pub pairing: Option<PairingView>,
}

/// A body in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodySummary {
    /// Its id.
    pub body: String,
    /// Its name; empty until it is known.
    pub name: String,
    /// How far this device is with it.
    pub phase: PhaseView,
    /// How many members it has.
    pub members: u64,
    /// How many requests to join wait for a vouch.
    pub requests: u64,
    /// The last message, if it can be read.
    pub last: Option<MessageView>,
}

/// How far a device is with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseView {
    /// Being founded.
    Creating,
    /// Asked to join; waiting for vouches.
    Asking,
    /// Being restored.
    Restoring,
    /// A member's device.
    Member,
    /// Left, or removed.
    Gone,
}

/// All that is shown of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BodyView {
    /// Its id.
    pub body: String,
    /// Its name.
    pub name: String,
    /// Its relay's base address.
    pub relay: String,
    /// How far this device is with it.
    pub phase: PhaseView,
    /// This member's id.
    pub me: Option<String>,
    /// Members, in order of id.
    pub members: Vec<MemberView>,
    /// Requests to join.
    pub requests: Vec<RequestView>,
    /// The links of open invitations.
    pub invitations: Vec<String>,
    /// Messages, oldest first; those not in the log yet come last.
    pub messages: Vec<MessageView>,
    /// How many entries in the talk lane have expired: older talk there was.
    pub expired_talk: u64,
    /// The bylaws, once known.
    pub bylaws: Option<Box<Bylaws>>,
    /// The epoch in force; 0 if unknown.
    pub epoch: u32,
    /// Number of applied entries and the chain over them.
    pub head: HeadView,
    /// Hash of the state; empty if unknown.
    pub state_hash: String,
    /// What the user should know.
    pub warnings: Vec<Warning>,
    /// Whether everything the relay has is here.
    pub synced: bool,
    /// How many records wait to be sent.
    pub unsent: u64,
    /// The link this device asked to join by, and its applicant id.
    pub asking: Option<AskingView>,
}

/// A position in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadView {
    /// Number of the last entry; 0 if none.
    pub sequence: u64,
    /// Chain over all entries up to it.
    pub chain: String,
}

/// What an applicant sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskingView {
    /// The id under which members see the request.
    pub applicant: String,
    /// The nickname asked for.
    pub nickname: String,
    /// Whether the request is in the mailbox.
    pub sent: bool,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Its id.
    pub member: String,
    /// What they are called.
    pub nickname: String,
    /// Whether it is the user of this device.
    pub me: bool,
    /// Relay time at which they became a member, milliseconds since 1970.
    pub joined_ms: u64,
    /// Whether one of their devices has the keys.
    pub arrived: bool,
    /// Their devices.
    pub devices: Vec<DeviceView>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Its id.
    pub device: String,
    /// Whether it is this one.
    pub this: bool,
    /// Relay time at which it was added.
    pub added_ms: u64,
    /// The device that added it.
    pub added_by: Option<String>,
    /// When it is revoked unless someone objects.
    pub revoked_at_ms: Option<u64>,
    /// How many members ask for its revocation.
    pub accusers: u64,
}

/// A request to join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestView {
    /// The applicant's id.
    pub applicant: String,
    /// How they want to be called.
    pub nickname: String,
    /// How many members vouch.
    pub vouches: u64,
    /// How many it takes.
    pub needed: u64,
    /// Whether this member vouches.
    pub vouched: bool,
    /// When the objection window ends, if it has begun.
    pub window_ends_ms: Option<u64>,
    /// The rule by which this member's vouch would be void.
    pub hindered_by: Option<String>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageView {
    /// Its number; none while it is not in the log.
    pub sequence: Option<u64>,
    /// The author's member id.
    pub author: String,
    /// The author's nickname.
    pub nickname: String,
    /// The thread; empty for the common one.
    pub thread: String,
    /// The text; none if it has expired or this device cannot read it.
    pub text: Option<String>,
    /// Relay time, or this device's clock while it is not in the log.
    pub time_ms: u64,
    /// Whether this member said it.
    pub mine: bool,
}

/// What the user should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Warning {
    /// The relay shows different members different histories; there is a proof.
    Fork,
    /// The relay's data do not fit together.
    RelayBroken,
    /// The relay lost entries it had acknowledged.
    RelayShorter,
    /// The log at this place is not that of the body the link named.
    NotThisBody,
    /// A relay lost part of the list of bodies to restore; it was put back.
    Locker,
    /// Relay time is more than 10 minutes away from this device's clock.
    Clock,
    /// A new epoch has begun and this device waits for its keys.
    WaitingForKeys,
    /// The relay cannot be reached.
    Offline,
}

/// A failure as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureView {
    /// A word for the kind of failure.
    pub code: String,
    /// The rule, if a rule forbids it.
    pub rule: Option<String>,
    /// The whole failure in English, for those who want to know.
    pub text: String,
}

impl From<&Failure> for FailureView {
    fn from(failure: &Failure) -> Self {
        let code = match failure {
            Failure::NotBegun => "not-begun",
            Failure::Begun => "begun",
            Failure::Input(_) => "input",
            Failure::Unknown(..) => "unknown",
            Failure::Ambiguous(..) => "ambiguous",
            Failure::Rule(_) => "rule",
            Failure::Refused(_) => "refused",
            Failure::Unreachable(_) => "unreachable",
            Failure::Relay(_) => "relay",
            Failure::NotMember(_) => "not-member",
            Failure::State(_) => "state",
        };
        let rule = match failure {
            Failure::Rule(rule) => Some(rule.id().to_owned()),
            _ => None,
        };
        Self { code: code.to_owned(), rule, text: failure.to_string() }
    }
}

impl Engine {
    /// What is on this device.
    pub fn app_view(&self) -> AppView {
        AppView {
            begun: self.has_begun(),
            passphrase: self.is_locked_at_rest(),
            bodies: self.sessions().iter().map(|session| self.summary(session)).collect(),
            pairing: self.pairing.as_ref().map(crate::pairing::Pairing::view),
        }
    }

    fn summary(&self, session: &Session) -> BodySummary {
        BodySummary {
            body: session.kept.id.to_string(),
            name: session.name(),
            phase: session.phase_view(),
            members: session.body().map_or(0, |body| body.roster().len() as u64),
            requests: session.request_views(self.now_ms).iter().filter(|request| !request.vouched).count()
                as u64,
            last: session.messages().pop(),
        }
    }

    /// All that is shown of a body, named by its id.
    pub fn body_view(&self, id: &str) -> Option<BodyView> {
        let session = self.sessions().iter().find(|session| session.kept.id.to_string() == id)?;
        let offline = self.is_down(&session.kept.relay);
        Some(session.view(self.now_ms, offline))
    }
}

impl Session {
    /// The body's name, as far as it is known.
    pub fn name(&self) -> String {
        match (&self.kept.phase, self.body()) {
            (_, Some(body)) => body.name().to_string(),
            (Phase::Asking(asking), None) => asking.name.clone(),
            _ => String::new(),
        }
    }

    fn phase_view(&self) -> PhaseView {
        match self.kept.phase {
            Phase::Creating => PhaseView::Creating,
            Phase::Asking(_) => PhaseView::Asking,
            Phase::Restoring => PhaseView::Restoring,
            Phase::Member => PhaseView::Member,
            Phase::Gone => PhaseView::Gone,
        }
    }

    fn view(&self, now_ms: u64, offline: bool) -> BodyView {
        let body = self.body();
        let head = self.history.as_ref().map(|history| history.head());
        BodyView {
            body: self.kept.id.to_string(),
            name: self.name(),
            relay: self.kept.relay.clone(),
            phase: self.phase_view(),
            me: self.member().map(|member| member.to_string()),
            members: self.member_views(),
            requests: self.request_views(now_ms),
            invitations: self.invitation_links(),
            messages: self.messages(),
            expired_talk: self.rows.iter().filter(|row| row.expired).count() as u64,
            bylaws: body.map(|body| Box::new(body.bylaws().clone())),
            epoch: body.map_or(0, |body| body.epoch().epoch().get()),
            head: HeadView {
                sequence: head.map_or(0, |head| head.count),
                chain: head.map(|head| head.chain.to_string()).unwrap_or_default(),
            },
            state_hash: body
                .map(|body| concerted_log::ChainHash::new(body.state_hash()).to_string())
                .unwrap_or_default(),
            warnings: self.warnings(offline),
            synced: self.synced,
            unsent: self.kept.outbox.groups().len() as u64,
            asking: match &self.kept.phase {
                Phase::Asking(asking) => Some(AskingView {
                    applicant: asking.request.member().to_string(),
                    nickname: asking.request.nickname.to_string(),
                    sent: asking.put,
                }),
                _ => None,
            },
        }
    }

    fn member_views(&self) -> Vec<MemberView> {
        let Some(body) = self.body() else { return Vec::new() };
        let me = self.member();
        let this = self.device();
        let device_view = |id: &DeviceId, device: &concerted_assembly::roster::Device| DeviceView {
            device: id.to_string(),
            this: *id == this,
            added_ms: device.added_ms,
            added_by: device.added_by.map(|by| by.to_string()),
            revoked_at_ms: body.accusations().get(id).and_then(|accusation| accusation.ends_ms),
            accusers: body.accusations().get(id).map_or(0, |accusation| accusation.by.len() as u64),
        };
        body.roster()
            .members()
            .map(|(id, member)| MemberView {
                member: id.to_string(),
                nickname: member.nickname.to_string(),
                me: Some(*id) == me,
                joined_ms: member.joined_ms,
                arrived: body.roster().devices_of(id).any(|(_, device)| device.arrived),
                devices: body.roster().devices_of(id).map(|(id, device)| device_view(id, device)).collect(),
            })
            .collect()
    }

    /// Requests that are in the log, then those that are only in a mailbox.
    pub(crate) fn request_views(&self, now_ms: u64) -> Vec<RequestView> {
        let Some(body) = self.body() else { return Vec::new() };
        let me = self.member();
        let needed = body.bylaws().vouches_needed(body.roster().len());
        let hindered = |content: &Content| {
            body.would_accept(&self.device(), content, now_ms).err().map(|rule| rule.id().to_owned())
        };
        let in_log = body.admissions().pending().map(|(id, pending)| RequestView {
            applicant: id.to_string(),
            nickname: pending.request.nickname.to_string(),
            vouches: pending.vouches.len() as u64,
            needed,
            vouched: me.is_some_and(|me| pending.vouches.contains(&me)),
            window_ends_ms: pending.window_ends_ms,
            hindered_by: hindered(&Content::Vouch(*id)),
        });
        let waits =
            |id: &MemberId| body.admissions().get(id).is_some() || body.roster().nickname(id).is_some();
        let in_mailbox =
            self.kept.requests.iter().filter(|found| !waits(&found.request.member())).map(|found| {
                RequestView {
                    applicant: found.request.member().to_string(),
                    nickname: found.request.nickname.to_string(),
                    vouches: 0,
                    needed,
                    vouched: false,
                    window_ends_ms: None,
                    hindered_by: hindered(&Content::Request(Box::new(found.request.clone()))),
                }
            });
        in_log.chain(in_mailbox).collect()
    }

    fn invitation_links(&self) -> Vec<String> {
        let Some(body) = self.body() else { return Vec::new() };
        body.admissions().invitations().map(|(secret, _)| self.link(*secret)).collect()
    }

    /// Messages, oldest first; those not in the log yet come last.
    pub fn messages(&self) -> Vec<MessageView> {
        let me = self.member();
        let nickname = |member: &MemberId| {
            self.body()
                .and_then(|body| body.roster().nickname(member))
                .map(ToString::to_string)
                .unwrap_or_default()
        };
        let said = self.said.iter().map(|said| {
            let author = self.body().and_then(|body| body.roster().owner(&said.device));
            MessageView {
                sequence: Some(said.sequence),
                author: author.map(|author| author.to_string()).unwrap_or_default(),
                nickname: author.map(|author| nickname(&author)).unwrap_or_default(),
                thread: said.saying.as_ref().map(|saying| saying.thread.clone()).unwrap_or_default(),
                text: said.saying.as_ref().map(|saying| saying.text.clone()),
                time_ms: said.time_ms,
                mine: author.is_some() && author == me,
            }
        });
        let unsent = self.kept.outbox.groups().iter().filter_map(|group| match &group.draft {
            Draft::Talk(thread, text) => Some(MessageView {
                sequence: None,
                author: me.map(|me| me.to_string()).unwrap_or_default(),
                nickname: me.map(|me| nickname(&me)).unwrap_or_default(),
                thread: thread.clone(),
                text: Some(text.clone()),
                time_ms: group.written_ms,
                mine: true,
            }),
            _ => None,
        });
        said.chain(unsent).collect()
    }

    fn warnings(&self, offline: bool) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.kept.fork.is_some() {
            warnings.push(Warning::Fork);
        }
        if self.kept.other_history {
            warnings.push(Warning::NotThisBody);
        }
        match self.relay_fault {
            Some(RelayFault::Broken) => warnings.push(Warning::RelayBroken),
            Some(RelayFault::Shorter) => warnings.push(Warning::RelayShorter),
            Some(RelayFault::NotThisBody) => warnings.push(Warning::NotThisBody),
            Some(RelayFault::Locker) => warnings.push(Warning::Locker),
            None => {}
        }
        if self.kept.drift_ms.is_some_and(|drift| drift.abs() > DRIFT_MS_MAX) {
            warnings.push(Warning::Clock);
        }
        if matches!(self.stall, Stall::Locked(_)) {
            warnings.push(Warning::WaitingForKeys);
        }
        if offline {
            warnings.push(Warning::Offline);
        }
        warnings
    }
}
