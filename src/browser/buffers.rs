//! Memory at fixed addresses, through which bytes and facts cross without a call.
#![allow(unsafe_code, reason = "the shim writes to it, and Rust can't know when")]

use crate::core::{Table, Window};
use std::cell::UnsafeCell;

/// Bytes of the text buffer.
const TEXT_SIZE: usize = 4 << 10;

/// `load.ts` knows how they follow each other. The window is last, as its padding depends on the build.
#[repr(C)]
struct Buffers {
    text: UnsafeCell<[u8; TEXT_SIZE]>,
    table: UnsafeCell<Table>,
    window: UnsafeCell<Window>,
}

// SAFETY: WebAssembly has one thread here.
unsafe impl Sync for Buffers {}

static BUFFERS: Buffers = Buffers {
    text: UnsafeCell::new([0; _]),
    table: UnsafeCell::new(Table::EMPTY),
    window: UnsafeCell::new([0; _]),
};

/// Where the shim writes the bytes of streams.
pub fn window() -> &'static Window {
    // SAFETY: only the shim writes, and never while a function of this module runs.
    unsafe { &*BUFFERS.window.get() }
}

/// The beginning of the text that the shim has written: facts about a request or a response.
pub fn text(length: usize) -> &'static [u8] {
    // SAFETY: as above.
    let text = unsafe { &*BUFFERS.text.get() };
    &text[..length.min(TEXT_SIZE)]
}

/// Calls the function with the window and the table.
pub fn with_table<R>(scan: impl FnOnce(&Window, &mut Table) -> R) -> R {
    // SAFETY: no other code takes the table, and the callers' functions call nothing outside of the core.
    scan(window(), unsafe { &mut *BUFFERS.table.get() })
}

/// Where they begin.
pub fn address() -> usize {
    (&raw const BUFFERS).addr()
}
