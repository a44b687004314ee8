//! Assists: whoever allocates while marking pays for it with marking.
//!
//! Taking memory makes debt: bytes times the assist ratio. Before a P takes more, it pays: first out of
//! the credit that background workers have earned, then by marking itself. If there is nothing to mark
//! just now (others hold the last grey objects), the allocation still succeeds, and then its goroutine waits in the
//! [assist queue](super::assist_queue) until others have marked for it, so that it cannot outrun the collector.
//! Debts end with the cycle.
//!
//! Go counterpart: `gcAssistAlloc`. Credit is per goroutine there; here it is the P's, since it is the P that takes memory,
//! a window at a time; a goroutine that goes to wait takes the debt along.

use crate::collector::Collector;
use crate::config::AssistPolicy;
use crate::mark::drain::{DrainOptions, Until};
use crate::mutator::Mutator;

/// An assist does at least so much, so that its overhead is spread.
const MIN_ASSIST: i64 = 64 << 10;

/// With the policy `capped`, an assist does at most so much.
const MAX_CAPPED: i64 = 256 << 10;

impl Collector {
    /// Memory was taken.
    #[inline]
    pub(crate) fn charge(&self, own: &Mutator, bytes: usize) {
        if self.cycle.is_marking() && self.config.assist != AssistPolicy::Off {
            let debt = (bytes as f64 * self.published.assist_ratio()) as i64;
            own.assist_credit.set(own.assist_credit.get().saturating_sub(debt));
        }
    }

    /// Pays what the P owes, as far as there is work.
    pub(crate) fn pay_debt(&self, own: &Mutator) {
        let debt = -own.assist_credit.get();
        if debt <= 0 {
            return;
        }
        if self.published.is_limiting() {
            // The CPU limiter: the heap may pass its goal rather than that the program stands still.
            own.assist_credit.set(0);
            return;
        }
        let stolen = self.assists.steal(debt as u64) as i64;
        own.assist_credit.set(stolen - debt);
        if stolen >= debt {
            return;
        }
        let capped = self.config.assist == AssistPolicy::Capped;
        let mut wanted = (debt - stolen).max(MIN_ASSIST);
        if capped {
            wanted = wanted.min(MAX_CAPPED);
        }
        self.assist(own, wanted as u64);
        if own.assist_credit.get() >= 0 || !self.cycle.is_marking() {
            return;
        }
        if capped {
            own.assist_credit.set(0);
        } else if self.work.is_empty() && !self.roots.jobs_waiting() {
            // Else a stop of the world or a ragged barrier called it off: the rest is due at the next allocation.
            own.set_owes(true);
        }
    }

    fn assist(&self, own: &Mutator, wanted: u64) {
        let host = self.host();
        let began_ns = host.now_ns();
        host.while_suspendable(&mut |who| {
            let options = DrainOptions { until: Until::Work(wanted), credits_all: false };
            let done = self.drain(own, who, options);
            own.assist_credit.set(own.assist_credit.get() + done as i64);
            self.finish_marking_if_last(own, who);
        });
        let now_ns = host.now_ns();
        self.published.add_assist_time(now_ns.saturating_sub(began_ns));
        if self.published.limiter_due(now_ns) {
            self.update_limiter(now_ns);
        }
    }
}
