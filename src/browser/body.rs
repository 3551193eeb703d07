//! A response's body, chunk by chunk.

use super::sys::{ReadResult, Reader, StreamLike};
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Promise, TypeError, Uint8Array};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// At most so many bytes of a refused response's body are kept for the error.
const EXCERPT_SIZE: usize = 64 << 10;

/// At most so many milliseconds are waited for them.
const EXCERPT_TIME: u32 = 1_000;

/// How reading went on.
pub enum Chunk {
    /// Some bytes.
    Bytes(Uint8Array),
    /// The end.
    End,
    /// More than the parser takes.
    TooLarge,
    /// The body broke off.
    Failed(JsValue),
    /// This is no stream of bytes.
    Unreadable(JsValue),
}

/// So many bytes are handed on at a time. Firefox gives all that has come while a page was busy as one chunk, and the
/// module's memory, into which it is copied, never shrinks.
const SLICE: u32 = 256 << 10;

/// A body with its reader.
#[derive(Clone, Default)]
pub struct Body {
    reader: Option<Reader>,
    /// What of a chunk is still to be handed on.
    rest: RefCell<Option<Uint8Array>>,
}

impl Body {
    /// Takes the body's reader. A response without a body (`null`) has an empty one.
    pub fn new(body: &JsValue) -> Result<Self, JsValue> {
        if body.is_null() {
            return Ok(Self::default());
        }
        let reader = Some(body.unchecked_ref::<StreamLike>().get_reader()?);
        Ok(Self { reader, ..Self::default() })
    }

    /// The next chunk.
    pub async fn next(&self) -> Chunk {
        if let Some(rest) = self.rest.take() {
            return self.slice(rest);
        }
        let Some(reader) = &self.reader else { return Chunk::End };
        let read = match reader.read() {
            Ok(read) => JsFuture::from(Promise::resolve(&read)).await,
            Err(cause) => Err(cause),
        };
        match read {
            Ok(result) => self.chunk(result.unchecked_ref()).unwrap_or_else(Chunk::Unreadable),
            Err(cause) => Chunk::Failed(cause),
        }
    }

    fn chunk(&self, result: &ReadResult) -> Result<Chunk, JsValue> {
        if result.done()? {
            return Ok(Chunk::End);
        }
        let value = result.value()?;
        // Not `instanceof`: the array may be another realm's.
        // Nor is another view, whose elements aren't bytes or which has none.
        let bytes: Uint8Array = value.unchecked_into();
        if !ArrayBuffer::is_view(&bytes) || bytes.length() != bytes.byte_length() {
            return Err(TypeError::new("a chunk of the response's body isn't a Uint8Array").into());
        }
        Ok(self.slice(bytes))
    }

    fn slice(&self, bytes: Uint8Array) -> Chunk {
        let length = bytes.length();
        if length <= SLICE {
            return Chunk::Bytes(bytes);
        }
        self.rest.replace(Some(bytes.subarray(SLICE, length)));
        Chunk::Bytes(bytes.subarray(0, SLICE))
    }

    /// The beginning of the body as text, within limits of size and time: for an error's sake, and some bodies
    /// never end.
    pub async fn excerpt(&self) -> Vec<u8> {
        let mut excerpt = Vec::new();
        let reader = self.reader.clone();
        let _time_is_up = Timeout::new(EXCERPT_TIME, move || cancel(reader.as_ref()));
        while excerpt.len() < EXCERPT_SIZE
            && let Chunk::Bytes(bytes) = self.next().await
        {
            excerpt.extend_from_slice(&bytes.to_vec());
        }
        excerpt.truncate(EXCERPT_SIZE);
        excerpt
    }

    /// Wants no more of it: a read that waits is over at once.
    pub fn cancel(&self) {
        cancel(self.reader.as_ref());
    }
}

fn cancel(reader: Option<&Reader>) {
    if let Some(Ok(cancelled)) = reader.map(Reader::cancel) {
        // A body that has failed rejects this too, which has been told already.
        spawn_local(async move { drop(JsFuture::from(Promise::resolve(&cancelled)).await) });
    }
}
