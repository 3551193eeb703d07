//! Bytes of an event stream in any cut → a batch of events.
//!
//! The bytes of a chunk are written behind what is left of those before it, and events are found in place: a
//! batch is one text and a list of places in it, so that whoever takes it decodes once and cuts. Nothing
//! is allocated for an event. The work is linear in the bytes whatever the cut, and what is kept between
//! chunks is bounded by a limit.

use super::{
    fields::{self, Field, field},
    lines::{CR, LF, find_line_end},
    utf16::{Correction, Place, Side},
};
use std::ops::Range;

/// The longest line or event that is taken unless the user says otherwise: 64 MiB, which no honest server
/// meets. The standard has no limit (P12), a machine's memory has.
pub const DEFAULT_MAX_EVENT_SIZE: usize = 64 << 20;

/// What is kept between chunks is moved together when more bytes than this are of no use, and more than those
/// that are of use: moving then costs no more than reading has cost.
const TOLERATED_WASTE: usize = 4 << 10;

/// So many IDs of earlier streams are remembered to tell what is replayed.
const REMEMBERED_IDS: usize = 1_024;

/// A buffer grows by no less.
const LEAST_ROOM: usize = 512;

/// A buffer larger than this isn't kept once it is empty.
const KEPT_BUFFER_SIZE: usize = 256 << 10;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What a parser does besides the standard's rules.
#[derive(Clone, Copy, Debug)]
pub struct ParserOptions {
    /// Bytes of one line, or of one event's lines together, before the stream is refused. Lines that nobody
    /// wants don't count. Default: [`DEFAULT_MAX_EVENT_SIZE`].
    pub max_event_size: usize,
    /// Whether comments are recorded too. Default: they are dropped as they come, however long.
    pub comments: bool,
    /// Whether an event is left out whose ID came on an earlier stream of this connection: a server that
    /// resumes generously sends it again. Default: all events are kept.
    pub drop_replayed: bool,
    /// Whether lines are recorded that the standard ignores. Default: they are dropped as they come.
    pub ignored_lines: bool,
}

impl Default for ParserOptions {
    fn default() -> Self {
        Self {
            max_event_size: DEFAULT_MAX_EVENT_SIZE,
            comments: false,
            drop_replayed: false,
            ignored_lines: false,
        }
    }
}

/// What a stretch of the stream amounts to, as one row of a table that the shim reads as a `Uint32Array`: a kind, and
/// start and end of a place in the batch's decoded text, counted in UTF-16 code units.
pub type Record = [u32; 3];

/// The kinds of [`Record`]s. The shim's `batch.ts` has the same.
pub mod kind {
    /// An event to dispatch; the place is the first line of its data.
    pub const EVENT: u32 = 0;
    /// The last event ID of a block without data: nothing to dispatch.
    pub const ID: u32 = 1;
    /// A reconnection time. Instead of a place, the low and the high half of the milliseconds.
    pub const RETRY: u32 = 2;
    /// A comment, where [`ParserOptions::comments`](super::ParserOptions::comments) asks for them.
    pub const COMMENT: u32 = 3;
    /// A line that the standard ignores: a field that it doesn't know, or a reconnection time that is none.
    /// Where [`ParserOptions::ignored_lines`](super::ParserOptions::ignored_lines) asks for them.
    pub const IGNORED: u32 = 4;
    /// From here on, what belongs to the event before it. A further line of its data.
    pub const DATA: u32 = 5;
    /// Its type. Events without one are of the type `message`.
    pub const TYPE: u32 = 6;
    /// The last event ID that it sets. Events without one carry the one before.
    pub const EVENT_ID: u32 = 7;
    /// Added to [`EVENT`] where a [`RETRY`] came in its block.
    pub const SETS_RETRY: u32 = 1 << 8;
}

/// What a chunk brought, besides [`Parser::text`] and [`Parser::records`].
#[derive(Debug)]
pub struct Parsed {
    /// The last `retry` field's milliseconds.
    pub reconnection_time: Option<u64>,
    /// Whether a line or an event was longer than the limit. Nothing after it has been parsed.
    pub too_large: bool,
}

/// A stretch of the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: Place,
    end: Place,
}

impl Span {
    fn bytes(self) -> Range<usize> {
        self.start.bytes..self.end.bytes
    }

    fn len(self) -> usize {
        self.bytes().len()
    }

    fn starting_at(self, start: Place) -> Self {
        Self { start, end: start + (self.end - self.start) }
    }
}

/// The event that is being read (spec: the data buffer, the event type buffer, the last event ID buffer).
#[derive(Debug, Default)]
struct PendingEvent {
    /// Its lines of data.
    data: Vec<Span>,
    event_type: Option<Span>,
    id: Option<Span>,
    /// Bytes of the lines that it has come in.
    size: usize,
    has_retry: bool,
}

impl PendingEvent {
    fn clear(&mut self) {
        self.data.clear();
        self.event_type = None;
        self.id = None;
        self.size = 0;
        self.has_retry = false;
    }

    /// Its places, in no particular order.
    fn spans(&mut self) -> impl Iterator<Item = &mut Span> {
        self.data.iter_mut().chain(&mut self.event_type).chain(&mut self.id)
    }

    fn start(&self) -> Option<Place> {
        [self.data.first(), self.event_type.as_ref(), self.id.as_ref()]
            .into_iter()
            .flatten()
            .map(|span| span.start)
            .min_by_key(|start| start.bytes)
    }
}

/// Parses one event stream, and after [`Parser::reset`] the next of the same connection.
#[derive(Debug)]
pub struct Parser {
    options: ParserOptions,
    /// Bytes up to `end` are the stream's; those after it are room.
    buffer: Vec<u8>,
    end: usize,
    /// Bytes before this have been handed over or were of no use.
    ///
    /// INVARIANT: `keep_from <= line_start <= scanned <= end`, and the pending event lies in
    /// `keep_from..line_start`.
    keep_from: Place,
    line_start: Place,
    /// From `line_start` to here is no line end.
    scanned: Place,
    /// The last line ended in CR: an LF right after it belongs to it.
    after_cr: bool,
    /// Nothing but perhaps a part of a byte order mark has come.
    at_stream_start: bool,
    /// What has come of this line was dropped, and its rest will be: nobody wants it.
    skipping_line: bool,
    event: PendingEvent,
    last_event_id: Vec<u8>,
    /// Hashes of the IDs of earlier streams, and of this one, if replayed events are to be dropped.
    earlier_ids: Vec<u64>,
    ids: Vec<u64>,
    /// The batch of the last chunk.
    text: Range<usize>,
    records: Vec<Record>,
}

impl Parser {
    /// A parser at the start of a stream. Its last event ID is empty.
    pub fn new(options: ParserOptions) -> Self {
        Self {
            options,
            buffer: Vec::new(),
            end: 0,
            keep_from: Place::default(),
            line_start: Place::default(),
            scanned: Place::default(),
            after_cr: false,
            at_stream_start: true,
            skipping_line: false,
            event: PendingEvent::default(),
            last_event_id: Vec::new(),
            earlier_ids: Vec::new(),
            ids: Vec::new(),
            text: 0..0,
            records: Vec::new(),
        }
    }

    /// The UTF-8 bytes of the last event ID string: of the last complete block that set one.
    pub fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    /// Whether a line has begun that has no end yet.
    pub fn is_in_line(&self) -> bool {
        self.line_start.bytes < self.end
    }

    /// How many bytes of memory are held for the stream.
    pub fn buffer_size(&self) -> usize {
        self.buffer.capacity()
    }

    /// Begins a new stream. An unfinished event is dropped, its ID with it; the last event ID stays (P10, P11).
    pub fn reset(&mut self) {
        let last_event_id = std::mem::take(&mut self.last_event_id);
        let buffer = std::mem::take(&mut self.buffer);
        let mut earlier_ids = std::mem::take(&mut self.earlier_ids);
        earlier_ids.append(&mut self.ids);
        earlier_ids.drain(..earlier_ids.len().saturating_sub(REMEMBERED_IDS));
        *self = Self { buffer, last_event_id, earlier_ids, ..Self::new(self.options) };
    }

    /// Resumes after an event that came before this parser was made.
    pub fn set_last_event_id(&mut self, id: &[u8]) {
        self.last_event_id = id.to_vec();
        if self.options.drop_replayed && !id.is_empty() {
            self.earlier_ids.push(hash(id));
        }
    }

    /// Where the next bytes of the stream have to be written before [`Parser::parse`], without anything being moved for
    /// them.
    pub fn room(&mut self) -> &mut [u8] {
        // Where nothing is left, a large buffer is to be let go.
        let is_kept = self.end > 0 || self.buffer.len() <= KEPT_BUFFER_SIZE;
        if is_kept { &mut self.buffer[self.end..] } else { &mut [] }
    }

    /// The same, and at least so many bytes.
    pub fn space(&mut self, length: usize) -> &mut [u8] {
        if self.room().len() < length {
            self.drop_what_is_done();
            if self.end == 0 && self.buffer.len() > KEPT_BUFFER_SIZE {
                self.buffer = Vec::new();
            }
            let missing = (self.end + length).saturating_sub(self.buffer.len());
            if missing > 0 {
                self.buffer.reserve(missing.max(LEAST_ROOM));
                self.buffer.resize(self.buffer.capacity(), 0);
            }
        }
        &mut self.buffer[self.end..]
    }

    /// Parses so many bytes, which were written to [`Parser::room`] or [`Parser::space`].
    pub fn parse(&mut self, length: usize) -> Parsed {
        self.end += length;
        self.records.clear();
        let mut text_end = 0;
        let mut committed_id = None;
        let mut reconnection_time = None;
        let mut too_large = false;

        if self.at_stream_start {
            self.drop_byte_order_mark();
        }
        let text_start = self.keep_from;
        while !self.at_stream_start {
            if self.after_cr && self.line_start.bytes < self.end {
                self.after_cr = false;
                if self.buffer[self.line_start.bytes] == LF {
                    self.begin_line(self.line_start.after_ascii(1));
                }
            }
            let mut scanned = self.scanned;
            scanned.bytes += find_line_end(&self.buffer[scanned.bytes..self.end], &mut scanned.surplus);
            if scanned.bytes == self.end {
                self.scanned = scanned;
                break;
            }
            let line = Span { start: self.line_start, end: scanned };
            self.after_cr = self.buffer[line.end.bytes] == CR;
            self.begin_line(line.end.after_ascii(1));
            if std::mem::take(&mut self.skipping_line) {
                continue;
            }
            if line.len() == 0 {
                text_end = self.line_start.bytes;
                committed_id = self.event.id.or(committed_id);
                self.dispatch(text_start);
                continue;
            }
            let field = field(&self.buffer[line.bytes()]);
            if !self.wants(field) {
                continue;
            }
            let value = Span { start: line.start.after_ascii(field.value_start()), end: line.end };
            let bytes = &self.buffer[value.bytes()];
            match field {
                Field::Data(_) => self.event.data.push(value),
                Field::Event(_) => self.event.event_type = Some(value),
                // [spec] If the field value does not contain U+0000 NULL, then set the last event ID buffer
                // to the field value. Otherwise, ignore the field.
                Field::Id(_) if bytes.contains(&0) => {}
                Field::Id(_) => self.event.id = Some(value),
                Field::Retry(_) => match fields::reconnection_time(bytes) {
                    Some(time) => {
                        reconnection_time = Some(time);
                        self.event.has_retry = true;
                        self.records.push([kind::RETRY, time as u32, (time >> 32) as u32]);
                    }
                    None if self.options.ignored_lines => {
                        text_end = self.line_start.bytes;
                        self.records.push(record(kind::IGNORED, text_start, line));
                    }
                    None => {}
                },
                Field::Comment(_) => {
                    text_end = self.line_start.bytes;
                    self.records.push(record(kind::COMMENT, text_start, value));
                }
                Field::Unknown => {
                    text_end = self.line_start.bytes;
                    self.records.push(record(kind::IGNORED, text_start, line));
                }
            }
            if matches!(field, Field::Data(_) | Field::Event(_) | Field::Id(_)) {
                self.event.size += line.len() + 1;
            }
            if line.len().max(self.event.size) > self.options.max_event_size {
                too_large = true;
                break;
            }
        }

        if let Some(id) = committed_id {
            self.last_event_id.clear();
            self.last_event_id.extend_from_slice(&self.buffer[id.bytes()]);
        }
        self.skip_unwanted_line();
        too_large |= self.end - self.line_start.bytes > self.options.max_event_size;
        let pending = if self.event.size > 0 { self.event.start() } else { None };
        self.keep_from = pending.unwrap_or(self.line_start);
        self.text = text_start.bytes..text_end.max(text_start.bytes);
        if self.keep_from.bytes == self.end {
            // What comes next may be written over the text, which has been decoded by then.
            self.end = 0;
            self.keep_from = Place::default();
            self.begin_line(Place::default());
        }
        Parsed { reconnection_time, too_large }
    }

    /// The bytes that the records' places lie in, as the stream had them, until the next ones are written.
    pub fn text(&self) -> &[u8] {
        &self.buffer[self.text.clone()]
    }

    /// What was recorded of the last chunk, in the stream's order. The places are right if the text is UTF-8.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Makes the records' places right for a text that isn't UTF-8. For others it changes nothing. To be called once.
    pub fn correct_records(&mut self) {
        let mut correction = Correction::new(&self.buffer[self.text.clone()]);
        for [kind, start, end] in &mut self.records {
            if *kind != kind::RETRY {
                *start = correction.of(*start as usize, Side::Before) as u32;
                *end = correction.of(*end as usize, Side::After) as u32;
            }
        }
    }

    fn begin_line(&mut self, start: Place) {
        self.line_start = start;
        self.scanned = start;
    }

    /// [spec] The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any.
    fn drop_byte_order_mark(&mut self) {
        let received = &self.buffer[self.line_start.bytes..self.end];
        if received.starts_with(BYTE_ORDER_MARK) {
            let start = self.line_start.after_ascii(BYTE_ORDER_MARK.len());
            self.keep_from = start;
            self.begin_line(start);
        } else if BYTE_ORDER_MARK.starts_with(received) {
            return;
        }
        self.at_stream_start = false;
    }

    /// [spec] Dispatch the event.
    fn dispatch(&mut self, text_start: Place) {
        let is_replayed = self.options.drop_replayed && self.is_replayed();
        let event = &mut self.event;
        if is_replayed {
            event.data.clear();
        }
        if let Some((&data, further)) = event.data.split_first() {
            let kind = if event.has_retry { kind::EVENT | kind::SETS_RETRY } else { kind::EVENT };
            self.records.push(record(kind, text_start, data));
            for &line in further {
                self.records.push(record(kind::DATA, text_start, line));
            }
            // An empty type is no type.
            if let Some(event_type) = event.event_type.filter(|span| span.len() > 0) {
                self.records.push(record(kind::TYPE, text_start, event_type));
            }
            if let Some(id) = event.id {
                self.records.push(record(kind::EVENT_ID, text_start, id));
            }
        } else if let Some(id) = event.id {
            // [spec] If the data buffer is an empty string, set the data buffer and the event type buffer to
            // the empty string and return; the last event ID string has been set before that.
            self.records.push(record(kind::ID, text_start, id));
        }
        event.clear();
    }

    /// Whether the event has an ID that an earlier stream had. Remembers the ID.
    fn is_replayed(&mut self) -> bool {
        let Some(id) = self.event.id.filter(|id| id.len() > 0) else { return false };
        let hash = hash(&self.buffer[id.bytes()]);
        if self.ids.len() >= REMEMBERED_IDS {
            self.ids.drain(..REMEMBERED_IDS / 2);
        }
        self.ids.push(hash);
        self.earlier_ids.contains(&hash)
    }

    /// Whether a line is of any use.
    fn wants(&self, field: Field) -> bool {
        match field {
            Field::Comment(_) => self.options.comments,
            Field::Unknown => self.options.ignored_lines,
            _ => true,
        }
    }

    /// Drops what has come of a line that has no end yet, if it will be of no use however it goes on.
    fn skip_unwanted_line(&mut self) {
        let line = &self.buffer[self.line_start.bytes..self.end];
        let unwanted = self.skipping_line
            || match line.first() {
                None => false,
                Some(b':') => !self.options.comments,
                // What isn't a known field yet may become one.
                Some(_) => line.len() >= fields::LONGEST_NAME && !self.wants(field(line)),
            };
        if unwanted && !self.at_stream_start {
            self.skipping_line = true;
            self.end = self.line_start.bytes;
            self.scanned = self.line_start;
        }
    }

    /// Leaves in the buffer what the next chunk needs: the pending event and the line that has no end yet.
    fn drop_what_is_done(&mut self) {
        let kept = self.end - self.keep_from.bytes;
        let needed = self.event.size + (self.end - self.line_start.bytes);
        if kept.saturating_sub(needed) > TOLERATED_WASTE.max(needed) {
            self.gather();
        } else if self.keep_from.bytes > 0 {
            let dropped = self.keep_from;
            self.buffer.copy_within(dropped.bytes..self.end, 0);
            self.end -= dropped.bytes;
            self.line_start = self.line_start - dropped;
            self.scanned = self.scanned - dropped;
            for span in self.event.spans() {
                *span = span.starting_at(span.start - dropped);
            }
        }
        self.keep_from = Place::default();
    }

    /// Moves the places of the pending event and the unfinished line together, so that an event with endless
    /// comments in it takes no more memory than without them.
    fn gather(&mut self) {
        let mut gathered = Vec::with_capacity(2 * (self.event.size + self.end - self.line_start.bytes));
        let mut end = Place::default();
        for span in self.event.spans() {
            gathered.extend_from_slice(&self.buffer[span.bytes()]);
            *span = span.starting_at(end);
            // An ASCII byte after each place keeps malformed sequences at the edges apart.
            gathered.push(LF);
            end = span.end.after_ascii(1);
        }
        gathered.extend_from_slice(&self.buffer[self.line_start.bytes..self.end]);
        self.scanned = end + (self.scanned - self.line_start);
        self.line_start = end;
        self.end = gathered.len();
        self.buffer = gathered;
    }
}

/// FNV-1a: 64 bits are enough to tell a thousand IDs apart.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn record(kind: u32, text_start: Place, span: Span) -> Record {
    let [start, end] = [span.start, span.end].map(|place| (place - text_start).units() as u32);
    [kind, start, end]
}
