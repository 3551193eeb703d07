//! What the core is compared with, and what has to hold of it whatever it is fed: one source for the tests and for the
//! fuzz targets, each of which uses a part.
#![allow(dead_code, reason = "each test uses a part")]

pub mod chunks;
pub mod clock;
pub mod fixtures;
pub mod life;
pub mod lossy;
pub mod naive;
pub mod targets;
