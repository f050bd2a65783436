//! Edits of a sound archive, which may go on to make every hash right again, so that they reach the checks
//! behind those of the form.
//!
//! An input is a program for a small machine: see `Program::run`. Whatever it does, the verdict must be the
//! same with and without hints; and an archive that is accepted must give the result of the original, or be
//! an election still under way.

use std::sync::LazyLock;

use concerted_ballot::Ed25519;
use concerted_ballot::archive::EventType;

use crate::edit::{Program, splice};
use crate::forge::{Forge, SAMPLE, records};
use crate::sample::{TOOL_ED25519, verify};

pub(crate) fn run(data: &[u8]) {
    let mut program = Program(data);
    let number = usize::from(program.byte()) % ORIGINALS.len();
    let original = &ORIGINALS[number];
    let (archive, hints) = program.run(original);
    let plain = verify::<Ed25519>(&archive, None);
    assert_eq!(verify::<Ed25519>(&archive, Some(&hints)), plain);
    if let Ok(accepted) = plain {
        assert!(accepted.result.is_none() || accepted.result == RESULTS[number], "{:?}", accepted.result);
    }
}

/// Ours, which has hints, the most often.
static ORIGINALS: LazyLock<[Forge; 4]> = LazyLock::new(|| {
    [SAMPLE.clone(), Forge::of(TOOL_ED25519[0]), SAMPLE.clone(), Forge::of(TOOL_ED25519[1])]
});

static RESULTS: LazyLock<[Option<concerted_ballot::decryption::Counts>; 4]> = LazyLock::new(|| {
    ORIGINALS.each_ref().map(|original| {
        let accepted = verify::<Ed25519>(&original.archive(), None).unwrap();
        assert!(accepted.result.is_some());
        accepted.result
    })
});

/// Programs end after so many steps.
const STEPS_MAX: usize = 16;

impl Program<'_> {
    /// The edited archive and its hints.
    fn run(&mut self, original: &Forge) -> (Vec<u8>, Vec<u8>) {
        let mut forge = original.clone();
        let repairs = self.byte();
        for _ in 0..STEPS_MAX {
            if self.0.is_empty() || forge.events.len() > 2 * original.events.len() {
                break;
            }
            if self.step(&mut forge).is_none() {
                break;
            }
        }
        if repairs & 1 != 0 {
            forge.repair_fingerprints(original);
        }
        if repairs & 2 != 0 {
            forge.repair_ballots();
        }
        let (mut archive, hints) = (forge.archive(), forge.hints());
        for _ in 0..STEPS_MAX {
            if self.0.is_empty() || archive.is_empty() {
                break;
            }
            self.raw_step(&mut archive);
        }
        (archive, hints)
    }

    /// An edit after which the hashes will be made right. None where the raw ones begin.
    fn step(&mut self, forge: &mut Forge) -> Option<()> {
        let operation = self.byte();
        let events = &mut forge.events;
        let event = self.index(events.len())?;
        match operation % 16 {
            0 => drop(events.remove(event)),
            1 => {
                let copy = events[event].clone();
                let to = self.index(events.len() + 1)?;
                events.insert(to, copy);
            }
            2 => {
                let other = self.index(events.len())?;
                events.swap(event, other);
            }
            3 => events.truncate(event),
            4 => {
                let number = &mut events[event].numbers[usize::from(self.byte() & 1)];
                *number = number.wrapping_add(u64::from(self.byte()).wrapping_sub(128));
            }
            5 => events[event].kind = self.kind(),
            6 => {
                let hints = self.bytes();
                splice(&mut events[event].hints, self.number(), hints.len(), &hints);
            }
            7 => {
                let data = &mut events[event].data;
                let index = self.index(data.len());
                match (index, self.byte() & 1) {
                    (Some(index), 0) => drop(data.remove(index)),
                    (Some(index), _) => data.push(data[index].clone()),
                    (None, _) => data.push(self.bytes()),
                }
            }
            8 => {
                // Two data exchanged.
                let index = self.index(events[event].data.len());
                let other = self.index(events.len())?;
                let other_index = self.index(events[other].data.len());
                if let (Some(index), Some(other_index)) = (index, other_index) {
                    let taken = std::mem::take(&mut events[event].data[index]);
                    let taken = std::mem::replace(&mut events[other].data[other_index], taken);
                    events[event].data[index] = taken;
                }
            }
            9 | 10 => {
                if let Some(index) = self.index(events[event].data.len()) {
                    let (at, deleted, inserted) = (self.number(), self.byte(), self.bytes());
                    splice(&mut events[event].data[index], at, usize::from(deleted % 64), &inserted);
                }
            }
            11..=14 => self.replace_token(forge, event),
            _ => return None,
        }
        Some(())
    }

    fn kind(&mut self) -> EventType {
        use EventType::*;
        let kinds =
            [Setup, Ballot, EndBallots, Shuffle, EndShuffles, EncryptedTally, PartialDecryption, Result];
        kinds[usize::from(self.byte()) % kinds.len()]
    }

    fn replace_token(&mut self, forge: &mut Forge, event: usize) {
        let events = &forge.events;
        let Some(index) = self.index(events[event].data.len()) else { return };
        let elsewhere: Vec<&[u8]> =
            events.iter().filter_map(|event| event.data.first()).map(Vec::as_slice).collect();
        if let Some((at, token)) = self.token(&events[event].data[index], &elsewhere) {
            forge.events[event].data[index].splice(at, token);
        }
    }

    /// An edit after which no hash is made right.
    fn raw_step(&mut self, archive: &mut Vec<u8>) {
        let operation = self.byte();
        let records: Vec<Vec<u8>> = records(archive).into_iter().map(<[u8]>::to_vec).collect();
        let record = self.index(records.len()).unwrap_or_default();
        let other = self.index(records.len()).unwrap_or_default();
        let mut records = records;
        match operation % 8 {
            0 if !records.is_empty() => drop(records.remove(record)),
            1 if !records.is_empty() => records.insert(other, records[record].clone()),
            2 if !records.is_empty() => records.swap(record, other),
            3 => records.truncate(record),
            4 => {
                // Cut off anywhere.
                let length = self.number() * 4;
                archive.truncate(length.max(1));
                return;
            }
            _ => {
                let (at, deleted, inserted) = (self.number(), self.byte(), self.bytes());
                if let Some(record) = records.get_mut(record) {
                    let deleted = if operation & 8 == 0 { inserted.len() } else { usize::from(deleted) };
                    splice(record, at, deleted, &inserted);
                }
            }
        }
        *archive = records.concat();
    }
}

/// The originals as they are, and one program for each kind of edit.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = (0..4).map(|original| vec![original]).collect();
    for operation in 0..15 {
        for (number, event) in [(0, 1), (1, 6), (2, 0)] {
            // The operation and its event, which data of it and what in them, and what to put there.
            let program = [[0, 3, operation, event, 0], [40 * number, 0, 3 + number, number, 17 * operation]];
            seeds.push([program.concat(), vec![1, 0, 9]].concat());
        }
    }
    for operation in 0..8 {
        seeds.push(vec![0, 0, 15, 0, 0, operation, 3, 0, 7, 0, 90, 1, 2, 3, 7, 7, 7]);
    }
    seeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_reach_beyond_the_form() {
        let mut checks = std::collections::BTreeSet::new();
        for seed in seeds() {
            let mut program = Program(&seed);
            let original = &ORIGINALS[usize::from(program.byte()) % ORIGINALS.len()];
            let (archive, _) = program.run(original);
            checks.extend(verify::<Ed25519>(&archive, None).err().map(|failure| failure.check.id()));
        }
        assert!(checks.len() >= 10, "{checks:?}");
    }
}
