//! Places in a text, in bytes and in UTF-16 code units.
//!
//! The shim decodes a batch's text by one `TextDecoder` call and cuts the string, whose indices count UTF-16
//! code units. They are counted as if the text were well-formed, byte by byte, which the search for line ends does
//! on its way. A text that isn't is told by the decoder: only then are the places corrected.

use std::ops::{Add, Sub};

/// The highest bit of each byte of a word.
pub const HIGH_BITS: u64 = u64::from_ne_bytes([0x80; 8]);

/// A place in a text, or the way from one to another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub bytes: usize,
    /// How many bytes more than UTF-16 code units that is, modulo 2³².
    pub surplus: u32,
}

impl Place {
    /// So many ASCII bytes further.
    pub fn after_ascii(self, count: usize) -> Self {
        Self { bytes: self.bytes + count, ..self }
    }

    /// UTF-16 code units of the bytes, if they are well-formed: one for a byte that isn't a continuation byte, and
    /// another one where that byte begins a sequence of four.
    pub fn units(self) -> usize {
        self.bytes.wrapping_sub(self.surplus as i32 as usize)
    }
}

impl Add for Place {
    type Output = Self;
    fn add(self, way: Self) -> Self {
        Self { bytes: self.bytes + way.bytes, surplus: self.surplus.wrapping_add(way.surplus) }
    }
}

impl Sub for Place {
    type Output = Self;
    fn sub(self, way: Self) -> Self {
        Self { bytes: self.bytes - way.bytes, surplus: self.surplus.wrapping_sub(way.surplus) }
    }
}

/// The surplus of a word of bytes. No sequence has to begin or end with it.
pub fn surplus(word: u64) -> u32 {
    let continuations = word & !(word << 1) & HIGH_BITS;
    let leads_of_four = word & (word << 1) & (word << 2) & (word << 3) & HIGH_BITS;
    continuations.count_ones().wrapping_sub(leads_of_four.count_ones())
}

fn units_of(byte: u8) -> usize {
    Place { bytes: 1, surplus: surplus(byte.into()) }.units()
}

/// On which side of a place an ASCII byte or an end of the text is: that side of it no byte of a sequence belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Turns units that were counted as if a text were well-formed into those that decoders make of it, which put one
/// U+FFFD for each maximal subpart of what is malformed (Encoding, "UTF-8 decoder"), as the standard library does.
///
/// Walks from place to place, in either direction: each step costs its length.
pub struct Correction<'a> {
    text: &'a [u8],
    at: usize,
    units: usize,
    corrected: usize,
}

impl<'a> Correction<'a> {
    /// At the text's start.
    pub fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, units: 0, corrected: 0 }
    }

    /// The corrected units of the place at `units`. Several places may have the same number, as continuation bytes
    /// count nothing: `side` says which it is.
    pub fn of(&mut self, units: usize, side: Side) -> usize {
        let from = self.at;
        while self.units < units {
            self.units += units_of(self.text[self.at]);
            self.at += 1;
        }
        while self.units > units {
            self.at -= 1;
            self.units -= units_of(self.text[self.at]);
        }
        let is_continuation = |byte: &&u8| units_of(**byte) == 0;
        let (before, after) = self.text.split_at(self.at);
        match side {
            Side::Before => self.at -= before.iter().rev().take_while(is_continuation).count(),
            Side::After => self.at += after.iter().take_while(is_continuation).count(),
        }
        let to = self.at;
        if to >= from {
            self.corrected += decoded_units(&self.text[from..to]);
        } else {
            self.corrected -= decoded_units(&self.text[to..from]);
        }
        self.corrected
    }
}

/// How many UTF-16 code units decoders make of the bytes.
fn decoded_units(bytes: &[u8]) -> usize {
    bytes
        .utf8_chunks()
        .map(|chunk| {
            chunk.valid().bytes().map(units_of).sum::<usize>() + usize::from(!chunk.invalid().is_empty())
        })
        .sum()
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
            let expected = String::from_utf8_lossy(bytes).encode_utf16().count();
            assert_eq!(decoded_units(bytes), expected, "{bytes:x?}");
        }
    }

    #[test]
    fn words_have_the_surplus_of_their_bytes() {
        for bytes in
            [*b"plainest", *b"\xe4\xb8\x96\xe7\x95\x8c\xc3\xa9", *b"\x98\x80\xf0\x9f\x98\x80\xff\xf0"]
        {
            let units = bytes.iter().map(|&byte| units_of(byte)).sum::<usize>() as u32;
            assert_eq!(8_u32.wrapping_sub(surplus(u64::from_le_bytes(bytes))), units, "{bytes:x?}");
        }
    }

    #[test]
    fn corrected_places_are_those_of_the_decoded_string() {
        let text = "plain, é, 世界の, 😀😀 and then some more, so that there are words of all kinds: 🙂";
        let malformed = [
            b"\x80\xf0,",
            text.as_bytes(),
            b", \xff\xfe, \xf0\x9f\x98, \xe4\xb8, \x80, ",
            text.as_bytes(),
            b"\xf0\x80",
        ]
        .concat();
        for bytes in [text.as_bytes(), &malformed] {
            let is_edge = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii);
            let counted = |at: usize| bytes[..at].iter().map(|&byte| units_of(byte)).sum::<usize>();
            let places: Vec<(usize, Side)> = (0..=bytes.len())
                .flat_map(|at| [(at, Side::Before), (at, Side::After)])
                .filter(|&(at, side)| match side {
                    Side::Before => is_edge(bytes[..at].last()),
                    Side::After => is_edge(bytes.get(at)),
                })
                .collect();
            // To and fro.
            for (&far, &near) in places.iter().rev().zip(&places) {
                let mut correction = Correction::new(bytes);
                for (at, side) in [far, near, far] {
                    let expected = String::from_utf8_lossy(&bytes[..at]).encode_utf16().count();
                    assert_eq!(correction.of(counted(at), side), expected, "{side:?} {at}");
                }
            }
        }
    }
}
