//! The exports of the WebAssembly module, which the shim calls.
//!
//! They are plain exports, because wasm-bindgen adds code for each argument of its own. Their types are in
//! `src/shim/wasm/core.d.ts`, their names in `tools/patch-generated.mjs`.
#![allow(unsafe_code, reason = "plain exports have names that aren't mangled, and take pointers")]

mod bindings;
mod buffers;
mod executor;
mod fetch_driver;

use crate::core::{
    self, ConnectionOptions, Policy, RequestFacts, Retry, Rules, ScannerOptions, Target, clamp,
};
use bindings::ConnectionDelegate;
use fetch_driver::Driver;
use std::rc::Rc;
use wasm_bindgen::convert::FromWasmAbi;

/// The address of the text buffer, which the table and the window follow.
#[unsafe(no_mangle)]
pub extern "C" fn buffers_address() -> usize {
    buffers::address()
}

/// The boolean options of a connection, as bits. Keep in sync with `driver-boundary.ts`.
mod flag {
    pub const RETRY_AFTER: u32 = 1;
    pub const CAN_RESUME: u32 = 2;
    pub const ASKS_TO_ACCEPT: u32 = 4;
    pub const PAUSES_WHEN_HIDDEN: u32 = 8;
    pub const PROBES_CORS: u32 = 16;
    pub const OWN_FETCH: u32 = 32;
}

/// Creates a connection, which waits for its first input. The text buffer has the [`RequestFacts`], and `rules` is a
/// number of [`Rules`]. An infinite timeout means none.
///
/// # Safety
///
/// `delegate` is the index of a [`ConnectionDelegate`], and used only once.
#[allow(
    clippy::too_many_arguments,
    reason = "numbers cross for free, an object would be read member by member"
)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn connect(
    delegate: u32,
    facts_length: usize,
    flags: u32,
    rules: u32,
    initial_delay: f64,
    factor: f64,
    jitter: f64,
    max_delay: f64,
    max_attempts: f64,
    max_time: f64,
    reset_after: f64,
    connect_timeout: f64,
    idle_timeout: f64,
) -> Box<Driver> {
    let has = |flag: u32| flags & flag != 0;
    let facts = RequestFacts::parse(buffers::text(facts_length));
    let rules = match rules {
        1 => Rules::Never,
        2 => Rules::Policy,
        3 => Rules::Ask,
        _ => Rules::Standard,
    };
    let policy = Policy {
        rules,
        initial_delay,
        factor,
        jitter,
        max_delay,
        max_attempts,
        max_time,
        reset_after,
        statuses: facts.statuses,
        retry_after: has(flag::RETRY_AFTER),
    };
    let timeout = |milliseconds: f64| milliseconds.is_finite().then(|| clamp(milliseconds));
    let options = ConnectionOptions {
        asks_to_accept: has(flag::ASKS_TO_ACCEPT),
        connect_timeout: timeout(connect_timeout),
        idle_timeout: timeout(idle_timeout),
        pauses_when_hidden: has(flag::PAUSES_WHEN_HIDDEN),
        probes_cors: has(flag::PROBES_CORS),
        is_local: facts.is_local,
        target: if has(flag::OWN_FETCH) { Target::Server } else { facts.target },
    };
    let retry = Retry::new(policy, facts.is_safe_to_repeat, has(flag::CAN_RESUME));
    // SAFETY: as the caller promises.
    let delegate = unsafe { ConnectionDelegate::from_abi(delegate) };
    Box::new(Driver::new(Rc::new(delegate), core::Connection::new(retry, options)))
}

/// Feeds an input: the number of an [`Error`](core::Error), or one of [`fetch_driver::input`].
#[unsafe(no_mangle)]
pub extern "C" fn feed(driver: &Driver, input: u32, number: f64) {
    driver.feed(input, number);
}

/// Frees a connection. Don't call it while another function of the connection runs.
#[unsafe(no_mangle)]
pub extern "C" fn disconnect(driver: Box<Driver>) {
    drop(driver);
}

/// The bits that [`scan`] returns besides the number of rows. Keep in sync with `event-stream-parser.ts`.
mod found {
    pub const DECODE: u32 = 1 << 16;
    pub const IS_ASCII: u32 = 1 << 17;
    pub const TOO_LARGE: u32 = 1 << 18;
    pub const IS_IN_LINE: u32 = 1 << 19;
    pub const IS_IN_EVENT: u32 = 1 << 20;
}

/// Creates a scanner, at the start of a stream.
#[unsafe(no_mangle)]
pub extern "C" fn new_scanner(
    max_event_size: f64,
    comments: bool,
    ignored_lines: bool,
) -> Box<core::Scanner> {
    // A cast saturates.
    let max_event_size = max_event_size as usize;
    Box::new(core::Scanner::new(ScannerOptions { max_event_size, comments, ignored_lines }))
}

/// Scans the first `filled` bytes of the window, from the end of the last scan on. Returns the number of rows in the
/// table, and the bits of [`found`].
#[unsafe(no_mangle)]
pub extern "C" fn scan(scanner: &mut core::Scanner, filled: usize) -> u32 {
    #[cfg(feature = "panics-on-demand")]
    bindings::panic_on_demand(bindings::Place::Scan);
    buffers::with_table(|window, table| {
        let core::Scan { decode, is_ascii, too_large } = scanner.scan(window, filled, table);
        let bit = |bit, is_set| if is_set { bit } else { 0 };
        table.length as u32
            | bit(found::DECODE, decode)
            | bit(found::IS_ASCII, is_ascii)
            | bit(found::TOO_LARGE, too_large)
            | bit(found::IS_IN_LINE, scanner.is_in_line())
            | bit(found::IS_IN_EVENT, scanner.is_in_event())
    })
}

/// Restarts the window after the shim has decoded its text. Returns the offset from which on the text is still needed.
#[unsafe(no_mangle)]
pub extern "C" fn restart_window(scanner: &mut core::Scanner) -> u32 {
    scanner.restart_window()
}

/// Goes back to the window's start, for malformed UTF-8, or begins a new stream.
#[unsafe(no_mangle)]
pub extern "C" fn rewind(scanner: &mut core::Scanner, begins_stream: bool) {
    if begins_stream {
        scanner.reset();
    } else {
        scanner.rewind();
    }
}

/// Frees a scanner.
#[unsafe(no_mangle)]
pub extern "C" fn free_scanner(scanner: Box<core::Scanner>) {
    drop(scanner);
}
