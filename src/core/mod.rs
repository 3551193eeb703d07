//! Server-sent events without I/O: what <https://html.spec.whatwg.org/multipage/server-sent-events.html> asks
//! for, as values in and values out.
//!
//! Nothing here knows the browser, a clock, a source of randomness or JavaScript. Bytes and facts come in,
//! events and decisions go out, so that the host compiles, tests and fuzzes all of it.

#![forbid(unsafe_code)]

mod connection;
mod error;
mod fields;
mod lines;
mod parser;
mod response;
mod retry;
mod retry_after;
mod target;
mod utf16;

pub use connection::{Action, Answer, Connection, ConnectionOptions, Head, Input, State};
pub use error::Error;
pub use parser::{DEFAULT_MAX_EVENT_SIZE, Parsed, Parser, ParserOptions, Record, kind};
pub use response::{Refusal, check_response};
pub use retry::{
    DEFAULT_RECONNECTION_TIME, Decision, MAX_DELAY, Moment, Outcome, Policy, Retry, Rules, clamp, is_local,
    is_safe_to_repeat,
};
pub use retry_after::retry_after;
pub use target::Target;
