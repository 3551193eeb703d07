//! A fixed clock for the core.

use eventsource_wasm::core::Clock;

/// The clock and the random number of the core.
#[derive(Clone, Copy, Debug, Default)]
pub struct Now {
    pub time: f64,
    pub date: f64,
    pub random: f64,
}

impl Clock for Now {
    fn time(&self) -> f64 {
        self.time
    }

    fn date(&self) -> f64 {
        self.date
    }

    fn random(&self) -> f64 {
        self.random
    }
}
