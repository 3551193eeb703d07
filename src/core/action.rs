//! What a connection asks its driver to do.

/// What to do. [`Connection::error`](crate::Connection::error) says why, where there is a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Send the request, with the last event ID if there is one.
    Fetch,
    /// Ask the server whether it responds to requests without CORS.
    Probe,
    /// Ask the user whether to accept the response.
    Check,
    /// Announce the connection (spec), and read the body.
    Open,
    /// Read the beginning of the body of the response, which is refused.
    ReadExcerpt,
    /// End the request, and ask the user what to do.
    Ask,
    /// End the request, announce that the connection is being reestablished (spec), and wait for this many
    /// milliseconds.
    Reconnect(u32),
    /// Wait for this many milliseconds more.
    Wait(u32),
    /// End the request and the wait; the connection is as before its start.
    Pause,
    /// End the request, and fail the connection (spec).
    Fail,
    /// The same, after this many failed attempts.
    GiveUp(u32),
    /// End the request, and announce that the stream is complete.
    Complete,
    /// End the request and the wait, and announce nothing.
    Drop,
}
