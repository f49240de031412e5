//! Ranges of a buffer as JavaScript hands them over, and the algorithms by number. No Node here.

use crate::fletcher2::fletcher2;
use crate::fletcher4::fletcher4;
use crate::sha2_words::{sha256, sha256_many, sha512_256, sha512_256_many};

/// Numbers are shared with src/node/addon.ts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Fletcher2,
    Fletcher4,
    Sha256,
    Sha512,
}

impl Algorithm {
    pub fn from_number(number: u32) -> Option<Self> {
        match number {
            0 => Some(Self::Fletcher2),
            1 => Some(Self::Fletcher4),
            2 => Some(Self::Sha256),
            3 => Some(Self::Sha512),
            _ => None,
        }
    }

    pub fn words(self, bytes: &[u8], little_endian: bool) -> [u64; 4] {
        match self {
            Self::Fletcher2 => fletcher2(bytes, little_endian),
            Self::Fletcher4 => fletcher4(bytes, little_endian),
            Self::Sha256 => sha256(bytes),
            Self::Sha512 => sha512_256(bytes, little_endian),
        }
    }
}

/// Checks ranges given as offset, length, offset, length... in bytes.
///
/// Returns the ranges, or what is wrong with the first that does not lie in a buffer of `size` bytes.
pub fn ranges(spans: &[f64], size: usize) -> Result<Vec<(usize, usize)>, String> {
    let (pairs, rest) = spans.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("spans are pairs of offset and length".to_owned());
    }
    pairs
        .iter()
        .enumerate()
        .map(|(index, &[offset, length])| {
            whole(offset, length, size).ok_or_else(|| {
                format!("span {index}: {length} bytes at {offset} do not lie in {size} bytes")
            })
        })
        .collect()
}

/// A range of a buffer of `size` bytes; None where it does not lie in it.
pub fn whole(offset: f64, length: f64, size: usize) -> Option<(usize, usize)> {
    // A cast from f64 saturates, so only whole numbers inside the buffer may reach it.
    let whole = offset.trunc() == offset && length.trunc() == length;
    let inside = offset >= 0.0 && length >= 0.0 && offset + length <= size as f64;
    (whole && inside).then_some((offset as usize, length as usize))
}

/// Four words a range, in their order. Ranges come from `ranges` with the size of `buffer`; one that does not fit the
/// buffer sums as empty.
pub fn checksums(
    algorithm: Algorithm,
    buffer: &[u8],
    ranges: &[(usize, usize)],
    little_endian: bool,
) -> Vec<u64> {
    let parts: Vec<&[u8]> = ranges
        .iter()
        .map(|&(offset, length)| buffer.get(offset..offset + length).unwrap_or_default())
        .collect();
    match algorithm {
        Algorithm::Sha256 => sha256_many(&parts).concat(),
        Algorithm::Sha512 => sha512_256_many(&parts, little_endian).concat(),
        Algorithm::Fletcher2 | Algorithm::Fletcher4 => {
            let mut words = Vec::with_capacity(parts.len() * 4);
            for part in parts {
                words.extend_from_slice(&algorithm.words(part, little_endian));
            }
            words
        }
    }
}

/// The plainest read of a buffer: the sum of its 64-bit words. The benchmark's measure of how fast memory can be read.
pub fn sum_words(bytes: &[u8]) -> u64 {
    let mut sum = 0u64;
    for &word in bytes.as_chunks::<8>().0 {
        sum = sum.wrapping_add(u64::from_le_bytes(word));
    }
    sum
}

/// Bytes up to the last that is not zero.
pub fn used_length(bytes: &[u8]) -> usize {
    let zeros = bytes
        .rchunks(STRIDE)
        .take_while(|part| is_zero(part))
        .map(<[u8]>::len);
    let end = bytes.len() - zeros.sum::<usize>();
    bytes[..end]
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1)
}

/// As many as the registers take at once some times over.
const STRIDE: usize = 256;

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}

#[cfg(test)]
mod tests {
    use super::{Algorithm, checksums, ranges, sum_words, used_length};
    use crate::testing::ramp;

    #[test]
    fn refuses_ranges_outside_the_buffer() {
        for bad in [
            [0.0, 101.0],
            [100.0, 1.0],
            [-1.0, 1.0],
            [0.0, -1.0],
            [0.5, 1.0],
            [f64::NAN, 1.0],
            [0.0, f64::NAN],
            [f64::INFINITY, 1.0],
            [1e300, 1e300],
        ] {
            assert!(ranges(&bad, 100).is_err(), "{bad:?}");
        }
        assert!(ranges(&[0.0], 100).is_err());
        assert_eq!(
            ranges(&[0.0, 100.0, 100.0, 0.0], 100),
            Ok(vec![(0, 100), (100, 0)])
        );
    }

    #[test]
    fn sums_each_range_as_if_it_were_alone() {
        let bytes = ramp(1000);
        for number in 0..4 {
            let algorithm = Algorithm::from_number(number).unwrap();
            let words = checksums(algorithm, &bytes, &[(3, 700), (0, 0), (999, 1)], true);
            assert_eq!(words[0..4], algorithm.words(&bytes[3..703], true));
            assert_eq!(words[4..8], algorithm.words(&[], true));
            assert_eq!(words[8..12], algorithm.words(&bytes[999..], true));
        }
        assert_eq!(Algorithm::from_number(4), None);
    }

    #[test]
    fn adds_up_whole_words_alone() {
        assert_eq!(sum_words(&[1, 0, 0, 0, 0, 0, 0, 1, 2, 0]), (1 << 56) + 1);
    }

    #[test]
    fn finds_the_last_byte_that_is_not_zero() {
        for length in (0..600).chain([4096]) {
            let mut bytes = vec![0; length];
            assert_eq!(used_length(&bytes), 0);
            for at in (0..length).step_by(97) {
                bytes[at] = 1;
                assert_eq!(used_length(&bytes), at + 1);
            }
        }
    }
}
