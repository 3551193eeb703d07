//! Scans the bytes of an event stream, in chunks of any size, and writes a row for each field: its position in the
//! decoded text.
//!
//! The scanner stores no bytes and no text. Its caller writes bytes into the window, and keeps their text from the
//! unfinished line on. Positions are UTF-16 code units from the start of that text.
//!
//! The state is assigned field by field. For a whole struct, the compiler emits `memory.copy` or `memory.fill`, which
//! take longer than scanning a short line.

use super::{
    line_ends::{BLOCK, Block, CR, LF, incomplete_length},
    line_parser::{Field, Line},
    scanner_options::ScannerOptions,
    table::{Table, WINDOW_SIZE, Window, row},
};

/// A window with fewer free bytes than this counts as full, and its text has to be decoded.
const LEAST_ROOM: usize = 4 << 10;

/// Data that has been held back for more units than this gets a row of its own, so that the text before it can be
/// dropped.
const MAX_HELD_UNITS: u32 = WINDOW_SIZE as u32 / 2;

/// The result of a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// The scanned bytes of the window have to be decoded now: there are rows, or the window is full. The next scan
    /// begins at the window's start, to which the caller moves the bytes that were not scanned.
    pub decode: bool,
    /// The scanned bytes of the window are ASCII. May be false for ASCII too, if bytes after them, which didn't fit
    /// into the table, aren't.
    pub is_ascii: bool,
    /// A line or an event is longer than the limit. Nothing after it was scanned.
    pub too_large: bool,
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
#[derive(Debug, Default)]
struct PendingBlock {
    /// The position of the block's first line of data, while `holds_data`.
    data: [u32; 2],
    holds_data: bool,
    has_rows: bool,
    has_data_rows: bool,
    /// The size of its lines, in bytes.
    size: usize,
}

#[derive(Debug, Default)]
struct State {
    /// Bytes of the window that have been scanned.
    scanned: usize,
    /// Units from the start of the text to the last scanned byte.
    units: u32,
    /// The start of the unfinished line, in units.
    line_start: u32,
    /// The unfinished line.
    line: Line,
    /// The last line ended in CR, so an LF right after it belongs to it.
    after_cr: bool,
    /// A byte has been scanned, so a byte order mark is no longer possible.
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
        self.state = State::default();
    }

    /// Whether there is an unfinished line.
    pub fn is_in_line(&self) -> bool {
        self.state.line.length > 0
    }

    /// Whether there is an unfinished event.
    pub fn is_in_event(&self) -> bool {
        let State { block, line, .. } = &self.state;
        block.size > 0
            || line.length > 0 && matches!(line.unfinished_field(), Field::Data | Field::Event | Field::Id)
    }

    /// Scans the first `filled` bytes of the window, from the end of the last scan on.
    pub fn scan(&mut self, window: &Window, filled: usize, table: &mut Table) -> Scan {
        let filled = filled.min(WINDOW_SIZE);
        table.length = 0;
        if self.state.scanned == 0 {
            self.window_start.assign(&self.state);
        }
        let end = filled - incomplete_length(&window[self.state.scanned..filled]);
        let too_large = self.scan_lines(window, end, table);
        if self.state.block.holds_data {
            self.give_held_data(table);
        }
        let decode = table.length > 0 || filled > WINDOW_SIZE - LEAST_ROOM;
        let is_ascii = !self.state.has_non_ascii;
        table.scanned = self.state.scanned;
        if decode {
            table.keep_from = self.restart_window();
        }
        Scan { decode, is_ascii, too_large }
    }

    /// Restarts at the window's start, because the caller decodes and overwrites it. Returns the position from which on
    /// the text is still needed; later positions are counted from there. Also allowed if the last scan didn't set
    /// `decode`.
    pub fn restart_window(&mut self) -> u32 {
        let Self { options, state, .. } = self;
        let keep_from = if state.block.holds_data {
            state.block.data[0]
        } else if state.line.length > 0 && options.wants_unfinished(&state.line) {
            state.line_start
        } else {
            state.units
        };
        state.scanned = 0;
        state.has_non_ascii = false;
        // The count wraps because malformed UTF-8 is counted wrongly, until the caller rewinds.
        state.units = state.units.wrapping_sub(keep_from);
        state.line_start = state.line_start.wrapping_sub(keep_from);
        if state.block.holds_data {
            state.block.data[0] = 0;
            state.block.data[1] = state.block.data[1].wrapping_sub(keep_from);
        }
        keep_from
    }

    /// Goes back to the window's start, as if none of its bytes had been scanned. For malformed UTF-8: the caller then
    /// scans the re-encoded output of a replacing decoder. Only right after a scan.
    pub fn rewind(&mut self) {
        self.state.assign(&self.window_start);
    }

    #[inline(always)]
    fn scan_lines(&mut self, window: &Window, end: usize, table: &mut Table) -> bool {
        if !self.state.is_started {
            self.skip_byte_order_mark(&window[..end]);
        }
        let mut base = self.state.scanned;
        let mut total = self.state.units;
        // The start in the window of the bytes that haven't been added to the line.
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
                let units = total.wrapping_add(block.units(index));
                let is_empty = at == piece && self.state.line.length == 0;
                if !is_empty {
                    too_large = self.end_line(window, piece, at, units, table);
                    self.state.after_cr = window[at] == CR;
                } else if self.state.after_cr && window[at] == LF {
                    self.state.after_cr = false;
                } else {
                    self.end_block(table);
                }
                piece = at + 1;
                self.state.line_start = units.wrapping_add(1);
                self.state.line.length = 0;
                if too_large || table.is_full() {
                    self.state.units = self.state.line_start;
                    self.state.scanned = piece;
                    break 'blocks;
                }
            }
            total = total.wrapping_add(block.units(BLOCK.min(end - base)));
            base += BLOCK;
        }
        if base >= end {
            self.state.units = total;
            self.state.scanned = end;
        }
        if piece < self.state.scanned {
            self.state.line.extend(&window[piece..self.state.scanned]);
            let line = &self.state.line;
            too_large |= line.length > self.options.max_event_size && self.options.wants_unfinished(line);
        }
        too_large
    }

    /// [spec] The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any.
    fn skip_byte_order_mark(&mut self, bytes: &[u8]) {
        let state = &mut self.state;
        // The mark is never cut: a part of it would be an incomplete sequence, which isn't scanned.
        if bytes.is_empty() {
            return;
        }
        state.is_started = true;
        if bytes.starts_with(BYTE_ORDER_MARK) {
            state.has_non_ascii = true;
            state.scanned = BYTE_ORDER_MARK.len();
            state.units = 1;
            state.line_start = 1;
        }
    }

    /// Handles the end of a line that isn't empty. Its last bytes are those from `piece` to `at`. Returns whether a
    /// limit is exceeded.
    #[inline(always)]
    fn end_line(&mut self, window: &Window, piece: usize, at: usize, units: u32, table: &mut Table) -> bool {
        let State { line, block, line_start, .. } = &mut self.state;
        let bytes = &window[piece..at];
        match window[piece..].first_chunk() {
            Some(&prefix) if line.length == 0 => line.set_whole(bytes, prefix),
            _ => line.extend(bytes),
        }
        let (field, value_start) = line.field();
        let value = [line_start.wrapping_add(value_start), units];
        match field {
            Field::Data if !block.holds_data && !block.has_data_rows => {
                block.data = value;
                block.holds_data = true;
            }
            Field::Data => {
                block.give_held_data(table);
                block.push(table, row::DATA, value);
            }
            Field::Event => block.push(table, row::TYPE, value),
            // [spec] If the field value does not contain U+0000 NULL, then set the last event ID buffer to the field
            // value. Otherwise, ignore the field.
            Field::Id if line.has_nul() => {}
            Field::Id => block.push(table, row::ID, value),
            Field::Comment => {
                if self.options.comments {
                    table.push(row::COMMENT, value);
                }
                return self.options.comments && line.length > self.options.max_event_size;
            }
            Field::Retry | Field::Unknown => return self.end_rare_line(field, units, table),
        }
        block.size += line.length + 1;
        block.size > self.options.max_event_size
    }

    fn end_rare_line(&mut self, field: Field, units: u32, table: &mut Table) -> bool {
        let State { line, block, line_start, .. } = &mut self.state;
        match line.reconnection_time() {
            Some(time) if field == Field::Retry => {
                block.push(table, row::RETRY, [time as u32, (time >> 32) as u32]);
            }
            _ if self.options.ignored_lines => table.push(row::IGNORED, [*line_start, units]),
            _ => {}
        }
        (field == Field::Retry || self.options.ignored_lines) && line.length > self.options.max_event_size
    }

    /// [spec] Dispatch the event.
    #[inline(always)]
    fn end_block(&mut self, table: &mut Table) {
        let block = &mut self.state.block;
        if block.holds_data {
            table.push(row::EVENT, block.data);
        } else if block.has_rows {
            table.push(row::END, [0; 2]);
        }
        block.holds_data = false;
        block.has_rows = false;
        block.has_data_rows = false;
        block.size = 0;
    }

    /// Adds a row for data that has been held back for long, because the caller has to keep the text from there on.
    fn give_held_data(&mut self, table: &mut Table) {
        let State { block, units, .. } = &mut self.state;
        if units.wrapping_sub(block.data[0]) > MAX_HELD_UNITS {
            block.give_held_data(table);
        }
    }
}

impl State {
    fn assign(&mut self, other: &Self) {
        self.scanned = other.scanned;
        self.units = other.units;
        self.line_start = other.line_start;
        if other.line.length > 0 {
            self.line = other.line;
        }
        self.line.length = other.line.length;
        self.after_cr = other.after_cr;
        self.is_started = other.is_started;
        self.has_non_ascii = other.has_non_ascii;
        self.block.data = other.block.data;
        self.block.holds_data = other.block.holds_data;
        self.block.has_rows = other.block.has_rows;
        self.block.has_data_rows = other.block.has_data_rows;
        self.block.size = other.block.size;
    }
}

impl PendingBlock {
    #[inline(always)]
    fn push(&mut self, table: &mut Table, kind: u32, place: [u32; 2]) {
        self.has_rows = true;
        table.push(kind, place);
    }

    /// Adds a row for the first line of data.
    fn give_held_data(&mut self, table: &mut Table) {
        if self.holds_data {
            self.holds_data = false;
            self.push(table, row::DATA, self.data);
        }
        self.has_data_rows = true;
    }
}
