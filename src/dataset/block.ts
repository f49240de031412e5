import { FormatError, UnsupportedError, type ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import type { BlockRead } from '../pool/blockRead.ts';

/** The content of a block, ready to decode. */
export interface Block {
  /** `lsize` bytes; others may hold them too, so they are never written to. */
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  /** Where the copy lies that was read. Offsets of a compressed block count from there as if it were not compressed. */
  readonly place: Place;
}

/** How an iteration over much goes on. */
export interface WalkOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Takes each part that cannot be read or decoded, and the iteration goes on behind it. Without it the first one ends
   * the iteration as an error.
   */
  readonly onTrouble?: ((trouble: ZfsUberError) => void) | undefined;
}

/** Gives what is at hand without a promise: of the thousands of blocks that are asked for, most are. */
export interface AtHandReader {
  read(bp: Blkptr, signal?: AbortSignal): Promise<BlockRead> | BlockRead;
}

/**
 * Reads one block and makes sure that it is as long as its parents say.
 *
 * @param path what the block is, outermost first, for errors
 * @param level that the pointer must name: following it anywhere else could lead in a circle
 * @param size in bytes; null when any is right
 * @throws FormatError `format-value` when level or size differ; UnsupportedError for encrypted content; what BlockReader.read throws
 */
export function readBlock(
  reader: AtHandReader,
  bp: Blkptr,
  path: readonly string[],
  level: number,
  size: number | null,
  signal?: AbortSignal,
): Promise<Block> | Block {
  if (bp.level !== level) {
    throw new FormatError('format-value', 'level of a block pointer', `${level}`, `${bp.level}`, bp.place);
  }
  if (size !== null && bp.lsize !== size) {
    throw new FormatError('format-value', 'size of a block', `${size} bytes`, `${bp.lsize} bytes`, bp.place);
  }
  const read = reader.read(bp, signal);
  return read instanceof Promise ? read.then((done) => blockOf(bp, done, path)) : blockOf(bp, read, path);
}

function blockOf(bp: Blkptr, read: BlockRead, path: readonly string[]): Block {
  // Of encrypted types only dnodes keep a plain part.
  if (read.encrypted && bp.type !== OBJECT_TYPE.dnode) {
    throw new UnsupportedError(`${path.join(' > ')}: the content is encrypted`, bp.place);
  }
  return { bytes: read.bytes, littleEndian: bp.littleEndian, place: contentPlace(bp, read, path) };
}

/** Where the content of a block lies, for what is said of it. */
export function contentPlace(bp: Blkptr, read: BlockRead, path: readonly string[]): Place {
  const used = read.attempts.find((attempt) => attempt.outcome === 'good' && attempt.place !== null);
  const { source, offset } = used?.place ?? bp.place;
  return { source, offset, path };
}
