//! Where lines end: LF, CR or CRLF (spec "Parsing an event stream", `end-of-line`).

/// U+000A.
pub const LF: u8 = b'\n';
/// U+000D.
pub const CR: u8 = b'\r';

const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// The index of the first LF or CR.
///
/// Eight bytes at a time: WebAssembly's SIMD is newer than the oldest engine this runs in.
pub fn find_line_end(bytes: &[u8]) -> Option<usize> {
    let mut words = bytes.chunks_exact(8);
    let mut offset = 0;
    for word in &mut words {
        let word =
            u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
        let ends = zero_bytes(word ^ (ONES * LF as u64)) | zero_bytes(word ^ (ONES * CR as u64));
        if ends != 0 {
            return Some(offset + ends.trailing_zeros() as usize / 8);
        }
        offset += 8;
    }
    let end = words.remainder().iter().position(|&byte| byte == LF || byte == CR)?;
    Some(offset + end)
}

/// The high bit of each byte that is zero. Bytes above the first zero one may be marked wrongly, those below
/// it never are, which is all that a search for the first needs.
fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & HIGH_BITS
}

/// Whether every byte is below 0x80, so that byte offsets are UTF-16 offsets too.
pub fn is_ascii(bytes: &[u8]) -> bool {
    let mut blocks = bytes.chunks_exact(32);
    for block in &mut blocks {
        let (words, _) = block.as_chunks::<8>();
        let seen = words.iter().fold(0, |seen, word| seen | u64::from_le_bytes(*word));
        if seen & HIGH_BITS != 0 {
            return false;
        }
    }
    blocks.remainder().is_ascii()
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
                    assert_eq!(find_line_end(&bytes), Some(at));
                    bytes[at + 1..].fill(LF);
                    assert_eq!(find_line_end(&bytes), Some(at));
                }
            }
            assert_eq!(find_line_end(&vec![b'x'; length]), None);
        }
    }

    #[test]
    fn no_other_byte_is_taken_for_a_line_end() {
        for byte in (0..=255).filter(|&byte| byte != LF && byte != CR) {
            assert_eq!(find_line_end(&[byte; 17]), None, "{byte:#x}");
        }
    }

    #[test]
    fn ascii_is_told_from_the_rest_at_every_place() {
        for length in 0..80 {
            assert!(is_ascii(&vec![0x7f; length]));
            for at in 0..length {
                let mut bytes = vec![0x7f; length];
                bytes[at] = 0x80;
                assert!(!is_ascii(&bytes));
            }
        }
    }
}
