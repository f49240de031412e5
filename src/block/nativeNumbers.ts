import type { CompressionKind } from '../format/compressionKinds.ts';
import type { EngineAlgorithm, SaltedAlgorithm } from './engine.ts';

// What the Rust of native/blocks takes for a name.

/** Of native/blocks/src/spans.rs and native/blocks/src/salted.rs. */
export const ALGORITHM_NUMBER: Readonly<Record<EngineAlgorithm | SaltedAlgorithm, number>> = {
  fletcher2: 0,
  fletcher4: 1,
  sha256: 2,
  sha512: 3,
  skein: 4,
  edonr: 5,
  blake3: 6,
};

/** Of native/blocks/src/blocks.rs: what it unpacks; all else is summed alone. */
export const PACKING_NUMBER: Readonly<Partial<Record<CompressionKind, number>>> = { off: 1, lz4: 2, lzjb: 3 };
export const NOT_UNPACKED = 0;
