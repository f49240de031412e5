//! Skein-512 with a 256-bit digest and a MAC key. No Node here.
//!
//! The block cipher is the crate `threefish`. Source: The Skein Hash Function Family 1.3

use threefish::Threefish512;

const BLOCK: usize = 64;
/// "SHA3", version 1, then the digest's length in bits; no tree. Source: 3.5.2
const CONFIGURATION: [u8; 32] = {
    let mut bytes = [0; 32];
    (bytes[0], bytes[1], bytes[2], bytes[3]) = (0x53, 0x48, 0x41, 0x33);
    (bytes[4], bytes[9]) = (1, 1);
    bytes
};
/// What a block is for, the upper byte of the tweak. Source: table 6
const KEY: u8 = 0;
const CONFIG: u8 = 4;
const MESSAGE: u8 = 48;
const OUTPUT: u8 = 63;
const FIRST: u8 = 0x40;
const FINAL: u8 = 0x80;

/// Source: module/zfs/skein_zfs.c, abd_checksum_skein_tmpl_init
pub fn skein(salt: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    let mut chain = [0; 8];
    work_in(&mut chain, salt, KEY);
    work_in(&mut chain, &CONFIGURATION, CONFIG);
    work_in(&mut chain, bytes, MESSAGE);
    work_in(&mut chain, &[0; 8], OUTPUT);
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(chain) {
        *bytes = word.to_le_bytes();
    }
    digest
}

/// Unique block iteration: the last block (there always is one) is filled with zeros.
fn work_in(chain: &mut [u64; 8], bytes: &[u8], kind: u8) {
    let mut rest = bytes;
    let mut position = 0;
    let mut flags = FIRST;
    while let Some((block, after)) = rest.split_first_chunk::<BLOCK>() {
        if after.is_empty() {
            break;
        }
        position += BLOCK;
        compress(chain, block, position, kind | flags);
        flags = 0;
        rest = after;
    }
    let mut last = [0; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    compress(chain, &last, bytes.len(), kind | flags | FINAL);
}

/// One block of the cipher, keyed by the chain, and the feed-forward. Source: 3.3 and 3.4
fn compress(chain: &mut [u64; 8], block: &[u8; BLOCK], position: usize, kind: u8) {
    let tweak = [position as u64, u64::from(kind) << 56];
    let cipher = Threefish512::new_with_tweak_u64(chain, &tweak);
    let mut words = [0; 8];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    let plain = words;
    cipher.encrypt_block_u64(&mut words);
    for (value, (one, other)) in chain.iter_mut().zip(words.into_iter().zip(plain)) {
        *value = one ^ other;
    }
}
