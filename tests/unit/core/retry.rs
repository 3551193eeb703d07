//! Tests the retry rules with tables, without a clock or randomness.

#[path = "../../support/oracles/mod.rs"]
mod oracles;

use eventsource_wasm::core::{Action, MAX_DELAY, Outcome, Policy, Retry, Rules, clamp};
use oracles::clock::Now;

fn standard(is_safe_to_repeat: bool) -> Retry {
    Retry::new(Policy::default(), is_safe_to_repeat, false)
}

fn with(policy: Policy) -> Retry {
    Retry::new(Policy { rules: Rules::Policy, ..policy }, true, false)
}

/// Decides after an attempt that received an event and ended at time 0.
fn decide(retry: &mut Retry, outcome: Outcome) -> Action {
    retry.decide(outcome, true, None, &Now::default())
}

fn delays(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<u32> {
    let delay = |action| match action {
        Action::Reconnect(delay) => delay,
        other => panic!("{other:?}"),
    };
    (0..count).map(|_| delay(decide(retry, outcome))).collect()
}

/// The delays if the stream opens before each outcome.
fn delays_after_opening(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<u32> {
    (0..count)
        .flat_map(|_| {
            retry.opened(&Now::default());
            delays(retry, outcome, 1)
        })
        .collect()
}

#[test]
fn c7_a_stream_that_ends_is_reopened_after_the_reconnection_time() {
    let mut retry = standard(true);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 3), [3_000, 3_000, 3_000]);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyFailed, 3), [3_000, 3_000, 3_000]);
}

#[test]
fn c9_a_retry_field_sets_the_time_of_all_later_reconnections() {
    let mut retry = standard(true);
    retry.set_reconnection_time(20.0);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 2), [20, 20]);
    retry.set_reconnection_time(0.0);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 2), [0, 0]);
}

#[test]
fn every_delay_is_capped_at_the_timer_maximum() {
    for time in [99_999_999_999, i32::MAX as u64, i32::MAX as u64 + 1, u64::MAX] {
        let mut retry = standard(true);
        retry.set_reconnection_time(time as f64);
        assert_eq!(delays(&mut retry, Outcome::BodyEnded, 1), [MAX_DELAY], "{time}");
        assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [MAX_DELAY; 3], "{time}");
    }
    for (number, expected) in [
        (f64::NAN, 0),
        (-1.0, 0),
        (f64::INFINITY, MAX_DELAY),
        (1.9, 1),
        (1e300, MAX_DELAY),
        (f64::NEG_INFINITY, 0),
    ] {
        assert_eq!(clamp(number), expected, "{number}");
    }
    let policy =
        Policy { initial_delay: 1e300, factor: 1e300, jitter: 1e300, max_delay: 1e300, ..Policy::default() };
    let mut retry = with(policy);
    for _ in 0..3 {
        let now = Now { random: 0.9, ..Now::default() };
        assert_eq!(retry.decide(Outcome::RequestFailed, true, None, &now), Action::Reconnect(MAX_DELAY));
    }
}

#[test]
fn requests_that_fail_in_a_row_back_off_from_the_reconnection_time() {
    let mut retry = standard(true);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 6), [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]);
    assert_eq!(delays_after_opening(&mut retry, Outcome::RequestFailed, 1), [3_000]);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 1), [6_000]);

    let mut retry = standard(true);
    retry.set_reconnection_time(0.0);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [0, 2, 4, 8, 16]);
    assert_eq!(*delays(&mut retry, Outcome::RequestFailed, 60).last().unwrap(), 30_000);

    let mut retry = standard(true);
    retry.set_reconnection_time(60_000.0);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [60_000; 3]);
}

#[test]
fn c6_a_refused_response_fails_the_connection() {
    for is_safe_to_repeat in [true, false] {
        assert_eq!(decide(&mut standard(is_safe_to_repeat), Outcome::Refused), Action::Fail);
    }
}

#[test]
fn a_request_that_is_not_safe_to_repeat_is_not_repeated() {
    let mut retry = standard(false);
    retry.set_reconnection_time(1.0);
    assert_eq!(decide(&mut retry, Outcome::BodyEnded), Action::Complete);
    assert_eq!(decide(&mut retry, Outcome::BodyFailed), Action::Fail);
    assert_eq!(decide(&mut retry, Outcome::RequestFailed), Action::Fail);
}

#[test]
fn rules_never_prevents_every_retry() {
    let mut retry = Retry::new(Policy { rules: Rules::Never, ..Policy::default() }, true, true);
    retry.opened(&Now::default());
    assert_eq!(decide(&mut retry, Outcome::BodyEnded), Action::Complete);
    assert_eq!(decide(&mut retry, Outcome::BodyFailed), Action::Fail);
    assert_eq!(decide(&mut retry, Outcome::RequestFailed), Action::Fail);
}

#[test]
fn a_request_with_a_resume_function_is_resumed_once_it_has_opened() {
    let mut retry = Retry::new(Policy::default(), false, true);
    assert!(!retry.resumes());
    assert_eq!(decide(&mut retry, Outcome::RequestFailed), Action::Fail);
    retry.opened(&Now::default());
    assert!(retry.resumes());
    assert_eq!(decide(&mut retry, Outcome::BodyFailed), Action::Reconnect(3_000));
    assert_eq!(decide(&mut retry, Outcome::RequestFailed), Action::Reconnect(6_000));
    assert_eq!(decide(&mut retry, Outcome::BodyEnded), Action::Complete);
}

#[test]
fn a_policy_repeats_requests_that_are_not_safe_to_repeat() {
    let mut retry = Retry::new(Policy { rules: Rules::Policy, ..Policy::default() }, false, false);
    assert_eq!(delays(&mut retry, Outcome::BodyFailed, 1), [3_000]);
    assert_eq!(delays(&mut retry, Outcome::BodyEnded, 1), [6_000]);
    assert_eq!(decide(&mut retry, Outcome::Refused), Action::Fail);
}

#[test]
fn a_policy_sets_how_delays_grow() {
    let mut retry =
        with(Policy { initial_delay: 100.0, factor: 3.0, max_delay: 1_000.0, ..Policy::default() });
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [100, 300, 900, 1_000, 1_000]);
    // The server's reconnection time is the base delay; the policy's maximum still caps it.
    retry.set_reconnection_time(5_000.0);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 1), [1_000]);
    let mut retry = with(Policy { factor: 1.0, ..Policy::default() });
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [3_000; 3]);
}

#[test]
fn a_policy_sets_when_to_give_up() {
    let mut retry = with(Policy { max_attempts: 2.0, ..Policy::default() });
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 2), [3_000, 6_000]);
    assert_eq!(decide(&mut retry, Outcome::RequestFailed), Action::GiveUp(3));

    let mut retry = with(Policy { max_attempts: 0.0, ..Policy::default() });
    assert_eq!(decide(&mut retry, Outcome::BodyEnded), Action::GiveUp(1));

    let mut retry = with(Policy { max_time: 10_000.0, factor: 1.0, ..Policy::default() });
    let mut at = |time| {
        let now = Now { time, ..Now::default() };
        retry.decide(Outcome::RequestFailed, false, None, &now)
    };
    assert_eq!(at(50_000.0), Action::Reconnect(3_000));
    assert_eq!(at(57_000.0), Action::Reconnect(3_000));
    assert_eq!(at(57_001.0), Action::GiveUp(3));
}

#[test]
fn failures_are_reset_after_the_stream_was_open_long_enough() {
    let mut retry = with(Policy { reset_after: 1_000.0, max_attempts: 2.0, ..Policy::default() });
    let mut cycle = |opened, ended| {
        retry.opened(&Now { time: opened, ..Now::default() });
        retry.decide(Outcome::BodyFailed, true, None, &Now { time: ended, ..Now::default() })
    };
    assert_eq!(cycle(0.0, 10.0), Action::Reconnect(3_000));
    assert_eq!(cycle(20.0, 1_019.0), Action::Reconnect(6_000));
    assert_eq!(cycle(2_000.0, 3_000.0), Action::Reconnect(3_000));
    assert_eq!(cycle(4_000.0, 4_001.0), Action::Reconnect(6_000));
    assert_eq!(cycle(4_002.0, 4_003.0), Action::GiveUp(3));
}

/// The actions if the server answers 200 and ends at once, `count` times in a row.
fn empty_streams(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<Action> {
    let end = |_| {
        retry.opened(&Now::default());
        retry.decide(outcome, false, None, &Now::default())
    };
    (0..count).map(end).collect()
}

#[test]
fn with_a_policy_a_stream_without_an_event_counts_as_failed() {
    for outcome in [Outcome::BodyEnded, Outcome::BodyFailed] {
        let mut retry = with(Policy { max_attempts: 2.0, ..Policy::default() });
        assert_eq!(
            empty_streams(&mut retry, outcome, 3),
            [Action::Reconnect(3_000), Action::Reconnect(6_000), Action::GiveUp(3)]
        );
        // An event resets the failures.
        let mut retry = with(Policy { max_attempts: 2.0, ..Policy::default() });
        let backoff = [Action::Reconnect(3_000), Action::Reconnect(6_000)];
        assert_eq!(empty_streams(&mut retry, outcome, 2), backoff);
        assert_eq!(delays_after_opening(&mut retry, outcome, 4), [3_000; 4]);
        assert_eq!(empty_streams(&mut retry, outcome, 2), [Action::Reconnect(6_000), Action::GiveUp(3)]);
    }
}

#[test]
fn with_a_policy_the_time_limit_includes_streams_without_an_event() {
    let mut retry = with(Policy { max_time: 10_000.0, factor: 1.0, ..Policy::default() });
    let mut end_at = |time| {
        let now = Now { time, ..Now::default() };
        retry.opened(&now);
        retry.decide(Outcome::BodyEnded, false, None, &now)
    };
    assert_eq!(end_at(50_000.0), Action::Reconnect(3_000));
    assert_eq!(end_at(57_000.0), Action::Reconnect(3_000));
    assert_eq!(end_at(57_001.0), Action::GiveUp(3));
}

#[test]
fn by_the_standards_rules_a_stream_without_an_event_does_not_back_off() {
    for rules in [Rules::Standard, Rules::Ask] {
        let mut retry = Retry::new(Policy { rules, ..Policy::default() }, true, false);
        for outcome in [Outcome::BodyEnded, Outcome::BodyFailed] {
            assert_eq!(empty_streams(&mut retry, outcome, 5), [Action::Reconnect(3_000); 5], "{rules:?}");
        }
    }
}

#[test]
fn retry_after_lengthens_the_delay_if_the_policy_allows_it() {
    for (wish, heeded, expected) in [
        (None, true, 100),
        (Some(0.0), true, 100),
        (Some(2_000.0), true, 2_000),
        (Some(2_000.0), false, 100),
        (Some(1e20), true, MAX_DELAY),
        (Some(f64::INFINITY), true, MAX_DELAY),
    ] {
        let mut retry = with(Policy { initial_delay: 100.0, retry_after: heeded, ..Policy::default() });
        let action = retry.decide(Outcome::RetriedStatus, false, wish, &Now::default());
        assert_eq!(action, Action::Reconnect(expected), "{wish:?}");
    }
}

#[test]
fn a_thousand_clients_cut_off_at_once_reconnect_spread_out() {
    // Pseudo-random numbers, the same in each run (Numerical Recipes' constants).
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state) / 4_294_967_296.0
    };
    let mut per_tenth = [0; 10];
    for _ in 0..1_000 {
        let mut retry = with(Policy { jitter: 1.0, initial_delay: 1_000.0, ..Policy::default() });
        let now = Now { random: random(), ..Now::default() };
        let Action::Reconnect(delay) = retry.decide(Outcome::BodyFailed, true, None, &now) else { panic!() };
        per_tenth[(delay as usize - 1_000) / 100] += 1;
    }
    for (tenth, clients) in per_tenth.iter().enumerate() {
        assert!((60..140).contains(clients), "{clients} of 1,000 in tenth {tenth} of the second");
    }
}
