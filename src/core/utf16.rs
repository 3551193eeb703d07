//! Byte offsets into a text to the UTF-16 offsets of its decoded string.
//!
//! The shim decodes a batch's text by one `TextDecoder` call and cuts the string, whose indices count UTF-16
//! code units. Malformed sequences have to be counted as the Encoding standard replaces them: one U+FFFD for
//! each maximal subpart, which is also how the standard library divides them.

/// Walks over a text from offset to offset, in either direction: each step costs its length.
pub struct Utf16Offsets<'a> {
    text: &'a [u8],
    bytes: usize,
    units: usize,
}

impl<'a> Utf16Offsets<'a> {
    /// At the text's start.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, bytes: 0, units: 0 }
    }

    /// The UTF-16 offset of `byte_offset`. Each offset that is asked for has an ASCII byte or an end of the
    /// text on one of its sides, so that none divides a sequence, well-formed or not.
    pub fn at(&mut self, byte_offset: usize) -> usize {
        if byte_offset >= self.bytes {
            self.units += units(&self.text[self.bytes..byte_offset]);
        } else {
            self.units -= units(&self.text[byte_offset..self.bytes]);
        }
        self.bytes = byte_offset;
        self.units
    }
}

/// How many UTF-16 code units the bytes decode to.
fn units(bytes: &[u8]) -> usize {
    bytes
        .utf8_chunks()
        .map(|chunk| units_of_str(chunk.valid()) + usize::from(!chunk.invalid().is_empty()))
        .sum()
}

/// A code point has one byte that isn't a continuation byte; those of four bytes are two code units.
fn units_of_str(text: &str) -> usize {
    text.bytes().map(|byte| usize::from((byte as i8) >= -0x40) + usize::from(byte >= 0xf0)).sum()
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
}
