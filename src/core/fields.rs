//! One line of an event stream to the field that it is (spec "Interpreting an event stream").

/// What a line that isn't empty says.
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
    /// A field that the standard doesn't know: ignored.
    Unknown,
}

/// A line, which may come in pieces: all that is kept of it. Its text isn't.
#[derive(Clone, Copy, Debug, Default)]
pub struct Line {
    /// Its bytes so far.
    pub length: usize,
    /// Its first eight bytes, the first one lowest; zero where there are none yet. A field's name fits in, with the
    /// colon and a space.
    prefix: u64,
    /// Whether a NUL was found. Only looked for in an `id` line.
    has_nul: bool,
    /// The digits of a `retry` line as a number.
    digits: u64,
    has_digits: bool,
    has_other_characters: bool,
}

/// A name as it stands at the start of a line.
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
    /// The longest field name, with the colon: a line of that length that is [`Field::Unknown`] stays so.
    pub const LONGEST_NAME: usize = b"event:".len();

    /// Adds the next bytes of the line.
    pub fn extend(&mut self, bytes: &[u8]) {
        if self.length < 8 {
            let known = self.length;
            for (index, &byte) in bytes.iter().take(8 - known).enumerate() {
                self.prefix |= u64::from(byte) << (8 * (known + index));
            }
        }
        let before = self.length;
        // A comment may be longer than 32 bits can count.
        self.length = self.length.saturating_add(bytes.len());
        match self.prefix as u8 {
            b'i' => self.has_nul |= bytes.contains(&0),
            b'r' => self.read_digits(bytes, before),
            _ => {}
        }
    }

    /// A whole line whose first eight bytes are `prefix`, whatever comes after the line among them.
    pub fn whole(bytes: &[u8], prefix: [u8; 8]) -> Self {
        let mut line = Self { length: bytes.len(), ..Self::default() };
        line.prefix = u64::from_le_bytes(prefix);
        if bytes.len() < 8 {
            line.prefix &= (1 << (8 * bytes.len())) - 1;
        }
        match line.prefix as u8 {
            b'i' => line.has_nul = bytes.contains(&0),
            b'r' => line.read_digits(bytes, 0),
            _ => {}
        }
        line
    }

    fn read_digits(&mut self, bytes: &[u8], before: usize) {
        for (index, &byte) in bytes.iter().enumerate() {
            match (before + index, byte) {
                (0..6, _) | (6, b' ') => {}
                (_, b'0'..=b'9') => {
                    self.has_digits = true;
                    let digit = u64::from(byte - b'0');
                    self.digits = self.digits.saturating_mul(10).saturating_add(digit);
                }
                _ => self.has_other_characters = true,
            }
        }
    }

    /// Which field the line is, and the index at which its value begins. Right for a line that has ended, and for one
    /// of six bytes or more however it goes on, but for the index.
    pub fn field(&self) -> (Field, u32) {
        const NAMES: [(Field, u64, u32); 5] = [
            (Field::Data, name(b"data"), 4),
            (Field::Event, name(b"event"), 5),
            (Field::Id, name(b"id"), 2),
            (Field::Retry, name(b"retry"), 5),
            // [spec] If the line starts with a U+003A COLON character (:), ignore the line.
            (Field::Comment, 0, 0),
        ];
        for (field, name, length) in NAMES {
            let after = self.prefix ^ name;
            if after.trailing_zeros() < 8 * length {
                continue;
            }
            match (after >> (8 * length)) as u16 {
                // [spec] If value starts with a U+0020 SPACE character, remove it from value.
                0x203a => return (field, length + 2),
                rest if rest as u8 == b':' => return (field, length + 1),
                // [spec] Otherwise, the string is not empty but does not contain a colon: the whole line is the field
                // name, and the empty string the field value.
                _ if self.length == length as usize => return (field, length),
                _ => {}
            }
        }
        (Field::Unknown, 0)
    }

    /// Whether an `id` line's value has U+0000 in it.
    pub fn has_nul(&self) -> bool {
        self.has_nul
    }

    /// The value of a `retry` line in milliseconds, if it is one or more ASCII digits and nothing else. More than
    /// 64 bits can hold saturates.
    pub fn reconnection_time(&self) -> Option<u64> {
        (self.has_digits && !self.has_other_characters).then_some(self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line, in one piece and cut everywhere.
    fn check(text: &str, test: impl Fn(&Line, String)) {
        let bytes = text.as_bytes();
        let mut prefix = [b'\n'; 8];
        let known = bytes.len().min(8);
        prefix[..known].copy_from_slice(&bytes[..known]);
        test(&Line::whole(bytes, prefix), format!("{text:?}, whole"));
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
    fn lines_are_the_fields_the_standard_says() {
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
            ("99999999999999999999999999", Some(u64::MAX)),
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
                // One space after the colon belongs to neither.
                let expected = if text == "retry: 1" { Some(1) } else { expected };
                check(&text, |line, what| assert_eq!(line.reconnection_time(), expected, "{what}"));
            }
        }
        check("retry", |line, what| assert_eq!(line.reconnection_time(), None, "{what}"));
        check("retry: 12", |line, what| assert_eq!(line.reconnection_time(), Some(12), "{what}"));
    }

    #[test]
    fn an_id_with_nul_is_told() {
        for (text, expected) in [("id: a\0b", true), ("id:\0", true), ("id: ab", false), ("id", false)] {
            check(text, |line, what| assert_eq!(line.has_nul(), expected, "{what}"));
        }
    }
}
