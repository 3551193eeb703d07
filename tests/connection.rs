//! The connection as a table: inputs and the actions they lead to. No server, no clock.

use eventsource_wasm::core::{Action, Connection, Error, Input, Retry, State, Target};
use proptest::{collection::vec, prelude::*};

const EVENT_STREAM: Option<&str> = Some("text/event-stream");

fn check(safe_to_repeat: bool, steps: &[(Input, Action)]) {
    let mut connection = Connection::new(Retry::new(safe_to_repeat));
    for (number, (input, expected)) in steps.iter().enumerate() {
        let action = connection.step(*input);
        assert_eq!(&action, expected, "step {number}: {input:?}");
    }
}

fn reconnect(error: Error, delay: u32) -> Action {
    Action::Reconnect { error, delay }
}

#[test]
fn c5_c7_an_accepted_response_opens_and_its_end_reestablishes() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (Input::Response(200, EVENT_STREAM), Action::Open),
            (Input::BodyEnded, reconnect(Error::End, 3_000)),
            (Input::Waited, Action::Fetch),
            (Input::Response(200, EVENT_STREAM), Action::Open),
            (Input::BodyFailed, reconnect(Error::Body, 3_000)),
            (Input::Waited, Action::Fetch),
            (Input::RequestFailed, reconnect(Error::Request, 3_000)),
            (Input::Waited, Action::Fetch),
            (Input::RequestFailed, reconnect(Error::Request, 6_000)),
        ],
    );
}

#[test]
fn c6_a_refused_response_fails_for_good() {
    for (status, content_type, error) in [
        (204, EVENT_STREAM, Error::Status(204)),
        (401, None, Error::Status(401)),
        (200, Some("text/html"), Error::ContentType(Some("text/html".to_owned()))),
        (200, None, Error::ContentType(None)),
    ] {
        for safe_to_repeat in [true, false] {
            check(
                safe_to_repeat,
                &[
                    (Input::Start, Action::Fetch),
                    (Input::Response(status, content_type), Action::Fail(error.clone())),
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
    let mut unknown = Connection::new(Retry::new(true)).to(Target::Unknown);
    assert_eq!(unknown.step(Input::Start), Action::Fetch);
    assert_eq!(unknown.step(Input::RequestFailed), Action::Fail(Error::Request));
    assert_eq!(unknown.state(), State::Closed);

    let mut content = Connection::new(Retry::new(true)).to(Target::Content);
    assert_eq!(content.step(Input::Start), Action::Fetch);
    assert_eq!(content.step(Input::Response(200, EVENT_STREAM)), Action::Open);
    assert_eq!(content.step(Input::BodyEnded), Action::Fail(Error::End));

    let mut known_by_now = Connection::new(Retry::new(true)).to(Target::Unknown);
    assert_eq!(known_by_now.step(Input::Start), Action::Fetch);
    assert_eq!(known_by_now.step(Input::Response(200, EVENT_STREAM)), Action::Open);
    assert_eq!(known_by_now.step(Input::BodyEnded), reconnect(Error::End, 3_000));
    assert_eq!(known_by_now.step(Input::Waited), Action::Fetch);
    assert_eq!(known_by_now.step(Input::RequestFailed), reconnect(Error::Request, 3_000));
}

#[test]
fn c9_the_reconnection_time_holds_for_later_reconnections() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (Input::Response(200, EVENT_STREAM), Action::Open),
            (Input::ReconnectionTime(50), Action::None),
            (Input::BodyEnded, reconnect(Error::End, 50)),
            (Input::Waited, Action::Fetch),
            (Input::Response(200, EVENT_STREAM), Action::Open),
            (Input::BodyEnded, reconnect(Error::End, 50)),
        ],
    );
}

#[test]
fn a_post_is_sent_once_whatever_happens_to_it() {
    let open = [(Input::Start, Action::Fetch), (Input::Response(200, EVENT_STREAM), Action::Open)];
    check(
        false,
        &[open.as_slice(), &[(Input::BodyEnded, Action::Complete), (Input::Waited, Action::None)]].concat(),
    );
    check(false, &[open.as_slice(), &[(Input::BodyFailed, Action::Fail(Error::Body))]].concat());
    check(false, &[(Input::Start, Action::Fetch), (Input::RequestFailed, Action::Fail(Error::Request))]);
}

#[test]
fn too_large_an_event_fails_the_connection() {
    check(
        true,
        &[
            (Input::Start, Action::Fetch),
            (Input::Response(200, EVENT_STREAM), Action::Open),
            (Input::TooLarge(10), Action::Fail(Error::TooLarge(10))),
        ],
    );
}

#[test]
fn what_cannot_be_read_is_not_asked_for_again() {
    let open = [(Input::Start, Action::Fetch), (Input::Response(200, EVENT_STREAM), Action::Open)];
    for before in [&open[..1], &open[..]] {
        check(true, &[before, &[(Input::Unreadable, Action::Fail(Error::Unreadable))]].concat());
    }
}

#[test]
fn c8_close_drops_everything_in_every_state_and_only_once() {
    let before = [
        Input::Start,
        Input::Response(200, EVENT_STREAM),
        Input::BodyEnded,
        Input::Waited,
        Input::RequestFailed,
    ];
    for length in 0..=before.len() {
        let mut connection = Connection::new(Retry::new(true));
        for input in &before[..length] {
            let _ = connection.step(*input);
        }
        assert_eq!(connection.step(Input::Close), Action::Drop);
        assert_eq!(connection.state(), State::Closed);
        assert_eq!(connection.step(Input::Close), Action::None);
    }
}

#[test]
fn inputs_that_come_late_change_nothing() {
    check(
        true,
        &[
            (Input::Waited, Action::None),
            (Input::Response(200, EVENT_STREAM), Action::None),
            (Input::Start, Action::Fetch),
            (Input::Start, Action::None),
            (Input::BodyEnded, Action::None),
            (Input::Waited, Action::None),
            (Input::Response(200, EVENT_STREAM), Action::Open),
            (Input::Response(500, None), Action::None),
            (Input::RequestFailed, Action::None),
            (Input::BodyEnded, reconnect(Error::End, 3_000)),
            (Input::BodyEnded, Action::None),
            (Input::Response(200, EVENT_STREAM), Action::None),
        ],
    );
}

fn input() -> impl Strategy<Value = Input<'static>> {
    prop_oneof![
        Just(Input::Start),
        Just(Input::Unreadable),
        Just(Input::RequestFailed),
        Just(Input::Response(200, EVENT_STREAM)),
        Just(Input::Response(500, None)),
        any::<u64>().prop_map(Input::ReconnectionTime),
        Just(Input::TooLarge(1)),
        Just(Input::BodyFailed),
        Just(Input::BodyEnded),
        Just(Input::Waited),
        Just(Input::Close),
    ]
}

proptest! {
    #[test]
    fn no_inputs_lead_to_two_requests_or_to_anything_after_the_end(
        safe_to_repeat: bool,
        inputs in vec(input(), 0..40),
    ) {
        let mut connection = Connection::new(Retry::new(safe_to_repeat));
        let (mut requests, mut under_way, mut ended) = (0, false, false);
        for input in inputs {
            let action = connection.step(input);
            prop_assert!(!ended || action == Action::None, "{action:?} after the end");
            match action {
                Action::Fetch => {
                    prop_assert!(!under_way, "two requests at once");
                    under_way = true;
                    requests += 1;
                }
                Action::Open => prop_assert!(under_way),
                Action::Reconnect { delay, .. } => {
                    prop_assert!(under_way && safe_to_repeat);
                    prop_assert!(delay <= i32::MAX as u32);
                    under_way = false;
                }
                Action::Fail(_) | Action::Complete | Action::Drop => {
                    under_way = false;
                    ended = true;
                }
                Action::None => {}
            }
            prop_assert_eq!(ended, connection.state() == State::Closed);
        }
        prop_assert!(safe_to_repeat || requests <= 1, "sent {} times", requests);
    }
}
