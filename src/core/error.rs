//! What can go wrong, as a closed set. The shim has the words for it (`failure.ts`), by these numbers.

use super::retry::Outcome;

/// Why an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Error {
    /// A function of the user's, which should have given the request's URL, headers or body, failed.
    RequestNotMade,
    /// The request failed before there was a response: refused, name not resolved, CORS, offline.
    Request,
    /// The server answers, but the browser keeps its response from the page (CORS).
    Cors,
    /// No response came in time.
    ConnectTimeout,
    /// The user's function that accepts responses didn't.
    Rejected,
    /// What `fetch` gave isn't a response, or has no body that can be read as bytes.
    Unreadable,
    /// The response's status isn't 200.
    Status,
    /// The response's status isn't 200, but one that the user wants to be tried again.
    RetriedStatus,
    /// The response's `Content-Type` isn't that of an event stream.
    ContentType,
    /// The connection broke while the body was being read.
    Body,
    /// Nothing came in time.
    IdleTimeout,
    /// The body ended.
    End,
    /// The user's function that takes the events failed.
    Handler,
    /// A line, or the fields of an event together, are longer than the limit.
    TooLarge,
}

impl Error {
    /// Every error, by its number.
    pub const ALL: [Self; 14] = [
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
    ];

    /// What the rules of reconnecting go by.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Request | Self::ConnectTimeout => Outcome::RequestFailed,
            Self::RetriedStatus => Outcome::RetriedStatus,
            Self::Body | Self::IdleTimeout | Self::Handler => Outcome::BodyFailed,
            Self::End => Outcome::BodyEnded,
            // Asking again would bring the same.
            _ => Outcome::Refused,
        }
    }

    /// Whether it is about a response whose body says more.
    pub fn has_excerpt(self) -> bool {
        matches!(self, Self::Status | Self::RetriedStatus | Self::ContentType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_in_the_order_of_their_numbers() {
        for (number, error) in Error::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, number);
        }
    }
}
