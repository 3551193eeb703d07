//! The rules of reconnecting, as tables. No clock, no randomness.

mod oracles;

use eventsource_wasm::core::{Action, MAX_DELAY, Outcome, Policy, Retry, Rules, clamp};
use oracles::clock::Now;

fn standard(is_safe_to_repeat: bool) -> Retry {
    Retry::new(Policy::default(), is_safe_to_repeat, false)
}

fn with(policy: Policy) -> Retry {
    Retry::new(Policy { rules: Rules::Policy, ..policy }, true, false)
}

/// An attempt that brought an event ends at time 0.
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

/// The stream opens, and then something happens.
fn delays_after_opening(retry: &mut Retry, outcome: Outcome, count: usize) -> Vec<u32> {
    (0..count)
        .flat_map(|_| {
            retry.opened(&Now::default());
            delays(retry, outcome, 1)
        })
        .collect()
}

#[test]
fn c7_a_stream_that_ends_is_reestablished_after_the_reconnection_time() {
    let mut retry = standard(true);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 3), [3_000, 3_000, 3_000]);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyFailed, 3), [3_000, 3_000, 3_000]);
}

#[test]
fn c9_a_retry_field_sets_the_time_of_all_later_reconnections() {
    let mut retry = standard(true);
    retry.set_reconnection_time(20);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 2), [20, 20]);
    retry.set_reconnection_time(0);
    assert_eq!(delays_after_opening(&mut retry, Outcome::BodyEnded, 2), [0, 0]);
}

#[test]
fn every_delay_is_one_that_timers_hold() {
    for time in [99_999_999_999, i32::MAX as u64, i32::MAX as u64 + 1, u64::MAX] {
        let mut retry = standard(true);
        retry.set_reconnection_time(time);
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
    let policy = Policy {
        initial_delay: 1e300,
        factor: 1e300,
        jitter: 1e300,
        max_delay: Some(1e300),
        ..Policy::default()
    };
    let mut retry = with(policy);
    for _ in 0..3 {
        let moment = Moment { random: 0.9, ..&Now::default() };
        assert_eq!(retry.decide(Outcome::RequestFailed, moment), Action::Reconnect(MAX_DELAY));
    }
}

#[test]
fn requests_that_fail_in_a_row_back_off_from_the_reconnection_time() {
    let mut retry = standard(true);
    assert_eq!(
        delays(&mut retry, Outcome::RequestFailed, 6),
        [3_000, 6_000, 12_000, 24_000, 30_000, 30_000]
    );
    assert_eq!(delays_after_opening(&mut retry, Outcome::RequestFailed, 1), [3_000]);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 1), [6_000]);

    let mut retry = standard(true);
    retry.set_reconnection_time(0);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [0, 2, 4, 8, 16]);
    assert_eq!(*delays(&mut retry, Outcome::RequestFailed, 60).last().unwrap(), 30_000);

    let mut retry = standard(true);
    retry.set_reconnection_time(60_000);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [60_000; 3]);
}

#[test]
fn c6_a_refused_response_fails_the_connection() {
    for safe_to_repeat in [true, false] {
        for outcome in [Outcome::Refused, Outcome::RetriedStatus, Outcome::Status(204, None)] {
            assert_eq!(standard(safe_to_repeat).decide(outcome, &Now::default()), Action::Fail);
        }
    }
}

#[test]
fn a_request_that_is_not_safe_to_repeat_is_not_repeated() {
    let mut retry = standard(false);
    retry.set_reconnection_time(1);
    assert_eq!(retry.decide(Outcome::BodyEnded, &Now::default()), Action::Complete);
    assert_eq!(retry.decide(Outcome::BodyFailed, &Now::default()), Action::Fail);
    assert_eq!(retry.decide(Outcome::RequestFailed, &Now::default()), Action::Fail);
}

#[test]
fn never_means_never() {
    let mut retry = Retry::new(Rules::Never, true, true);
    retry.opened(&Now::default());
    assert_eq!(retry.decide(Outcome::BodyEnded, &Now::default()), Action::Complete);
    assert_eq!(retry.decide(Outcome::BodyFailed, &Now::default()), Action::Fail);
    assert_eq!(retry.decide(Outcome::RequestFailed, &Now::default()), Action::Fail);
}

#[test]
fn what_can_be_resumed_is_resumed_once_it_has_begun_and_its_end_is_the_end() {
    let mut retry = Retry::new(Rules::Standard, false, true);
    assert!(!retry.resumes());
    assert_eq!(retry.decide(Outcome::RequestFailed, &Now::default()), Action::Fail);
    retry.opened(&Now::default());
    assert!(retry.resumes());
    assert_eq!(retry.decide(Outcome::BodyFailed, &Now::default()), Action::Reconnect(3_000));
    assert_eq!(retry.decide(Outcome::RequestFailed, &Now::default()), Action::Reconnect(6_000));
    assert_eq!(retry.decide(Outcome::BodyEnded, &Now::default()), Action::Complete);
}

#[test]
fn a_policy_repeats_any_request_knowingly() {
    let mut retry = Retry::new(Rules::Policy(Policy::default()), false, false);
    assert_eq!(delays(&mut retry, Outcome::BodyFailed, 1), [3_000]);
    assert_eq!(delays(&mut retry, Outcome::BodyEnded, 1), [6_000]);
    assert_eq!(retry.decide(Outcome::Refused, &Now::default()), Action::Fail);
}

#[test]
fn a_policy_says_how_delays_grow() {
    let mut retry =
        with(Policy { initial_delay: 100.0, factor: 3.0, max_delay: Some(1_000.0), ..Policy::default() });
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 5), [100, 300, 900, 1_000, 1_000]);
    // The server's word sets the base, the user's cap stays above it.
    retry.set_reconnection_time(5_000);
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 1), [1_000]);
    let mut retry = with(Policy { factor: 1.0, ..Policy::default() });
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 3), [3_000; 3]);
}

#[test]
fn a_policy_says_when_to_give_up() {
    let mut retry = with(Policy { max_attempts: 2.0, ..Policy::default() });
    assert_eq!(delays(&mut retry, Outcome::RequestFailed, 2), [3_000, 6_000]);
    assert_eq!(retry.decide(Outcome::RequestFailed, &Now::default()), Action::GiveUp(3));

    let mut retry = with(Policy { max_attempts: 0.0, ..Policy::default() });
    assert_eq!(retry.decide(Outcome::BodyEnded, &Now::default()), Action::GiveUp(1));

    let mut retry = with(Policy { max_time: 10_000.0, factor: 1.0, ..Policy::default() });
    let at = |time| Moment { time, ..&Now::default() };
    assert_eq!(retry.decide(Outcome::RequestFailed, at(50_000.0)), Action::Reconnect(3_000));
    assert_eq!(retry.decide(Outcome::RequestFailed, at(57_000.0)), Action::Reconnect(3_000));
    assert_eq!(retry.decide(Outcome::RequestFailed, at(57_001.0)), Action::GiveUp(3));
}

#[test]
fn failures_are_forgotten_after_having_been_open_for_long_enough() {
    let mut retry = with(Policy { reset_after: 1_000.0, max_attempts: 2.0, ..Policy::default() });
    let mut cycle = |opened, ended| {
        retry.opened(Moment { time: opened, ..&Now::default() });
        retry.decide(Outcome::BodyFailed, Moment { time: ended, ..&Now::default() })
    };
    assert_eq!(cycle(0.0, 10.0), Action::Reconnect(3_000));
    assert_eq!(cycle(20.0, 1_019.0), Action::Reconnect(6_000));
    assert_eq!(cycle(2_000.0, 3_000.0), Action::Reconnect(3_000));
    assert_eq!(cycle(4_000.0, 4_001.0), Action::Reconnect(6_000));
    assert_eq!(cycle(4_002.0, 4_003.0), Action::GiveUp(3));
}

#[test]
fn chosen_statuses_are_tried_again_when_the_server_says() {
    let policy =
        Policy { statuses: vec![429, 503], initial_delay: 100.0, factor: 1.0, ..Policy::default() };
    let mut retry = with(policy.clone());
    let mut decide = |status, header| {
        let moment = Moment { date: 784_111_777_000.0, ..&Now::default() };
        retry.decide(Outcome::Status(status, header), moment)
    };
    assert_eq!(decide(429, None), Action::Reconnect(100));
    assert_eq!(decide(429, Some("2")), Action::Reconnect(2_000));
    assert_eq!(decide(503, Some("0")), Action::Reconnect(100));
    assert_eq!(decide(503, Some("Sun, 06 Nov 1994 08:50:37 GMT")), Action::Reconnect(60_000));
    assert_eq!(decide(503, Some("Sun, 06 Nov 1994 08:49:00 GMT")), Action::Reconnect(100));
    assert_eq!(decide(503, Some("soon")), Action::Reconnect(100));
    assert_eq!(decide(503, Some("99999999999999")), Action::Reconnect(MAX_DELAY));
    assert_eq!(decide(500, Some("1")), Action::Fail);

    let mut deaf = with(Policy { retry_after: false, ..policy });
    assert_eq!(deaf.decide(Outcome::Status(503, Some("2")), &Now::default()), Action::Reconnect(100));
}

#[test]
fn a_thousand_clients_that_were_cut_off_at_once_come_back_spread_out() {
    // A generator of numbers that look random, the same in each run (Numerical Recipes' constants).
    let mut state = 1_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state) / 4_294_967_296.0
    };
    let mut per_tenth = [0; 10];
    for _ in 0..1_000 {
        let mut retry = with(Policy { jitter: 1.0, initial_delay: 1_000.0, ..Policy::default() });
        let moment = Moment { random: random(), ..&Now::default() };
        let Action::Reconnect(delay) = retry.decide(Outcome::BodyFailed, moment) else { panic!() };
        per_tenth[(delay as usize - 1_000) / 100] += 1;
    }
    for (tenth, clients) in per_tenth.iter().enumerate() {
        assert!((60..140).contains(clients), "{clients} of 1,000 in tenth {tenth} of the second");
    }
}
