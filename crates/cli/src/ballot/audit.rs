//! Drives the verification of an archive over threads, with progress.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use concerted_ballot::Group;
use concerted_ballot::archive::{ReadError, Source};
use concerted_ballot::audit::{Audit, Outcome, Step, Task};

use super::archive_file::FileSource;

/// As many as there are processors, unless told otherwise.
pub(crate) fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, NonZeroUsize::get)).clamp(1, 256)
}

/// Verifies an archive to its end.
pub(crate) fn audit<'s, G: Group>(
    source: &'s FileSource,
    hints: Option<&'s FileSource>,
    threads: usize,
) -> Result<Audit<&'s FileSource, G>, ReadError> {
    let mut audit = Audit::<_, G>::new(source, hints)?;
    let mut progress = Progress::new(source.len());
    let (tasks, queue) = mpsc::sync_channel::<Task<G>>(threads);
    let (done, outcomes) = mpsc::channel::<Outcome<G>>();
    let queue = Arc::new(Mutex::new(queue));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (queue, done) = (Arc::clone(&queue), done.clone());
            scope.spawn(move || {
                loop {
                    // The lock is held only while a task is taken.
                    let task = match queue.lock() {
                        Ok(queue) => queue.recv(),
                        Err(_) => return,
                    };
                    let Ok(task) = task else { return };
                    if done.send(task.run()).is_err() {
                        return;
                    }
                }
            });
        }
        // Dropped on every way out, which ends the threads.
        let tasks = tasks;
        let mut under_way = 0usize;
        loop {
            progress.show(audit.position());
            match audit.step()? {
                Step::Run(task) => {
                    tasks.send(task).expect("the threads live as long as the channel");
                    under_way += 1;
                    while under_way > 2 * threads {
                        absorb(&mut audit, &outcomes, &mut under_way)?;
                    }
                    while let Ok(outcome) = outcomes.try_recv() {
                        under_way -= 1;
                        audit.absorb(outcome)?;
                    }
                }
                Step::Wait => absorb(&mut audit, &outcomes, &mut under_way)?,
                Step::Done => return Ok::<_, ReadError>(()),
            }
        }
    })?;
    progress.clear();
    Ok(audit)
}

fn absorb<G: Group>(
    audit: &mut Audit<&FileSource, G>,
    outcomes: &mpsc::Receiver<Outcome<G>>,
    under_way: &mut usize,
) -> Result<(), ReadError> {
    let outcome = outcomes.recv().expect("a task is under way");
    *under_way -= 1;
    Ok(audit.absorb(outcome)?)
}

/// A bar on a terminal, once it takes longer than a moment.
pub(crate) struct Progress {
    total: u64,
    start: Instant,
    shown: Option<u64>,
    is_terminal: bool,
}

impl Progress {
    pub(crate) fn new(total: u64) -> Self {
        Self { total, start: Instant::now(), shown: None, is_terminal: std::io::stderr().is_terminal() }
    }

    pub(crate) fn show(&mut self, done: u64) {
        let percent = done.saturating_mul(100) / self.total.max(1);
        if !self.is_terminal || self.start.elapsed() < Duration::from_secs(1) || self.shown == Some(percent) {
            return;
        }
        self.shown = Some(percent);
        let filled = (percent / 5) as usize;
        eprint!("\r[{}{}] {percent:>3} %", "#".repeat(filled), " ".repeat(20usize.saturating_sub(filled)));
    }

    pub(crate) fn clear(&mut self) {
        if self.shown.take().is_some() {
            eprint!("\r{:30}\r", "");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
