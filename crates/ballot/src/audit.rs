//! Verifying a whole archive, step by step.
//!
//! Reading, counting and the chain of events are sequential and cheap; the proofs
//! of the ballots are neither, and are handed out as [`Task`]s that may run on any
//! thread. Give each outcome back with [`Audit::absorb`]; order is restored here.
//!
//! Memory: about 100 bytes for each listed credential, the credential list itself,
//! and the tasks that are under way. It does not grow with the number of ballots
//! except for those who vote more than once, whose earlier ballots are remembered
//! by their hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use crate::archive::hints::HintReader;
use crate::archive::{ArchivedEvent, Content, ReadError, Reader, Source, Tip, UnverifiedBallot};
use crate::ballot::{CheckedBallot, Submission, Verifier};
use crate::check::{Check, Failure, Place};
use crate::credential::CredentialList;
use crate::decryption::{Counts, Opened, PartialDecryption};
use crate::election::{Election, Parameters};
use crate::group::Group;
use crate::statement::BallotPlace;
use crate::tally::Tally;
use crate::trustee::Trustees;

/// A task is handed out when it has so many ballots,
const BALLOTS_PER_TASK: usize = 2048;
/// or so many bytes of them.
const BYTES_PER_TASK: usize = 8 << 20;
/// Credentials that did not vote are checked so many at a time.
const CREDENTIALS_PER_TASK: usize = 4096;

/// An archive under verification.
pub struct Audit<S, G: Group> {
    source: S,
    reader: Reader<S>,
    hints: Option<HintReader<S>>,
    verifier: Arc<Verifier<G>>,
    trustees: Trustees<G>,
    credentials: Arc<CredentialList<G>>,
    /// For each credential.
    voters: Vec<Voter>,
    /// By credential: the hashes of ballots that were replaced.
    replaced: BTreeMap<usize, BTreeSet<[u8; 32]>>,
    /// The event, or the end of what can be read, that waits until the ballots
    /// before it are through.
    waiting: Option<Result<Content, ReadError>>,
    phase: Phase,
    handed_out: u64,
    absorbed: u64,
    early: BTreeMap<u64, Outcome<G>>,
    ballots: u64,
    /// Of them, those whose hints were of use.
    hinted: u64,
    unchecked_credentials: Range<usize>,
    state: State<G>,
}

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The archive.
    Archive,
    /// The archive is read to its end; credentials remain.
    Credentials,
}

/// What the events so far come to.
#[derive(Debug)]
struct State<G: Group> {
    tally: Tally<G>,
    counted: u64,
    weight: u64,
    closed: bool,
    tallied: bool,
    decryptions: BTreeMap<usize, PartialDecryption<G>>,
    result: Option<Counts>,
}

/// The ballot that counts for a credential.
#[derive(Clone, Copy, Default)]
struct Voter {
    /// Offset in the file; 0 for nobody's, since the header of the archive is there.
    offset: u64,
    length: u32,
    hash: [u8; 32],
}

/// What to do next.
pub enum Step<G: Group> {
    /// Run this, here or elsewhere, and give its outcome back.
    Run(Task<G>),
    /// Give back the outcomes of the tasks handed out, then ask again.
    Wait,
    /// All of it is verified.
    Done,
}

/// Work that needs nothing but itself.
pub struct Task<G: Group> {
    number: u64,
    work: Work<G>,
}

enum Work<G: Group> {
    Ballots { verifier: Arc<Verifier<G>>, first: u64, ballots: Vec<WithHints> },
    Credentials { credentials: Arc<CredentialList<G>>, indices: Vec<usize> },
}

/// What came of a task.
pub struct Outcome<G: Group> {
    number: u64,
    checked: Checked<G>,
}

enum Checked<G: Group> {
    Ballots(Vec<Result<Located<G>, Failure>>),
    Credentials(Result<(), Failure>),
}

/// A ballot whose proofs hold, and where it is.
struct Located<G: Group> {
    number: u64,
    ballot: CheckedBallot<G>,
    place: Voter,
}

struct WithHints {
    ballot: UnverifiedBallot,
    hints: Option<Vec<u8>>,
}

impl<G: Group> Task<G> {
    /// Does the work.
    pub fn run(self) -> Outcome<G> {
        let checked = match self.work {
            Work::Ballots { verifier, first, ballots } => {
                Checked::Ballots(check_ballots(&verifier, first, ballots))
            }
            Work::Credentials { credentials, indices } => Checked::Credentials(
                indices.into_iter().try_for_each(|index| credentials.check_element(index).map(drop)),
            ),
        };
        Outcome { number: self.number, checked }
    }
}

fn check_ballots<G: Group>(
    verifier: &Verifier<G>,
    first: u64,
    ballots: Vec<WithHints>,
) -> Vec<Result<Located<G>, Failure>> {
    let submissions: Vec<Submission<'_>> = (first..)
        .zip(&ballots)
        .map(|(number, WithHints { ballot, hints })| Submission {
            number,
            text: ballot.unverified_text(),
            hints: hints.as_deref(),
        })
        .collect();
    let outcomes = verifier.vartime_verify_batch(&submissions);
    let locate = |(number, (WithHints { ballot, .. }, outcome)): (u64, (WithHints, Result<_, Failure>))| {
        let data = ballot.verify_hash()?;
        let place = Voter { offset: data.offset(), length: data.text().len() as u32, hash: *data.hash() };
        Ok(Located { number, ballot: outcome?, place })
    };
    (first..).zip(ballots.into_iter().zip(outcomes)).map(locate).collect()
}

/// The name of the group of an archive's election, as it stands there.
///
/// # Errors
/// B-001 to B-009, B-020, B-022 and B-023.
pub fn group_name(source: impl Source) -> Result<String, ReadError> {
    match Reader::open(source)?.next_event()? {
        Some(ArchivedEvent { content: Content::Setup { election, .. }, .. }) => {
            Ok(Parameters::parse(election.text())?.group)
        }
        _ => Err(Check::EventOrder.at(Place::Event(0)).into()),
    }
}

impl<S: Source + Copy, G: Group> Audit<S, G> {
    /// Reads the set-up of an archive in this group.
    ///
    /// # Errors
    /// B-001 to B-009 and B-020 to B-040.
    pub fn new(source: S, hints: Option<S>) -> Result<Self, ReadError> {
        let mut reader = Reader::open(source)?;
        let setup = reader.next_event()?.map(|event| event.content);
        let Some(Content::Setup { election, trustees, credentials }) = setup else {
            return Err(Check::EventOrder.at(Place::Event(0)).into());
        };
        let election = Election::<G>::parse(election.text())?;
        let trustees = Trustees::<G>::parse(trustees.text())?;
        // B-025
        if trustees.key() != election.key() {
            return Err(Check::KeyOfTrustees.at(Place::Election).into());
        }
        // B-026
        let list = std::str::from_utf8(credentials.text())
            .map_err(|_| Check::CredentialsForm.at(Place::Credentials))?;
        let credentials = Arc::new(CredentialList::<G>::parse_form(list)?);
        let state = State {
            tally: Tally::new(election.questions()),
            counted: 0,
            weight: 0,
            closed: false,
            tallied: false,
            decryptions: BTreeMap::new(),
            result: None,
        };
        Ok(Self {
            source,
            reader,
            hints: hints.map(|hints| HintReader::open(hints, election.hash())),
            verifier: Arc::new(Verifier::new(election)),
            trustees,
            voters: vec![Voter::default(); credentials.len()],
            unchecked_credentials: 0..credentials.len(),
            credentials,
            replaced: BTreeMap::new(),
            waiting: None,
            phase: Phase::Archive,
            handed_out: 0,
            absorbed: 0,
            early: BTreeMap::new(),
            ballots: 0,
            hinted: 0,
            state,
        })
    }

    /// Reads on, as far as possible without the outcomes of tasks under way.
    ///
    /// # Errors
    /// The first check that fails, in the order of the archive, however tasks are
    /// run; the audit is then over.
    pub fn step(&mut self) -> Result<Step<G>, ReadError> {
        if self.phase == Phase::Archive {
            let (first, ballots) = self.read_ballots();
            if !ballots.is_empty() {
                let verifier = Arc::clone(&self.verifier);
                return Ok(Step::Run(self.task(Work::Ballots { verifier, first, ballots })));
            }
            if self.absorbed < self.handed_out {
                return Ok(Step::Wait);
            }
            while let Some(content) = self.waiting.take() {
                self.apply(content?)?;
                self.waiting = self.next_content().transpose();
            }
            self.phase = Phase::Credentials;
        }
        let indices = self.next_silent_credentials();
        if !indices.is_empty() {
            let credentials = Arc::clone(&self.credentials);
            return Ok(Step::Run(self.task(Work::Credentials { credentials, indices })));
        }
        Ok(if self.absorbed < self.handed_out { Step::Wait } else { Step::Done })
    }

    /// Takes the outcome of a task back, in any order.
    ///
    /// # Errors
    /// The first check that fails, in the order of the archive; the audit is then
    /// over.
    pub fn absorb(&mut self, outcome: Outcome<G>) -> Result<(), Failure> {
        self.early.insert(outcome.number, outcome);
        while let Some(outcome) = self.early.remove(&self.absorbed) {
            self.absorbed += 1;
            match outcome.checked {
                Checked::Ballots(ballots) => {
                    ballots.into_iter().try_for_each(|ballot| self.count(ballot?))?
                }
                Checked::Credentials(checked) => checked?,
            }
        }
        Ok(())
    }

    /// What is voted on.
    pub fn election(&self) -> &Election<G> {
        self.verifier.election()
    }

    /// Who opens the result.
    pub fn trustees(&self) -> &Trustees<G> {
        &self.trustees
    }

    /// Who may vote.
    pub fn credentials(&self) -> &CredentialList<G> {
        &self.credentials
    }

    /// The last event read, from which a writer goes on.
    pub fn tip(&self) -> Option<Tip> {
        self.reader.tip()
    }

    /// How far the archive is read, in bytes.
    pub fn position(&self) -> u64 {
        self.reader.tip().map_or(0, |tip| tip.size())
    }

    /// The number of ballots, replaced ones included.
    pub fn ballots(&self) -> u64 {
        self.ballots
    }

    /// How many of them were verified with hints.
    pub fn hinted(&self) -> u64 {
        self.hinted
    }

    /// The number of ballots that count.
    pub fn counted(&self) -> u64 {
        self.state.counted
    }

    /// Their weight.
    pub fn total_weight(&self) -> u64 {
        self.state.weight
    }

    /// The sum of the ballots that count.
    pub fn tally(&self) -> &Tally<G> {
        &self.state.tally
    }

    /// Whether the archive says that there are no more ballots.
    pub fn is_closed(&self) -> bool {
        self.state.closed
    }

    /// Whether the archive contains the encrypted tally.
    pub fn is_tallied(&self) -> bool {
        self.state.tallied
    }

    /// Which trustees have decrypted, counted from 1.
    pub fn decrypted_by(&self) -> BTreeSet<usize> {
        self.state.decryptions.keys().copied().collect()
    }

    /// The counts, if they are there and right.
    pub fn result(&self) -> Option<&Counts> {
        self.state.result.as_ref()
    }

    /// The tally with the trustees' secret taken away.
    ///
    /// # Errors
    /// B-084.
    pub fn opened(&self) -> Result<Opened<G>, Failure> {
        // B-084
        let combination = self
            .trustees
            .combination(&self.decrypted_by())
            .ok_or_else(|| Check::DecryptionEnough.at(Place::Result))?;
        let contributions: Vec<_> = combination
            .into_iter()
            .map(|(owner, coefficient)| (&self.state.decryptions[&owner], coefficient))
            .collect();
        Ok(Opened::new(&self.state.tally, &contributions))
    }

    fn task(&mut self, work: Work<G>) -> Task<G> {
        let number = self.handed_out;
        self.handed_out += 1;
        Task { number, work }
    }

    /// The next ballots, and the number of the first; what follows them waits.
    fn read_ballots(&mut self) -> (u64, Vec<WithHints>) {
        let first = self.ballots + 1;
        let mut ballots = Vec::new();
        let mut bytes = 0;
        while self.waiting.is_none() && ballots.len() < BALLOTS_PER_TASK && bytes < BYTES_PER_TASK {
            match self.next_content() {
                Ok(Some(Content::Ballot(ballot))) => {
                    let hints =
                        self.hints.as_mut().and_then(|hints| hints.next_for(ballot.unverified_hash()));
                    bytes += ballot.unverified_text().len();
                    self.ballots += 1;
                    ballots.push(WithHints { ballot, hints });
                }
                Ok(None) => break,
                other => self.waiting = other.transpose(),
            }
        }
        (first, ballots)
    }

    fn next_content(&mut self) -> Result<Option<Content>, ReadError> {
        Ok(self.reader.next_event()?.map(|event| event.content))
    }

    /// Counts a ballot whose proofs hold.
    fn count(&mut self, located: Located<G>) -> Result<(), Failure> {
        let Located { number, ballot, place } = located;
        let fails =
            |check: Check| BallotPlace { number, credential: ballot.credential.clone() }.fails(check, None);
        // B-053
        let index =
            self.credentials.find(&ballot.credential).ok_or_else(|| fails(Check::BallotCredential))?;
        let weight = self.credentials.entry(index).weight;
        let before = std::mem::replace(&mut self.voters[index], place);
        if before.offset == 0 {
            self.state.counted += 1;
            self.state.weight += weight;
        } else {
            let replaced = self.replaced.entry(index).or_default();
            replaced.insert(before.hash);
            // B-062
            if replaced.contains(&place.hash) {
                return Err(fails(Check::BallotOnce));
            }
            let replaced = self.read_again(&before)?;
            self.state.tally.remove(&replaced, weight);
        }
        self.state.tally.add(&ballot, weight);
        self.hinted += u64::from(ballot.hinted);
        Ok(())
    }

    /// A ballot that was verified before.
    fn read_again(&self, voter: &Voter) -> Result<CheckedBallot<G>, Failure> {
        let mut text = vec![0; voter.length as usize];
        // The file is not what it was.
        let changed = || Check::ContentHash.at(Place::Record(voter.offset));
        self.source.read_at(voter.offset, &mut text).map_err(|_| changed())?;
        if crate::hash::sha256(&text) != voter.hash {
            return Err(changed());
        }
        self.verifier.ciphertexts_of_verified(&text).ok_or_else(changed)
    }

    fn apply(&mut self, content: Content) -> Result<(), Failure> {
        match content {
            // The reader has seen to the order of events.
            Content::Setup { .. } | Content::Ballot(_) => {}
            Content::EndBallots => self.state.closed = true,
            Content::EncryptedTally { tally, num_tallied, total_weight } => {
                let tally = Tally::parse(tally.text(), self.election().questions())?;
                // B-071
                if tally != self.state.tally {
                    return Err(Check::TallySum.at(Place::Tally));
                }
                // B-072
                if (num_tallied, total_weight) != (self.state.counted, self.state.weight) {
                    return Err(Check::TallyNumbers.at(Place::Tally));
                }
                self.state.tallied = true;
            }
            Content::PartialDecryption { owner, decryption } => {
                self.check_decryption(owner, decryption.text())?
            }
            Content::Result(counts) => {
                let counts = Counts::parse(counts.text(), self.election().questions())?;
                self.opened()?.check(&counts)?;
                self.state.result = Some(counts);
            }
        }
        Ok(())
    }

    fn check_decryption(&mut self, owner: u64, text: &[u8]) -> Result<(), Failure> {
        let owner = usize::try_from(owner).unwrap_or(usize::MAX);
        let place = || Place::Decryption(owner);
        // B-081
        let trustee = self.trustees.owner(owner).ok_or_else(|| Check::DecryptionOwner.at(place()))?;
        // B-082
        if self.state.decryptions.contains_key(&owner) {
            return Err(Check::DecryptionOnce.at(place()));
        }
        let public = &trustee.verification_key;
        let decryption = PartialDecryption::verify(text, self.election(), &self.state.tally, owner, public)?;
        self.state.decryptions.insert(owner, decryption);
        Ok(())
    }

    /// Credentials that did not vote; those that did were checked with their ballots.
    fn next_silent_credentials(&mut self) -> Vec<usize> {
        let silent = self.unchecked_credentials.by_ref().filter(|index| self.voters[*index].offset == 0);
        silent.take(CREDENTIALS_PER_TASK).collect()
    }
}
