//! Which vector instructions this machine has, asked once for the loops that profit.

/// Instruction sets the checksum loops are compiled for. A build for another architecture has `Baseline` alone, which
/// on ARM64 includes NEON: there it is part of every processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Baseline,
}

impl Lanes {
    /// The widest set of this machine. The standard library remembers the answer, so a call costs one load.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
            {
                return Self::Avx512;
            }
            if is_x86_feature_detected!("avx2") {
                return Self::Avx2;
            }
        }
        Self::Baseline
    }

    /// Every set that can be run here, so that tests reach each of them and not only the widest.
    #[cfg(test)]
    pub fn all_here() -> Vec<Self> {
        match Self::detect() {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => vec![Self::Avx512, Self::Avx2, Self::Baseline],
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => vec![Self::Avx2, Self::Baseline],
            Self::Baseline => vec![Self::Baseline],
        }
    }
}

/// A function that runs one compilation of `$sum` for each instruction set: its loop is plain enough that the compiler makes
/// the vectors.
macro_rules! by_lanes {
    ($(#[$about:meta])* pub fn $name:ident = $sum:ident) => {
        $(#[$about])*
        pub fn $name(lanes: Lanes, bytes: &[u8], little_endian: bool) -> [u64; 4] {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512bw,avx512vl")]
            fn avx512(bytes: &[u8], little_endian: bool) -> [u64; 4] {
                $sum(bytes, little_endian)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2(bytes: &[u8], little_endian: bool) -> [u64; 4] {
                $sum(bytes, little_endian)
            }

            match lanes {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: a `Lanes` other than `Baseline` comes from `Lanes::detect`, which asked this processor.
                Lanes::Avx512 => unsafe { avx512(bytes, little_endian) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Lanes::Avx2 => unsafe { avx2(bytes, little_endian) },
                Lanes::Baseline => $sum(bytes, little_endian),
            }
        }
    };
}
pub(crate) use by_lanes;
