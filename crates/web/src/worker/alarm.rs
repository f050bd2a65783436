//! Waking the engine at the times it asks for.

use std::collections::BTreeSet;

use wasm_bindgen::prelude::{Closure, JsCast};

use super::{Note, Outbox, now_ms, scope};

/// Browsers count the delay in 31 bits; an early alarm does no harm.
const DELAY_MS_MAX: u64 = 24 * 3600 * 1000;

/// The times asked for, and the timer for the first of them.
pub(super) struct Alarm {
    times_ms: BTreeSet<u64>,
    timer: Option<i32>,
    ring: Closure<dyn FnMut()>,
}

impl Alarm {
    pub(super) fn new(outbox: Outbox) -> Self {
        let ring = Closure::new(move || {
            let _ = outbox.unbounded_send(Note::Alarm);
        });
        Self { times_ms: BTreeSet::new(), timer: None, ring }
    }

    /// Asks for an alarm at this time, beside those asked for before.
    pub(super) fn set(&mut self, at_ms: u64) {
        // To whole tenths of a second, so that many wishes make few alarms.
        self.times_ms.insert(at_ms.div_ceil(100) * 100);
        self.start();
    }

    /// To be called when it rings: forgets the times that have come.
    pub(super) fn rung(&mut self) {
        let now_ms = now_ms();
        self.times_ms.retain(|at_ms| *at_ms > now_ms);
        self.start();
    }

    fn start(&mut self) {
        self.stop();
        let Some(first_ms) = self.times_ms.first() else { return };
        let delay_ms = first_ms.saturating_sub(now_ms()).min(DELAY_MS_MAX);
        let delay_ms = i32::try_from(delay_ms).unwrap_or(i32::MAX);
        self.timer = scope()
            .set_timeout_with_callback_and_timeout_and_arguments_0(
                self.ring.as_ref().unchecked_ref(),
                delay_ms,
            )
            .ok();
    }

    fn stop(&mut self) {
        if let Some(timer) = self.timer.take() {
            scope().clear_timeout_with_handle(timer);
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.stop();
    }
}
