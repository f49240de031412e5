//! SHA-512/256 of eight messages side by side with AVX-512, which rotates words and joins three of them in one
//! instruction each.
//! Source: FIPS 180-4, sections 4.1.3, 4.2.3, 5.3.6.2 and 6.4.

use crate::lanes::Lanes;
use crate::side_by_side::{Hasher, Parts};
use sha2::block_api::compress512;
use std::arch::x86_64::{
    __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_ror_epi64, _mm512_set1_epi64,
    _mm512_srli_epi64, _mm512_storeu_si512, _mm512_ternarylogic_epi64,
};

const LANES: usize = 8;
const BLOCK: usize = 128;
/// Bytes of the message length at the end of the padding.
const LENGTH_FIELD: usize = 16;

/// Section 5.3.6.2.
const START: [u64; 8] = [
    0x2231_2194_fc2b_f72c,
    0x9f55_5fa3_c84c_64c2,
    0x2393_b86b_6f53_b151,
    0x9638_7719_5940_eabd,
    0x9628_3ee2_a88e_ffe3,
    0xbe5e_1e25_5386_3992,
    0x2b01_99fc_2c85_b8aa,
    0x0eb7_2ddc_81c5_2ca2,
];

/// Section 4.2.3.
const K: [u64; 80] = [
    0x428a_2f98_d728_ae22,
    0x7137_4491_23ef_65cd,
    0xb5c0_fbcf_ec4d_3b2f,
    0xe9b5_dba5_8189_dbbc,
    0x3956_c25b_f348_b538,
    0x59f1_11f1_b605_d019,
    0x923f_82a4_af19_4f9b,
    0xab1c_5ed5_da6d_8118,
    0xd807_aa98_a303_0242,
    0x1283_5b01_4570_6fbe,
    0x2431_85be_4ee4_b28c,
    0x550c_7dc3_d5ff_b4e2,
    0x72be_5d74_f27b_896f,
    0x80de_b1fe_3b16_96b1,
    0x9bdc_06a7_25c7_1235,
    0xc19b_f174_cf69_2694,
    0xe49b_69c1_9ef1_4ad2,
    0xefbe_4786_384f_25e3,
    0x0fc1_9dc6_8b8c_d5b5,
    0x240c_a1cc_77ac_9c65,
    0x2de9_2c6f_592b_0275,
    0x4a74_84aa_6ea6_e483,
    0x5cb0_a9dc_bd41_fbd4,
    0x76f9_88da_8311_53b5,
    0x983e_5152_ee66_dfab,
    0xa831_c66d_2db4_3210,
    0xb003_27c8_98fb_213f,
    0xbf59_7fc7_beef_0ee4,
    0xc6e0_0bf3_3da8_8fc2,
    0xd5a7_9147_930a_a725,
    0x06ca_6351_e003_826f,
    0x1429_2967_0a0e_6e70,
    0x27b7_0a85_46d2_2ffc,
    0x2e1b_2138_5c26_c926,
    0x4d2c_6dfc_5ac4_2aed,
    0x5338_0d13_9d95_b3df,
    0x650a_7354_8baf_63de,
    0x766a_0abb_3c77_b2a8,
    0x81c2_c92e_47ed_aee6,
    0x9272_2c85_1482_353b,
    0xa2bf_e8a1_4cf1_0364,
    0xa81a_664b_bc42_3001,
    0xc24b_8b70_d0f8_9791,
    0xc76c_51a3_0654_be30,
    0xd192_e819_d6ef_5218,
    0xd699_0624_5565_a910,
    0xf40e_3585_5771_202a,
    0x106a_a070_32bb_d1b8,
    0x19a4_c116_b8d2_d0c8,
    0x1e37_6c08_5141_ab53,
    0x2748_774c_df8e_eb99,
    0x34b0_bcb5_e19b_48a8,
    0x391c_0cb3_c5c9_5a63,
    0x4ed8_aa4a_e341_8acb,
    0x5b9c_ca4f_7763_e373,
    0x682e_6ff3_d6b2_b8a3,
    0x748f_82ee_5def_b2fc,
    0x78a5_636f_4317_2f60,
    0x84c8_7814_a1f0_ab72,
    0x8cc7_0208_1a64_39ec,
    0x90be_fffa_2363_1e28,
    0xa450_6ceb_de82_bde9,
    0xbef9_a3f7_b2c6_7915,
    0xc671_78f2_e372_532b,
    0xca27_3ece_ea26_619c,
    0xd186_b8c7_21c0_c207,
    0xeada_7dd6_cde0_eb1e,
    0xf57d_4f7f_ee6e_d178,
    0x06f0_67aa_7217_6fba,
    0x0a63_7dc5_a2c8_98a6,
    0x113f_9804_bef9_0dae,
    0x1b71_0b35_131c_471b,
    0x28db_77f5_2304_7d84,
    0x32ca_ab7b_40c7_2493,
    0x3c9e_be0a_15c9_bebc,
    0x431d_67c4_9c10_0d4c,
    0x4cc5_d4be_cb3e_42b6,
    0x597f_299c_fc65_7e2a,
    0x5fcb_6fab_3ad6_faec,
    0x6c44_198c_4a47_5817,
];

pub struct Sha512Lanes {
    /// Word by word, all lanes of a word together.
    state: [[u64; LANES]; 8],
}

impl Sha512Lanes {
    /// Null where the processor lacks the instructions.
    pub fn new() -> Option<Self> {
        (Lanes::detect() == Lanes::Avx512).then_some(Self {
            state: START.map(|word| [word; LANES]),
        })
    }

    fn lane(&self, lane: usize) -> [u64; 8] {
        self.state.map(|word| word[lane])
    }

    fn set_lane(&mut self, lane: usize, words: [u64; 8]) {
        for (row, word) in self.state.iter_mut().zip(words) {
            row[lane] = word;
        }
    }
}

impl Hasher<LANES, BLOCK> for Sha512Lanes {
    const WORTH: usize = 3;

    fn parts(message: &[u8]) -> Parts<'_, BLOCK> {
        Parts::padded_big(message, LENGTH_FIELD)
    }

    fn start(&mut self, lane: usize, _length: usize) {
        self.set_lane(lane, START);
    }

    fn step(&mut self, blocks: &[&[[u8; BLOCK]]; LANES]) {
        for (at, _) in blocks[0].iter().enumerate() {
            let words = interleave(std::array::from_fn(|lane| &blocks[lane][at]));
            // SAFETY: `new` is the only way to a `Sha512Lanes`, and it asked this processor.
            unsafe { compress(&mut self.state, &words) };
        }
    }

    fn step_alone(&mut self, lane: usize, blocks: &[[u8; BLOCK]]) {
        let mut state = self.lane(lane);
        compress512(&mut state, blocks);
        self.set_lane(lane, state);
    }

    fn digest(&self, lane: usize) -> [u8; 32] {
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(self.lane(lane)) {
            *bytes = word.to_be_bytes();
        }
        digest
    }
}

/// Never inlined, so that it is compiled without AVX-512: with it the compiler gathers the words from eight places,
/// which is slower than moving them one by one.
#[inline(never)]
fn interleave(blocks: [&[u8; BLOCK]; LANES]) -> [[u64; LANES]; 16] {
    let mut words = [[0; LANES]; 16];
    for (lane, block) in blocks.iter().enumerate() {
        for (row, &word) in words.iter_mut().zip(block.as_chunks::<8>().0) {
            row[lane] = u64::from_be_bytes(word);
        }
    }
    words
}

/// Truth tables of `_mm512_ternarylogic_epi64`: exclusive or of three, choice by the first, majority.
const XOR: i32 = 0x96;
const CHOICE: i32 = 0xca;
const MAJORITY: i32 = 0xe8;

#[target_feature(enable = "avx512f")]
fn compress(state: &mut [[u64; LANES]; 8], words: &[[u64; LANES]; 16]) {
    let before = state.map(|row| load(&row));
    let mut w = words.map(|row| load(&row));
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = before;
    for turn in 0..5 {
        for t in 0..16 {
            let k = _mm512_set1_epi64(K[turn * 16 + t].cast_signed());
            let s1 = _mm512_ternarylogic_epi64::<XOR>(
                _mm512_ror_epi64::<14>(e),
                _mm512_ror_epi64::<18>(e),
                _mm512_ror_epi64::<41>(e),
            );
            let choice = _mm512_ternarylogic_epi64::<CHOICE>(e, f, g);
            let t1 = add(add(add(h, add(w[t], k)), choice), s1);
            let s0 = _mm512_ternarylogic_epi64::<XOR>(
                _mm512_ror_epi64::<28>(a),
                _mm512_ror_epi64::<34>(a),
                _mm512_ror_epi64::<39>(a),
            );
            let majority = _mm512_ternarylogic_epi64::<MAJORITY>(a, b, c);
            h = g;
            g = f;
            f = e;
            e = add(d, t1);
            d = c;
            c = b;
            b = a;
            a = add(t1, add(s0, majority));

            let early = w[(t + 1) % 16];
            let late = w[(t + 14) % 16];
            let s0 = _mm512_ternarylogic_epi64::<XOR>(
                _mm512_ror_epi64::<1>(early),
                _mm512_ror_epi64::<8>(early),
                _mm512_srli_epi64::<7>(early),
            );
            let s1 = _mm512_ternarylogic_epi64::<XOR>(
                _mm512_ror_epi64::<19>(late),
                _mm512_ror_epi64::<61>(late),
                _mm512_srli_epi64::<6>(late),
            );
            w[t] = add(add(w[t], s0), add(w[(t + 9) % 16], s1));
        }
    }
    let after = [a, b, c, d, e, f, g, h];
    for i in 0..8 {
        store(&mut state[i], add(before[i], after[i]));
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn add(left: __m512i, right: __m512i) -> __m512i {
    _mm512_add_epi64(left, right)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(row: &[u64; LANES]) -> __m512i {
    // SAFETY: the reference is to 64 bytes, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(row.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn store(row: &mut [u64; LANES], value: __m512i) {
    // SAFETY: the reference is to 64 bytes, and the store asks for no alignment.
    unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), value) }
}

#[cfg(test)]
mod tests {
    use super::Sha512Lanes;
    use crate::side_by_side::digests;
    use crate::testing::noise;
    use sha2::{Digest, Sha512_256};

    #[test]
    fn agrees_with_the_crate_for_messages_of_every_length_together() {
        let bytes = noise(1200);
        let messages: Vec<&[u8]> = (0..1000)
            .map(|n| &bytes[n % 17..][..n * 7 % 1001])
            .collect();
        for count in [0, 1, 2, 3, 8, 9, 1000] {
            let Some(lanes) = Sha512Lanes::new() else {
                return;
            };
            let expected: Vec<[u8; 32]> = messages[..count]
                .iter()
                .map(|message| Sha512_256::digest(message).into())
                .collect();
            assert_eq!(digests(lanes, &messages[..count]), expected);
        }
    }
}
