//! `concerted ballot simulate`: a complete election with random votes.
//!
//! Everything follows from a seed: the trustees, the credentials, and for each
//! ballot a seed of its own, so that threads do not change the file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail, ensure};
use chacha20::ChaCha20Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use concerted_ballot::archive::{Writer, hints};
use concerted_ballot::ballot::{Booth, CastBallot, Choice};
use concerted_ballot::credential::{Credential, CredentialList};
use concerted_ballot::decryption::decrypt;
use concerted_ballot::election::{Election, PROTOCOL_VERSION, Parameters, Question};
use concerted_ballot::hash::sha256;
use concerted_ballot::number::Number;
use concerted_ballot::{Belenios2048, Ed25519, Group};
use serde_json::json;

use super::archive_file::{FileSource, hints_path};
use super::args::{GroupName, Shape, SimulateOptions};
use super::audit::{Progress, audit, threads};
use super::by_hand::tally_event;
use super::trustees::TrusteeSecrets;
use crate::output::Output;

/// Ballots are made so many at a time, then written.
const CHUNK: usize = 2048;

pub(crate) fn run(options: &SimulateOptions, out: Output) -> Result<()> {
    let seed = match options.seed {
        Some(seed) => Seed::new(seed),
        None => Seed::random()?,
    };
    let timestamp = match options.seed {
        // So that the same seed makes the same file.
        Some(_) => 1_767_225_600,
        None => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |time| time.as_secs()),
    };
    let threads = threads(options.threads);
    ensure!(!options.out.exists(), "{} is there already: name another file", options.out.display());
    let simulated = match options.shape.group {
        GroupName::Ed25519 => simulate::<Ed25519>(&options.shape, &seed, timestamp, threads, &options.out)?,
        GroupName::Belenios2048 => {
            simulate::<Belenios2048>(&options.shape, &seed, timestamp, threads, &options.out)?
        }
    };
    let value = json!({
        "file": options.out.display().to_string(),
        "hints": simulated.hints.then(|| hints_path(&options.out).display().to_string()),
        "ballots": simulated.ballots,
        "counted": options.shape.voters,
        "result": simulated.result,
    });
    let result = serde_json::to_string(&simulated.result)?;
    let hints =
        if simulated.hints { " and its hints beside it" } else { ", without hints: this group has none" };
    out.row(
        &value,
        format_args!(
            "{}: {} ballots{hints}\nexpected {result}\ndecrypted the same",
            options.out.display(),
            simulated.ballots
        ),
    );
    Ok(())
}

/// What was made.
pub(crate) struct Simulated {
    pub(crate) ballots: u64,
    pub(crate) hints: bool,
    pub(crate) result: Vec<Vec<Number>>,
}

/// Where all randomness comes from.
pub(crate) struct Seed([u8; 32]);

impl Seed {
    pub(crate) fn new(number: u64) -> Self {
        Self(sha256(format!("concerted ballot simulate {number}").as_bytes()))
    }

    pub(crate) fn random() -> Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).context("the operating system gives no randomness")?;
        Ok(Self(seed))
    }

    /// A random source for one purpose.
    fn source(&self, purpose: &str, index: u64) -> ChaCha20Rng {
        let mut input = self.0.to_vec();
        input.extend_from_slice(&index.to_be_bytes());
        input.extend_from_slice(purpose.as_bytes());
        ChaCha20Rng::from_seed(sha256(&input))
    }
}

/// Makes the whole election.
pub(crate) fn simulate<G: Group>(
    shape: &Shape,
    seed: &Seed,
    timestamp: u64,
    threads: usize,
    out: &Path,
) -> Result<Simulated> {
    check(shape)?;
    let mut rng = seed.source("set-up", 0);
    let secrets =
        TrusteeSecrets::<G>::new(shape.trustees as usize, shape.threshold.map(|t| t as usize), &mut rng)?;
    let uuid = uuid(&mut rng);
    let voters = Voters::new::<G>(shape, &uuid, &mut rng)?;
    let text = parameters::<G>(shape, &uuid, &secrets).to_text();
    let election = Election::<G>::parse(text.as_bytes())?;

    let mut file = BufWriter::with_capacity(1 << 20, create(out)?);
    let (mut writer, header) = Writer::new(timestamp)?;
    file.write_all(&header)?;
    file.write_all(&writer.setup(text.as_bytes(), secrets.public.as_bytes(), voters.list.as_bytes())?)?;
    let has_hints = G::HINT_SIZE > 0;
    let mut hint_file = if has_hints { Some(BufWriter::new(create(&hints_path(out))?)) } else { None };
    if let Some(file) = &mut hint_file {
        file.write_all(&hints::header(election.hash()))?;
    }

    let order = order(shape, &mut rng);
    let votes = |ballot: u64| random_choices(election.questions(), &mut seed.source("vote", ballot));
    let booth = Booth::<G>::new(&election);
    let mut progress = Progress::new(order.len() as u64);
    for (chunk, first) in order.chunks(CHUNK).zip((0u64..).step_by(CHUNK)) {
        let cast = parallel(chunk.len(), threads, |index| {
            let number = first + index as u64;
            let secret = voters.credentials[chunk[index]].secret::<G>(&uuid);
            booth.cast(&secret, &votes(number), &mut seed.source("ballot", number))
        });
        for ballot in cast {
            let CastBallot { text, hints } = ballot?;
            file.write_all(&writer.ballot(text.as_bytes())?)?;
            if let (Some(file), Some(block)) =
                (&mut hint_file, hints::block(&sha256(text.as_bytes()), &hints))
            {
                file.write_all(&block)?;
            }
        }
        progress.show(first);
    }
    drop(progress);
    file.write_all(&writer.end_ballots()?)?;
    finish(file)?;
    if let Some(file) = hint_file {
        finish(file)?;
    }

    let expected = expected(shape, election.questions(), &order, &voters.weights, votes);
    let result = open(out, &secrets, &mut writer, threads, &mut rng)?;
    ensure!(result == expected, "the decrypted result {result:?} is not the expected one {expected:?}");
    Ok(Simulated { ballots: order.len() as u64, hints: has_hints, result })
}

/// Adds the ballots up, decrypts, and appends all that to the archive.
fn open<G: Group>(
    path: &Path,
    secrets: &TrusteeSecrets<G>,
    writer: &mut Writer,
    threads: usize,
    rng: &mut ChaCha20Rng,
) -> Result<Vec<Vec<Number>>> {
    let source = FileSource::open(path)?;
    let hints = FileSource::hints_of(path);
    let audited = audit::<G>(&source, hints.as_ref(), threads)?;
    let mut bytes = tally_event(&audited, writer)?;
    for (owner, secret) in secrets.decrypting(rng) {
        let partial = decrypt(audited.election(), audited.tally(), secret.expose(), rng);
        bytes.extend(writer.partial_decryption(owner as u64, partial.as_bytes())?);
    }
    append(path, &bytes)?;

    let source = FileSource::open(path)?;
    let audited = audit::<G>(&source, hints.as_ref(), threads)?;
    let counts = audited.opened()?.counts(audited.total_weight())?;
    append(path, &writer.result(counts.to_text().as_bytes())?)?;
    Ok(counts.result)
}

fn check(shape: &Shape) -> Result<()> {
    let Shape { min, max, answers, trustees, threshold, questions, .. } = shape;
    ensure!(min <= max, "--min {min} is greater than --max {max}");
    ensure!(max <= answers, "--max {max} is greater than --answers {answers}");
    ensure!(
        answers * questions <= 4096,
        "{questions} questions of {answers} answers are too many: at most 4096 in all"
    );
    if let Some(threshold) = threshold {
        ensure!(
            (1..=*trustees).contains(threshold),
            "--threshold {threshold} must be between 1 and the number of trustees, {trustees}"
        );
        ensure!(
            threshold * 2 > *trustees,
            "--threshold {threshold} must be more than half of the {trustees} trustees"
        );
    }
    Ok(())
}

/// Those who may vote.
struct Voters {
    credentials: Vec<Credential>,
    weights: Vec<u64>,
    /// The public list.
    list: String,
}

impl Voters {
    fn new<G: Group>(shape: &Shape, uuid: &str, rng: &mut ChaCha20Rng) -> Result<Self> {
        let credentials: Vec<Credential> = (0..shape.voters).map(|_| Credential::random(rng)).collect();
        let mut weight = || if shape.weights { 1 + rng.next_u64() % 20 } else { 1 };
        let weights: Vec<u64> = credentials.iter().map(|_| weight()).collect();
        let entry = |(credential, weight): (&Credential, &u64)| (credential.public::<G>(uuid), *weight);
        let entries: Vec<_> = credentials.iter().zip(&weights).map(entry).collect();
        let list = CredentialList::<G>::new(&entries)?.to_json();
        Ok(Self { credentials, weights, list })
    }
}

fn parameters<G: Group>(shape: &Shape, uuid: &str, secrets: &TrusteeSecrets<G>) -> Parameters {
    let question = |number: u64| Question {
        answers: (1..=shape.answers).map(|answer| format!("Answer {answer}")).collect(),
        blank: shape.blank.then_some(true),
        min: shape.min,
        max: shape.max,
        question: format!("Question {number}"),
    };
    Parameters {
        version: PROTOCOL_VERSION,
        description: "Random votes".to_owned(),
        name: "Simulated election".to_owned(),
        group: G::NAME.to_owned(),
        public_key: G::text(&secrets.key),
        questions: (1..=shape.questions).map(question).collect(),
        uuid: uuid.to_owned(),
        administrator: None,
        credential_authority: None,
    }
}

/// A fresh UUID: 14 Base58 characters.
pub(crate) fn uuid(rng: &mut ChaCha20Rng) -> String {
    const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    (0..14).map(|_| char::from(BASE58[(rng.next_u64() % 58) as usize])).collect()
}

/// Who casts each ballot: everyone once, then some again.
fn order(shape: &Shape, rng: &mut ChaCha20Rng) -> Vec<usize> {
    let voters = shape.voters as usize;
    let again = (0..shape.revotes).map(|_| rng.next_u64() as usize % voters);
    (0..voters).chain(again).collect()
}

/// A permitted answer to each question.
fn random_choices(questions: &[Question], rng: &mut ChaCha20Rng) -> Vec<Choice> {
    let choose = |question: &Question| {
        if question.allows_blank() && rng.next_u64().is_multiple_of(8) {
            return Choice::Blank;
        }
        let answers = question.answers.len();
        let count = question.min + rng.next_u64() % (question.max - question.min + 1);
        let mut places: Vec<usize> = (0..answers).collect();
        for place in 0..count as usize {
            places.swap(place, place + rng.next_u64() as usize % (answers - place));
        }
        let chosen = &places[..count as usize];
        Choice::Chosen((0..answers).map(|answer| chosen.contains(&answer)).collect())
    };
    questions.iter().map(choose).collect()
}

/// The counts, from the votes themselves.
fn expected(
    shape: &Shape,
    questions: &[Question],
    order: &[usize],
    weights: &[u64],
    votes: impl Fn(u64) -> Vec<Choice>,
) -> Vec<Vec<Number>> {
    let revotes: BTreeMap<usize, u64> = (shape.voters..)
        .zip(&order[shape.voters as usize..])
        .map(|(ballot, voter)| (*voter, ballot))
        .collect();
    let mut result: Vec<Vec<Number>> =
        questions.iter().map(|question| vec![Number(0); question.choices()]).collect();
    for (voter, weight) in weights.iter().enumerate() {
        let last = revotes.get(&voter).copied().unwrap_or(voter as u64);
        for ((question, counts), choice) in questions.iter().zip(&mut result).zip(votes(last)) {
            let blank = usize::from(question.allows_blank());
            match choice {
                Choice::Blank => counts[0].0 += weight,
                Choice::Chosen(chosen) => {
                    for (answer, _) in chosen.iter().enumerate().filter(|(_, chosen)| **chosen) {
                        counts[blank + answer].0 += weight;
                    }
                }
            }
        }
    }
    result
}

/// Does `work` for 0..`count` on several threads; the results in order.
pub(crate) fn parallel<T: Send>(count: usize, threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || {
            let mut done = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return done;
                }
                done.push((index, work(index)));
            }
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("the work does not panic")).collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot create {}", path.display()))
}

fn append(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = File::options().append(true).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(bytes)?;
    Ok(file.sync_all()?)
}

fn finish(file: BufWriter<File>) -> Result<()> {
    match file.into_inner() {
        Ok(file) => Ok(file.sync_all()?),
        Err(error) => bail!("cannot write the archive: {}", error.error()),
    }
}
