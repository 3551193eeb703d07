//! Whether and when to reconnect. Every rule about retrying is here.

use super::action::Action;

/// The default reconnection time, in milliseconds. The standard: "probably in the region of a few seconds".
pub const DEFAULT_RECONNECTION_TIME: u32 = 3_000;

/// The `setTimeout` maximum, in milliseconds (about 24.8 days): the delay is a signed 32-bit number, and for more, the
/// timer fires at once.
pub const MAX_DELAY: u32 = i32::MAX as u32;

/// The default limit of the backoff, in milliseconds. A longer reconnection time raises it.
const DEFAULT_MAX_DELAY: f64 = 30_000.0;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There was no response.
    RequestFailed,
    /// The response has a status that the user wants to be retried.
    RetriedStatus,
    /// The response isn't an event stream, can't be read, or exceeds a limit: a retry would have the same result.
    Refused,
    /// The connection broke while the body was being read.
    BodyFailed,
    /// The body ended.
    BodyEnded,
}

/// Time and randomness, which the core doesn't have. Called only when a decision needs them.
pub trait Clock {
    /// Milliseconds of a monotonic clock.
    fn time(&self) -> f64;
    /// Milliseconds since 1970.
    fn date(&self) -> f64;
    /// A random number from 0 (inclusive) to 1 (exclusive).
    fn random(&self) -> f64;
}

/// The rules about reconnecting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// The standard's rules: GET and HEAD reconnect, other requests are never sent again.
    #[default]
    Standard,
    /// No request is sent again.
    Never,
    /// The user's policy, for all methods.
    Policy,
    /// The user's function decides at the end of each attempt. The standard's rules are its default.
    Ask,
}

/// How long to wait, and when to stop trying.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The rules.
    pub rules: Rules,
    /// The reconnection time, in milliseconds, until the server sets another. Default: [`DEFAULT_RECONNECTION_TIME`].
    pub initial_delay: f64,
    /// The factor by which the delay grows with each failed attempt in a row. Default: 2.
    pub factor: f64,
    /// The largest fraction by which a delay is lengthened at random, so that clients that lost their connections at
    /// the same time don't reconnect at the same time. Default: 0.
    pub jitter: f64,
    /// The longest delay before jitter, in milliseconds. Only `Retry-After` may exceed it. NaN means 30,000, or the
    /// reconnection time if that is longer. Default: NaN.
    pub max_delay: f64,
    /// The largest number of failed reconnections in a row. Default: unlimited.
    pub max_attempts: f64,
    /// The longest time of failures in a row, in milliseconds. Default: unlimited.
    pub max_time: f64,
    /// After a stream has been open for this many milliseconds, the next failure counts as the first. Default: 0.
    pub reset_after: f64,
    /// Statuses that are retried, three digits each. Default: none.
    pub statuses: Box<[u8]>,
    /// Whether a `Retry-After` header lengthens the delay. Default: yes.
    pub retry_after: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            rules: Rules::Standard,
            initial_delay: DEFAULT_RECONNECTION_TIME.into(),
            factor: 2.0,
            jitter: 0.0,
            max_delay: f64::NAN,
            max_attempts: f64::INFINITY,
            max_time: f64::INFINITY,
            reset_after: 0.0,
            statuses: Box::default(),
            retry_after: true,
        }
    }
}

/// The rules, and their state between attempts.
#[derive(Debug)]
pub struct Retry {
    /// How long to wait, and when to stop trying.
    pub policy: Policy,
    is_safe_to_repeat: bool,
    /// Whether the user has given a `resume` request, which continues a broken stream.
    can_resume: bool,
    has_opened: bool,
    /// The reconnection time that the server has set, or NaN.
    reconnection_time: f64,
    opened_at: f64,
    failures_in_a_row: u32,
    failing_since: f64,
}

impl Retry {
    /// The rules for a request. `can_resume`: another request can continue its stream.
    pub fn new(policy: Policy, is_safe_to_repeat: bool, can_resume: bool) -> Self {
        Self {
            policy,
            is_safe_to_repeat,
            can_resume,
            has_opened: false,
            reconnection_time: f64::NAN,
            opened_at: f64::NAN,
            failures_in_a_row: 0,
            failing_since: f64::NAN,
        }
    }

    /// Whether the next request is the user's `resume` request.
    pub fn resumes(&self) -> bool {
        self.can_resume && self.has_opened
    }

    /// Whether the request may be ended and sent again without asking the user.
    pub fn may_repeat_request(&self) -> bool {
        self.is_safe_to_repeat || self.resumes()
    }

    /// Sets the reconnection time of all later reconnections, from a `retry` field.
    pub fn set_reconnection_time(&mut self, milliseconds: f64) {
        self.reconnection_time = milliseconds.min(MAX_DELAY.into());
    }

    /// Call it when a response was accepted.
    pub fn opened(&mut self, clock: &impl Clock) {
        self.has_opened = true;
        self.opened_at = clock.time();
    }

    /// Decides how to continue after the end of an attempt. With [`Rules::Ask`], that is only the default.
    ///
    /// `has_received`: any part of an event arrived. With a policy, an attempt without it counts as failed, so that a
    /// server that responds with 200 and ends at once isn't asked forever. `retry_after` is in milliseconds.
    pub fn decide(
        &mut self,
        outcome: Outcome,
        has_received: bool,
        retry_after: Option<f64>,
        clock: &impl Clock,
    ) -> Action {
        let time = clock.time();
        let has_succeeded = has_received || self.policy.rules != Rules::Policy;
        if has_succeeded && time - self.opened_at >= self.policy.reset_after {
            self.failures_in_a_row = 0;
            self.failing_since = f64::NAN;
        }
        self.opened_at = f64::NAN;
        let may_repeat = match self.policy.rules {
            Rules::Never => false,
            Rules::Standard | Rules::Ask => self.may_repeat_request(),
            Rules::Policy => true,
        };
        match outcome {
            // The end of a resumed response is the end of the stream, as is that of a response to a POST.
            Outcome::BodyEnded
                if !may_repeat || !(self.is_safe_to_repeat || self.policy.rules == Rules::Policy) =>
            {
                return Action::Complete;
            }
            Outcome::Refused => return Action::Fail,
            _ if !may_repeat => return Action::Fail,
            _ => {}
        }
        let mut delay = self.delay(clock);
        if self.policy.retry_after {
            delay = delay.max(retry_after.unwrap_or(0.0));
        }
        if self.failing_since.is_nan() {
            self.failing_since = time;
        }
        let failures = self.failures_in_a_row.saturating_add(1);
        if f64::from(self.failures_in_a_row) >= self.policy.max_attempts
            || time + delay - self.failing_since > self.policy.max_time
        {
            return Action::GiveUp(failures);
        }
        self.failures_in_a_row = failures;
        Action::Reconnect(clamp(delay))
    }

    /// [spec] Optionally, wait some more. In particular, if the previous attempt failed, then user agents might
    /// introduce an exponential backoff delay to avoid overloading a potentially already overloaded server.
    fn delay(&self, clock: &impl Clock) -> f64 {
        let Policy { initial_delay, factor, jitter, max_delay, .. } = self.policy;
        let base = if self.reconnection_time.is_nan() { initial_delay } else { self.reconnection_time };
        let cap = if max_delay.is_nan() { base.max(DEFAULT_MAX_DELAY) } else { max_delay };
        // A delay of 0 would never grow.
        let growing = if self.failures_in_a_row == 0 { base } else { base.max(1.0) };
        let failures = self.failures_in_a_row.min(i32::MAX as u32) as i32;
        let delay = (growing * factor.powi(failures)).min(cap);
        let random = if jitter > 0.0 { jitter * clock.random() } else { 0.0 };
        delay * (1.0 + random)
    }
}

/// Limits any number to a delay that `setTimeout` can hold.
pub fn clamp(milliseconds: f64) -> u32 {
    // A cast of NaN gives 0.
    milliseconds.clamp(0.0, MAX_DELAY.into()) as u32
}
