//! What a scanner looks for.

use super::line_parser::{Field, Line};

/// The longest line or event that is accepted unless the user says otherwise, in bytes: 64 MiB. The standard has no
/// limit (P12), but memory has.
pub const DEFAULT_MAX_EVENT_SIZE: usize = 64 << 20;

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

impl ScannerOptions {
    /// Whether a line can still be one that has rows or changes the state, however it goes on.
    pub fn wants_unfinished(&self, line: &Line) -> bool {
        match line.unfinished_field() {
            Field::Comment => self.comments,
            Field::Unknown => line.length < Line::LONGEST_NAME || self.ignored_lines,
            _ => true,
        }
    }
}
