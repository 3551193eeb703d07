//! Where lines end: LF, CR or CRLF (spec "Parsing an event stream", `end-of-line`).

use super::utf16::{self, HIGH_BITS};

/// U+000A.
pub const LF: u8 = b'\n';
/// U+000D.
pub const CR: u8 = b'\r';

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);

/// The index of the first LF or CR, or the length where there is none. To `surplus` is added that of the bytes before it.
///
/// Eight bytes at a time: WebAssembly's SIMD is newer than the oldest engine this runs in.
pub fn find_line_end(bytes: &[u8], surplus: &mut u32) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // One test for what is most common: ASCII, and nothing as low as these two.
        let low = word.wrapping_sub(ONES * (CR as u64 + 1));
        if (low | word) & HIGH_BITS == 0 {
            continue;
        }
        if low & !word & HIGH_BITS != 0 {
            let ends = zero_bytes(word ^ (ONES * LF as u64)) | zero_bytes(word ^ (ONES * CR as u64));
            if ends != 0 {
                add_surplus(word & (ends ^ (ends - 1)) >> 1, surplus);
                return 8 * index + ends.trailing_zeros() as usize / 8;
            }
        }
        add_surplus(word, surplus);
    }
    let length = rest.iter().position(|&byte| byte == LF || byte == CR).unwrap_or(rest.len());
    for &byte in &rest[..length] {
        add_surplus(byte.into(), surplus);
    }
    8 * words.len() + length
}

fn add_surplus(word: u64, surplus: &mut u32) {
    if word & HIGH_BITS != 0 {
        *surplus = surplus.wrapping_add(utf16::surplus(word));
    }
}

/// The high bit of each byte that is zero. Bytes above the first zero one may be marked wrongly, those below
/// it never are, which is all that a search for the first needs.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_to_line_end(bytes: &[u8]) -> usize {
        find_line_end(bytes, &mut 0)
    }

    #[test]
    fn the_first_line_end_is_found_wherever_it_is() {
        for length in 0..40 {
            for at in 0..length {
                for end in [LF, CR] {
                    let mut bytes = vec![b'x'; length];
                    bytes[at] = end;
                    assert_eq!(bytes_to_line_end(&bytes), at);
                    bytes[at + 1..].fill(LF);
                    assert_eq!(bytes_to_line_end(&bytes), at);
                }
            }
            assert_eq!(bytes_to_line_end(&vec![b'x'; length]), length);
        }
    }

    #[test]
    fn no_other_byte_is_taken_for_a_line_end() {
        for byte in (0..=255).filter(|&byte| byte != LF && byte != CR) {
            assert_eq!(bytes_to_line_end(&[byte; 17]), 17, "{byte:#x}");
        }
    }

    #[test]
    fn units_are_counted_up_to_the_line_end_wherever_it_is() {
        let text = "é and 世界, 😀 and more: plain text, 世界の😀😀😀";
        for (start, _) in text.char_indices() {
            for (end, _) in text[start..].char_indices() {
                let line = &text[start..start + end];
                let surplus = (end - line.encode_utf16().count()) as u32;
                for rest in ["", "\r😀\n😀, 世界の😀"] {
                    let mut found = 7;
                    assert_eq!(find_line_end(format!("{line}{rest}").as_bytes(), &mut found), end);
                    assert_eq!(found, 7 + surplus, "{line}{rest}");
                }
            }
        }
    }

    #[test]
    fn other_low_bytes_dont_hide_the_line_end_behind_them() {
        for byte in 0..=CR {
            for length in 1..20 {
                let mut bytes = vec![byte; length];
                bytes.push(LF);
                let expected = if byte == LF || byte == CR { 0 } else { length };
                assert_eq!(bytes_to_line_end(&bytes), expected);
            }
        }
    }
}
