//! The WebAssembly part of the npm package eventsource-wasm, a client for server-sent events.
//!
//! [`core`] makes all decisions and is independent of the browser. `browser` performs them with the platform's APIs.
//! The shim, in TypeScript, has the interface of the native `EventSource`. Each depends on the one before only.

#![cfg_attr(not(target_arch = "wasm32"), deny(unsafe_code))]

pub mod allocator;
pub use eventsource_wasm_core as core;

#[cfg(target_arch = "wasm32")]
pub mod browser;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: allocator::Allocator<allocator::LinearMemory> =
    allocator::Allocator::new(allocator::LinearMemory);
