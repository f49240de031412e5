//! Stored blocks that lie in one buffer: summed, compared and unpacked in one call. No Node here.

use crate::lz4::lz4;
use crate::lzjb::lzjb;
use crate::salted::{SALT, SaltedAlgorithm};
use crate::spans::{Algorithm, checksums, whole};

/// What came of a block. Numbers are shared with src/node/addon.ts.
const WRONG: u8 = 0;
/// The sum holds; the content was not wanted, or not to be had here.
const SOUND: u8 = 1;
const UNPACKED: u8 = 2;

/// Numbers for a block as JavaScript hands them over: offset, length, algorithm, byte order, packing, place and size of
/// the content.
pub const COLUMNS: usize = 7;
const WORDS: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sum {
    Plain(Algorithm),
    Salted(SaltedAlgorithm),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    /// The content is not wanted.
    Unwanted,
    Stored,
    Lz4,
    Lzjb,
}

#[derive(Clone, Copy, Debug)]
pub struct Block {
    stored: (usize, usize),
    sum: Sum,
    little_endian: bool,
    packing: Packing,
    content: (usize, usize),
    expected: [u64; WORDS],
}

/// Reads the table of blocks in a buffer of `stored` bytes, whose contents go into one of `content` bytes.
///
/// Returns them, or what is wrong with the first that does not fit.
pub fn blocks(
    table: &[f64],
    expected: &[u64],
    stored: usize,
    content: usize,
) -> Result<Vec<Block>, String> {
    let (rows, rest) = table.as_chunks::<COLUMNS>();
    let (words, loose) = expected.as_chunks::<WORDS>();
    if !rest.is_empty() || !loose.is_empty() || rows.len() != words.len() {
        return Err("blocks are rows of seven numbers, and four words each".to_owned());
    }
    rows.iter()
        .zip(words)
        .enumerate()
        .map(|(index, (row, &expected))| {
            block(row, expected, stored, content).ok_or(format!("block {index} does not fit"))
        })
        .collect()
}

fn block(
    &[offset, length, sum, order, packing, at, size]: &[f64; COLUMNS],
    expected: [u64; WORDS],
    stored: usize,
    content: usize,
) -> Option<Block> {
    let sum = sum as u32;
    let plain = Algorithm::from_number(sum).map(Sum::Plain);
    Some(Block {
        stored: whole(offset, length, stored)?,
        sum: plain.or_else(|| SaltedAlgorithm::from_number(sum).map(Sum::Salted))?,
        little_endian: order != 0.0,
        packing: packing_by_number(packing as u32)?,
        content: whole(at, size, content)?,
        expected,
    })
}

fn packing_by_number(number: u32) -> Option<Packing> {
    Some(match number {
        0 => Packing::Unwanted,
        1 => Packing::Stored,
        2 => Packing::Lz4,
        3 => Packing::Lzjb,
        _ => return None,
    })
}

/// Fills `content` from one stored block, of which nothing is summed; false where it is not what fills it. None for a
/// packing that there is not.
pub fn unpack_one(packing: u32, stored: &[u8], content: &mut [u8]) -> Option<bool> {
    packing_by_number(packing).map(|packing| fill(packing, stored, content))
}

/// What came of each block, in their order. `blocks` come from the function of that name, with the sizes of `stored` and
/// `content`. Without a salt those that need one are wrong.
pub fn open(
    blocks: &[Block],
    stored: &[u8],
    content: &mut [u8],
    salt: Option<&[u8; SALT]>,
) -> Vec<u8> {
    let mut outcomes = vec![WRONG; blocks.len()];
    let mut done = vec![false; blocks.len()];
    for first in 0..blocks.len() {
        if done[first] {
            continue;
        }
        // Those of one kind together: some algorithms hash several messages side by side.
        let alike: Vec<usize> = (first..blocks.len())
            .filter(|&i| !done[i] && kind(&blocks[i]) == kind(&blocks[first]))
            .collect();
        let sums = sums(&alike, blocks, stored, salt);
        for (&i, words) in alike.iter().zip(sums) {
            done[i] = true;
            if words == Some(blocks[i].expected) {
                outcomes[i] = unpack(&blocks[i], stored, content);
            }
        }
    }
    outcomes
}

fn kind(block: &Block) -> (Sum, bool) {
    (block.sum, block.little_endian)
}

/// Of blocks of one kind.
fn sums(
    alike: &[usize],
    blocks: &[Block],
    stored: &[u8],
    salt: Option<&[u8; SALT]>,
) -> Vec<Option<[u64; WORDS]>> {
    let Some(&first) = alike.first() else {
        return Vec::new();
    };
    let (sum, little_endian) = kind(&blocks[first]);
    match sum {
        Sum::Plain(algorithm) => {
            let ranges: Vec<(usize, usize)> = alike.iter().map(|&i| blocks[i].stored).collect();
            let words = checksums(algorithm, stored, &ranges, little_endian);
            words
                .as_chunks::<WORDS>()
                .0
                .iter()
                .map(|&words| Some(words))
                .collect()
        }
        Sum::Salted(algorithm) => {
            let Some(salt) = salt else {
                return vec![None; alike.len()];
            };
            let messages: Vec<&[u8]> = alike
                .iter()
                .map(|&i| part(stored, blocks[i].stored))
                .collect();
            algorithm
                .words_of_each(salt, &messages, little_endian)
                .into_iter()
                .map(Some)
                .collect()
        }
    }
}

fn unpack(block: &Block, stored: &[u8], content: &mut [u8]) -> u8 {
    let bytes = part(stored, block.stored);
    let (at, size) = block.content;
    let Some(output) = content.get_mut(at..at + size) else {
        return SOUND;
    };
    if fill(block.packing, bytes, output) {
        UNPACKED
    } else {
        SOUND
    }
}

fn fill(packing: Packing, bytes: &[u8], output: &mut [u8]) -> bool {
    match packing {
        Packing::Unwanted => false,
        Packing::Stored => match bytes.get(..output.len()) {
            Some(bytes) => {
                output.copy_from_slice(bytes);
                true
            }
            None => false,
        },
        Packing::Lz4 => lz4(bytes, output),
        Packing::Lzjb => lzjb(bytes, output),
    }
}

fn part(stored: &[u8], (offset, length): (usize, usize)) -> &[u8] {
    stored.get(offset..offset + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{SOUND, UNPACKED, WRONG, blocks, open, unpack_one};
    use crate::spans::Algorithm;
    use crate::testing::noise;

    #[test]
    fn tells_wrong_sound_and_unpacked_apart() {
        let stored = noise(100);
        let sum = Algorithm::Fletcher4.words(&stored[10..90], true);
        let expected = [sum, [0; 4], sum, sum].concat();
        let row = |packing: f64, size: f64| [10.0, 80.0, 1.0, 1.0, packing, 5.0, size];
        let table = [
            row(1.0, 60.0),
            row(1.0, 60.0),
            row(0.0, 0.0),
            row(2.0, 60.0),
        ]
        .concat();
        let blocks = blocks(&table, &expected, 100, 70).unwrap();
        let mut content = vec![0; 70];
        assert_eq!(
            open(&blocks, &stored, &mut content, None),
            [UNPACKED, WRONG, SOUND, SOUND]
        );
        assert_eq!(open(&blocks[..1], &stored, &mut content, None), [UNPACKED]);
        assert_eq!(content[5..65], stored[10..70]);
    }

    #[test]
    fn unpacks_one_without_a_sum() {
        let stored = noise(100);
        let mut content = vec![0; 60];
        assert_eq!(unpack_one(1, &stored, &mut content), Some(true));
        assert_eq!(content, stored[..60]);
        assert_eq!(unpack_one(0, &stored, &mut content), Some(false));
        assert_eq!(unpack_one(2, &stored, &mut content), Some(false));
        assert_eq!(unpack_one(1, &stored[..59], &mut content), Some(false));
        assert_eq!(unpack_one(4, &stored, &mut content), None);
    }

    #[test]
    fn refuses_rows_that_do_not_fit() {
        let good = [10.0, 80.0, 1.0, 1.0, 2.0, 5.0, 60.0];
        assert!(blocks(&good, &[0; 4], 100, 70).is_ok());
        for (column, value) in [
            (0, 21.0),
            (1, f64::NAN),
            (2, 7.0),
            (4, 4.0),
            (5, 11.0),
            (6, -1.0),
            (6, 1e300),
        ] {
            let mut row = good;
            row[column] = value;
            assert!(blocks(&row, &[0; 4], 100, 70).is_err(), "{row:?}");
        }
        assert!(blocks(&good, &[0; 5], 100, 70).is_err());
        assert!(blocks(&good[..6], &[0; 4], 100, 70).is_err());
        assert!(blocks(&good, &[], 100, 70).is_err());
    }
}
