//! How long a command waits for a cluster.

use std::time::Duration;

/// For so long an answer is waited for, counted from the start: a server that always tells something and never all of it does
/// not hold a command for ever. A longer `--request-timeout` is a longer wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// For so long a connection is waited for. It has limits of its own, which tell more: an exec plugin may need a sign-in.
const CONNECTING: Duration = Duration::from_secs(240);

/// For how long something is waited for, from the start; `None` for as long as it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Everything that may be read.
    pub answer: Option<Duration>,
    /// The connection.
    pub connection: Option<Duration>,
}

impl Deadlines {
    /// Those of a `--request-timeout`.
    pub fn of(request_timeout: Option<Duration>) -> Self {
        let answer = match request_timeout {
            None => Some(PATIENCE),
            Some(limit) if limit.is_zero() => None,
            Some(limit) => Some(limit.max(PATIENCE)),
        };
        Self { answer, connection: answer.map(|answer| answer.max(CONNECTING)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_request_timeout_is_a_longer_wait_and_a_shorter_one_is_not() {
        let of = |seconds: u64| Deadlines::of(Some(Duration::from_secs(seconds))).answer;
        assert_eq!(Deadlines::of(None).answer, Some(PATIENCE));
        assert_eq!((of(5), of(300), of(0)), (Some(PATIENCE), Some(Duration::from_secs(300)), None));
        // A plugin may need a sign-in.
        assert_eq!(Deadlines::of(None).connection, Some(CONNECTING));
    }
}
