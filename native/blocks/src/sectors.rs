//! Which sectors of a buffer can be the end of a unit with a checksum of its own, or the beginning of an object set.
//! `src/block/sectorMarks.ts` is the reference and says where each fact is from. No Node here.

/// Everything that is looked for begins and ends at a multiple of it.
const SECTOR: usize = 512;
/// Where the magic of a trailer stands in the last sector of its unit.
const TRAILER_AT: usize = SECTOR - 40;
const TRAILER_MAGIC: u64 = 0x0210_da7a_b10c_7a11;
/// Number of the object type of dnodes.
const DNODE: u8 = 10;
/// Bytes of the length that precedes an lz4 stream.
const LZ4_LENGTH: usize = 4;

/// What a sector can be; numbers are shared with src/block/sectorMarks.ts.
const TRAILER: u32 = 1;
const OBJSET: u32 = 2;

/// Offsets of the sectors that can be one, with what they can be added: a sector that can be both is there twice.
pub fn marks(bytes: &[u8]) -> Vec<u32> {
    let mut found = Vec::new();
    for (index, sector) in bytes.as_chunks::<SECTOR>().0.iter().enumerate() {
        let at = (index * SECTOR) as u32;
        if ends_unit(sector) {
            found.push(at + TRAILER);
        }
        if begins_objset(sector) {
            found.push(at + OBJSET);
        }
    }
    found
}

fn ends_unit(sector: &[u8; SECTOR]) -> bool {
    // The four bytes that the reference compares: it reads no 64-bit words.
    let word = &sector[TRAILER_AT..TRAILER_AT + 4];
    word == &TRAILER_MAGIC.to_le_bytes()[..4] || word == &TRAILER_MAGIC.to_be_bytes()[..4]
}

fn begins_objset(sector: &[u8; SECTOR]) -> bool {
    // No length of an lz4 stream, and the beginning of most sectors that hold nothing.
    if sector[..4] == [0; 4] {
        return false;
    }
    let head = match sector[0] {
        DNODE => 0,
        // The length of an lz4 stream, then a token; where it says so the count of literals goes on in one byte.
        0 if sector[1] == 0 => LZ4_LENGTH + if sector[LZ4_LENGTH] >> 4 == 15 { 2 } else { 1 },
        // lzjb: the first four of eight flags say that what they stand for are bytes as they are.
        flags if flags & 0x0f == 0 => 1,
        _ => return false,
    };
    begins_dnode(&sector[head..head + 4])
}

fn begins_dnode(head: &[u8]) -> bool {
    head[0] == DNODE
        && (9..=30).contains(&head[1])
        && (1..=12).contains(&head[2])
        && (1..=3).contains(&head[3])
}

#[cfg(test)]
mod tests {
    use super::{OBJSET, SECTOR, TRAILER, TRAILER_AT, TRAILER_MAGIC, marks};

    #[test]
    fn marks_trailers_of_either_byte_order_and_heads_in_each_form() {
        let mut bytes = vec![0; 6 * SECTOR + 100];
        bytes[TRAILER_AT..TRAILER_AT + 8].copy_from_slice(&TRAILER_MAGIC.to_le_bytes());
        let second = SECTOR + TRAILER_AT;
        bytes[second..second + 8].copy_from_slice(&TRAILER_MAGIC.to_be_bytes());
        let head = [10, 17, 1, 3];
        bytes[2 * SECTOR..2 * SECTOR + 4].copy_from_slice(&head);
        bytes[3 * SECTOR + 3] = 9;
        bytes[3 * SECTOR + 5..3 * SECTOR + 9].copy_from_slice(&head);
        bytes[4 * SECTOR + 3] = 9;
        bytes[4 * SECTOR + 4] = 0xf0;
        bytes[4 * SECTOR + 6..4 * SECTOR + 10].copy_from_slice(&head);
        bytes[5 * SECTOR] = 0x30;
        bytes[5 * SECTOR + 1..5 * SECTOR + 5].copy_from_slice(&head);
        let at = |index: u32| index * SECTOR as u32;
        assert_eq!(
            marks(&bytes),
            [
                TRAILER,
                at(1) + TRAILER,
                at(2) + OBJSET,
                at(3) + OBJSET,
                at(4) + OBJSET,
                at(5) + OBJSET
            ]
        );
    }

    #[test]
    fn marks_nothing_in_zeros() {
        assert!(marks(&vec![0; 64 * SECTOR]).is_empty());
    }
}
