//! What can happen to a connection.

use super::{error::Error, response::Head};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input<'a> {
    /// Connect.
    Start,
    /// The attempt ended.
    Ended {
        /// Why.
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
    /// The answer to [`Action::Probe`](crate::Action::Probe): whether the server responds to requests without CORS.
    Probed(bool),
    /// A `retry` field arrived; milliseconds.
    ReconnectionTime(f64),
    /// The time that [`Connection::time_limit`](crate::Connection::time_limit) or the last action gives has passed.
    TimedOut,
    /// The user's answer to [`Action::Ask`](crate::Action::Ask).
    Decided(Answer),
    /// Whether the page is hidden or frozen.
    Page {
        /// It can't be seen.
        is_hidden: bool,
        /// It is in the back/forward cache, or its timers are stopped.
        is_frozen: bool,
    },
    /// Whether there is a network.
    Network(bool),
    /// The user closes the connection.
    Close,
}

/// What the user's `reconnect` function decides at the end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// Follow the default rules.
    Default,
    /// Reconnect after this many milliseconds.
    Reconnect(f64),
    /// Stop.
    Stop,
}
