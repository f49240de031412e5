//! Checksums, codecs, and what sectors and pointers can be: of buffers, and of nothing else. The addon and the WebAssembly hand it theirs.

pub mod blocks;
mod edonr;
mod fletcher2;
mod fletcher4;
pub mod lanes;
pub mod lz4;
pub mod lzjb;
pub mod pointers;
pub mod salted;
pub mod sectors;
#[cfg(target_arch = "x86_64")]
mod sha256_pair;
mod sha2_words;
#[cfg(target_arch = "x86_64")]
mod sha512_lanes;
mod side_by_side;
mod skein;
pub mod spans;
#[cfg(test)]
mod testing;
mod words;
