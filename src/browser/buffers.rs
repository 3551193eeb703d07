//! Buffers at fixed addresses, through which the shim passes bytes and facts.
#![allow(unsafe_code, reason = "the shim writes to it, and Rust can't know when")]

use crate::core::{Table, Window};
use std::cell::UnsafeCell;

/// The size of the text buffer, in bytes.
const TEXT_SIZE: usize = 4 << 10;

/// `load.ts` relies on their order. The window is last because its padding depends on the build.
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

/// The window, into which the shim writes the bytes of streams.
pub fn window() -> &'static Window {
    // SAFETY: only the shim writes, and never while a function of this module runs.
    unsafe { &*BUFFERS.window.get() }
}

/// The first `length` bytes of the text buffer: facts about a request or a response.
pub fn text(length: usize) -> &'static [u8] {
    // SAFETY: as above.
    let text = unsafe { &*BUFFERS.text.get() };
    &text[..length.min(TEXT_SIZE)]
}

/// Calls the function with the window and the table.
pub fn with_table<R>(scan: impl FnOnce(&Window, &mut Table) -> R) -> R {
    // SAFETY: no other code borrows the table, and `scan` calls nothing outside of the core.
    scan(window(), unsafe { &mut *BUFFERS.table.get() })
}

/// The address of the buffers.
pub fn address() -> usize {
    (&raw const BUFFERS).addr()
}
