//! A connection under watch: inputs → actions, and a panic where one breaks what holds of every life.

use eventsource_wasm::core::{
    Action, Answer, Connection, ConnectionOptions, DEFAULT_RECONNECTION_TIME, Input, MAX_DELAY, Moment,
    Retry, Rules, State,
};

/// The longest delay of the standard's rules, but for a longer reconnection time.
const MAX_BACKOFF: u32 = 30_000;

/// A connection, and what has become of it as far as its actions tell.
pub struct Life {
    connection: Connection,
    /// Requests that aren't safe to repeat may be repeated all the same.
    knowingly: bool,
    /// The standard's rules, whose delays are known.
    is_standard: bool,
    safe_to_repeat: bool,
    can_resume: bool,
    has_opened: bool,
    is_under_way: bool,
    has_ended: bool,
    reconnection_time: u32,
    requests: u32,
    /// How many requests were sent that aren't safe to repeat.
    unsafe_requests: u32,
}

impl Life {
    pub fn new(rules: Rules, safe_to_repeat: bool, can_resume: bool, options: ConnectionOptions) -> Self {
        Self {
            knowingly: matches!(rules, Rules::Policy(_) | Rules::Ask(_)),
            is_standard: rules == Rules::Standard,
            safe_to_repeat,
            can_resume,
            has_opened: false,
            is_under_way: false,
            has_ended: false,
            reconnection_time: DEFAULT_RECONNECTION_TIME,
            requests: 0,
            unsafe_requests: 0,
            connection: Connection::new(Retry::new(rules, safe_to_repeat, can_resume), options),
        }
    }

    pub fn step(&mut self, input: Input, moment: Moment) {
        let was_open = self.connection.state() == State::Open;
        if let (Input::ReconnectionTime(milliseconds), true) = (input, was_open) {
            self.reconnection_time = milliseconds.min(MAX_DELAY.into()) as u32;
        }
        let action = self.connection.step(input, moment);
        assert!(!self.has_ended || action == Action::None, "{action:?} after the end");
        match &action {
            Action::None => {}
            Action::Fetch => {
                assert!(!self.is_under_way, "two requests at once");
                self.is_under_way = true;
                self.requests += 1;
                self.unsafe_requests +=
                    u32::from(!(self.safe_to_repeat || self.can_resume && self.has_opened));
                assert!(self.knowingly || self.unsafe_requests <= 1, "sent {} times", self.unsafe_requests);
            }
            Action::Open => {
                assert!(self.is_under_way, "opened without a request");
                self.has_opened = true;
            }
            Action::Check | Action::ReadExcerpt => assert!(self.is_under_way, "a response without a request"),
            Action::Ask(_) | Action::Pause => self.is_under_way = false,
            Action::Reconnect { delay, .. } => {
                assert!(*delay <= MAX_DELAY, "no timer holds {delay}");
                let least = self.reconnection_time;
                assert!(
                    !self.is_standard || (least..=least.max(MAX_BACKOFF)).contains(delay),
                    "{delay} after a reconnection time of {least}"
                );
                self.is_under_way = false;
            }
            Action::Fail { error, attempts } => {
                assert!(!error.kind().is_empty() && !error.message(*attempts).is_empty());
                self.is_under_way = false;
                self.has_ended = true;
            }
            Action::Complete | Action::Drop => {
                self.is_under_way = false;
                self.has_ended = true;
            }
        }
        let state = self.connection.state();
        assert_eq!(self.has_ended, state == State::Closed, "the end is told and is the end");
        let has_request = [State::Connecting, State::Checking, State::Refused, State::Open].contains(&state);
        assert_eq!(self.is_under_way, has_request, "{state:?}");
        assert!(has_request || self.connection.watchdog().is_none(), "nothing is watched in {state:?}");
        assert_eq!(self.connection.attempts(), self.requests);
    }

    /// Shows that wherever the life has come to, a page and a network that are back, and answers to what is asked,
    /// lead to a request or the end; and that the user can end it.
    pub fn end(mut self) {
        let step = |life: &mut Self, input| life.step(input, Moment::default());
        step(&mut self, Input::Start);
        step(&mut self, Input::Decided(Answer::Default));
        step(&mut self, Input::Page { hidden: false, frozen: false });
        step(&mut self, Input::Network(true));
        step(&mut self, Input::Waited);
        assert!(self.is_under_way || self.has_ended, "stuck in {:?}", self.connection.state());
        step(&mut self, Input::Close);
        assert!(self.has_ended && !self.is_under_way, "close ends it");
    }
}
