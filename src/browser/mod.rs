//! What the shim calls: the only names that the WebAssembly module exports.

mod body;
mod driver;
mod fetch;
mod stream_parser;
mod sys;
mod watchdog;

use crate::core::{
    self, ConnectionOptions, DEFAULT_MAX_EVENT_SIZE, Input, Parser, ParserOptions, Policy, Retry, Rules,
    Target, clamp, is_local, is_safe_to_repeat,
};
use driver::Driver;
use std::rc::Rc;
use sys::{Face, Settings};
use wasm_bindgen::prelude::wasm_bindgen;

/// A connection to one URL, alive until it is closed or has told its face that it has ended.
#[wasm_bindgen]
pub struct Connection(Rc<Driver>);

#[wasm_bindgen]
impl Connection {
    /// A connection that does nothing until [`Connection::start`].
    #[wasm_bindgen(constructor)]
    pub fn new(face: Face, settings: &Settings) -> Self {
        let max_event_size = settings.max_event_size().map_or(DEFAULT_MAX_EVENT_SIZE, |size| size as usize);
        let safe_to_repeat = is_safe_to_repeat(&settings.method());
        let retry = Retry::new(rules(settings), safe_to_repeat, settings.can_resume());
        let options = ConnectionOptions {
            asks_to_accept: settings.accepts(),
            connect_timeout: settings.connect_timeout().map(clamp),
            idle_timeout: settings.idle_timeout().map(clamp),
            max_event_size,
            pauses_when_hidden: settings.pauses_when_hidden(),
            is_local: is_local(&settings.url()),
            target: match settings.fetch() {
                Some(_) => Target::Server,
                None => Target::of(&settings.url()),
            },
        };
        let mut parser = Parser::new(ParserOptions {
            max_event_size,
            comments: settings.comments(),
            drop_replayed: settings.drops_replayed(),
            ..ParserOptions::default()
        });
        parser.set_last_event_id(settings.last_event_id().as_bytes());
        Self(Driver::new(face, settings, retry, options, parser))
    }

    /// Sends the request, unless the page is away. Nothing is told to the face before this has returned.
    pub fn start(&self) {
        self.0.feed(Input::Start);
    }

    /// Whether the page is hidden or frozen.
    #[wasm_bindgen(js_name = setPage)]
    pub fn set_page(&self, hidden: bool, frozen: bool) {
        self.0.feed(Input::Page { hidden, frozen });
    }

    /// Whether there is a network.
    #[wasm_bindgen(js_name = setNetwork)]
    pub fn set_network(&self, is_there: bool) {
        self.0.feed(Input::Network(is_there));
    }

    /// Lets go of the request or the timer. The face hears no more.
    pub fn close(&self) {
        self.0.feed(Input::Close);
    }
}

/// In how many milliseconds a `Retry-After` header asks to retry; `now` is in milliseconds since 1970.
#[wasm_bindgen(js_name = retryAfter)]
pub fn retry_after(header: &str, now: f64) -> Option<f64> {
    core::retry_after(header, now)
}

/// [`Settings::rules`]; the shim's `options.ts` has the same.
fn rules(settings: &Settings) -> Rules {
    match settings.rules() {
        1 => Rules::Never,
        2 => Rules::Policy(policy(settings)),
        3 => Rules::Ask(policy(settings)),
        _ => Rules::Standard,
    }
}

/// [`Settings::policy`]; the shim's `options.ts` has the same order.
fn policy(settings: &Settings) -> Policy {
    let numbers = settings.policy().unwrap_or_default();
    let number = |index: usize| numbers.get(index).copied().filter(|number: &f64| !number.is_nan());
    let default = Policy::default();
    Policy {
        initial_delay: number(0).unwrap_or(default.initial_delay),
        factor: number(1).unwrap_or(default.factor),
        jitter: number(2).unwrap_or(default.jitter),
        max_delay: number(3),
        max_attempts: number(4).unwrap_or(default.max_attempts),
        max_time: number(5).unwrap_or(default.max_time),
        reset_after: number(6).unwrap_or(default.reset_after),
        retry_after: number(7) != Some(0.0),
        statuses: settings.statuses().unwrap_or_default(),
    }
}
