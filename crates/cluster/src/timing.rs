//! How long is waited for what: one place, so that tests can run it all in milliseconds.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long is waited for what. All of it but [`Timeouts::answer`] is spread by a quarter, so that many clients (and our own
/// watches) do not ask at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Before the first attempt after a failure; doubled from failure to failure.
    pub retry: Duration,
    /// Before an attempt after many failures.
    pub retry_at_most: Duration,
    /// Until a kind that the cluster does not have is looked for again.
    pub look: Duration,
    /// Until what cannot be read is asked for again.
    pub refused: Duration,
    /// From one start of a watch to the next: a server that ends every watch at once is not asked in a tight loop.
    pub restart: Duration,
    /// For an answer, or the next part of a list.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            retry: Duration::from_millis(800),
            retry_at_most: Duration::from_secs(10),
            look: Duration::from_secs(5),
            refused: Duration::from_secs(60),
            restart: Duration::from_secs(1),
            answer: Duration::from_secs(30),
        }
    }
}

/// `duration`, a quarter more or less.
pub(super) fn jitter(duration: Duration) -> Duration {
    // A hasher of the standard library is keyed at random: all the randomness that this takes.
    let random = u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default();
    duration.mul_f64(0.75 + f64::from(random) / f64::from(u32::MAX) / 2.0)
}

/// Longer and longer pauses, from failure to failure.
#[derive(Debug)]
pub(super) struct Backoff {
    pace: Timeouts,
    failures: u32,
}

impl Backoff {
    pub fn new(pace: Timeouts) -> Self {
        Self { pace, failures: 0 }
    }

    /// Whether nothing failed lately.
    pub fn is_fresh(&self) -> bool {
        self.failures == 0
    }

    /// A watch ran for `lasted`: a failure long after it began counts as the first. That a list was read is not enough: a
    /// server that breaks down under it must not be asked for it again and again.
    pub fn ran(&mut self, lasted: Duration) {
        if lasted > self.pace.retry_at_most * 2 {
            self.failures = 0;
        }
    }

    /// The pause after one more failure.
    pub fn next(&mut self) -> Duration {
        let pause = self.pace.retry.saturating_mul(1 << self.failures.min(16)).min(self.pace.retry_at_most);
        self.failures = self.failures.saturating_add(1);
        jitter(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest_and_are_spread() {
        let pace = Timeouts::default();
        let mut backoff = Backoff::new(pace);
        let pauses: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        assert!(pauses[0] >= pace.retry.mul_f64(0.75) && pauses[0] <= pace.retry.mul_f64(1.25), "{:?}", pauses[0]);
        assert!(pauses[39] >= pace.retry_at_most.mul_f64(0.75) && pauses[39] <= pace.retry_at_most.mul_f64(1.25));
        assert_ne!(pauses[38], pauses[39]);
        backoff.ran(pace.retry_at_most);
        assert!(!backoff.is_fresh());
        backoff.ran(pace.retry_at_most * 3);
        assert!(backoff.is_fresh());
    }
}
