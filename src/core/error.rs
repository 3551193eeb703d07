//! What can go wrong, as a closed set, and the words for it.

/// Why a connection failed or has to be reestablished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// A function of the user's, which should have given the request's URL, headers or body, failed.
    RequestNotMade,
    /// The request failed before there was a response: refused, name not resolved, CORS, offline.
    Request,
    /// No response came within so many milliseconds.
    ConnectTimeout(u32),
    /// Nothing came for so many milliseconds.
    IdleTimeout(u32),
    /// The response's status isn't 200.
    Status(u16),
    /// The response's `Content-Type` isn't that of an event stream. What it was, if there was one.
    ContentType(Option<String>),
    /// The user's function that accepts responses didn't.
    Rejected,
    /// The body broke off.
    Body,
    /// The body came to its end.
    End,
    /// What `fetch` came back with isn't a response, or has no body that can be read as bytes.
    Unreadable,
    /// The user's function that takes the events failed.
    Handler,
    /// A line, or the fields of an event together, are longer than this many bytes.
    TooLarge(usize),
}

impl Error {
    /// The name by which a program tells the errors apart; public, and so not to be changed.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RequestNotMade => "request",
            Self::Request | Self::Body => "network",
            Self::ConnectTimeout(_) | Self::IdleTimeout(_) => "timeout",
            Self::Rejected => "rejected",
            Self::Status(_) => "status",
            Self::ContentType(_) => "content-type",
            Self::End => "end",
            Self::Unreadable => "unreadable",
            Self::Handler => "handler",
            Self::TooLarge(_) => "too-large",
        }
    }

    /// What was expected, what came, and what to do. `attempts` were made in vain, if it is given up after
    /// several. Built without the formatting machinery, which would weigh more than all the sentences.
    pub fn message(&self, attempts: Option<u32>) -> String {
        let mut message = match self {
            Self::RequestNotMade => "The function that gives the request's URL, headers or body failed".to_owned(),
            Self::Request => "The request failed before the server answered".to_owned(),
            Self::ConnectTimeout(limit) => sentence("No response came within ", *limit, " ms (connectTimeout)"),
            Self::IdleTimeout(limit) => sentence("The server sent nothing for ", *limit, " ms (idleTimeout)"),
            Self::Status(status) => {
                sentence("The server answered with status ", (*status).into(), "; an event stream needs 200")
            }
            Self::ContentType(Some(content_type)) => {
                ["The response's Content-Type is \"", content_type, "\"; an event stream needs text/event-stream"]
                    .concat()
            }
            Self::ContentType(None) => {
                "The response has no Content-Type; an event stream needs text/event-stream".to_owned()
            }
            Self::Rejected => "The response was not accepted".to_owned(),
            Self::Body => "The connection broke while the event stream was being read".to_owned(),
            Self::End => "The event stream ended".to_owned(),
            Self::Unreadable => {
                "What fetch returned can't be read as a stream; it needs a Response whose body is a stream of bytes"
                    .to_owned()
            }
            Self::Handler => "The function that takes the events failed".to_owned(),
            Self::TooLarge(limit) => sentence(
                "The server sent a line or an event of more than ",
                (*limit).try_into().unwrap_or(u32::MAX),
                " bytes; maxEventSize sets the limit",
            ),
        };
        if let Some(attempts) = attempts {
            message += &sentence("; given up after ", attempts, " attempts");
        }
        message
    }
}

fn sentence(before: &str, number: u32, after: &str) -> String {
    let mut digits = [0; 10];
    let mut start = digits.len();
    let mut rest = number;
    while start == digits.len() || rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let mut sentence = before.to_owned();
    sentence.extend(digits[start..].iter().map(|&digit| char::from(digit)));
    sentence + after
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_came_and_what_was_expected() {
        for (error, kind, message) in [
            (Error::Status(401), "status", "The server answered with status 401; an event stream needs 200"),
            (
                Error::ContentType(Some("text/html".into())),
                "content-type",
                "The response's Content-Type is \"text/html\"; an event stream needs text/event-stream",
            ),
            (
                Error::ContentType(None),
                "content-type",
                "The response has no Content-Type; an event stream needs text/event-stream",
            ),
            (Error::Request, "network", "The request failed before the server answered"),
            (Error::Body, "network", "The connection broke while the event stream was being read"),
            (Error::End, "end", "The event stream ended"),
            (
                Error::Unreadable,
                "unreadable",
                "What fetch returned can't be read as a stream; it needs a Response whose body is a stream of bytes",
            ),
            (
                Error::TooLarge(10),
                "too-large",
                "The server sent a line or an event of more than 10 bytes; maxEventSize sets the limit",
            ),
            (Error::ConnectTimeout(0), "timeout", "No response came within 0 ms (connectTimeout)"),
            (
                Error::IdleTimeout(u32::MAX),
                "timeout",
                "The server sent nothing for 4294967295 ms (idleTimeout)",
            ),
            (Error::Rejected, "rejected", "The response was not accepted"),
            (
                Error::RequestNotMade,
                "request",
                "The function that gives the request's URL, headers or body failed",
            ),
        ] {
            assert_eq!((error.kind(), error.message(None).as_str()), (kind, message));
        }
        assert_eq!(Error::End.message(Some(10)), "The event stream ended; given up after 10 attempts");
    }
}
