//! The errors, as numbers. Their messages are in the shim (`failure.ts`).

use super::retry::Outcome;

/// The reason for the end of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Error {
    /// The request can't be sent: it has a mistake, or the user's function for its URL, headers or body failed.
    RequestNotMade,
    /// The request failed before there was a response: refused, name not resolved, CORS, offline.
    Request,
    /// The server responds, but the browser hides the response from the page (CORS).
    Cors,
    /// The connect timeout was exceeded.
    ConnectTimeout,
    /// The user's function rejected the response.
    Rejected,
    /// `fetch` returned something that isn't a response, or whose body isn't a stream of bytes.
    Unreadable,
    /// The response's status isn't 200.
    Status,
    /// The response's status is in the user's list of statuses to retry.
    RetriedStatus,
    /// The response's `Content-Type` isn't `text/event-stream`.
    ContentType,
    /// The connection broke while the body was being read.
    Body,
    /// The idle timeout was exceeded.
    IdleTimeout,
    /// The body ended.
    End,
    /// The user's event callback failed.
    Handler,
    /// A line, or all fields of an event together, exceed the limit.
    TooLarge,
    /// The user's function for the request's URL, headers or body failed, although it didn't at the first request. The
    /// server that it gets a token from may be down.
    RequestFunction,
}

impl Error {
    /// All errors, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::RequestNotMade,
        Self::Request,
        Self::Cors,
        Self::ConnectTimeout,
        Self::Rejected,
        Self::Unreadable,
        Self::Status,
        Self::RetriedStatus,
        Self::ContentType,
        Self::Body,
        Self::IdleTimeout,
        Self::End,
        Self::Handler,
        Self::TooLarge,
        Self::RequestFunction,
    ];

    /// The outcome that the retry rules distinguish.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Request | Self::ConnectTimeout | Self::RequestFunction => Outcome::RequestFailed,
            Self::RetriedStatus => Outcome::RetriedStatus,
            Self::Body | Self::IdleTimeout | Self::Handler => Outcome::BodyFailed,
            Self::End => Outcome::BodyEnded,
            // A retry would have the same result.
            _ => Outcome::Refused,
        }
    }

    /// Whether there is a response whose body may explain the error.
    pub fn has_excerpt(self) -> bool {
        matches!(self, Self::Status | Self::RetriedStatus | Self::ContentType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_errors_by_number() {
        for (number, error) in Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, number);
        }
    }
}
