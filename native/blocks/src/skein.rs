//! Skein-512 with a 256-bit digest and a MAC key, of many messages. No Node here, and no crate does several side by side.
//!
//! Source: The Skein Hash Function Family 1.3

#[cfg(target_arch = "x86_64")]
use crate::words::{Avx2, Avx512};
use crate::{
    side_by_side::{Hasher, Parts, digests},
    words::{Alone, Words, Work, interleave},
};

const BLOCK: usize = 64;
const WORDS: usize = 8;
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

/// The last word of the key is the exclusive or of the others and this. Source: 3.3.2
const PARITY: u64 = 0x1bd1_1bda_a9fc_1a22;
/// Subkeys; four rounds between two of them. Source: 3.3
const SUBKEYS: usize = 19;
/// Words of the key in turn, as far as the last subkey goes.
const KEY_WORDS: usize = SUBKEYS - 1 + WORDS;
/// Source: table 4
const ROTATIONS: [[u32; 4]; 8] = [
    [46, 36, 19, 37],
    [33, 27, 14, 42],
    [17, 49, 36, 39],
    [44, 9, 54, 56],
    [39, 30, 34, 24],
    [13, 50, 10, 17],
    [25, 29, 39, 43],
    [8, 35, 56, 22],
];

/// Digests of the messages, in their order.
///
/// Source: module/zfs/skein_zfs.c, abd_checksum_skein_tmpl_init
pub fn skein(salt: &[u8; 32], messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let seed = seed_of(salt);
    #[cfg(target_arch = "x86_64")]
    if messages.len() > 1 {
        if let Some(words) = Avx512::new() {
            return digests(Chains::new(words, seed), messages);
        }
        if let Some(words) = Avx2::new() {
            return digests(Chains::new(words, seed), messages);
        }
    }
    digests(Chains::new(Alone, seed), messages)
}

/// The chain that every message begins with.
fn seed_of(salt: &[u8; 32]) -> [u64; WORDS] {
    let mut seed = [0; WORDS];
    work_in(&mut seed, salt, KEY);
    work_in(&mut seed, &CONFIGURATION, CONFIG);
    seed
}

/// Hashes a few bytes, all of one kind, that are at most a block.
fn work_in(chain: &mut [u64; WORDS], bytes: &[u8], kind: u8) {
    let mut block = [0; BLOCK];
    block[..bytes.len()].copy_from_slice(bytes);
    let tweak = [bytes.len() as u64, tweak_of(kind | FIRST | FINAL)];
    compress_alone(chain, &block, tweak);
}

fn compress_alone(chain: &mut [u64; WORDS], block: &[u8; BLOCK], [position, flags]: [u64; 2]) {
    let mut row = chain.map(|word| [word]);
    let words = interleave([block]);
    compress(Alone, &mut row, &words, &[position], &[flags]);
    *chain = row.map(|[word]| word);
}

fn tweak_of(flags: u8) -> u64 {
    u64::from(flags) << 56
}

/// The chains of the messages, and how far each is.
struct Chains<S, const LANES: usize> {
    words: S,
    seed: [u64; WORDS],
    /// Word by word, all lanes of a word together.
    chains: [[u64; LANES]; WORDS],
    /// Bytes of the message.
    lengths: [u64; LANES],
    /// Bytes that are worked in.
    positions: [u64; LANES],
}

impl<S: Words<LANES>, const LANES: usize> Chains<S, LANES> {
    fn new(words: S, seed: [u64; WORDS]) -> Self {
        Self {
            words,
            seed,
            chains: seed.map(|word| [word; LANES]),
            lengths: [0; LANES],
            positions: [0; LANES],
        }
    }

    /// The tweak of the next block of a lane, which is worked in with it. Source: 3.5.1
    fn next(&mut self, lane: usize) -> [u64; 2] {
        let (before, length) = (self.positions[lane], self.lengths[lane]);
        let after = before + BLOCK as u64;
        self.positions[lane] = after.min(length);
        let first = if before == 0 { FIRST } else { 0 };
        let last = if after >= length { FINAL } else { 0 };
        [after.min(length), tweak_of(MESSAGE | first | last)]
    }

    fn lane(&self, lane: usize) -> [u64; WORDS] {
        self.chains.map(|word| word[lane])
    }

    fn set_lane(&mut self, lane: usize, words: [u64; WORDS]) {
        for (row, word) in self.chains.iter_mut().zip(words) {
            row[lane] = word;
        }
    }
}

impl<S: Words<LANES>, const LANES: usize> Hasher<LANES, BLOCK> for Chains<S, LANES> {
    const WORTH: usize = 2;

    /// The last block (there always is one) is filled with zeros.
    fn parts(message: &[u8]) -> Parts<'_, BLOCK> {
        let last = message.len().saturating_sub(1) / BLOCK * BLOCK;
        let mut tail = [[0; BLOCK]; 2];
        tail[1][..message.len() - last].copy_from_slice(&message[last..]);
        Parts {
            body: message[..last].as_chunks().0,
            tail,
            tail_left: 1,
        }
    }

    fn start(&mut self, lane: usize, length: usize) {
        self.set_lane(lane, self.seed);
        self.lengths[lane] = length as u64;
        self.positions[lane] = 0;
    }

    fn step(&mut self, blocks: &[&[[u8; BLOCK]]; LANES]) {
        for (at, _) in blocks[0].iter().enumerate() {
            let tweaks: [[u64; 2]; LANES] = std::array::from_fn(|lane| self.next(lane));
            self.words.run(Step {
                chains: &mut self.chains,
                blocks: &interleave(std::array::from_fn(|lane| &blocks[lane][at])),
                positions: &tweaks.map(|[position, _]| position),
                flags: &tweaks.map(|[_, flags]| flags),
            });
        }
    }

    fn step_alone(&mut self, lane: usize, blocks: &[[u8; BLOCK]]) {
        let mut chain = self.lane(lane);
        for block in blocks {
            compress_alone(&mut chain, block, self.next(lane));
        }
        self.set_lane(lane, chain);
    }

    fn digest(&self, lane: usize) -> [u8; 32] {
        let mut chain = self.lane(lane);
        work_in(&mut chain, &[0; 8], OUTPUT);
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(chain) {
            *bytes = word.to_le_bytes();
        }
        digest
    }
}

struct Step<'a, const LANES: usize> {
    chains: &'a mut [[u64; LANES]; WORDS],
    blocks: &'a [[u64; LANES]; WORDS],
    positions: &'a [u64; LANES],
    flags: &'a [u64; LANES],
}

impl<const LANES: usize> Work<LANES> for Step<'_, LANES> {
    #[inline(always)]
    fn run<S: Words<LANES>>(self, words: S) {
        compress(words, self.chains, self.blocks, self.positions, self.flags);
    }
}

/// One block of each message through the cipher, keyed by the chain, and the feed-forward. Source: 3.3 and 3.4
#[inline(always)]
fn compress<S: Words<LANES>, const LANES: usize>(
    side: S,
    chains: &mut [[u64; LANES]; WORDS],
    blocks: &[[u64; LANES]; WORDS],
    positions: &[u64; LANES],
    flags: &[u64; LANES],
) {
    let mut plain = [side.all(0); WORDS];
    for (word, row) in plain.iter_mut().zip(blocks) {
        *word = side.load(row);
    }
    // Key and tweak as often as their words are met in turn.
    let mut key = [side.all(PARITY); KEY_WORDS];
    for (i, row) in chains.iter().enumerate() {
        key[i] = side.load(row);
        key[WORDS] = side.xor(key[WORDS], key[i]);
    }
    for i in WORDS + 1..key.len() {
        key[i] = key[i - WORDS - 1];
    }
    let (first, second) = (side.load(positions), side.load(flags));
    let mut tweak = [first; SUBKEYS + 1];
    for (i, word) in tweak.iter_mut().enumerate() {
        *word = [first, second, side.xor(first, second)][i % 3];
    }
    let mut x = plain;
    for s in (0..SUBKEYS - 1).step_by(2) {
        x = subkey(side, x, &key, &tweak, s);
        x = round(side, x, ROTATIONS[0]);
        x = round(side, x, ROTATIONS[1]);
        x = round(side, x, ROTATIONS[2]);
        x = round(side, x, ROTATIONS[3]);
        x = subkey(side, x, &key, &tweak, s + 1);
        x = round(side, x, ROTATIONS[4]);
        x = round(side, x, ROTATIONS[5]);
        x = round(side, x, ROTATIONS[6]);
        x = round(side, x, ROTATIONS[7]);
    }
    x = subkey(side, x, &key, &tweak, SUBKEYS - 1);
    for (i, row) in chains.iter_mut().enumerate() {
        *row = side.store(side.xor(x[i], plain[i]));
    }
}

/// Adds a subkey. Source: 3.3.2
#[inline(always)]
fn subkey<S: Words<LANES>, const LANES: usize>(
    side: S,
    mut x: [S::Word; WORDS],
    key: &[S::Word; KEY_WORDS],
    tweak: &[S::Word; SUBKEYS + 1],
    s: usize,
) -> [S::Word; WORDS] {
    for (i, word) in x.iter_mut().enumerate() {
        *word = side.add(*word, key[s + i]);
    }
    x[5] = side.add(x[5], tweak[s]);
    x[6] = side.add(x[6], tweak[s + 1]);
    x[7] = side.add(x[7], side.all(s as u64));
    x
}

/// Four mixes and the permutation. Source: 3.3.1, table 3
#[inline(always)]
fn round<S: Words<LANES>, const LANES: usize>(
    side: S,
    [a, b, c, d, e, f, g, h]: [S::Word; WORDS],
    [first, second, third, fourth]: [u32; 4],
) -> [S::Word; WORDS] {
    let (a, b) = mix(side, a, b, first);
    let (c, d) = mix(side, c, d, second);
    let (e, f) = mix(side, e, f, third);
    let (g, h) = mix(side, g, h, fourth);
    [c, b, e, h, g, f, a, d]
}

#[inline(always)]
fn mix<S: Words<LANES>, const LANES: usize>(
    side: S,
    left: S::Word,
    right: S::Word,
    by: u32,
) -> (S::Word, S::Word) {
    let sum = side.add(left, right);
    (sum, side.xor(side.rotate_left(right, by), sum))
}

#[cfg(test)]
mod tests {
    use super::{Chains, seed_of, skein};
    use crate::{sha2_words::words_of_block, side_by_side::digests, testing::noise, words::Alone};

    #[test]
    fn gives_the_words_that_typescript_gives() {
        let bytes: Vec<u8> = (0..1016).map(|i| (i * 31) as u8).collect();
        let salt = *bytes.first_chunk().unwrap();
        assert_eq!(
            words_of_block(&skein(&salt, &[&bytes])[0], true),
            [
                0x0bfb_243c_8fc6_1c03,
                0xd31e_1260_c78e_f676,
                0x542a_5290_1245_0fe2,
                0xf9d7_d7c9_95bd_b2d1,
            ]
        );
    }

    #[test]
    fn gives_of_many_together_what_it_gives_of_each_alone() {
        let (salt, bytes) = ([7; 32], noise(1200));
        let messages: Vec<&[u8]> = (0..1000)
            .map(|n| &bytes[n % 17..][..n * 7 % 1001])
            .collect();
        for count in [0, 1, 2, 3, 4, 5, 8, 9, 1000] {
            let alone = digests(Chains::new(Alone, seed_of(&salt)), &messages[..count]);
            #[cfg(target_arch = "x86_64")]
            if let Some(words) = crate::words::Avx2::new() {
                let chains = Chains::new(words, seed_of(&salt));
                assert_eq!(digests(chains, &messages[..count]), alone);
            }
            assert_eq!(skein(&salt, &messages[..count]), alone);
        }
    }
}
