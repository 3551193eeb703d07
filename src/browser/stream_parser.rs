//! The parser alone, for streams that the shim is given in pieces.

use super::sys::Face;
use crate::core::{DEFAULT_MAX_EVENT_SIZE, Parser, ParserOptions};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::wasm_bindgen;

/// Turns bytes into batches, which are handed to [`Face::received`]. Its promise isn't waited for: whoever
/// feeds sees to the pace.
#[wasm_bindgen]
pub struct StreamParser {
    face: Face,
    parser: Parser,
}

#[wasm_bindgen]
impl StreamParser {
    /// A parser at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(face: Face, max_event_size: Option<f64>, comments: bool, ignored_lines: bool) -> Self {
        let max_event_size = max_event_size.map_or(DEFAULT_MAX_EVENT_SIZE, |size| size as usize);
        let options = ParserOptions { max_event_size, comments, ignored_lines, ..ParserOptions::default() };
        Self { face, parser: Parser::new(options) }
    }

    /// Takes the next bytes. False if a line or an event was longer than the limit: then nothing may follow
    /// but [`StreamParser::reset`].
    pub fn feed(&mut self, bytes: &Uint8Array) -> bool {
        bytes.copy_to(self.parser.space(bytes.length() as usize));
        self.parse()
    }

    /// Begins a new stream and drops what is unfinished. Before that, with `end_line`, the line that has begun
    /// is taken as if it had ended.
    pub fn reset(&mut self, end_line: bool) {
        if end_line && self.parser.is_in_line() {
            self.parser.space(1).copy_from_slice(b"\n");
            self.parse();
        }
        self.parser.reset();
    }

    fn parse(&mut self) -> bool {
        let batch = self.parser.parse();
        if !batch.records.is_empty() {
            drop(self.face.received(batch.text, batch.records.as_flattened()));
        }
        !batch.too_large
    }
}
