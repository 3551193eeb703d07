//! Is this response an event stream? (spec "Processing model", C4 and C6.)

/// Why a response isn't accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its status isn't 200.
    Status,
    /// The essence of its MIME type isn't `text/event-stream`.
    ContentType,
}

/// Accepts a response whose status is 200 and whose `Content-Type` says `text/event-stream`.
///
/// `content_type` is the header's value, several of them joined by commas as Fetch does it.
pub fn check_response(status: u16, content_type: Option<&str>) -> Result<(), Refusal> {
    if status != 200 {
        return Err(Refusal::Status);
    }
    match content_type.and_then(|header| essence(header.as_bytes())) {
        Some(essence) if essence.eq_ignore_ascii_case(b"text/event-stream") => Ok(()),
        _ => Err(Refusal::ContentType),
    }
}

/// The essence of a `Content-Type` header (Fetch "extract a MIME type"): of several values, the last that is
/// a MIME type at all and isn't `*/*`.
fn essence(header: &[u8]) -> Option<&[u8]> {
    split_outside_quotes(header)
        .map(|value| value.split(|&byte| byte == b';').next().unwrap_or_default())
        .map(trim)
        .filter(|essence| {
            let mut parts = essence.split(|&byte| byte == b'/');
            let is_mime_type = parts.next().is_some_and(is_token) && parts.next().is_some_and(is_token);
            is_mime_type && parts.next().is_none() && *essence != b"*/*"
        })
        .last()
}

/// The header's values. A comma within a quoted string doesn't part them.
fn split_outside_quotes(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    header.split(move |&byte| {
        let escape = quoted && byte == b'\\' && !escaped;
        if byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = escape;
        byte == b',' && !quoted
    })
}

/// Without the HTTP whitespace on both sides.
fn trim(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] | [rest @ .., b' ' | b'\t' | b'\n' | b'\r'] = text {
        text = rest;
    }
    text
}

/// One or more HTTP token code points.
fn is_token(text: &[u8]) -> bool {
    !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c4_types_that_are_an_event_stream() {
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
            assert_eq!(check_response(200, Some(content_type)), Ok(()), "{content_type:?}");
        }
    }

    #[test]
    fn c6_types_that_are_none() {
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
        ] {
            assert_eq!(
                check_response(200, Some(content_type)),
                Err(Refusal::ContentType),
                "{content_type:?}"
            );
        }
        assert_eq!(check_response(200, None), Err(Refusal::ContentType));
    }

    #[test]
    fn c6_statuses_other_than_200() {
        for status in [0, 100, 199, 201, 204, 205, 206, 210, 299, 301, 304, 400, 401, 404, 410, 429, 500, 503]
        {
            assert_eq!(check_response(status, Some("text/event-stream")), Err(Refusal::Status), "{status}");
        }
    }
}
