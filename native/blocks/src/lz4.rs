//! lz4 as ZFS stores it. No Node here. `src/block/lz4.ts` is the reference, and says what is wrong with a block.

/// Bytes before the block: its length, big-endian on every host.
const HEADER: usize = 4;
/// The shortest match; the length field counts from here.
const MATCH_MIN: usize = 4;
/// The last bytes of the output are literals; a block in which a match reaches them is refused, as ZFS refuses it.
const LAST_LITERALS: usize = 5;
/// A length field of this value goes on in the bytes that follow.
const LENGTH_GOES_ON: usize = 15;
/// Copied at once where there is room, whatever the length is: what is too much is written over by what follows.
const STEP: usize = 16;
/// Matches up to this length are copied in steps; longer ones are worth a call of the copy of the C library.
const STEPPED: usize = 4 * STEP;

/// Fills `output` from a stored block, with padding behind it or not; false where the block is not what fills it.
pub fn lz4(stored: &[u8], output: &mut [u8]) -> bool {
    // To look for zeros takes as long as all else, and saves nothing where there is room for them.
    unpack::<false>(stored, output, output.len()).is_some()
}

/// Unpacks a stored block to `size` bytes as far as they are no zeros to the end, and says how far that is at most: up to
/// there they are in `output`, and behind it there may be anything. None where the block is not what gives as many bytes, or
/// `output` is too short.
///
/// Most indirect blocks are a few pointers, and zeros a thousand times as long as what is stored of them.
///
/// Every pass takes at least one byte of the input, so the work is bounded by input plus output.
///
/// Source: module/zfs/lz4_zfs.c, zfs_lz4_decompress_buf; LZ4 Block Format Description
pub fn lz4_start(stored: &[u8], output: &mut [u8], size: usize) -> Option<usize> {
    unpack::<true>(stored, output, size)
}

/// With `LAZY` zeros are written when something else comes behind them.
fn unpack<const LAZY: bool>(stored: &[u8], output: &mut [u8], size: usize) -> Option<usize> {
    let (header, rest) = stored.split_first_chunk::<HEADER>()?;
    let input = rest.get(..u32::from_be_bytes(*header) as usize)?;
    let room = output.len();
    // Of `to` bytes there are, those from `written` on are zeros that were not written yet.
    let (mut from, mut to, mut written) = (0, 0, 0);
    loop {
        let token = usize::from(*input.get(from)?);
        from += 1;
        let literals = length(input, &mut from, token >> 4, size)?;
        if literals > input.len() - from || literals > size - to {
            return None;
        }
        let bytes = &input[from..from + literals];
        if !LAZY || written == to || !is_zero(bytes) {
            if to + literals > room {
                return None;
            }
            if LAZY {
                output[written..to].fill(0);
            }
            if literals <= STEP && from + STEP <= input.len() && to + STEP <= room {
                output[to..to + STEP].copy_from_slice(&input[from..from + STEP]);
            } else {
                output[to..to + literals].copy_from_slice(bytes);
            }
            written = to + literals;
        }
        from += literals;
        to += literals;
        if from == input.len() {
            return (to == size).then_some(written);
        }
        let distance = usize::from(u16::from_le_bytes(*input.get(from..)?.first_chunk()?));
        if distance == 0 || distance > to {
            return None;
        }
        from += 2;
        let matched = length(input, &mut from, token & 15, size)? + MATCH_MIN;
        if to + matched + LAST_LITERALS > size {
            return None;
        }
        let origin = to - distance;
        if LAZY && (origin >= written || (matched > STEPPED && output[origin] == 0)) {
            let copied = &output[origin.min(written)..written.min(origin + matched)];
            if is_zero(copied) {
                to += matched;
                continue;
            }
        }
        if to + matched > room {
            return None;
        }
        if LAZY {
            output[written..to].fill(0);
        }
        repeat(output, to, distance, matched);
        to += matched;
        written = to;
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().fold(0, |all, byte| all | byte) == 0
}

/// A length that a token begins; None where the input ends within it.
fn length(input: &[u8], from: &mut usize, first: usize, limit: usize) -> Option<usize> {
    let mut length = first;
    if first == LENGTH_GOES_ON {
        // Ends at the first byte below 255; stops early where the sum can fit in no output.
        while length <= limit {
            let more = *input.get(*from)?;
            *from += 1;
            length += usize::from(more);
            if more < 255 {
                break;
            }
        }
    }
    Some(length)
}

/// Copies `length` bytes to `to` from `distance` before: an overlapping match repeats what it writes.
fn repeat(output: &mut [u8], to: usize, distance: usize, length: usize) {
    let origin = to - distance;
    if distance >= STEP && length <= STEPPED && to + length + STEP <= output.len() {
        let mut done = 0;
        while done < length {
            let from = origin + done;
            let mut step = [0; STEP];
            step.copy_from_slice(&output[from..from + STEP]);
            output[to + done..to + done + STEP].copy_from_slice(&step);
            done += STEP;
        }
    } else if distance == 1 {
        let byte = output[origin];
        output[to..to + length].fill(byte);
    } else {
        // What is there already is copied, twice as much each time.
        let stop = to + length;
        let mut at = to;
        while at < stop {
            let count = (at - origin).min(stop - at);
            output.copy_within(origin..origin + count, at);
            at += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{lz4, lz4_start};

    fn stored(sequences: &[u8]) -> Vec<u8> {
        let mut block = (sequences.len() as u32).to_be_bytes().to_vec();
        block.extend_from_slice(sequences);
        block.extend_from_slice(&[0, 255, 0, 255]);
        block
    }

    #[test]
    fn repeats_what_a_match_writes_at_any_distance() {
        for (distance, length) in (1..200usize).flat_map(|d| [19, 64, 65, 100].map(|l| (d, l))) {
            let start: Vec<u8> = (0..distance).map(|i| (i % 251) as u8 + 1).collect();
            let mut sequences = vec![0xff];
            if distance < 15 {
                sequences[0] = ((distance as u8) << 4) | 15;
            } else {
                sequences.push((distance - 15) as u8);
            }
            sequences.extend_from_slice(&start);
            sequences.extend_from_slice(&[distance as u8, 0, length as u8 - 4 - 15]);
            sequences.extend_from_slice(&[0x50, 9, 9, 9, 9, 9]);
            let mut expected: Vec<u8> = (0..distance + length)
                .map(|i| start[i % distance])
                .collect();
            expected.extend_from_slice(&[9; 5]);
            let mut output = vec![0xaa; expected.len()];
            assert!(
                lz4(&stored(&sequences), &mut output),
                "{distance}, {length}"
            );
            assert_eq!(output, expected, "{distance}, {length}");
        }
    }

    #[test]
    fn leaves_the_zeros_at_the_end_unwritten() {
        // Literals, 65 zeros by a match and 5 by literals; the same before one that is none.
        for (last, used) in [(0, 3), (7, 80)] {
            let sequences = [
                &[0x5f, 1, 2, 3, 0, 0, 1, 0, 70 - 4 - 15][..],
                &[0x50, 0, 0, 0, 0, last],
            ];
            let block = stored(&sequences.concat());
            let mut whole = [0xaa; 80];
            assert!(lz4(&block, &mut whole));
            let mut expected = [0; 80];
            expected[..3].copy_from_slice(&[1, 2, 3]);
            expected[79] = last;
            assert_eq!(whole, expected);
            for room in [4, 5, 79, 80] {
                let mut start = vec![0xaa; room];
                let written = lz4_start(&block, &mut start, 80);
                assert_eq!(written.is_some(), room >= used.max(5), "{room}");
                let Some(written) = written else { continue };
                assert!(written >= used);
                assert_eq!(start[..written], expected[..written]);
            }
            assert_eq!(lz4_start(&block, &mut [0; 80], 81), None);
        }
    }

    #[test]
    fn refuses_what_passes_an_end() {
        let bad: [&[u8]; 10] = [
            &[],
            &[0x10, 65, 0, 0, 0x40, 1, 2, 3, 4],
            &[0x10, 65, 2, 0],
            &[0x10, 65, 1],
            &[0x40, 65, 66],
            &[0x90, 1, 1, 1, 1, 1, 1, 1, 1, 1],
            &[0x14, 65, 1, 0],
            &[0x13, 65, 1, 0, 0],
            &[0x40, 1, 2, 3, 4],
            &[0xf0, 255, 255],
        ];
        for sequences in bad {
            assert!(!lz4(&stored(sequences), &mut [0; 8]), "{sequences:?}");
        }
        assert!(!lz4(&[0, 0, 0], &mut [0; 8]));
        assert!(!lz4(&[255, 255, 255, 255, 0x40, 1], &mut [0; 8]));
    }
}
