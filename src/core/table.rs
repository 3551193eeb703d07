//! The memory of a scan: the window of bytes, and the table of rows.

use super::line_ends::BLOCK;

/// The number of bytes that the caller may write into the window.
pub const WINDOW_SIZE: usize = 32 << 10;

/// The maximum number of rows for a scan.
pub const MAX_ROWS: usize = 2_048;

/// The buffer into which the caller writes bytes. Those after [`WINDOW_SIZE`] are padding, so that whole blocks can be
/// read.
pub type Window = [u8; WINDOW_SIZE + BLOCK];

/// The kind ([`row`]), and the start and end of a range of the text.
pub type Row = [u32; 3];

/// The kinds of rows. Keep in sync with the shim's `batch.ts`.
pub mod row {
    /// A block with one line of data ends: dispatch it. The range is the data.
    pub const EVENT: u32 = 0;
    /// A block ends whose fields had rows of their own: dispatch it if there was data among them.
    pub const END: u32 = 1;
    /// A line of data.
    pub const DATA: u32 = 2;
    /// The event's type.
    pub const TYPE: u32 = 3;
    /// The last event ID. It takes effect at the end of the block.
    pub const ID: u32 = 4;
    /// The reconnection time. Instead of a range, the low and the high half of the milliseconds.
    pub const RETRY: u32 = 5;
    /// A comment, if [`ScannerOptions::comments`](crate::ScannerOptions::comments) is set.
    pub const COMMENT: u32 = 6;
    /// A line that the standard ignores, if [`ScannerOptions::ignored_lines`](crate::ScannerOptions::ignored_lines) is
    /// set.
    pub const IGNORED: u32 = 7;
}

/// The rows of a scan. The shim reads the table as a `Uint32Array`.
#[repr(C)]
pub struct Table {
    /// The number of rows.
    pub length: usize,
    /// The number of scanned bytes in the window. Those after them are an incomplete UTF-8 sequence, or their rows
    /// didn't fit into the table.
    pub scanned: usize,
    /// If [`Scan::decode`](crate::Scan::decode) is set: the position from which on the text is still needed.
    pub keep_from: u32,
    /// The rows. Those from `length` on are of earlier scans.
    pub rows: [Row; MAX_ROWS],
}

impl Table {
    /// A table without rows.
    pub const EMPTY: Self = Self { length: 0, scanned: 0, keep_from: 0, rows: [[0; 3]; MAX_ROWS] };

    /// Adds a row.
    #[inline(always)]
    pub fn push(&mut self, kind: u32, [start, end]: [u32; 2]) {
        if let Some(row) = self.rows.get_mut(self.length) {
            *row = [kind, start, end];
            self.length += 1;
        }
    }

    /// Whether the next line may not fit: a line can add two rows, and the end of the scan one more.
    pub fn is_full(&self) -> bool {
        self.length > MAX_ROWS - 3
    }
}
