//! Polls futures in the callback of the promise that they wait for.
//!
//! `spawn_local` has one queue for all connections, so the functions of one connection would run in the async context
//! (`AsyncLocalStorage`, zone.js) of another. A promise's own callback keeps the context.
#![allow(unsafe_code, reason = "a waker is a table of functions over a raw pointer")]

use super::bindings::ConnectionDelegate;
use std::{
    mem::ManuallyDrop,
    rc::Rc,
    task::{RawWaker, RawWakerVTable, Waker},
};

/// Feeds a connection when one of its futures can be polled.
struct Wake {
    delegate: Rc<ConnectionDelegate>,
    input: u32,
    number: f64,
}

/// A waker that feeds the connection with this input.
pub fn waker(delegate: Rc<ConnectionDelegate>, input: u32, number: f64) -> Waker {
    let wake = Rc::into_raw(Rc::new(Wake { delegate, input, number }));
    // SAFETY: `TABLE` treats the pointer as the `Rc` that it comes from. WebAssembly has one thread here, so that
    // nothing is sent to another.
    unsafe { Waker::new(wake.cast(), &TABLE) }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, discard);

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` is the pointer of a living `Rc`.
    unsafe { Rc::increment_strong_count(data.cast::<Wake>()) };
    RawWaker::new(data, &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as above; the waker is consumed.
    let wake = unsafe { Rc::from_raw(data.cast::<Wake>()) };
    wake.delegate.enter(wake.input, wake.number);
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as above; the waker keeps its count.
    let wake = ManuallyDrop::new(unsafe { Rc::from_raw(data.cast::<Wake>()) });
    wake.delegate.enter(wake.input, wake.number);
}

unsafe fn discard(data: *const ()) {
    // SAFETY: as above; the waker is consumed.
    drop(unsafe { Rc::from_raw(data.cast::<Wake>()) });
}
