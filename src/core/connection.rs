//! The life of a connection: one enum of states, one function from inputs to actions (spec "Processing
//! model"). It serves every face; who performs the actions is the driver's business.

use super::{
    error::Error,
    response::{Refusal, check_response},
    retry::{Decision, Moment, Outcome, Retry, clamp},
    target::Target,
};

/// Where a connection is in its life. At most one request is under way in any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has been done yet.
    New,
    /// A request was sent or is being made; no response has come.
    Connecting,
    /// A response has come; the user is asked whether to accept it.
    Checking,
    /// The response wasn't accepted; the beginning of its body is being read, for the error's sake.
    Refused,
    /// The response was accepted; its body is being read.
    Open,
    /// An attempt has ended; the user is asked what to do.
    Deciding,
    /// The reconnection time is passing.
    Waiting,
    /// It has passed, but there is no network.
    Offline,
    /// The page is hidden or frozen: nothing is under way until it is back.
    Paused,
    /// For good.
    Closed,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a> {
    /// The connection is wanted.
    Start,
    /// The request couldn't be made, and was not sent: a function of the user's failed.
    RequestNotMade,
    /// The request failed before there was a response.
    RequestFailed,
    /// A response came.
    Response(Head<'a>),
    /// The user accepts the response.
    Accepted,
    /// The user doesn't.
    Rejected,
    /// What [`Action::ReadExcerpt`] asked for is done.
    ExcerptRead,
    /// What came can't be read as a response, or its body not as bytes.
    Unreadable,
    /// A `retry` field came; milliseconds.
    ReconnectionTime(u64),
    /// A line or an event was longer than the limit.
    TooLarge,
    /// The user's function that takes the events failed.
    HandlerFailed,
    /// The body broke off.
    BodyFailed,
    /// The body came to its end.
    BodyEnded,
    /// The time that [`Connection::watchdog`] gives has passed, and nothing has come.
    TimedOut,
    /// The user's answer to [`Action::Ask`].
    Decided(Answer),
    /// The wait that [`Action::Reconnect`] asked for is over.
    Waited,
    /// Whether the page is hidden or frozen.
    Page {
        /// It can't be seen.
        hidden: bool,
        /// It is in the back/forward cache, or its timers are stopped.
        frozen: bool,
    },
    /// Whether there is a network.
    Network(bool),
    /// The user wants no more of it.
    Close,
}

/// What a response says before its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// Its status.
    pub status: u16,
    /// Its `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// Its `Retry-After` header.
    pub retry_after: Option<&'a str>,
}

/// What the user says to do about an outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// What the default rules would do.
    Default,
    /// Reconnect after so many milliseconds.
    Reconnect(f64),
    /// No more.
    Stop,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Send the request, with the last event ID if there is one.
    Fetch,
    /// Ask the user whether to accept the response.
    Check,
    /// Announce the connection (spec), and read the body.
    Open,
    /// Read the beginning of the body of the response, which is refused.
    ReadExcerpt,
    /// Let go of the request and ask the user what to do about this.
    Ask(Error),
    /// Let go of the request, announce that the connection is being reestablished (spec), and wait.
    Reconnect {
        /// Why.
        error: Error,
        /// How long, in milliseconds.
        delay: u32,
    },
    /// Let go of the request and the timer; the connection is as if it had not begun.
    Pause,
    /// Let go of the request and fail the connection (spec).
    Fail {
        /// Why.
        error: Error,
        /// How many attempts were made in vain, where it is given up after several.
        attempts: Option<u32>,
    },
    /// Let go of the request and announce that the stream is complete.
    Complete,
    /// Let go of the request and of the timer, and announce nothing.
    Drop,
}

/// What the user asks for besides the rules of retrying.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectionOptions {
    /// The user accepts responses or not, instead of the standard's check.
    pub asks_to_accept: bool,
    /// Milliseconds until a response has to have come.
    pub connect_timeout: Option<u32>,
    /// Milliseconds until the next byte has to have come.
    pub idle_timeout: Option<u32>,
    /// Bytes of a line or an event, for the message.
    pub max_event_size: usize,
    /// A hidden page has no connection.
    pub pauses_when_hidden: bool,
    /// The server is on this machine, which needs no network to be reached.
    pub is_local: bool,
    /// What the URL leads to, and so whether asking again is futile.
    pub target: Target,
}

/// A connection's state and its rules.
#[derive(Debug)]
pub struct Connection {
    state: State,
    retry: Retry,
    options: ConnectionOptions,
    /// How many requests have been made.
    attempts: u32,
    /// Why an attempt has ended, and what the rules say to do, while something has to be done before it.
    verdict: Option<(Error, Decision)>,
    is_hidden: bool,
    is_frozen: bool,
    is_offline: bool,
}

impl Connection {
    /// A connection that [`Input::Start`] sets going.
    pub fn new(retry: Retry, options: ConnectionOptions) -> Self {
        Self {
            state: State::New,
            retry,
            options,
            attempts: 0,
            verdict: None,
            is_hidden: false,
            is_frozen: false,
            is_offline: false,
        }
    }

    /// Where the connection is in its life.
    pub fn state(&self) -> State {
        self.state
    }

    /// How many requests have been made: the first is number 1.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Whether the next request is the one that resumes.
    pub fn resumes(&self) -> bool {
        self.retry.resumes()
    }

    /// After how many milliseconds without a sign [`Input::TimedOut`] is due in this state.
    pub fn watchdog(&self) -> Option<u32> {
        match self.state {
            State::Connecting => self.options.connect_timeout,
            State::Open => self.options.idle_timeout,
            _ => None,
        }
    }

    /// The only way from one state to another. An input that makes no sense in the state it finds, such as
    /// the late answer to a request that was let go, changes nothing.
    pub fn step(&mut self, input: Input, moment: Moment) -> Action {
        match (self.state, input) {
            (State::Closed, _) => Action::None,
            (_, Input::Close) => {
                self.state = State::Closed;
                Action::Drop
            }
            (_, Input::Page { hidden, frozen }) => {
                self.is_hidden = hidden;
                self.is_frozen = frozen;
                self.pause_or_go_on()
            }
            (_, Input::Network(is_there)) => {
                self.is_offline = !is_there && !self.options.is_local;
                match self.state {
                    // At once, whatever is left of the wait: what was waited for is there.
                    State::Waiting | State::Offline if is_there => self.fetch(),
                    _ => Action::None,
                }
            }
            // What isn't safe to repeat was asked for now, and is never let go of because of the page.
            (State::New, Input::Start) if self.is_to_pause() && self.retry.may_repeat_request() => {
                self.state = State::Paused;
                Action::None
            }
            (State::New, Input::Start) => self.fetch(),
            // [spec] If the operating system has reported that there is no network connectivity, user agents
            // might wait for the operating system to announce that the network connection has returned before
            // retrying.
            (State::Waiting, Input::Waited) if self.is_offline => {
                self.state = State::Offline;
                Action::None
            }
            (State::Waiting, Input::Waited) => self.fetch(),
            (State::Connecting, Input::RequestNotMade) => {
                self.end(Outcome::Refused, Error::RequestNotMade, moment)
            }
            (State::Connecting, Input::RequestFailed) => {
                self.end(Outcome::RequestFailed, Error::Request, moment)
            }
            (State::Connecting, Input::Response(_)) if self.options.asks_to_accept => {
                self.state = State::Checking;
                Action::Check
            }
            (State::Connecting, Input::Response(head)) => {
                match check_response(head.status, head.content_type) {
                    Ok(()) => self.open(moment),
                    Err(Refusal::Status) => {
                        let outcome = Outcome::Status(head.status, head.retry_after);
                        self.refuse(outcome, Error::Status(head.status), moment)
                    }
                    Err(Refusal::ContentType) => {
                        let error = Error::ContentType(head.content_type.map(str::to_owned));
                        self.refuse(Outcome::Refused, error, moment)
                    }
                }
            }
            (State::Refused, Input::ExcerptRead) => match self.verdict.take() {
                Some((error, decision)) => self.conclude(error, decision),
                None => Action::None,
            },
            (State::Checking, Input::Accepted) => self.open(moment),
            (State::Checking, Input::Rejected) => self.end(Outcome::Refused, Error::Rejected, moment),
            (State::Connecting | State::Checking | State::Open, Input::Unreadable) => {
                self.end(Outcome::Refused, Error::Unreadable, moment)
            }
            (State::Connecting, Input::TimedOut) => {
                let error = Error::ConnectTimeout(self.options.connect_timeout.unwrap_or_default());
                self.end(Outcome::RequestFailed, error, moment)
            }
            (State::Open, Input::TimedOut) => {
                let error = Error::IdleTimeout(self.options.idle_timeout.unwrap_or_default());
                self.end(Outcome::BodyFailed, error, moment)
            }
            (State::Open, Input::ReconnectionTime(milliseconds)) => {
                self.retry.set_reconnection_time(milliseconds);
                Action::None
            }
            (State::Open, Input::TooLarge) => {
                let error = Error::TooLarge(self.options.max_event_size);
                self.end(Outcome::Refused, error, moment)
            }
            (State::Open, Input::HandlerFailed) => self.end(Outcome::BodyFailed, Error::Handler, moment),
            (State::Open, Input::BodyFailed) => self.end(Outcome::BodyFailed, Error::Body, moment),
            (State::Open, Input::BodyEnded) => self.end(Outcome::BodyEnded, Error::End, moment),
            (State::Deciding, Input::Decided(answer)) => {
                let Some((error, default)) = self.verdict.take() else { return Action::None };
                let decision = match answer {
                    Answer::Default => default,
                    Answer::Reconnect(milliseconds) => Decision::Reconnect(clamp(milliseconds)),
                    Answer::Stop if error == Error::End => Decision::Complete,
                    Answer::Stop => Decision::Fail,
                };
                self.follow(decision, error)
            }
            _ => Action::None,
        }
    }

    fn fetch(&mut self) -> Action {
        self.state = State::Connecting;
        self.attempts = self.attempts.saturating_add(1);
        Action::Fetch
    }

    fn open(&mut self, moment: Moment) -> Action {
        self.state = State::Open;
        self.retry.opened(moment);
        self.options.target.opened();
        Action::Open
    }

    fn refuse(&mut self, outcome: Outcome, error: Error, moment: Moment) -> Action {
        self.state = State::Refused;
        self.verdict = Some((error, self.retry.decide(outcome, moment)));
        Action::ReadExcerpt
    }

    fn end(&mut self, outcome: Outcome, error: Error, moment: Moment) -> Action {
        let decision = match self.retry.decide(outcome, moment) {
            Decision::Reconnect(_) if self.options.target.is_futile(outcome) => Decision::Fail,
            decision => decision,
        };
        self.conclude(error, decision)
    }

    fn conclude(&mut self, error: Error, decision: Decision) -> Action {
        if !self.retry.asks() {
            return self.follow(decision, error);
        }
        self.state = State::Deciding;
        self.verdict = Some((error.clone(), decision));
        Action::Ask(error)
    }

    fn follow(&mut self, decision: Decision, error: Error) -> Action {
        let (state, action) = match decision {
            // The wait is for nothing while the page is away: it ends with it.
            Decision::Reconnect(delay) if self.is_to_pause() => {
                (State::Paused, Action::Reconnect { error, delay })
            }
            Decision::Reconnect(delay) => (State::Waiting, Action::Reconnect { error, delay }),
            Decision::Fail => (State::Closed, Action::Fail { error, attempts: None }),
            Decision::GiveUp(attempts) => (State::Closed, Action::Fail { error, attempts: Some(attempts) }),
            Decision::Complete => (State::Closed, Action::Complete),
        };
        self.state = state;
        action
    }

    fn is_to_pause(&self) -> bool {
        self.is_frozen || (self.is_hidden && self.options.pauses_when_hidden)
    }

    fn pause_or_go_on(&mut self) -> Action {
        match (self.is_to_pause(), self.state) {
            (true, State::Waiting | State::Offline) => {
                self.state = State::Paused;
                Action::Pause
            }
            // A request that isn't safe to repeat is left alone: letting go of it would mean to send it again.
            (true, State::Connecting | State::Checking | State::Open) if self.retry.may_repeat_request() => {
                self.state = State::Paused;
                Action::Pause
            }
            (false, State::Paused) if self.is_offline => {
                self.state = State::Offline;
                Action::None
            }
            (false, State::Paused) => self.fetch(),
            _ => Action::None,
        }
    }
}
