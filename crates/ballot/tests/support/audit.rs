//! Verifying an archive to its end.

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
    match run::<G>(archive, hints, seed) {
        Ok(verified) => Ok(verified),
        Err(ReadError::Failure(failure)) => Err(failure),
        Err(error) => panic!("memory can be read: {error}"),
    }
}

fn run<G: Group>(archive: &[u8], hints: Option<&[u8]>, seed: u64) -> Result<Verified, ReadError> {
    use chacha20::rand_core::Rng;
    let rng = &mut rng(seed);
    let mut audit = Audit::<_, G>::new(archive, hints)?;
    let mut tasks = Vec::new();
    loop {
        let run_one = match audit.step()? {
            Step::Run(task) => {
                tasks.push(task);
                rng.next_u32().is_multiple_of(2)
            }
            Step::Wait => true,
            Step::Done => break,
        };
        if run_one {
            let index = rng.next_u64() as usize % tasks.len();
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
