//! The driver: performs the connection's actions and feeds back their results. It decides nothing.

use super::{
    bindings::{ConnectionDelegate, action, now},
    buffers,
    executor::waker,
};
use crate::core::{Action, Answer, Clock, Connection, Error, Head, Input, State, clamp};
use gloo_timers::callback::Timeout;
use js_sys::{Date, Math};
use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

/// Inputs besides the numbers of errors. Keep in sync with `driver-boundary.ts`.
pub mod input {
    pub const START: u32 = 16;
    pub const ACCEPTED: u32 = 17;
    pub const EXCERPT_READ: u32 = 18;
    /// 1: the server responds without CORS.
    pub const PROBED: u32 = 19;
    /// The milliseconds of a `retry` field.
    pub const RECONNECTION_TIME: u32 = 20;
    /// A timer has fired. The value is the milliseconds since the last byte of the body, negative if no part of an
    /// event has arrived.
    pub const TIMER: u32 = 21;
    /// The decision of the user's function: a delay in milliseconds, negative to stop, NaN for the default.
    pub const DECIDED: u32 = 22;
    /// 1: the page is hidden; 2: it is frozen.
    pub const PAGE: u32 = 23;
    /// 1: there is a network.
    pub const NETWORK: u32 = 24;
    pub const CLOSE: u32 = 25;
    /// The promise of a response is settled.
    pub const POLL: u32 = 26;
    /// The module has trapped: frees the request and the timer. Nothing may be fed afterwards.
    pub const ABANDON: u32 = 27;
    /// The request that [`ConnectionDelegate::prepare`](super::ConnectionDelegate::prepare) was asked for is ready.
    pub const SEND: u32 = 28;
}

/// A connection with its platform resources.
///
/// INVARIANT: no cell is borrowed while a method of the delegate runs, because the user's functions may call back.
pub struct Driver {
    delegate: Rc<ConnectionDelegate>,
    connection: RefCell<Connection>,
    /// Aborts the current request.
    abort: Cell<Option<Rc<AbortController>>>,
    timer: Cell<Option<Timeout>>,
    /// The response of the current request, until it arrives. The shim discards one that arrives later.
    response: Cell<Option<JsFuture>>,
}

impl Driver {
    /// A driver that waits for its first input.
    pub fn new(delegate: Rc<ConnectionDelegate>, connection: Connection) -> Self {
        Self {
            delegate,
            connection: RefCell::new(connection),
            abort: Cell::default(),
            timer: Cell::default(),
            response: Cell::default(),
        }
    }

    /// Feeds an input: the number of an [`Error`], or one of [`input`].
    pub fn feed(&self, code: u32, number: f64) {
        let input = match code {
            input::START => Input::Start,
            input::ACCEPTED => Input::Accepted,
            input::EXCERPT_READ => Input::ExcerptRead,
            input::PROBED => Input::Probed(number != 0.0),
            input::RECONNECTION_TIME => Input::ReconnectionTime(number),
            input::TIMER => return self.time_out(number),
            input::DECIDED if number >= 0.0 => Input::Decided(Answer::Reconnect(number)),
            input::DECIDED if number == f64::NEG_INFINITY => Input::Decided(Answer::Fail),
            input::DECIDED if number < 0.0 => Input::Decided(Answer::Stop),
            input::DECIDED => Input::Decided(Answer::Default),
            input::CLOSE => Input::Close,
            input::PAGE => {
                let flags = number as u32;
                Input::Page { is_hidden: flags & 1 != 0, is_frozen: flags & 2 != 0 }
            }
            input::NETWORK => Input::Network(number != 0.0),
            input::POLL => return self.poll(),
            input::ABANDON => return self.abandon(),
            input::SEND => return self.send(),
            _ => match Error::ALL.get(code as usize) {
                Some(&error) => Input::Ended { error, has_received: number != 0.0 },
                None => return,
            },
        };
        self.step(input);
    }

    /// Sends the request that [`ConnectionDelegate::prepare`] has built.
    fn send(&self) {
        if self.connection.borrow().state() != State::Connecting {
            return;
        }
        match AbortController::new() {
            Ok(abort) => {
                let abort = Rc::new(abort);
                // Set first, because the user's function may close the connection.
                self.abort.set(Some(abort.clone()));
                self.response.set(Some(JsFuture::from(self.delegate.fetch(&abort))));
                self.start_timer();
                self.poll();
            }
            Err(cause) => self.fail(cause),
        }
    }

    /// Ends the timer and the request without touching the connection.
    fn abandon(&self) {
        drop(self.timer.take());
        if let Some(abort) = self.abort.take() {
            abort.abort();
        }
    }

    fn step(&self, input: Input) {
        #[cfg(feature = "panics-on-demand")]
        let mut connection = {
            let connection = self.connection.borrow_mut();
            super::bindings::panic_on_demand(super::bindings::Place::Step);
            connection
        };
        #[cfg(not(feature = "panics-on-demand"))]
        let mut connection = self.connection.borrow_mut();
        let action = connection.step(input, &PlatformClock);
        drop(connection);
        self.perform(action);
    }

    fn perform(&self, action: Action) {
        let delegate = &*self.delegate;
        match action {
            Action::None => {}
            Action::Fetch => {
                self.release();
                let (attempt, resumes) = {
                    let connection = self.connection.borrow();
                    (connection.attempts(), connection.resumes())
                };
                delegate.prepare(attempt, resumes);
            }
            Action::Probe => self.watch(action::PROBE),
            Action::Check => self.watch(action::ACCEPT),
            Action::Open => self.watch(action::OPEN),
            Action::ReadExcerpt => self.watch(action::READ_EXCERPT),
            Action::Wait(delay) => self.wait(delay),
            Action::Ask => self.report(true, -1.0, 0),
            Action::Reconnect(delay) => {
                self.release();
                self.wait(delay);
                self.report(false, delay.into(), 0);
            }
            Action::Fail => self.report(false, -1.0, 0),
            Action::GiveUp(attempts) => self.report(false, -1.0, attempts),
            Action::Pause => self.end(action::PAUSE),
            Action::Complete => self.end(action::COMPLETE),
            Action::Drop => self.release(),
        }
    }

    /// Ends the request and the timer.
    fn release(&self) {
        drop(self.timer.take());
        drop(self.response.take());
        if let Some(abort) = self.abort.take() {
            abort.abort();
            self.delegate.act(action::DROP);
        }
    }

    fn end(&self, action: u32) {
        self.release();
        self.delegate.act(action);
    }

    fn watch(&self, action: u32) {
        self.start_timer();
        self.delegate.act(action);
    }

    fn report(&self, asked: bool, delay: f64, attempts: u32) {
        if delay < 0.0 {
            self.release();
        }
        let (error, retry_after) = {
            let connection = self.connection.borrow();
            (connection.error() as u32, connection.retry_after().unwrap_or(f64::NAN))
        };
        self.delegate.fail(error, asked, delay, attempts, retry_after);
    }

    /// The request failed without a response.
    fn fail(&self, cause: JsValue) {
        self.delegate.caught(cause);
        self.step(Input::Ended { error: Error::Request, has_received: false });
    }

    /// Replaces the timer by that of the current state.
    fn start_timer(&self) {
        let limit = self.connection.borrow().time_limit();
        drop(self.timer.take());
        if let Some(limit) = limit {
            self.wait(limit);
        }
    }

    fn wait(&self, milliseconds: u32) {
        let delegate = self.delegate.clone();
        let timer = Timeout::new(milliseconds, move || delegate.enter(input::TIMER, 0.0));
        self.timer.set(Some(timer));
    }

    /// `silence` is the value of [`input::TIMER`]. Chunks don't restart the idle timer, because that would cost a call
    /// each. Instead, it is started again for the remaining time when it fires.
    fn time_out(&self, silence: f64) {
        let (state, limit) = {
            let connection = self.connection.borrow();
            (connection.state(), connection.time_limit())
        };
        let (Some(limit), State::Open) = (limit, state) else { return self.step(Input::TimedOut) };
        let rest = f64::from(limit) - silence.abs();
        if rest > 0.0 {
            self.wait(clamp(rest).max(1));
        } else {
            self.step(Input::Ended { error: Error::IdleTimeout, has_received: silence >= 0.0 });
        }
    }

    /// Continues with the response of the current request, if it has arrived.
    fn poll(&self) {
        let Some(mut pending) = self.response.take() else { return };
        let waker = waker(self.delegate.clone());
        match Pin::new(&mut pending).poll(&mut Context::from_waker(&waker)) {
            Poll::Pending => self.response.set(Some(pending)),
            Poll::Ready(Ok(response)) => self.step(match usize::try_from(self.delegate.respond(response)) {
                Ok(length) => Input::Response(Head::parse(buffers::text(length))),
                Err(_) => Input::Ended { error: Error::Unreadable, has_received: false },
            }),
            Poll::Ready(Err(cause)) => self.fail(cause),
        }
    }
}

struct PlatformClock;

impl Clock for PlatformClock {
    fn time(&self) -> f64 {
        now()
    }

    fn date(&self) -> f64 {
        Date::now()
    }

    fn random(&self) -> f64 {
        Math::random()
    }
}
