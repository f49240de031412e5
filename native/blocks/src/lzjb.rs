//! lzjb. No Node here. `src/block/lzjb.ts` is the reference, and says what is wrong with a block.

/// The shortest match; shorter ones are stored as literals.
const MATCH_MIN: usize = 3;
/// Distances have ten bits.
const DISTANCE_MASK: usize = 0x3ff;

/// Fills `output` from a stored block; false where the block ends before, or has a distance that leads out of it.
///
/// Source: module/zfs/lzjb.c, zfs_lzjb_decompress_buf
pub fn lzjb(stored: &[u8], output: &mut [u8]) -> bool {
    decode(stored, output).is_some()
}

fn decode(stored: &[u8], output: &mut [u8]) -> Option<()> {
    let (mut from, mut to) = (0, 0);
    let limit = output.len();
    while to < limit {
        let mut flags = *stored.get(from)?;
        from += 1;
        for _ in 0..8 {
            if to == limit {
                break;
            }
            if flags & 1 == 0 {
                output[to] = *stored.get(from)?;
                from += 1;
                to += 1;
            } else {
                let pair = usize::from(u16::from_be_bytes(*stored.get(from..)?.first_chunk()?));
                from += 2;
                let distance = pair & DISTANCE_MASK;
                if distance == 0 || distance > to {
                    return None;
                }
                let stop = (to + (pair >> 10) + MATCH_MIN).min(limit);
                // Byte by byte: a match may overlap what it writes, and then repeats it.
                while to < stop {
                    output[to] = output[to - distance];
                    to += 1;
                }
            }
            flags >>= 1;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::lzjb;

    #[test]
    fn repeats_and_cuts_the_last_match() {
        let mut output = [0; 5];
        assert!(lzjb(&[0b10, 7, 0xfc, 1], &mut output));
        assert_eq!(output, [7; 5]);
    }

    #[test]
    fn refuses_an_end_too_soon_and_distances_that_lead_out() {
        let bad: [&[u8]; 5] = [&[], &[0], &[1, 0], &[0b10, 7, 0xfc, 0], &[0b10, 7, 0xfc, 2]];
        for stored in bad {
            assert!(!lzjb(stored, &mut [0; 5]), "{stored:?}");
        }
    }
}
