//! Glue between Node and the checksums and codecs: checks what comes in, calls, converts. `src/node/addon.ts` is the other side.

mod holes;

use napi::bindgen_prelude::{
    AsyncTask, BigUint64Array, Buffer, BufferSlice, Float64Array, Uint8Array, Uint32Array,
};
use napi::{Env, Error, Result, Status, Task};
use napi_derive::napi;
use zfs_uber_blocks::blocks::{self, Block, Terms};
use zfs_uber_blocks::lanes::Lanes;
use zfs_uber_blocks::pointers::Plain;
use zfs_uber_blocks::salted::{SALT, SaltedAlgorithm};
use zfs_uber_blocks::sectors;
use zfs_uber_blocks::spans::{self, Algorithm};

/// Goes up with every change of a signature here; src/node/addon.ts refuses another number.
const ABI: u32 = 7;

#[napi]
pub fn abi() -> u32 {
    ABI
}

/// The instruction set chosen for the fletcher loops: `Avx512`, `Avx2` or `Baseline`.
#[napi]
pub fn instructions() -> String {
    format!("{:?}", Lanes::detect())
}

/// Four words.
#[napi]
pub fn checksum(algorithm: u32, bytes: &[u8], little_endian: bool) -> Result<Vec<u64>> {
    Ok(by_number(algorithm)?.words(bytes, little_endian).to_vec())
}

/// Four words a span; `spans` is offset, length, offset, length... in bytes.
#[napi]
pub fn checksum_spans(
    algorithm: u32,
    buffer: &[u8],
    spans: &[f64],
    little_endian: bool,
) -> Result<BigUint64Array> {
    let ranges = spans::ranges(spans, buffer.len()).map_err(invalid)?;
    let words = spans::checksums(by_number(algorithm)?, buffer, &ranges, little_endian);
    Ok(words.into())
}

/// The same, on one thread of the pool of libuv. The buffer is referred to and not copied: the caller leaves it as it
/// is, neither detached nor resized nor written to, until the promise is settled.
#[napi]
pub fn checksum_spans_in_pool(
    algorithm: u32,
    buffer: Uint8Array,
    spans: &[f64],
    little_endian: bool,
) -> Result<AsyncTask<SpansTask>> {
    let ranges = spans::ranges(spans, buffer.len()).map_err(invalid)?;
    Ok(AsyncTask::new(SpansTask {
        algorithm: by_number(algorithm)?,
        buffer,
        ranges,
        little_endian,
    }))
}

pub struct SpansTask {
    algorithm: Algorithm,
    buffer: Uint8Array,
    ranges: Vec<(usize, usize)>,
    little_endian: bool,
}

impl Task for SpansTask {
    type Output = Vec<u64>;
    type JsValue = BigUint64Array;

    fn compute(&mut self) -> Result<Vec<u64>> {
        Ok(spans::checksums(
            self.algorithm,
            &self.buffer,
            &self.ranges,
            self.little_endian,
        ))
    }

    fn resolve(&mut self, _env: Env, words: Vec<u64>) -> Result<BigUint64Array> {
        Ok(words.into())
    }
}

/// Four words; `salt` has 32 bytes.
#[napi]
pub fn salted_checksum(
    algorithm: u32,
    salt: &[u8],
    bytes: &[u8],
    little_endian: bool,
) -> Result<Vec<u64>> {
    let salted = SaltedAlgorithm::from_number(algorithm);
    let salted = salted.ok_or_else(|| invalid(format!("no salted algorithm {algorithm}")))?;
    let salt = salt_of(salt)?.ok_or_else(|| invalid("no salt".to_owned()))?;
    Ok(salted.words(&salt, bytes, little_endian).to_vec())
}

/// Sums, compares and unpacks blocks of `stored`, as `table` and `expected` say; what came of each. `salt` has 32 bytes,
/// or none; `props` and `reach` say which pointers nobody looks into.
#[napi]
pub fn open_blocks(
    table: &[f64],
    expected: &[u64],
    stored: &[u8],
    mut content: BufferSlice,
    salt: &[u8],
    props: &[u32],
    reach: &[f64],
) -> Result<Uint32Array> {
    let blocks = blocks::blocks(table, expected, stored.len(), content.len()).map_err(invalid)?;
    let terms = terms(salt, props, reach)?;
    Ok(blocks::open(&blocks, stored, &mut content, &terms).into())
}

/// The same, on one thread of the pool of libuv. Both buffers are referred to and not copied: the caller leaves them as
/// they are, and does not look into `content`, until the promise is settled.
#[napi]
pub fn open_blocks_in_pool(
    table: &[f64],
    expected: &[u64],
    stored: Uint8Array,
    content: Buffer,
    salt: &[u8],
    props: &[u32],
    reach: &[f64],
) -> Result<AsyncTask<BlocksTask>> {
    let blocks = blocks::blocks(table, expected, stored.len(), content.len()).map_err(invalid)?;
    Ok(AsyncTask::new(BlocksTask {
        blocks,
        stored,
        content,
        terms: terms(salt, props, reach)?,
    }))
}

pub struct BlocksTask {
    blocks: Vec<Block>,
    stored: Uint8Array,
    content: Buffer,
    terms: Terms,
}

impl Task for BlocksTask {
    type Output = Vec<u32>;
    type JsValue = Uint32Array;

    fn compute(&mut self) -> Result<Vec<u32>> {
        Ok(blocks::open(
            &self.blocks,
            &self.stored,
            &mut self.content,
            &self.terms,
        ))
    }

    fn resolve(&mut self, _env: Env, outcomes: Vec<u32>) -> Result<Uint32Array> {
        Ok(outcomes.into())
    }
}

/// Fills `content` from one stored block, of which nothing is summed; false where it is not what fills it.
#[napi]
pub fn unpack(packing: u32, stored: &[u8], mut content: BufferSlice) -> Result<bool> {
    blocks::unpack_one(packing, stored, &mut content)
        .ok_or_else(|| invalid(format!("no packing {packing}")))
}

/// Bytes up to the last that is not zero.
#[napi]
pub fn used_length(bytes: &[u8]) -> f64 {
    spans::used_length(bytes) as f64
}

fn terms(salt: &[u8], props: &[u32], reach: &[f64]) -> Result<Terms> {
    Ok(Terms {
        salt: salt_of(salt)?,
        plain: Plain::new(props, reach),
    })
}

fn salt_of(salt: &[u8]) -> Result<Option<[u8; SALT]>> {
    match salt.len() {
        0 => Ok(None),
        _ => <[u8; SALT]>::try_from(salt)
            .map(Some)
            .map_err(|_| invalid(format!("a salt of {} bytes", salt.len()))),
    }
}

/// Offsets of those sectors that can end a unit with a checksum or begin an object set, each with the number of what it can
/// be added.
#[napi]
pub fn mark_sectors(bytes: &[u8]) -> Result<Uint32Array> {
    if u32::try_from(bytes.len()).is_err() {
        return Err(invalid(format!("{} bytes are too many", bytes.len())));
    }
    Ok(sectors::marks(bytes).into())
}

/// Where an open file has data from `from` up to `to`: start and end of each stretch. Null where the system does not say.
#[napi]
pub fn data_extents(descriptor: u32, from: f64, to: f64) -> Result<Option<Float64Array>> {
    let whole = |value: f64| value.trunc() == value && (0.0..=MOST_BYTES).contains(&value);
    if !whole(from) || !whole(to) || from > to {
        return Err(invalid(format!("no range from {from} to {to}")));
    }
    let found = holes::extents(descriptor, from as u64, to as u64);
    Ok(found.map(|extents| {
        let numbers = extents
            .iter()
            .flat_map(|&(start, end)| [start as f64, end as f64]);
        numbers.collect::<Vec<f64>>().into()
    }))
}

/// Whole numbers up to it JavaScript has exactly.
const MOST_BYTES: f64 = 9_007_199_254_740_991.0;

/// For the benchmark: the sum of the 64-bit words of the buffer.
#[napi]
pub fn sum_words(bytes: &[u8]) -> f64 {
    spans::sum_words(bytes) as f64
}

fn by_number(number: u32) -> Result<Algorithm> {
    Algorithm::from_number(number).ok_or_else(|| invalid(format!("no algorithm {number}")))
}

fn invalid(reason: String) -> Error {
    Error::new(Status::InvalidArg, reason)
}
