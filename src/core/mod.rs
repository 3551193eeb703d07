//! Server-sent events without I/O, as specified in
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//!
//! Nothing here depends on the browser, a clock, randomness or JavaScript. Inputs are bytes and facts, outputs are the
//! offsets of events, and decisions. So all of it can be compiled, tested and fuzzed on the host.

#![forbid(unsafe_code)]

mod action;
mod connection;
mod error;
mod input;
mod line_ends;
mod line_parser;
mod request_facts;
mod response;
mod retry;
mod retry_after;
mod scanner;
mod scanner_options;
#[cfg(target_feature = "simd128")]
mod simd;
mod table;

pub use action::Action;
pub use connection::{Connection, ConnectionOptions, OFFLINE_TIME, State};
pub use error::Error;
pub use input::{Answer, Input};
pub use request_facts::{RequestFacts, Target, is_local, is_safe_to_repeat};
pub use response::Head;
pub use retry::{Clock, DEFAULT_RECONNECTION_TIME, MAX_DELAY, Outcome, Policy, Retry, Rules, clamp};
pub use retry_after::retry_after;
pub use scanner::{Scan, Scanner};
pub use scanner_options::{DEFAULT_MAX_EVENT_SIZE, ScannerOptions};
pub use table::{MAX_ROWS, Row, Table, WINDOW_SIZE, Window, row};
