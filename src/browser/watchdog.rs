//! A limit to silence.

use super::sys::now;
use gloo_timers::callback::Timeout;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

/// Barks once, when nothing has come for so long. Dropping it ends it.
pub struct Watchdog(Rc<Watch>);

struct Watch {
    limit: u32,
    last_sign: Cell<f64>,
    timer: RefCell<Option<Timeout>>,
    bark: Box<dyn Fn()>,
}

impl Watchdog {
    /// Begins to watch. `limit` is in milliseconds.
    pub fn new(limit: u32, bark: impl Fn() + 'static) -> Self {
        let last_sign = Cell::new(now());
        let watch = Rc::new(Watch { limit, last_sign, timer: RefCell::default(), bark: Box::new(bark) });
        watch.wait(limit);
        Self(watch)
    }

    /// A sign of life. Cheap: the timer is set anew only when it has run out.
    pub fn pat(&self) {
        self.0.last_sign.set(now());
    }
}

impl Watch {
    fn wait(self: &Rc<Self>, milliseconds: u32) {
        let watch = self.clone();
        let timer = Timeout::new(milliseconds, move || {
            let rest = watch.last_sign.get() + f64::from(watch.limit) - now();
            if rest > 0.0 {
                watch.wait(rest.ceil() as u32);
            } else {
                (watch.bark)();
            }
        });
        *self.timer.borrow_mut() = Some(timer);
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        // The timer holds the watch, which holds the timer.
        self.0.timer.take();
    }
}
