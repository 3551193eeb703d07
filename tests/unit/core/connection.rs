//! Tests the connection with tables of inputs and the expected actions, without a server or a clock.

#[path = "../../support/oracles/mod.rs"]
mod oracles;

use eventsource_wasm::core::{
    Action, Answer, Connection, ConnectionOptions, Error, Head, Input, MAX_DELAY, OFFLINE_TIME, Policy,
    Retry, Rules, State, Target,
};
use oracles::{clock::Now, life::Life};
use proptest::{collection::vec, prelude::*, sample::select};

const STREAM: Input =
    Input::Response(Head { status: b"200", content_type: b"text/event-stream", retry_after: b"" });

fn response(status: u32, content_type: &'static str) -> Input<'static> {
    Input::Response(Head { status: digits(status), content_type: content_type.as_bytes(), retry_after: b"" })
}

fn digits(status: u32) -> &'static [u8] {
    status.to_string().leak().as_bytes()
}

/// The end of an attempt that has received an event.
const fn ended(error: Error) -> Input<'static> {
    Input::Ended { error, has_received: true }
}

/// An action, and the connection's error, if the action has one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Expected(Action, Option<Error>);

type Step = (Input<'static>, Expected);

const NONE: Expected = Expected(Action::None, None);
const FETCH: Expected = Expected(Action::Fetch, None);
const PROBE: Expected = Expected(Action::Probe, None);
const CHECK: Expected = Expected(Action::Check, None);
const OPEN: Expected = Expected(Action::Open, None);
const READ_EXCERPT: Expected = Expected(Action::ReadExcerpt, None);
const WAIT: Expected = Expected(Action::Wait(OFFLINE_TIME), None);
const PAUSE: Expected = Expected(Action::Pause, None);
const COMPLETE: Expected = Expected(Action::Complete, Some(Error::End));

fn reconnect(error: Error, delay: u32) -> Expected {
    Expected(Action::Reconnect(delay), Some(error))
}

fn fail(error: Error) -> Expected {
    Expected(Action::Fail, Some(error))
}

fn ask(error: Error) -> Expected {
    Expected(Action::Ask, Some(error))
}

/// Feeds a connection these inputs and compares each action with the expected one.
fn check_with(mut connection: Connection, steps: &[Step]) {
    for (number, &(input, expected)) in steps.iter().enumerate() {
        let action = connection.step(input, &Now::default());
        let error = expected.1.map(|_| connection.error());
        assert_eq!(Expected(action, error), expected, "step {number}: {input:?}");
    }
}

fn check(is_safe_to_repeat: bool, steps: &[Step]) {
    check_with(standard(is_safe_to_repeat, ConnectionOptions::default()), steps);
}

fn standard(is_safe_to_repeat: bool, options: ConnectionOptions) -> Connection {
    connection(Policy::default(), is_safe_to_repeat, options)
}

fn connection(policy: Policy, is_safe_to_repeat: bool, options: ConnectionOptions) -> Connection {
    Connection::new(Retry::new(policy, is_safe_to_repeat, false), options)
}

#[test]
fn c5_c7_an_accepted_response_opens_and_its_end_reconnects() {
    check(
        true,
        &[
            (Input::Start, FETCH),
            (STREAM, OPEN),
            (ended(Error::End), reconnect(Error::End, 3_000)),
            (Input::TimedOut, FETCH),
            (STREAM, OPEN),
            (ended(Error::Body), reconnect(Error::Body, 3_000)),
            (Input::TimedOut, FETCH),
            (ended(Error::Request), reconnect(Error::Request, 6_000)),
            (Input::TimedOut, FETCH),
            (STREAM, OPEN),
            (ended(Error::End), reconnect(Error::End, 3_000)),
        ],
    );
}

#[test]
fn c6_a_refused_response_fails_permanently() {
    for (status, content_type, error) in [
        (204, "text/event-stream", Error::Status),
        (401, "", Error::Status),
        (503, "", Error::Status),
        (200, "text/html", Error::ContentType),
        (200, "", Error::ContentType),
    ] {
        for is_safe_to_repeat in [true, false] {
            check(
                is_safe_to_repeat,
                &[
                    (Input::Start, FETCH),
                    (response(status, content_type), READ_EXCERPT),
                    (Input::ExcerptRead, fail(error)),
                    (Input::TimedOut, NONE),
                    (Input::Start, NONE),
                    (Input::Close, NONE),
                ],
            );
        }
    }
}

#[test]
fn c7_fails_if_a_retry_would_end_the_same_way() {
    let to = |target| standard(true, ConnectionOptions { target, ..ConnectionOptions::default() });
    check_with(to(Target::Unknown), &[(Input::Start, FETCH), (ended(Error::Request), fail(Error::Request))]);
    check_with(
        to(Target::Content),
        &[(Input::Start, FETCH), (STREAM, OPEN), (ended(Error::End), fail(Error::End))],
    );
    check_with(
        to(Target::Unknown),
        &[
            (Input::Start, FETCH),
            (STREAM, OPEN),
            (ended(Error::End), reconnect(Error::End, 3_000)),
            (Input::TimedOut, FETCH),
            (ended(Error::Request), reconnect(Error::Request, 6_000)),
        ],
    );
}

#[test]
fn c9_the_reconnection_time_holds_for_later_reconnections() {
    check(
        true,
        &[
            (Input::Start, FETCH),
            (STREAM, OPEN),
            (Input::ReconnectionTime(50.0), NONE),
            (ended(Error::End), reconnect(Error::End, 50)),
            (Input::TimedOut, FETCH),
            (STREAM, OPEN),
            (ended(Error::End), reconnect(Error::End, 50)),
        ],
    );
}

#[test]
fn a_post_is_sent_only_once_however_it_ends() {
    let open = [(Input::Start, FETCH), (STREAM, OPEN)];
    check(false, &[open.as_slice(), &[(ended(Error::End), COMPLETE), (Input::TimedOut, NONE)]].concat());
    check(false, &[open.as_slice(), &[(ended(Error::Body), fail(Error::Body))]].concat());
    check(false, &[(Input::Start, FETCH), (ended(Error::Request), fail(Error::Request))]);
}

#[test]
fn a_too_large_event_fails_the_connection() {
    check(true, &[(Input::Start, FETCH), (STREAM, OPEN), (ended(Error::TooLarge), fail(Error::TooLarge))]);
}

#[test]
fn an_unreadable_response_is_not_requested_again() {
    let open = [(Input::Start, FETCH), (STREAM, OPEN)];
    for before in [&open[..1], &open[..]] {
        check(true, &[before, &[(ended(Error::Unreadable), fail(Error::Unreadable))]].concat());
    }
}

#[test]
fn c8_close_drops_everything_in_every_state_and_only_once() {
    let ways: &[&[Input]] = &[
        &[],
        &[Input::Start],
        &[Input::Start, STREAM],
        &[Input::Start, STREAM, ended(Error::End)],
        &[Input::Start, response(500, "")],
        &[Input::Start, ended(Error::Request), Input::Network(false), Input::TimedOut],
        &[Input::Start, Input::Page { is_hidden: false, is_frozen: true }],
    ];
    for way in ways {
        for input in [Input::Start, Input::TimedOut, STREAM, Input::ExcerptRead, Input::Network(true)] {
            let mut connection = standard(true, ConnectionOptions::default());
            for input in *way {
                let _ = connection.step(*input, &Now::default());
            }
            assert_eq!(connection.step(Input::Close, &Now::default()), Action::Drop);
            assert_eq!(connection.state(), State::Closed);
            assert_eq!(connection.step(Input::Close, &Now::default()), Action::None);
            assert_eq!(connection.step(input, &Now::default()), Action::None);
        }
    }
}

#[test]
fn late_inputs_are_ignored() {
    check(
        true,
        &[
            (Input::TimedOut, NONE),
            (STREAM, NONE),
            (Input::Start, FETCH),
            (Input::Start, NONE),
            (Input::Accepted, NONE),
            (Input::ExcerptRead, NONE),
            (Input::Probed(true), NONE),
            (Input::Decided(Answer::Stop), NONE),
            (Input::ReconnectionTime(1.0), NONE),
            (STREAM, OPEN),
            (response(500, ""), NONE),
            (Input::Accepted, NONE),
            (Input::Start, NONE),
            (ended(Error::End), reconnect(Error::End, 3_000)),
            (ended(Error::End), NONE),
            (Input::ReconnectionTime(1.0), NONE),
            (STREAM, NONE),
            (Input::Decided(Answer::Stop), NONE),
            (Input::TimedOut, FETCH),
            (ended(Error::Request), reconnect(Error::Request, 6_000)),
        ],
    );
}

#[test]
fn the_user_may_accept_or_reject_any_response() {
    let options = ConnectionOptions { asks_to_accept: true, ..ConnectionOptions::default() };
    let start = [(Input::Start, FETCH), (response(418, ""), CHECK)];
    let asked = |rest: &[Step]| {
        check_with(standard(true, options), &[&start, rest].concat());
    };
    asked(&[(Input::Accepted, OPEN), (ended(Error::End), reconnect(Error::End, 3_000))]);
    asked(&[(ended(Error::Rejected), fail(Error::Rejected)), (Input::Accepted, NONE)]);
}

#[test]
fn the_user_may_decide_about_every_outcome() {
    let asked = |is_safe_to_repeat, rest: &[Step]| {
        let start = [(Input::Start, FETCH), (STREAM, OPEN)];
        let connection = connection(
            Policy { rules: Rules::Ask, ..Policy::default() },
            is_safe_to_repeat,
            ConnectionOptions::default(),
        );
        check_with(connection, &[&start, rest].concat());
    };
    for is_safe_to_repeat in [true, false] {
        asked(
            is_safe_to_repeat,
            &[
                (ended(Error::End), ask(Error::End)),
                (Input::TimedOut, NONE),
                (Input::Decided(Answer::Reconnect(1e12)), reconnect(Error::End, i32::MAX as u32)),
                (Input::TimedOut, FETCH),
                (ended(Error::Request), ask(Error::Request)),
                (Input::Decided(Answer::Reconnect(-1.0)), reconnect(Error::Request, 0)),
                (Input::TimedOut, FETCH),
                (response(503, ""), READ_EXCERPT),
                (Input::ExcerptRead, ask(Error::Status)),
                (Input::Decided(Answer::Default), fail(Error::Status)),
            ],
        );
        asked(
            is_safe_to_repeat,
            &[
                (ended(Error::Body), ask(Error::Body)),
                (Input::Decided(Answer::Stop), fail(Error::Body)),
                (Input::Decided(Answer::Reconnect(1.0)), NONE),
            ],
        );
        asked(
            is_safe_to_repeat,
            &[(ended(Error::End), ask(Error::End)), (Input::Decided(Answer::Stop), COMPLETE)],
        );
        asked(
            true,
            &[(ended(Error::End), ask(Error::End)), (Input::Decided(Answer::Fail), fail(Error::End))],
        );
    }
    asked(
        true,
        &[
            (ended(Error::End), ask(Error::End)),
            (Input::Decided(Answer::Default), reconnect(Error::End, 3_000)),
        ],
    );
    asked(false, &[(ended(Error::End), ask(Error::End)), (Input::Decided(Answer::Default), COMPLETE)]);
}

#[test]
fn giving_up_reports_the_number_of_attempts() {
    let policy =
        Policy { rules: Rules::Policy, max_attempts: 1.0, statuses: b"503"[..].into(), ..Policy::default() };
    check_with(
        connection(policy, false, ConnectionOptions::default()),
        &[
            (Input::Start, FETCH),
            (response(503, ""), READ_EXCERPT),
            (Input::ExcerptRead, reconnect(Error::RetriedStatus, 3_000)),
            (Input::TimedOut, FETCH),
            (ended(Error::Request), Expected(Action::GiveUp(2), Some(Error::Request))),
        ],
    );
}

#[test]
fn timeouts_reconnect_only_if_the_request_is_safe_to_repeat() {
    let options = ConnectionOptions {
        connect_timeout: Some(10),
        idle_timeout: Some(20),
        ..ConnectionOptions::default()
    };
    check_with(
        standard(true, options),
        &[
            (Input::Start, FETCH),
            (Input::TimedOut, reconnect(Error::ConnectTimeout, 3_000)),
            (Input::TimedOut, FETCH),
            (STREAM, OPEN),
            (ended(Error::IdleTimeout), reconnect(Error::IdleTimeout, 3_000)),
        ],
    );
    check_with(
        standard(false, options),
        &[(Input::Start, FETCH), (Input::TimedOut, fail(Error::ConnectTimeout))],
    );
    let mut connection = standard(true, options);
    assert_eq!(connection.time_limit(), None);
    let _ = connection.step(Input::Start, &Now::default());
    assert_eq!(connection.time_limit(), Some(10));
    let _ = connection.step(STREAM, &Now::default());
    assert_eq!(connection.time_limit(), Some(20));
    let _ = connection.step(ended(Error::End), &Now::default());
    assert_eq!(connection.time_limit(), None);
}

const HIDDEN: Input = Input::Page { is_hidden: true, is_frozen: false };
const FROZEN: Input = Input::Page { is_hidden: true, is_frozen: true };
const SHOWN: Input = Input::Page { is_hidden: false, is_frozen: false };

#[test]
fn with_the_option_a_hidden_page_pauses_and_reconnects_when_shown() {
    let options = ConnectionOptions { pauses_when_hidden: true, ..ConnectionOptions::default() };
    check_with(
        standard(true, options),
        &[
            (HIDDEN, NONE),
            (Input::Start, NONE),
            (SHOWN, FETCH),
            (HIDDEN, PAUSE),
            (STREAM, NONE),
            (SHOWN, FETCH),
            (STREAM, OPEN),
            (HIDDEN, PAUSE),
            (HIDDEN, NONE),
            (SHOWN, FETCH),
            (SHOWN, NONE),
            (ended(Error::Request), reconnect(Error::Request, 3_000)),
            (HIDDEN, PAUSE),
            (Input::TimedOut, NONE),
            (SHOWN, FETCH),
        ],
    );
    // Without the option, a hidden page keeps its connection.
    check(true, &[(Input::Start, FETCH), (HIDDEN, NONE), (STREAM, OPEN)]);
}

#[test]
fn a_frozen_page_pauses_and_reconnects_when_resumed() {
    check(true, &[(Input::Start, FETCH), (STREAM, OPEN), (FROZEN, PAUSE), (HIDDEN, FETCH), (STREAM, OPEN)]);
}

#[test]
fn a_request_that_is_never_sent_again_outlives_a_frozen_page() {
    let policy = Policy { rules: Rules::Never, ..Policy::default() };
    let steps = [
        (Input::Start, FETCH),
        (FROZEN, NONE),
        (STREAM, OPEN),
        (SHOWN, NONE),
        (FROZEN, NONE),
        (ended(Error::End), COMPLETE),
    ];
    check_with(connection(policy.clone(), true, ConnectionOptions::default()), &steps);
    // With the option, a hidden page pauses.
    let options = ConnectionOptions { pauses_when_hidden: true, ..ConnectionOptions::default() };
    let steps = [(Input::Start, FETCH), (HIDDEN, PAUSE), (SHOWN, FETCH), (STREAM, OPEN), (FROZEN, PAUSE)];
    check_with(connection(policy, true, options), &steps);
}

#[test]
fn page_and_network_changes_never_repeat_a_post() {
    let options = ConnectionOptions { pauses_when_hidden: true, ..ConnectionOptions::default() };
    check_with(
        standard(false, options),
        &[
            (Input::Start, FETCH),
            (HIDDEN, NONE),
            (SHOWN, NONE),
            (STREAM, OPEN),
            (FROZEN, NONE),
            (Input::Network(false), NONE),
            (Input::Network(true), NONE),
            (SHOWN, NONE),
            (ended(Error::End), COMPLETE),
        ],
    );
    check_with(standard(false, options), &[(HIDDEN, NONE), (Input::Start, FETCH), (SHOWN, NONE)]);
}

#[test]
fn a_post_that_a_policy_repeats_is_not_ended_by_a_hidden_page_but_waits_for_its_return() {
    let policy = Policy { rules: Rules::Policy, ..Policy::default() };
    let options = ConnectionOptions { pauses_when_hidden: true, ..ConnectionOptions::default() };
    check_with(
        connection(policy, false, options),
        &[
            (Input::Start, FETCH),
            (STREAM, OPEN),
            (HIDDEN, NONE),
            (ended(Error::Body), reconnect(Error::Body, 3_000)),
            (Input::TimedOut, NONE),
            (SHOWN, FETCH),
        ],
    );
}

#[test]
fn a_request_function_is_called_again_if_it_has_succeeded_before() {
    check(true, &[(Input::Start, FETCH), (ended(Error::RequestFunction), fail(Error::RequestNotMade))]);
    let again = [
        (Input::Start, FETCH),
        (STREAM, OPEN),
        (ended(Error::Body), reconnect(Error::Body, 3_000)),
        (Input::TimedOut, FETCH),
        (ended(Error::RequestFunction), reconnect(Error::RequestFunction, 6_000)),
        (Input::TimedOut, FETCH),
    ];
    check(true, &[&again[..], &[(STREAM, OPEN)]].concat());
    check(true, &[&again[..], &[(ended(Error::RequestNotMade), fail(Error::RequestNotMade))]].concat());
}

#[test]
fn a_failing_user_function_ends_the_attempt() {
    check(
        true,
        &[(Input::Start, FETCH), (STREAM, OPEN), (ended(Error::Handler), reconnect(Error::Handler, 3_000))],
    );
    check(false, &[(Input::Start, FETCH), (STREAM, OPEN), (ended(Error::Handler), fail(Error::Handler))]);
}

#[test]
fn while_offline_an_attempt_waits_for_the_network_but_not_forever() {
    let waiting = [(Input::Start, FETCH), (ended(Error::Request), reconnect(Error::Request, 3_000))];
    let check_after = |rest: &[Step]| check(true, &[&waiting, rest].concat());
    check_after(&[
        (Input::Network(false), NONE),
        (Input::TimedOut, WAIT),
        (Input::Network(false), NONE),
        (Input::Network(true), FETCH),
        (Input::Network(true), NONE),
    ]);
    check_after(&[(Input::Network(false), NONE), (Input::Network(true), FETCH)]);
    check_after(&[
        (Input::Network(false), NONE),
        (FROZEN, PAUSE),
        (Input::TimedOut, NONE),
        (SHOWN, WAIT),
        (Input::Network(true), FETCH),
    ]);
    // The network stays down: one request after each wait.
    check_after(&[
        (Input::Network(false), NONE),
        (Input::TimedOut, WAIT),
        (Input::TimedOut, FETCH),
        (ended(Error::Request), reconnect(Error::Request, 6_000)),
        (Input::TimedOut, WAIT),
        (Input::TimedOut, FETCH),
        (STREAM, OPEN),
    ]);
    check_after(&[
        (Input::Network(false), NONE),
        (Input::TimedOut, WAIT),
        (FROZEN, PAUSE),
        (SHOWN, WAIT),
        (Input::TimedOut, FETCH),
    ]);
    // The first request doesn't wait.
    check(true, &[(Input::Network(false), NONE), (Input::Start, FETCH)]);
    // A server on the same machine needs no network.
    let options = ConnectionOptions { is_local: true, ..ConnectionOptions::default() };
    check_with(
        standard(true, options),
        &[&waiting[..], &[(Input::Network(false), NONE), (Input::TimedOut, FETCH)]].concat(),
    );
}

#[test]
fn a_broken_stream_is_resumed_by_its_own_request() {
    let retry = Retry::new(Policy::default(), false, true);
    let mut connection = Connection::new(retry, ConnectionOptions::default());
    let mut step = |input| {
        let action = connection.step(input, &Now::default());
        (action, connection.resumes(), connection.attempts())
    };
    assert_eq!(step(Input::Start), (Action::Fetch, false, 1));
    assert_eq!(step(STREAM), (Action::Open, true, 1));
    assert_eq!(step(ended(Error::Body)).0, Action::Reconnect(3_000));
    assert_eq!(step(Input::TimedOut), (Action::Fetch, true, 2));
    assert_eq!(step(STREAM).0, Action::Open);
    assert_eq!(step(ended(Error::End)).0, Action::Complete);
}

#[test]
fn listed_statuses_are_retried_after_the_time_in_retry_after() {
    let policy = Policy {
        rules: Rules::Policy,
        statuses: b"429503"[..].into(),
        initial_delay: 100.0,
        factor: 1.0,
        ..Policy::default()
    };
    let refuse = |policy: &Policy, status, retry_after: &str| {
        let mut connection = connection(policy.clone(), true, ConnectionOptions::default());
        let now = Now { date: 784_111_777_000.0, ..Now::default() };
        assert_eq!(connection.step(Input::Start, &now), Action::Fetch);
        let head =
            Head { status: digits(status), content_type: b"text/html", retry_after: retry_after.as_bytes() };
        assert_eq!(connection.step(Input::Response(head), &now), Action::ReadExcerpt);
        (connection.step(Input::ExcerptRead, &now), connection.error(), connection.retry_after())
    };
    for (status, header, delay, retry_after) in [
        (429, "", 100, None),
        (429, "2", 2_000, Some(2_000.0)),
        (503, "0", 100, Some(0.0)),
        (503, "Sun, 06 Nov 1994 08:50:37 GMT", 60_000, Some(60_000.0)),
        (503, "Sun, 06 Nov 1994 08:49:00 GMT", 100, Some(0.0)),
        (503, "soon", 100, None),
        (503, "99999999999999", MAX_DELAY, Some(99_999_999_999_999_000.0)),
    ] {
        let expected = (Action::Reconnect(delay), Error::RetriedStatus, retry_after);
        assert_eq!(refuse(&policy, status, header), expected, "{status} {header:?}");
    }
    // Other statuses fail, but the error has the server's Retry-After.
    assert_eq!(refuse(&policy, 500, "1"), (Action::Fail, Error::Status, Some(1_000.0)));
    assert_eq!(refuse(&policy, 200, "1"), (Action::Fail, Error::ContentType, Some(1_000.0)));
    let deaf = Policy { retry_after: false, ..policy };
    assert_eq!(refuse(&deaf, 503, "2"), (Action::Reconnect(100), Error::RetriedStatus, Some(2_000.0)));
}

#[test]
fn retry_after_applies_to_one_attempt() {
    let policy =
        Policy { rules: Rules::Policy, statuses: b"503"[..].into(), factor: 1.0, ..Policy::default() };
    let busy = Input::Response(Head { status: b"503", content_type: b"", retry_after: b"60" });
    let mut connection = connection(policy, true, ConnectionOptions::default());
    let mut step = |input| (connection.step(input, &Now::default()), connection.retry_after());
    assert_eq!(step(Input::Start), (Action::Fetch, None));
    assert_eq!(step(busy), (Action::ReadExcerpt, Some(60_000.0)));
    assert_eq!(step(Input::ExcerptRead), (Action::Reconnect(60_000), Some(60_000.0)));
    assert_eq!(step(Input::TimedOut), (Action::Fetch, None));
    assert_eq!(step(ended(Error::Request)), (Action::Reconnect(3_000), None));
}

#[test]
fn retry_after_is_known_when_the_user_rejects_the_response() {
    let options = ConnectionOptions { asks_to_accept: true, ..ConnectionOptions::default() };
    let busy = Input::Response(Head { status: b"503", content_type: b"", retry_after: b"7" });
    for (input, action, expected) in
        [(ended(Error::Rejected), Action::Fail, Some(7_000.0)), (Input::Accepted, Action::Open, None)]
    {
        let mut connection = connection(Policy::default(), true, options);
        let mut step = |input| connection.step(input, &Now::default());
        assert_eq!((step(Input::Start), step(busy), step(input)), (Action::Fetch, Action::Check, action));
        assert_eq!(connection.retry_after(), expected);
    }
}

#[test]
fn a_policy_gives_up_on_a_server_that_answers_200_and_ends_at_once() {
    let policy = Policy { max_attempts: 2.0, ..Policy::default() };
    let end = Input::Ended { error: Error::End, has_received: false };
    let give_up = Expected(Action::GiveUp(3), Some(Error::End));
    check_with(
        connection(Policy { rules: Rules::Policy, ..policy.clone() }, true, ConnectionOptions::default()),
        &[
            (Input::Start, FETCH),
            (STREAM, OPEN),
            (end, reconnect(Error::End, 3_000)),
            (Input::TimedOut, FETCH),
            (STREAM, OPEN),
            (end, reconnect(Error::End, 6_000)),
            (Input::TimedOut, FETCH),
            (STREAM, OPEN),
            (end, give_up),
        ],
    );
    // The standard's rules reconnect forever, and the delay doesn't grow.
    let again = [(STREAM, OPEN), (end, reconnect(Error::End, 3_000)), (Input::TimedOut, FETCH)];
    check(true, &[&[(Input::Start, FETCH)][..], &again.repeat(5)].concat());
}

#[test]
fn with_the_option_a_failed_first_request_is_probed_for_cors() {
    let options = ConnectionOptions { probes_cors: true, ..ConnectionOptions::default() };
    let start = [(Input::Start, FETCH), (ended(Error::Request), PROBE)];
    let check_after = |rest: &[Step]| check_with(standard(true, options), &[&start, rest].concat());
    check_after(&[
        (Input::Probed(true), FETCH),
        (ended(Error::Request), fail(Error::Cors)),
        (Input::TimedOut, NONE),
    ]);
    // The server was unavailable for a moment; CORS was not the reason.
    check_after(&[
        (Input::Probed(true), FETCH),
        (STREAM, OPEN),
        (ended(Error::Body), reconnect(Error::Body, 3_000)),
        (Input::TimedOut, FETCH),
        (ended(Error::Request), reconnect(Error::Request, 6_000)),
    ]);
    let later = [
        (Input::TimedOut, FETCH),
        (ended(Error::Request), reconnect(Error::Request, 6_000)),
        (Input::Probed(true), NONE),
        (Input::TimedOut, FETCH),
        (STREAM, OPEN),
    ];
    let no_answer = [Input::Probed(false), Input::TimedOut];
    for input in no_answer {
        check_after(&[&[(input, reconnect(Error::Request, 3_000))], &later[..]].concat());
    }
    // During a probe, the page can be frozen and the user can close the connection.
    check_after(&[
        (FROZEN, PAUSE),
        (Input::Probed(true), NONE),
        (SHOWN, FETCH),
        (ended(Error::Request), reconnect(Error::Request, 3_000)),
    ]);
    check_after(&[(Input::Close, Expected(Action::Drop, None)), (Input::Probed(true), NONE)]);
    // A POST isn't sent again: it fails with the result of the probe.
    for (input, error) in [(Input::Probed(true), Error::Cors), (Input::Probed(false), Error::Request)] {
        check_with(standard(false, options), &[&start[..], &[(input, fail(error))]].concat());
    }
}

#[test]
fn only_a_request_that_failed_without_a_response_is_probed() {
    let options =
        ConnectionOptions { probes_cors: true, connect_timeout: Some(10), ..ConnectionOptions::default() };
    for error in Error::ALL.into_iter().filter(|&error| error != Error::Request) {
        let mut connection = standard(true, options);
        let _ = connection.step(Input::Start, &Now::default());
        assert_ne!(connection.step(ended(error), &Now::default()), Action::Probe, "{error:?}");
    }
    check_with(
        standard(true, options),
        &[(Input::Start, FETCH), (Input::TimedOut, reconnect(Error::ConnectTimeout, 3_000))],
    );
    check_with(
        standard(true, options),
        &[
            (Input::Start, FETCH),
            (STREAM, OPEN),
            (ended(Error::Body), reconnect(Error::Body, 3_000)),
            (Input::TimedOut, FETCH),
            (ended(Error::Request), reconnect(Error::Request, 6_000)),
        ],
    );
    // Without the option, there is no probe.
    check(true, &[(Input::Start, FETCH), (ended(Error::Request), reconnect(Error::Request, 3_000))]);
}

#[test]
fn a_probe_and_an_excerpt_have_their_own_time_limits() {
    let mut connection =
        standard(true, ConnectionOptions { probes_cors: true, ..ConnectionOptions::default() });
    let _ = connection.step(Input::Start, &Now::default());
    assert_eq!(connection.time_limit(), None);
    let _ = connection.step(ended(Error::Request), &Now::default());
    assert_eq!((connection.state(), connection.time_limit()), (State::Probing, Some(5_000)));
    let mut connection = standard(true, ConnectionOptions::default());
    let _ = connection.step(Input::Start, &Now::default());
    let _ = connection.step(response(500, ""), &Now::default());
    assert_eq!((connection.state(), connection.time_limit()), (State::Refused, Some(1_000)));
    assert_eq!(connection.step(Input::TimedOut, &Now::default()), Action::Fail);
}

#[test]
fn with_ask_rules_the_user_decides_about_cors_errors_too() {
    let policy = Policy { rules: Rules::Ask, ..Policy::default() };
    check_with(
        connection(policy, true, ConnectionOptions { probes_cors: true, ..ConnectionOptions::default() }),
        &[
            (Input::Start, FETCH),
            (ended(Error::Request), PROBE),
            (Input::Probed(true), FETCH),
            (ended(Error::Request), ask(Error::Cors)),
            (Input::Decided(Answer::Reconnect(5.0)), reconnect(Error::Cors, 5)),
            (Input::TimedOut, FETCH),
        ],
    );
}

fn input() -> impl Strategy<Value = Input<'static>> {
    prop_oneof![
        4 => Just(Input::Start),
        4 => Just(STREAM),
        4 => (select(&Error::ALL), any::<bool>())
            .prop_map(|(error, has_received)| Input::Ended { error, has_received }),
        2 => Just(ended(Error::Request)),
        2 => Just(ended(Error::End)),
        1 => Just(response(503, "")),
        2 => Just(Input::ExcerptRead),
        1 => Just(Input::Accepted),
        1 => any::<bool>().prop_map(Input::Probed),
        1 => any::<u64>().prop_map(|time| Input::ReconnectionTime(time as f64)),
        5 => Just(Input::TimedOut),
        1 => Just(Input::Decided(Answer::Default)),
        1 => any::<f64>().prop_map(|delay| Input::Decided(Answer::Reconnect(delay))),
        1 => Just(Input::Decided(Answer::Stop)),
        1 => Just(Input::Decided(Answer::Fail)),
        3 => any::<(bool, bool)>().prop_map(|(is_hidden, is_frozen)| Input::Page { is_hidden, is_frozen }),
        3 => any::<bool>().prop_map(Input::Network),
        1 => Just(Input::Close),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let rules = select(vec![Rules::Policy, Rules::Ask, Rules::Never]);
    let number = any::<f64>;
    let policy = (rules, number(), number(), number(), number(), 0.0..5.0, number(), any::<bool>()).prop_map(
        |(rules, initial_delay, factor, jitter, max_delay, max_attempts, reset_after, retry_after)| Policy {
            rules,
            initial_delay,
            factor,
            jitter,
            max_delay,
            max_attempts,
            reset_after,
            statuses: b"503"[..].into(),
            retry_after,
            ..Policy::default()
        },
    );
    prop_oneof![1 => Just(Policy::default()), 2 => policy]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_inputs_never_cause_two_requests_or_an_action_after_the_end(
        policy in policy(),
        is_safe_to_repeat: bool,
        can_resume: bool,
        (asks_to_accept, pauses_when_hidden, probes_cors) in any::<(bool, bool, bool)>(),
        inputs in vec((input(), any::<f64>()), 0..60),
    ) {
        let options = ConnectionOptions {
            asks_to_accept,
            pauses_when_hidden,
            probes_cors,
            connect_timeout: Some(1),
            idle_timeout: Some(1),
            ..ConnectionOptions::default()
        };
        let mut life = Life::new(policy, is_safe_to_repeat, can_resume, options);
        for (input, number) in inputs {
            life.step(input, Now { time: number, date: number, random: 0.5 });
        }
        life.end();
    }
}
