//! The core of the npm package eventsource-wasm.
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

pub mod core;

#[cfg(target_arch = "wasm32")]
pub mod browser;
