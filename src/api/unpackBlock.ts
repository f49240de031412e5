import { decompress, MAX_LSIZE, prepareCodec } from '../block/decompress.ts';
import { FormatError, UsageError } from '../bytes/errors.ts';
import { SECTOR } from '../bytes/units.ts';
import { COMPRESSION_KINDS, type CompressionKind } from '../format/compressionKinds.ts';

/** Sizes that are no power of two are tried up to the standard record size. */
const ODD_LIMIT = 128 * 1024;

/** Content of a block whose pointer is not known. */
export interface UnpackedBlock {
  readonly kind: CompressionKind;
  readonly bytes: Uint8Array;
}

/**
 * Undoes a compression of which only the name is known.
 *
 * lz4, gzip and zstd say where they end, so sizes are tried until one fits: powers of two first. lzjb and zle do not.
 *
 * @param bytes as stored
 * @param name as in the property: `lz4`, `gzip`, `zstd`, `lzjb`, `zle`
 * @param lsize bytes of the content; null when it is not known
 * @throws UsageError for another name, and without `lsize` where it is needed; FormatError when no size fits
 */
export async function unpackBlock(bytes: Uint8Array, name: string, lsize: number | null): Promise<UnpackedBlock> {
  const kind = kindOf(name);
  await prepareCodec(kind);
  const place = { source: `${name} block`, offset: 0, path: [] };
  if (lsize !== null) {
    if (lsize < 1 || lsize > MAX_LSIZE)
      throw new UsageError(`the logical size has to be at most 0x${MAX_LSIZE.toString(16)}`);
    return { kind, bytes: decompress(kind, bytes, lsize, place) };
  }
  if (kind === 'off') return { kind, bytes };
  if (kind === 'lzjb' || kind === 'zle') {
    throw new UsageError(`${kind} does not say where its content ends: give both sizes, VDEV:OFFSET:LSIZE/PSIZE`);
  }
  for (const size of likelySizes()) {
    try {
      return { kind, bytes: decompress(kind, bytes, size, place) };
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
    }
  }
  throw new FormatError('format-value', `content of a ${kind} block`, 'one of a size that blocks have', 'none', place);
}

function kindOf(name: string): CompressionKind {
  const found = name === 'gzip' ? 'gzip-6' : COMPRESSION_KINDS.find((kind) => kind === name);
  if (found === undefined || found === 'inherit' || found === 'on' || found === 'empty') {
    throw new UsageError(`expected a compression: lz4, gzip, zstd, lzjb, zle or off; found '${name}'`);
  }
  return found;
}

function* likelySizes(): Generator<number> {
  for (let size = SECTOR; size <= MAX_LSIZE; size *= 2) yield size;
  for (let size = SECTOR; size < ODD_LIMIT; size += SECTOR) yield size;
}
