//! Whole elections in a browser, and how long casting takes there.
//!
//! `cargo xtask test` builds this, opens it in Chromium and looks at what it says. Everything a member's device
//! does is done here, with the browser's randomness: keys, credentials, ballots, the archive, verifying it
//! with and without hints, decrypting, counting.
//!
//! For the host there is nothing in it.
#![cfg(target_arch = "wasm32")]

use concerted_ballot::archive::{Writer, hints};
use concerted_ballot::audit::{Audit, Step};
use concerted_ballot::ballot::{Booth, CastBallot, Choice};
use concerted_ballot::credential::{Credential, CredentialList};
use concerted_ballot::decryption::decrypt;
use concerted_ballot::election::{Election, Parameters, Question};
use concerted_ballot::hash::sha256;
use concerted_ballot::trustee::{Entry, PrivateKey, Trustees, to_json};
use concerted_ballot::{Belenios2048, Ed25519, Group};
use getrandom::SysRng;
use rand_core::UnwrapErr;
use serde_json::{Value, json};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// Milliseconds, to a tenth or better.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

const UUID: &str = "BrowserTest111";
const ANSWERS: usize = 3;
const CASTS: usize = 51;

/// Holds an election in each group; the counts and the times of each as JSON.
///
/// # Errors
/// The first thing that is not as it should be.
#[wasm_bindgen]
pub fn elections() -> Result<String, JsError> {
    let on_ed25519 = election::<Ed25519>(20)?;
    let on_2048 = election::<Belenios2048>(2)?;
    Ok(json!({ "ed25519": on_ed25519, "belenios_2048": on_2048 }).to_string())
}

/// Times in milliseconds that it takes to make a ballot of one of three: the first, as most voters make one,
/// with code that has never run, and the tables it needs; and the middle of many.
///
/// # Errors
/// As [`elections`].
#[wasm_bindgen]
pub fn casting() -> Result<String, JsError> {
    let rng = &mut UnwrapErr(SysRng);
    let secret = PrivateKey::<Ed25519>::random(rng);
    let election = Election::<Ed25519>::parse(parameters::<Ed25519>(&secret.public()).as_bytes())?;
    let mut clock = Clock::new();
    let booth = Booth::new(&election);
    clock.lap("booth_ms");
    let mut times = Vec::new();
    for number in 0..CASTS {
        let start = now();
        booth.cast(secret.expose(), &[vote(number)], rng)?;
        times.push(now() - start);
    }
    clock.note("first_ms", times[0]);
    times.sort_by(f64::total_cmp);
    clock.note("middle_ms", times[CASTS / 2]);
    Ok(clock.times.to_string())
}

/// An election in which voter n chooses answer n, the answers being counted in a circle.
fn election<G: Group>(voters: usize) -> Result<Value, JsError> {
    let rng = &mut UnwrapErr(SysRng);
    let mut clock = Clock::new();
    let secrets = [(); 2].map(|()| PrivateKey::<G>::random(rng));
    let trustees = to_json(&secrets.each_ref().map(|secret| Entry::Single(secret.to_public_key(None, rng))));
    let key = *Trustees::<G>::parse(trustees.as_bytes())?.key();
    let parameters = parameters::<G>(&key);
    let election = Election::<G>::parse(parameters.as_bytes())?;
    clock.lap("keys_ms");

    let credentials: Vec<Credential> = (0..voters).map(|_| Credential::random(rng)).collect();
    let public: Vec<_> = credentials.iter().map(|credential| (credential.public::<G>(UUID), 1)).collect();
    let list = CredentialList::<G>::new(&public)?.to_json();
    clock.lap("credentials_ms");

    let booth = Booth::new(&election);
    clock.lap("booth_ms");
    let mut ballots: Vec<CastBallot> = Vec::new();
    for (number, credential) in credentials.iter().enumerate() {
        ballots.push(booth.cast(&credential.secret::<G>(UUID), &[vote(number)], rng)?);
    }
    clock.lap("cast_all_ms");

    let (mut writer, mut archive) = Writer::new(1_795_363_255)?;
    archive.extend(writer.setup(parameters.as_bytes(), trustees.as_bytes(), list.as_bytes())?);
    let mut hints_file = hints::header(election.hash()).to_vec();
    for CastBallot { text, hints } in &ballots {
        archive.extend(writer.ballot(text.as_bytes())?);
        hints_file.extend(hints::block(&sha256(text.as_bytes()), hints).unwrap_or_default());
    }
    archive.extend(writer.end_ballots()?);
    clock.lap("archive_ms");

    audit::<G>(&archive, None)?;
    clock.lap("verify_ms");
    let tally = audit::<G>(&archive, Some(&hints_file))?.tally().clone();
    clock.lap("verify_with_hints_ms");

    archive.extend(writer.encrypted_tally(tally.to_text().as_bytes(), voters as u64, voters as u64)?);
    for (owner, secret) in (1..).zip(&secrets) {
        let decryption = decrypt(&election, &tally, secret.expose(), rng);
        archive.extend(writer.partial_decryption(owner, decryption.as_bytes())?);
    }
    clock.lap("decrypt_ms");
    let counts = audit::<G>(&archive, Some(&hints_file))?.opened()?.counts(voters as u64)?;
    clock.lap("verify_and_count_ms");
    archive.extend(writer.result(counts.to_text().as_bytes())?);
    let audit = audit::<G>(&archive, None)?;
    if audit.result() != Some(&counts) || audit.counted() != voters as u64 {
        return Err(JsError::new("the archive has another result"));
    }
    let mut figures = clock.times;
    figures["counts"] = serde_json::to_value(&counts.result)?;
    figures["archive_bytes"] = archive.len().into();
    Ok(figures)
}

/// Verifies all of it.
fn audit<'a, G: Group>(archive: &'a [u8], hints: Option<&'a [u8]>) -> Result<Audit<&'a [u8], G>, JsError> {
    let mut audit = Audit::new(archive, hints)?;
    loop {
        match audit.step()? {
            Step::Run(task) => audit.absorb(task.run())?,
            Step::Wait => {}
            Step::Done => return Ok(audit),
        }
    }
}

/// Times of one step after the other.
struct Clock {
    last: f64,
    times: Value,
}

impl Clock {
    fn new() -> Self {
        Self { last: now(), times: json!({}) }
    }

    fn lap(&mut self, name: &str) {
        let now = now();
        self.note(name, now - self.last);
        self.last = now;
    }

    fn note(&mut self, name: &str, ms: f64) {
        self.times[name] = json!((ms * 10.0).round() / 10.0);
    }
}

fn parameters<G: Group>(key: &G::Element) -> String {
    let parameters = Parameters {
        version: 1,
        description: String::new(),
        name: "In a browser".to_owned(),
        group: G::NAME.to_owned(),
        public_key: G::text(key),
        questions: vec![Question {
            answers: (1..=ANSWERS).map(|answer| answer.to_string()).collect(),
            blank: None,
            min: 1,
            max: 1,
            question: "Which?".to_owned(),
        }],
        uuid: UUID.to_owned(),
        administrator: None,
        credential_authority: None,
    };
    parameters.to_text()
}

fn vote(number: usize) -> Choice {
    Choice::Chosen((0..ANSWERS).map(|answer| answer == number % ANSWERS).collect())
}
