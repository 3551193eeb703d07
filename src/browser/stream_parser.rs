//! The parser alone, for streams that the shim is given in pieces.
//!
//! A piece may be a few bytes, so that what a call costs counts: the shim writes into the module's memory and reads
//! from it by itself, and nothing but numbers crosses.

use crate::core::{DEFAULT_MAX_EVENT_SIZE, Parser, ParserOptions};
use wasm_bindgen::{JsValue, prelude::wasm_bindgen};

/// The module's memory. (A function of its own name would hide the export that it is.)
#[wasm_bindgen(js_name = coreMemory)]
pub fn core_memory() -> JsValue {
    wasm_bindgen::memory()
}

/// Turns bytes into batches.
#[wasm_bindgen]
pub struct StreamParser {
    parser: Parser,
    /// Where the last batch is, as the shim reads it (`message-parser.ts`): the text's address and its length in
    /// bytes, the records' address and their length in numbers, and whether the limit was exceeded.
    batch: [u32; 5],
}

#[wasm_bindgen]
impl StreamParser {
    /// A parser at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: Option<f64>, comments: bool, ignored_lines: bool) -> Self {
        let max_event_size = max_event_size.map_or(DEFAULT_MAX_EVENT_SIZE, |size| size as usize);
        let options = ParserOptions { max_event_size, comments, ignored_lines, ..ParserOptions::default() };
        Self { parser: Parser::new(options), batch: [0; 5] }
    }

    /// The address of room for so many bytes, which have to be written there before [`StreamParser::parse`].
    pub fn space(&mut self, length: usize) -> *mut u8 {
        self.parser.space(length).as_mut_ptr()
    }

    /// Parses what was written. Gives the address of what is known of the batch, which holds until the next call.
    /// If a line or an event was longer than the limit, nothing may follow but [`StreamParser::reset`].
    pub fn parse(&mut self) -> *const u32 {
        #[cfg(feature = "panics-on-demand")]
        super::sys::panic_on_demand("stream");
        let batch = self.parser.parse();
        let records = batch.records.as_flattened();
        self.batch = [
            batch.text.as_ptr() as u32,
            batch.text.len() as u32,
            records.as_ptr() as u32,
            records.len() as u32,
            batch.too_large.into(),
        ];
        self.batch.as_ptr()
    }

    /// Whether a line has begun that has no end yet.
    #[wasm_bindgen(js_name = isInLine)]
    pub fn is_in_line(&self) -> bool {
        self.parser.is_in_line()
    }

    /// Begins a new stream and drops what is unfinished.
    pub fn reset(&mut self) {
        self.parser.reset();
    }
}
