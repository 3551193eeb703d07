//! Raw bindings: what the shim gives, and the parts of the platform for which web-sys trusts more than a
//! user's own `fetch` deserves.

use js_sys::{Function, Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, RequestInit, Response};

#[wasm_bindgen]
extern "C" {
    /// The shim's object to which everything is told. Its methods don't throw.
    pub type Face;

    /// The response was accepted.
    #[wasm_bindgen(method)]
    pub fn opened(this: &Face, response: &Response);

    /// A batch. Both views are of the module's memory and hold until the call returns. A promise means: read
    /// no further until it is fulfilled.
    #[wasm_bindgen(method)]
    pub fn received(this: &Face, text: &[u8], records: &[u32]) -> Option<Promise>;

    /// An attempt ended: the next follows after `delay` milliseconds, or none where there is no delay.
    #[wasm_bindgen(method)]
    pub fn failed(
        this: &Face,
        kind: &str,
        message: &str,
        delay: Option<u32>,
        cause: &JsValue,
        response: Option<&Response>,
        body: Option<&str>,
    );

    /// The stream is complete.
    #[wasm_bindgen(method)]
    pub fn completed(this: &Face);

    /// What the shim has made of the user's arguments, valid and complete.
    pub type Request;

    #[wasm_bindgen(method, getter)]
    pub fn url(this: &Request) -> JsValue;

    #[wasm_bindgen(method, getter)]
    pub fn method(this: &Request) -> String;

    #[wasm_bindgen(method, getter)]
    pub fn headers(this: &Request) -> Headers;

    /// The rest of a `RequestInit`.
    #[wasm_bindgen(method, getter)]
    pub fn init(this: &Request) -> Object;

    /// The user's own `fetch`.
    #[wasm_bindgen(method, getter)]
    pub fn fetch(this: &Request) -> Option<Function>;

    /// The global `fetch`, looked up at each call, so that one that is put in its place later is used.
    #[wasm_bindgen(js_name = fetch, catch)]
    pub fn global_fetch(url: &JsValue, init: &RequestInit) -> Result<JsValue, JsValue>;

    /// A value that should be a `Response`.
    pub type ResponseLike;

    #[wasm_bindgen(method, getter, catch)]
    pub fn status(this: &ResponseLike) -> Result<f64, JsValue>;

    #[wasm_bindgen(method, getter, catch)]
    pub fn headers(this: &ResponseLike) -> Result<Headers, JsValue>;

    #[wasm_bindgen(method, getter, catch)]
    pub fn body(this: &ResponseLike) -> Result<JsValue, JsValue>;

    /// A value that should be a `ReadableStream`.
    pub type StreamLike;

    #[wasm_bindgen(method, js_name = getReader, catch)]
    pub fn get_reader(this: &StreamLike) -> Result<Reader, JsValue>;

    /// What should be its reader.
    #[derive(Clone)]
    pub type Reader;

    #[wasm_bindgen(method, catch)]
    pub fn read(this: &Reader) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub fn cancel(this: &Reader) -> Result<JsValue, JsValue>;

    /// What a read should be fulfilled with.
    pub type ReadResult;

    #[wasm_bindgen(method, getter, catch)]
    pub fn done(this: &ReadResult) -> Result<bool, JsValue>;

    #[wasm_bindgen(method, getter, catch)]
    pub fn value(this: &ReadResult) -> Result<JsValue, JsValue>;
}
