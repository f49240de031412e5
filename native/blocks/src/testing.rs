//! Bytes for the tests of the other files.

/// Byte i is i modulo 256: the content of the published vectors.
pub fn ramp(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i & 0xff) as u8).collect()
}

/// Bytes without a pattern, the same in every run.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        })
        .collect()
}
