//! The actions that a connection asks its driver to perform.

/// An action of the driver. If it is the result of an error, [`Connection::error`](crate::Connection::error) has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Action {
    /// Nothing.
    None,
    /// Send the request, with the last event ID if there is one.
    Fetch,
    /// Ask the server whether it responds to requests without CORS.
    Probe,
    /// Call the user's `accept` function with the response.
    Check,
    /// Announce the connection (spec), and read the body.
    Open,
    /// Read the beginning of the refused response's body.
    ReadExcerpt,
    /// End the request, and call the user's `reconnect` function.
    Ask,
    /// End the request, announce that the connection is being reestablished (spec), and wait for this many
    /// milliseconds.
    Reconnect(u32),
    /// Wait for this many more milliseconds.
    Wait(u32),
    /// End the request and the wait, until the page is visible and active again.
    Pause,
    /// End the request, and fail the connection (spec).
    Fail,
    /// Like [`Self::Fail`], after this many failed attempts in a row.
    GiveUp(u32),
    /// End the request, and announce that the stream is complete.
    Complete,
    /// End the request and the wait without announcing it.
    Drop,
}
