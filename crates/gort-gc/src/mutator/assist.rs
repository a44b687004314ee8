//! Assists: whoever allocates while marking pays for it with marking.
//!
//! Taking memory makes debt: bytes times the assist ratio. Before a P takes more, it pays: first out of
//! the credit that background workers have earned, then by marking itself. If there is nothing to mark
//! just now (others hold the last grey objects), the debt stays and the goroutine is asked to yield, so
//! that it cannot outrun the collector. Debts end with the cycle.
//!
//! Go counterpart: `gcAssistAlloc` (credit per goroutine there, per P here).

use crate::collector::Collector;
use crate::mark::drain::{DrainOptions, Until};
use crate::mutator::Mutator;

/// An assist does at least so much, so that its overhead is spread.
const MIN_ASSIST: i64 = 64 << 10;

impl Collector {
    /// Memory was taken.
    #[inline]
    pub(crate) fn charge(&self, own: &Mutator, bytes: usize) {
        if self.cycle.is_marking() && !self.config.assist_off {
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
        let stolen = self.published.steal_background_credit(debt as u64) as i64;
        own.assist_credit.set(stolen - debt);
        if stolen >= debt {
            return;
        }
        let host = self.host();
        let began_ns = host.now_ns();
        let wanted = (debt - stolen).max(MIN_ASSIST) as u64;
        host.while_suspendable(&mut |who| {
            let options = DrainOptions { until: Until::Work(wanted), credits_all: false };
            let done = self.drain(own, who, options);
            own.assist_credit.set(own.assist_credit.get() + done as i64);
            self.finish_marking_if_last(own, who);
        });
        self.published.add_assist_time(host.now_ns().saturating_sub(began_ns));
        if self.cycle.is_marking() && own.assist_credit.get() < 0 {
            own.wish_to_yield();
        }
    }
}
