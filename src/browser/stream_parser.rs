//! The parser alone, for streams that the shim is given in pieces.

use super::sys::{Face, guarded};
use crate::core::{DEFAULT_MAX_EVENT_SIZE, Parser, ParserOptions};
use js_sys::Uint8Array;
use std::mem;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

/// Turns bytes into batches, which are handed to [`Face::received`]. Its promise isn't waited for: whoever
/// feeds sees to the pace.
#[wasm_bindgen]
pub struct StreamParser {
    face: Face,
    parser: Parser,
    options: ParserOptions,
}

#[wasm_bindgen]
impl StreamParser {
    /// A parser at the start of a stream.
    #[wasm_bindgen(constructor)]
    pub fn new(face: Face, max_event_size: Option<f64>, comments: bool, ignored_lines: bool) -> Self {
        let max_event_size = max_event_size.map_or(DEFAULT_MAX_EVENT_SIZE, |size| size as usize);
        let options = ParserOptions { max_event_size, comments, ignored_lines, ..ParserOptions::default() };
        Self { face, parser: Parser::new(options), options }
    }

    /// Takes the next bytes. False if a line or an event was longer than the limit: then nothing may follow
    /// but [`StreamParser::reset`]. Throws what never should be thrown, and is then at the start of a stream.
    pub fn feed(&mut self, bytes: &Uint8Array) -> Result<bool, JsValue> {
        let mut is_taken = false;
        self.guarded(&mut |face, parser| {
            bytes.copy_to(parser.space(bytes.length() as usize));
            is_taken = parse(face, parser);
        })?;
        Ok(is_taken)
    }

    /// Begins a new stream and drops what is unfinished. Before that, with `end_line`, the line that has begun
    /// is taken as if it had ended.
    pub fn reset(&mut self, end_line: bool) -> Result<(), JsValue> {
        self.guarded(&mut |face, parser| {
            if end_line && parser.is_in_line() {
                parser.space(1).copy_from_slice(b"\n");
                parse(face, parser);
            }
            parser.reset();
        })
    }

    /// As `Driver::guarded`: where something is thrown, nobody knows what has become of the parser.
    fn guarded(&mut self, enter: &mut dyn FnMut(&Face, &mut Parser)) -> Result<(), JsValue> {
        let Self { face, parser, options } = self;
        let entered = guarded(face, &mut || enter(face, parser));
        if entered.is_err() {
            mem::forget(mem::replace(parser, Parser::new(*options)));
        }
        entered
    }
}

fn parse(face: &Face, parser: &mut Parser) -> bool {
    #[cfg(feature = "panics-on-demand")]
    super::sys::panic_on_demand("stream");
    let batch = parser.parse();
    if !batch.records.is_empty() {
        drop(face.received(batch.text, batch.records.as_flattened()));
    }
    !batch.too_large
}
