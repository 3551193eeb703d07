//! A waker that polls a connection's future in the callback of the promise that it waits for.
//!
//! `spawn_local` has one queue for all connections, so the functions of one connection would run in the async context
//! (`AsyncLocalStorage`, zone.js) of another. A promise's own callback keeps the context.
#![allow(unsafe_code, reason = "a waker is a table of functions over a raw pointer")]

use super::{bindings::ConnectionDelegate, fetch_driver::input};
use std::{
    mem::ManuallyDrop,
    rc::Rc,
    task::{RawWaker, RawWakerVTable, Waker},
};

/// A waker that feeds `POLL` to the connection.
pub fn waker(delegate: Rc<ConnectionDelegate>) -> Waker {
    // SAFETY: `TABLE` treats the pointer as the `Rc` that it comes from. WebAssembly has one thread here, so the waker
    // is never sent to another.
    unsafe { Waker::new(Rc::into_raw(delegate).cast(), &TABLE) }
}

static TABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, discard);

/// The `Rc` of the pointer, which takes over the caller's reference count.
///
/// # Safety
///
/// `data` is the pointer of a living `Rc`, and the caller owns one of its counts.
unsafe fn owned(data: *const ()) -> Rc<ConnectionDelegate> {
    // SAFETY: as the caller promises.
    unsafe { Rc::from_raw(data.cast()) }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: `data` is the pointer of a living `Rc`.
    unsafe { Rc::increment_strong_count(data.cast::<ConnectionDelegate>()) };
    RawWaker::new(data, &TABLE)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: as above; the waker is consumed.
    unsafe { owned(data) }.enter(input::POLL, 0.0);
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as above; the waker keeps its count.
    ManuallyDrop::new(unsafe { owned(data) }).enter(input::POLL, 0.0);
}

unsafe fn discard(data: *const ()) {
    // SAFETY: as above; the waker is consumed.
    drop(unsafe { owned(data) });
}
