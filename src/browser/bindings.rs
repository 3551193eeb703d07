//! Raw bindings of the shim's object and the platform's functions.

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    /// The shim's object for a connection (`connection/connection.ts`). Its methods don't throw.
    pub type ConnectionDelegate;

    /// Calls [`feed`](super::feed()). Timers and promises use it instead of calling Rust directly, because only
    /// JavaScript can catch a trap.
    #[wasm_bindgen(method)]
    pub fn enter(this: &ConnectionDelegate, input: u32, number: f64);

    /// Builds the request of an attempt and feeds back [`SEND`](super::fetch_driver::input::SEND), at once or later.
    /// `resumes` asks for the user's `resume` request.
    #[wasm_bindgen(method)]
    pub fn prepare(this: &ConnectionDelegate, attempt: u32, resumes: bool);

    /// Sends the request that was prepared, with the controller's signal.
    #[wasm_bindgen(method)]
    pub fn fetch(this: &ConnectionDelegate, abort: &AbortController) -> Promise;

    /// Writes a response's status, `Retry-After` and `Content-Type` into the text buffer, a line each, and returns the
    /// length in bytes, or -1 if it isn't a response.
    #[wasm_bindgen(method)]
    pub fn respond(this: &ConnectionDelegate, response: JsValue) -> i32;

    /// Performs an action ([`action`]), and feeds back its result, at once or later.
    #[wasm_bindgen(method)]
    pub fn act(this: &ConnectionDelegate, action: u32);

    /// Stores the exception or rejection with which the attempt failed.
    #[wasm_bindgen(method)]
    pub fn caught(this: &ConnectionDelegate, cause: JsValue);

    /// An attempt ended with the number of an [`Error`](crate::core::Error). With `asked`, the user's decision is fed
    /// back. Otherwise the next attempt follows after `delay` milliseconds, or none if that is negative. `attempts`:
    /// gave up after this many failed attempts, or 0. `retry_after`: milliseconds, or NaN.
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

/// The actions of [`ConnectionDelegate::act`]. Keep in sync with `driver-boundary.ts`.
pub mod action {
    /// The request was ended: cancel its body and ignore the rest.
    pub const DROP: u32 = 0;
    /// Find out whether the server responds to requests without CORS.
    pub const PROBE: u32 = 1;
    /// Call the user's `accept` function with the response.
    pub const ACCEPT: u32 = 2;
    /// The response was accepted: read the body.
    pub const OPEN: u32 = 3;
    /// Read the beginning of the refused response's body.
    pub const READ_EXCERPT: u32 = 4;
    /// The request was ended until the page is visible and active again.
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
    /// Whether a test wants a panic at this place.
    #[wasm_bindgen(js_name = panicsOnDemand)]
    fn panics_on_demand(place: u32) -> bool;
}

/// Panics if a test wants it at this place.
#[cfg(feature = "panics-on-demand")]
pub fn panic_on_demand(place: Place) {
    assert!(!panics_on_demand(place as u32), "on demand");
}
