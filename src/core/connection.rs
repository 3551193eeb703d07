//! The life of a connection: one enum of states, one function from inputs to actions (spec "Processing
//! model"). It serves every face; who performs the actions is the driver's business.

use super::{
    error::Error,
    response::{Refusal, check_response},
    retry::{Decision, Outcome, Retry},
    target::Target,
};

/// Where a connection is in its life. At most one request is under way in any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has been done yet.
    New,
    /// A request was sent; no response has come.
    Connecting,
    /// The response was accepted; its body is being read.
    Open,
    /// The reconnection time is passing.
    Waiting,
    /// For good.
    Closed,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input<'a> {
    /// The connection is wanted.
    Start,
    /// The request failed before there was a response.
    RequestFailed,
    /// A response came. Its status, and its `Content-Type` header if it has one.
    Response(u16, Option<&'a str>),
    /// What came can't be read as a response, or its body not as bytes.
    Unreadable,
    /// A `retry` field came; milliseconds.
    ReconnectionTime(u64),
    /// A line or an event was longer than so many bytes.
    TooLarge(usize),
    /// The body broke off.
    BodyFailed,
    /// The body came to its end.
    BodyEnded,
    /// The wait that [`Action::Reconnect`] asked for is over.
    Waited,
    /// The user wants no more of it.
    Close,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Send the request, with the last event ID if there is one.
    Fetch,
    /// Announce the connection (spec), and read the body.
    Open,
    /// Let go of the request, announce that the connection is being reestablished (spec), and wait.
    Reconnect {
        /// Why.
        error: Error,
        /// How long, in milliseconds.
        delay: u32,
    },
    /// Let go of the request and fail the connection (spec).
    Fail(Error),
    /// Let go of the request and announce that the stream is complete.
    Complete,
    /// Let go of the request and of the timer, and announce nothing.
    Drop,
}

/// A connection's state and its rules.
#[derive(Debug)]
pub struct Connection {
    state: State,
    retry: Retry,
    target: Target,
}

impl Connection {
    /// A connection to a server, which [`Input::Start`] sets going.
    pub fn new(retry: Retry) -> Self {
        Self { state: State::New, retry, target: Target::Server }
    }

    /// The same, to something else.
    pub fn to(self, target: Target) -> Self {
        Self { target, ..self }
    }

    /// Where the connection is in its life.
    pub fn state(&self) -> State {
        self.state
    }

    /// The only way from one state to another. An input that makes no sense in the state it finds, such as
    /// the late answer to a request that was let go, changes nothing.
    pub fn step(&mut self, input: Input) -> Action {
        match (self.state, input) {
            (State::Closed, _) => Action::None,
            (_, Input::Close) => {
                self.state = State::Closed;
                Action::Drop
            }
            (State::New, Input::Start) | (State::Waiting, Input::Waited) => {
                self.state = State::Connecting;
                Action::Fetch
            }
            (State::Connecting, Input::RequestFailed) => self.end(Outcome::RequestFailed, Error::Request),
            (State::Connecting, Input::Response(status, content_type)) => {
                match check_response(status, content_type) {
                    Ok(()) => {
                        self.state = State::Open;
                        self.retry.opened();
                        self.target.opened();
                        Action::Open
                    }
                    Err(Refusal::Status) => self.end(Outcome::Refused, Error::Status(status)),
                    Err(Refusal::ContentType) => {
                        let error = Error::ContentType(content_type.map(str::to_owned));
                        self.end(Outcome::Refused, error)
                    }
                }
            }
            (State::Connecting | State::Open, Input::Unreadable) => {
                self.end(Outcome::Refused, Error::Unreadable)
            }
            (State::Open, Input::ReconnectionTime(milliseconds)) => {
                self.retry.set_reconnection_time(milliseconds);
                Action::None
            }
            (State::Open, Input::TooLarge(limit)) => self.end(Outcome::TooLarge, Error::TooLarge(limit)),
            (State::Open, Input::BodyFailed) => self.end(Outcome::BodyFailed, Error::Body),
            (State::Open, Input::BodyEnded) => self.end(Outcome::BodyEnded, Error::End),
            _ => Action::None,
        }
    }

    fn end(&mut self, outcome: Outcome, error: Error) -> Action {
        match self.retry.decide(outcome) {
            Decision::Reconnect(_) if self.target.is_futile(outcome) => {
                self.state = State::Closed;
                Action::Fail(error)
            }
            Decision::Reconnect(delay) => {
                self.state = State::Waiting;
                Action::Reconnect { error, delay }
            }
            Decision::Fail => {
                self.state = State::Closed;
                Action::Fail(error)
            }
            Decision::Complete => {
                self.state = State::Closed;
                Action::Complete
            }
        }
    }
}
