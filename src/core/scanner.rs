//! Bytes of an event stream in any cut → rows that say where its fields are in the decoded text.
//!
//! The scanner keeps no bytes and no text. Its caller writes bytes into the window, and holds their text from
//! the unfinished line on. Places are counted in UTF-16 code units from the start of that text.

use super::{
    fields::{Field, Line},
    lines::{BLOCK, Block, CR, LF, incomplete_length},
};

/// Bytes of the window that the caller may fill.
pub const WINDOW_SIZE: usize = 32 << 10;

/// A window with fewer free bytes than this is full: its text has to be decoded.
const LEAST_ROOM: usize = 4 << 10;

/// The rows that one scan gives at most.
pub const MAX_ROWS: usize = 2_048;

/// A place that has been held for longer than this is given as a row of its own, so that the text from there on can be
/// dropped.
const MAX_HELD_UNITS: u32 = WINDOW_SIZE as u32 / 2;

/// The longest line or event that is accepted unless the user says otherwise, in bytes: 64 MiB. The standard has no
/// limit (P12), but memory has.
pub const DEFAULT_MAX_EVENT_SIZE: usize = 64 << 20;

/// Where the caller writes bytes. Those behind [`WINDOW_SIZE`] are never looked at: they let blocks be read whole.
pub type Window = [u8; WINDOW_SIZE + BLOCK];

/// A kind of [`row`], and the start and end of a place in the text.
pub type Row = [u32; 3];

/// The kinds of rows. The shim's `event-stream-parser.ts` has the same.
pub mod row {
    /// A block with one line of data ends: dispatch it. The place is the data.
    pub const EVENT: u32 = 0;
    /// A block ends whose fields have had rows of their own: dispatch it if there was data among them.
    pub const END: u32 = 1;
    /// A line of data.
    pub const DATA: u32 = 2;
    /// The event's type.
    pub const TYPE: u32 = 3;
    /// The last event ID, from the end of the block on.
    pub const ID: u32 = 4;
    /// The reconnection time. Instead of a place, the low and the high half of the milliseconds.
    pub const RETRY: u32 = 5;
    /// A comment, if [`ScannerOptions::comments`](super::ScannerOptions::comments) asks for them.
    pub const COMMENT: u32 = 6;
    /// A line that the standard ignores, if
    /// [`ScannerOptions::ignored_lines`](super::ScannerOptions::ignored_lines) asks for them.
    pub const IGNORED: u32 = 7;
}

/// What a scan has found. The shim reads it as a `Uint32Array`.
#[repr(C)]
pub struct Table {
    /// How many rows there are.
    pub length: usize,
    /// The bytes of the window that have been scanned. Those after them are an incomplete UTF-8 sequence, or didn't
    /// fit into the table.
    pub scanned: usize,
    /// If [`Scan::decode`] says to decode: the place from which on the text is still needed.
    pub keep_from: u32,
    /// The rows.
    pub rows: [Row; MAX_ROWS],
}

impl Table {
    /// A table without rows.
    pub const EMPTY: Self = Self { length: 0, scanned: 0, keep_from: 0, rows: [[0; 3]; MAX_ROWS] };

    /// The rows of the last scan.
    pub fn rows(&self) -> &[Row] {
        &self.rows[..self.length]
    }

    fn push(&mut self, kind: u32, [start, end]: [u32; 2]) {
        if let Some(row) = self.rows.get_mut(self.length) {
            *row = [kind, start, end];
            self.length += 1;
        }
    }

    /// A line can give two rows, and the end of the scan another.
    fn is_full(&self) -> bool {
        self.length > MAX_ROWS - 3
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The scanned bytes of the window have to be decoded now: there are rows, or the window is full. The next scan
    /// begins at the window's start, with the bytes that were not scanned.
    pub decode: bool,
    /// The scanned bytes of the window are ASCII. False also if it isn't known: bytes that don't fit into the table may
    /// be others.
    pub is_ascii: bool,
    /// A line or an event is longer than the limit. Nothing after it was scanned.
    pub too_large: bool,
}

/// What is scanned for besides the standard's rules.
#[derive(Clone, Copy, Debug)]
pub struct ScannerOptions {
    /// Bytes of one line, or of the lines of one event together, that are accepted. Lines that are ignored don't
    /// count. Default: [`DEFAULT_MAX_EVENT_SIZE`].
    pub max_event_size: usize,
    /// Whether comments have rows. Default: no.
    pub comments: bool,
    /// Whether lines that the standard ignores have rows. Default: no.
    pub ignored_lines: bool,
}

impl Default for ScannerOptions {
    fn default() -> Self {
        Self { max_event_size: DEFAULT_MAX_EVENT_SIZE, comments: false, ignored_lines: false }
    }
}

/// Scans one event stream.
#[derive(Debug)]
pub struct Scanner {
    options: ScannerOptions,
    state: State,
    /// The state at the window's start.
    window_start: State,
}

/// The unfinished block (spec: the data buffer, the event type buffer, the last event ID buffer).
#[derive(Clone, Copy, Debug, Default)]
struct PendingBlock {
    /// Its only line of data so far, which has no row yet.
    held_data: Option<[u32; 2]>,
    has_rows: bool,
    has_data_rows: bool,
    /// Bytes of its lines.
    size: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// Bytes of the window that have been scanned.
    scanned: usize,
    /// Units from the start of the text to there.
    units: u32,
    /// Where the unfinished line begins, in units.
    line_start: u32,
    /// The unfinished line.
    line: Line,
    /// The last line ended in CR: an LF right after it belongs to it.
    after_cr: bool,
    /// A byte has been scanned: no byte order mark can come any more.
    is_started: bool,
    /// The window has bytes that aren't ASCII.
    has_non_ascii: bool,
    block: PendingBlock,
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl Scanner {
    /// A scanner at the start of a stream.
    pub fn new(options: ScannerOptions) -> Self {
        Self { options, state: State::default(), window_start: State::default() }
    }

    /// Begins a new stream. An unfinished event is dropped.
    pub fn reset(&mut self) {
        *self = Self::new(self.options);
    }

    /// Whether a line has begun that has no end yet.
    pub fn is_in_line(&self) -> bool {
        self.state.line.length > 0
    }

    /// Whether a part of an event has come, and not its end.
    pub fn is_in_event(&self) -> bool {
        let State { block, line, .. } = &self.state;
        block.size > 0 || matches!(line.field().0, Field::Data | Field::Event | Field::Id)
    }

    /// How many bytes of the window were scanned since it was restarted.
    pub fn scanned(&self) -> usize {
        self.state.scanned
    }

    /// Scans the window, of which `filled` bytes are written, from where the last scan ended.
    pub fn scan(&mut self, window: &Window, filled: usize, table: &mut Table) -> Scan {
        let filled = filled.min(WINDOW_SIZE);
        table.length = 0;
        if self.state.scanned == 0 {
            self.window_start = self.state;
        }
        let end = filled - incomplete_length(&window[self.state.scanned..filled]);
        let too_large = self.scan_lines(window, end, table);
        self.give_held_data(table);
        let State { scanned, has_non_ascii, .. } = self.state;
        let decode = table.length > 0 || filled > WINDOW_SIZE - LEAST_ROOM;
        table.scanned = scanned;
        if decode {
            table.keep_from = self.restart_window();
        }
        Scan { decode, is_ascii: !has_non_ascii, too_large }
    }

    /// The window is going to be decoded and written over: returns the place from which on the text is still needed.
    /// From now on, places are counted from there. Also for windows whose last scan didn't ask for it.
    pub fn restart_window(&mut self) -> u32 {
        let state = &mut self.state;
        let line_start =
            if self.options.wants_unfinished(&state.line) { state.line_start } else { state.units };
        let keep_from = state.block.held_data.map_or(line_start, |[start, _]| start);
        state.scanned = 0;
        state.has_non_ascii = false;
        // Bytes that aren't UTF-8 are counted wrongly, until the caller rewinds.
        state.units = state.units.wrapping_sub(keep_from);
        state.line_start = state.line_start.wrapping_sub(keep_from);
        if let Some([start, end]) = &mut state.block.held_data {
            *start = 0;
            *end = end.wrapping_sub(keep_from);
        }
        keep_from
    }

    /// Goes back to the window's start, as if none of its bytes had been scanned: they aren't UTF-8, and what a decoder
    /// makes of them is scanned instead. Only right after a scan.
    pub fn rewind(&mut self) {
        self.state = self.window_start;
    }

    fn scan_lines(&mut self, window: &Window, end: usize, table: &mut Table) -> bool {
        let mut base = self.state.scanned;
        if !self.state.is_started {
            base = self.skip_byte_order_mark(&window[..end]);
        }
        // Where in the window the line's bytes begin that the line doesn't know yet.
        let mut piece = base;
        let mut too_large = false;
        'blocks: while base < end {
            let Some(bytes) = window[base..].first_chunk() else { break };
            let block = Block::of(bytes, end - base);
            self.state.has_non_ascii |= block.non_ascii != 0;
            let mut line_ends = block.line_ends;
            while line_ends != 0 {
                let index = line_ends.trailing_zeros() as usize;
                line_ends &= line_ends - 1;
                let at = base + index;
                let units = self.state.units.wrapping_add(block.units(index));
                if self.state.after_cr && at == piece && window[at] == LF && self.state.line.length == 0 {
                    self.state.after_cr = false;
                } else {
                    too_large = self.end_line(window, piece, at, units, table);
                    self.state.after_cr = window[at] == CR;
                }
                piece = at + 1;
                self.state.line_start = units.wrapping_add(1);
                self.state.line = Line::default();
                if too_large || table.is_full() {
                    self.state.units = units.wrapping_add(1);
                    self.state.scanned = piece;
                    break 'blocks;
                }
            }
            if base + BLOCK >= end {
                self.state.units = self.state.units.wrapping_add(block.units(end - base));
                self.state.scanned = end;
            } else {
                self.state.units = self.state.units.wrapping_add(block.units(BLOCK));
            }
            base += BLOCK;
        }
        self.state.line.extend(&window[piece..self.state.scanned.max(piece)]);
        let line = &self.state.line;
        too_large || (line.length > self.options.max_event_size && self.options.wants_unfinished(line))
    }

    /// [spec] The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any. Returns where in the
    /// window the first line begins.
    fn skip_byte_order_mark(&mut self, bytes: &[u8]) -> usize {
        let state = &mut self.state;
        // The mark is one code unit, and a part of it an incomplete sequence, which isn't scanned.
        if bytes.is_empty() {
            return state.scanned;
        }
        state.is_started = true;
        if !bytes.starts_with(BYTE_ORDER_MARK) {
            return state.scanned;
        }
        state.has_non_ascii = true;
        state.scanned = BYTE_ORDER_MARK.len();
        state.units = 1;
        state.line_start = 1;
        state.scanned
    }

    /// A line ends at `at`; its bytes from `piece` on are new. Returns whether a limit is exceeded.
    fn end_line(&mut self, window: &Window, piece: usize, at: usize, units: u32, table: &mut Table) -> bool {
        let state = &mut self.state;
        let bytes = &window[piece..at];
        if state.line.length > 0 {
            state.line.extend(bytes);
        } else if bytes.is_empty() {
            self.end_block(table);
            return false;
        } else if let Some(&prefix) = window[piece..].first_chunk() {
            state.line = Line::whole(bytes, prefix);
        }
        let (field, value_start) = state.line.field();
        if !self.options.wants(field) {
            return false;
        }
        let State { line, block, line_start, .. } = state;
        let value = [line_start.wrapping_add(value_start), units];
        match field {
            Field::Data => {
                if block.has_data_rows {
                    block.push(table, row::DATA, value);
                } else if let Some(held) = block.held_data.take() {
                    block.push(table, row::DATA, held);
                    block.push(table, row::DATA, value);
                } else {
                    block.held_data = Some(value);
                }
            }
            Field::Event => block.push(table, row::TYPE, value),
            // [spec] If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field
            // value. Otherwise, ignore the field.
            Field::Id if line.has_nul() => {}
            Field::Id => block.push(table, row::ID, value),
            Field::Comment => table.push(row::COMMENT, value),
            Field::Retry | Field::Unknown => match line.reconnection_time() {
                Some(time) if field == Field::Retry => {
                    block.push(table, row::RETRY, [time as u32, (time >> 32) as u32]);
                }
                _ if self.options.ignored_lines => table.push(row::IGNORED, [*line_start, units]),
                _ => {}
            },
        }
        if matches!(field, Field::Data | Field::Event | Field::Id) {
            block.size += line.length + 1;
        }
        line.length.max(block.size) > self.options.max_event_size
    }

    /// [spec] Dispatch the event.
    fn end_block(&mut self, table: &mut Table) {
        let block = std::mem::take(&mut self.state.block);
        if let Some(data) = block.held_data {
            table.push(row::EVENT, data);
        } else if block.has_rows {
            table.push(row::END, [0; 2]);
        }
    }

    /// Data that has been held for long would keep the text from there on.
    fn give_held_data(&mut self, table: &mut Table) {
        let State { block, units, .. } = &mut self.state;
        if let Some(data) = block.held_data
            && units.wrapping_sub(data[0]) > MAX_HELD_UNITS
        {
            block.held_data = None;
            block.push(table, row::DATA, data);
        }
    }
}

impl PendingBlock {
    fn push(&mut self, table: &mut Table, kind: u32, place: [u32; 2]) {
        self.has_rows = true;
        self.has_data_rows |= kind == row::DATA;
        table.push(kind, place);
    }
}

impl ScannerOptions {
    fn wants(&self, field: Field) -> bool {
        match field {
            Field::Comment => self.comments,
            Field::Unknown => self.ignored_lines,
            _ => true,
        }
    }

    /// Whether a line can still be one that is wanted, however it goes on.
    fn wants_unfinished(&self, line: &Line) -> bool {
        match line.field() {
            (Field::Unknown, _) => line.length < Line::LONGEST_NAME || self.ignored_lines,
            (field, _) => self.wants(field),
        }
    }
}
