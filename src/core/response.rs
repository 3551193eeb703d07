//! Checks whether a response is an event stream (spec "Processing model", C4 and C6).

use super::{
    error::Error,
    request_facts::{contains, is_word, split_once},
    retry_after::retry_after,
};

/// The status and headers of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// The digits of the status.
    pub status: &'a [u8],
    /// The `Content-Type` header; several are joined by commas, as Fetch does it. Empty if there is none.
    pub content_type: &'a [u8],
    /// The `Retry-After` header. Empty if there is none.
    pub retry_after: &'a [u8],
}

impl<'a> Head<'a> {
    /// Parses the text of the shim: the status, `Retry-After` and `Content-Type`, a line each.
    pub fn parse(text: &'a [u8]) -> Self {
        let (status, rest) = split_once(text, b'\n');
        let (retry_after, content_type) = split_once(rest, b'\n');
        Self { status, content_type, retry_after }
    }

    /// Accepts a response whose status is 200 and whose `Content-Type` is `text/event-stream`. `retried` are the
    /// statuses that the user wants to be retried, three digits each.
    pub fn check(&self, retried: &[u8]) -> Result<(), Error> {
        if self.status != b"200" {
            let is_retried = retried.chunks(3).any(|status| status == self.status);
            return Err(if is_retried { Error::RetriedStatus } else { Error::Status });
        }
        if is_event_stream(self.content_type) { Ok(()) } else { Err(Error::ContentType) }
    }

    /// The delay until the server wants the next request, in milliseconds. `date` is in milliseconds since 1970.
    pub fn retry_after(&self, date: f64) -> Option<f64> {
        retry_after(self.retry_after, date)
    }
}

/// Whether a `Content-Type` header is `text/event-stream` (Fetch "extract a MIME type"). Of several values, the last
/// valid MIME type other than `*/*` counts. Commas in quoted strings don't separate values.
fn is_event_stream(header: &[u8]) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    let mut is_found = false;
    let mut start = 0;
    for end in 0..=header.len() {
        let byte = header.get(end);
        let escape = quoted && byte == Some(&b'\\') && !escaped;
        quoted ^= byte == Some(&b'"') && !escaped;
        escaped = escape;
        if byte.is_none() || byte == Some(&b',') && !quoted {
            let essence = trim(split_once(&header[start..end], b';').0);
            let (kind, subtype) = split_once(essence, b'/');
            if is_token(kind) && is_token(subtype) && essence != b"*/*" {
                is_found = is_word(essence, b"text/event-stream");
            }
            start = end + 1;
        }
    }
    is_found
}

/// Removes HTTP whitespace on both sides.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\n' | b'\r'] = text {
        text = rest;
    }
    text
}

/// One or more HTTP token code points.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || contains(b"!#$%&'*+-.^_`|~", *byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u32, content_type: &str) -> Result<(), Error> {
        let status = status.to_string();
        let (status, content_type) = (status.as_bytes(), content_type.as_bytes());
        Head { status, content_type, ..Head::default() }.check(b"429503")
    }

    #[test]
    fn c4_accepts_types_of_event_streams() {
        for content_type in [
            "text/event-stream",
            "TEXT/Event-Stream",
            "text/event-stream;",
            "text/event-stream ; charset=utf-8",
            "text/event-stream;charset=windows-1252",
            "text/event-stream;x=\"a, text/html\"",
            "\ttext/event-stream \r\n",
            "text/html, text/event-stream",
            "text/event-stream, */*",
            "text/event-stream, bogus",
            "text/html;x=\"\\\",\", text/event-stream",
        ] {
            assert_eq!(check(200, content_type), Ok(()), "{content_type:?}");
        }
    }

    #[test]
    fn c6_refuses_other_types() {
        for content_type in [
            "",
            "text/event-stream bogus",
            "text/event-streamx",
            "text/event-stream/x",
            "text /event-stream",
            "text/event-stream, text/html",
            "application/json",
            "event-stream",
            "/event-stream",
            "text/event-stream\u{c}",
            ";text/event-stream",
            "text/html;x=\",text/event-stream,\"",
            "text/html;x=\"\\\",text/event-stream,\"",
        ] {
            assert_eq!(check(200, content_type), Err(Error::ContentType), "{content_type:?}");
        }
    }

    #[test]
    fn c6_refuses_statuses_other_than_200() {
        for status in [0, 100, 199, 201, 204, 205, 206, 210, 299, 301, 304, 400, 401, 404, 410, 500] {
            assert_eq!(check(status, "text/event-stream"), Err(Error::Status), "{status}");
        }
        for status in [429, 503] {
            assert_eq!(check(status, "text/event-stream"), Err(Error::RetriedStatus), "{status}");
        }
    }

    #[test]
    fn parses_heads() {
        let head = Head::parse(b"503\n120\ntext/html; x=1");
        assert_eq!(head, Head { status: b"503", content_type: b"text/html; x=1", retry_after: b"120" });
        assert_eq!(head.retry_after(0.0), Some(120_000.0));
        assert_eq!(Head::parse(b"200\n\n"), Head { status: b"200", content_type: b"", retry_after: b"" });
        assert_eq!(Head::parse(b"200\n\n").retry_after(0.0), None);
    }
}
