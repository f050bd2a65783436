//! Elections to begin with: small ones made by belenios-tool, and smaller ones made here, with hints and with
//! all secrets known.

use std::sync::LazyLock;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::archive::{Content, Reader, Writer};
use concerted_ballot::audit::{Audit, Step};
use concerted_ballot::ballot::{Booth, CastBallot, Choice, Submission, Verifier};
use concerted_ballot::credential::{Credential, CredentialList};
use concerted_ballot::decryption::{Counts, Opened, PartialDecryption, decrypt};
use concerted_ballot::election::{Election, Parameters, Question};
use concerted_ballot::tally::Tally;
use concerted_ballot::trustee::{Entry, PrivateKey, Trustees, to_json};
use concerted_ballot::{Belenios2048, Ed25519, Failure, Group};

macro_rules! vectors {
    ($($file:literal),* $(,)?) => {
        [$(include_bytes!(concat!("../../crates/ballot/tests/vectors/belenios/", $file)).as_slice()),*]
    };
}

/// Made by belenios-tool, on Ed25519: one of three; and with voters who vote again.
pub(crate) const TOOL_ED25519: [&[u8]; 2] = vectors![
    "tool-3.0-Ed25519/a-single-5/hMCiNCXXAPASqo.bel",
    "tool-3.0-Ed25519/c-revote/oAVfr96WeJmwjC.bel",
];

/// The same on BELENIOS-2048.
pub(crate) const TOOL_2048: [&[u8]; 2] = vectors![
    "tool-2.0-BELENIOS-2048/a-single-5/eYjrd4sb4j4d4s.bel",
    "tool-2.0-BELENIOS-2048/c-revote/g7Bx3TjdX1WBNv.bel",
];

/// With threshold trustees, weights and three questions; too large to be verified many times.
pub(crate) const TOOL_THRESHOLD: [&[u8]; 2] = vectors![
    "tool-3.0-Ed25519/b-threshold-weights-20/8TSPUsDkA71qey.bel",
    "tool-2.0-BELENIOS-2048/b-threshold-weights-20/Fwnz4TMWzs24CE.bel",
];

/// An election with everything that belongs to it.
pub(crate) struct Sample<G: Group> {
    pub(crate) election: Election<G>,
    pub(crate) trustees: Trustees<G>,
    pub(crate) tally: Tally<G>,
    pub(crate) ballots: Vec<CastBallot>,
    pub(crate) decryptions: Vec<String>,
    pub(crate) archive: Vec<u8>,
}

/// Two questions, two trustees, three voters of four, one of whom votes again.
pub(crate) static ED25519: LazyLock<Sample<Ed25519>> = LazyLock::new(sample);

/// The same on the other group.
pub(crate) static BELENIOS_2048: LazyLock<Sample<Belenios2048>> = LazyLock::new(sample);

const UUID: &str = "FuzzFuzzFuzz11";

fn sample<G: Group>() -> Sample<G> {
    // Test keys, from a fixed seed.
    let rng = &mut ChaCha20Rng::from_seed([1; 32]);
    let secrets = [(); 2].map(|()| PrivateKey::<G>::random(rng));
    let entries = secrets.each_ref().map(|secret| Entry::Single(secret.to_public_key(None, rng)));
    let trustees_text = to_json(&entries);
    let trustees = Trustees::<G>::parse(trustees_text.as_bytes()).unwrap();
    let parameters = Parameters {
        version: 1,
        description: "x".to_owned(),
        name: "x".to_owned(),
        group: G::NAME.to_owned(),
        public_key: G::text(trustees.key()),
        questions: vec![question(2, None), question(1, Some(true))],
        uuid: UUID.to_owned(),
        administrator: None,
        credential_authority: None,
    };
    let election_text = parameters.to_text();
    let election = Election::<G>::parse(election_text.as_bytes()).unwrap();

    let credentials = [1u64, 2, 1, 3].map(|weight| (Credential::random(rng), weight));
    let public = credentials.each_ref().map(|(credential, weight)| (credential.public::<G>(UUID), *weight));
    let list = CredentialList::<G>::new(&public).unwrap();
    let votes = [
        (0, [chosen(&[true, false]), Choice::Blank]),
        (1, [chosen(&[false, true]), chosen(&[true])]),
        (0, [chosen(&[false, true]), chosen(&[true])]),
        (2, [chosen(&[true, false]), Choice::Blank]),
    ];
    let booth = Booth::new(&election);
    let cast = |(voter, choices): &(usize, [Choice; 2]), rng: &mut ChaCha20Rng| {
        booth.cast(&credentials[*voter].0.secret::<G>(UUID), choices, rng).unwrap()
    };
    let ballots: Vec<CastBallot> = votes.iter().map(|vote| cast(vote, rng)).collect();

    let verifier = Verifier::new(election.clone());
    let mut tally = Tally::new(election.questions());
    for (number, ballot) in (1..).zip(&ballots).filter(|(number, _)| *number != 1) {
        let submission = Submission { number, text: ballot.text.as_bytes(), hints: None };
        let checked = verifier.vartime_verify(&submission).unwrap();
        let weight = list.entry(list.find(&checked.credential).unwrap()).weight;
        tally.add(&checked, weight);
    }
    let decryptions: Vec<String> =
        secrets.iter().map(|secret| decrypt(&election, &tally, secret.expose(), rng)).collect();
    let partial = |(owner, text): (usize, &String)| {
        let public = &trustees.owner(owner).unwrap().verification_key;
        PartialDecryption::verify(text.as_bytes(), &election, &tally, owner, public).unwrap()
    };
    let partials: Vec<_> = (1..).zip(&decryptions).map(partial).collect();
    let combination = trustees.combination(&[1, 2].into()).unwrap();
    let contributions: Vec<_> = partials.iter().zip(combination.into_values()).collect();
    let counts = Opened::new(&tally, &contributions).counts(4).unwrap();

    let (mut writer, mut archive) = Writer::new(1_795_363_255).unwrap();
    archive.extend(
        writer.setup(election_text.as_bytes(), trustees_text.as_bytes(), list.to_json().as_bytes()).unwrap(),
    );
    for ballot in &ballots {
        archive.extend(writer.ballot(ballot.text.as_bytes()).unwrap());
    }
    archive.extend(writer.end_ballots().unwrap());
    archive.extend(writer.encrypted_tally(tally.to_text().as_bytes(), 3, 4).unwrap());
    for (owner, text) in (1..).zip(&decryptions) {
        archive.extend(writer.partial_decryption(owner, text.as_bytes()).unwrap());
    }
    archive.extend(writer.result(counts.to_text().as_bytes()).unwrap());
    Sample { election, trustees, tally, ballots, decryptions, archive }
}

fn question(answers: usize, blank: Option<bool>) -> Question {
    let answers = (1..=answers).map(|answer| answer.to_string()).collect();
    Question { answers, blank, min: 1, max: 1, question: "?".to_owned() }
}

fn chosen(answers: &[bool]) -> Choice {
    Choice::Chosen(answers.to_vec())
}

/// What verifying says of an archive that is accepted, as far as it goes.
#[derive(Debug, PartialEq)]
pub(crate) struct Accepted {
    pub(crate) result: Option<Counts>,
    ballots: u64,
    counted: u64,
    total_weight: u64,
}

/// Verifies an archive, here and now.
pub(crate) fn verify<G: Group>(archive: &[u8], hints: Option<&[u8]>) -> Result<Accepted, Failure> {
    let mut audit = Audit::<&[u8], G>::new(archive, hints).map_err(failure)?;
    loop {
        match audit.step().map_err(failure)? {
            Step::Run(task) => audit.absorb(task.run())?,
            Step::Wait => panic!("no task is under way"),
            Step::Done => break,
        }
    }
    Ok(Accepted {
        result: audit.result().cloned(),
        ballots: audit.ballots(),
        counted: audit.counted(),
        total_weight: audit.total_weight(),
    })
}

/// Memory can always be read.
pub(crate) fn failure(error: concerted_ballot::archive::ReadError) -> Failure {
    match error {
        concerted_ballot::archive::ReadError::Failure(failure) => failure,
        other => panic!("{other}"),
    }
}

/// All data of an archive, by what they are.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) elections: Vec<Vec<u8>>,
    pub(crate) trustees: Vec<Vec<u8>>,
    pub(crate) credentials: Vec<Vec<u8>>,
    pub(crate) ballots: Vec<Vec<u8>>,
    pub(crate) tallies: Vec<Vec<u8>>,
    pub(crate) decryptions: Vec<Vec<u8>>,
    pub(crate) results: Vec<Vec<u8>>,
}

impl Parts {
    /// Of several archives, which must be sound.
    pub(crate) fn of(archives: &[&[u8]]) -> Self {
        let mut parts = Self::default();
        for archive in archives {
            let mut reader = Reader::open(*archive).unwrap();
            while let Some(event) = reader.next_event().unwrap() {
                parts.take(event.content);
            }
        }
        parts
    }

    fn take(&mut self, content: Content) {
        match content {
            Content::Setup { election, trustees, credentials } => {
                self.elections.push(election.into_text());
                self.trustees.push(trustees.into_text());
                self.credentials.push(credentials.into_text());
            }
            Content::Ballot(ballot) => self.ballots.push(ballot.verify_hash().unwrap().into_text()),
            Content::EndBallots => {}
            Content::EncryptedTally { tally, .. } => self.tallies.push(tally.into_text()),
            Content::PartialDecryption { decryption, .. } => self.decryptions.push(decryption.into_text()),
            Content::Result(result) => self.results.push(result.into_text()),
        }
    }
}
