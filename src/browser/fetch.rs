//! One request: how it is sent, and how it is let go.

use super::{
    body::Body,
    sys::{Request, ResponseLike, global_fetch},
};
use js_sys::{Function, Object, Promise};
use std::cell::OnceCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{AbortController, Headers, RequestInit};

/// A request that is being made or under way. Dropping it aborts the request and stops the body, so that the
/// server sees the connection go.
pub struct Exchange {
    abort: AbortController,
    body: OnceCell<Body>,
}

impl Exchange {
    /// Nothing has been sent yet.
    pub fn new() -> Result<Self, JsValue> {
        Ok(Self { abort: AbortController::new()?, body: OnceCell::new() })
    }

    /// Sends the request and returns the promise of its response.
    pub fn send(
        &self,
        request: &Request,
        fetch: Option<&Function>,
        last_event_id: &[u8],
    ) -> Result<Promise, JsValue> {
        let headers = Headers::new_with_headers(&request.headers())?;
        if !headers.has("Accept")? {
            headers.set("Accept", "text/event-stream")?;
        }
        if !last_event_id.is_empty() {
            headers.set("Last-Event-ID", &byte_string(last_event_id))?;
        }
        let init: RequestInit = Object::assign(&Object::new(), &request.init()).unchecked_into();
        init.set_headers(&headers);
        init.set_signal(Some(&self.abort.signal()));
        let response = match fetch {
            Some(fetch) => fetch.call2(&JsValue::UNDEFINED, &request.url(), &init)?,
            None => global_fetch(&request.url(), &init)?,
        };
        Ok(Promise::resolve(&response))
    }

    /// The response has come: its body ends with this exchange.
    pub fn hold(&self, body: Body) {
        self.body.get_or_init(|| body);
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.abort.abort();
        // A fetch of the user's own may not heed the signal.
        if let Some(body) = self.body.get() {
            body.cancel();
        }
    }
}

/// What a response says before its body, and the body.
pub struct ResponseParts {
    pub status: u16,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    /// As it came: whoever accepts responses may want to read it.
    pub body: JsValue,
}

impl ResponseParts {
    /// An error where the value isn't a response.
    pub fn of(response: &JsValue) -> Result<Self, JsValue> {
        let response: &ResponseLike = response.unchecked_ref();
        let headers = response.headers()?;
        Ok(Self {
            status: response.status()? as u16,
            content_type: headers.get("Content-Type")?,
            retry_after: headers.get("Retry-After")?,
            body: response.body()?,
        })
    }
}

/// The string whose code units are these bytes: header values are byte strings, and an ID is sent as its
/// UTF-8 bytes (C3).
fn byte_string(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}
