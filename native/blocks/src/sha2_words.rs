//! SHA-2 digests as ZFS keeps them: four 64-bit words. No Node here.
//!
//! The hashing is the crate `sha2`, which asks the processor for its SHA instructions when it runs.

#[cfg(target_arch = "x86_64")]
use crate::{sha256_pair::Sha256Pair, sha512_lanes::Sha512Lanes, side_by_side::digests};
use sha2::{Digest, Sha256, Sha512_256};

/// Four big-endian words, whatever the byte order of the block.
///
/// Source: module/zfs/sha2_zfs.c, abd_checksum_sha256.
pub fn sha256(bytes: &[u8]) -> [u64; 4] {
    words(&Sha256::digest(bytes), u64::from_be_bytes)
}

/// SHA-512/256, its digest read as words in the byte order of the block.
///
/// Source: module/zfs/sha2_zfs.c, abd_checksum_sha512_native and abd_checksum_sha512_byteswap.
pub fn sha512_256(bytes: &[u8], little_endian: bool) -> [u64; 4] {
    words_of_block(&Sha512_256::digest(bytes), little_endian)
}

/// The same for many messages: several side by side where the processor has the instructions for it.
pub fn sha256_many(messages: &[&[u8]]) -> Vec<[u64; 4]> {
    #[cfg(target_arch = "x86_64")]
    if let Some(pair) = Sha256Pair::new() {
        return digests(pair, messages)
            .iter()
            .map(|digest| words(digest, u64::from_be_bytes))
            .collect();
    }
    messages.iter().map(|message| sha256(message)).collect()
}

/// The same for many messages: several side by side where the processor has the instructions for it.
pub fn sha512_256_many(messages: &[&[u8]], little_endian: bool) -> Vec<[u64; 4]> {
    #[cfg(target_arch = "x86_64")]
    if let Some(lanes) = Sha512Lanes::new() {
        return digests(lanes, messages)
            .iter()
            .map(|digest| words_of_block(digest, little_endian))
            .collect();
    }
    messages
        .iter()
        .map(|message| sha512_256(message, little_endian))
        .collect()
}

pub fn words_of_block(digest: &[u8], little_endian: bool) -> [u64; 4] {
    if little_endian {
        words(digest, u64::from_le_bytes)
    } else {
        words(digest, u64::from_be_bytes)
    }
}

fn words(digest: &[u8], decode: impl Fn([u8; 8]) -> u64) -> [u64; 4] {
    let mut out = [0; 4];
    for (word, bytes) in out.iter_mut().zip(digest.as_chunks::<8>().0) {
        *word = decode(*bytes);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{sha256, sha512_256};
    use crate::testing::ramp;

    #[test]
    fn gives_the_words_that_openzfs_gives_for_ramps() {
        let bytes = ramp(4096);
        assert_eq!(
            sha256(&bytes),
            [
                0xc8f5_d034_1d54_d951,
                0xa71b_136e_6e2a_fcb1,
                0x4d11_ed84_89a7_ae12,
                0x6a8f_ee0d_f6ec_f193
            ]
        );
        let little = [
            0xbcd5_9d0d_fbbe_88c5,
            0xf291_6d30_d172_f099,
            0x5778_128f_1717_b099,
            0x5c1a_86c3_61e4_10c3,
        ];
        assert_eq!(sha512_256(&bytes, true), little);
        assert_eq!(sha512_256(&bytes, false), little.map(u64::swap_bytes));
    }
}
