//! Endurance tests in virtual time: an hour of one stream, a day of reconnections, a year without a server. Buffers
//! don't grow, and delays and counts stay correct.

#[path = "../../support/oracles/mod.rs"]
mod oracles;

use eventsource_wasm::core::{
    Action, Connection, ConnectionOptions, Error, Head, Input, Policy, Retry, Rules, ScannerOptions, State,
};
use oracles::{chunks::Reader, clock::Now};

const SECOND: f64 = 1_000.0;
const HOUR: f64 = 3_600.0 * SECOND;

const STREAM: Input =
    Input::Response(Head { status: b"200", content_type: b"text/event-stream", retry_after: b"" });

/// A pseudo-random number, the same sequence in each run (Numerical Recipes' constants).
fn random(state: &mut u32) -> f64 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    f64::from(*state) / 4_294_967_296.0
}

#[test]
fn an_hour_of_two_hundred_events_a_second_buffers_no_more_text_than_a_minute() {
    let mut reader = Reader::new(ScannerOptions::default());
    let (mut state, mut number, mut events) = (7, 0, 0);
    let mut left = Vec::new();
    let mut first_minute = 0;
    for second in 0..3_600 {
        for _ in 0..200 {
            number += 1;
            left.extend(format!("id: {number}\nevent: tick\ndata: é {number} 世界\n: comment\n\n").bytes());
        }
        while left.len() > 2_000 {
            let size = 1 + (random(&mut state) * 2_000.0) as usize;
            let chunk: Vec<u8> = left.drain(..size).collect();
            reader.feed(&chunk);
            assert!(!reader.too_large);
            events += reader.outcome.events.drain(..).len();
        }
        // Other streams use the window now and then.
        if second % 7 == 0 {
            reader.lose_window();
        }
        if second == 60 {
            first_minute = reader.longest_pending;
        }
    }
    reader.feed(&left);
    events += reader.outcome.events.len();
    assert_eq!(events, 720_000);
    assert_eq!(reader.outcome.last_event_id, "720000");
    assert!(reader.longest_pending <= 2 * first_minute, "{} and {first_minute}", reader.longest_pending);
}

fn ended(error: Error) -> Input<'static> {
    Input::Ended { error, has_received: true }
}

/// Simulates a day of attempts. Returns the connection, the number of requests and the total delay.
fn live_a_day(policy: Policy) -> (Connection, u32, f64) {
    let retry = Retry::new(policy, true, false);
    let options = ConnectionOptions { idle_timeout: Some(45_000), ..ConnectionOptions::default() };
    let mut connection = Connection::new(retry, options);
    let (mut time, mut state, mut requests, mut waited) = (0.0, 1, 0_u32, 0.0);
    let now = |time, random| Now { time, date: 1.7e12 + time, random };
    let mut action = connection.step(Input::Start, &now(time, 0.0));
    while time < 24.0 * HOUR {
        let number = random(&mut state);
        let input = match action {
            Action::Fetch => {
                requests += 1;
                time += 10.0 + 90.0 * number;
                // The server is down for ten minutes of each hour.
                if time % HOUR < 600.0 * SECOND { ended(Error::Request) } else { STREAM }
            }
            Action::Open => {
                time += 120.0 * SECOND * number;
                match (number * 1_000.0) as u32 % 3 {
                    0 => ended(Error::End),
                    1 => ended(Error::Body),
                    _ => ended(Error::IdleTimeout),
                }
            }
            Action::Reconnect(delay) => {
                time += f64::from(delay);
                waited += f64::from(delay);
                Input::TimedOut
            }
            other => panic!("{other:?} after {requests} requests"),
        };
        action = connection.step(input, &now(time, number));
    }
    (connection, requests, waited)
}

#[test]
fn a_day_of_reconnections_by_the_standards_rules() {
    let (connection, requests, waited) = live_a_day(Policy::default());
    assert_ne!(connection.state(), State::Closed);
    assert_eq!(connection.attempts(), requests);
    // For 20 hours, streams of a minute and delays of three seconds; for 4 hours, one request in 30 seconds.
    assert!((1_400..2_000).contains(&requests), "{requests}");
    assert!(waited < 6.0 * HOUR, "{waited}");
}

#[test]
fn a_day_of_reconnections_by_a_policy() {
    let policy = Policy { rules: Rules::Policy, jitter: 0.5, reset_after: 5.0 * SECOND, ..Policy::default() };
    let (connection, requests, _) = live_a_day(policy);
    assert_ne!(connection.state(), State::Closed);
    assert!((1_300..2_000).contains(&requests), "{requests}");
}

#[test]
fn a_server_that_is_down_for_a_year_gets_a_request_every_half_minute_and_no_count_overflows() {
    let mut connection =
        Connection::new(Retry::new(Policy::default(), true, false), ConnectionOptions::default());
    let mut action = connection.step(Input::Start, &Now::default());
    let mut delays = 0_u64;
    for attempt in 1..=1_051_200_u32 {
        assert_eq!(action, Action::Fetch);
        assert_eq!(connection.attempts(), attempt);
        let Action::Reconnect(delay) = connection.step(ended(Error::Request), &Now::default()) else {
            panic!("attempt {attempt}")
        };
        delays += u64::from(delay);
        action = connection.step(Input::TimedOut, &Now::default());
    }
    assert_eq!(delays, 3_000 + 6_000 + 12_000 + 24_000 + 30_000 * (1_051_200 - 4));
}
