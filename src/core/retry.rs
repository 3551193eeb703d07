//! Whether and when to reconnect. Every rule about retrying is here.

use super::action::Action;

/// The default reconnection time, in milliseconds. The standard: "probably in the region of a few seconds".
pub const DEFAULT_RECONNECTION_TIME: u32 = 3_000;

/// The longest delay that timers hold, in milliseconds (about 24.8 days): `setTimeout` takes a signed 32-bit number and
/// fires at once for more.
pub const MAX_DELAY: u32 = i32::MAX as u32;

/// The backoff's limit in milliseconds, or the reconnection time if that is longer.
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

/// Time and randomness, which the core doesn't have. Asked only when a decision needs it.
pub trait Clock {
    /// Milliseconds of a monotonic clock.
    fn time(&self) -> f64;
    /// Milliseconds since 1970.
    fn date(&self) -> f64;
    /// A random number from 0 to 1, without 1.
    fn random(&self) -> f64;
}

/// Who decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// The standard's rules: GET and HEAD reconnect, other requests are never sent again.
    #[default]
    Standard,
    /// No request is sent again.
    Never,
    /// The user's policy, whatever the method.
    Policy,
    /// The user, at the end of each attempt. The standard's rules say what happens by default.
    Ask,
}

/// How long to wait, and when to stop trying.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Who decides.
    pub rules: Rules,
    /// The reconnection time, in milliseconds, until the server sets another. Default: [`DEFAULT_RECONNECTION_TIME`].
    pub initial_delay: f64,
    /// The delay is multiplied by this after each failed attempt in a row. Default: 2.
    pub factor: f64,
    /// The largest fraction by which a delay is lengthened at random, so that clients that were cut off together don't
    /// reconnect together. Default: 0.
    pub jitter: f64,
    /// The longest delay before jitter, in milliseconds. Only `Retry-After` may exceed it. NaN: 30,000,
    /// or the reconnection time if that is longer. Default: NaN.
    pub max_delay: f64,
    /// How many reconnections in a row may fail. Default: unlimited.
    pub max_attempts: f64,
    /// For how long they may fail, in milliseconds. Default: unlimited.
    pub max_time: f64,
    /// How long a stream has to have been open, in milliseconds, before the next failure counts as the first.
    /// Default: 0.
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
    /// There is a separate request that continues a broken stream.
    can_resume: bool,
    has_opened: bool,
    /// The server's reconnection time. NaN: none.
    reconnection_time: f64,
    opened_at: f64,
    failures_in_a_row: u32,
    failing_since: f64,
}

impl Retry {
    /// Rules for a request that is safe to repeat or not, and that can be resumed by another or not.
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

    /// Whether the next request is the one that resumes.
    pub fn resumes(&self) -> bool {
        self.can_resume && self.has_opened
    }

    /// Whether a response was ever accepted.
    pub fn has_opened(&self) -> bool {
        self.has_opened
    }

    /// Whether ending a request and sending another is safe, without asking the user.
    pub fn may_repeat_request(&self) -> bool {
        self.is_safe_to_repeat || self.resumes()
    }

    /// A `retry` field arrived: its milliseconds apply to all later reconnections.
    pub fn set_reconnection_time(&mut self, milliseconds: f64) {
        self.reconnection_time = milliseconds.min(MAX_DELAY.into());
    }

    /// A response was accepted.
    pub fn opened(&mut self, clock: &impl Clock) {
        self.has_opened = true;
        self.opened_at = clock.time();
    }

    /// Decides what follows the end of an attempt; if the user is asked, the default.
    ///
    /// An attempt without `has_received`, which received no part of an event, counts as failed, so that a policy can stop
    /// after a server that responds with 200 and ends at once. `retry_after` is the server's wish in milliseconds.
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
        // Zero would stay zero.
        let growing = if self.failures_in_a_row == 0 { base } else { base.max(1.0) };
        let failures = self.failures_in_a_row.min(i32::MAX as u32) as i32;
        let delay = (growing * factor.powi(failures)).min(cap);
        let random = if jitter > 0.0 { jitter * clock.random() } else { 0.0 };
        delay * (1.0 + random)
    }
}

/// A delay that timers hold, for any number.
pub fn clamp(milliseconds: f64) -> u32 {
    // A cast of NaN gives 0.
    milliseconds.clamp(0.0, MAX_DELAY.into()) as u32
}
