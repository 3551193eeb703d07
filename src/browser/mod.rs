//! What the shim calls: the only names that the WebAssembly module exports.

mod body;
mod driver;
mod fetch;
mod sys;

use crate::core::{Parser, ParserOptions, Retry, is_safe_to_repeat};
use driver::Driver;
use std::rc::Rc;
use sys::{Face, Request};
use wasm_bindgen::prelude::wasm_bindgen;

/// A connection to one URL, alive until it is closed or has told its face that it has ended.
#[wasm_bindgen]
pub struct Connection(Rc<Driver>);

#[wasm_bindgen]
impl Connection {
    /// Sends the request. What becomes of it is told to `face`, never before this has returned.
    #[wasm_bindgen(constructor)]
    pub fn new(face: Face, request: Request) -> Self {
        let retry = Retry::new(is_safe_to_repeat(&request.method()));
        let parser = Parser::new(ParserOptions::default());
        let driver = Driver::new(face, request, retry, parser);
        driver.start();
        Self(driver)
    }

    /// Lets go of the request or the timer. The face hears no more.
    pub fn close(&self) {
        self.0.close();
    }
}
