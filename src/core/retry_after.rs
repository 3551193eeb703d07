//! Parses the `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date in one of three formats (5.6.7).

/// The delay in milliseconds; 0 for a date in the past, `None` for an invalid header. `now` is in milliseconds since
/// 1970.
pub fn retry_after(header: &[u8], now: f64) -> Option<f64> {
    let header = header.trim_ascii();
    match number(header) {
        Some(seconds) => Some(seconds * 1_000.0),
        None => Some((http_date(header)? - now).max(0.0)),
    }
}

/// The number, if the text consists of digits.
fn number(text: &[u8]) -> Option<f64> {
    let mut number = None;
    for byte in text {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = Some(number.unwrap_or(0.0) * 10.0 + f64::from(byte - b'0'));
    }
    number
}

/// The milliseconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` or
/// `Sun Nov  6 08:49:37 1994`.
fn http_date(text: &[u8]) -> Option<f64> {
    // The five numbers in their order in the text, and the month.
    let mut numbers = [0; 5];
    let mut count = 0;
    let mut month = None;
    for word in text.split(|byte| matches!(byte, b' ' | b',' | b'-' | b':')) {
        if let Some(number) = number(word) {
            // A cast saturates.
            *numbers.get_mut(count)? = number as u32;
            count += 1;
        } else if month.is_none() {
            month = b"MarAprMayJunJulAugSepOctNovDecJanFeb".chunks(3).position(|name| name == word);
        }
    }
    let (month, 5) = (month?, count) else { return None };
    let [day, mut year, mut hour, mut minute, mut second] = numbers;
    if second > 60 {
        // The third format, in which the year is last.
        [hour, minute, second, year] = [year, hour, minute, second];
    }
    // Two digits: 1970 to 2069.
    if year < 70 {
        year += 2000;
    } else if year < 100 {
        year += 1900;
    }
    if day.wrapping_sub(1) > 30 || hour > 23 || minute > 59 || second > 60 || year > 9999 {
        return None;
    }
    // Years are counted from March on, so that the leap day is their last day.
    let month = month as u32;
    let year = if month < 10 { year } else { year - 1 };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    let seconds = (hour * 60 + minute) * 60 + second;
    // 719,469 days are before 1970.
    Some((f64::from(days) - 719_469.0) * 86_400_000.0 + f64::from(seconds) * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_three_date_formats() {
        for (date, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777.0),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777.0),
            ("Sun Nov  6 08:49:37 1994", 784_111_777.0),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600.0),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800.0),
            ("Mon, 23 Nov 2026 00:00:00 GMT", 1_795_392_000.0),
            ("Mon, 01 Mar 2100 00:00:00 GMT", 4_107_542_400.0),
            ("Fri, 31 Dec 9999 23:59:00 GMT", 253_402_300_740.0),
            // A leap second.
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800.0),
            ("Saturday, 31-Dec-16 23:59:60 GMT", 1_483_228_800.0),
            ("Sun Dec 31 23:59:60 1995", 820_454_400.0),
        ] {
            assert_eq!(http_date(date.as_bytes()), Some(seconds * 1_000.0), "{date}");
        }
    }

    #[test]
    fn rejects_invalid_headers() {
        for header in [
            "",
            "-1",
            "1.5",
            "soon",
            "1 second",
            "Sun, 06 Nov 1994",
            "Sun, 06 Foo 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun Nov  6 08:49:61 1994",
            "Sun, 06 Nov 10000 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov x 08:49:37 GMT",
            "Sun, 06 ovD 1994 08:49:37 GMT",
        ] {
            assert_eq!(retry_after(header.as_bytes(), 0.0), None, "{header:?}");
        }
    }

    #[test]
    fn computes_the_delay() {
        assert_eq!(retry_after(b"120", 0.0), Some(120_000.0));
        assert_eq!(retry_after(b" 0 ", 0.0), Some(0.0));
        assert_eq!(retry_after(b"Thu, 01 Jan 1970 00:00:10 GMT", 4_000.0), Some(6_000.0));
        assert_eq!(retry_after(b"Thu, 01 Jan 1970 00:00:10 GMT", 11_000.0), Some(0.0));
    }
}
