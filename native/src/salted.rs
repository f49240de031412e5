//! Checksums that depend on a pool's salt. No Node here.

use crate::edonr::edonr;
use crate::sha2_words::words_of_block;
use crate::skein::skein;

pub const SALT: usize = 32;

/// Numbers are shared with src/node/addon.ts, and go on from those of `spans::Algorithm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaltedAlgorithm {
    Skein,
    Edonr,
    Blake3,
}

impl SaltedAlgorithm {
    pub fn from_number(number: u32) -> Option<Self> {
        match number {
            4 => Some(Self::Skein),
            5 => Some(Self::Edonr),
            6 => Some(Self::Blake3),
            _ => None,
        }
    }

    /// The digest, read as words in the byte order of the block.
    ///
    /// Source: module/zfs/skein_zfs.c, edonr_zfs.c and blake3_zfs.c
    pub fn words(self, salt: &[u8; SALT], bytes: &[u8], little_endian: bool) -> [u64; 4] {
        let digest = match self {
            Self::Skein => skein(salt, bytes),
            Self::Edonr => edonr(salt, bytes),
            Self::Blake3 => *blake3::keyed_hash(salt, bytes).as_bytes(),
        };
        words_of_block(&digest, little_endian)
    }
}
