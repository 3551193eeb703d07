//! One line of an event stream to the field it is (spec "Interpreting an event stream").

/// What a line that isn't empty says, with the index in the line at which its value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `data`: a line of the event's data.
    Data(usize),
    /// `event`: the event's type.
    Event(usize),
    /// `id`: the last event ID.
    Id(usize),
    /// `retry`: the reconnection time.
    Retry(usize),
    /// A line that begins with a colon.
    Comment(usize),
    /// A field that the standard doesn't know: ignored.
    Unknown,
}

impl Field {
    /// The index in the line at which the value begins.
    pub fn value_start(self) -> usize {
        match self {
            Self::Data(start)
            | Self::Event(start)
            | Self::Id(start)
            | Self::Retry(start)
            | Self::Comment(start) => start,
            Self::Unknown => 0,
        }
    }
}

/// The longest field name that means something, with the colon: a line whose first bytes are these many and
/// which is [`Field::Unknown`] stays so whatever follows.
pub const LONGEST_NAME: usize = b"event:".len();

/// Which field a line is. The line has no line end in it and isn't empty.
pub fn field(line: &[u8]) -> Field {
    // Patterns, since a call to compare a few bytes costs more than comparing them, and every line comes here.
    match line {
        [b'd', b'a', b't', b'a', rest @ ..] => value_after(4, rest).map(Field::Data),
        [b'e', b'v', b'e', b'n', b't', rest @ ..] => value_after(5, rest).map(Field::Event),
        [b'i', b'd', rest @ ..] => value_after(2, rest).map(Field::Id),
        [b'r', b'e', b't', b'r', b'y', rest @ ..] => value_after(5, rest).map(Field::Retry),
        // [spec] If the line starts with a U+003A COLON character (:), ignore the line.
        [b':', ..] => value_after(0, line).map(Field::Comment),
        _ => None,
    }
    .unwrap_or(Field::Unknown)
}

/// Where the value of a field begins whose name has so many bytes, if the name ends there.
fn value_after(name: usize, rest: &[u8]) -> Option<usize> {
    match rest {
        // [spec] If value starts with a U+0020 SPACE character, remove it from value.
        [b':', b' ', ..] => Some(name + 2),
        [b':', ..] => Some(name + 1),
        // [spec] Otherwise, the string is not empty but does not contain a colon: the whole line is the
        // field name, and the empty string the field value.
        [] => Some(name),
        _ => None,
    }
}

/// The value of a `retry` field in milliseconds, if it is one or more ASCII digits and nothing else. More
/// than 64 bits can hold saturates.
pub fn reconnection_time(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |time, digit| {
        let digit = digit.checked_sub(b'0').filter(|&digit| digit < 10)?;
        Some(time.saturating_mul(10).saturating_add(digit.into()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_fields_the_standard_says() {
        for (line, expected) in [
            ("data: x", Field::Data(6)),
            ("data:x", Field::Data(5)),
            ("data:  x", Field::Data(6)),
            ("data:", Field::Data(5)),
            ("data", Field::Data(4)),
            ("data:\tx", Field::Data(5)),
            ("event: x", Field::Event(7)),
            ("event", Field::Event(5)),
            ("id: 1", Field::Id(4)),
            ("id", Field::Id(2)),
            ("retry: 1", Field::Retry(7)),
            (": note", Field::Comment(2)),
            (":note", Field::Comment(1)),
            (":", Field::Comment(1)),
            ("Data: x", Field::Unknown),
            (" data: x", Field::Unknown),
            ("data : x", Field::Unknown),
            ("data\0: x", Field::Unknown),
            ("database: x", Field::Unknown),
            ("dat", Field::Unknown),
            ("idx", Field::Unknown),
            ("x", Field::Unknown),
            ("\u{feff}data: x", Field::Unknown),
        ] {
            assert_eq!(field(line.as_bytes()), expected, "{line:?}");
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
            (" 1", None),
            ("1 ", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1000x", None),
            ("١", None),
        ] {
            assert_eq!(reconnection_time(value.as_bytes()), expected, "{value:?}");
        }
    }
}
