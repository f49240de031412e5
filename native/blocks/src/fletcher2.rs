//! fletcher2: two interleaved streams of 64-bit words, two sums each modulo 2^64. No Node here.

use crate::lanes::{Lanes, by_lanes};

/// Words summed side by side; even lanes belong to the first stream, odd ones to the second.
const WIDTH: usize = 16;
const STRIDE: usize = WIDTH * 8;
/// Below this many bytes, putting the lanes together costs more than they save.
const SHORT: usize = 4 * STRIDE;

/// The sums as ZFS stores them: first sums of both streams, then second sums. A remainder of fewer than 16 bytes is
/// ignored.
///
/// Source: module/zcommon/zfs_fletcher.c, fletcher_2_incremental_native and fletcher_2_incremental_byteswap.
pub fn fletcher2(bytes: &[u8], little_endian: bool) -> [u64; 4] {
    fletcher2_with(Lanes::detect(), bytes, little_endian)
}

by_lanes! {
    /// The same, with instructions that the caller has found to be there.
    pub fn fletcher2_with = in_order
}

#[inline(always)]
fn in_order(bytes: &[u8], little_endian: bool) -> [u64; 4] {
    if little_endian {
        sum(bytes, u64::from_le_bytes)
    } else {
        sum(bytes, u64::from_be_bytes)
    }
}

#[inline(always)]
fn sum(bytes: &[u8], decode: impl Fn([u8; 8]) -> u64 + Copy) -> [u64; 4] {
    if bytes.len() < SHORT {
        return sum_pairs([0; 4], bytes, decode);
    }
    let (rows, rest) = bytes.as_chunks::<STRIDE>();
    let mut first = [0u64; WIDTH];
    let mut second = [0u64; WIDTH];
    for row in rows {
        let (words, _) = row.as_chunks::<8>();
        for lane in 0..WIDTH {
            first[lane] = first[lane].wrapping_add(decode(words[lane]));
            second[lane] = second[lane].wrapping_add(first[lane]);
        }
    }
    // A word that is the r-th from the end of its lane is followed by (WIDTH / 2) * r - 1 - lane / 2 others of its
    // stream, and that and itself is how often the second sum counts it.
    let mut sums = [0u64; 4];
    for lane in 0..WIDTH {
        let stream = lane % 2;
        let all = second[lane].wrapping_mul(WIDTH as u64 / 2);
        let before = first[lane].wrapping_mul(lane as u64 / 2);
        sums[stream] = sums[stream].wrapping_add(first[lane]);
        sums[2 + stream] = sums[2 + stream].wrapping_add(all.wrapping_sub(before));
    }
    sum_pairs(sums, rest, decode)
}

#[inline(always)]
fn sum_pairs(sums: [u64; 4], bytes: &[u8], decode: impl Fn([u8; 8]) -> u64) -> [u64; 4] {
    let [mut a0, mut a1, mut b0, mut b1] = sums;
    for pair in bytes.as_chunks::<16>().0 {
        let (words, _) = pair.as_chunks::<8>();
        a0 = a0.wrapping_add(decode(words[0]));
        a1 = a1.wrapping_add(decode(words[1]));
        b0 = b0.wrapping_add(a0);
        b1 = b1.wrapping_add(a1);
    }
    [a0, a1, b0, b1]
}

#[cfg(test)]
mod tests {
    use super::{fletcher2, fletcher2_with, sum_pairs};
    use crate::lanes::Lanes;
    use crate::testing::{noise, ramp};

    #[test]
    fn gives_the_words_that_openzfs_gives_for_ramps() {
        let vectors = [
            (
                512,
                true,
                "efcfaf8f6f4f2f00:f0d0b09070503000:4a38261401efdd00:dac8b6a492806d80",
            ),
            (
                512,
                false,
                "0f2f4f6f8fafcfe0:1030507090b0d0e0:cfe1f406182a3b70:60728496a8bacbf0",
            ),
            (
                4096,
                true,
                "7e7d7c7b7a797800:8685848382818000:a8a7a6a5a4a36800:b0afaeadacab6c00",
            ),
            (
                4096,
                false,
                "797a7b7c7d7e7f00:8182838485868700:a4a5a6a7a8a96b80:acadaeafb0b16f80",
            ),
        ];
        for (length, little_endian, words) in vectors {
            let [a0, a1, b0, b1] = fletcher2(&ramp(length), little_endian);
            assert_eq!(format!("{a0:016x}:{a1:016x}:{b0:016x}:{b1:016x}"), words);
        }
    }

    #[test]
    fn follows_the_definition_with_every_instruction_set_at_every_length_and_alignment() {
        let bytes = noise(4096);
        for lanes in Lanes::all_here() {
            for length in 0..2048 {
                let part = &bytes[length % 19..][..length];
                let little = sum_pairs([0; 4], part, u64::from_le_bytes);
                assert_eq!(
                    fletcher2_with(lanes, part, true),
                    little,
                    "{lanes:?} {length}"
                );
                let big = sum_pairs([0; 4], part, u64::from_be_bytes);
                assert_eq!(
                    fletcher2_with(lanes, part, false),
                    big,
                    "{lanes:?} {length}"
                );
            }
        }
    }
}
