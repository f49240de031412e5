//! SHA-256 of two messages side by side with the SHA extensions of x86: one message waits for itself half of the time.
//! Source: FIPS 180-4, sections 4.2.2, 5.3.3 and 6.2.

use crate::side_by_side::{Hasher, Parts};
use sha2::block_api::compress256;
use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_blend_epi16, _mm_set_epi32, _mm_set_epi64x,
    _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
    _mm_shuffle_epi32,
};

const LANES: usize = 2;
const BLOCK: usize = 64;
/// Bytes of the message length at the end of the padding.
const LENGTH_FIELD: usize = 8;

/// Section 5.3.3.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// Section 4.2.2.
const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

pub struct Sha256Pair {
    states: [[u32; 8]; LANES],
}

impl Sha256Pair {
    /// Null where the processor lacks the instructions.
    pub fn new() -> Option<Self> {
        let there = is_x86_feature_detected!("sha") && is_x86_feature_detected!("sse4.1");
        there.then_some(Self {
            states: [START; LANES],
        })
    }
}

impl Hasher<LANES, BLOCK> for Sha256Pair {
    const WORTH: usize = 2;

    fn parts(message: &[u8]) -> Parts<'_, BLOCK> {
        Parts::padded_big(message, LENGTH_FIELD)
    }

    fn start(&mut self, lane: usize, _length: usize) {
        self.states[lane] = START;
    }

    fn step(&mut self, blocks: &[&[[u8; BLOCK]]; LANES]) {
        // SAFETY: `new` is the only way to a `Sha256Pair`, and it asked this processor.
        unsafe { compress(&mut self.states, blocks) }
    }

    fn step_alone(&mut self, lane: usize, blocks: &[[u8; BLOCK]]) {
        compress256(&mut self.states[lane], blocks);
    }

    fn digest(&self, lane: usize) -> [u8; 32] {
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.states[lane]) {
            *bytes = word.to_be_bytes();
        }
        digest
    }
}

#[target_feature(enable = "sha,sse4.1,ssse3,sse2")]
fn compress(states: &mut [[u32; 8]; LANES], blocks: &[&[[u8; BLOCK]]; LANES]) {
    // The instructions want the state as (a, b, e, f) and (c, d, g, h), highest word first.
    let mut abef = [_mm_set_epi32(0, 0, 0, 0); LANES];
    let mut cdgh = abef;
    for lane in 0..LANES {
        let [a, b, c, d, e, f, g, h] = states[lane].map(u32::cast_signed);
        abef[lane] = _mm_set_epi32(a, b, e, f);
        cdgh[lane] = _mm_set_epi32(c, d, g, h);
    }
    for (first, second) in blocks[0].iter().zip(blocks[1]) {
        let before = (abef, cdgh);
        let mut w = [load(first), load(second)];
        for turn in 0..16 {
            let k = _mm_set_epi32(
                K[4 * turn + 3].cast_signed(),
                K[4 * turn + 2].cast_signed(),
                K[4 * turn + 1].cast_signed(),
                K[4 * turn].cast_signed(),
            );
            for lane in 0..LANES {
                let now = w[lane][turn % 4];
                let sum = _mm_add_epi32(now, k);
                cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
                let upper = _mm_shuffle_epi32::<0x0e>(sum);
                abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], upper);
                if turn < 12 {
                    let [next, middle, last] = [1, 2, 3].map(|i| w[lane][(turn + i) % 4]);
                    let partial = _mm_add_epi32(
                        _mm_sha256msg1_epu32(now, next),
                        _mm_alignr_epi8::<4>(last, middle),
                    );
                    w[lane][turn % 4] = _mm_sha256msg2_epu32(partial, last);
                }
            }
        }
        for lane in 0..LANES {
            abef[lane] = _mm_add_epi32(abef[lane], before.0[lane]);
            cdgh[lane] = _mm_add_epi32(cdgh[lane], before.1[lane]);
        }
    }
    for lane in 0..LANES {
        let feba = _mm_shuffle_epi32::<0x1b>(abef[lane]);
        let dchg = _mm_shuffle_epi32::<0xb1>(cdgh[lane]);
        let (lower, _) = states[lane].as_chunks_mut::<4>();
        lower[0] = words(_mm_blend_epi16::<0xf0>(feba, dchg));
        lower[1] = words(_mm_alignr_epi8::<8>(dchg, feba));
    }
}

/// The sixteen words of a block, four a register.
#[inline]
#[target_feature(enable = "ssse3,sse2")]
fn load(block: &[u8; BLOCK]) -> [__m128i; 4] {
    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let (quarters, _) = block.as_chunks::<16>();
    std::array::from_fn(|i| {
        let [low, high] = halves(quarters[i]);
        _mm_shuffle_epi8(_mm_set_epi64x(high, low), swap)
    })
}

fn halves(bytes: [u8; 16]) -> [i64; 2] {
    let both = u128::from_le_bytes(bytes);
    [both as i64, (both >> 64) as i64]
}

#[inline]
#[target_feature(enable = "sse4.1")]
fn words(register: __m128i) -> [u32; 4] {
    use std::arch::x86_64::_mm_extract_epi32;
    [
        _mm_extract_epi32::<0>(register),
        _mm_extract_epi32::<1>(register),
        _mm_extract_epi32::<2>(register),
        _mm_extract_epi32::<3>(register),
    ]
    .map(i32::cast_unsigned)
}

#[cfg(test)]
mod tests {
    use super::Sha256Pair;
    use crate::side_by_side::digests;
    use crate::testing::noise;
    use sha2::{Digest, Sha256};

    #[test]
    fn agrees_with_the_crate_for_messages_of_every_length_together() {
        let bytes = noise(1200);
        let messages: Vec<&[u8]> = (0..1000)
            .map(|n| &bytes[n % 17..][..n * 7 % 1001])
            .collect();
        for count in [0, 1, 2, 3, 1000] {
            let Some(pair) = Sha256Pair::new() else {
                return;
            };
            let expected: Vec<[u8; 32]> = messages[..count]
                .iter()
                .map(|message| Sha256::digest(message).into())
                .collect();
            assert_eq!(digests(pair, &messages[..count]), expected);
        }
    }
}
