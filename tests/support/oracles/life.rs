//! Drives a connection with any inputs, and panics if it breaks an invariant.

use super::clock::Now;
use eventsource_wasm::core::{
    Action, Answer, Connection, ConnectionOptions, DEFAULT_RECONNECTION_TIME, Error, Input, MAX_DELAY,
    Policy, Retry, Rules, State, clamp,
};

/// The longest delay of the standard's rules, unless the reconnection time is longer.
const MAX_BACKOFF: u32 = 30_000;

/// A connection, and the state that follows from its actions.
pub struct Life {
    connection: Connection,
    /// The policy allows to repeat requests that aren't safe to repeat.
    may_repeat_any: bool,
    /// The policy is the standard's, so that the range of each delay is known.
    is_standard: bool,
    is_safe_to_repeat: bool,
    can_resume: bool,
    has_opened: bool,
    is_under_way: bool,
    has_ended: bool,
    /// The driver has a timer for a delay.
    is_waiting: bool,
    reconnection_time: u32,
    requests: u32,
    /// How many requests were sent that aren't safe to repeat.
    unsafe_requests: u32,
    probes: u32,
}

impl Life {
    pub fn new(
        policy: Policy,
        is_safe_to_repeat: bool,
        can_resume: bool,
        options: ConnectionOptions,
    ) -> Self {
        Self {
            may_repeat_any: matches!(policy.rules, Rules::Policy | Rules::Ask),
            is_standard: policy == Policy::default(),
            is_safe_to_repeat,
            can_resume,
            has_opened: false,
            is_under_way: false,
            has_ended: false,
            is_waiting: false,
            reconnection_time: DEFAULT_RECONNECTION_TIME,
            requests: 0,
            unsafe_requests: 0,
            probes: 0,
            connection: Connection::new(Retry::new(policy, is_safe_to_repeat, can_resume), options),
        }
    }

    pub fn step(&mut self, input: Input, now: Now) {
        let before = self.connection.state();
        if let (Input::ReconnectionTime(milliseconds), State::Open) = (input, before) {
            self.reconnection_time = clamp(milliseconds);
        }
        let action = self.connection.step(input, &now);
        assert!(!self.has_ended || action == Action::None, "{action:?} after the end");
        match action {
            Action::None => {}
            Action::Fetch => {
                // The request that is probed for CORS has failed.
                assert!(!self.is_under_way || before == State::Probing, "two requests at once");
                self.is_under_way = true;
                self.is_waiting = false;
                self.requests += 1;
                let is_safe = self.is_safe_to_repeat || self.can_resume && self.has_opened;
                self.unsafe_requests += u32::from(!is_safe);
                assert!(
                    self.may_repeat_any || self.unsafe_requests <= 1,
                    "sent {} times",
                    self.unsafe_requests
                );
            }
            Action::Probe => {
                assert!(self.is_under_way && self.requests == 1, "only the first request may be probed");
                self.probes += 1;
                assert_eq!(self.probes, 1, "probed twice");
            }
            Action::Open => {
                assert!(self.is_under_way, "opened without a request");
                self.has_opened = true;
            }
            Action::Check | Action::ReadExcerpt => assert!(self.is_under_way, "a response without a request"),
            Action::Ask => self.is_under_way = false,
            Action::Pause => {
                self.is_under_way = false;
                self.is_waiting = false;
            }
            Action::Reconnect(delay) => {
                assert!(delay <= MAX_DELAY, "no timer holds {delay}");
                let least = self.reconnection_time;
                assert!(
                    !self.is_standard || (least..=least.max(MAX_BACKOFF)).contains(&delay),
                    "{delay} after a reconnection time of {least}"
                );
                self.is_under_way = false;
                // On a hidden page, the connection pauses at once. The driver sees that by the state.
                self.is_waiting = self.connection.state() == State::Waiting;
            }
            Action::Wait(time) => {
                assert!(time > 0 && !self.is_under_way, "waits for {time}");
                self.is_waiting = true;
            }
            Action::GiveUp(attempts) => {
                assert!(attempts > 0 && attempts <= self.requests, "{attempts} of {}", self.requests);
                self.is_under_way = false;
                self.is_waiting = false;
                self.has_ended = true;
            }
            Action::Fail | Action::Complete | Action::Drop => {
                self.is_under_way = false;
                self.is_waiting = false;
                self.has_ended = true;
            }
        }
        if action == Action::Complete {
            assert_eq!(self.connection.error(), Error::End, "only a stream that ended is complete");
        }
        let state = self.connection.state();
        assert_eq!(self.has_ended, state == State::Closed, "the end is announced, and is the end");
        let has_request = [State::Connecting, State::Probing, State::Checking, State::Refused, State::Open]
            .contains(&state);
        assert_eq!(self.is_under_way, has_request, "{state:?}");
        assert_eq!(self.is_waiting, [State::Waiting, State::Offline].contains(&state), "{state:?}");
        assert!(has_request || self.connection.time_limit().is_none(), "no time limit in {state:?}");
        assert_eq!(self.connection.attempts(), self.requests);
    }

    /// Checks that the connection isn't stuck: once the page is shown and every question is answered, it sends a
    /// request or ends. Then closes it.
    pub fn end(mut self) {
        let step = |life: &mut Self, input| life.step(input, Now::default());
        step(&mut self, Input::Start);
        step(&mut self, Input::Decided(Answer::Default));
        step(&mut self, Input::Page { is_hidden: false, is_frozen: false });
        // Waits end by themselves, even without a network.
        for _ in 0..2 {
            if self.is_waiting {
                step(&mut self, Input::TimedOut);
            }
        }
        assert!(self.is_under_way || self.has_ended, "stuck in {:?}", self.connection.state());
        step(&mut self, Input::Close);
        assert!(self.has_ended && !self.is_under_way, "close ends it");
    }
}
