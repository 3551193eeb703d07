//! Byte offsets into a text to the UTF-16 offsets of its decoded string.
//!
//! The shim decodes a batch's text by one `TextDecoder` call and cuts the string, whose indices count UTF-16
//! code units. Malformed sequences have to be counted as the Encoding standard replaces them: one U+FFFD for
//! each maximal subpart, which is also how the standard library divides them.

/// The lowest bit of each byte.
const LOWEST_BITS: u64 = u64::from_ne_bytes([1; 8]);

/// Walks over a text from offset to offset, in either direction: each step costs its length.
pub struct Utf16Offsets<'a> {
    text: &'a [u8],
    /// How many code units a part of it decodes to: malformed texts take a slower way.
    units: fn(&[u8]) -> usize,
    at_byte: usize,
    at_unit: usize,
}

impl<'a> Utf16Offsets<'a> {
    /// At the text's start.
    pub fn new(text: &'a [u8]) -> Self {
        let is_well_formed = str::from_utf8(text).is_ok();
        let units = if is_well_formed { units_of_well_formed } else { units };
        Self { text, units, at_byte: 0, at_unit: 0 }
    }

    /// The UTF-16 offset of `byte_offset`. Each offset that is asked for has an ASCII byte or an end of the
    /// text on one of its sides, so that none divides a sequence, well-formed or not.
    pub fn at(&mut self, byte_offset: usize) -> usize {
        if byte_offset >= self.at_byte {
            self.at_unit += (self.units)(&self.text[self.at_byte..byte_offset]);
        } else {
            self.at_unit -= (self.units)(&self.text[byte_offset..self.at_byte]);
        }
        self.at_byte = byte_offset;
        self.at_unit
    }
}

/// How many UTF-16 code units the bytes decode to.
fn units(bytes: &[u8]) -> usize {
    bytes
        .utf8_chunks()
        .map(|chunk| {
            units_of_well_formed(chunk.valid().as_bytes()) + usize::from(!chunk.invalid().is_empty())
        })
        .sum()
}

/// The same of bytes that are UTF-8: a code point has one byte that isn't a continuation byte, and those of four
/// bytes are two code units. Eight bytes at a time.
fn units_of_well_formed(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let (mut continuations, mut pairs) = (0, 0);
    for word in words.iter().chain([&last]) {
        let word = u64::from_le_bytes(*word);
        continuations += ((word >> 7) & !(word >> 6) & LOWEST_BITS).count_ones();
        pairs += ((word >> 7) & (word >> 6) & (word >> 5) & (word >> 4) & LOWEST_BITS).count_ones();
    }
    bytes.len() - continuations as usize + pairs as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_decoded_string() {
        for bytes in [
            &b"plain"[..],
            "é世😀 a".as_bytes(),
            b"\xff\xfe",
            b"\xe4\xb8",
            b"a\xe4\xb8b",
            b"\xf0\x9f\x98",
            b"\xf0\x9f\x98\xf0\x9f\x98\x80",
            b"\xed\xa0\x80",
            b"\xc0\xaf\xe0\x80\x80",
            b"\xf4\x90\x80\x80",
            b"",
        ] {
            assert_eq!(units(bytes), String::from_utf8_lossy(bytes).encode_utf16().count(), "{bytes:x?}");
        }
    }

    #[test]
    fn places_of_a_text_are_those_of_the_decoded_string() {
        let text = "plain, é, 世界の, 😀😀 and then some more, so that there are words of all kinds: 🙂";
        let malformed = [text.as_bytes(), b", \xff\xfe, \xf0\x9f\x98, \xe4\xb8, ", text.as_bytes()].concat();
        for bytes in [text.as_bytes(), &malformed] {
            let places: Vec<usize> =
                (0..=bytes.len()).filter(|&at| at == bytes.len() || bytes[at].is_ascii()).collect();
            // To and fro.
            for (&far, &near) in places.iter().rev().zip(&places) {
                let mut offsets = Utf16Offsets::new(bytes);
                for at in [far, near, far] {
                    let expected = String::from_utf8_lossy(&bytes[..at]).encode_utf16().count();
                    assert_eq!(offsets.at(at), expected, "at {at}");
                }
            }
        }
    }
}
