//! Whether and when to reestablish the connection. Every rule about retrying is here.

use super::retry_after::retry_after;

/// The reconnection time until a `retry` field or the user sets another, in milliseconds: "probably in the
/// region of a few seconds", says the standard.
pub const DEFAULT_RECONNECTION_TIME: u32 = 3_000;

/// The longest delay that timers hold, in milliseconds (about 24 days): `setTimeout` takes a signed 32-bit
/// number and fires at once for more.
pub const MAX_DELAY: u32 = i32::MAX as u32;

/// Attempts that fail in a row wait longer each time, up to this many milliseconds or the reconnection time
/// itself where that is longer.
const DEFAULT_MAX_DELAY: f64 = 30_000.0;

/// Whether sending the request twice does no more than sending it once: true of GET and HEAD, whatever their
/// case, as Fetch normalises it. A POST may be billed, so its end is the stream's end.
pub fn is_safe_to_repeat(method: &str) -> bool {
    method.eq_ignore_ascii_case("GET") || method.eq_ignore_ascii_case("HEAD")
}

/// Whether a URL's host is this machine, which needs no network to be reached. The URL is serialized.
pub fn is_local(url: &str) -> bool {
    let ends = |byte: &u8| b"/?#".contains(byte);
    // scheme, nothing between the slashes, authority
    let Some(authority) = url.as_bytes().split(ends).nth(2) else { return false };
    let host = authority.rsplit(|&byte| byte == b'@').next().unwrap_or_default();
    let name = host.split(|&byte| byte == b':').next().unwrap_or_default();
    name == b"localhost"
        || name.ends_with(b".localhost")
        || name.starts_with(b"127.")
        || host.starts_with(b"[::1]")
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// There was no response.
    RequestFailed,
    /// The response's status isn't 200; and its `Retry-After` header if it has one.
    Status(u16, Option<&'a str>),
    /// What came is no event stream, can't be read, or is over a limit: asking again brings the same.
    Refused,
    /// The body broke off.
    BodyFailed,
    /// The body came to its end.
    BodyEnded,
}

/// What follows from an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Reestablish the connection after so many milliseconds.
    Reconnect(u32),
    /// Fail the connection.
    Fail,
    /// Fail the connection, which has been tried this many times in vain.
    GiveUp(u32),
    /// The stream is complete.
    Complete,
}

/// What the core can't know by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Milliseconds on a clock that never goes back.
    pub time: f64,
    /// Milliseconds since 1970.
    pub date: f64,
    /// A random number from 0 to 1, without 1.
    pub random: f64,
}

/// How long to wait, and when to stop trying.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The reconnection time, in milliseconds, until the server sets another. Default:
    /// [`DEFAULT_RECONNECTION_TIME`].
    pub initial_delay: f64,
    /// By how much the delay grows with each attempt in a row that failed. Default: 2.
    pub factor: f64,
    /// Up to which part of itself a delay is lengthened at random, so that clients that were cut off together
    /// don't come back together. Default: 0; the shim gives 0.5 where the user gives a policy.
    pub jitter: f64,
    /// The longest delay before jitter, in milliseconds, whatever the server says but for `Retry-After`.
    /// Default: 30,000, or the reconnection time where that is longer.
    pub max_delay: Option<f64>,
    /// How many reconnections in a row may fail. Default: any number.
    pub max_attempts: f64,
    /// For how long they may, in milliseconds. Default: for ever.
    pub max_time: f64,
    /// How long a stream has to have been open, in milliseconds, before the next failure counts as the first.
    /// Default: 0.
    pub reset_after: f64,
    /// Statuses that are tried again. Default: none.
    pub statuses: Vec<u16>,
    /// Whether a `Retry-After` header lengthens the delay. Default: yes.
    pub retry_after: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            initial_delay: DEFAULT_RECONNECTION_TIME.into(),
            factor: 2.0,
            jitter: 0.0,
            max_delay: None,
            max_attempts: f64::INFINITY,
            max_time: f64::INFINITY,
            reset_after: 0.0,
            statuses: Vec::new(),
            retry_after: true,
        }
    }
}

/// Who decides.
#[derive(Clone, Debug, PartialEq)]
pub enum Rules {
    /// The standard's rules, for requests that are safe to repeat; others aren't.
    Standard,
    /// Nothing is repeated.
    Never,
    /// This policy, whatever the method.
    Policy(Policy),
    /// The user, of each outcome; [`Retry::decide`] says what the standard's rules would do, with the times
    /// of this policy.
    Ask(Policy),
}

/// The rules, and what they have to remember between attempts.
#[derive(Debug)]
pub struct Retry {
    rules: Rules,
    policy: Policy,
    safe_to_repeat: bool,
    /// A request of its own continues a stream that broke off.
    can_resume: bool,
    has_opened: bool,
    /// What the server set.
    reconnection_time: Option<f64>,
    opened_at: Option<f64>,
    failures_in_a_row: u32,
    failing_since: Option<f64>,
}

impl Retry {
    /// Rules for a request that is safe to repeat or not, and that can be resumed by another or not.
    pub fn new(rules: Rules, safe_to_repeat: bool, can_resume: bool) -> Self {
        let policy = match &rules {
            Rules::Policy(policy) | Rules::Ask(policy) => policy.clone(),
            _ => Policy::default(),
        };
        Self {
            rules,
            policy,
            safe_to_repeat,
            can_resume,
            has_opened: false,
            reconnection_time: None,
            opened_at: None,
            failures_in_a_row: 0,
            failing_since: None,
        }
    }

    /// Whether the user is to be asked.
    pub fn asks(&self) -> bool {
        matches!(self.rules, Rules::Ask(_))
    }

    /// Whether the next request is the one that resumes.
    pub fn resumes(&self) -> bool {
        self.can_resume && self.has_opened
    }

    /// Whether letting go of a request and sending another is safe, without asking anybody.
    pub fn may_repeat_request(&self) -> bool {
        self.safe_to_repeat || self.resumes()
    }

    /// A `retry` field came: its milliseconds hold for all later reconnections.
    pub fn set_reconnection_time(&mut self, milliseconds: u64) {
        self.reconnection_time = Some(milliseconds.min(MAX_DELAY.into()) as f64);
    }

    /// A response was accepted.
    pub fn opened(&mut self, moment: Moment) {
        self.has_opened = true;
        self.opened_at = Some(moment.time);
    }

    /// What to do now that an attempt has ended; where the user is asked, what would be done by default.
    pub fn decide(&mut self, outcome: Outcome, moment: Moment) -> Decision {
        if self.opened_at.take().is_some_and(|opened_at| moment.time - opened_at >= self.policy.reset_after) {
            self.failures_in_a_row = 0;
            self.failing_since = None;
        }
        let is_users_choice = matches!(self.rules, Rules::Policy(_));
        let may_repeat = match self.rules {
            Rules::Never => false,
            Rules::Standard | Rules::Ask(_) => self.may_repeat_request(),
            Rules::Policy(_) => true,
        };
        let server_delay = match outcome {
            // What was resumed is a whole, whose end is the end; so is an answer to a POST.
            Outcome::BodyEnded if !may_repeat || (!self.safe_to_repeat && !is_users_choice) => {
                return Decision::Complete;
            }
            Outcome::Refused => return Decision::Fail,
            _ if !may_repeat => return Decision::Fail,
            Outcome::Status(status, _) if !self.policy.statuses.contains(&status) => return Decision::Fail,
            Outcome::Status(_, Some(header)) if self.policy.retry_after => retry_after(header, moment.date),
            Outcome::Status(..) | Outcome::RequestFailed | Outcome::BodyFailed | Outcome::BodyEnded => None,
        };
        let delay = self.delay(moment.random).max(server_delay.unwrap_or(0.0));
        let failing_since = *self.failing_since.get_or_insert(moment.time);
        if f64::from(self.failures_in_a_row) >= self.policy.max_attempts
            || moment.time + delay - failing_since > self.policy.max_time
        {
            return Decision::GiveUp(self.failures_in_a_row.saturating_add(1));
        }
        self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
        Decision::Reconnect(clamp(delay))
    }

    /// [spec] Optionally, wait some more. In particular, if the previous attempt failed, then user agents
    /// might introduce an exponential backoff delay to avoid overloading a potentially already overloaded
    /// server.
    fn delay(&self, random: f64) -> f64 {
        let Policy { initial_delay, factor, jitter, max_delay, .. } = self.policy;
        let base = self.reconnection_time.unwrap_or(initial_delay);
        // A delay of nothing would stay nothing.
        let growing = if self.failures_in_a_row == 0 { base } else { base.max(1.0) };
        let cap = max_delay.unwrap_or(DEFAULT_MAX_DELAY.max(base));
        let failures = self.failures_in_a_row.min(i32::MAX as u32) as i32;
        (growing * factor.powi(failures)).min(cap) * (1.0 + jitter * random)
    }
}

/// A delay that timers hold, of whatever number.
pub fn clamp(milliseconds: f64) -> u32 {
    // A cast of what isn't a number gives 0.
    milliseconds.clamp(0.0, MAX_DELAY.into()) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(safe_to_repeat: bool) -> Retry {
        Retry::new(Rules::Standard, safe_to_repeat, false)
    }

    fn with(policy: Policy) -> Retry {
        Retry::new(Rules::Policy(policy), true, false)
    }

    /// Each a moment after the other, but for the first with no time between.
    fn delays(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<u32> {
        let delay = |decision| match decision {
            Decision::Reconnect(delay) => delay,
            other => panic!("{other:?}"),
        };
        (0..count).map(|_| delay(retry.decide(outcome, Moment::default()))).collect()
    }

    /// The stream opens, and then something happens.
    fn delays_after_opening(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<u32> {
        (0..count)
            .flat_map(|_| {
                retry.opened(Moment::default());
                delays(retry, outcome, 1)
            })
            .collect()
    }

    #[test]
    fn c7_a_stream_that_ends_is_reestablished_after_the_reconnection_time() {
        let mut retry = standard(true);
        assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 3), [3_000, 3_000, 3_000]);
        assert_eq!(delays_after_opening(&mut retry, Outcome::BodyFailed, 3), [3_000, 3_000, 3_000]);
    }

    #[test]
    fn c9_a_retry_field_sets_the_time_of_all_later_reconnections() {
        let mut retry = standard(true);
        retry.set_reconnection_time(20);
        assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 2), [20, 20]);
        retry.set_reconnection_time(0);
        assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 2), [0, 0]);
    }

    #[test]
    fn every_delay_is_one_that_timers_hold() {
        for time in [99_999_999_999, i32::MAX as u64, i32::MAX as u64 + 1, u64::MAX] {
            let mut retry = standard(true);
            retry.set_reconnection_time(time);
            assert_eq!(delays(&mut retry, Outcome::BodyEnded, 1), [MAX_DELAY], "{time}");
            assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [MAX_DELAY; 3], "{time}");
        }
        for (number, expected) in [
            (f64::NAN, 0),
            (-1.0, 0),
            (f64::INFINITY, MAX_DELAY),
            (1.9, 1),
            (1e300, MAX_DELAY),
            (f64::NEG_INFINITY, 0),
        ] {
            assert_eq!(clamp(number), expected, "{number}");
        }
        let policy = Policy {
            initial_delay: 1e300,
            factor: 1e300,
            jitter: 1e300,
            max_delay: Some(1e300),
            ..Policy::default()
        };
        let mut retry = with(policy);
        for _ in 0..3 {
            let moment = Moment { random: 0.9, ..Moment::default() };
            assert_eq!(retry.decide(Outcome::RequestFailed, moment), Decision::Reconnect(MAX_DELAY));
        }
    }

    #[test]
    fn requests_that_fail_in_a_row_back_off_from_the_reconnection_time() {
        let mut retry = standard(true);
        assert_eq!(
            delays(&mut retry, Outcome::RequestFailed, 6),
            [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]
        );
        assert_eq!(delays_after_opening(&mut retry, Outcome::RequestFailed, 1), [3_000]);
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 1), [6_000]);

        let mut retry = standard(true);
        retry.set_reconnection_time(0);
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [0, 2, 4, 8, 16]);
        assert_eq!(*delays(&mut retry, Outcome::RequestFailed, 60).last().unwrap(), 30_000);

        let mut retry = standard(true);
        retry.set_reconnection_time(60_000);
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [60_000; 3]);
    }

    #[test]
    fn c6_a_refused_response_fails_the_connection() {
        for safe_to_repeat in [true, false] {
            for outcome in [Outcome::Refused, Outcome::Status(503, Some("1")), Outcome::Status(204, None)] {
                assert_eq!(standard(safe_to_repeat).decide(outcome, Moment::default()), Decision::Fail);
            }
        }
    }

    #[test]
    fn a_request_that_is_not_safe_to_repeat_is_not_repeated() {
        let mut retry = standard(false);
        retry.set_reconnection_time(1);
        assert_eq!(retry.decide(Outcome::BodyEnded, Moment::default()), Decision::Complete);
        assert_eq!(retry.decide(Outcome::BodyFailed, Moment::default()), Decision::Fail);
        assert_eq!(retry.decide(Outcome::RequestFailed, Moment::default()), Decision::Fail);
    }

    #[test]
    fn never_means_never() {
        let mut retry = Retry::new(Rules::Never, true, true);
        retry.opened(Moment::default());
        assert_eq!(retry.decide(Outcome::BodyEnded, Moment::default()), Decision::Complete);
        assert_eq!(retry.decide(Outcome::BodyFailed, Moment::default()), Decision::Fail);
        assert_eq!(retry.decide(Outcome::RequestFailed, Moment::default()), Decision::Fail);
    }

    #[test]
    fn what_can_be_resumed_is_resumed_once_it_has_begun_and_its_end_is_the_end() {
        let mut retry = Retry::new(Rules::Standard, false, true);
        assert!(!retry.resumes());
        assert_eq!(retry.decide(Outcome::RequestFailed, Moment::default()), Decision::Fail);
        retry.opened(Moment::default());
        assert!(retry.resumes());
        assert_eq!(retry.decide(Outcome::BodyFailed, Moment::default()), Decision::Reconnect(3_000));
        assert_eq!(retry.decide(Outcome::RequestFailed, Moment::default()), Decision::Reconnect(6_000));
        assert_eq!(retry.decide(Outcome::BodyEnded, Moment::default()), Decision::Complete);
    }

    #[test]
    fn a_policy_repeats_any_request_knowingly() {
        let mut retry = Retry::new(Rules::Policy(Policy::default()), false, false);
        assert_eq!(delays(&mut retry, Outcome::BodyFailed, 1), [3_000]);
        assert_eq!(delays(&mut retry, Outcome::BodyEnded, 1), [6_000]);
        assert_eq!(retry.decide(Outcome::Refused, Moment::default()), Decision::Fail);
    }

    #[test]
    fn a_policy_says_how_delays_grow() {
        let mut retry =
            with(Policy { initial_delay: 100.0, factor: 3.0, max_delay: Some(1_000.0), ..Policy::default() });
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [100, 300, 900, 1_000, 1_000]);
        // The server's word sets the base, the user's cap stays above it.
        retry.set_reconnection_time(5_000);
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 1), [1_000]);
        let mut retry = with(Policy { factor: 1.0, ..Policy::default() });
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [3_000; 3]);
    }

    #[test]
    fn a_policy_says_when_to_give_up() {
        let mut retry = with(Policy { max_attempts: 2.0, ..Policy::default() });
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 2), [3_000, 6_000]);
        assert_eq!(retry.decide(Outcome::RequestFailed, Moment::default()), Decision::GiveUp(3));

        let mut retry = with(Policy { max_attempts: 0.0, ..Policy::default() });
        assert_eq!(retry.decide(Outcome::BodyEnded, Moment::default()), Decision::GiveUp(1));

        let mut retry = with(Policy { max_time: 10_000.0, factor: 1.0, ..Policy::default() });
        let at = |time| Moment { time, ..Moment::default() };
        assert_eq!(retry.decide(Outcome::RequestFailed, at(50_000.0)), Decision::Reconnect(3_000));
        assert_eq!(retry.decide(Outcome::RequestFailed, at(57_000.0)), Decision::Reconnect(3_000));
        assert_eq!(retry.decide(Outcome::RequestFailed, at(57_001.0)), Decision::GiveUp(3));
    }

    #[test]
    fn failures_are_forgotten_after_having_been_open_for_long_enough() {
        let mut retry = with(Policy { reset_after: 1_000.0, max_attempts: 2.0, ..Policy::default() });
        let mut cycle = |opened, ended| {
            retry.opened(Moment { time: opened, ..Moment::default() });
            retry.decide(Outcome::BodyFailed, Moment { time: ended, ..Moment::default() })
        };
        assert_eq!(cycle(0.0, 10.0), Decision::Reconnect(3_000));
        assert_eq!(cycle(20.0, 1_019.0), Decision::Reconnect(6_000));
        assert_eq!(cycle(2_000.0, 3_000.0), Decision::Reconnect(3_000));
        assert_eq!(cycle(4_000.0, 4_001.0), Decision::Reconnect(6_000));
        assert_eq!(cycle(4_002.0, 4_003.0), Decision::GiveUp(3));
    }

    #[test]
    fn chosen_statuses_are_tried_again_when_the_server_says() {
        let policy =
            Policy { statuses: vec![429, 503], initial_delay: 100.0, factor: 1.0, ..Policy::default() };
        let mut retry = with(policy.clone());
        let mut decide = |status, header| {
            let moment = Moment { date: 784_111_777_000.0, ..Moment::default() };
            retry.decide(Outcome::Status(status, header), moment)
        };
        assert_eq!(decide(429, None), Decision::Reconnect(100));
        assert_eq!(decide(429, Some("2")), Decision::Reconnect(2_000));
        assert_eq!(decide(503, Some("0")), Decision::Reconnect(100));
        assert_eq!(decide(503, Some("Sun, 06 Nov 1994 08:50:37 GMT")), Decision::Reconnect(60_000));
        assert_eq!(decide(503, Some("Sun, 06 Nov 1994 08:49:00 GMT")), Decision::Reconnect(100));
        assert_eq!(decide(503, Some("soon")), Decision::Reconnect(100));
        assert_eq!(decide(503, Some("99999999999999")), Decision::Reconnect(MAX_DELAY));
        assert_eq!(decide(500, Some("1")), Decision::Fail);

        let mut deaf = with(Policy { retry_after: false, ..policy });
        assert_eq!(deaf.decide(Outcome::Status(503, Some("2")), Moment::default()), Decision::Reconnect(100));
    }

    #[test]
    fn a_thousand_clients_that_were_cut_off_at_once_come_back_spread_out() {
        // A generator of numbers that look random, the same in each run (Numerical Recipes' constants).
        let mut state = 1_u32;
        let mut random = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / 4_294_967_296.0
        };
        let mut per_tenth = [0; 10];
        for _ in 0..1_000 {
            let mut retry = with(Policy { jitter: 1.0, initial_delay: 1_000.0, ..Policy::default() });
            let moment = Moment { random: random(), ..Moment::default() };
            let Decision::Reconnect(delay) = retry.decide(Outcome::BodyFailed, moment) else { panic!() };
            per_tenth[(delay as usize - 1_000) / 100] += 1;
        }
        for (tenth, clients) in per_tenth.iter().enumerate() {
            assert!((60..140).contains(clients), "{clients} of 1,000 in tenth {tenth} of the second");
        }
    }

    #[test]
    fn a_server_on_this_machine_is_told_by_its_name() {
        for url in [
            "http://localhost/",
            "http://localhost:8080/x",
            "https://a.localhost/?q",
            "http://127.0.0.1:1/",
            "http://127.9.9.9/",
            "http://[::1]:8080/",
            "http://user:pass@localhost:1/#f",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://example.org/",
            "http://localhost.example.org/",
            "http://128.0.0.1/",
            "http://[::2]/",
            "http://example.org/?localhost",
            "http://localhost@example.org/",
            "data:,localhost",
            "",
        ] {
            assert!(!is_local(url), "{url}");
        }
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
