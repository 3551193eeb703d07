//! Whether and when to reestablish the connection. Every rule about retrying is here.

/// The reconnection time until a `retry` field sets another, in milliseconds: "probably in the region of a
/// few seconds", says the standard.
pub const DEFAULT_RECONNECTION_TIME: u32 = 3_000;

/// The longest delay that timers hold, in milliseconds (about 24 days): `setTimeout` takes a signed 32-bit
/// number and fires at once for more.
pub const MAX_DELAY: u32 = i32::MAX as u32;

/// Attempts that fail in a row wait longer each time, up to this many milliseconds or the reconnection time
/// itself where that is longer.
const MAX_BACKOFF: u32 = 30_000;

/// Whether sending the request twice does no more than sending it once: true of GET and HEAD, whatever their
/// case, as Fetch normalises it. A POST may be billed, so its end is the stream's end.
pub fn is_safe_to_repeat(method: &str) -> bool {
    method.eq_ignore_ascii_case("GET") || method.eq_ignore_ascii_case("HEAD")
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The request failed before there was a response.
    RequestFailed,
    /// The response wasn't an event stream, or none that can be read.
    Refused,
    /// The body broke off.
    BodyFailed,
    /// The body came to its end.
    BodyEnded,
    /// A limit was exceeded.
    TooLarge,
}

/// What follows from an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Reestablish the connection after so many milliseconds.
    Reconnect(u32),
    /// Fail the connection.
    Fail,
    /// The stream is complete.
    Complete,
}

/// The rules, and what they have to remember between attempts.
#[derive(Debug)]
pub struct Retry {
    safe_to_repeat: bool,
    reconnection_time: u32,
    failures_in_a_row: u32,
}

impl Retry {
    /// The standard's rules for a request that is safe to repeat; otherwise nothing is ever sent twice.
    pub fn new(safe_to_repeat: bool) -> Self {
        Self { safe_to_repeat, reconnection_time: DEFAULT_RECONNECTION_TIME, failures_in_a_row: 0 }
    }

    /// A `retry` field came: its milliseconds hold for all later reconnections.
    pub fn set_reconnection_time(&mut self, milliseconds: u64) {
        self.reconnection_time = milliseconds.min(MAX_DELAY.into()) as u32;
    }

    /// A response was accepted.
    pub fn opened(&mut self) {
        self.failures_in_a_row = 0;
    }

    /// What to do now that an attempt has ended.
    pub fn decide(&mut self, outcome: Outcome) -> Decision {
        match outcome {
            Outcome::Refused | Outcome::TooLarge => Decision::Fail,
            Outcome::BodyEnded if !self.safe_to_repeat => Decision::Complete,
            Outcome::RequestFailed | Outcome::BodyFailed if !self.safe_to_repeat => Decision::Fail,
            Outcome::BodyEnded | Outcome::BodyFailed => Decision::Reconnect(self.reconnection_time),
            Outcome::RequestFailed => {
                let delay = self.backoff();
                self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
                Decision::Reconnect(delay)
            }
        }
    }

    /// [spec] Optionally, wait some more. In particular, if the previous attempt failed, then user agents
    /// might introduce an exponential backoff delay to avoid overloading a potentially already overloaded
    /// server.
    fn backoff(&self) -> u32 {
        if self.failures_in_a_row == 0 {
            return self.reconnection_time;
        }
        let factor = 1_u32.checked_shl(self.failures_in_a_row).unwrap_or(u32::MAX);
        let cap = MAX_BACKOFF.max(self.reconnection_time);
        self.reconnection_time.max(1).saturating_mul(factor).min(cap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<u32> {
        let delay = |decision| match decision {
            Decision::Reconnect(delay) => delay,
            other => panic!("{other:?}"),
        };
        (0..count).map(|_| delay(retry.decide(outcome))).collect()
    }

    #[test]
    fn c7_a_stream_that_ends_is_reestablished_after_the_reconnection_time() {
        let mut retry = Retry::new(true);
        assert_eq!(delays(&mut retry, Outcome::BodyEnded, 3), [3_000, 3_000, 3_000]);
        assert_eq!(delays(&mut retry, Outcome::BodyFailed, 3), [3_000, 3_000, 3_000]);
    }

    #[test]
    fn c9_a_retry_field_sets_the_time_of_all_later_reconnections() {
        let mut retry = Retry::new(true);
        retry.set_reconnection_time(20);
        assert_eq!(delays(&mut retry, Outcome::BodyEnded, 2), [20, 20]);
        retry.set_reconnection_time(0);
        assert_eq!(delays(&mut retry, Outcome::BodyEnded, 2), [0, 0]);
    }

    #[test]
    fn every_delay_is_one_that_timers_hold() {
        for time in [99_999_999_999, i32::MAX as u64, i32::MAX as u64 + 1, u64::MAX] {
            let mut retry = Retry::new(true);
            retry.set_reconnection_time(time);
            assert_eq!(delays(&mut retry, Outcome::BodyEnded, 1), [MAX_DELAY], "{time}");
            assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [MAX_DELAY; 3], "{time}");
        }
    }

    #[test]
    fn requests_that_fail_in_a_row_back_off_from_the_reconnection_time() {
        let mut retry = Retry::new(true);
        assert_eq!(
            delays(&mut retry, Outcome::RequestFailed, 6),
            [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]
        );
        retry.opened();
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 2), [3_000, 6_000]);

        let mut retry = Retry::new(true);
        retry.set_reconnection_time(0);
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [0, 2, 4, 8, 16]);
        assert_eq!(*delays(&mut retry, Outcome::RequestFailed, 60).last().unwrap(), 30_000);

        let mut retry = Retry::new(true);
        retry.set_reconnection_time(60_000);
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [60_000; 3]);
    }

    #[test]
    fn c6_a_refused_response_fails_the_connection() {
        for safe_to_repeat in [true, false] {
            for outcome in [Outcome::Refused, Outcome::TooLarge] {
                assert_eq!(Retry::new(safe_to_repeat).decide(outcome), Decision::Fail);
            }
        }
    }

    #[test]
    fn a_request_that_is_not_safe_to_repeat_is_not_repeated() {
        let mut retry = Retry::new(false);
        retry.set_reconnection_time(1);
        assert_eq!(retry.decide(Outcome::BodyEnded), Decision::Complete);
        assert_eq!(retry.decide(Outcome::BodyFailed), Decision::Fail);
        assert_eq!(retry.decide(Outcome::RequestFailed), Decision::Fail);
    }

    #[test]
    fn only_get_and_head_are_safe_to_repeat() {
        for method in ["GET", "get", "HEAD", "Head"] {
            assert!(is_safe_to_repeat(method));
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "QUERY", "OPTIONS", "GETS", ""] {
            assert!(!is_safe_to_repeat(method));
        }
    }
}
