//! The inputs of a connection.

use super::{error::Error, response::Head};

/// Something that happened to a connection, or a call of its user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a> {
    /// Connect.
    Start,
    /// The attempt ended.
    Ended {
        /// The reason.
        error: Error,
        /// Whether any part of an event has arrived.
        has_received: bool,
    },
    /// A response arrived.
    Response(Head<'a>),
    /// The user accepts the response.
    Accepted,
    /// The body of the refused response was read.
    ExcerptRead,
    /// The result of [`Action::Probe`](crate::Action::Probe): whether the server responds to requests without CORS.
    Probed(bool),
    /// A `retry` field arrived, in milliseconds.
    ReconnectionTime(f64),
    /// The timeout of the state ([`Connection::time_limit`](crate::Connection::time_limit)) or the delay of the last
    /// action has passed.
    TimedOut,
    /// The result of [`Action::Ask`](crate::Action::Ask).
    Decided(Answer),
    /// Whether the page is hidden or frozen.
    Page {
        /// It isn't visible.
        is_hidden: bool,
        /// It is in the back/forward cache, or its timers are stopped.
        is_frozen: bool,
    },
    /// Whether there is a network.
    Network(bool),
    /// The user closes the connection.
    Close,
}

/// The decision of the user's `reconnect` function at the end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// Follow the default rules.
    Default,
    /// Reconnect after this many milliseconds.
    Reconnect(f64),
    /// Stop.
    Stop,
    /// The function has failed. Unlike [`Answer::Stop`], the end of a stream isn't its completion.
    Fail,
}
