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
    /// What is known after a piece, as the shim reads it (`message-parser.ts`): where the next one has to be written
    /// and how much of it there is room for, then the batch: the text's address and its length in bytes, the records'
    /// address and their length in numbers, and whether the limit was exceeded.
    known: [u32; 7],
}

#[wasm_bindgen]
impl StreamParser {
    /// A parser at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(max_event_size: Option<f64>, comments: bool, ignored_lines: bool) -> Self {
        let max_event_size = max_event_size.map_or(DEFAULT_MAX_EVENT_SIZE, |size| size as usize);
        let options = ParserOptions { max_event_size, comments, ignored_lines, ..ParserOptions::default() };
        Self { parser: Parser::new(options), known: [0; 7] }
    }

    /// Makes room for so many bytes. Gives the address of what is known, which is always the same.
    pub fn space(&mut self, length: usize) -> *const u32 {
        let room = self.parser.space(length);
        self.known[..2].copy_from_slice(&[room.as_ptr() as u32, room.len() as u32]);
        self.known.as_ptr()
    }

    /// Parses so many bytes, which were written where there is room. If a line or an event was longer than the limit,
    /// nothing may follow but [`StreamParser::reset`].
    pub fn parse(&mut self, length: usize) {
        #[cfg(feature = "panics-on-demand")]
        super::sys::panic_on_demand("stream");
        let too_large = self.parser.parse(length).too_large;
        self.know_room();
        let (text, records) = (self.parser.text(), self.parser.records().as_flattened());
        // One by one, as a copy is a call.
        self.known[2] = text.as_ptr() as u32;
        self.known[3] = text.len() as u32;
        self.known[4] = records.as_ptr() as u32;
        self.known[5] = records.len() as u32;
        self.known[6] = too_large.into();
    }

    /// Corrects the records of the last batch, if its text isn't UTF-8. To be called once.
    #[wasm_bindgen(js_name = correctRecords)]
    pub fn correct_records(&mut self) {
        self.parser.correct_records();
    }

    /// Whether a line has begun that has no end yet.
    #[wasm_bindgen(js_name = isInLine)]
    pub fn is_in_line(&self) -> bool {
        self.parser.is_in_line()
    }

    /// Begins a new stream and drops what is unfinished.
    pub fn reset(&mut self) {
        self.parser.reset();
        self.know_room();
    }

    fn know_room(&mut self) {
        let room = self.parser.room();
        self.known[0] = room.as_ptr() as u32;
        self.known[1] = room.len() as u32;
    }
}
