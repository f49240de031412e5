//! 64-bit words of several messages in one register, a lane each. No Node here.

#[cfg(target_arch = "x86_64")]
use crate::lanes::Lanes;

/// What a processor does with words of `LANES` messages at once. A value of such a type is the proof that it can.
pub trait Words<const LANES: usize>: Copy {
    type Word: Copy;

    /// Does `work`, compiled for the instructions of this type.
    fn run<W: Work<LANES>>(self, work: W);
    fn load(self, lanes: &[u64; LANES]) -> Self::Word;
    fn store(self, word: Self::Word) -> [u64; LANES];
    fn all(self, value: u64) -> Self::Word;
    fn add(self, left: Self::Word, right: Self::Word) -> Self::Word;
    fn xor(self, left: Self::Word, right: Self::Word) -> Self::Word;
    /// `by` is 1 to 63, and known when this is compiled.
    fn rotate_left(self, word: Self::Word, by: u32) -> Self::Word;

    #[inline(always)]
    fn xor3(self, one: Self::Word, other: Self::Word, third: Self::Word) -> Self::Word {
        self.xor(self.xor(one, other), third)
    }
}

/// Something to do with words, the same for any number of lanes. Its `run` is marked `inline(always)`: that is how it
/// becomes part of the function that has the instructions.
pub trait Work<const LANES: usize> {
    fn run<S: Words<LANES>>(self, words: S);
}

/// One message, on any processor.
#[derive(Clone, Copy)]
pub struct Alone;

impl Words<1> for Alone {
    type Word = u64;

    fn run<W: Work<1>>(self, work: W) {
        work.run(self);
    }
    #[inline(always)]
    fn load(self, &[word]: &[u64; 1]) -> u64 {
        word
    }
    #[inline(always)]
    fn store(self, word: u64) -> [u64; 1] {
        [word]
    }
    #[inline(always)]
    fn all(self, value: u64) -> u64 {
        value
    }
    #[inline(always)]
    fn add(self, left: u64, right: u64) -> u64 {
        left.wrapping_add(right)
    }
    #[inline(always)]
    fn xor(self, left: u64, right: u64) -> u64 {
        left ^ right
    }
    #[inline(always)]
    fn rotate_left(self, word: u64, by: u32) -> u64 {
        word.rotate_left(by)
    }
}

/// Four messages with AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// None where the processor lacks the instructions.
    pub fn new() -> Option<Self> {
        (Lanes::detect() != Lanes::Baseline).then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Avx2, Words, Work};
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi64, _mm256_loadu_si256, _mm256_or_si256, _mm256_set1_epi64x,
        _mm256_sllv_epi64, _mm256_srlv_epi64, _mm256_storeu_si256, _mm256_xor_si256,
    };

    #[target_feature(enable = "avx2")]
    fn run<W: Work<4>>(work: W, words: Avx2) {
        work.run(words);
    }

    // SAFETY of all that follows: `Avx2::new` is the only way to an `Avx2`, and it asked this processor. Loads and
    // stores are of a whole array of the register's size, and ask for no alignment.
    impl Words<4> for Avx2 {
        type Word = __m256i;

        fn run<W: Work<4>>(self, work: W) {
            // SAFETY: as above.
            unsafe { run(work, self) }
        }
        #[inline(always)]
        fn load(self, lanes: &[u64; 4]) -> __m256i {
            // SAFETY: as above.
            unsafe { _mm256_loadu_si256(lanes.as_ptr().cast()) }
        }
        #[inline(always)]
        fn store(self, word: __m256i) -> [u64; 4] {
            let mut lanes = [0; 4];
            // SAFETY: as above.
            unsafe { _mm256_storeu_si256(lanes.as_mut_ptr().cast(), word) };
            lanes
        }
        #[inline(always)]
        fn all(self, value: u64) -> __m256i {
            // SAFETY: as above.
            unsafe { _mm256_set1_epi64x(value.cast_signed()) }
        }
        #[inline(always)]
        fn add(self, left: __m256i, right: __m256i) -> __m256i {
            // SAFETY: as above.
            unsafe { _mm256_add_epi64(left, right) }
        }
        #[inline(always)]
        fn xor(self, left: __m256i, right: __m256i) -> __m256i {
            // SAFETY: as above.
            unsafe { _mm256_xor_si256(left, right) }
        }
        #[inline(always)]
        fn rotate_left(self, word: __m256i, by: u32) -> __m256i {
            let (up, down) = (self.all(u64::from(by)), self.all(u64::from(64 - by)));
            // SAFETY: as above.
            unsafe { _mm256_or_si256(_mm256_sllv_epi64(word, up), _mm256_srlv_epi64(word, down)) }
        }
    }
}

/// Eight messages with AVX-512.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx512(());

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    /// None where the processor lacks the instructions.
    pub fn new() -> Option<Self> {
        (Lanes::detect() == Lanes::Avx512).then_some(Self(()))
    }
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{Avx512, Words, Work};
    use std::arch::x86_64::{
        __m512i, _mm512_add_epi64, _mm512_loadu_si512, _mm512_rolv_epi64, _mm512_set1_epi64,
        _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
    };

    /// Truth table of the exclusive or of three.
    const XOR: i32 = 0x96;

    #[target_feature(enable = "avx512f")]
    fn run<W: Work<8>>(work: W, words: Avx512) {
        work.run(words);
    }

    // SAFETY of all that follows: `Avx512::new` is the only way to an `Avx512`, and it asked this processor. Loads and
    // stores are of a whole array of the register's size, and ask for no alignment.
    impl Words<8> for Avx512 {
        type Word = __m512i;

        fn run<W: Work<8>>(self, work: W) {
            // SAFETY: as above.
            unsafe { run(work, self) }
        }
        #[inline(always)]
        fn load(self, lanes: &[u64; 8]) -> __m512i {
            // SAFETY: as above.
            unsafe { _mm512_loadu_si512(lanes.as_ptr().cast()) }
        }
        #[inline(always)]
        fn store(self, word: __m512i) -> [u64; 8] {
            let mut lanes = [0; 8];
            // SAFETY: as above.
            unsafe { _mm512_storeu_si512(lanes.as_mut_ptr().cast(), word) };
            lanes
        }
        #[inline(always)]
        fn all(self, value: u64) -> __m512i {
            // SAFETY: as above.
            unsafe { _mm512_set1_epi64(value.cast_signed()) }
        }
        #[inline(always)]
        fn add(self, left: __m512i, right: __m512i) -> __m512i {
            // SAFETY: as above.
            unsafe { _mm512_add_epi64(left, right) }
        }
        #[inline(always)]
        fn xor(self, left: __m512i, right: __m512i) -> __m512i {
            // SAFETY: as above.
            unsafe { _mm512_xor_si512(left, right) }
        }
        #[inline(always)]
        fn rotate_left(self, word: __m512i, by: u32) -> __m512i {
            let by = self.all(u64::from(by));
            // SAFETY: as above.
            unsafe { _mm512_rolv_epi64(word, by) }
        }
        #[inline(always)]
        fn xor3(self, one: __m512i, other: __m512i, third: __m512i) -> __m512i {
            // SAFETY: as above.
            unsafe { _mm512_ternarylogic_epi64::<XOR>(one, other, third) }
        }
    }
}

/// The words of a block of each message, little-endian, those of one place together.
///
/// Never inlined, so that it is compiled without AVX-512: with it the compiler gathers the words from as many places,
/// which is slower than moving them one by one.
#[inline(never)]
pub fn interleave<const LANES: usize, const BLOCK: usize, const WORDS: usize>(
    blocks: [&[u8; BLOCK]; LANES],
) -> [[u64; LANES]; WORDS] {
    let mut words = [[0; LANES]; WORDS];
    for (lane, block) in blocks.iter().enumerate() {
        for (row, &word) in words.iter_mut().zip(block.as_chunks::<8>().0) {
            row[lane] = u64::from_le_bytes(word);
        }
    }
    words
}
