//! `concerted ballot by-hand`: an election step by step, each step a command and
//! each party's secrets in a file of their own.
//!
//! Every step that adds to an archive verifies it first, whole.

pub(crate) mod threshold;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use concerted_ballot::archive::{ReadError, Source, Writer, bounds, hints};
use concerted_ballot::audit::{Audit, group_name};
use concerted_ballot::ballot::{Booth, Choice};
use concerted_ballot::credential::{Credential, CredentialList};
use concerted_ballot::decryption::decrypt;
use concerted_ballot::election::{Election, PROTOCOL_VERSION, Parameters, Question, is_uuid};
use concerted_ballot::hash::sha256;
use concerted_ballot::trustee::{Owner, PrivateKey, Trustees};
use concerted_ballot::{Belenios2048, Check, Ed25519, Group};
use rand_core::CryptoRng;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::archive_file::{self, FileSource, hints_path, with_suffix};
use super::args::{ByHandVerb, GroupName};
use super::audit::{audit, threads};
use crate::output::{Output, Unreadable};
use crate::secret_input;

/// Keys, credentials for one voter, questions: all small.
const SMALL_FILE_BYTES_MAX: u64 = 16 << 20;

pub(crate) fn run(verb: ByHandVerb, out: Output) -> Result<()> {
    match verb {
        ByHandVerb::Trustee { group, name, out: path } => match group {
            GroupName::Ed25519 => new_trustee::<Ed25519>(name, &path, out),
            GroupName::Belenios2048 => new_trustee::<Belenios2048>(name, &path, out),
        },
        ByHandVerb::Threshold(verb) => threshold::run(verb, out),
        ByHandVerb::Credentials { group, uuid, count, voters, out: path } => {
            let voters = entitled(count, voters.as_deref())?;
            match group {
                GroupName::Ed25519 => credentials::<Ed25519>(&uuid, &voters, &path, out),
                GroupName::Belenios2048 => credentials::<Belenios2048>(&uuid, &voters, &path, out),
            }
        }
        ByHandVerb::Setup { group, uuid, questions, trustees, credentials, out: path } => {
            let parts = SetupFiles { uuid, questions, trustees, credentials };
            match group {
                GroupName::Ed25519 => setup::<Ed25519>(&parts, &path, out),
                GroupName::Belenios2048 => setup::<Belenios2048>(&parts, &path, out),
            }
        }
        ByHandVerb::Cast { file, credential, choices } => {
            let credential = secret_input::argument(&credential)?;
            let choices = secret_input::argument(&choices)?;
            on_archive(&file, Cast { credential: &credential, choices: &choices }, out)
        }
        ByHandVerb::Tally { file } => on_archive(&file, Tally, out),
        ByHandVerb::Decrypt { file, key } => {
            let key = Zeroizing::new(archive_file::read(&key, SMALL_FILE_BYTES_MAX)?);
            on_archive(&file, Decrypt { key: &key }, out)
        }
        ByHandVerb::Publish { file } => on_archive(&file, Publish, out),
    }
}

/// The operating system's randomness.
pub(crate) fn system_rng() -> impl CryptoRng {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// A step that adds to an archive.
trait Step {
    /// What is added, and what is printed.
    fn run<G: Group>(self, audit: &Audit<&FileSource, G>, writer: &mut Writer) -> Result<Added>;
}

/// What a step adds.
struct Added {
    archive: Vec<u8>,
    /// A ballot's hash, and its hints.
    hints: Option<([u8; 32], Vec<u8>)>,
    value: Value,
    text: String,
}

fn on_archive(path: &Path, step: impl Step, out: Output) -> Result<()> {
    // First of all, so that what is not there is said to be so.
    FileSource::open(path)?;
    // Until the end, so that of two steps at once the second sees the first's.
    let _lock = archive_file::lock(path)?;
    let source = FileSource::open(path)?;
    match sound(path, group_name(&source))?.as_str() {
        Ed25519::NAME => on_group::<Ed25519>(path, &source, step, out),
        Belenios2048::NAME => on_group::<Belenios2048>(path, &source, step, out),
        group => bail!("{} is in a group that is not known here: {group}", path.display()),
    }
}

fn on_group<G: Group>(path: &Path, source: &FileSource, step: impl Step, out: Output) -> Result<()> {
    let hint_source = FileSource::hints_of(path);
    let audit = sound(path, audit::<G>(source, hint_source.as_ref(), threads(None)))?;
    let tip = audit.tip().context("the archive has no event")?;
    let mut writer = Writer::resume(tip);
    let added = step.run(&audit, &mut writer)?;
    archive_file::append(path, &added.archive)?;
    // After the ballot: without its hints it counts, only slower.
    if let Some((hash, block)) = added.hints.filter(|_| G::HINT_SIZE > 0) {
        add_hints(path, hint_source.is_some(), audit.election().hash(), &hash, &block);
    }
    out.row(&added.value, added.text);
    Ok(())
}

/// What was read of an archive. As for `concerted verify`, what is no archive or
/// cannot be judged is unreadable.
fn sound<T>(path: &Path, read: Result<T, ReadError>) -> Result<T> {
    let path = path.display();
    read.map_err(|error| match error {
        ReadError::Failure(failure) if !matches!(failure.check, Check::IsArchive | Check::QuestionKind) => {
            anyhow!("{path} is not valid: {failure}")
        }
        error => Unreadable(format!("cannot read {path}: {:#}", anyhow!(error))).into(),
    })
}

/// Hints are only a help, so what cannot be written is left out.
fn add_hints(archive: &Path, exists: bool, election: &[u8; 32], ballot: &[u8; 32], bytes: &[u8]) {
    let path = hints_path(archive);
    if !exists && archive_file::create(&path, &hints::header(election)).is_err() {
        return;
    }
    if let Some(block) = hints::block(ballot, bytes) {
        let _ = archive_file::append(&path, &block);
    }
}

fn new_trustee<G: Group>(name: Option<String>, path: &Path, out: Output) -> Result<()> {
    let mut rng = system_rng();
    let private = PrivateKey::<G>::random(&mut rng);
    let public = private.to_public_key(name, &mut rng);
    write_pair(path, private.to_json().as_bytes(), serde_json::to_string(&public)?.as_bytes(), out)
}

/// Writes OUT.key and OUT.pub, and says so.
fn write_pair(path: &Path, secret: &[u8], public: &[u8], out: Output) -> Result<()> {
    let (key, shown) = (with_suffix(path, ".key"), with_suffix(path, ".pub"));
    archive_file::create_pair((&key, secret), (&shown, public))?;
    out.row(
        &json!({ "key": key.display().to_string(), "public": shown.display().to_string() }),
        format_args!("{}: keep it secret\n{}: hand it on", key.display(), shown.display()),
    );
    Ok(())
}

/// Ids and weights.
fn entitled(count: Option<u64>, file: Option<&Path>) -> Result<Vec<(String, u64)>> {
    let voters: Vec<(String, u64)> = match file {
        None => (1..=count.unwrap_or(0)).map(|id| (id.to_string(), 1)).collect(),
        Some(path) => {
            let text = archive_file::read(path, SMALL_FILE_BYTES_MAX)?;
            let text = String::from_utf8(text).context("the voters' file is not UTF-8 text")?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(voter).collect::<Result<_>>()?
        }
    };
    ensure!(!voters.is_empty(), "there is nobody to make credentials for");
    ensure!(voters.len() <= 2_000_000, "at most 2,000,000 voters");
    // Whoever is there twice would get two credentials, and so two votes.
    let mut ids = BTreeSet::new();
    for (id, _) in &voters {
        ensure!(!id.is_empty(), "a voter has no id");
        ensure!(ids.insert(id), "voter {id:?} is there twice");
    }
    Ok(voters)
}

fn voter(line: &str) -> Result<(String, u64)> {
    match line.rsplit_once(',') {
        None => Ok((line.to_owned(), 1)),
        Some((id, weight)) => {
            let weight =
                weight.trim().parse().with_context(|| format!("no weight after the comma: {line}"))?;
            Ok((id.trim().to_owned(), weight))
        }
    }
}

fn credentials<G: Group>(uuid: &str, voters: &[(String, u64)], path: &Path, out: Output) -> Result<()> {
    check_uuid(uuid)?;
    let mut rng = system_rng();
    let mut secrets = Zeroizing::new(String::new());
    let mut public = Vec::with_capacity(voters.len());
    for (id, weight) in voters {
        let credential = Credential::random(&mut rng);
        public.push((credential.public::<G>(uuid), *weight));
        secrets.push_str(&format!("{id} {credential}\n"));
    }
    // In the order of the elements, so that the public list does not show who is who.
    let list = CredentialList::<G>::new(&public)?.to_json();
    let (secret, shown) = (with_suffix(path, ".secret"), with_suffix(path, ".pub"));
    archive_file::create_pair((&secret, secrets.as_bytes()), (&shown, list.as_bytes()))?;
    out.row(
        &json!({
            "credentials": voters.len(),
            "secret": secret.display().to_string(),
            "public": shown.display().to_string(),
        }),
        format_args!(
            "{} credentials\n{}: hand each voter their line\n{}: for the set-up",
            voters.len(),
            secret.display(),
            shown.display()
        ),
    );
    Ok(())
}

fn check_uuid(uuid: &str) -> Result<()> {
    ensure!(
        is_uuid(uuid),
        "{uuid:?} is no UUID: take 14 or more letters and digits, without 0, O, I and l, that no other election has"
    );
    Ok(())
}

/// Where the parts of a set-up are.
struct SetupFiles {
    uuid: String,
    questions: PathBuf,
    trustees: Vec<PathBuf>,
    credentials: PathBuf,
}

/// What the questions' file says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    #[serde(default)]
    description: String,
    questions: Vec<Question>,
    #[serde(default)]
    administrator: Option<String>,
    #[serde(default)]
    credential_authority: Option<String>,
}

impl SetupFiles {
    /// The record of trustees, from the files as they are.
    fn trustees(&self) -> Result<String> {
        let entries: Vec<String> =
            self.trustees.iter().map(|path| trustee_entry(path)).collect::<Result<_>>()?;
        Ok(format!("[{}]", entries.join(",")))
    }
}

/// A mandatory trustee's key, or the keys of a threshold group.
fn trustee_entry(path: &Path) -> Result<String> {
    let value: Value = read_json(path)?;
    let kind = if value.get("certs").is_some() { "Pedersen" } else { "Single" };
    Ok(format!("[{}]", [json!(kind).to_string(), compact(path)?].join(",")))
}

/// The file's JSON, its own order of fields kept.
fn compact(path: &Path) -> Result<String> {
    let text = archive_file::read(path, SMALL_FILE_BYTES_MAX)?;
    let text = String::from_utf8(text).with_context(|| format!("{} is not UTF-8 text", path.display()))?;
    Ok(text.trim().to_owned())
}

fn read_json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T> {
    let bytes = archive_file::read(path, SMALL_FILE_BYTES_MAX)?;
    let parsed = serde_json::from_slice(&bytes);
    Ok(parsed.map_err(|error| Unreadable(format!("{} is not as expected: {error}", path.display())))?)
}

fn setup<G: Group>(files: &SetupFiles, path: &Path, out: Output) -> Result<()> {
    check_uuid(&files.uuid)?;
    let asked: Asked = read_json(&files.questions)?;
    let trustees = files.trustees()?;
    let parsed = Trustees::<G>::parse(trustees.as_bytes())?;
    let (owners, key) = (parsed.owners(), *parsed.key());
    // A trustee decrypts once, so nobody could ever open the result.
    let is_again = |index: &usize| {
        let same = |other: &Owner<G>| other.verification_key == owners[*index].verification_key;
        owners[..*index].iter().any(same)
    };
    if let Some(index) = (0..owners.len()).find(is_again) {
        bail!("trustee {} has the key of another: name each once", index + 1);
    }
    let list = archive_file::read(&files.credentials, bounds::CREDENTIALS)?;
    let list = std::str::from_utf8(&list).context("the credentials are not UTF-8 text")?.trim_ascii_end();
    let credentials = CredentialList::<G>::parse(list)?;
    let parameters = Parameters {
        version: PROTOCOL_VERSION,
        description: asked.description,
        name: asked.name,
        group: G::NAME.to_owned(),
        public_key: G::text(&key),
        questions: asked.questions,
        uuid: files.uuid.clone(),
        administrator: asked.administrator,
        credential_authority: asked.credential_authority,
    };
    let text = parameters.to_text();
    let election = Election::<G>::parse(text.as_bytes())?;

    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (mut writer, mut bytes) = Writer::new(now)?;
    bytes.extend(writer.setup(text.as_bytes(), trustees.as_bytes(), list.as_bytes())?);
    archive_file::create(path, &bytes)?;
    out.row(
        &json!({
            "file": path.display().to_string(),
            "fingerprint": election.fingerprint(),
            "entitled": credentials.len(),
        }),
        format_args!(
            "{}: {} entitled\nfingerprint {}",
            path.display(),
            credentials.len(),
            election.fingerprint()
        ),
    );
    Ok(())
}

struct Cast<'a> {
    credential: &'a str,
    choices: &'a str,
}

/// A voter's answer to one question, as typed.
#[derive(Deserialize)]
#[serde(untagged)]
enum TypedChoice {
    Chosen(Vec<u8>),
    Word(String),
}

impl Step for Cast<'_> {
    fn run<G: Group>(self, audit: &Audit<&FileSource, G>, writer: &mut Writer) -> Result<Added> {
        ensure!(!audit.is_closed(), "voting is closed");
        let election = audit.election();
        let credential: Credential = self.credential.trim().parse()?;
        let secret = credential.secret::<G>(&election.parameters().uuid);
        let public = G::text(&credential.public::<G>(&election.parameters().uuid));
        ensure!(
            audit.credentials().find(&public).is_some(),
            "this credential is not entitled in this election"
        );
        let choices = choices(self.choices)?;
        let ballot = Booth::new(election).cast(&secret, &choices, &mut system_rng())?;
        let archive = writer.ballot(ballot.text.as_bytes())?;
        let tracker = ballot.tracker();
        Ok(Added {
            archive,
            value: json!({ "tracker": tracker, "ballot": audit.ballots() + 1 }),
            text: format!("cast, as ballot {}\ntracker {tracker}", audit.ballots() + 1),
            hints: Some((sha256(ballot.text.as_bytes()), ballot.hints)),
        })
    }
}

fn choices(typed: &str) -> Result<Vec<Choice>> {
    let typed: Vec<TypedChoice> = serde_json::from_str(typed)
        .context("choices are a list with, for each question, a list of 0 and 1, or \"blank\"")?;
    let choice = |typed: TypedChoice| match typed {
        TypedChoice::Word(word) if word == "blank" => Ok(Choice::Blank),
        TypedChoice::Word(word) => bail!("{word:?} is no choice: write \"blank\" or a list of 0 and 1"),
        TypedChoice::Chosen(numbers) => {
            ensure!(numbers.iter().all(|number| *number <= 1), "an answer is chosen, 1, or not, 0");
            Ok(Choice::Chosen(numbers.iter().map(|number| *number == 1).collect()))
        }
    };
    typed.into_iter().map(choice).collect()
}

struct Tally;

impl Step for Tally {
    fn run<G: Group>(self, audit: &Audit<&FileSource, G>, writer: &mut Writer) -> Result<Added> {
        ensure!(!audit.is_tallied(), "the tally is there already");
        ensure!(audit.counted() > 0, "nobody has voted");
        let mut archive = if audit.is_closed() { Vec::new() } else { writer.end_ballots()? };
        archive.extend(tally_event(audit, writer)?);
        Ok(Added {
            archive,
            hints: None,
            value: json!({ "counted": audit.counted(), "total_weight": audit.total_weight() }),
            text: format!("closed; {} ballots counted, of weight {}", audit.counted(), audit.total_weight()),
        })
    }
}

/// The tally of an audited archive, as its next event.
pub(crate) fn tally_event<S: Source + Copy, G: Group>(
    audit: &Audit<S, G>,
    writer: &mut Writer,
) -> Result<Vec<u8>> {
    Ok(writer.encrypted_tally(audit.tally().to_text().as_bytes(), audit.counted(), audit.total_weight())?)
}

struct Decrypt<'a> {
    key: &'a [u8],
}

impl Step for Decrypt<'_> {
    fn run<G: Group>(self, audit: &Audit<&FileSource, G>, writer: &mut Writer) -> Result<Added> {
        ensure!(audit.is_tallied(), "there is no tally to decrypt yet: `concerted ballot by-hand tally`");
        ensure!(audit.result().is_none(), "the result is published already");
        let private =
            PrivateKey::<G>::from_json(self.key.trim_ascii_end()).context("this is no trustee's key")?;
        let public = private.public();
        let owners = audit.trustees().owners();
        let owner = owners.iter().position(|owner| owner.verification_key == public);
        let owner = owner.context("this key is not one of this election's trustees")? + 1;
        ensure!(!audit.decrypted_by().contains(&owner), "trustee {owner} has decrypted already");
        let text = decrypt(audit.election(), audit.tally(), private.expose(), &mut system_rng());
        Ok(Added {
            archive: writer.partial_decryption(owner as u64, text.as_bytes())?,
            hints: None,
            value: json!({ "trustee": owner }),
            text: format!("trustee {owner} has decrypted"),
        })
    }
}

struct Publish;

impl Step for Publish {
    fn run<G: Group>(self, audit: &Audit<&FileSource, G>, writer: &mut Writer) -> Result<Added> {
        ensure!(audit.result().is_none(), "the result is published already");
        let counts = audit.opened()?.counts(audit.total_weight())?;
        Ok(Added {
            archive: writer.result(counts.to_text().as_bytes())?,
            hints: None,
            value: json!({ "result": counts.result }),
            text: format!("result {}", serde_json::to_string(&counts.result)?),
        })
    }
}
