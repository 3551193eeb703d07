//! What a URL's scheme says about asking again: whether doing so is futile (spec "Processing model": "if the
//! user agent knows that to be futile", it may fail the connection).

use super::retry::Outcome;

/// What a URL leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// A server, which may answer otherwise the next time. Also whatever a `fetch` of the user's own leads to.
    #[default]
    Server,
    /// What the URL itself holds, or what the page has put there: the same every time.
    Content,
    /// Nothing that Fetch knows. The platform may know it, which shows when it answers.
    Unknown,
}

impl Target {
    /// By the scheme of an absolute, serialized URL.
    pub fn of(url: &str) -> Self {
        match url.split(':').next().unwrap_or_default() {
            "http" | "https" => Self::Server,
            "about" | "blob" | "data" => Self::Content,
            _ => Self::Unknown,
        }
    }

    /// A response was accepted.
    pub fn opened(&mut self) {
        if *self == Self::Unknown {
            *self = Self::Server;
        }
    }

    /// Whether another attempt would end as this one.
    pub fn is_futile(self, outcome: Outcome) -> bool {
        match self {
            Self::Server => false,
            Self::Content => true,
            Self::Unknown => outcome == Outcome::RequestFailed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_are_asked_again() {
        for (url, target) in [
            ("http://127.0.0.1/", Target::Server),
            ("https://example.org/http:", Target::Server),
            ("data:text/event-stream,data:x", Target::Content),
            ("blob:http://127.0.0.1/0", Target::Content),
            ("about:blank", Target::Content),
            ("mailto:x", Target::Unknown),
            ("ftp://127.0.0.1/", Target::Unknown),
            ("javascript:0", Target::Unknown),
            ("httpx://127.0.0.1/", Target::Unknown),
            ("app://here/", Target::Unknown),
        ] {
            assert_eq!(Target::of(url), target, "{url}");
        }
        for outcome in [Outcome::RequestFailed, Outcome::BodyFailed, Outcome::BodyEnded] {
            assert!(!Target::Server.is_futile(outcome));
            assert!(Target::Content.is_futile(outcome));
        }
        assert!(Target::Unknown.is_futile(Outcome::RequestFailed));
    }

    #[test]
    fn a_scheme_that_has_answered_is_known() {
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
}
