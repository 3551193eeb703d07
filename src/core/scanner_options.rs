//! The options of a scanner.

use super::line_parser::{Field, Line};

/// The default limit for a line or an event, in bytes: 64 MiB. The standard has no limit (P12), but memory has.
pub const DEFAULT_MAX_EVENT_SIZE: usize = 64 << 20;

/// The options of a scanner, besides the standard's rules.
#[derive(Clone, Copy, Debug)]
pub struct ScannerOptions {
    /// The limit for one line, and for the lines of one event together, in bytes. Ignored lines don't count. Default:
    /// [`DEFAULT_MAX_EVENT_SIZE`].
    pub max_event_size: usize,
    /// Whether comments get rows. Default: no.
    pub comments: bool,
    /// Whether lines that the standard ignores get rows. Default: no.
    pub ignored_lines: bool,
}

impl Default for ScannerOptions {
    fn default() -> Self {
        Self { max_event_size: DEFAULT_MAX_EVENT_SIZE, comments: false, ignored_lines: false }
    }
}

impl ScannerOptions {
    /// Whether an unfinished line may get a row or change the state.
    pub fn wants_unfinished(&self, line: &Line) -> bool {
        match line.unfinished_field() {
            Field::Comment => self.comments,
            Field::Unknown => line.length < Line::LONGEST_NAME || self.ignored_lines,
            _ => true,
        }
    }
}
