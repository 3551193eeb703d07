//! The core of the npm package eventsource-wasm: server-sent events from a URL to events.
//!
//! [`core`] decides and doesn't know the browser; `browser` acts and decides nothing; the shim, in TypeScript, has
//! the interface of the native `EventSource`. Dependencies run in that direction only.

#![cfg_attr(not(target_arch = "wasm32"), deny(unsafe_code))]

pub mod allocator;
pub use eventsource_wasm_core as core;

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: allocator::Allocator<allocator::LinearMemory> =
    allocator::Allocator::new(allocator::LinearMemory);
