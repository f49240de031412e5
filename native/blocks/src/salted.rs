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
    pub fn words(self, salt: &[u8; SALT], bytes: &[u8], little_endian: bool) -> [u64; 4] {
        self.words_of_each(salt, &[bytes], little_endian)
            .first()
            .copied()
            .unwrap_or_default()
    }

    /// The same of many messages: several side by side where the processor has the instructions for it.
    ///
    /// Source: module/zfs/skein_zfs.c, edonr_zfs.c and blake3_zfs.c
    pub fn words_of_each(
        self,
        salt: &[u8; SALT],
        messages: &[&[u8]],
        little_endian: bool,
    ) -> Vec<[u64; 4]> {
        let digests = match self {
            Self::Skein => skein(salt, messages),
            Self::Edonr => edonr(salt, messages),
            // The crate has the vectors for the parts of one message.
            Self::Blake3 => messages
                .iter()
                .map(|message| *blake3::keyed_hash(salt, message).as_bytes())
                .collect(),
        };
        digests
            .iter()
            .map(|digest| words_of_block(digest, little_endian))
            .collect()
    }
}
