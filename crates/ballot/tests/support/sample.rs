//! Small elections, made with the public interface from a fixed seed.

use chacha20::ChaCha20Rng;
use concerted_ballot::archive::Writer;
use concerted_ballot::ballot::{Booth, CastBallot, Choice, Submission, Verifier};
use concerted_ballot::credential::{Credential, CredentialList};
use concerted_ballot::decryption::{Opened, PartialDecryption, decrypt};
use concerted_ballot::election::{Election, Parameters, Question};
use concerted_ballot::establishment::{Establishment, Participant, Session};
use concerted_ballot::tally::Tally;
use concerted_ballot::trustee::{Entry, PrivateKey, Trustees, to_json};
use concerted_ballot::{Group, Scalar};

use super::archive::{Parts, TallyPart, hint_file};
use super::{power_text, rng};

pub(crate) const UUID: &str = "DepotNine11111";
pub(crate) const TIMESTAMP: u64 = 1_795_363_255;

/// What an election is like.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) seed: u64,
    pub(crate) questions: Vec<Question>,
    pub(crate) trustees: Vec<TrusteeKind>,
    /// Of each voter.
    pub(crate) weights: Vec<u64>,
    /// Who votes, counted from 0, and for what, in this order.
    pub(crate) votes: Vec<(usize, Vec<Choice>)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum TrusteeKind {
    Mandatory,
    Threshold { size: usize, threshold: usize },
}

/// An election that was held, with all its secrets.
#[derive(Clone)]
pub(crate) struct Sample<G: Group> {
    pub(crate) election: Election<G>,
    pub(crate) voters: Vec<Voter<G>>,
    /// Of each trustee, through all groups.
    pub(crate) trustees: Vec<G::Scalar>,
    /// In the order of casting.
    pub(crate) ballots: Vec<CastBallot>,
    /// Who cast each.
    pub(crate) cast_by: Vec<usize>,
    pub(crate) tally: Tally<G>,
    pub(crate) parts: Parts,
    /// As the crate's own writer made it.
    pub(crate) archive: Vec<u8>,
    pub(crate) counts: Vec<Vec<u64>>,
}

#[derive(Clone)]
pub(crate) struct Voter<G: Group> {
    pub(crate) secret: G::Scalar,
    /// The public credential.
    pub(crate) text: String,
    pub(crate) weight: u64,
}

pub(crate) fn question(answers: usize, blank: bool, min: u64, max: u64) -> Question {
    Question {
        answers: (0..answers).map(|answer| format!("answer {answer}")).collect(),
        blank: blank.then_some(true),
        min,
        max,
        question: "Who?".to_owned(),
    }
}

pub(crate) fn chosen(bits: &[u8]) -> Choice {
    Choice::Chosen(bits.iter().map(|bit| *bit == 1).collect())
}

impl Default for Shape {
    /// One question without blank and one with it; a mandatory trustee and two of
    /// three others; a voter who votes twice, one of weight 0 and one who does not
    /// vote.
    fn default() -> Self {
        Self {
            seed: 1,
            questions: vec![question(2, false, 1, 2), question(1, true, 0, 1)],
            trustees: vec![TrusteeKind::Mandatory, TrusteeKind::Threshold { size: 3, threshold: 2 }],
            weights: vec![1, 3, 0, 1],
            votes: vec![
                (0, vec![chosen(&[1, 0]), chosen(&[1])]),
                (1, vec![chosen(&[1, 1]), Choice::Blank]),
                (0, vec![chosen(&[0, 1]), chosen(&[0])]),
                (2, vec![chosen(&[1, 1]), chosen(&[1])]),
            ],
        }
    }
}

impl Shape {
    /// The counts there should be, blank first where it is allowed.
    pub(crate) fn counts(&self) -> Vec<Vec<u64>> {
        let mut counts: Vec<Vec<u64>> =
            self.questions.iter().map(|question| vec![0; question.choices()]).collect();
        for (voter, weight) in self.weights.iter().enumerate() {
            let Some((_, vote)) = self.votes.iter().rfind(|(by, _)| *by == voter) else { continue };
            for ((question, counts), choice) in self.questions.iter().zip(&mut counts).zip(vote) {
                for (count, m) in counts.iter_mut().zip(plaintext(question, choice)) {
                    *count += m * weight;
                }
            }
        }
        counts
    }
}

/// The plaintexts of a choice.
pub(crate) fn plaintext(question: &Question, choice: &Choice) -> Vec<u64> {
    let blank = question.allows_blank();
    match choice {
        Choice::Blank => (0..question.choices()).map(|index| u64::from(index == 0)).collect(),
        Choice::Chosen(chosen) => {
            let flag = blank.then_some(0);
            flag.into_iter().chain(chosen.iter().map(|chosen| u64::from(*chosen))).collect()
        }
    }
}

impl<G: Group> Sample<G> {
    pub(crate) fn new(shape: &Shape) -> Self {
        let rng = &mut rng(shape.seed);
        let (trustees, trustees_text) = trustees::<G>(&shape.trustees, rng);
        let election_text = Parameters {
            version: 1,
            description: "Depot Nine".to_owned(),
            name: "Delegates".to_owned(),
            group: G::NAME.to_owned(),
            public_key: G::text(Trustees::<G>::parse(trustees_text.as_bytes()).unwrap().key()),
            questions: shape.questions.clone(),
            uuid: UUID.to_owned(),
            administrator: Some("Noor".to_owned()),
            credential_authority: None,
        }
        .to_text();
        let election = Election::<G>::parse(election_text.as_bytes()).unwrap();
        let voter = |weight: &u64| {
            let secret = *Credential::random(rng).secret::<G>(UUID);
            Voter { secret, text: power_text::<G>(secret), weight: *weight }
        };
        let voters: Vec<Voter<G>> = shape.weights.iter().map(voter).collect();
        let entries: Vec<_> =
            voters.iter().map(|voter| (G::parse(&voter.text).unwrap(), voter.weight)).collect();
        let credentials = CredentialList::<G>::new(&entries).unwrap().to_json();

        let (mut writer, mut archive) = Writer::new(TIMESTAMP).unwrap();
        let texts = [&election_text, &trustees_text, &credentials].map(String::as_bytes);
        archive.extend(writer.setup(texts[0], texts[1], texts[2]).unwrap());
        let booth = Booth::new(&election);
        let cast = |(by, choices): &(usize, Vec<Choice>)| booth.cast(&voters[*by].secret, choices, rng);
        let ballots: Vec<CastBallot> = shape.votes.iter().map(cast).collect::<Result<_, _>>().unwrap();
        ballots.iter().for_each(|ballot| archive.extend(writer.ballot(ballot.text.as_bytes()).unwrap()));
        archive.extend(writer.end_ballots().unwrap());

        let cast_by: Vec<usize> = shape.votes.iter().map(|(by, _)| *by).collect();
        let (tally, num_tallied, total_weight) = tally(&election, &voters, &ballots, &cast_by);
        let text = tally.to_text();
        archive.extend(writer.encrypted_tally(text.as_bytes(), num_tallied, total_weight).unwrap());
        let tally_part = TallyPart { text, num_tallied, total_weight };

        let parsed = Trustees::<G>::parse(trustees_text.as_bytes()).unwrap();
        let owners = parsed.groups().iter().flat_map(|group| group.owners.clone().take(group.threshold));
        let mut decryptions = Vec::new();
        for owner in owners {
            let text = decrypt(&election, &tally, &trustees[owner - 1], rng);
            archive.extend(writer.partial_decryption(owner as u64, text.as_bytes()).unwrap());
            decryptions.push((owner as u64, text));
        }
        let result = open(&election, &parsed, &tally, &decryptions, total_weight);
        archive.extend(writer.result(result.as_bytes()).unwrap());

        let parts = Parts {
            timestamp: TIMESTAMP,
            election: election_text,
            trustees: trustees_text,
            credentials,
            ballots: ballots.iter().map(|ballot| ballot.text.clone()).collect(),
            closed: true,
            tally: Some(tally_part),
            decryptions,
            result: Some(result),
        };
        let counts = shape.counts();
        Self { election, voters, trustees, ballots, cast_by, tally, parts, archive, counts }
    }

    /// The default one.
    pub(crate) fn default() -> Self {
        Self::new(&Shape::default())
    }

    /// The hints of its ballots.
    pub(crate) fn hints(&self) -> Vec<u8> {
        let ballots = self.ballots.iter().map(|ballot| (&ballot.text, &ballot.hints));
        hint_file(&self.parts.election, ballots)
    }

    /// The secret of the voter who cast the ballot at an index.
    pub(crate) fn secret_of(&self, ballot: usize) -> G::Scalar {
        self.voters[self.cast_by[ballot]].secret
    }

    /// The archive with another ballot in place of the one at an index. What comes
    /// after the ballots is as it was.
    pub(crate) fn with_ballot(&self, index: usize, text: &str) -> Vec<u8> {
        self.parts.with(|parts| parts.ballots[index] = text.to_owned())
    }

    /// The same election with these ballots, counted and opened honestly.
    pub(crate) fn held_with(&self, ballots: &[String]) -> Parts {
        let mut parts = self.parts.clone();
        parts.ballots = ballots.to_vec();
        let cast: Vec<CastBallot> =
            ballots.iter().map(|text| CastBallot { text: text.clone(), hints: Vec::new() }).collect();
        let by = |text: &String| {
            self.voters.iter().position(|voter| text.contains(&format!("\"credential\":\"{}\"", voter.text)))
        };
        let cast_by: Vec<usize> = ballots.iter().map(|text| by(text).unwrap()).collect();
        let (sums, num_tallied, total_weight) = tally(&self.election, &self.voters, &cast, &cast_by);
        parts.tally = Some(TallyPart { text: sums.to_text(), num_tallied, total_weight });
        for (owner, text) in &mut parts.decryptions {
            *text = decrypt(&self.election, &sums, &self.trustees[*owner as usize - 1], &mut rng(9));
        }
        let trustees = Trustees::<G>::parse(parts.trustees.as_bytes()).unwrap();
        parts.result = Some(open(&self.election, &trustees, &sums, &parts.decryptions, total_weight));
        parts
    }
}

/// The tally of the last ballot of each voter, how many, and their weight.
pub(crate) fn tally<G: Group>(
    election: &Election<G>,
    voters: &[Voter<G>],
    ballots: &[CastBallot],
    cast_by: &[usize],
) -> (Tally<G>, u64, u64) {
    let verifier = Verifier::new(election.clone());
    let mut tally = Tally::new(election.questions());
    let (mut counted, mut weight) = (0, 0);
    for (index, ballot) in ballots.iter().enumerate() {
        if cast_by[index + 1..].contains(&cast_by[index]) {
            continue;
        }
        let submission = Submission { number: 1, text: ballot.text.as_bytes(), hints: Some(&ballot.hints) };
        let checked = verifier.vartime_verify_batch(&[submission]).remove(0).unwrap();
        let voter = &voters[cast_by[index]];
        tally.add(&checked, voter.weight);
        counted += 1;
        weight += voter.weight;
    }
    (tally, counted, weight)
}

/// The result that these decryptions lead to.
pub(crate) fn open<G: Group>(
    election: &Election<G>,
    trustees: &Trustees<G>,
    tally: &Tally<G>,
    decryptions: &[(u64, String)],
    total_weight: u64,
) -> String {
    let mut partial = std::collections::BTreeMap::new();
    for (owner, text) in decryptions {
        let owner = *owner as usize;
        let key = &trustees.owner(owner).unwrap().verification_key;
        let decryption = PartialDecryption::verify(text.as_bytes(), election, tally, owner, key).unwrap();
        partial.insert(owner, decryption);
    }
    let owners = partial.keys().copied().collect();
    let combination = trustees.combination(&owners).unwrap();
    let contributions: Vec<_> =
        combination.iter().map(|(owner, coefficient)| (&partial[owner], *coefficient)).collect();
    Opened::new(tally, &contributions).counts(total_weight).unwrap().to_text()
}

/// Trustees' secrets and their record.
fn trustees<G: Group>(kinds: &[TrusteeKind], rng: &mut ChaCha20Rng) -> (Vec<G::Scalar>, String) {
    let mut secrets = Vec::new();
    let mut entries = Vec::new();
    for kind in kinds {
        match *kind {
            TrusteeKind::Mandatory => {
                let key = PrivateKey::<G>::from_scalar(G::Scalar::random(rng));
                entries.push(Entry::Single(key.to_public_key(Some("Ana".to_owned()), rng)));
                secrets.push(*key.expose());
            }
            TrusteeKind::Threshold { size, threshold } => {
                let session = Session::new([7; 32], size, size, threshold).unwrap();
                let mut state = Establishment::<G>::new(session);
                let mut participants: Vec<Participant<G>> =
                    (1..=size).map(|number| Participant::new(session, number, rng)).collect();
                while state.pedersen().is_none() {
                    for participant in &mut participants {
                        for message in participant.step(&state, rng).unwrap() {
                            state.apply(participant.number(), message.as_bytes()).unwrap();
                        }
                    }
                    state.close_round().unwrap();
                }
                entries.push(Entry::Pedersen(state.pedersen().unwrap().clone()));
                let secret =
                    |participant: &Participant<G>| *participant.private_key(&state).unwrap().expose();
                secrets.extend(participants.iter().map(secret));
            }
        }
    }
    (secrets, to_json(&entries))
}
