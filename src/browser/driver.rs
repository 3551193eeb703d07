//! Performs what the connection asks for, and feeds back what happened. It decides nothing.

use super::{
    body::{Body, Chunk},
    fetch::{Exchange, ResponseParts},
    sys::{Face, Request, Settings, guarded, now},
    watchdog::Watchdog,
};
use crate::core::{Action, Answer, Connection, ConnectionOptions, Error, Head, Input, Moment, Parser, Retry};
use gloo_timers::callback::Timeout;
use js_sys::{Date, Function, Math, Promise, Uint8Array};
use std::{
    cell::{Cell, RefCell},
    mem::ManuallyDrop,
    pin::Pin,
    rc::{Rc, Weak},
    task::{Context, Poll},
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
    fetch: Option<Function>,
    counts_bytes: bool,
    connection: RefCell<Connection>,
    parser: RefCell<Parser>,
    /// The request under way.
    exchange: RefCell<Option<Rc<Exchange>>>,
    /// The wait for the next.
    timer: RefCell<Option<Timeout>>,
    watchdog: RefCell<Option<Watchdog>>,
    /// Something has thrown where nothing may: nothing more is done with any of these.
    has_crashed: Cell<bool>,
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

    fn response(&self) -> Option<&Response> {
        self.response.as_ref().map(JsCast::unchecked_ref)
    }
}

impl Driver {
    /// A driver that does nothing until it is fed [`Input::Start`].
    pub fn new(
        face: Face,
        settings: &Settings,
        retry: Retry,
        options: ConnectionOptions,
        parser: Parser,
    ) -> Rc<Self> {
        Rc::new(Self {
            face,
            fetch: settings.fetch(),
            counts_bytes: settings.counts_bytes(),
            connection: RefCell::new(Connection::new(retry, options)),
            parser: RefCell::new(parser),
            exchange: RefCell::default(),
            timer: RefCell::default(),
            watchdog: RefCell::default(),
            has_crashed: Cell::default(),
        })
    }

    /// Something happened of which there is nothing more to say.
    pub fn feed(self: &Rc<Self>, input: Input) {
        self.guarded(&mut || self.feed_with(input, Details::default()));
    }

    /// Whatever enters the driver does so through here. Where it throws, be it because a panic of ours became a trap or
    /// because the page has put something in the place of a function of the platform that does, the frames in between
    /// are gone without a trace: what they had borrowed stays so. This connection then fails for good; the frames above
    /// this, and with them all other connections, go on.
    fn guarded(self: &Rc<Self>, enter: &mut dyn FnMut()) {
        if self.has_crashed.get() {
            return;
        }
        if let Err(cause) = guarded(&self.face, enter) {
            self.crash(cause);
        }
    }

    fn crash(self: &Rc<Self>, cause: JsValue) {
        self.has_crashed.set(true);
        // What can still be let go; that may throw for the same reason, and is out of these by then.
        let mut exchange = take(&self.exchange);
        let mut timers = Some((take(&self.timer), take(&self.watchdog)));
        drop(guarded(&self.face, &mut || drop(exchange.take())));
        drop(guarded(&self.face, &mut || drop(timers.take())));
        let driver = self.clone();
        // Once whoever has called, and borrows, has returned.
        spawn_local(async move {
            let attempt = driver.connection.try_borrow().map_or(0, |connection| connection.attempts());
            if let Err(error) = guarded(&driver.face, &mut || driver.face.crashed(attempt, &cause)) {
                // Nobody is left to be told: the platform reports it.
                drop(Promise::reject(&error));
            }
        });
    }

    /// Runs a task of this driver.
    fn spawn(self: &Rc<Self>, task: impl Future<Output = ()> + 'static) {
        spawn_local(Guarded { driver: self.clone(), task: ManuallyDrop::new(Box::pin(task)) });
    }

    fn feed_with(self: &Rc<Self>, input: Input, details: Details) {
        let action = self.step(input);
        self.perform(action, details);
    }

    fn step(&self, input: Input) -> Action {
        let moment = Moment { time: now(), date: Date::now(), random: Math::random() };
        let mut connection = self.connection.borrow_mut();
        #[cfg(feature = "panics-on-demand")]
        super::sys::panic_on_demand("step");
        connection.step(input, moment)
    }

    fn perform(self: &Rc<Self>, action: Action, details: Details) {
        match action {
            // Whoever feeds in the response goes on with it.
            Action::None | Action::Check | Action::Open | Action::ReadExcerpt => {}
            Action::Fetch => self.fetch(),
            Action::Ask(error) => {
                self.let_go();
                self.spawn(self.clone().ask(error, details));
            }
            Action::Reconnect { error, delay } => {
                self.let_go();
                let driver = self.clone();
                *self.timer.borrow_mut() = Some(Timeout::new(delay, move || driver.feed(Input::Waited)));
                self.tell(&error, None, Some(delay), &details);
            }
            Action::Pause => {
                self.let_go();
                self.face.paused();
            }
            Action::Fail { error, attempts } => {
                self.let_go();
                self.tell(&error, attempts, None, &details);
            }
            Action::Complete => {
                self.let_go();
                self.face.completed();
            }
            Action::Drop => self.let_go(),
        }
    }

    fn tell(&self, error: &Error, attempts: Option<u32>, delay: Option<u32>, details: &Details) {
        let Details { cause, body, .. } = details;
        let message = error.message(attempts);
        self.face.failed(
            error.kind(),
            &message,
            self.attempt(),
            cause,
            details.response(),
            body.as_deref(),
            delay,
        );
    }

    async fn ask(self: Rc<Self>, error: Error, mut details: Details) {
        let Details { cause, body, .. } = &details;
        let message = error.message(None);
        let asked = self.face.decide(
            error.kind(),
            &message,
            self.attempt(),
            cause,
            details.response(),
            body.as_deref(),
        );
        let answer = match settled(asked).await {
            Ok(_) => match self.face.decided() {
                delay if delay >= 0.0 => Answer::Reconnect(delay),
                stop if stop < 0.0 => Answer::Stop,
                _ => Answer::Default,
            },
            Err(cause) => {
                details.cause = cause;
                Answer::Stop
            }
        };
        self.feed_with(Input::Decided(answer), details);
    }

    fn attempt(&self) -> u32 {
        self.connection.borrow().attempts()
    }

    /// Drops the request and the timers, whichever there are: all end by it.
    fn let_go(&self) {
        let exchange = self.exchange.take();
        let timer = self.timer.take();
        let watchdog = self.watchdog.take();
        drop((exchange, timer, watchdog));
    }

    fn fetch(self: &Rc<Self>) {
        self.let_go();
        match Exchange::new() {
            Ok(exchange) => {
                let exchange = Rc::new(exchange);
                let attempt = Attempt { driver: self.clone(), exchange: Rc::downgrade(&exchange) };
                *self.exchange.borrow_mut() = Some(exchange);
                self.spawn(attempt.run());
            }
            // Not at once: whoever has called borrows the object that this may be the end of.
            Err(cause) => {
                let driver = self.clone();
                self.spawn(async move { driver.feed_with(Input::RequestFailed, Details::cause(cause)) });
            }
        }
    }

    /// Watches for silence, where the state asks for it.
    fn watch(self: &Rc<Self>) {
        let limit = self.connection.borrow().watchdog();
        let driver = self.clone();
        *self.watchdog.borrow_mut() =
            limit.map(|limit| Watchdog::new(limit, move || driver.feed(Input::TimedOut)));
    }
}

/// A task that enters the driver each time it is polled.
struct Guarded {
    driver: Rc<Driver>,
    /// One that has thrown is never dropped: it would drop again what it was about to.
    task: ManuallyDrop<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Future for Guarded {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context) -> Poll<()> {
        let Self { driver, task } = &mut *self;
        let mut polled = None;
        driver.guarded(&mut || polled = Some(task.as_mut().poll(context)));
        if polled == Some(Poll::Ready(())) {
            // SAFETY: a task that is ready isn't polled again.
            unsafe { ManuallyDrop::drop(task) };
        }
        // Where it has thrown, it is over.
        polled.unwrap_or(Poll::Ready(()))
    }
}

/// The task that sees one request through. Once the driver has let go of the exchange it has nothing to say.
struct Attempt {
    driver: Rc<Driver>,
    exchange: Weak<Exchange>,
}

impl Attempt {
    async fn run(self) {
        let driver = &self.driver;
        let resumes = driver.connection.borrow().resumes();
        let request = settled(driver.face.prepare(driver.attempt(), resumes)).await;
        let Some(exchange) = self.exchange.upgrade() else { return };
        let sent = match request {
            Ok(request) => {
                let request: &Request = request.unchecked_ref();
                let mut parser = driver.parser.borrow_mut();
                if let Some(id) = request.last_event_id() {
                    parser.set_last_event_id(id.as_bytes());
                }
                exchange.send(request, driver.fetch.as_ref(), parser.last_event_id())
            }
            Err(cause) => return driver.feed_with(Input::RequestNotMade, Details::cause(cause)),
        };
        drop(exchange);
        driver.watch();
        let response = match sent {
            Ok(response) => JsFuture::from(response).await,
            Err(cause) => Err(cause),
        };
        let parts = response.map(|response| (ResponseParts::of(&response), response));
        let Some(exchange) = self.exchange.upgrade() else {
            // A fetch of the user's own that doesn't heed the signal.
            if let Ok((Ok(parts), _)) = parts
                && let Ok(body) = Body::new(&parts.body)
            {
                body.cancel();
            }
            return;
        };
        let (parts, response) = match parts {
            Ok((Ok(parts), response)) => (parts, response),
            Ok((Err(cause), _)) => return driver.feed_with(Input::Unreadable, Details::cause(cause)),
            Err(cause) => return driver.feed_with(Input::RequestFailed, Details::cause(cause)),
        };
        drop(exchange);
        self.respond(parts, response).await;
    }

    async fn respond(&self, parts: ResponseParts, response: JsValue) {
        let ResponseParts { status, content_type, retry_after, body } = parts;
        let head =
            Head { status, content_type: content_type.as_deref(), retry_after: retry_after.as_deref() };
        let mut action = self.driver.step(Input::Response(head));
        // What was waited for has come.
        self.driver.watchdog.take();
        let mut details = Details { response: Some(response.clone()), ..Details::default() };
        if action == Action::Check {
            let accepted = settled(self.driver.face.accept(response.unchecked_ref())).await;
            if !self.is_live() {
                return;
            }
            action = match accepted {
                Ok(_) => self.driver.step(Input::Accepted),
                Err(cause) => {
                    details.cause = cause;
                    self.driver.step(Input::Rejected)
                }
            };
        }
        let body = Body::new(&body);
        if let (Some(exchange), Ok(body)) = (self.exchange.upgrade(), &body) {
            exchange.hold(body.clone());
        }
        if let (Action::Open, Err(cause)) = (&action, &body) {
            return self.driver.feed_with(Input::Unreadable, Details::cause(cause.clone()));
        }
        let body = body.unwrap_or_default();
        if action == Action::ReadExcerpt {
            let excerpt = body.excerpt().await;
            if !self.is_live() {
                return;
            }
            details.body = Some(String::from_utf8_lossy(&excerpt).into_owned());
            action = self.driver.step(Input::ExcerptRead);
        }
        if action == Action::Open {
            self.driver.parser.borrow_mut().reset();
            self.driver.watch();
            self.driver.face.opened(response.unchecked_ref());
            self.read(&body).await;
        } else {
            self.driver.perform(action, details);
        }
    }

    async fn read(&self, body: &Body) {
        while self.is_live() {
            let chunk = body.next().await;
            if !self.is_live() {
                return;
            }
            let bytes = match chunk {
                Chunk::Bytes(bytes) => bytes,
                end => return self.end(end).await,
            };
            let (delivered, too_large) = self.parse(&bytes);
            if let Some(delivered) = delivered {
                // The silence of a page that is busy isn't the server's.
                self.driver.watchdog.take();
                let delivered = JsFuture::from(delivered).await;
                if !self.is_live() {
                    return;
                }
                if let Err(cause) = delivered {
                    return self.driver.feed_with(Input::HandlerFailed, Details::cause(cause));
                }
                self.driver.watch();
            } else if let Some(watchdog) = &*self.driver.watchdog.borrow() {
                watchdog.pat();
            }
            if too_large {
                return self.end(Chunk::TooLarge).await;
            }
        }
    }

    /// What was received before is fired before the end is told.
    async fn end(&self, end: Chunk) {
        self.driver.watchdog.take();
        if let Some(delivered) = self.driver.face.drained() {
            drop(JsFuture::from(delivered).await);
        }
        if !self.is_live() {
            return;
        }
        match end {
            Chunk::Bytes(_) => {}
            Chunk::TooLarge => self.driver.feed(Input::TooLarge),
            Chunk::End => self.driver.feed(Input::BodyEnded),
            Chunk::Failed(cause) => self.driver.feed_with(Input::BodyFailed, Details::cause(cause)),
            Chunk::Unreadable(cause) => self.driver.feed_with(Input::Unreadable, Details::cause(cause)),
        }
    }

    /// Hands over what the bytes bring. A promise: read on when it is fulfilled. And whether a limit was met.
    fn parse(&self, bytes: &Uint8Array) -> (Option<Promise>, bool) {
        let driver = &self.driver;
        if driver.counts_bytes {
            driver.face.count_bytes(bytes.length());
        }
        let mut parser = driver.parser.borrow_mut();
        let length = bytes.length() as usize;
        bytes.copy_to(&mut parser.space(length)[..length]);
        #[cfg(feature = "panics-on-demand")]
        super::sys::panic_on_demand("parse");
        let parsed = parser.parse(length);
        if let Some(milliseconds) = parsed.reconnection_time {
            driver.feed(Input::ReconnectionTime(milliseconds));
        }
        if parser.records().is_empty() {
            return (None, parsed.too_large);
        }
        let text = driver.face.decode(parser.text(), false).or_else(|| {
            parser.correct_records();
            driver.face.decode(parser.text(), true)
        });
        let delivered = text.and_then(|text| driver.face.received(text, parser.records().as_flattened()));
        (delivered, parsed.too_large)
    }

    fn is_live(&self) -> bool {
        self.exchange.strong_count() > 0
    }
}

/// What a cell holds, if nobody is at it or was when it crashed.
fn take<T>(cell: &RefCell<Option<T>>) -> Option<T> {
    cell.try_borrow_mut().ok().and_then(|mut held| held.take())
}

/// What a function of the user's comes to: at once, or when its promise is settled.
async fn settled(called: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    match called?.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await,
        Err(value) => Ok(value),
    }
}
