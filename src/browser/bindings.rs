//! Raw bindings of the shim's object and the platform's functions.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// The shim's object for a connection (`connection/connection.ts`). Its methods don't throw.
    pub type ConnectionDelegate;

    /// Calls [`feed`](super::feed()). Timers and promises enter Rust through here, as only
    /// JavaScript can catch a trap.
    #[wasm_bindgen(method)]
    pub fn enter(this: &ConnectionDelegate, input: u32, number: f64);

    /// Makes the request of an attempt and passes it to [`send`](super::send()), at once or later. `resumes` asks for
    /// the request that resumes.
    #[wasm_bindgen(method)]
    pub fn prepare(this: &ConnectionDelegate, attempt: u32, resumes: bool);

    /// A response arrived. Writes its status, `Retry-After` and `Content-Type` into the text buffer, a line each, and
    /// returns the length in bytes. Negative, after [`caught`](Self::caught), if it isn't a response.
    #[wasm_bindgen(method)]
    pub fn respond(this: &ConnectionDelegate, response: &JsValue) -> i32;

    /// Performs the action, and feeds back the result, at once or later.
    #[wasm_bindgen(method)]
    pub fn act(this: &ConnectionDelegate, action: u32);

    /// The attempt failed, with a value that something threw or rejected with.
    #[wasm_bindgen(method)]
    pub fn caught(this: &ConnectionDelegate, cause: &JsValue);

    /// An attempt ended with an error (the numbers of [`Error`](crate::core::Error)). If the user is `asked`, the answer
    /// is fed back. Otherwise the next attempt follows after `delay` milliseconds, or none if that is negative: then
    /// `attempts` is how many failed, or 0. `retry_after` is the server's wish in milliseconds, or NaN.
    #[wasm_bindgen(method)]
    pub fn fail(
        this: &ConnectionDelegate,
        error: u32,
        asked: bool,
        delay: f64,
        attempts: u32,
        retry_after: f64,
    );

    /// Milliseconds of a monotonic clock.
    #[wasm_bindgen(js_namespace = performance)]
    pub fn now() -> f64;
}

/// What [`ConnectionDelegate::act`] is asked to do. `connection.ts` has the same.
pub mod action {
    /// The request was ended: cancel its body and ignore the rest.
    pub const DROP: u32 = 0;
    /// Ask whether the server responds to requests without CORS.
    pub const PROBE: u32 = 1;
    /// Ask the user whether to accept the response.
    pub const ACCEPT: u32 = 2;
    /// The response was accepted: read the body.
    pub const OPEN: u32 = 3;
    /// Read the beginning of the body of the response, which is refused.
    pub const READ_EXCERPT: u32 = 4;
    /// The connection was ended until the page is back.
    pub const PAUSE: u32 = 5;
    /// The stream is complete.
    pub const COMPLETE: u32 = 6;
}

/// Places where the tests can make the core panic.
#[cfg(feature = "panics-on-demand")]
#[derive(Clone, Copy)]
pub enum Place {
    Step,
    Scan,
}

#[cfg(feature = "panics-on-demand")]
#[wasm_bindgen]
extern "C" {
    /// Only in the tests: whether to panic here.
    #[wasm_bindgen(js_name = panicsOnDemand)]
    fn panics_on_demand(place: u32) -> bool;
}

/// Panics where a test wants it.
#[cfg(feature = "panics-on-demand")]
pub fn panic_on_demand(place: Place) {
    assert!(!panics_on_demand(place as u32), "on demand");
}
