//! What JavaScript calls where there is WebAssembly: it writes bytes into a room of fixed size, says what is to be done with
//! them, and reads what came of it there. `src/block/wasmBlocks.ts` is the other side. The module imports nothing, so there
//! is nothing else that it could do.

use std::sync::{Mutex, MutexGuard, PoisonError};
use zfs_uber_blocks::lz4::lz4;
use zfs_uber_blocks::lzjb::lzjb;
use zfs_uber_blocks::salted::{SaltedAlgorithm, SALT};
use zfs_uber_blocks::spans::Algorithm;

/// Goes up with every change that the other side has to know of.
const ABI: u32 = 1;

/// The largest block, and the content of a block of metadata behind it.
const BYTES: usize = 17 << 20;
/// The content begins behind what is stored, at a multiple of it.
const ALIGNED: usize = 16;

/// Zeros until something is written: so the module does not hold it, and memory is taken for what is used of it alone.
#[repr(C, align(16))]
struct Room {
    words: [u8; 32],
    salt: [u8; SALT],
    bytes: [u8; BYTES],
}

static ROOM: Mutex<Room> = Mutex::new(Room {
    words: [0; 32],
    salt: [0; SALT],
    bytes: [0; BYTES],
});

fn room() -> MutexGuard<'static, Room> {
    ROOM.lock().unwrap_or_else(PoisonError::into_inner)
}

#[no_mangle]
pub extern "C" fn abi() -> u32 {
    ABI
}

/// Where the room is: four words, the salt, then the bytes.
#[no_mangle]
pub extern "C" fn address() -> u32 {
    room().words.as_ptr() as u32
}

/// How many bytes follow words and salt.
#[no_mangle]
pub extern "C" fn size() -> u32 {
    BYTES as u32
}

/// Sums the first `length` bytes into the words. 1, or 0 where there is no such algorithm or the bytes are too many.
#[no_mangle]
pub extern "C" fn sum(algorithm: u32, length: u32, little_endian: u32) -> u32 {
    let room = &mut *room();
    let Some(bytes) = room.bytes.get(..length as usize) else {
        return 0;
    };
    let little_endian = little_endian != 0;
    let words = if let Some(plain) = Algorithm::from_number(algorithm) {
        plain.words(bytes, little_endian)
    } else if let Some(salted) = SaltedAlgorithm::from_number(algorithm) {
        salted.words(&room.salt, bytes, little_endian)
    } else {
        return 0;
    };
    for (bytes, word) in room.words.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    1
}

/// Unpacks the first `length` bytes to `size` bytes from the next multiple of 16 on. 1, or 0 where they are malformed, give
/// another size, have no room, or there is no such packing.
#[no_mangle]
pub extern "C" fn unpack(packing: u32, length: u32, size: u32) -> u32 {
    let room = &mut *room();
    u32::from(unpack_in(&mut room.bytes, packing, length, size).unwrap_or(false))
}

fn unpack_in(bytes: &mut [u8], packing: u32, length: u32, size: u32) -> Option<bool> {
    let behind = (length as usize).checked_next_multiple_of(ALIGNED)?;
    let (stored, rest) = bytes.split_at_mut_checked(behind)?;
    let (stored, output) = (&stored[..length as usize], rest.get_mut(..size as usize)?);
    Some(match packing {
        2 => lz4(stored, output),
        3 => lzjb(stored, output),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::{room, sum, unpack, unpack_in, BYTES};

    #[test]
    fn sums_what_is_in_the_room_and_refuses_more() {
        room().bytes[..8].copy_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
        assert_eq!(sum(1, 8, 1), 1);
        let words = room().words;
        assert_eq!(
            words.map(usize::from)[..32]
                .iter()
                .step_by(8)
                .collect::<Vec<_>>(),
            [&3, &4, &5, &6]
        );
        assert_eq!(sum(7, 8, 1), 0);
        for length in [BYTES as u32 + 1, u32::MAX] {
            assert_eq!(sum(1, length, 1), 0);
            assert_eq!(unpack(2, length, 0), 0);
            assert_eq!(unpack(2, 16, length), 0);
        }
    }

    #[test]
    fn unpacks_behind_what_is_stored() {
        let mut bytes = vec![0xaa; 64];
        bytes[..4].copy_from_slice(&[2, 7, 0x14, 1]);
        assert_eq!(unpack_in(&mut bytes, 3, 4, 9), Some(true));
        assert_eq!(bytes[16..25], [7; 9]);
        assert_eq!(bytes[25..], [0xaa; 39]);
        assert_eq!(unpack_in(&mut bytes, 2, 4, 9), Some(false));
        assert_eq!(unpack_in(&mut bytes, 4, 4, 9), Some(false));
        assert_eq!(unpack_in(&mut bytes, 3, 49, 1), None);
    }
}
