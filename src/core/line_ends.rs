//! Finds line ends a block at a time, and counts the UTF-16 code units on the way.
//!
//! A block has as many bytes as a mask has bits. Bit `n` of a mask belongs to byte `n`.

#[cfg(target_feature = "simd128")]
use super::simd::classify;

/// One bit for each byte of a block. 64 bits where 64-bit integers or SIMD are fast; 32 in the wasm2js build, which
/// emulates 64-bit integers.
#[cfg(any(target_feature = "simd128", target_pointer_width = "64"))]
pub type Mask = u64;
#[cfg(not(any(target_feature = "simd128", target_pointer_width = "64")))]
pub type Mask = u32;

/// The size of a block, in bytes.
pub const BLOCK: usize = Mask::BITS as usize;

/// Line feed.
pub const LF: u8 = b'\n';
/// Carriage return.
pub const CR: u8 = b'\r';

/// The classes of bytes in a block, a mask each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Line feeds and carriage returns.
    pub line_ends: Mask,
    /// Bytes that aren't ASCII.
    pub non_ascii: Mask,
    /// UTF-8 continuation bytes, which add no UTF-16 code unit.
    pub continuations: Mask,
    /// Lead bytes of four-byte sequences, which add two code units.
    pub four_byte_leads: Mask,
}

impl Block {
    /// Classifies the first `length` bytes.
    #[inline(always)]
    pub fn of(bytes: &[u8; BLOCK], length: usize) -> Self {
        let block = classify(bytes);
        if length >= BLOCK {
            return block;
        }
        let wanted = low_bits(length);
        Self {
            line_ends: block.line_ends & wanted,
            non_ascii: block.non_ascii & wanted,
            continuations: block.continuations & wanted,
            four_byte_leads: block.four_byte_leads & wanted,
        }
    }

    /// The number of UTF-16 code units in the first `length` bytes, if they are well-formed UTF-8.
    #[inline(always)]
    pub fn units(&self, length: usize) -> u32 {
        if self.non_ascii == 0 { length as u32 } else { self.units_of_text(length) }
    }

    #[inline(never)]
    fn units_of_text(&self, length: usize) -> u32 {
        let wanted = if length >= BLOCK { Mask::MAX } else { low_bits(length) };
        (length as u32)
            .wrapping_sub((self.continuations & wanted).count_ones())
            .wrapping_add((self.four_byte_leads & wanted).count_ones())
    }
}

fn low_bits(count: usize) -> Mask {
    (1 << count) - 1
}

#[cfg(not(target_feature = "simd128"))]
fn classify(bytes: &[u8; BLOCK]) -> Block {
    const ONES: u32 = 0x0101_0101;
    const HIGH_BITS: u32 = 0x8080_8080;
    // The high bit of each byte that is zero.
    let zeros = |word: u32| !(((word & !HIGH_BITS) + !HIGH_BITS) | word) & HIGH_BITS;
    // The high bits of four bytes as four bits.
    let gather = |word: u32| Mask::from((word >> 7 & ONES).wrapping_mul(0x0102_0408) >> 24);

    let (words, _) = bytes.as_chunks::<4>();
    let mut block = Block::default();
    for (index, bytes) in words.iter().enumerate() {
        let word = u32::from_le_bytes(*bytes);
        // Most words are ASCII without control characters.
        if (word.wrapping_sub(ONES * 0x0e) | word) & HIGH_BITS == 0 {
            continue;
        }
        let at = index * 4;
        block.line_ends |= gather(zeros(word ^ (ONES * 0x0a)) | zeros(word ^ (ONES * 0x0d))) << at;
        block.non_ascii |= gather(word & HIGH_BITS) << at;
        block.continuations |= gather(word & !(word << 1) & HIGH_BITS) << at;
        block.four_byte_leads |= gather(word & word << 1 & word << 2 & word << 3 & HIGH_BITS) << at;
    }
    block
}

/// The length of an incomplete UTF-8 sequence at the end of `bytes`: 0 to 3.
pub fn incomplete_length(bytes: &[u8]) -> usize {
    for (index, &byte) in bytes.iter().rev().take(3).enumerate() {
        match byte {
            0x80..0xc0 => {}
            0xc0..0xe0 => return usize::from(index < 1) * (index + 1),
            0xe0..0xf0 => return usize::from(index < 2) * (index + 1),
            0xf0..0xf8 => return index + 1,
            _ => return 0,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naive(bytes: &[u8; BLOCK]) -> Block {
        let mask =
            |is: fn(u8) -> bool| bytes.iter().rev().fold(0, |mask, &byte| mask << 1 | Mask::from(is(byte)));
        Block {
            line_ends: mask(|byte| byte == LF || byte == CR),
            non_ascii: mask(|byte| !byte.is_ascii()),
            continuations: mask(|byte| byte & 0xc0 == 0x80),
            four_byte_leads: mask(|byte| byte >= 0xf0),
        }
    }

    #[test]
    fn classifies_every_byte_at_every_index() {
        for byte in 0..=255 {
            for filling in [b'x', LF, 0x0e, 0xff, 0x80, byte] {
                for at in 0..BLOCK {
                    let mut bytes = [filling; BLOCK];
                    bytes[at] = byte;
                    assert_eq!(Block::of(&bytes, BLOCK), naive(&bytes), "{byte:#x} at {at} in {filling:#x}");
                }
            }
        }
    }

    #[test]
    fn ignores_bytes_after_the_length() {
        for length in 0..=BLOCK {
            let mut bytes = [b'x'; BLOCK];
            bytes[length..].fill(LF);
            assert_eq!(Block::of(&bytes, length).line_ends, 0);
            bytes[length..].fill(0x80);
            let block = Block::of(&bytes, length);
            assert_eq!((block.units(length) as usize, block.non_ascii), (length, 0));
        }
    }

    #[test]
    fn counts_the_utf16_units_of_the_decoded_string() {
        let text = "é and 世界, 😀: plain text, 世界の😀😀";
        for (start, _) in text.char_indices() {
            for (end, _) in text[start..].char_indices().filter(|(end, _)| *end <= BLOCK) {
                let part = &text[start..start + end];
                let mut bytes = [0xf0; BLOCK];
                bytes[..end].copy_from_slice(part.as_bytes());
                assert_eq!(Block::of(&bytes, end).units(end) as usize, part.encode_utf16().count());
            }
        }
    }

    #[test]
    fn measures_incomplete_sequences_at_the_end() {
        for (bytes, expected) in [
            (&b""[..], 0),
            (b"a", 0),
            ("é".as_bytes(), 0),
            (b"\xc3", 1),
            (b"a\xe4", 1),
            (b"a\xe4\xb8", 2),
            ("世".as_bytes(), 0),
            (b"\xf0", 1),
            (b"\xf0\x9f", 2),
            (b"\xf0\x9f\x98", 3),
            ("😀".as_bytes(), 0),
            // Malformed UTF-8 isn't incomplete: the decoder reports it.
            (b"\x80", 0),
            (b"\x80\x80\x80\x80", 0),
            (b"\xff", 0),
            (b"\xc3\xa9\x80", 0),
        ] {
            assert_eq!(incomplete_length(bytes), expected, "{bytes:x?}");
        }
    }
}
