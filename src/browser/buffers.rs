//! Memory at fixed addresses, through which bytes and facts cross without a call.
#![allow(unsafe_code, reason = "the shim writes to it, and Rust can't know when")]

use crate::core::{Table, WINDOW_SIZE, Window};
use std::cell::UnsafeCell;

/// Bytes of the text buffer.
const TEXT_SIZE: usize = 4 << 10;

struct Buffers {
    window: UnsafeCell<Window>,
    text: UnsafeCell<[u8; TEXT_SIZE]>,
    table: UnsafeCell<Table>,
}

// SAFETY: WebAssembly has one thread here.
unsafe impl Sync for Buffers {}

static BUFFERS: Buffers = Buffers {
    window: UnsafeCell::new([0; _]),
    text: UnsafeCell::new([0; _]),
    table: UnsafeCell::new(Table::EMPTY),
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

/// Address and length of the window, then of the text buffer, and the address of the table.
pub fn addresses() -> [u32; 5] {
    [
        BUFFERS.window.get() as u32,
        WINDOW_SIZE as u32,
        BUFFERS.text.get() as u32,
        TEXT_SIZE as u32,
        BUFFERS.table.get() as u32,
    ]
}
