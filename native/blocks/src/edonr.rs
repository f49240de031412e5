//! Edon-R-512, as ZFS salts and cuts it, of many messages. No Node here, and no crate has it.
//!
//! Source: Edon-R (Gligoroski and others, SHA-3 submission)

#[cfg(target_arch = "x86_64")]
use crate::words::{Avx2, Avx512};
use crate::{
    side_by_side::{Hasher, Parts, digests},
    words::{Alone, Words, Work, interleave},
};

const BLOCK: usize = 128;
const WORDS: usize = 16;
/// Bytes of the length field that ends the padding.
const LENGTH_FIELD: usize = 8;

/// Of both Latin squares: how far each sum is rotated, and what is added to the first.
const ROTATIONS: [[u32; 8]; 2] = [
    [0, 5, 15, 22, 31, 40, 50, 59],
    [0, 10, 19, 29, 36, 44, 48, 55],
];
const CONSTANTS: [u64; 2] = [0xaaaa_aaaa_aaaa_aaaa, 0x5555_5555_5555_5555];

/// Both halves of the double pipe.
type Pipe = [u64; WORDS];

/// Edon-R-512 that begins with a block made of `salt`, its digest and the digest of that; the first half of the result,
/// for each message in their order.
///
/// Source: module/zfs/edonr_zfs.c, abd_checksum_edonr_tmpl_init and abd_checksum_edonr_native
pub fn edonr(salt: &[u8; 32], messages: &[&[u8]]) -> Vec<[u8; 32]> {
    let seed = seed_of(salt);
    #[cfg(target_arch = "x86_64")]
    if messages.len() > 1 {
        if let Some(words) = Avx512::new() {
            return digests(Pipes::new(words, seed), messages);
        }
        if let Some(words) = Avx2::new() {
            return digests(Pipes::new(words, seed), messages);
        }
    }
    digests(Pipes::new(Alone, seed), messages)
}

/// The pipe after the block that the salt makes.
fn seed_of(salt: &[u8; 32]) -> Pipe {
    let once = plain_digest(salt);
    let mut block = [0; BLOCK];
    block[..64].copy_from_slice(&once);
    block[64..].copy_from_slice(&plain_digest(&once));
    let mut seed = start();
    block_alone(&mut seed, &block);
    seed
}

/// The whole digest of less than a block, without a salt.
fn plain_digest(bytes: &[u8]) -> [u8; 64] {
    let mut pipe = start();
    let Parts {
        tail, tail_left, ..
    } = padded(bytes, 0);
    for block in &tail[2 - tail_left..] {
        block_alone(&mut pipe, block);
    }
    let mut digest = [0; 64];
    for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(&pipe[8..]) {
        *bytes = word.to_le_bytes();
    }
    digest
}

/// The bytes 0x80 to 0xff, big-endian words.
fn start() -> Pipe {
    std::array::from_fn(|i| {
        u64::from_be_bytes(std::array::from_fn(|byte| 0x80 + (8 * i + byte) as u8))
    })
}

/// The length counts bits, and those of `before` bytes that were worked in already.
fn padded(message: &[u8], before: usize) -> Parts<'_, BLOCK> {
    let bits = (before + message.len()) as u64 * 8;
    Parts::padded(message, LENGTH_FIELD, bits.to_le_bytes())
}

fn block_alone(pipe: &mut Pipe, block: &[u8; BLOCK]) {
    let mut row = pipe.map(|word| [word]);
    block_of_each(Alone, &mut row, &interleave([block]));
    *pipe = row.map(|[word]| word);
}

struct Pipes<S, const LANES: usize> {
    words: S,
    seed: Pipe,
    /// Word by word, all lanes of a word together.
    pipes: [[u64; LANES]; WORDS],
}

impl<S: Words<LANES>, const LANES: usize> Pipes<S, LANES> {
    fn new(words: S, seed: Pipe) -> Self {
        Self {
            words,
            seed,
            pipes: seed.map(|word| [word; LANES]),
        }
    }

    fn lane(&self, lane: usize) -> Pipe {
        self.pipes.map(|word| word[lane])
    }

    fn set_lane(&mut self, lane: usize, pipe: Pipe) {
        for (row, word) in self.pipes.iter_mut().zip(pipe) {
            row[lane] = word;
        }
    }
}

impl<S: Words<LANES>, const LANES: usize> Hasher<LANES, BLOCK> for Pipes<S, LANES> {
    const WORTH: usize = 2;

    fn parts(message: &[u8]) -> Parts<'_, BLOCK> {
        padded(message, BLOCK)
    }

    fn start(&mut self, lane: usize, _length: usize) {
        self.set_lane(lane, self.seed);
    }

    fn step(&mut self, blocks: &[&[[u8; BLOCK]]; LANES]) {
        for (at, _) in blocks[0].iter().enumerate() {
            self.words.run(Step {
                pipes: &mut self.pipes,
                blocks: &interleave(std::array::from_fn(|lane| &blocks[lane][at])),
            });
        }
    }

    fn step_alone(&mut self, lane: usize, blocks: &[[u8; BLOCK]]) {
        let mut pipe = self.lane(lane);
        for block in blocks {
            block_alone(&mut pipe, block);
        }
        self.set_lane(lane, pipe);
    }

    fn digest(&self, lane: usize) -> [u8; 32] {
        let mut digest = [0; 32];
        let kept = &self.lane(lane)[8..];
        for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(kept) {
            *bytes = word.to_le_bytes();
        }
        digest
    }
}

struct Step<'a, const LANES: usize> {
    pipes: &'a mut [[u64; LANES]; WORDS],
    blocks: &'a [[u64; LANES]; WORDS],
}

impl<const LANES: usize> Work<LANES> for Step<'_, LANES> {
    #[inline(always)]
    fn run<S: Words<LANES>>(self, words: S) {
        block_of_each(words, self.pipes, self.blocks);
    }
}

/// A block of each message: four rows of two quasigroup operations, then the feedback of the revised submission.
#[inline(always)]
fn block_of_each<S: Words<LANES>, const LANES: usize>(
    side: S,
    pipes: &mut [[u64; LANES]; WORDS],
    blocks: &[[u64; LANES]; WORDS],
) {
    let (first, second) = (half(side, pipes, 0), half(side, pipes, 8));
    let (one, other) = (half(side, blocks, 0), half(side, blocks, 8));
    let mut p = operate(side, reversed(other), one);
    let mut q = operate(side, p, other);
    p = operate(side, second, p);
    q = operate(side, p, q);
    p = operate(side, p, first);
    q = operate(side, q, p);
    p = operate(side, reversed(one), p);
    q = operate(side, p, q);
    for i in 0..8 {
        pipes[i] = side.store(side.xor3(first[i], other[i], p[i]));
        pipes[8 + i] = side.store(side.xor3(second[i], one[i], q[i]));
    }
}

#[inline(always)]
fn half<S: Words<LANES>, const LANES: usize>(
    side: S,
    rows: &[[u64; LANES]; WORDS],
    from: usize,
) -> [S::Word; 8] {
    let mut words = [side.all(0); 8];
    for (word, row) in words.iter_mut().zip(&rows[from..]) {
        *word = side.load(row);
    }
    words
}

fn reversed<T: Copy>([a, b, c, d, e, f, g, h]: [T; 8]) -> [T; 8] {
    [h, g, f, e, d, c, b, a]
}

/// `x` * `y` in the quasigroup.
#[inline(always)]
fn operate<S: Words<LANES>, const LANES: usize>(
    side: S,
    x: [S::Word; 8],
    y: [S::Word; 8],
) -> [S::Word; 8] {
    let s = first_square(side, x);
    let t = second_square(side, y);
    [
        side.add(side.xor3(s[0], s[1], s[4]), side.xor3(t[0], t[1], t[5])),
        side.add(side.xor3(s[0], s[4], s[7]), side.xor3(t[2], t[6], t[7])),
        side.add(side.xor3(s[1], s[6], s[7]), side.xor3(t[0], t[1], t[3])),
        side.add(side.xor3(s[2], s[3], s[4]), side.xor3(t[0], t[3], t[4])),
        side.add(side.xor3(s[0], s[1], s[7]), side.xor3(t[1], t[2], t[5])),
        side.add(side.xor3(s[3], s[5], s[6]), side.xor3(t[3], t[4], t[6])),
        side.add(side.xor3(s[2], s[5], s[6]), side.xor3(t[2], t[5], t[7])),
        side.add(side.xor3(s[2], s[3], s[5]), side.xor3(t[4], t[6], t[7])),
    ]
}

/// The words of `x` through the first Latin square, each the sum of five of them, rotated. Sums that several have in
/// common are made once; their names say of which words they are.
#[inline(always)]
fn first_square<S: Words<LANES>, const LANES: usize>(side: S, x: [S::Word; 8]) -> [S::Word; 8] {
    let x017 = side.add(side.add(x[0], x[1]), x[7]);
    let x0147 = side.add(x017, x[4]);
    let x56 = side.add(x[5], x[6]);
    let x23 = side.add(x[2], x[3]);
    let x2356 = side.add(x23, x56);
    let sums = [
        side.add(x0147, x[2]),
        side.add(x0147, x[3]),
        side.add(x0147, x[6]),
        side.add(x2356, x[7]),
        side.add(x2356, x[1]),
        side.add(side.add(x23, x[0]), side.add(x[4], x[5])),
        side.add(x017, x56),
        side.add(x2356, x[4]),
    ];
    rotated(side, sums, 0)
}

/// The same through the second.
#[inline(always)]
fn second_square<S: Words<LANES>, const LANES: usize>(side: S, x: [S::Word; 8]) -> [S::Word; 8] {
    let x01 = side.add(x[0], x[1]);
    let x25 = side.add(x[2], x[5]);
    let x34 = side.add(x[3], x[4]);
    let x67 = side.add(x[6], x[7]);
    let x0125 = side.add(x01, x25);
    let x0134 = side.add(x01, x34);
    let x3467 = side.add(x34, x67);
    let x2567 = side.add(x25, x67);
    let sums = [
        side.add(x0125, x[7]),
        side.add(x0134, x[6]),
        side.add(x0125, x[3]),
        side.add(x3467, x[2]),
        side.add(x0134, x[5]),
        side.add(x2567, x[4]),
        side.add(x2567, x[1]),
        side.add(x3467, x[0]),
    ];
    rotated(side, sums, 1)
}

#[inline(always)]
fn rotated<S: Words<LANES>, const LANES: usize>(
    side: S,
    [a, b, c, d, e, f, g, h]: [S::Word; 8],
    square: usize,
) -> [S::Word; 8] {
    let by = ROTATIONS[square];
    [
        side.add(a, side.all(CONSTANTS[square])),
        side.rotate_left(b, by[1]),
        side.rotate_left(c, by[2]),
        side.rotate_left(d, by[3]),
        side.rotate_left(e, by[4]),
        side.rotate_left(f, by[5]),
        side.rotate_left(g, by[6]),
        side.rotate_left(h, by[7]),
    ]
}

#[cfg(test)]
mod tests {
    use super::{Pipes, edonr, plain_digest, seed_of};
    use crate::{side_by_side::digests, testing::noise, words::Alone};

    #[test]
    fn gives_of_many_together_what_it_gives_of_each_alone() {
        let (salt, bytes) = ([7; 32], noise(2400));
        let messages: Vec<&[u8]> = (0..1000)
            .map(|n| &bytes[n % 17..][..n * 7 % 2001])
            .collect();
        for count in [0, 1, 2, 3, 4, 5, 8, 9, 1000] {
            let alone = digests(Pipes::new(Alone, seed_of(&salt)), &messages[..count]);
            #[cfg(target_arch = "x86_64")]
            if let Some(words) = crate::words::Avx2::new() {
                let pipes = Pipes::new(words, seed_of(&salt));
                assert_eq!(digests(pipes, &messages[..count]), alone);
            }
            assert_eq!(edonr(&salt, &messages[..count]), alone);
        }
    }

    #[test]
    fn gives_the_published_digest() {
        let digest = plain_digest(b"abc");
        assert_eq!(
            digest[..8],
            [0x1b, 0x14, 0xdb, 0x15, 0x5f, 0x1d, 0x40, 0x65]
        );
        assert_eq!(
            digest[56..],
            [0xad, 0xc9, 0x0c, 0x62, 0x83, 0x72, 0xc2, 0x2b]
        );
    }
}
