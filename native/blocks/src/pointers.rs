//! Block pointers that nobody looks into: `PointerScan.isPlain` in TypeScript is the reference. No Node here.

/// Bytes of a block pointer, and where its properties stand.
pub const POINTER: usize = 128;
const PROPS: usize = 6;
const COPIES: usize = 3;
/// In the lower half of the properties: a size above 16 MiB.
const LARGE_SIZES: u64 = 0x8000_8000;
/// Of the first word of an address.
const SECTORS: u64 = 0xff_ffff;
const VDEV: u64 = 0xff_ffff;
/// Above are gang blocks, and offsets that lose bits.
const OFFSET: u64 = (1 << 55) - 1;

/// What pointers to content have that OpenZFS follows.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// Upper halves of the properties, any of them.
    props: Vec<u32>,
    /// In sectors, by vdev: where the last address ends at most.
    reach: Vec<u64>,
}

impl Plain {
    /// A reach below zero allows no address.
    pub fn new(props: &[u32], reach: &[f64]) -> Self {
        Self {
            props: props.to_vec(),
            // A cast from f64 saturates.
            reach: reach.iter().map(|&end| end as u64).collect(),
        }
    }

    /// Whether there are pointers in an indirect block, and all of them are plain or blank; what is behind the last whole
    /// one is not looked at.
    pub fn has_all(&self, block: &[u8], little_endian: bool) -> bool {
        let (pointers, _) = block.as_chunks::<POINTER>();
        if pointers.is_empty() {
            return false;
        }
        // One compilation of the loop for each order.
        if little_endian {
            pointers
                .iter()
                .all(|each| self.has(each, u64::from_le_bytes))
        } else {
            pointers
                .iter()
                .all(|each| self.has(each, u64::from_be_bytes))
        }
    }

    #[inline(always)]
    fn has(&self, pointer: &[u8; POINTER], decode: impl Fn([u8; 8]) -> u64) -> bool {
        let (words, _) = pointer.as_chunks::<8>();
        let props = decode(words[PROPS]);
        if props == 0 {
            return words[..2] == [[0; 8]; 2];
        }
        if props & LARGE_SIZES != 0 || !self.props.contains(&((props >> 32) as u32)) {
            return false;
        }
        let mut copies = 0;
        for at in 0..COPIES {
            let (place, offset) = (decode(words[at * 2]), decode(words[at * 2 + 1]));
            let sectors = place & SECTORS;
            if sectors == 0 {
                continue;
            }
            // Those behind one without a size are for the rules to say.
            if copies != at || offset > OFFSET {
                return false;
            }
            copies += 1;
            match self.reach.get(((place >> 32) & VDEV) as usize) {
                Some(&reach) if offset + sectors <= reach => {}
                _ => return false,
            }
        }
        copies > 0
    }
}

#[cfg(test)]
mod tests {
    use super::{POINTER, Plain};

    const CONTENT: u32 = 0x8013_0702;

    fn pointer(words: &[(usize, u64)]) -> Vec<u8> {
        let mut bytes = vec![0; POINTER];
        for &(at, word) in words {
            bytes[at * 8..at * 8 + 8].copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    fn content(change: &[(usize, u64)]) -> Vec<u8> {
        let words = [(0, 8), (1, 92), (6, u64::from(CONTENT) << 32 | 7)];
        pointer(&[&words, change].concat())
    }

    fn plain() -> Plain {
        Plain::new(&[5, CONTENT], &[100.0, -1.0, f64::INFINITY])
    }

    #[test]
    fn takes_content_that_lies_on_its_vdev_and_blank_pointers() {
        let second = [(2, 1 | 2 << 32), (3, (1 << 55) - 1)];
        for good in [
            content(&[]),
            content(&second),
            pointer(&[]),
            pointer(&[(4, 9)]),
        ] {
            let block = [content(&[]), good.clone()].concat();
            assert!(plain().has_all(&block, true), "{good:?}");
            let swapped: Vec<u8> = block
                .as_chunks::<8>()
                .0
                .iter()
                .flat_map(|word| word.iter().rev().copied())
                .collect();
            assert!(plain().has_all(&swapped, false), "{good:?}");
            assert!(!plain().has_all(&swapped[..POINTER], true));
        }
    }

    #[test]
    fn takes_nothing_else() {
        for bad in [
            content(&[(1, 93)]),
            content(&[(1, 1 << 63)]),
            content(&[(0, 8 | 2 << 32), (1, 1 << 55)]),
            content(&[(0, 0), (1, 0)]),
            content(&[(0, 0), (2, 8)]),
            content(&[(0, 8 | 1 << 32)]),
            content(&[(0, 8 | 3 << 32)]),
            content(&[(6, 6 << 32)]),
            content(&[(6, u64::from(CONTENT) << 32 | 0x8000)]),
            content(&[(6, u64::from(CONTENT) << 32 | 0x8000_0000)]),
            pointer(&[(0, 8)]),
            pointer(&[(1, 8)]),
            pointer(&[(6, 1)]),
        ] {
            assert!(
                !plain().has_all(&[content(&[]), bad.clone()].concat(), true),
                "{bad:?}"
            );
        }
        assert!(!plain().has_all(&[], true));
        assert!(!Plain::default().has_all(&content(&[]), true));
    }
}
