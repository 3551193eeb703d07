//! What can go wrong, as a closed set, and the words for it.

/// Why a connection failed or has to be reestablished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The request failed before there was a response: refused, name not resolved, CORS, offline.
    Request,
    /// The response's status isn't 200.
    Status(u16),
    /// The response's `Content-Type` isn't that of an event stream. What it was, if there was one.
    ContentType(Option<String>),
    /// The body broke off.
    Body,
    /// The body came to its end.
    End,
    /// What `fetch` came back with isn't a response, or has no body that can be read as bytes.
    Unreadable,
    /// A line, or the fields of an event together, are longer than this many bytes.
    TooLarge(usize),
}

impl Error {
    /// The name by which a program tells the errors apart; public, and so not to be changed.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Request | Self::Body => "network",
            Self::Status(_) => "status",
            Self::ContentType(_) => "content-type",
            Self::End => "end",
            Self::Unreadable => "unreadable",
            Self::TooLarge(_) => "too-large",
        }
    }

    /// What was expected, what came, and what to do. Built without the formatting machinery, which would
    /// weigh more than all the sentences.
    pub fn message(&self) -> String {
        match self {
            Self::Request => "The request failed before the server answered".to_owned(),
            Self::Status(status) => {
                ["The server answered with status ", &status.to_string(), "; an event stream needs 200"]
                    .concat()
            }
            Self::ContentType(Some(content_type)) => [
                "The response's Content-Type is \"",
                content_type,
                "\"; an event stream needs text/event-stream",
            ]
            .concat(),
            Self::ContentType(None) => {
                "The response has no Content-Type; an event stream needs text/event-stream".to_owned()
            }
            Self::Body => "The connection broke while the event stream was being read".to_owned(),
            Self::End => "The event stream ended".to_owned(),
            Self::Unreadable => {
                "What fetch returned can't be read as a stream; it needs a Response whose body is a stream of bytes".to_owned()
            }
            Self::TooLarge(limit) => {
                ["The server sent a line or an event of more than ", &limit.to_string(), " bytes"].concat()
            }
        }
    }
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
            (Error::TooLarge(10), "too-large", "The server sent a line or an event of more than 10 bytes"),
        ] {
            assert_eq!((error.kind(), error.message().as_str()), (kind, message));
        }
    }
}
