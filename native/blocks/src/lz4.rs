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
///
/// Every pass takes at least one byte of the input, so the work is bounded by input plus output.
///
/// Source: module/zfs/lz4_zfs.c, zfs_lz4_decompress_buf; LZ4 Block Format Description
pub fn lz4(stored: &[u8], output: &mut [u8]) -> bool {
    decode(stored, output).is_some()
}

fn decode(stored: &[u8], output: &mut [u8]) -> Option<()> {
    let (header, rest) = stored.split_first_chunk::<HEADER>()?;
    let input = rest.get(..u32::from_be_bytes(*header) as usize)?;
    let limit = output.len();
    let (mut from, mut to) = (0, 0);
    loop {
        let token = usize::from(*input.get(from)?);
        from += 1;
        let literals = length(input, &mut from, token >> 4, limit)?;
        if literals > input.len() - from || literals > limit - to {
            return None;
        }
        if literals <= STEP && from + STEP <= input.len() && to + STEP <= limit {
            output[to..to + STEP].copy_from_slice(&input[from..from + STEP]);
        } else {
            output[to..to + literals].copy_from_slice(&input[from..from + literals]);
        }
        from += literals;
        to += literals;
        if from == input.len() {
            return (to == limit).then_some(());
        }
        let distance = usize::from(u16::from_le_bytes(*input.get(from..)?.first_chunk()?));
        if distance == 0 || distance > to {
            return None;
        }
        from += 2;
        let matched = length(input, &mut from, token & 15, limit)? + MATCH_MIN;
        if to + matched + LAST_LITERALS > limit {
            return None;
        }
        repeat(output, to, distance, matched);
        to += matched;
    }
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
    use super::lz4;

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
