//! The core of the npm package eventsource-wasm: server-sent events from a URL to events.
//!
//! [`core`] decides and knows no browser; `browser` acts and decides nothing; the shim, in TypeScript, gives
//! both the shape of the native `EventSource`. Dependencies run in that direction only.

#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

pub mod core;

#[cfg(target_arch = "wasm32")]
pub mod browser;
