//! Where lines end: LF, CR or CRLF (spec "Parsing an event stream", `end-of-line`).

/// U+000A.
pub const LF: u8 = b'\n';
/// U+000D.
pub const CR: u8 = b'\r';

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// The index of the first LF or CR. What has been looked at on the way is added to `seen`, as bits: where none
/// of its high bits is set, all that was ASCII.
///
/// Eight bytes at a time: WebAssembly's SIMD is newer than the oldest engine this runs in.
pub fn find_line_end(bytes: &[u8], seen: &mut u64) -> Option<usize> {
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        *seen |= word;
        // Text has few bytes as low as these two, and to see that there is none takes one test for both.
        if word.wrapping_sub(ONES * (CR as u64 + 1)) & !word & HIGH_BITS != 0 {
            let ends = zero_bytes(word ^ (ONES * LF as u64)) | zero_bytes(word ^ (ONES * CR as u64));
            if ends != 0 {
                return Some(8 * index + ends.trailing_zeros() as usize / 8);
            }
        }
    }
    let end = rest.iter().position(|&byte| {
        *seen |= u64::from(byte);
        byte == LF || byte == CR
    })?;
    Some(8 * words.len() + end)
}

/// Whether no high bit is set in what [`find_line_end`] has seen: then byte offsets are UTF-16 offsets too.
pub fn is_ascii(seen: u64) -> bool {
    seen & HIGH_BITS == 0
}

/// The high bit of each byte that is zero. Bytes above the first zero one may be marked wrongly, those below
/// it never are, which is all that a search for the first needs.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_end_is_found_wherever_it_is() {
        for length in 0..40 {
            for at in 0..length {
                for end in [LF, CR] {
                    let mut bytes = vec![b'x'; length];
                    bytes[at] = end;
                    assert_eq!(find_line_end(&bytes, &mut 0), Some(at));
                    bytes[at + 1..].fill(LF);
                    assert_eq!(find_line_end(&bytes, &mut 0), Some(at));
                }
            }
            assert_eq!(find_line_end(&vec![b'x'; length], &mut 0), None);
        }
    }

    #[test]
    fn no_other_byte_is_taken_for_a_line_end() {
        for byte in (0..=255).filter(|&byte| byte != LF && byte != CR) {
            assert_eq!(find_line_end(&[byte; 17], &mut 0), None, "{byte:#x}");
        }
    }

    #[test]
    fn ascii_is_told_from_the_rest_at_every_place() {
        for length in 0..80 {
            let mut seen = 0;
            find_line_end(&vec![0x7f; length], &mut seen);
            assert!(is_ascii(seen));
            for at in 0..length {
                let mut bytes = vec![0x7f; length];
                bytes[at] = 0x80;
                let mut seen = 0;
                find_line_end(&bytes, &mut seen);
                assert!(!is_ascii(seen));
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
                assert_eq!(find_line_end(&bytes, &mut 0), Some(expected));
            }
        }
    }
}
