//! Verifying an archive to its end.

use chacha20::rand_core::Rng;
use concerted_ballot::archive::ReadError;
use concerted_ballot::audit::{Audit, Step};
use concerted_ballot::{Failure, Group};

use super::rng;

/// What a sound archive says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verified {
    pub(crate) ballots: u64,
    pub(crate) hinted: u64,
    pub(crate) counted: u64,
    pub(crate) weight: u64,
    pub(crate) closed: bool,
    pub(crate) tallied: bool,
    pub(crate) decrypted_by: Vec<usize>,
    pub(crate) result: Option<Vec<Vec<u64>>>,
}

/// Verifies an archive without hints.
pub(crate) fn audit<G: Group>(archive: &[u8]) -> Result<Verified, Failure> {
    audit_with::<G>(archive, None, 0)
}

/// Verifies an archive. The seed says in which order tasks are run.
pub(crate) fn audit_with<G: Group>(
    archive: &[u8],
    hints: Option<&[u8]>,
    seed: u64,
) -> Result<Verified, Failure> {
    let rng = &mut rng(seed);
    let random = |count: usize, must: bool| {
        let index = rng.next_u64() as usize % count;
        (must || rng.next_u32().is_multiple_of(2)).then_some(index)
    };
    failing(run::<G>(archive, hints, random))
}

/// Verifies an archive, running tasks as late as possible, the last one first.
pub(crate) fn audit_late<G: Group>(archive: &[u8]) -> Result<Verified, Failure> {
    failing(run::<G>(archive, None, |count, must| must.then_some(count - 1)))
}

fn failing(outcome: Result<Verified, ReadError>) -> Result<Verified, Failure> {
    outcome.map_err(|error| match error {
        ReadError::Failure(failure) => failure,
        error => panic!("memory can be read: {error}"),
    })
}

/// `pick` says which of so many tasks to run now, if any; whether it must is said too.
fn run<G: Group>(
    archive: &[u8],
    hints: Option<&[u8]>,
    mut pick: impl FnMut(usize, bool) -> Option<usize>,
) -> Result<Verified, ReadError> {
    let mut audit = Audit::<_, G>::new(archive, hints)?;
    let mut tasks = Vec::new();
    loop {
        let must = match audit.step()? {
            Step::Run(task) => {
                tasks.push(task);
                false
            }
            Step::Wait => true,
            Step::Done => break,
        };
        if let Some(index) = pick(tasks.len(), must) {
            audit.absorb(tasks.swap_remove(index).run())?;
        }
    }
    let counts = |list: &Vec<concerted_ballot::number::Number>| list.iter().map(|count| count.0).collect();
    Ok(Verified {
        ballots: audit.ballots(),
        hinted: audit.hinted(),
        counted: audit.counted(),
        weight: audit.total_weight(),
        closed: audit.is_closed(),
        tallied: audit.is_tallied(),
        decrypted_by: audit.decrypted_by().into_iter().collect(),
        result: audit.result().map(|result| result.result.iter().map(counts).collect()),
    })
}
