//! The fuzz targets. Each takes bytes, and panics if a check fails. `cargo fuzz` searches for such bytes (`fuzz/`), and
//! `tests/unit/core/fuzz.rs` tries a few thousand inputs without it.

use super::{
    chunks::{everything, parse, parse_shared},
    clock::Now,
    life::Life,
    naive::{self, Outcome},
};
use arbitrary::{Result, Unstructured};
use eventsource_wasm::core::{
    Answer, ConnectionOptions, Error, Head, Input, Policy, Rules, ScannerOptions, Target as UrlTarget, clamp,
    retry_after,
};
use std::iter::repeat_with;

/// Runs one input.
pub type Target = fn(&[u8]);

/// The targets, by the names of their files.
pub const TARGETS: [(&str, Target); 4] =
    [("scanner", scanner), ("offsets", offsets), ("connection", connection), ("headers", headers)];

/// Compares the scanner with the naive parser at the given cuts, also if other streams use the window. With a limit,
/// the events before the one that exceeds it must match.
///
/// The lowest bit of the first byte turns on comments and ignored lines. Its other bits are the chunk size, the next
/// two bytes are cuts, the fourth byte says when the window is taken. The rest is the stream, so fixtures are seeds.
pub fn scanner(input: &[u8]) {
    let Some((&[size, first, second, taken], stream)) = input.split_first_chunk() else { return };
    let [first, second] = [first, second].map(|cut| usize::from(cut) % (stream.len() + 1));
    let (first, second) = (first.min(second), first.max(second));
    let cuts = [&stream[..first], &stream[first..second], &stream[second..]];
    let options = if size & 1 == 1 { everything() } else { ScannerOptions::default() };
    let size = usize::from(size >> 1).max(1);
    // The bits are used in turn: the window is taken after a chunk whose bit is set.
    let is_taken = || {
        let mut bits = taken;
        move || {
            bits = bits.rotate_left(1);
            bits & 1 == 1
        }
    };
    let expected = naive::parse(stream).only(options.comments, options.ignored_lines);
    assert_eq!(parse(options, cuts).as_ref(), Ok(&expected));
    assert_eq!(parse_shared(options, stream.chunks(size), is_taken()).as_ref(), Ok(&expected));

    let limited = ScannerOptions { max_event_size: size, ..options };
    match parse_shared(limited, cuts, is_taken()) {
        Ok(outcome) => assert_eq!(outcome, expected),
        Err(Outcome { events, .. }) => {
            assert!(expected.events.starts_with(&events), "{events:?} of {:?}", expected.events)
        }
    }
}

/// Writes events of any bytes, and checks that the scanner finds the same events. This tests the rows' offsets in the
/// decoded text, without the naive parser.
///
/// The first byte is the chunk size. The lines of the rest are the type, ID and data of the events, in turn.
pub fn offsets(input: &[u8]) {
    let Some((&size, rest)) = input.split_first() else { return };
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut values = rest.split(is_end);
    let mut stream = Vec::new();
    let mut expected = Vec::new();
    let mut last_event_id = String::new();
    while let Some(event_type) = values.next() {
        let id = values.next().unwrap_or_default();
        let data = values.next().unwrap_or_default();
        for (name, value) in [("event", event_type), ("id", id), ("data", data), ("data", id)] {
            stream.extend([name.as_bytes(), b": ", value, b"\n"].concat());
        }
        stream.push(b'\n');
        let [event_type, id, data] =
            [event_type, id, data].map(|value| String::from_utf8_lossy(value).into_owned());
        if !id.contains('\0') {
            last_event_id.clone_from(&id);
        }
        let event_type = if event_type.is_empty() { "message".to_owned() } else { event_type };
        expected.push((event_type, [data, id].join("\n"), last_event_id.clone()));
    }
    let size = if size == 0 { stream.len() } else { size.into() };
    let outcome = parse(ScannerOptions::default(), stream.chunks(size)).expect("no limit is exceeded");
    assert_eq!(outcome.events, expected);
}

/// Sends a connection any inputs in any order, and checks its invariants: see [`Life`].
pub fn connection(input: &[u8]) {
    // Ignore the error for too few bytes.
    let _ = live(&mut Unstructured::new(input));
}

fn live(u: &mut Unstructured) -> Result<()> {
    let policy = Policy {
        rules: *u.choose(&[Rules::Policy, Rules::Ask, Rules::Never, Rules::Standard])?,
        initial_delay: number(u)?,
        factor: number(u)?,
        jitter: number(u)?,
        max_delay: if u.arbitrary()? { number(u)? } else { f64::NAN },
        max_attempts: number(u)?,
        max_time: number(u)?,
        reset_after: number(u)?,
        statuses: if u.arbitrary()? { b"429503"[..].into() } else { u.arbitrary()? },
        retry_after: u.arbitrary()?,
    };
    let policy = if policy.rules == Rules::Standard { Policy::default() } else { policy };
    let options = ConnectionOptions {
        asks_to_accept: u.arbitrary()?,
        connect_timeout: u.arbitrary()?,
        idle_timeout: u.arbitrary()?,
        pauses_when_hidden: u.arbitrary()?,
        probes_cors: u.arbitrary()?,
        is_local: u.arbitrary()?,
        target: *u.choose(&[UrlTarget::Server, UrlTarget::Server, UrlTarget::Content, UrlTarget::Unknown])?,
    };
    let mut life = Life::new(policy, u.arbitrary()?, u.arbitrary()?, options);
    while !u.is_empty() {
        let now = Now { time: number(u)?, date: number(u)?, random: f64::from(u.arbitrary::<u8>()?) / 256.0 };
        life.step(any_input(u)?, now);
    }
    life.end();
    Ok(())
}

fn any_input<'a>(u: &mut Unstructured<'a>) -> Result<Input<'a>> {
    Ok(match u.int_in_range(0..=21)? {
        0 | 1 => Input::Start,
        2..=4 => Input::Ended { error: *u.choose(&Error::ALL)?, has_received: u.arbitrary()? },
        5 => Input::Ended { error: Error::Request, has_received: false },
        6 => Input::Ended { error: Error::End, has_received: u.arbitrary()? },
        7 | 8 => {
            Input::Response(Head { status: b"200", content_type: b"text/event-stream", ..Head::default() })
        }
        9 => Input::Response(Head {
            status: if u.arbitrary()? { b"503" } else { u.arbitrary()? },
            content_type: u.arbitrary()?,
            retry_after: u.arbitrary()?,
        }),
        10 => Input::Accepted,
        11 => Input::ExcerptRead,
        12 => Input::Probed(u.arbitrary()?),
        13 => {
            let time: u64 = if u.arbitrary()? { u.arbitrary()? } else { u.arbitrary::<u8>()?.into() };
            Input::ReconnectionTime(time as f64)
        }
        14..=16 => Input::TimedOut,
        17 => Input::Decided(match u.int_in_range(0..=3)? {
            0 => Answer::Default,
            1 => Answer::Reconnect(number(u)?),
            2 => Answer::Fail,
            _ => Answer::Stop,
        }),
        18 | 19 => Input::Page { is_hidden: u.arbitrary()?, is_frozen: u.arbitrary()? },
        20 => Input::Network(u.arbitrary()?),
        // Rare, because nothing follows a close.
        _ if u.arbitrary::<u8>()? == 0 => Input::Close,
        _ => Input::TimedOut,
    })
}

/// A number as a clock or a user may pass it, mostly a sensible one.
fn number(u: &mut Unstructured) -> Result<f64> {
    Ok(match u.int_in_range(0..=3)? {
        0 => u.arbitrary()?,
        1 => u.arbitrary::<u32>()?.into(),
        _ => u.arbitrary::<u8>()?.into(),
    })
}

/// Compares the check of `Content-Type` with a simple implementation of Fetch's algorithm. Checks that `Retry-After`
/// is never negative, and that its dates are read correctly.
pub fn headers(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let is_event_stream = essence(&text).is_some_and(|essence| essence == "text/event-stream");
    let head = Head { status: b"200", content_type: text.as_bytes(), ..Head::default() };
    assert_eq!(head.check(&[]).is_ok(), is_event_stream, "{text:?}");
    read_head(input);

    if let Some(delay) = retry_after(input, 0.0) {
        assert!(delay >= 0.0, "{delay} of {text:?}");
        assert!(f64::from(clamp(delay)) <= delay);
    }
    if let Ok(date) = Date::arbitrary(&mut Unstructured::new(input)) {
        let milliseconds = date.milliseconds();
        for form in date.forms() {
            assert_eq!(retry_after(form.as_bytes(), 0.0), Some(milliseconds), "{form}");
        }
    }
}

/// Checks that a response head in the shim's format is read correctly.
fn read_head(input: &[u8]) {
    let Some((&[high, low], headers)) = input.split_first_chunk() else { return };
    let status = u16::from_be_bytes([high, low]).to_string();
    let mut headers = headers.split(|&byte| byte == b'\n');
    let mut header = || headers.next().unwrap_or_default();
    let head = Head { status: status.as_bytes(), content_type: header(), retry_after: header() };
    let text = [head.status, head.retry_after, head.content_type].join(&b'\n');
    assert_eq!(Head::parse(&text), head);
}

/// Fetch, "extract a MIME type", reduced to the essence, on a whole string.
fn essence(header: &str) -> Option<String> {
    let (mut values, mut quoted) = (vec![String::new()], false);
    let mut characters = header.chars();
    while let Some(character) = characters.next() {
        match character {
            ',' if !quoted => {
                values.push(String::new());
                continue;
            }
            '"' => quoted = !quoted,
            _ => {}
        }
        let value = values.last_mut().expect("there is always one");
        value.push(character);
        if quoted && character == '\\' {
            value.extend(characters.next());
        }
    }
    let is_token = |text: &str| {
        let is_code_point = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        !text.is_empty() && text.chars().all(is_code_point)
    };
    values
        .iter()
        .filter_map(|value| {
            let value = value.trim_matches([' ', '\t', '\n', '\r']);
            let (r#type, rest) = value.split_once('/')?;
            let subtype = rest.split(';').next()?.trim_end_matches([' ', '\t', '\n', '\r']);
            let essence = [r#type, subtype].join("/").to_ascii_lowercase();
            (is_token(r#type) && is_token(subtype) && essence != "*/*").then_some(essence)
        })
        .next_back()
}

/// A date from 1970 to 2069, the range of two-digit years.
#[derive(Debug)]
struct Date {
    year: u32,
    month: usize,
    day: u32,
    second: u32,
}

const MONTHS: [(&str, u32); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

impl Date {
    fn arbitrary(u: &mut Unstructured) -> Result<Self> {
        let (year, month) = (u.int_in_range(1970..=2069)?, u.int_in_range(0..=11)?);
        let day = u.int_in_range(1..=days_of(year, month))?;
        Ok(Self { year, month, day, second: u.int_in_range(0..=86_399)? })
    }

    fn forms(&self) -> [String; 3] {
        let &Self { year, month, day, second } = self;
        let month = MONTHS[month].0;
        let time = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
        [
            format!("Sun, {day:02} {month} {year} {time} GMT"),
            format!("Sunday, {day:02}-{month}-{:02} {time} GMT", year % 100),
            format!("Sun {month} {day:2} {time} {year}"),
        ]
    }

    /// The time since 1970, counted year by year and month by month.
    fn milliseconds(&self) -> f64 {
        let years = (1970..self.year).map(|year| 337 + days_of(year, 1));
        let months = (0..self.month).map(|month| days_of(self.year, month));
        let days: u32 = years.chain(months).sum::<u32>() + self.day - 1;
        (f64::from(days) * 86_400.0 + f64::from(self.second)) * 1_000.0
    }
}

fn days_of(year: u32, month: usize) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    MONTHS[month].1 + u32::from(month == 1 && is_leap)
}

/// The seeds of a target: examples of interesting input.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let streams = || super::fixtures::fixtures().into_iter().map(|fixture| fixture.stream);
    match target {
        "scanner" => streams().map(|stream| [b"\x07\x03\x0b\xa5", &stream[..]].concat()).collect(),
        "offsets" => streams().map(|stream| [b"\x05", &stream[..]].concat()).collect(),
        "headers" => [
            "text/event-stream",
            "TEXT/Event-Stream; charset=\"utf-8\\\",\"",
            "text/html, text/event-stream , */*, bogus",
            "120",
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ]
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect(),
        // Binary input: pseudo-random bytes, the same in each run (Numerical Recipes' constants).
        _ => {
            let mut state = 1_u32;
            let mut byte = move || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            };
            (1..20).map(|length| repeat_with(&mut byte).take(length * 16).collect()).collect()
        }
    }
}
