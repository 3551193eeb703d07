//! The memory of a scan: the window of bytes, and the table of rows.

use super::line_ends::BLOCK;

/// Bytes of the window that the caller may fill.
pub const WINDOW_SIZE: usize = 32 << 10;

/// The largest number of rows of a scan.
pub const MAX_ROWS: usize = 2_048;

/// Where the caller writes bytes. Those after [`WINDOW_SIZE`] are padding, so that whole blocks can be read.
pub type Window = [u8; WINDOW_SIZE + BLOCK];

/// A kind of [`row`], and the start and end of a place in the text.
pub type Row = [u32; 3];

/// The kinds of rows. The shim's `batch.ts` has the same.
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
    /// A comment, if [`ScannerOptions::comments`](crate::ScannerOptions::comments) asks for them.
    pub const COMMENT: u32 = 6;
    /// A line that the standard ignores, if
    /// [`ScannerOptions::ignored_lines`](crate::ScannerOptions::ignored_lines) asks for them.
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
    /// If [`Scan::decode`](crate::Scan::decode) says to decode: the place from which on the text is still needed.
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

    /// Adds a row.
    #[inline(always)]
    pub fn push(&mut self, kind: u32, [start, end]: [u32; 2]) {
        if let Some(row) = self.rows.get_mut(self.length) {
            *row = [kind, start, end];
            self.length += 1;
        }
    }

    /// A line can give two rows, and the end of the scan another.
    pub fn is_full(&self) -> bool {
        self.length > MAX_ROWS - 3
    }
}
