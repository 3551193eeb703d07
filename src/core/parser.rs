//! Bytes of an event stream in any cut → a batch of events.
//!
//! The bytes of a chunk are written behind what is left of those before it, and events are found in place: a
//! batch is one text and a table of offsets into it, so that whoever takes it decodes once and cuts. Nothing
//! is allocated for an event. The work is linear in the bytes whatever the cut, and what is kept between
//! chunks is bounded by a limit.

use super::{
    fields::{self, Field, field},
    lines::{CR, LF, find_line_end, is_ascii},
    utf16::Utf16Offsets,
};

/// The longest line or event that is taken unless the user says otherwise: 64 MiB, which no honest server
/// meets. The standard has no limit (P12), a machine's memory has.
pub const DEFAULT_MAX_EVENT_SIZE: usize = 64 << 20;

/// What is kept between chunks is moved together when more bytes than this are of no use, and more than those
/// that are of use: moving then costs no more than reading has cost.
const TOLERATED_WASTE: usize = 4 << 10;

/// So many IDs of earlier streams are remembered to tell what is replayed.
const REMEMBERED_IDS: usize = 1_024;

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

/// What a stretch of the stream amounts to, as one row of a table that the shim reads as a `Uint32Array`.
///
/// The columns are: the kind, then start and end of three places in the batch's decoded text, counted in
/// UTF-16 code units: a value, an event's type, an event's ID.
pub type Record = [u32; 7];

/// The kinds of [`Record`]s. The shim's `batch.ts` has the same.
pub mod kind {
    /// An event to dispatch; the value is its data. An empty type means `message`.
    pub const EVENT: u32 = 0;
    /// A further line of the data of the event before it; the value is that line.
    pub const DATA: u32 = 1;
    /// A block without data that set the last event ID: nothing to dispatch.
    pub const ID: u32 = 2;
    /// A reconnection time. Instead of a place, the value is the low and the high half of the milliseconds.
    pub const RETRY: u32 = 3;
    /// A comment, where [`ParserOptions::comments`](super::ParserOptions::comments) asks for them.
    pub const COMMENT: u32 = 4;
    /// A line that the standard ignores: a field that it doesn't know, or a reconnection time that is none.
    /// Where [`ParserOptions::ignored_lines`](super::ParserOptions::ignored_lines) asks for them.
    pub const IGNORED: u32 = 5;
    /// Added to [`EVENT`] and [`ID`] where the third place is a new last event ID. Events without it carry
    /// the one before.
    pub const SETS_ID: u32 = 1 << 8;
    /// Added to [`EVENT`] where a [`RETRY`] came in its block.
    pub const SETS_RETRY: u32 = 1 << 9;
    /// What has been added isn't in it.
    pub const MASK: u32 = SETS_ID - 1;
}

/// What a chunk brought.
#[derive(Debug)]
pub struct Batch<'a> {
    /// The bytes that the records' places lie in, as the stream had them.
    pub text: &'a [u8],
    /// In the stream's order.
    pub records: &'a [Record],
    /// The last `retry` field's milliseconds.
    pub reconnection_time: Option<u64>,
    /// Whether a line or an event was longer than the limit. Nothing after it has been parsed.
    pub too_large: bool,
}

/// A place in the buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    fn len(self) -> usize {
        self.end - self.start
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

    fn start(&self) -> Option<usize> {
        [self.data.first(), self.event_type.as_ref(), self.id.as_ref()]
            .into_iter()
            .flatten()
            .map(|span| span.start)
            .min()
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
    keep_from: usize,
    line_start: usize,
    /// From `line_start` to here is no line end.
    scanned: usize,
    /// What [`find_line_end`] has seen from `keep_from` on, and perhaps of what was before it.
    seen: u64,
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
    records: Vec<Record>,
}

impl Parser {
    /// A parser at the start of a stream. Its last event ID is empty.
    pub fn new(options: ParserOptions) -> Self {
        Self {
            options,
            buffer: Vec::new(),
            end: 0,
            keep_from: 0,
            line_start: 0,
            scanned: 0,
            seen: 0,
            after_cr: false,
            at_stream_start: true,
            skipping_line: false,
            event: PendingEvent::default(),
            last_event_id: Vec::new(),
            earlier_ids: Vec::new(),
            ids: Vec::new(),
            records: Vec::new(),
        }
    }

    /// The UTF-8 bytes of the last event ID string: of the last complete block that set one.
    pub fn last_event_id(&self) -> &[u8] {
        &self.last_event_id
    }

    /// Whether a line has begun that has no end yet.
    pub fn is_in_line(&self) -> bool {
        self.line_start < self.end
    }

    /// How many bytes of memory are held for the stream.
    pub fn buffer_size(&self) -> usize {
        self.buffer.capacity()
    }

    /// Begins a new stream. An unfinished event is dropped, its ID with it; the last event ID stays (P10, P11).
    pub fn reset(&mut self) {
        let last_event_id = std::mem::take(&mut self.last_event_id);
        let mut earlier_ids = std::mem::take(&mut self.earlier_ids);
        earlier_ids.append(&mut self.ids);
        earlier_ids.drain(..earlier_ids.len().saturating_sub(REMEMBERED_IDS));
        *self = Self { last_event_id, earlier_ids, ..Self::new(self.options) };
    }

    /// Resumes after an event that came before this parser was made.
    pub fn set_last_event_id(&mut self, id: &[u8]) {
        self.last_event_id = id.to_vec();
        if self.options.drop_replayed && !id.is_empty() {
            self.earlier_ids.push(hash(id));
        }
    }

    /// Room for the next `length` bytes of the stream, which the caller has to fill before [`Parser::parse`].
    pub fn space(&mut self, length: usize) -> &mut [u8] {
        self.drop_what_is_done();
        let start = self.end;
        self.end += length;
        if start == 0 && self.buffer.capacity() > KEPT_BUFFER_SIZE {
            self.buffer = Vec::new();
        }
        if self.buffer.len() < self.end {
            self.buffer.resize(self.end, 0);
        }
        &mut self.buffer[start..self.end]
    }

    /// Parses the bytes that were written to [`Parser::space`].
    pub fn parse(&mut self) -> Batch<'_> {
        self.records.clear();
        let mut text_end = 0;
        let mut committed_id = None;
        let mut reconnection_time = None;
        let mut too_large = false;

        if self.at_stream_start {
            self.drop_byte_order_mark();
        }
        while !self.at_stream_start {
            if self.after_cr && self.line_start < self.end {
                self.after_cr = false;
                if self.buffer[self.line_start] == LF {
                    self.line_start += 1;
                    self.scanned = self.line_start;
                }
            }
            let Some(length) = find_line_end(&self.buffer[self.scanned..self.end], &mut self.seen) else {
                self.scanned = self.end;
                break;
            };
            let line = Span { start: self.line_start, end: self.scanned + length };
            self.after_cr = self.buffer[line.end] == CR;
            self.line_start = line.end + 1;
            self.scanned = self.line_start;
            if std::mem::take(&mut self.skipping_line) {
                continue;
            }
            if line.len() == 0 {
                text_end = self.line_start;
                committed_id = self.event.id.or(committed_id);
                self.dispatch();
                continue;
            }
            let field = field(&self.buffer[line.start..line.end]);
            if !self.wants(field) {
                continue;
            }
            let value = Span { start: line.start + field.value_start(), end: line.end };
            let bytes = &self.buffer[value.start..value.end];
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
                        self.records.push([kind::RETRY, time as u32, (time >> 32) as u32, 0, 0, 0, 0]);
                    }
                    None if self.options.ignored_lines => {
                        text_end = self.line_start;
                        self.records.push(record(kind::IGNORED, line, None, None));
                    }
                    None => {}
                },
                Field::Comment(_) => {
                    text_end = self.line_start;
                    self.records.push(record(kind::COMMENT, value, None, None));
                }
                Field::Unknown => {
                    text_end = self.line_start;
                    self.records.push(record(kind::IGNORED, line, None, None));
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
            self.last_event_id.extend_from_slice(&self.buffer[id.start..id.end]);
        }
        self.skip_unwanted_line();
        too_large |= self.end - self.line_start > self.options.max_event_size;
        self.keep_from = self.event.start().unwrap_or(self.line_start);
        let text = &self.buffer[..text_end];
        if !is_ascii(self.seen) {
            to_utf16_offsets(&mut self.records, text);
            // What is left behind the text has come with this chunk: to look at it again keeps the work linear.
            if text_end > 0 && self.keep_from >= text_end {
                let left = &self.buffer[text_end..self.end];
                self.seen = left.iter().fold(0, |seen, &byte| seen | u64::from(byte));
            }
        }
        Batch { text, records: &self.records, reconnection_time, too_large }
    }

    /// [spec] The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any.
    fn drop_byte_order_mark(&mut self) {
        let received = &self.buffer[self.line_start..self.end];
        // Not looked at by the search for line ends, and not ASCII.
        if received.first() == BYTE_ORDER_MARK.first() {
            self.seen = u64::MAX;
        }
        if received.starts_with(BYTE_ORDER_MARK) {
            self.line_start += BYTE_ORDER_MARK.len();
            self.scanned = self.line_start;
        } else if BYTE_ORDER_MARK.starts_with(received) {
            return;
        }
        self.at_stream_start = false;
    }

    /// [spec] Dispatch the event.
    fn dispatch(&mut self) {
        let is_replayed = self.options.drop_replayed && self.is_replayed();
        let event = &mut self.event;
        if is_replayed {
            event.data.clear();
        }
        match event.data.split_first() {
            Some((first, rest)) => {
                let kind = if event.has_retry { kind::EVENT | kind::SETS_RETRY } else { kind::EVENT };
                self.records.push(record(kind, *first, event.event_type, event.id));
                self.records.extend(rest.iter().map(|&line| record(kind::DATA, line, None, None)));
            }
            // [spec] If the data buffer is an empty string, set the data buffer and the event type buffer to
            // the empty string and return; the last event ID string has been set before that.
            None if event.id.is_some() => {
                self.records.push(record(kind::ID, Span::default(), None, event.id));
            }
            None => {}
        }
        event.clear();
    }

    /// Whether the event has an ID that an earlier stream had. Remembers the ID.
    fn is_replayed(&mut self) -> bool {
        let Some(id) = self.event.id.filter(|id| id.len() > 0) else { return false };
        let hash = hash(&self.buffer[id.start..id.end]);
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
        let line = &self.buffer[self.line_start..self.end];
        let unwanted = self.skipping_line
            || match line.first() {
                None => false,
                Some(b':') => !self.options.comments,
                // What isn't a known field yet may become one.
                Some(_) => line.len() >= fields::LONGEST_NAME && !self.wants(field(line)),
            };
        if unwanted && !self.at_stream_start {
            self.skipping_line = true;
            self.end = self.line_start;
            self.scanned = self.line_start;
        }
    }

    /// Leaves in the buffer what the next chunk needs: the pending event and the line that has no end yet.
    fn drop_what_is_done(&mut self) {
        let kept = self.end - self.keep_from;
        let needed = self.event.size + (self.end - self.line_start);
        if kept.saturating_sub(needed) > TOLERATED_WASTE.max(needed) {
            self.gather();
        } else if self.keep_from > 0 {
            let dropped = self.keep_from;
            self.buffer.copy_within(dropped..self.end, 0);
            self.end -= dropped;
            self.line_start -= dropped;
            for span in self.event.spans() {
                span.start -= dropped;
                span.end -= dropped;
            }
        }
        self.keep_from = 0;
        self.scanned = self.end;
    }

    /// Moves the places of the pending event and the unfinished line together, so that an event with endless
    /// comments in it takes no more memory than without them.
    fn gather(&mut self) {
        let mut gathered = Vec::with_capacity(2 * (self.event.size + self.end - self.line_start));
        for span in self.event.spans() {
            let start = gathered.len();
            gathered.extend_from_slice(&self.buffer[span.start..span.end]);
            *span = Span { start, end: gathered.len() };
            // An ASCII byte after each place keeps malformed sequences at the edges apart.
            gathered.push(LF);
        }
        let line_start = gathered.len();
        gathered.extend_from_slice(&self.buffer[self.line_start..self.end]);
        self.line_start = line_start;
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

fn record(kind: u32, value: Span, event_type: Option<Span>, id: Option<Span>) -> Record {
    let kind = if id.is_some() { kind | kind::SETS_ID } else { kind };
    // An empty type is no type, wherever it stood.
    let event_type = event_type.filter(|span| span.len() > 0);
    let [value, event_type, id] = [value, event_type.unwrap_or_default(), id.unwrap_or_default()]
        .map(|span| [span.start as u32, span.end as u32]);
    [kind, value[0], value[1], event_type[0], event_type[1], id[0], id[1]]
}

/// Turns the records' byte offsets into UTF-16 offsets.
fn to_utf16_offsets(records: &mut [Record], text: &[u8]) {
    const VALUE: usize = 1;
    const TYPE: usize = 3;
    const ID: usize = 5;
    let mut offsets = Utf16Offsets::new(text);
    for record in records {
        let kind = record[0] & kind::MASK;
        // In the order in which they stand in the text where that is cheap to know: no way is gone twice.
        let columns = if record[ID] < record[VALUE] { [TYPE, ID, VALUE] } else { [TYPE, VALUE, ID] };
        for column in columns {
            let is_place = match column {
                VALUE => kind != kind::ID && kind != kind::RETRY,
                TYPE => record[TYPE] != record[TYPE + 1],
                _ => record[0] & kind::SETS_ID != 0,
            };
            if is_place {
                record[column] = offsets.at(record[column] as usize) as u32;
                record[column + 1] = offsets.at(record[column + 1] as usize) as u32;
            }
        }
    }
}
