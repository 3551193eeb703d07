//! Parses one line of an event stream into a field (spec "Interpreting an event stream").

use super::request_facts::contains;

/// The field of a line that isn't empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `data`: a line of the event's data.
    Data,
    /// `event`: the event's type.
    Event,
    /// `id`: the last event ID.
    Id,
    /// `retry`: the reconnection time.
    Retry,
    /// A line that begins with a colon.
    Comment,
    /// Any other field: ignored.
    Unknown,
}

/// The state of a line, which may arrive in pieces. Its text isn't stored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// The number of bytes so far. If it is 0, all other members are meaningless.
    pub length: usize,
    /// The first eight bytes, little-endian. A field's name fits in, with the colon and a space.
    prefix: u64,
    /// The digits of a `retry` line as a number.
    digits: u64,
    has_digits: bool,
    has_other_characters: bool,
    /// Whether an `id` line contains NUL. Other lines aren't searched.
    has_nul: bool,
}

/// The longest reconnection time in milliseconds: 2^53, the end of JavaScript's exact integers.
const MAX_TIME: u64 = 1 << 53;

/// A field name as an integer, comparable with `Line::prefix`.
const fn name(text: &[u8]) -> u64 {
    let mut name = 0;
    let mut index = text.len();
    while index > 0 {
        index -= 1;
        name = name << 8 | text[index] as u64;
    }
    name
}

impl Line {
    /// The length of the longest field name, with the colon. A line of this length or more that is [`Field::Unknown`]
    /// stays unknown.
    pub const LONGEST_NAME: usize = b"event:".len();

    /// Adds the next bytes of the line.
    pub fn extend(&mut self, bytes: &[u8]) {
        if self.length == 0 {
            *self = Self::default();
        }
        if self.length < 8 {
            let known = self.length;
            for (index, &byte) in bytes.iter().take(8 - known).enumerate() {
                self.prefix |= u64::from(byte) << (8 * (known + index));
            }
        }
        let before = self.length;
        // Comments have no limit, and a wasm32 `usize` has 32 bits.
        self.length = self.length.saturating_add(bytes.len());
        self.read_value(bytes, before);
    }

    /// Replaces the line by a whole one. `prefix` is the eight bytes from its start on: a shorter line ends within
    /// them.
    #[inline(always)]
    pub fn set_whole(&mut self, bytes: &[u8], prefix: [u8; 8]) {
        self.length = bytes.len();
        self.prefix = u64::from_le_bytes(prefix);
        if matches!(self.prefix as u8, b'i' | b'r') {
            self.digits = 0;
            self.has_digits = false;
            self.has_other_characters = false;
            self.has_nul = false;
            self.read_value(bytes, 0);
        }
    }

    fn read_value(&mut self, bytes: &[u8], before: usize) {
        match self.prefix as u8 {
            b'i' => self.has_nul |= contains(bytes, 0),
            b'r' => self.read_digits(bytes, before),
            _ => {}
        }
    }

    fn read_digits(&mut self, bytes: &[u8], before: usize) {
        for (index, &byte) in bytes.iter().enumerate() {
            match (before + index, byte) {
                (0..6, _) | (6, b' ') => {}
                (_, b'0'..=b'9') => {
                    self.has_digits = true;
                    let digit = u64::from(byte - b'0');
                    self.digits = (self.digits * 10 + digit).min(MAX_TIME);
                }
                _ => self.has_other_characters = true,
            }
        }
    }

    /// The line's field, and the index at which its value begins. The field is final once the line has ended or has six
    /// bytes; the index, once it has ended.
    #[inline(always)]
    pub fn field(&self) -> (Field, u32) {
        let begins = |text: &[u8]| (self.prefix ^ name(text)) << (64 - 8 * text.len()) == 0;
        // No name contains a line end, so a shorter line matches none.
        let (field, colon) = if begins(b"data:") {
            (Field::Data, 4)
        } else if begins(b"event:") {
            (Field::Event, 5)
        } else if begins(b"id:") {
            (Field::Id, 2)
        } else if begins(b":") {
            // [spec] If the line starts with a U+003A COLON character (:), ignore the line.
            (Field::Comment, 0)
        } else if begins(b"retry:") {
            (Field::Retry, 5)
        } else {
            return self.field_without_colon();
        };
        // [spec] If value starts with a U+0020 SPACE character, remove it from value.
        let has_space = (self.prefix >> (8 * (colon + 1))) as u8 == b' ';
        (field, colon + 1 + u32::from(has_space))
    }

    /// The field alone, for code where speed doesn't matter. Unlike [`Self::field`], it isn't inlined.
    #[inline(never)]
    pub fn unfinished_field(&self) -> Field {
        self.field().0
    }

    /// [spec] Otherwise, the string is not empty but does not contain a U+003A COLON character (:): the whole line is
    /// the field name, and the empty string the field value.
    fn field_without_colon(&self) -> (Field, u32) {
        let is = |text: &[u8]| {
            self.length == text.len() && (self.prefix ^ name(text)) << (64 - 8 * text.len()) == 0
        };
        if is(b"data") {
            (Field::Data, 4)
        } else if is(b"event") {
            (Field::Event, 5)
        } else if is(b"id") {
            (Field::Id, 2)
        } else if is(b"retry") {
            (Field::Retry, 5)
        } else {
            (Field::Unknown, 0)
        }
    }

    /// Whether an `id` line contains U+0000.
    pub fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// The value of a `retry` line in milliseconds, if it is one or more ASCII digits and nothing else. Capped at 2^53.
    pub fn reconnection_time(&self) -> Option<u64> {
        (self.has_digits && !self.has_other_characters).then_some(self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the test on the line in one piece, cut at each index, and byte by byte.
    fn check(text: &str, test: impl Fn(&Line, String)) {
        let bytes = text.as_bytes();
        let mut prefix = [b'\n'; 8];
        let known = bytes.len().min(8);
        prefix[..known].copy_from_slice(&bytes[..known]);
        // The whole line replaces another one.
        let mut line = Line::default();
        line.extend(b"retry: 7x");
        line.set_whole(bytes, prefix);
        test(&line, format!("{text:?}, whole"));
        for cut in 0..=bytes.len() {
            let mut line = Line::default();
            line.extend(&bytes[..cut]);
            line.extend(&bytes[cut..]);
            test(&line, format!("{text:?}, cut at {cut}"));
        }
        let mut line = Line::default();
        bytes.chunks(1).for_each(|byte| line.extend(byte));
        test(&line, format!("{text:?}, byte by byte"));
    }

    #[test]
    fn parses_lines_into_the_fields_of_the_standard() {
        for (text, expected) in [
            ("data: x", (Field::Data, 6)),
            ("data:x", (Field::Data, 5)),
            ("data:  x", (Field::Data, 6)),
            ("data:", (Field::Data, 5)),
            ("data: ", (Field::Data, 6)),
            ("data", (Field::Data, 4)),
            ("data:\tx", (Field::Data, 5)),
            ("data:\0", (Field::Data, 5)),
            ("event: x", (Field::Event, 7)),
            ("event:x", (Field::Event, 6)),
            ("event", (Field::Event, 5)),
            ("id: 1", (Field::Id, 4)),
            ("id", (Field::Id, 2)),
            ("id:", (Field::Id, 3)),
            ("retry: 1", (Field::Retry, 7)),
            ("retry:1", (Field::Retry, 6)),
            ("retry", (Field::Retry, 5)),
            (": note", (Field::Comment, 2)),
            (":note", (Field::Comment, 1)),
            (":", (Field::Comment, 1)),
            ("Data: x", (Field::Unknown, 0)),
            (" data: x", (Field::Unknown, 0)),
            ("data : x", (Field::Unknown, 0)),
            ("data\0: x", (Field::Unknown, 0)),
            ("data\0", (Field::Unknown, 0)),
            ("id\0", (Field::Unknown, 0)),
            ("event\0\0\0", (Field::Unknown, 0)),
            ("database: x", (Field::Unknown, 0)),
            ("dat", (Field::Unknown, 0)),
            ("idx", (Field::Unknown, 0)),
            ("retryx:1", (Field::Unknown, 0)),
            ("x", (Field::Unknown, 0)),
            ("\0", (Field::Unknown, 0)),
            ("\u{feff}data: x", (Field::Unknown, 0)),
        ] {
            check(text, |line, what| assert_eq!(line.field(), expected, "{what}"));
        }
    }

    #[test]
    fn a_reconnection_time_is_ascii_digits_and_nothing_else() {
        for (value, expected) in [
            ("0", Some(0)),
            ("1500", Some(1500)),
            ("007", Some(7)),
            ("99999999999999999999999999", Some(MAX_TIME)),
            ("", None),
            (" ", None),
            ("  1", None),
            ("1 ", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1000x", None),
            ("١", None),
        ] {
            for text in [format!("retry:{value}"), format!("retry: {value}")] {
                // One space after the colon isn't part of the value.
                let expected = if text == "retry: 1" { Some(1) } else { expected };
                check(&text, |line, what| assert_eq!(line.reconnection_time(), expected, "{what}"));
            }
        }
        check("retry", |line, what| assert_eq!(line.reconnection_time(), None, "{what}"));
        check("retry: 12", |line, what| assert_eq!(line.reconnection_time(), Some(12), "{what}"));
    }

    #[test]
    fn reports_nul_in_an_id() {
        for (text, expected) in [("id: a\0b", true), ("id:\0", true), ("id: ab", false), ("id", false)] {
            check(text, |line, what| assert_eq!(line.has_nul(), expected, "{what}"));
        }
    }
}
