//! Edon-R-512, as ZFS salts and cuts it. No Node here, and no crate has it.
//!
//! Source: Edon-R (Gligoroski and others, SHA-3 submission)

const BLOCK: usize = 128;
/// Bytes of the length field that ends the padding.
const LENGTH_FIELD: usize = 8;

type Row = [u64; 8];

/// Each quasigroup operation sums five words of eight for each word of its result, and rotates the sum.
struct LatinSquare {
    rows: [[usize; 5]; 8],
    rotations: [u32; 8],
    /// Added to the first word.
    constant: u64,
}

const FIRST_SQUARE: LatinSquare = LatinSquare {
    rows: [
        [0, 1, 2, 4, 7],
        [0, 1, 3, 4, 7],
        [0, 1, 4, 6, 7],
        [2, 3, 5, 6, 7],
        [1, 2, 3, 5, 6],
        [0, 2, 3, 4, 5],
        [0, 1, 5, 6, 7],
        [2, 3, 4, 5, 6],
    ],
    rotations: [0, 5, 15, 22, 31, 40, 50, 59],
    constant: 0xaaaa_aaaa_aaaa_aaaa,
};
const SECOND_SQUARE: LatinSquare = LatinSquare {
    rows: [
        [0, 1, 2, 5, 7],
        [0, 1, 3, 4, 6],
        [0, 1, 2, 3, 5],
        [2, 3, 4, 6, 7],
        [0, 1, 3, 4, 5],
        [2, 4, 5, 6, 7],
        [1, 2, 5, 6, 7],
        [0, 3, 4, 6, 7],
    ],
    rotations: [0, 10, 19, 29, 36, 44, 48, 55],
    constant: 0x5555_5555_5555_5555,
};

/// Words of both results that are XORed, three of each, and then added, for each word of the operation's result.
const COMBINE: [[usize; 6]; 8] = [
    [0, 1, 4, 0, 1, 5],
    [0, 4, 7, 2, 6, 7],
    [1, 6, 7, 0, 1, 3],
    [2, 3, 4, 0, 3, 4],
    [0, 1, 7, 1, 2, 5],
    [3, 5, 6, 3, 4, 6],
    [2, 5, 6, 2, 5, 7],
    [2, 3, 5, 4, 6, 7],
];

/// Edon-R-512 that begins with a block made of `salt`, its digest and the digest of that; the first half of the result.
///
/// Source: module/zfs/edonr_zfs.c, abd_checksum_edonr_tmpl_init and abd_checksum_edonr_native
pub fn edonr(salt: &[u8; 32], bytes: &[u8]) -> [u8; 32] {
    let once = Pipe::start().finish(salt, 0);
    let mut salt_block = [0; BLOCK];
    salt_block[..64].copy_from_slice(&once);
    salt_block[64..].copy_from_slice(&Pipe::start().finish(&once, 0));
    let mut pipe = Pipe::start();
    pipe.block(&salt_block);
    let mut kept = [0; 32];
    kept.copy_from_slice(&pipe.finish(bytes, BLOCK)[..32]);
    kept
}

/// The double pipe.
struct Pipe {
    first: Row,
    second: Row,
}

impl Pipe {
    /// The bytes 0x80 to 0xff, big-endian words.
    fn start() -> Self {
        let row = |from: u8| std::array::from_fn(|i| word_of(from + 8 * i as u8));
        Self {
            first: row(0x80),
            second: row(0xc0),
        }
    }

    /// Works in `bytes` and the padding: one bit, zeros, the length in bits.
    ///
    /// `before`: bytes that were worked in already, a multiple of a block
    fn finish(mut self, bytes: &[u8], before: usize) -> [u8; 64] {
        let (blocks, rest) = bytes.as_chunks::<BLOCK>();
        for block in blocks {
            self.block(block);
        }
        let mut last = [0; 2 * BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        last[rest.len()] = 0x80;
        let end = if rest.len() < BLOCK - LENGTH_FIELD {
            BLOCK
        } else {
            2 * BLOCK
        };
        let bits = (before + bytes.len()) as u64 * 8;
        last[end - LENGTH_FIELD..end].copy_from_slice(&bits.to_le_bytes());
        for block in last[..end].as_chunks::<BLOCK>().0 {
            self.block(block);
        }
        let mut digest = [0; 64];
        for (bytes, word) in digest.as_chunks_mut::<8>().0.iter_mut().zip(self.second) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    /// Four rows of two quasigroup operations, then the feedback of the revised submission.
    fn block(&mut self, bytes: &[u8; BLOCK]) {
        let (mut one, mut other) = ([0; 8], [0; 8]);
        for (word, bytes) in one
            .iter_mut()
            .chain(&mut other)
            .zip(bytes.as_chunks::<8>().0)
        {
            *word = u64::from_le_bytes(*bytes);
        }
        let mut p = operate(&reversed(&other), &one);
        let mut q = operate(&p, &other);
        p = operate(&self.second, &p);
        q = operate(&p, &q);
        p = operate(&p, &self.first);
        q = operate(&q, &p);
        p = operate(&reversed(&one), &p);
        q = operate(&p, &q);
        for i in 0..8 {
            self.first[i] ^= other[i] ^ p[i];
            self.second[i] ^= one[i] ^ q[i];
        }
    }
}

/// Eight bytes that count up from `first`, big-endian.
fn word_of(first: u8) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|i| first + i as u8))
}

fn reversed(row: &Row) -> Row {
    std::array::from_fn(|i| row[7 - i])
}

/// `x` * `y` in the quasigroup.
fn operate(x: &Row, y: &Row) -> Row {
    let (s, t) = (permute(&FIRST_SQUARE, x), permute(&SECOND_SQUARE, y));
    std::array::from_fn(|i| {
        let [a, b, c, d, e, f] = COMBINE[i];
        (s[a] ^ s[b] ^ s[c]).wrapping_add(t[d] ^ t[e] ^ t[f])
    })
}

/// The words of `x` through one Latin square.
fn permute(square: &LatinSquare, x: &Row) -> Row {
    std::array::from_fn(|i| {
        let constant = if i == 0 { square.constant } else { 0 };
        let sum = square.rows[i]
            .iter()
            .fold(constant, |sum, &from| sum.wrapping_add(x[from]));
        sum.rotate_left(square.rotations[i])
    })
}

#[cfg(test)]
mod tests {
    use super::Pipe;

    #[test]
    fn gives_the_published_digest() {
        let digest = Pipe::start().finish(b"abc", 0);
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
