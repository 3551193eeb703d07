//! Performs what the connection asks for, and feeds back what happened. It decides nothing.

use super::{
    body::{Body, Chunk},
    fetch::{Exchange, Head},
    sys::{Face, Request},
};
use crate::core::{Action, Connection, DEFAULT_MAX_EVENT_SIZE, Error, Input, Parser, Retry, Target};
use gloo_timers::callback::Timeout;
use js_sys::{Promise, Uint8Array};
use std::{
    cell::RefCell,
    rc::{Rc, Weak},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Response;

/// A connection with the things of the browser that it holds.
///
/// INVARIANT: no cell is borrowed while a method of the face runs but `parser`, which only the task that
/// reads the body touches: the face may fire events, and their handlers may call back.
pub struct Driver {
    face: Face,
    request: Request,
    connection: RefCell<Connection>,
    parser: RefCell<Parser>,
    /// The request under way.
    exchange: RefCell<Option<Rc<Exchange>>>,
    /// The wait for the next.
    timer: RefCell<Option<Timeout>>,
}

/// What is known of an error besides what the core says.
#[derive(Default)]
struct Details {
    cause: JsValue,
    response: Option<JsValue>,
    body: Option<String>,
}

impl Details {
    fn cause(cause: JsValue) -> Self {
        Self { cause, ..Self::default() }
    }
}

impl Driver {
    /// A driver that does nothing until [`Driver::start`].
    pub fn new(face: Face, request: Request, retry: Retry, parser: Parser) -> Rc<Self> {
        let target = match request.fetch() {
            Some(_) => Target::Server,
            None => Target::of(&request.url().as_string().unwrap_or_default()),
        };
        Rc::new(Self {
            face,
            request,
            connection: RefCell::new(Connection::new(retry).to(target)),
            parser: RefCell::new(parser),
            exchange: RefCell::default(),
            timer: RefCell::default(),
        })
    }

    /// Sets the connection going.
    pub fn start(self: &Rc<Self>) {
        self.feed(Input::Start, Details::default());
    }

    /// Ends everything at once; the face hears no more.
    pub fn close(self: &Rc<Self>) {
        self.feed(Input::Close, Details::default());
        // A connection that has failed may still be reading the body of the response that it refused.
        self.let_go();
    }

    fn feed(self: &Rc<Self>, input: Input, details: Details) {
        let action = self.step(input);
        self.perform(action, details);
    }

    fn step(&self, input: Input) -> Action {
        self.connection.borrow_mut().step(input)
    }

    fn perform(self: &Rc<Self>, action: Action, details: Details) {
        match action {
            // Whoever feeds in the response goes on to read it.
            Action::None | Action::Open => {}
            Action::Fetch => self.fetch(),
            Action::Reconnect { error, delay } => {
                self.let_go();
                let driver = self.clone();
                let waited = move || driver.feed(Input::Waited, Details::default());
                *self.timer.borrow_mut() = Some(Timeout::new(delay, waited));
                self.tell(&error, Some(delay), &details);
            }
            Action::Fail(error) => {
                self.let_go();
                self.tell(&error, None, &details);
            }
            Action::Complete => {
                self.let_go();
                self.face.completed();
            }
            Action::Drop => self.let_go(),
        }
    }

    fn tell(&self, error: &Error, delay: Option<u32>, details: &Details) {
        let response = details.response.as_ref().map(JsCast::unchecked_ref);
        let body = details.body.as_deref();
        self.face.failed(error.kind(), &error.message(), delay, &details.cause, response, body);
    }

    /// Drops the request and the timer, whichever there is: both end by it.
    fn let_go(&self) {
        let exchange = self.exchange.take();
        let timer = self.timer.take();
        drop((exchange, timer));
    }

    fn fetch(self: &Rc<Self>) {
        self.timer.take();
        let sent = Exchange::send(&self.request, self.parser.borrow().last_event_id());
        match sent {
            Ok((exchange, response)) => {
                let exchange = Rc::new(exchange);
                let attempt = Attempt { driver: self.clone(), exchange: Rc::downgrade(&exchange) };
                *self.exchange.borrow_mut() = Some(exchange);
                spawn_local(attempt.run(response));
            }
            Err(cause) => {
                let driver = self.clone();
                spawn_local(async move { driver.feed(Input::RequestFailed, Details::cause(cause)) });
            }
        }
    }
}

/// The task that sees one request through. Once the driver has let go of the exchange it has nothing to say.
struct Attempt {
    driver: Rc<Driver>,
    exchange: Weak<Exchange>,
}

impl Attempt {
    async fn run(self, response: Promise) {
        let response = JsFuture::from(response).await;
        let parts = response.map(|response| {
            let parts = Head::of(&response).and_then(|head| Ok((Body::new(&head.body)?, head)));
            (response, parts)
        });
        let Some(exchange) = self.exchange.upgrade() else {
            // A fetch of the user's own that doesn't heed the signal.
            if let Ok((_, Ok((body, _)))) = parts {
                body.cancel();
            }
            return;
        };
        let (response, body, head) = match parts {
            Ok((response, Ok((body, head)))) => (response, body, head),
            Ok((_, Err(cause))) => return self.driver.feed(Input::Unreadable, Details::cause(cause)),
            Err(cause) => return self.driver.feed(Input::RequestFailed, Details::cause(cause)),
        };
        exchange.hold(body.clone());
        drop(exchange);
        match self.driver.step(Input::Response(head.status, head.content_type.as_deref())) {
            Action::Open => {
                self.driver.parser.borrow_mut().reset();
                self.driver.face.opened(response.unchecked_ref::<Response>());
                self.read(&body).await;
            }
            refused => {
                let excerpt = body.excerpt().await;
                if self.is_live() {
                    let body = Some(String::from_utf8_lossy(&excerpt).into_owned());
                    self.driver
                        .perform(refused, Details { response: Some(response), body, ..Details::default() });
                }
            }
        }
    }

    async fn read(&self, body: &Body) {
        while self.is_live() {
            let chunk = body.next().await;
            if !self.is_live() {
                return;
            }
            match chunk {
                Chunk::Bytes(bytes) => {
                    let (delivered, too_large) = self.parse(&bytes);
                    if let Some(delivered) = delivered {
                        drop(JsFuture::from(delivered).await);
                    }
                    if too_large && self.is_live() {
                        self.driver.feed(Input::TooLarge(DEFAULT_MAX_EVENT_SIZE), Details::default());
                    }
                }
                Chunk::End => self.driver.feed(Input::BodyEnded, Details::default()),
                Chunk::Failed(cause) => self.driver.feed(Input::BodyFailed, Details::cause(cause)),
                Chunk::Unreadable(cause) => self.driver.feed(Input::Unreadable, Details::cause(cause)),
            }
        }
    }

    /// Hands over what the bytes bring. A promise: read on when it is fulfilled. And whether a limit was met.
    fn parse(&self, bytes: &Uint8Array) -> (Option<Promise>, bool) {
        let mut parser = self.driver.parser.borrow_mut();
        bytes.copy_to(parser.space(bytes.length() as usize));
        let batch = parser.parse();
        if let Some(milliseconds) = batch.reconnection_time {
            self.driver.feed(Input::ReconnectionTime(milliseconds), Details::default());
        }
        let delivered = if batch.records.is_empty() {
            None
        } else {
            self.driver.face.received(batch.text, batch.records.as_flattened())
        };
        (delivered, batch.too_large)
    }

    fn is_live(&self) -> bool {
        self.exchange.strong_count() > 0
    }
}
