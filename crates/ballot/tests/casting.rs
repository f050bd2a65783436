//! Casting and verifying agree, plainly and with hints.
use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::ballot::{Booth, Choice, Submission, Verifier};
use concerted_ballot::election::{Election, Parameters, Question};
use concerted_ballot::{Belenios2048, Ed25519, Group, Scalar};

fn election<G: Group>(questions: Vec<Question>, rng: &mut ChaCha20Rng) -> Election<G> {
    let key = G::reveal(&G::generator_power(&G::Scalar::random(rng)));
    let parameters = Parameters {
        version: 1,
        description: String::new(),
        name: "n".to_owned(),
        group: G::NAME.to_owned(),
        public_key: G::text(&key),
        questions,
        uuid: "11111111111111".to_owned(),
        administrator: None,
        credential_authority: None,
    };
    Election::parse(parameters.to_text().as_bytes()).expect("well formed")
}

fn question(answers: usize, blank: bool, min: u64, max: u64) -> Question {
    Question {
        answers: (0..answers).map(|answer| answer.to_string()).collect(),
        blank: blank.then_some(true),
        min,
        max,
        question: "q".to_owned(),
    }
}

fn chosen(bits: &[u8]) -> Choice {
    Choice::Chosen(bits.iter().map(|bit| *bit == 1).collect())
}

fn round<G: Group>() {
    let rng = &mut ChaCha20Rng::from_seed([1; 32]);
    let questions = vec![question(3, false, 1, 1), question(2, true, 0, 2), question(1, true, 1, 1)];
    let election = election::<G>(questions, rng);
    let booth = Booth::new(&election);
    let verifier = Verifier::new(election.clone());
    let votes = [
        [chosen(&[0, 1, 0]), chosen(&[1, 1]), Choice::Blank],
        [chosen(&[1, 0, 0]), Choice::Blank, chosen(&[1])],
        [chosen(&[0, 0, 1]), chosen(&[0, 0]), chosen(&[1])],
    ];
    let ballots: Vec<_> =
        votes.iter().map(|vote| booth.cast(&G::Scalar::random(rng), vote, rng).expect("permitted")).collect();
    for ballot in &ballots {
        let submission = Submission { number: 1, text: ballot.text.as_bytes(), hints: None };
        verifier.vartime_verify(&submission).expect("valid");
    }
    let submissions: Vec<_> = ballots
        .iter()
        .map(|ballot| Submission { number: 1, text: ballot.text.as_bytes(), hints: Some(&ballot.hints) })
        .collect();
    for outcome in verifier.vartime_verify_batch(&submissions) {
        outcome.expect("valid");
    }
}

#[test]
fn ballots_verify_ed25519() {
    round::<Ed25519>();
}

#[test]
fn ballots_verify_belenios_2048() {
    round::<Belenios2048>();
}
