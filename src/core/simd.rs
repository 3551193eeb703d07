//! Classifies the bytes of a block by WebAssembly's SIMD instructions. Only the shim's tests run it, because the host
//! doesn't compile it.

use super::line_ends::{BLOCK, Block, CR, LF, Mask};
use core::arch::wasm32::{
    i8x16_lt, i8x16_splat, u8x16_bitmask, u8x16_eq, u8x16_ge, u8x16_splat, u64x2, v128, v128_or,
};

/// Classifies the bytes of a block.
#[inline(always)]
pub fn classify(bytes: &[u8; BLOCK]) -> Block {
    let (words, _) = bytes.as_chunks::<8>();
    let word = |index: usize| u64::from_le_bytes(words[index]);
    let vectors =
        [u64x2(word(0), word(1)), u64x2(word(2), word(3)), u64x2(word(4), word(5)), u64x2(word(6), word(7))];
    let [a, b, c, d] = vectors;
    let is_line_end = |v: v128| v128_or(u8x16_eq(v, u8x16_splat(LF)), u8x16_eq(v, u8x16_splat(CR)));
    let line_ends = mask([is_line_end(a), is_line_end(b), is_line_end(c), is_line_end(d)]);
    if u8x16_bitmask(v128_or(v128_or(a, b), v128_or(c, d))) == 0 {
        return Block { line_ends, non_ascii: 0, continuations: 0, four_byte_leads: 0 };
    }
    // As signed numbers, 0x80 to 0xBF are the lowest.
    let is_continuation = |v: v128| i8x16_lt(v, i8x16_splat(-64));
    let is_four_byte_lead = |v: v128| u8x16_ge(v, u8x16_splat(0xf0));
    Block {
        line_ends,
        non_ascii: mask(vectors),
        continuations: mask([is_continuation(a), is_continuation(b), is_continuation(c), is_continuation(d)]),
        four_byte_leads: mask([
            is_four_byte_lead(a),
            is_four_byte_lead(b),
            is_four_byte_lead(c),
            is_four_byte_lead(d),
        ]),
    }
}

/// The high bits of all bytes.
#[inline(always)]
fn mask([a, b, c, d]: [v128; 4]) -> Mask {
    let bits = |vector| Mask::from(u8x16_bitmask(vector));
    bits(a) | bits(b) << 16 | bits(c) << 32 | bits(d) << 48
}
