//! The connection as a table: inputs and the actions they lead to. No server, no clock.

mod oracles;

use eventsource_wasm::core::{
    Action, Answer, Connection, ConnectionOptions, Error, Head, Input, Moment, Policy, Retry, Rules, State,
    Target,
};
use oracles::life::Life;
use proptest::{collection::vec, prelude::*};

const STREAM: Input =
    Input::Response(Head { status: 200, content_type: Some("text/event-stream"), retry_after: None });

fn response(status: u16, content_type: Option<&str>) -> Input<'_> {
    Input::Response(Head { status, content_type, retry_after: None })
}

/// The only place that drives a connection through a table.
fn check_with(mut connection: Connection, steps: &[(Input, Action)]) {
    for (number, (input, expected)) in steps.iter().enumerate() {
        let action = connection.step(*input, Moment::default());
        assert_eq!(&action, expected, "step {number}: {input:?}");
    }
}

fn check(safe_to_repeat: bool, steps: &[(Input, Action)]) {
    check_with(connection(Rules::Standard, safe_to_repeat, ConnectionOptions::default()), steps);
}

fn connection(rules: Rules, safe_to_repeat: bool, options: ConnectionOptions) -> Connection {
    Connection::new(Retry::new(rules, safe_to_repeat, false), options)
}

fn reconnect(error: Error, delay: u32) -> Action {
    Action::Reconnect { error, delay }
}

fn fail(error: Error) -> Action {
    Action::Fail { error, attempts: None }
}

#[test]
fn c5_c7_an_accepted_response_opens_and_its_end_reestablishes() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (STREAM, Action::Open),
            (Input::BodyEnded, reconnect(Error::End, 3_000)),
            (Input::Waited, Action::Fetch),
            (STREAM, Action::Open),
            (Input::BodyFailed, reconnect(Error::Body, 3_000)),
            (Input::Waited, Action::Fetch),
            (Input::RequestFailed, reconnect(Error::Request, 6_000)),
            (Input::Waited, Action::Fetch),
            (STREAM, Action::Open),
            (Input::BodyEnded, reconnect(Error::End, 3_000)),
        ],
    );
}

#[test]
fn c6_a_refused_response_fails_for_good() {
    for (status, content_type, error) in [
        (204, Some("text/event-stream"), Error::Status(204)),
        (401, None, Error::Status(401)),
        (200, Some("text/html"), Error::ContentType(Some("text/html".to_owned()))),
        (200, None, Error::ContentType(None)),
    ] {
        for safe_to_repeat in [true, false] {
            check(
                safe_to_repeat,
                &[
                    (Input::Start, Action::Fetch),
                    (response(status, content_type), Action::ReadExcerpt),
                    (Input::ExcerptRead, fail(error.clone())),
                    (Input::Waited, Action::None),
                    (Input::Start, Action::None),
                    (Input::Close, Action::None),
                ],
            );
        }
    }
}

#[test]
fn c7_what_would_end_the_same_again_fails() {
    let to = |target| {
        let retry = Retry::new(Rules::Standard, true, false);
        Connection::new(retry, ConnectionOptions { target, ..ConnectionOptions::default() })
    };
    let fail = |error| Action::Fail { error, attempts: None };
    check_with(
        to(Target::Unknown),
        &[(Input::Start, Action::Fetch), (Input::RequestFailed, fail(Error::Request))],
    );
    check_with(
        to(Target::Content),
        &[(Input::Start, Action::Fetch), (STREAM, Action::Open), (Input::BodyEnded, fail(Error::End))],
    );
    check_with(
        to(Target::Unknown),
        &[
            (Input::Start, Action::Fetch),
            (STREAM, Action::Open),
            (Input::BodyEnded, reconnect(Error::End, 3_000)),
            (Input::Waited, Action::Fetch),
            (Input::RequestFailed, reconnect(Error::Request, 6_000)),
        ],
    );
}

#[test]
fn c9_the_reconnection_time_holds_for_later_reconnections() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (STREAM, Action::Open),
            (Input::ReconnectionTime(50), Action::None),
            (Input::BodyEnded, reconnect(Error::End, 50)),
            (Input::Waited, Action::Fetch),
            (STREAM, Action::Open),
            (Input::BodyEnded, reconnect(Error::End, 50)),
        ],
    );
}

#[test]
fn a_post_is_sent_once_whatever_happens_to_it() {
    let open = [(Input::Start, Action::Fetch), (STREAM, Action::Open)];
    check(
        false,
        &[open.as_slice(), &[(Input::BodyEnded, Action::Complete), (Input::Waited, Action::None)]].concat(),
    );
    check(false, &[open.as_slice(), &[(Input::BodyFailed, fail(Error::Body))]].concat());
    check(false, &[(Input::Start, Action::Fetch), (Input::RequestFailed, fail(Error::Request))]);
}

#[test]
fn too_large_an_event_fails_the_connection() {
    check(
        true,
        &[(Input::Start, Action::Fetch), (STREAM, Action::Open), (Input::TooLarge, fail(Error::TooLarge(0)))],
    );
}

#[test]
fn what_cannot_be_read_is_not_asked_for_again() {
    let open = [(Input::Start, Action::Fetch), (STREAM, Action::Open)];
    for before in [&open[..1], &open[..]] {
        check(true, &[before, &[(Input::Unreadable, fail(Error::Unreadable))]].concat());
    }
}

#[test]
fn c8_close_drops_everything_in_every_state_and_only_once() {
    let ways: &[&[Input]] = &[
        &[],
        &[Input::Start],
        &[Input::Start, STREAM],
        &[Input::Start, STREAM, Input::BodyEnded],
        &[Input::Start, response(500, None)],
        &[Input::Start, Input::RequestFailed, Input::Network(false), Input::Waited],
        &[Input::Start, Input::Page { hidden: false, frozen: true }],
    ];
    for way in ways {
        for input in [Input::Start, Input::Waited, STREAM, Input::ExcerptRead, Input::Network(true)] {
            let mut connection = connection(Rules::Standard, true, ConnectionOptions::default());
            for input in *way {
                let _ = connection.step(*input, Moment::default());
            }
            assert_eq!(connection.step(Input::Close, Moment::default()), Action::Drop);
            assert_eq!(connection.state(), State::Closed);
            assert_eq!(connection.step(Input::Close, Moment::default()), Action::None);
            assert_eq!(connection.step(input, Moment::default()), Action::None);
        }
    }
}

#[test]
fn inputs_that_come_late_change_nothing() {
    check(
        true,
        &[
            (Input::Waited, Action::None),
            (STREAM, Action::None),
            (Input::Start, Action::Fetch),
            (Input::Start, Action::None),
            (Input::BodyEnded, Action::None),
            (Input::Waited, Action::None),
            (STREAM, Action::Open),
            (response(500, None), Action::None),
            (Input::RequestFailed, Action::None),
            (Input::BodyEnded, reconnect(Error::End, 3_000)),
            (Input::BodyEnded, Action::None),
            (STREAM, Action::None),
        ],
    );
}

#[test]
fn the_user_may_accept_or_reject_any_response() {
    let options = ConnectionOptions { asks_to_accept: true, ..ConnectionOptions::default() };
    let start = [(Input::Start, Action::Fetch), (response(418, None), Action::Check)];
    let asked = |rest: &[(Input, Action)]| {
        check_with(connection(Rules::Standard, true, options), &[&start, rest].concat());
    };
    asked(&[(Input::Accepted, Action::Open), (Input::BodyEnded, reconnect(Error::End, 3_000))]);
    asked(&[(Input::Rejected, fail(Error::Rejected)), (Input::Accepted, Action::None)]);
}

#[test]
fn the_user_may_decide_about_every_outcome() {
    let asked = |safe_to_repeat, rest: &[(Input, Action)]| {
        let start = [(Input::Start, Action::Fetch), (STREAM, Action::Open)];
        let connection =
            connection(Rules::Ask(Policy::default()), safe_to_repeat, ConnectionOptions::default());
        check_with(connection, &[&start, rest].concat());
    };
    for safe_to_repeat in [true, false] {
        asked(
            safe_to_repeat,
            &[
                (Input::BodyEnded, Action::Ask(Error::End)),
                (Input::Waited, Action::None),
                (Input::Decided(Answer::Reconnect(1e12)), reconnect(Error::End, i32::MAX as u32)),
                (Input::Waited, Action::Fetch),
                (Input::RequestFailed, Action::Ask(Error::Request)),
                (Input::Decided(Answer::Reconnect(-1.0)), reconnect(Error::Request, 0)),
                (Input::Waited, Action::Fetch),
                (response(503, None), Action::ReadExcerpt),
                (Input::ExcerptRead, Action::Ask(Error::Status(503))),
                (Input::Decided(Answer::Default), fail(Error::Status(503))),
            ],
        );
        asked(
            safe_to_repeat,
            &[
                (Input::BodyFailed, Action::Ask(Error::Body)),
                (Input::Decided(Answer::Stop), fail(Error::Body)),
                (Input::Decided(Answer::Reconnect(1.0)), Action::None),
            ],
        );
        asked(
            safe_to_repeat,
            &[(Input::BodyEnded, Action::Ask(Error::End)), (Input::Decided(Answer::Stop), Action::Complete)],
        );
    }
    asked(
        true,
        &[
            (Input::BodyEnded, Action::Ask(Error::End)),
            (Input::Decided(Answer::Default), reconnect(Error::End, 3_000)),
        ],
    );
    asked(
        false,
        &[(Input::BodyEnded, Action::Ask(Error::End)), (Input::Decided(Answer::Default), Action::Complete)],
    );
}

#[test]
fn giving_up_says_after_how_many_attempts() {
    let policy = Policy { max_attempts: 1.0, statuses: vec![503], ..Policy::default() };
    check_with(
        connection(Rules::Policy(policy), false, ConnectionOptions::default()),
        &[
            (Input::Start, Action::Fetch),
            (response(503, None), Action::ReadExcerpt),
            (Input::ExcerptRead, reconnect(Error::Status(503), 3_000)),
            (Input::Waited, Action::Fetch),
            (Input::RequestFailed, Action::Fail { error: Error::Request, attempts: Some(2) }),
        ],
    );
}

#[test]
fn silence_ends_in_a_reconnection_where_that_is_safe() {
    let options = ConnectionOptions {
        connect_timeout: Some(10),
        idle_timeout: Some(20),
        ..ConnectionOptions::default()
    };
    check_with(
        connection(Rules::Standard, true, options),
        &[
            (Input::Start, Action::Fetch),
            (Input::TimedOut, reconnect(Error::ConnectTimeout(10), 3_000)),
            (Input::TimedOut, Action::None),
            (Input::Waited, Action::Fetch),
            (STREAM, Action::Open),
            (Input::TimedOut, reconnect(Error::IdleTimeout(20), 3_000)),
        ],
    );
    check_with(
        connection(Rules::Standard, false, options),
        &[(Input::Start, Action::Fetch), (Input::TimedOut, fail(Error::ConnectTimeout(10)))],
    );
    let mut connection = connection(Rules::Standard, true, options);
    assert_eq!(connection.watchdog(), None);
    let _ = connection.step(Input::Start, Moment::default());
    assert_eq!(connection.watchdog(), Some(10));
    let _ = connection.step(STREAM, Moment::default());
    assert_eq!(connection.watchdog(), Some(20));
    let _ = connection.step(Input::BodyEnded, Moment::default());
    assert_eq!(connection.watchdog(), None);
}

const HIDDEN: Input = Input::Page { hidden: true, frozen: false };
const FROZEN: Input = Input::Page { hidden: true, frozen: true };
const SHOWN: Input = Input::Page { hidden: false, frozen: false };

#[test]
fn a_hidden_page_pauses_if_asked_to_and_goes_on_when_shown() {
    let options = ConnectionOptions { pauses_when_hidden: true, ..ConnectionOptions::default() };
    check_with(
        connection(Rules::Standard, true, options),
        &[
            (HIDDEN, Action::None),
            (Input::Start, Action::None),
            (SHOWN, Action::Fetch),
            (HIDDEN, Action::Pause),
            (STREAM, Action::None),
            (SHOWN, Action::Fetch),
            (STREAM, Action::Open),
            (HIDDEN, Action::Pause),
            (HIDDEN, Action::None),
            (SHOWN, Action::Fetch),
            (SHOWN, Action::None),
            (Input::RequestFailed, reconnect(Error::Request, 3_000)),
            (HIDDEN, Action::Pause),
            (Input::Waited, Action::None),
            (SHOWN, Action::Fetch),
        ],
    );
    // Without the option, a hidden page keeps its connection.
    check(true, &[(Input::Start, Action::Fetch), (HIDDEN, Action::None), (STREAM, Action::Open)]);
}

#[test]
fn a_frozen_page_lets_go_and_goes_on_when_it_is_back() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (STREAM, Action::Open),
            (FROZEN, Action::Pause),
            (HIDDEN, Action::Fetch),
            (STREAM, Action::Open),
        ],
    );
}

#[test]
fn nothing_that_happens_to_the_page_sends_a_post_again() {
    let options = ConnectionOptions { pauses_when_hidden: true, ..ConnectionOptions::default() };
    check_with(
        connection(Rules::Standard, false, options),
        &[
            (Input::Start, Action::Fetch),
            (HIDDEN, Action::None),
            (SHOWN, Action::None),
            (STREAM, Action::Open),
            (FROZEN, Action::None),
            (Input::Network(false), Action::None),
            (Input::Network(true), Action::None),
            (SHOWN, Action::None),
            (Input::BodyEnded, Action::Complete),
        ],
    );
    check_with(
        connection(Rules::Standard, false, options),
        &[(HIDDEN, Action::None), (Input::Start, Action::Fetch), (SHOWN, Action::None)],
    );
}

#[test]
fn a_failing_function_of_the_users_ends_the_attempt() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (STREAM, Action::Open),
            (Input::HandlerFailed, reconnect(Error::Handler, 3_000)),
        ],
    );
    check(
        false,
        &[
            (Input::Start, Action::Fetch),
            (STREAM, Action::Open),
            (Input::HandlerFailed, Action::Fail { error: Error::Handler, attempts: None }),
        ],
    );
}

#[test]
fn no_attempts_while_offline_and_one_at_once_when_online_again() {
    let waiting = [(Input::Start, Action::Fetch), (Input::RequestFailed, reconnect(Error::Request, 3_000))];
    let check_after = |rest: &[(Input, Action)]| check(true, &[&waiting, rest].concat());
    check_after(&[
        (Input::Network(false), Action::None),
        (Input::Waited, Action::None),
        (Input::Network(true), Action::Fetch),
        (Input::Network(true), Action::None),
    ]);
    check_after(&[(Input::Network(false), Action::None), (Input::Network(true), Action::Fetch)]);
    check_after(&[
        (Input::Network(false), Action::None),
        (FROZEN, Action::Pause),
        (SHOWN, Action::None),
        (Input::Network(true), Action::Fetch),
    ]);
    // A server on the same machine needs no network.
    let options = ConnectionOptions { is_local: true, ..ConnectionOptions::default() };
    check_with(
        connection(Rules::Standard, true, options),
        &[&waiting[..], &[(Input::Network(false), Action::None), (Input::Waited, Action::Fetch)]].concat(),
    );
}

#[test]
fn a_stream_that_broke_off_is_resumed_by_a_request_of_its_own() {
    let retry = Retry::new(Rules::Standard, false, true);
    let mut connection = Connection::new(retry, ConnectionOptions::default());
    let mut step = |input| {
        let action = connection.step(input, Moment::default());
        (action, connection.resumes(), connection.attempts())
    };
    assert_eq!(step(Input::Start), (Action::Fetch, false, 1));
    assert_eq!(step(STREAM), (Action::Open, true, 1));
    assert_eq!(step(Input::BodyFailed).0, reconnect(Error::Body, 3_000));
    assert_eq!(step(Input::Waited), (Action::Fetch, true, 2));
    assert_eq!(step(STREAM).0, Action::Open);
    assert_eq!(step(Input::BodyEnded).0, Action::Complete);
}

fn input() -> impl Strategy<Value = Input<'static>> {
    prop_oneof![
        4 => Just(Input::Start),
        4 => Just(STREAM),
        1 => Just(Input::RequestNotMade),
        2 => Just(Input::RequestFailed),
        1 => Just(response(503, None)),
        2 => Just(Input::ExcerptRead),
        1 => Just(Input::Accepted),
        1 => Just(Input::Rejected),
        1 => Just(Input::Unreadable),
        1 => any::<u64>().prop_map(Input::ReconnectionTime),
        1 => Just(Input::TooLarge),
        2 => Just(Input::BodyFailed),
        2 => Just(Input::BodyEnded),
        1 => Just(Input::TimedOut),
        1 => Just(Input::Decided(Answer::Default)),
        1 => any::<f64>().prop_map(|delay| Input::Decided(Answer::Reconnect(delay))),
        1 => Just(Input::Decided(Answer::Stop)),
        4 => Just(Input::Waited),
        3 => any::<(bool, bool)>().prop_map(|(hidden, frozen)| Input::Page { hidden, frozen }),
        3 => any::<bool>().prop_map(Input::Network),
        1 => Just(Input::Close),
    ]
}

fn rules() -> impl Strategy<Value = Rules> {
    let policy = (any::<f64>(), any::<f64>(), any::<f64>(), any::<Option<f64>>(), 0.0..5.0, any::<f64>())
        .prop_map(|(initial_delay, factor, jitter, max_delay, max_attempts, reset_after)| Policy {
            initial_delay,
            factor,
            jitter,
            max_delay,
            max_attempts,
            reset_after,
            statuses: vec![503],
            ..Policy::default()
        });
    prop_oneof![
        Just(Rules::Standard),
        Just(Rules::Never),
        Just(Rules::Ask(Policy::default())),
        policy.prop_map(Rules::Policy)
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn no_inputs_lead_to_two_requests_or_to_anything_after_the_end(
        rules in rules(),
        safe_to_repeat: bool,
        can_resume: bool,
        asks_to_accept: bool,
        pauses_when_hidden: bool,
        inputs in vec((input(), any::<f64>()), 0..60),
    ) {
        let options = ConnectionOptions { asks_to_accept, pauses_when_hidden, ..ConnectionOptions::default() };
        let mut life = Life::new(rules, safe_to_repeat, can_resume, options);
        for (input, number) in inputs {
            life.step(input, Moment { time: number, date: number, random: 0.5 });
        }
        life.end();
    }
}
