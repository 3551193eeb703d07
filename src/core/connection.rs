//! The state machine of a connection: one enum of states, one function from inputs to actions (spec "Processing
//! model"). All APIs share it; the driver performs the actions.

use super::{
    action::Action,
    error::Error,
    input::{Answer, Input},
    request_facts::Target,
    retry::{Clock, Retry, Rules, clamp},
};

/// The state of a connection. In every state, at most one request is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not started.
    New,
    /// A request was sent or is being prepared; there is no response yet.
    Connecting,
    /// A request failed without a response; a second request finds out whether CORS is the reason.
    Probing,
    /// A response has arrived; the user is asked whether to accept it.
    Checking,
    /// The response wasn't accepted; the beginning of its body is being read for the error.
    Refused,
    /// The response was accepted; its body is being read.
    Open,
    /// An attempt has ended; the user's function decides about reconnecting.
    Deciding,
    /// The reconnection time is passing.
    Waiting,
    /// The reconnection time has passed, but the network seems to be down: waiting for it.
    Offline,
    /// The page is hidden or frozen: no request is made until it is visible and active again.
    Paused,
    /// Closed, failed or complete. No state follows.
    Closed,
}

/// The user's options besides the reconnection policy.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionOptions {
    /// The user's function checks responses instead of the standard's rules.
    pub asks_to_accept: bool,
    /// The connect timeout, in milliseconds.
    pub connect_timeout: Option<u32>,
    /// The idle timeout, in milliseconds.
    pub idle_timeout: Option<u32>,
    /// Pause while the page is hidden.
    pub pauses_when_hidden: bool,
    /// Find out whether the first request fails because of CORS.
    pub probes_cors: bool,
    /// The server is on this machine, so it can be reached without a network.
    pub is_local: bool,
    /// The kind of URL, and so whether a retry is futile.
    pub target: Target,
}

/// The longest wait for the body of a refused response, in milliseconds.
const EXCERPT_TIME: u32 = 1_000;

/// The longest wait for the result of [`Action::Probe`], in milliseconds.
const PROBE_TIME: u32 = 5_000;

/// The longest wait for the network, in milliseconds: browsers can be wrong about being offline.
pub const OFFLINE_TIME: u32 = 5_000;

/// A connection's state and its rules.
#[derive(Debug)]
pub struct Connection {
    state: State,
    retry: Retry,
    options: ConnectionOptions,
    /// The number of requests so far.
    attempts: u32,
    /// Why the last attempt ended.
    error: Error,
    /// The decision about the end of the last attempt, while the excerpt is read or the user is asked.
    decision: Action,
    /// The `Retry-After` of the last refused response, in milliseconds.
    retry_after: Option<f64>,
    is_hidden: bool,
    is_frozen: bool,
    is_offline: bool,
    /// The result of [`Action::Probe`].
    responds_without_cors: bool,
}

impl Connection {
    /// A connection in the state [`State::New`]; [`Input::Start`] starts it.
    pub fn new(retry: Retry, options: ConnectionOptions) -> Self {
        Self {
            state: State::New,
            retry,
            options,
            attempts: 0,
            error: Error::End,
            decision: Action::None,
            retry_after: None,
            is_hidden: false,
            is_frozen: false,
            is_offline: false,
            responds_without_cors: false,
        }
    }

    /// The current state.
    pub fn state(&self) -> State {
        self.state
    }

    /// The number of requests so far, which is also the number of the last one.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Why the last attempt ended.
    pub fn error(&self) -> Error {
        self.error
    }

    /// The `Retry-After` of the last response that was refused, in milliseconds.
    pub fn retry_after(&self) -> Option<f64> {
        self.retry_after
    }

    /// Whether the next request is the user's `resume` request.
    pub fn resumes(&self) -> bool {
        self.retry.resumes()
    }

    /// The timeout of the current state, in milliseconds. When it passes, [`Input::TimedOut`] is due.
    pub fn time_limit(&self) -> Option<u32> {
        match self.state {
            State::Connecting => self.options.connect_timeout,
            State::Open => self.options.idle_timeout,
            State::Refused => Some(EXCERPT_TIME),
            State::Probing => Some(PROBE_TIME),
            _ => None,
        }
    }

    /// The only transition between states. An input that doesn't fit the state, such as the late response to a request
    /// that was ended, changes nothing.
    pub fn step(&mut self, input: Input, clock: &impl Clock) -> Action {
        use State::{
            Checking, Closed, Connecting, Deciding, New, Offline, Open, Paused, Probing, Refused, Waiting,
        };
        match (self.state, input) {
            (Closed, _) => Action::None,
            (_, Input::Close) => {
                self.state = Closed;
                Action::Drop
            }
            (_, Input::Page { is_hidden, is_frozen }) => {
                self.is_hidden = is_hidden;
                self.is_frozen = is_frozen;
                self.pause_or_continue()
            }
            (state, Input::Network(is_there)) => {
                self.is_offline = !is_there && !self.options.is_local;
                // The network is back: reconnect at once, without the rest of the delay.
                if is_there && matches!(state, Waiting | Offline) { self.fetch() } else { Action::None }
            }
            // Requests that aren't safe to repeat are sent even if the page is hidden, and never ended because of it.
            (New, Input::Start) if self.is_to_pause() && self.retry.may_repeat_request() => {
                self.state = Paused;
                Action::None
            }
            (New, Input::Start) | (Offline, Input::TimedOut) => self.fetch(),
            (Waiting, Input::TimedOut) => self.fetch_if_online(),
            (Connecting, Input::Response(head)) if self.options.asks_to_accept => {
                self.state = Checking;
                self.retry_after = head.retry_after(clock.date());
                Action::Check
            }
            (Connecting, Input::Response(head)) => match head.check(&self.retry.policy.statuses) {
                Ok(()) => self.open(clock),
                Err(error) => {
                    self.retry_after = head.retry_after(clock.date());
                    self.end(error, false, clock)
                }
            },
            (Checking, Input::Accepted) => self.open(clock),
            (Refused, Input::ExcerptRead | Input::TimedOut) => self.conclude(),
            // The server may have restarted in between. Only if the same request fails again is CORS the reason.
            (Probing, Input::Probed(true)) if self.may_ask_again() => {
                self.responds_without_cors = true;
                self.fetch()
            }
            (Probing, Input::Probed(true)) => self.end(Error::Cors, false, clock),
            (Probing, Input::Probed(false) | Input::TimedOut) => self.end(Error::Request, false, clock),
            (Open, Input::ReconnectionTime(milliseconds)) => {
                self.retry.set_reconnection_time(milliseconds);
                Action::None
            }
            (Connecting, Input::TimedOut) => self.end(Error::ConnectTimeout, false, clock),
            (Connecting, Input::Ended { error: Error::Request, .. })
                if self.options.probes_cors && self.attempts == 1 =>
            {
                self.state = Probing;
                Action::Probe
            }
            (Connecting, Input::Ended { error: Error::Request, .. })
                if self.responds_without_cors && self.attempts == 2 =>
            {
                self.end(Error::Cors, false, clock)
            }
            (Connecting, Input::Ended { error: Error::RequestFunction, .. }) if self.attempts == 1 => {
                self.end(Error::RequestNotMade, false, clock)
            }
            (Connecting | Checking | Open, Input::Ended { error, has_received }) => {
                self.end(error, has_received, clock)
            }
            (Deciding, Input::Decided(answer)) => {
                match answer {
                    Answer::Default => {}
                    Answer::Reconnect(milliseconds) => self.decision = Action::Reconnect(clamp(milliseconds)),
                    Answer::Stop if self.error == Error::End => self.decision = Action::Complete,
                    Answer::Stop | Answer::Fail => self.decision = Action::Fail,
                }
                self.follow()
            }
            _ => Action::None,
        }
    }

    fn fetch(&mut self) -> Action {
        self.state = State::Connecting;
        self.attempts = self.attempts.saturating_add(1);
        self.retry_after = None;
        Action::Fetch
    }

    /// [spec] If the operating system has reported that there is no network connectivity, user agents might wait for the
    /// operating system to announce that the network connection has returned before retrying.
    fn fetch_if_online(&mut self) -> Action {
        if !self.is_offline {
            return self.fetch();
        }
        self.state = State::Offline;
        Action::Wait(OFFLINE_TIME)
    }

    fn open(&mut self, clock: &impl Clock) -> Action {
        self.state = State::Open;
        self.retry_after = None;
        self.retry.opened(clock);
        self.options.target.opened();
        Action::Open
    }

    fn end(&mut self, error: Error, has_received: bool, clock: &impl Clock) -> Action {
        let outcome = error.outcome();
        self.error = error;
        self.decision = self.retry.decide(outcome, has_received, self.retry_after, clock);
        if matches!(self.decision, Action::Reconnect(_)) && self.options.target.is_futile(outcome) {
            self.decision = Action::Fail;
        }
        if error.has_excerpt() {
            self.state = State::Refused;
            return Action::ReadExcerpt;
        }
        self.conclude()
    }

    fn conclude(&mut self) -> Action {
        if self.retry.policy.rules == Rules::Ask {
            self.state = State::Deciding;
            return Action::Ask;
        }
        self.follow()
    }

    fn follow(&mut self) -> Action {
        self.state = match self.decision {
            // While the page is hidden or frozen, no timer is needed: its return triggers the request.
            Action::Reconnect(_) if self.is_to_pause() => State::Paused,
            Action::Reconnect(_) => State::Waiting,
            _ => State::Closed,
        };
        self.decision
    }

    fn may_ask_again(&self) -> bool {
        self.retry.may_repeat_request() && self.retry.policy.rules != Rules::Never
    }

    /// With [`Rules::Never`], only the user's own option pauses.
    fn is_to_pause(&self) -> bool {
        (self.is_frozen && self.retry.policy.rules != Rules::Never)
            || (self.is_hidden && self.options.pauses_when_hidden)
    }

    fn pause_or_continue(&mut self) -> Action {
        use State::{Checking, Connecting, Offline, Open, Paused, Probing, Waiting};
        match self.state {
            Paused if !self.is_to_pause() => self.fetch_if_online(),
            Waiting | Offline if self.is_to_pause() => {
                self.state = Paused;
                Action::Pause
            }
            // Resuming sends the request again, so only requests that are safe to repeat are ended.
            Connecting | Probing | Checking | Open
                if self.is_to_pause() && self.retry.may_repeat_request() =>
            {
                self.state = Paused;
                Action::Pause
            }
            _ => Action::None,
        }
    }
}
