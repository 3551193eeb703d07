//! Facts about a request's method and URL that decide whether it may be sent again.

use super::retry::Outcome;

/// Whether the request may be sent twice: only GET and HEAD, in any letter case, which Fetch normalizes. A repeated
/// POST may be billed twice, so the end of its response is the end of the stream.
pub fn is_safe_to_repeat(method: &[u8]) -> bool {
    is_word(method, b"GET") || is_word(method, b"HEAD")
}

/// Whether two texts are equal except for the case of ASCII letters.
#[inline(never)]
pub fn is_word(text: &[u8], word: &[u8]) -> bool {
    text.eq_ignore_ascii_case(word)
}

/// Whether a host is this machine, which can be reached without a network. The host has the form that it has in a
/// serialized URL, with the port.
pub fn is_local(host: &[u8]) -> bool {
    let (name, _) = split_once(host, b':');
    name == b"localhost"
        || name.ends_with(b".localhost")
        || name.starts_with(b"127.")
        || host.starts_with(b"[::1]")
}

/// The kind of URL, and so whether a retry is futile (spec "Processing model": "if the user agent knows that
/// to be futile", it may fail the connection).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// A server, whose next response may differ. Also every URL of a custom `fetch`.
    #[default]
    Server,
    /// The content of the URL itself, or of the page: the same every time.
    Content,
    /// A scheme that Fetch doesn't specify. A response proves that the platform supports it.
    Unknown,
}

impl Target {
    /// The kind of a URL with this scheme. The scheme is serialized, with the colon.
    pub fn of(scheme: &[u8]) -> Self {
        match scheme {
            b"http:" | b"https:" => Self::Server,
            b"about:" | b"blob:" | b"data:" => Self::Content,
            _ => Self::Unknown,
        }
    }

    /// A response was accepted.
    pub fn opened(&mut self) {
        if *self == Self::Unknown {
            *self = Self::Server;
        }
    }

    /// Whether another attempt would have the same outcome.
    pub fn is_futile(self, outcome: Outcome) -> bool {
        match self {
            Self::Server => false,
            Self::Content => true,
            Self::Unknown => outcome == Outcome::RequestFailed,
        }
    }
}

/// Facts about a request before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFacts {
    /// The request may be sent twice.
    pub is_safe_to_repeat: bool,
    /// The server is on this machine.
    pub is_local: bool,
    /// The kind of URL.
    pub target: Target,
    /// The statuses that are retried, three digits each.
    pub statuses: Box<[u8]>,
}

impl RequestFacts {
    /// Parses the text of the shim: the method, the URL's scheme and host, and the statuses to retry, such as
    /// `GET https: localhost:8080 429503`.
    pub fn parse(text: &[u8]) -> Self {
        let (method, rest) = split_once(text, b' ');
        let (scheme, rest) = split_once(rest, b' ');
        let (host, statuses) = split_once(rest, b' ');
        Self {
            is_safe_to_repeat: is_safe_to_repeat(method),
            target: Target::of(scheme),
            is_local: is_local(host),
            statuses: statuses.into(),
        }
    }
}

/// The text before and after the first separator.
#[inline(never)]
pub fn split_once(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    let at = text.iter().position(|&byte| byte == separator).unwrap_or(text.len());
    (&text[..at], text.get(at + 1..).unwrap_or_default())
}

/// Whether a text contains this byte. The standard library's search is made for long texts and adds 0.3 kB to the
/// module.
#[allow(clippy::manual_contains, reason = "size")]
#[inline(never)]
pub fn contains(text: &[u8], wanted: u8) -> bool {
    text.iter().any(|&byte| byte == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_get_and_head_are_safe_to_repeat() {
        for method in ["GET", "get", "HEAD", "Head"] {
            assert!(is_safe_to_repeat(method.as_bytes()), "{method}");
        }
        for method in ["POST", "PUT", "PATCH", "DELETE", "QUERY", "OPTIONS", "GETS", ""] {
            assert!(!is_safe_to_repeat(method.as_bytes()), "{method}");
        }
    }

    #[test]
    fn hosts_of_this_machine_are_local() {
        for host in ["localhost", "localhost:8080", "a.localhost", "127.0.0.1:1", "127.9.9.9", "[::1]:8080"] {
            assert!(is_local(host.as_bytes()), "{host}");
        }
        for host in ["example.org", "localhost.example.org", "128.0.0.1", "[::2]", ""] {
            assert!(!is_local(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn only_requests_to_servers_are_retried() {
        for (scheme, target) in [
            ("http:", Target::Server),
            ("https:", Target::Server),
            ("data:", Target::Content),
            ("blob:", Target::Content),
            ("about:", Target::Content),
            ("mailto:", Target::Unknown),
            ("httpx:", Target::Unknown),
            ("", Target::Unknown),
        ] {
            assert_eq!(Target::of(scheme.as_bytes()), target, "{scheme}");
        }
        for outcome in [Outcome::RequestFailed, Outcome::BodyFailed, Outcome::BodyEnded] {
            assert!(!Target::Server.is_futile(outcome));
            assert!(Target::Content.is_futile(outcome));
        }
        assert!(Target::Unknown.is_futile(Outcome::RequestFailed));
        assert!(!Target::Unknown.is_futile(Outcome::BodyFailed));
    }

    #[test]
    fn a_response_makes_an_unknown_scheme_a_server() {
        for (before, after) in [
            (Target::Server, Target::Server),
            (Target::Content, Target::Content),
            (Target::Unknown, Target::Server),
        ] {
            let mut target = before;
            target.opened();
            assert_eq!(target, after);
        }
    }

    #[test]
    fn parses_facts() {
        assert_eq!(
            RequestFacts::parse(b"POST https: localhost:1 429503"),
            RequestFacts {
                is_safe_to_repeat: false,
                is_local: true,
                target: Target::Server,
                statuses: b"429503"[..].into(),
            }
        );
        assert_eq!(
            RequestFacts::parse(b"GET data: "),
            RequestFacts {
                is_safe_to_repeat: true,
                is_local: false,
                target: Target::Content,
                statuses: Box::default()
            }
        );
        assert_eq!(
            RequestFacts::parse(b""),
            RequestFacts {
                is_safe_to_repeat: false,
                is_local: false,
                target: Target::Unknown,
                statuses: Box::default()
            }
        );
    }
}
