import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What native/src/lib.rs exports. */
export interface Addon {
  readonly abi: () => number;
  /** The instruction set chosen for fletcher. */
  readonly instructions: () => string;
  /** Four words. */
  readonly checksum: (algorithm: number, bytes: Uint8Array, littleEndian: boolean) => readonly bigint[];
  /** `spans` is offset, length, offset, length... in bytes; four words a span. */
  readonly checksumSpans: (
    algorithm: number,
    buffer: Uint8Array,
    spans: Float64Array,
    littleEndian: boolean,
  ) => BigUint64Array;
  /** The same on one thread of the pool. The buffer must stay as it is until the promise is settled. */
  readonly checksumSpansInPool: (
    algorithm: number,
    buffer: Uint8Array,
    spans: Float64Array,
    littleEndian: boolean,
  ) => Promise<BigUint64Array>;
  readonly saltedChecksum: (
    algorithm: number,
    salt: Uint8Array,
    bytes: Uint8Array,
    littleEndian: boolean,
  ) => readonly bigint[];
  /**
   * `table` is `BLOCK_COLUMNS` numbers a block: offset, length, algorithm, whether it is little-endian, packing,
   * offset and length in `content`, size of the content, whether it is pointers; `expected` four words a block. An outcome
   * a block.
   */
  readonly openBlocks: (...given: GivenBlocks) => Uint32Array;
  /** The same on one thread of the pool. Both buffers must be left alone until the promise is settled. */
  readonly openBlocksInPool: (...given: GivenBlocks) => Promise<Uint32Array>;
  /** Offsets of those sectors that can be one of `MARK`, that number added; see `Engine.markSectors`. */
  readonly markSectors: (bytes: Uint8Array) => Uint32Array;
  /** Fills `content` from one stored block; false where it is not what fills it. */
  readonly unpack: (packing: number, stored: Uint8Array, content: Uint8Array) => boolean;
  /** Bytes up to the last that is not zero. */
  readonly usedLength: (bytes: Uint8Array) => number;
  /** Where an open file has data between two bytes: start, end, start, end... Null where the system does not say. */
  readonly dataExtents: (descriptor: number, from: number, to: number) => Float64Array | null;
  /** For the benchmark: sum of the 64-bit words, as a measure of how fast memory is read. */
  readonly sumWords: (bytes: Uint8Array) => number;
}

/** `salt` is empty where there is none; `props` and `reach` are those of `PlainPointers`. */
export type GivenBlocks = [
  table: Float64Array,
  expected: BigUint64Array,
  stored: Uint8Array,
  content: Uint8Array,
  salt: Uint8Array,
  props: Uint32Array,
  reach: Float64Array,
];

/** Goes up with every change of a signature in native/src/lib.rs: a stale binary is refused, not called. */
export const ABI = 7;

/** Of native/blocks/src/blocks.rs. */
export const BLOCK_COLUMNS = 9;

/** How napi names a binary's C library or toolchain; where a platform has several, those that are there are tried. */
const FLAVOURS: Readonly<Record<string, readonly string[]>> = {
  linux: ['-gnu', '-musl', '-gnueabihf', '-musleabihf'],
  win32: ['-msvc', '-gnu'],
};

/** Beside the folder of the program, and beside that of the sources: where `napi build` puts the addon in a clone. */
const BESIDE = ['../native/', '../../native/'];

/**
 * Where the addon for this machine may lie, whether or not it does: first where a clone builds it, then in the package
 * of this platform, which a package manager installs where it can be had.
 */
export function addonPaths(): string[] {
  const here = import.meta.url;
  // What bundles this may leave no trace of where it lies.
  if (!here) return [];
  const names = (FLAVOURS[process.platform] ?? ['']).map((flavour) => `${process.platform}-${process.arch}${flavour}`);
  const built = BESIDE.flatMap((folder) => {
    const beside = fileURLToPath(new URL(folder, here));
    return names.map((name) => `${beside}index.${name}.node`);
  }).filter((path) => existsSync(path));
  if (built.length > 0) return built;
  const require = process.getBuiltinModule('node:module').createRequire(here);
  return names.flatMap((name) => installed(name, require));
}

/** @returns the path of the addon in the package of a platform, in a list that is empty where it is not installed */
function installed(platform: string, { resolve }: NodeJS.Require): string[] {
  try {
    return [resolve(`zfs-uber-${platform}/index.${platform}.node`)];
  } catch {
    return [];
  }
}

/** What `bin/develop.js` notes beside an addon when it is built. */
const NOTE = '.json';

/**
 * An addon that was cut is mapped as if it were whole, and crashes the process where it lacks; one of which a byte was changed
 * may sum otherwise. So compiled code is compared with what was noted of it before it is loaded. Half a megabyte takes a fifth
 * of a millisecond.
 *
 * @returns its bytes
 * @throws Error when it is not what was built, or nothing was noted of it
 */
export function readBuilt(path: string): Uint8Array {
  const name = basename(path);
  if (!existsSync(path + NOTE)) throw new Error(`${name} has no ${name}${NOTE} beside it that says what was built`);
  const { size, crc32 }: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(path + NOTE, 'utf8')) ?? {};
  const bytes = readFileSync(path);
  if (bytes.length !== size) throw new Error(`${name} has ${bytes.length} bytes, and ${size} were built`);
  if (process.getBuiltinModule('node:zlib').crc32(bytes) !== crc32) throw new Error(`${name} is not what was built`);
  return bytes;
}

/** Files that an earlier run has compared with what was built, and that nobody has written since (bin/codeCache.cjs). */
export interface Seen {
  readonly is: (path: string) => boolean;
  /** Of one that was asked for with `is`. */
  readonly note: (path: string) => void;
}

const NONE_SEEN: Seen = { is: () => false, note: () => {} };

/**
 * Loads the addon for this machine.
 *
 * @param seen those of which nothing is read
 * @throws Error whatever stands in the way, in words for `EngineInfo.passedOver`
 */
export function loadAddon(seen = NONE_SEEN): Addon {
  const there = addonPaths();
  if (there.length === 0) throw new Error(`no addon for ${process.platform}-${process.arch} is here`);
  let reason: unknown;
  for (const path of there) {
    try {
      if (!seen.is(path)) {
        readBuilt(path);
        seen.note(path);
      }
      const addon = { exports: {} };
      process.dlopen(addon, path);
      return addon.exports as Addon;
    } catch (error) {
      reason = error;
    }
  }
  throw reason;
}
