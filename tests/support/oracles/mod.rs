//! The naive parser, the invariants and the fuzz targets of the core. The tests and `fuzz/` share them.
#![allow(dead_code, reason = "each test uses a part")]

pub mod chunks;
pub mod clock;
pub mod fixtures;
pub mod life;
pub mod lossy;
pub mod naive;
pub mod targets;
