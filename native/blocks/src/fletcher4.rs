//! fletcher4: four running sums modulo 2^64 over 32-bit words. No Node here.

use crate::lanes::{Lanes, by_lanes};

/// Words summed side by side: two registers of AVX-512, four of AVX2, eight of NEON and SSE2.
const WIDTH: usize = 16;
const STRIDE: usize = WIDTH * 4;
/// Below this many bytes, putting the lanes together costs more than they save.
const SHORT: usize = 4 * STRIDE;

/// The four sums in the order ZFS stores them; a remainder of fewer than four bytes is ignored.
///
/// Source: module/zcommon/zfs_fletcher.c, fletcher_4_scalar_native and fletcher_4_scalar_byteswap.
pub fn fletcher4(bytes: &[u8], little_endian: bool) -> [u64; 4] {
    fletcher4_with(Lanes::detect(), bytes, little_endian)
}

by_lanes! {
    /// The same, with instructions that the caller has found to be there.
    pub fn fletcher4_with = in_order
}

#[inline(always)]
fn in_order(bytes: &[u8], little_endian: bool) -> [u64; 4] {
    if little_endian {
        sum(bytes, u32::from_le_bytes)
    } else {
        sum(bytes, u32::from_be_bytes)
    }
}

#[inline(always)]
fn sum(bytes: &[u8], decode: impl Fn([u8; 4]) -> u32 + Copy) -> [u64; 4] {
    if bytes.len() < SHORT {
        return sum_words([0; 4], bytes, decode);
    }
    let (rows, rest) = bytes.as_chunks::<STRIDE>();
    let mut lanes = [[0u64; WIDTH]; 4];
    for row in rows {
        let (words, _) = row.as_chunks::<4>();
        for lane in 0..WIDTH {
            lanes[0][lane] = lanes[0][lane].wrapping_add(u64::from(decode(words[lane])));
            lanes[1][lane] = lanes[1][lane].wrapping_add(lanes[0][lane]);
            lanes[2][lane] = lanes[2][lane].wrapping_add(lanes[1][lane]);
            lanes[3][lane] = lanes[3][lane].wrapping_add(lanes[2][lane]);
        }
    }
    sum_words(join(&lanes), rest, decode)
}

#[inline(always)]
fn sum_words(sums: [u64; 4], bytes: &[u8], decode: impl Fn([u8; 4]) -> u32) -> [u64; 4] {
    let [mut a, mut b, mut c, mut d] = sums;
    for &word in bytes.as_chunks::<4>().0 {
        a = a.wrapping_add(u64::from(decode(word)));
        b = b.wrapping_add(a);
        c = c.wrapping_add(b);
        d = d.wrapping_add(c);
    }
    [a, b, c, d]
}

/// Turns the sums of interleaved lanes into the sums of the whole sequence.
///
/// In sum number k a word that is the r-th from the end weighs the binomial (r + k - 1 over k). Lane j holds the words
/// that are WIDTH * r - j from the end, r-th from the end of the lane. So the weight in the whole is a polynomial in r
/// of degree k, and `JOIN` holds it in terms of the weights 0 to k within the lane.
fn join(lanes: &[[u64; WIDTH]; 4]) -> [u64; 4] {
    let mut joined = [0u64; 4];
    for lane in 0..WIDTH {
        for (k, total) in joined.iter_mut().enumerate() {
            for i in 0..=k {
                *total = total.wrapping_add(JOIN[lane][k][i].wrapping_mul(lanes[i][lane]));
            }
        }
    }
    joined
}

/// `JOIN[j][k][i]`: how often sum i of lane j counts in sum k. The polynomials (r + i - 1 over i) vanish at 0, -1 ...
/// 1 - i, so the coefficients are the backward differences at 0.
const JOIN: [[[u64; 4]; 4]; WIDTH] = {
    let mut table = [[[0u64; 4]; 4]; WIDTH];
    let mut lane = 0;
    while lane < WIDTH {
        let mut k = 0;
        while k < 4 {
            let mut differences = [0i64; 4];
            let mut r = 0;
            while r < 4 {
                differences[r] = weight(k, -(r as i64) * WIDTH as i64 - lane as i64);
                r += 1;
            }
            let mut order = 1;
            while order < 4 {
                let mut at = 3;
                while at >= order {
                    differences[at] = differences[at - 1] - differences[at];
                    at -= 1;
                }
                order += 1;
            }
            let mut i = 0;
            while i < 4 {
                table[lane][k][i] = differences[i] as u64;
                i += 1;
            }
            k += 1;
        }
        lane += 1;
    }
    table
};

/// (r + k - 1 over k), continued to r below 1.
const fn weight(k: usize, r: i64) -> i64 {
    match k {
        0 => 1,
        1 => r,
        2 => r * (r + 1) / 2,
        _ => r * (r + 1) * (r + 2) / 6,
    }
}

#[cfg(test)]
mod tests {
    use super::{fletcher4, fletcher4_with, sum_words};
    use crate::lanes::Lanes;
    use crate::testing::{noise, ramp};

    #[test]
    fn gives_the_words_that_openzfs_gives_for_ramps() {
        let vectors = [
            (
                512,
                true,
                "00000040c03fbf00:00000da342e27500:000214fa7f828a80:003d9765c9f3c980",
            ),
            (
                512,
                false,
                "0000003f3fc04080:00000d4262c315c0:000204948f886b00:003b7e5b56b441e0",
            ),
            (
                4096,
                true,
                "0000020601fdf800:0003f79d9385a800:053e7f19ab335400:3422b083068a4c00",
            ),
            (
                4096,
                false,
                "000001f9fe020400:0003df8f999fae00:051e5c6dd1f75800:13e7eaa8e7a14f00",
            ),
        ];
        for (length, little_endian, words) in vectors {
            let [a, b, c, d] = fletcher4(&ramp(length), little_endian);
            assert_eq!(format!("{a:016x}:{b:016x}:{c:016x}:{d:016x}"), words);
        }
    }

    #[test]
    fn follows_the_definition_with_every_instruction_set_at_every_length_and_alignment() {
        let bytes = noise(2048);
        for lanes in Lanes::all_here() {
            for length in 0..1024 {
                let part = &bytes[length % 19..][..length];
                let little = sum_words([0; 4], part, u32::from_le_bytes);
                assert_eq!(
                    fletcher4_with(lanes, part, true),
                    little,
                    "{lanes:?} {length}"
                );
                let big = sum_words([0; 4], part, u32::from_be_bytes);
                assert_eq!(
                    fletcher4_with(lanes, part, false),
                    big,
                    "{lanes:?} {length}"
                );
            }
        }
    }

    #[test]
    fn wraps_where_sums_pass_64_bits() {
        let bytes = vec![0xff; 16 << 20];
        let plain = sum_words([0; 4], &bytes, u32::from_le_bytes);
        for lanes in Lanes::all_here() {
            assert_eq!(fletcher4_with(lanes, &bytes, true), plain);
        }
    }
}
