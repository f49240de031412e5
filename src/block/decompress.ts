import { FormatError, LimitError, UnsupportedError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import type { CompressionKind } from '../format/compressionKinds.ts';
import { gzip } from './gzip.ts';
import { lz4 } from './lz4.ts';
import { lzjb } from './lzjb.ts';
import { zle } from './zle.ts';
import { loadedZstd, loadZstd, whyNoZstd } from './zstd.ts';

/** The largest block that ZFS writes, and the most that one call here allocates. Source: include/sys/spa.h, SPA_MAXBLOCKSIZE */
export const MAX_LSIZE = 16 * 1024 * 1024;

/**
 * Undoes one compression.
 *
 * @param bytes the block as stored; padding may follow the compressed stream and is not looked at
 * @param lsize bytes of the result; at least 1
 * @param place of `bytes[0]`
 * @param into memory of `lsize` bytes that may be used for the result
 * @returns exactly `lsize` bytes that nobody else holds
 * @throws FormatError when the stream is malformed or gives another size
 */
type Codec = (bytes: Uint8Array, lsize: number, place: Place, into?: Uint8Array) => Uint8Array;

/** Null for what is a setting of a dataset, or a mark of a hole, and never the compression of a stored block. */
const CODECS: Readonly<Record<CompressionKind, Codec | null>> = {
  inherit: null,
  on: null,
  off: stored,
  lzjb,
  empty: null,
  'gzip-1': gzip,
  'gzip-2': gzip,
  'gzip-3': gzip,
  'gzip-4': gzip,
  'gzip-5': gzip,
  'gzip-6': gzip,
  'gzip-7': gzip,
  'gzip-8': gzip,
  'gzip-9': gzip,
  zle,
  lz4,
  zstd,
};

/**
 * Gives the content of a stored block. Time and memory are bounded by the sizes of input and output, whatever the bytes
 * say. Says nothing about the block's checksum.
 *
 * zstd is loaded by {@link prepareCodec} before, because loading it takes longer than everything else here and is
 * asynchronous; the others need no preparation.
 *
 * @param kind of the block pointer
 * @param bytes the block as stored, `psize` bytes; padding after the compressed stream is not looked at
 * @param lsize bytes of the content, 1 to {@link MAX_LSIZE}
 * @param place of `bytes[0]`
 * @param into memory that the caller has to spare, `lsize` bytes; what is made may be there, and is then this very array
 * @returns exactly `lsize` bytes; a view of `bytes` for `off`, otherwise fresh
 * @throws FormatError when the stream is malformed, gives another size, or `kind` is none that a stored block can have
 *   (the kernel's EINVAL); LimitError for an `lsize` out of range; UnsupportedError for zstd that was not prepared
 * Source: module/zfs/zio_compress.c, zio_decompress_data and zio_compress_table
 */
export function decompress(
  kind: CompressionKind,
  bytes: Uint8Array,
  lsize: number,
  place: Place,
  into?: Uint8Array,
): Uint8Array {
  if (!(lsize >= 1 && lsize <= MAX_LSIZE)) {
    throw new LimitError(`logical size ${lsize} is not within 1 to ${MAX_LSIZE} bytes`, place);
  }
  const codec = CODECS[kind];
  if (codec === null) {
    throw new FormatError('format-value', 'compression', 'one that stored blocks have', kind, place);
  }
  return codec(bytes, lsize, place, into);
}

/** Nothing has to be loaded before {@link decompress} takes blocks of `kind`. */
export const isPrepared = (kind: CompressionKind): boolean => kind !== 'zstd' || loadedZstd() !== null;

/**
 * Loads what {@link decompress} needs for `kind`.
 *
 * @returns null when nothing is left to load, so that a reader of many blocks waits once and not for each
 */
export function prepareCodec(kind: CompressionKind): Promise<void> | null {
  return isPrepared(kind) ? null : loadZstd();
}

function stored(bytes: Uint8Array, lsize: number, place: Place): Uint8Array {
  if (bytes.length < lsize) {
    throw new FormatError('format-bounds', 'uncompressed block', `${lsize} bytes`, `${bytes.length}`, place);
  }
  return bytes.subarray(0, lsize);
}

function zstd(bytes: Uint8Array, lsize: number, place: Place): Uint8Array {
  const codec = loadedZstd();
  if (codec === null) throw new UnsupportedError(`no zstd decoder: ${whyNoZstd()}`, inside(place, 'zstd'));
  return codec(bytes, lsize, place);
}
