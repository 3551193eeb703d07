//! The exports of the WebAssembly module, which the shim calls. Arguments are numbers and at most one object.

mod bindings;
mod buffers;
mod executor;
mod fetch_driver;

use crate::core::{
    self, ConnectionOptions, Policy, RequestFacts, Retry, Rules, ScannerOptions, Target, clamp,
};
use bindings::ConnectionDelegate;
use fetch_driver::Driver;
use js_sys::Function;
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};
use web_sys::RequestInit;

/// Address and length of the window, address and length of the text buffer, address of the table.
#[wasm_bindgen]
pub fn address(index: usize) -> u32 {
    buffers::addresses()[index]
}

/// The boolean options of a connection, as bits. `connection.ts` has the same.
mod flag {
    pub const RETRY_AFTER: u32 = 1;
    pub const CAN_RESUME: u32 = 2;
    pub const ASKS_TO_ACCEPT: u32 = 4;
    pub const PAUSES_WHEN_HIDDEN: u32 = 8;
    pub const PROBES_CORS: u32 = 16;
    pub const OWN_FETCH: u32 = 32;
}

/// A connection to one URL, alive until it is closed or has told its delegate that it has ended.
#[wasm_bindgen]
pub struct Connection(Driver);

#[wasm_bindgen]
impl Connection {
    /// A connection that does nothing until it is fed. The text buffer has the [`RequestFacts`]. Infinite timeouts are
    /// none; `rules` are the numbers of [`Rules`].
    #[wasm_bindgen(constructor)]
    #[allow(
        clippy::too_many_arguments,
        reason = "numbers cross for free, an object would be read member by member"
    )]
    pub fn new(
        delegate: ConnectionDelegate,
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
    ) -> Self {
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
        Self(Driver::new(delegate, core::Connection::new(retry, options)))
    }

    /// Something happened: the number of an [`Error`](core::Error), or one of [`fetch_driver::input`].
    pub fn feed(&self, input: u32, number: f64) {
        self.0.feed(input, number);
    }

    /// Sends the request that the delegate was asked to prepare.
    pub fn send(&self, fetch: &Function, url: &JsValue, init: &RequestInit) {
        self.0.send(fetch, url, init);
    }
}

/// Finds the events of one stream in the bytes that the window has.
#[wasm_bindgen]
pub struct Scanner(core::Scanner);

/// What [`Scanner::scan`] returns besides the number of rows, as bits. `event-stream-parser.ts` has the same.
mod scan {
    pub const DECODE: u32 = 1 << 16;
    pub const IS_ASCII: u32 = 1 << 17;
    pub const TOO_LARGE: u32 = 1 << 18;
    pub const IS_IN_LINE: u32 = 1 << 19;
    pub const IS_IN_EVENT: u32 = 1 << 20;
}

#[wasm_bindgen]
impl Scanner {
    /// A scanner at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: f64, comments: bool, ignored_lines: bool) -> Self {
        // A cast saturates.
        let max_event_size = max_event_size as usize;
        Self(core::Scanner::new(ScannerOptions { max_event_size, comments, ignored_lines }))
    }

    /// Scans the window, which holds `filled` bytes, from where the last scan ended. Returns the number of rows
    /// in the table, and the bits of [`scan`].
    pub fn scan(&mut self, filled: usize) -> u32 {
        #[cfg(feature = "panics-on-demand")]
        bindings::panic_on_demand(bindings::Place::Scan);
        buffers::with_table(|window, table| {
            let core::Scan { decode, is_ascii, too_large } = self.0.scan(window, filled, table);
            let bit = |bit, is_set| if is_set { bit } else { 0 };
            table.length as u32
                | bit(scan::DECODE, decode)
                | bit(scan::IS_ASCII, is_ascii)
                | bit(scan::TOO_LARGE, too_large)
                | bit(scan::IS_IN_LINE, self.0.is_in_line())
                | bit(scan::IS_IN_EVENT, self.0.is_in_event())
        })
    }

    /// The shim has taken the window's text. Returns the offset from which it is still needed.
    #[wasm_bindgen(js_name = restartWindow)]
    pub fn restart_window(&mut self) -> u32 {
        self.0.restart_window()
    }

    /// Goes back to the window's start, as its bytes aren't UTF-8; or begins a new stream.
    pub fn rewind(&mut self, begins_stream: bool) {
        if begins_stream {
            self.0.reset();
        } else {
            self.0.rewind();
        }
    }
}
