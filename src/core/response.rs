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
    match content_type.and_then(essence) {
        Some(essence) if essence.eq_ignore_ascii_case("text/event-stream") => Ok(()),
        _ => Err(Refusal::ContentType),
    }
}

/// The essence of a `Content-Type` header (Fetch "extract a MIME type"): of several values, the last that is
/// a MIME type at all and isn't `*/*`.
fn essence(header: &str) -> Option<&str> {
    split_outside_quotes(header)
        .map(|value| value.split(';').next().unwrap_or_default().trim_matches(is_http_whitespace))
        .filter(|essence| {
            essence.split_once('/').is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
                && *essence != "*/*"
        })
        .last()
}

/// The header's values. A comma within a quoted string doesn't part them.
fn split_outside_quotes(header: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    header.split(move |character| {
        let escape = quoted && character == '\\' && !escaped;
        if character == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = escape;
        character == ',' && !quoted
    })
}

fn is_http_whitespace(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

/// One or more HTTP token code points.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
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
