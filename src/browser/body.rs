//! A response's body, chunk by chunk.

use super::sys::{ReadResult, Reader, StreamLike};
use gloo_timers::callback::Timeout;
use js_sys::{ArrayBuffer, Promise, TypeError, Uint8Array};
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

/// A body with its reader.
#[derive(Clone, Default)]
pub struct Body(Option<Reader>);

impl Body {
    /// Takes the body's reader. A response without a body (`null`) has an empty one.
    pub fn new(body: &JsValue) -> Result<Self, JsValue> {
        if body.is_null() {
            return Ok(Self(None));
        }
        Ok(Self(Some(body.unchecked_ref::<StreamLike>().get_reader()?)))
    }

    /// The next chunk.
    pub async fn next(&self) -> Chunk {
        let Some(reader) = &self.0 else { return Chunk::End };
        let read = match reader.read() {
            Ok(read) => JsFuture::from(Promise::resolve(&read)).await,
            Err(cause) => Err(cause),
        };
        match read {
            Ok(result) => Self::chunk(result.unchecked_ref()).unwrap_or_else(Chunk::Unreadable),
            Err(cause) => Chunk::Failed(cause),
        }
    }

    fn chunk(result: &ReadResult) -> Result<Chunk, JsValue> {
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
        Ok(Chunk::Bytes(bytes))
    }

    /// The beginning of the body as text, within limits of size and time: for an error's sake, and some bodies
    /// never end.
    pub async fn excerpt(&self) -> Vec<u8> {
        let mut excerpt = Vec::new();
        let reader = self.0.clone();
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
        cancel(self.0.as_ref());
    }
}

fn cancel(reader: Option<&Reader>) {
    if let Some(Ok(cancelled)) = reader.map(Reader::cancel) {
        // A body that has failed rejects this too, which has been told already.
        spawn_local(async move { drop(JsFuture::from(Promise::resolve(&cancelled)).await) });
    }
}
