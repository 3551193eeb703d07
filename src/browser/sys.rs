//! Raw bindings: what the shim gives, and the parts of the platform for which web-sys trusts more than a
//! user's own `fetch` deserves.

use js_sys::{Function, JsString, Object, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, RequestInit, Response};

#[wasm_bindgen]
extern "C" {
    /// The shim's object to which everything is told. Methods that call the user's functions may throw, the
    /// others don't.
    pub type Face;

    /// Gives the [`Request`] of an attempt, or a promise of it. `resumes` asks for the one that resumes.
    #[wasm_bindgen(method, catch)]
    pub fn prepare(this: &Face, attempt: u32, resumes: bool) -> Result<JsValue, JsValue>;

    /// Asks whether to accept a response, where [`Settings::accepts`] is set: rejects or throws if not.
    #[wasm_bindgen(method, catch)]
    pub fn accept(this: &Face, response: &Response) -> Result<JsValue, JsValue>;

    /// The response was accepted.
    #[wasm_bindgen(method)]
    pub fn opened(this: &Face, response: &Response);

    /// So many bytes of the body have come; told where [`Settings::counts_bytes`] is set.
    #[wasm_bindgen(method, js_name = countBytes)]
    pub fn count_bytes(this: &Face, bytes: u32);

    /// Decodes a batch's text, a view of the module's memory. None where it isn't UTF-8, unless the records are corrected
    /// for what a decoder puts in its place.
    #[wasm_bindgen(method)]
    pub fn decode(this: &Face, text: &[u8], is_corrected: bool) -> Option<JsString>;

    /// A batch. The records are a view of the module's memory, which holds until the call returns. A promise means:
    /// read no further until it is fulfilled; if it is rejected, the user's function that takes the events failed.
    #[wasm_bindgen(method)]
    pub fn received(this: &Face, text: JsString, records: &[u32]) -> Option<Promise>;

    /// Whether events wait to be fired: the promise is fulfilled when none do.
    #[wasm_bindgen(method)]
    pub fn drained(this: &Face) -> Option<Promise>;

    /// Asks what to do about the end of an attempt, where [`Settings::rules`] says so. What is said is had from
    /// [`Face::decided`] afterwards; if this gives a promise, when that is fulfilled.
    #[wasm_bindgen(method, catch)]
    pub fn decide(
        this: &Face,
        kind: &str,
        message: &str,
        attempt: u32,
        cause: &JsValue,
        response: Option<&Response>,
        body: Option<&str>,
    ) -> Result<JsValue, JsValue>;

    /// The answer to [`Face::decide`]: a number of milliseconds, one below 0 for no more, NaN for the standard's
    /// rules. Not the promise's own result: WebKit of 2022 loses track of numbers that promises bring.
    #[wasm_bindgen(method)]
    pub fn decided(this: &Face) -> f64;

    /// An attempt ended: the next follows after `delay` milliseconds, or none where there is no delay.
    #[wasm_bindgen(method)]
    pub fn failed(
        this: &Face,
        kind: &str,
        message: &str,
        attempt: u32,
        cause: &JsValue,
        response: Option<&Response>,
        body: Option<&str>,
        delay: Option<u32>,
    );

    /// Calls the function, and throws what it throws.
    #[wasm_bindgen(method, catch)]
    fn guarded(this: &Face, enter: &mut dyn FnMut()) -> Result<(), JsValue>;

    /// Something has thrown that never should. It is over, with nothing told in a string: that may be what throws.
    #[wasm_bindgen(method)]
    pub fn crashed(this: &Face, attempt: u32, cause: &JsValue);

    /// The connection was let go until the page is back.
    #[wasm_bindgen(method)]
    pub fn paused(this: &Face);

    /// The stream is complete.
    #[wasm_bindgen(method)]
    pub fn completed(this: &Face);

    /// What the shim has made of the user's arguments, valid and complete.
    pub type Settings;

    #[wasm_bindgen(method, getter)]
    pub fn url(this: &Settings) -> String;

    #[wasm_bindgen(method, getter)]
    pub fn method(this: &Settings) -> String;

    /// The user's own `fetch`.
    #[wasm_bindgen(method, getter)]
    pub fn fetch(this: &Settings) -> Option<Function>;

    /// One of the constants in `browser/mod.rs`.
    #[wasm_bindgen(method, getter)]
    pub fn rules(this: &Settings) -> u32;

    /// The numbers of a policy, in the order of `browser/mod.rs`; NaN where the user gave none.
    #[wasm_bindgen(method, getter)]
    pub fn policy(this: &Settings) -> Option<Vec<f64>>;

    #[wasm_bindgen(method, getter)]
    pub fn statuses(this: &Settings) -> Option<Vec<u16>>;

    #[wasm_bindgen(method, getter, js_name = canResume)]
    pub fn can_resume(this: &Settings) -> bool;

    #[wasm_bindgen(method, getter)]
    pub fn accepts(this: &Settings) -> bool;

    #[wasm_bindgen(method, getter, js_name = connectTimeout)]
    pub fn connect_timeout(this: &Settings) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = idleTimeout)]
    pub fn idle_timeout(this: &Settings) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = maxEventSize)]
    pub fn max_event_size(this: &Settings) -> Option<f64>;

    #[wasm_bindgen(method, getter, js_name = pausesWhenHidden)]
    pub fn pauses_when_hidden(this: &Settings) -> bool;

    #[wasm_bindgen(method, getter, js_name = lastEventId)]
    pub fn last_event_id(this: &Settings) -> String;

    #[wasm_bindgen(method, getter)]
    pub fn comments(this: &Settings) -> bool;

    #[wasm_bindgen(method, getter, js_name = dropsReplayed)]
    pub fn drops_replayed(this: &Settings) -> bool;

    #[wasm_bindgen(method, getter, js_name = countsBytes)]
    pub fn counts_bytes(this: &Settings) -> bool;

    /// The request of one attempt.
    pub type Request;

    #[wasm_bindgen(method, getter)]
    pub fn url(this: &Request) -> JsValue;

    #[wasm_bindgen(method, getter)]
    pub fn headers(this: &Request) -> Headers;

    /// The ID to resume after, if it isn't that of the last event that has been parsed.
    #[wasm_bindgen(method, getter, js_name = lastEventId)]
    pub fn last_event_id(this: &Request) -> Option<String>;

    /// The rest of a `RequestInit`.
    #[wasm_bindgen(method, getter)]
    pub fn init(this: &Request) -> Object;

    /// The global `fetch`, looked up at each call, so that one that is put in its place later is used.
    #[wasm_bindgen(js_name = fetch, catch)]
    pub fn global_fetch(url: &JsValue, init: &RequestInit) -> Result<JsValue, JsValue>;

    /// Milliseconds on a clock that never goes back.
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    pub fn now() -> f64;

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

/// Enters by way of JavaScript, which alone can catch what is thrown in there, panics that have become traps among it.
pub fn guarded(face: &Face, enter: &mut dyn FnMut()) -> Result<(), JsValue> {
    // One closure for all: each is an import of its own.
    face.guarded(&mut || enter())
}

#[cfg(feature = "panics-on-demand")]
#[wasm_bindgen]
extern "C" {
    /// The tests' own: whether to panic here.
    #[wasm_bindgen(js_name = panicsOnDemand)]
    fn panics_on_demand(place: &str) -> bool;
}

/// Panics where a test wants it.
#[cfg(feature = "panics-on-demand")]
pub fn panic_on_demand(place: &str) {
    assert!(!panics_on_demand(place), "on demand");
}
