//! The parts of an election, one at a time: `cargo bench -p concerted-ballot`. The
//! whole is measured by `concerted ballot bench`.

#![allow(missing_docs, reason = "the macros of criterion make public functions")]
#![allow(clippy::expect_used)]

use std::hint::black_box;

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;
use concerted_ballot::ballot::{Booth, CastBallot, Choice, Submission, Verifier};
use concerted_ballot::decryption::{PartialDecryption, decrypt};
use concerted_ballot::discrete_log::DiscreteLog;
use concerted_ballot::election::{Election, PROTOCOL_VERSION, Parameters, Question};
use concerted_ballot::tally::Tally;
use concerted_ballot::{Belenios2048, Ed25519, Group, Scalar};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

/// Ballots in a batch.
const BATCH: usize = 1000;

/// An election with one question, and its secret.
struct Fixture<G: Group> {
    election: Election<G>,
    secret: G::Scalar,
    rng: ChaCha20Rng,
}

impl<G: Group> Fixture<G> {
    fn new(answers: usize) -> Self {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let secret = G::Scalar::random(&mut rng);
        let parameters = Parameters {
            version: PROTOCOL_VERSION,
            description: String::new(),
            name: "Bench".to_owned(),
            group: G::NAME.to_owned(),
            public_key: G::text(&G::reveal(&G::generator_power(&secret))),
            questions: vec![Question {
                answers: (0..answers).map(|answer| answer.to_string()).collect(),
                blank: None,
                min: 1,
                max: 1,
                question: String::new(),
            }],
            uuid: "11111111111111".to_owned(),
            administrator: None,
            credential_authority: None,
        };
        let election = Election::parse(parameters.to_text().as_bytes()).expect("well formed");
        Self { election, secret, rng }
    }

    fn choice(&self) -> [Choice; 1] {
        let answers = self.election.questions()[0].answers.len();
        [Choice::Chosen((0..answers).map(|answer| answer == 0).collect())]
    }

    fn ballots(&mut self, count: usize) -> Vec<CastBallot> {
        let (booth, choice) = (Booth::new(&self.election), self.choice());
        let rng = &mut self.rng;
        (0..count).map(|_| booth.cast(&G::Scalar::random(rng), &choice, rng).expect("permitted")).collect()
    }
}

fn submissions(ballots: &[CastBallot], hints: bool) -> Vec<Submission<'_>> {
    (1..)
        .zip(ballots)
        .map(|(number, CastBallot { text, hints: all })| Submission {
            number,
            text: text.as_bytes(),
            hints: hints.then_some(all.as_slice()),
        })
        .collect()
}

fn casting<G: Group>(criterion: &mut Criterion) {
    for answers in [3, 10] {
        let mut fixture = Fixture::<G>::new(answers);
        let choice = fixture.choice();
        let booth = Booth::new(&fixture.election);
        let credential = G::Scalar::random(&mut fixture.rng);
        criterion.bench_function(&format!("{}: cast 1 of {answers}", G::NAME), |bencher| {
            bencher.iter(|| booth.cast(&credential, &choice, &mut fixture.rng).expect("permitted"));
        });
    }
}

fn verifying<G: Group>(criterion: &mut Criterion, count: usize) {
    for answers in [3, 10] {
        let mut fixture = Fixture::<G>::new(answers);
        let ballots = fixture.ballots(count);
        let verifier = Verifier::new(fixture.election.clone());
        let mut group = criterion.benchmark_group(format!("{}: verify {count} of 1 in {answers}", G::NAME));
        group.throughput(Throughput::Elements(count as u64)).sample_size(10);
        for hints in [false, true].into_iter().take(1 + usize::from(G::HINT_SIZE > 0)) {
            let submissions = submissions(&ballots, hints);
            group.bench_function(if hints { "with hints" } else { "plain" }, |bencher| {
                bencher.iter(|| verifier.vartime_verify_batch(black_box(&submissions)));
            });
        }
        group.finish();
    }
}

fn tallying<G: Group>(criterion: &mut Criterion) {
    let mut fixture = Fixture::<G>::new(3);
    let ballots = fixture.ballots(10);
    let verifier = Verifier::new(fixture.election.clone());
    let checked: Vec<_> = verifier
        .vartime_verify_batch(&submissions(&ballots, true))
        .into_iter()
        .map(|outcome| outcome.expect("valid"))
        .collect();
    let mut tally = Tally::new(fixture.election.questions());
    criterion.bench_function(&format!("{}: add a ballot to the tally", G::NAME), |bencher| {
        bencher.iter_batched(
            || tally.clone(),
            |mut tally| tally.add(black_box(&checked[0]), 1),
            BatchSize::SmallInput,
        );
    });
    checked.iter().for_each(|ballot| tally.add(ballot, 1));
    let public = G::reveal(&G::generator_power(&fixture.secret));
    let Fixture { election, secret, mut rng } = fixture;
    criterion.bench_function(&format!("{}: decrypt 3 choices", G::NAME), |bencher| {
        bencher.iter(|| decrypt(&election, &tally, &secret, &mut rng));
    });
    let text = decrypt(&election, &tally, &secret, &mut rng);
    criterion.bench_function(&format!("{}: verify a decryption of 3 choices", G::NAME), |bencher| {
        bencher.iter(|| {
            PartialDecryption::verify(text.as_bytes(), &election, &tally, 1, &public).expect("valid")
        });
    });
}

fn counting<G: Group>(criterion: &mut Criterion, bound: u64) {
    let mut group = criterion.benchmark_group(format!("{}: counts up to {bound}", G::NAME));
    group.sample_size(10);
    group.bench_function("table", |bencher| {
        bencher.iter(|| DiscreteLog::<G>::new(bound).expect("within bounds").find(&G::identity()))
    });
    let logarithms = DiscreteLog::<G>::new(bound).expect("within bounds");
    let power = G::vartime_power_product(&[(G::generator(), G::Scalar::from(bound))]);
    group.bench_function("the greatest", |bencher| bencher.iter(|| logarithms.find(black_box(&power))));
    group.finish();
}

fn ed25519(criterion: &mut Criterion) {
    casting::<Ed25519>(criterion);
    verifying::<Ed25519>(criterion, BATCH);
    tallying::<Ed25519>(criterion);
    counting::<Ed25519>(criterion, 1_000_000_000);
}

fn belenios_2048(criterion: &mut Criterion) {
    casting::<Belenios2048>(criterion);
    verifying::<Belenios2048>(criterion, 10);
    tallying::<Belenios2048>(criterion);
    counting::<Belenios2048>(criterion, 1_000_000);
}

criterion_group!(benches, ed25519, belenios_2048);
criterion_main!(benches);
