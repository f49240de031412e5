//! Stored blocks that lie in one buffer: summed, compared and unpacked in one call. No Node here.

use crate::lz4::{lz4, lz4_start};
use crate::lzjb::lzjb;
use crate::pointers::{POINTER, Plain};
use crate::salted::{SALT, SaltedAlgorithm};
use crate::spans::{Algorithm, checksums, used_length, whole};
use std::cell::RefCell;

/// What came of a block. Numbers are shared with src/node/addon.ts.
const WRONG: u32 = 0;
/// The sum holds; the content was not wanted, or not to be had here.
const SOUND: u32 = 1;
/// The sum holds, and the content is pointers that nobody looks into: it is not given.
const PLAIN: u32 = 2;
/// The sum holds, and the content is there: added is where the zeros at its end begin.
const UNPACKED: u32 = 3;

/// Numbers for a block as JavaScript hands them over: offset, length, algorithm, byte order, packing, place and length of
/// the room for the content, size of the content, and whether it is pointers.
pub const COLUMNS: usize = 9;
const WORDS: usize = 4;
/// Of a content that there is. Source: include/sys/spa.h, SPA_MAXBLOCKSIZE
const LARGEST: usize = 16 << 20;

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
    room: (usize, usize),
    size: usize,
    pointers: bool,
    expected: [u64; WORDS],
}

/// What blocks are opened with besides themselves.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Without one those that need it are wrong.
    pub salt: Option<[u8; SALT]>,
    /// Of the pointers that are looked at.
    pub plain: Plain,
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
        return Err("blocks are rows of nine numbers, and four words each".to_owned());
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
    &[
        offset,
        length,
        sum,
        order,
        packing,
        at,
        room,
        size,
        pointers,
    ]: &[f64; COLUMNS],
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
        room: whole(at, room, content)?,
        size: whole(0.0, size, LARGEST)?.1,
        pointers: pointers != 0.0,
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
/// `content`.
pub fn open(blocks: &[Block], stored: &[u8], content: &mut [u8], terms: &Terms) -> Vec<u32> {
    let mut outcomes = vec![WRONG; blocks.len()];
    let mut done = vec![false; blocks.len()];
    for first in 0..blocks.len() {
        if done[first] {
            continue;
        }
        // Those of one kind together where several are hashed side by side; else each is unpacked while it is at hand.
        let alike: Vec<usize> = match blocks[first].sum {
            Sum::Plain(Algorithm::Fletcher2 | Algorithm::Fletcher4) => vec![first],
            _ => (first..blocks.len())
                .filter(|&i| !done[i] && kind(&blocks[i]) == kind(&blocks[first]))
                .collect(),
        };
        let sums = sums(&alike, blocks, stored, terms.salt.as_ref());
        for (&i, words) in alike.iter().zip(sums) {
            done[i] = true;
            if words == Some(blocks[i].expected) {
                outcomes[i] = unpack(&blocks[i], stored, content, &terms.plain);
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

fn unpack(block: &Block, stored: &[u8], content: &mut [u8], plain: &Plain) -> u32 {
    let bytes = part(stored, block.stored);
    let (at, room) = block.room;
    let Some(output) = content.get_mut(at..at + room) else {
        return SOUND;
    };
    let looked = |content: &[u8]| block.pointers && plain.has_all(content, block.little_endian);
    if block.pointers && output.len() >= block.size && block.size <= INDIRECT {
        return ROOM.with_borrow_mut(|room| {
            let room = &mut room[..block.size];
            if !fill(block.packing, bytes, room) {
                return SOUND;
            }
            if looked(room) {
                return PLAIN;
            }
            output[..block.size].copy_from_slice(room);
            unpacked(used_length(room))
        });
    }
    match start(block.packing, bytes, output, block.size) {
        None => SOUND,
        Some(used)
            if looked(&output[..used.max(1).next_multiple_of(POINTER).min(output.len())]) =>
        {
            PLAIN
        }
        Some(used) => unpacked(used),
    }
}

/// `used` is no more than what may be: it fits.
fn unpacked(used: usize) -> u32 {
    UNPACKED + used as u32
}

/// The largest indirect block that OpenZFS writes.
const INDIRECT: usize = 128 * 1024;

thread_local! {
    /// Where pointers are unpacked that may be looked at nowhere else: it stays in the cache of the processor.
    static ROOM: RefCell<Vec<u8>> = RefCell::new(vec![0; INDIRECT]);
}

/// Where the zeros at the end of a content of `size` bytes begin, of which `output` has at least what is before them, and is
/// filled.
fn start(packing: Packing, bytes: &[u8], output: &mut [u8], size: usize) -> Option<usize> {
    if output.len() >= size {
        let output = &mut output[..size];
        return fill(packing, bytes, output).then(|| used_length(output));
    }
    match packing {
        Packing::Unwanted => None,
        Packing::Lz4 => {
            let written = lz4_start(bytes, output, size)?;
            output[written..].fill(0);
            Some(used_length(&output[..written]))
        }
        Packing::Stored => start_of(bytes.get(..size)?, output),
        Packing::Lzjb => {
            let mut whole = vec![0; size];
            lzjb(bytes, &mut whole).then_some(())?;
            start_of(&whole, output)
        }
    }
}

fn start_of(whole: &[u8], output: &mut [u8]) -> Option<usize> {
    let used = used_length(whole);
    output.copy_from_slice(&whole[..output.len()]);
    (used <= output.len()).then_some(used)
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
    use super::{PLAIN, SOUND, Terms, UNPACKED, WRONG, blocks, open, unpack_one};
    use crate::pointers::Plain;
    use crate::spans::Algorithm;
    use crate::testing::noise;

    #[test]
    fn tells_wrong_sound_and_unpacked_apart() {
        let stored = noise(100);
        let sum = Algorithm::Fletcher4.words(&stored[10..90], true);
        let expected = [sum, [0; 4], sum, sum].concat();
        let row = |packing: f64, size: f64| [10.0, 80.0, 1.0, 1.0, packing, 5.0, size, size, 0.0];
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
            open(&blocks, &stored, &mut content, &Terms::default()),
            [UNPACKED + 60, WRONG, SOUND, SOUND]
        );
        assert_eq!(
            open(&blocks[..1], &stored, &mut content, &Terms::default()),
            [UNPACKED + 60]
        );
        assert_eq!(content[5..65], stored[10..70]);
    }

    #[test]
    fn gives_the_content_of_pointers_that_are_looked_into() {
        let mut stored = vec![0; 256];
        stored[0] = 8;
        stored[48..56].copy_from_slice(&(9u64 << 32).to_le_bytes());
        let expected = Algorithm::Fletcher4.words(&stored, true);
        for room in [128.0, 256.0] {
            let row = [0.0, 256.0, 1.0, 1.0, 1.0, 0.0, room, 256.0, 1.0];
            let blocks = blocks(&row, &expected, 256, 256).unwrap();
            for (props, outcome) in [(9, PLAIN), (8, UNPACKED + 53)] {
                let mut content = vec![0xaa; 256];
                let terms = Terms {
                    plain: Plain::new(&[props], &[8.0]),
                    ..Terms::default()
                };
                assert_eq!(open(&blocks, &stored, &mut content, &terms), [outcome]);
                if outcome != PLAIN {
                    assert_eq!(content[..room as usize], stored[..room as usize]);
                }
            }
        }
    }

    #[test]
    fn gives_what_is_before_the_zeros_at_the_end_where_there_is_no_room_for_all() {
        // 3 bytes and 77 zeros, as they are and by each codec.
        let mut plain = vec![0; 80];
        plain[..3].copy_from_slice(&[1, 2, 3]);
        let lz4 = [
            &[0, 0, 0, 15, 0x5f, 1, 2, 3, 0, 0, 1, 0, 70 - 4 - 15][..],
            &[0x50, 0, 0, 0, 0, 0],
        ]
        .concat();
        let lzjb = vec![0xf0, 1, 2, 3, 0, 252, 1, 28, 1];
        for (number, stored) in [(1.0, plain.clone()), (2.0, lz4), (3.0, lzjb)] {
            let expected = Algorithm::Fletcher4.words(&stored, true);
            for (room, outcome) in [(2, SOUND), (8, UNPACKED + 3), (80, UNPACKED + 3)] {
                let length = stored.len() as f64;
                let row = [0.0, length, 1.0, 1.0, number, 1.0, room as f64, 80.0, 0.0];
                let blocks = blocks(&row, &expected, stored.len(), 81).unwrap();
                let mut content = vec![0xaa; 81];
                let outcomes = open(&blocks, &stored, &mut content, &Terms::default());
                assert_eq!(outcomes, [outcome], "{number}, {room}");
                if outcome != SOUND {
                    assert_eq!(content[1..=room], plain[..room], "{number}, {room}");
                }
            }
        }
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
        let good = [10.0, 80.0, 1.0, 1.0, 2.0, 5.0, 60.0, 90.0, 0.0];
        assert!(blocks(&good, &[0; 4], 100, 70).is_ok());
        for (column, value) in [
            (0, 21.0),
            (1, f64::NAN),
            (2, 7.0),
            (4, 4.0),
            (5, 11.0),
            (6, -1.0),
            (6, 1e300),
            (7, -1.0),
            (7, 16777217.0),
        ] {
            let mut row = good;
            row[column] = value;
            assert!(blocks(&row, &[0; 4], 100, 70).is_err(), "{row:?}");
        }
        assert!(blocks(&good, &[0; 5], 100, 70).is_err());
        assert!(blocks(&good[..8], &[0; 4], 100, 70).is_err());
        assert!(blocks(&good, &[], 100, 70).is_err());
    }
}
