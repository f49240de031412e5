import { FormatError, LimitError, ZfsUberError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { INDIRECT_MAPPING_ENTRY } from '../format/indirectMapping.layout.ts';
import { decodeIndirectEntry, decodeIndirectMapping } from '../format/indirectMapping.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { IndirectMapping, IndirectPiece } from '../pool/indirect.ts';
import type { WalkOptions } from './block.ts';
import type { Mos } from './mos.ts';
import type { DmuObject } from './object.ts';
import { vdevTreeIn } from './openMos.ts';

/** Pieces of one mapping that are held, 32 bytes each; a removal of many terabytes makes some hundred thousand. */
const MAX_PIECES = 4 * 1024 * 1024;
/** Removed vdevs of one pool. */
const MAX_REMOVED = 4096;

/** Pieces of a removed vdev in columns, ascending by source. */
class PieceTable implements IndirectMapping {
  readonly #place: Place;
  readonly #sources: number[] = [];
  readonly #sizes: number[] = [];
  readonly #vdevs: number[] = [];
  readonly #offsets: number[] = [];

  constructor(place: Place) {
    this.#place = place;
  }

  /** @throws FormatError `format-value` when the piece is empty or does not lie behind the one before */
  push(source: number, size: number, vdev: number, offset: number): void {
    const end = this.#sources.length === 0 ? 0 : this.#endOf(this.#sources.length - 1);
    if (source < end || size === 0) {
      const found = `${source} and ${size} bytes`;
      throw new FormatError('format-value', 'indirect mapping', `a piece at or above ${end}`, found, this.#place);
    }
    this.#sources.push(source);
    this.#sizes.push(size);
    this.#vdevs.push(vdev);
    this.#offsets.push(offset);
  }

  pieces(offset: number, size: number): readonly IndirectPiece[] {
    const pieces: IndirectPiece[] = [];
    for (let at = offset, i = this.#lookup(offset); at < offset + size; i++) {
      const source = this.#sources[i] ?? 0;
      if (i < 0 || i >= this.#sources.length || source > at || this.#endOf(i) <= at) {
        throw new FormatError(
          'format-bounds',
          'address on a removed vdev',
          'one that was mapped',
          `${at}`,
          this.#place,
        );
      }
      const length = Math.min(this.#endOf(i), offset + size) - at;
      pieces.push({ size: length, vdev: this.#vdevs[i] ?? 0, offset: (this.#offsets[i] ?? 0) + (at - source) });
      at += length;
    }
    return pieces;
  }

  #endOf(index: number): number {
    return (this.#sources[index] ?? 0) + (this.#sizes[index] ?? 0);
  }

  /** Last piece whose source is at or below `offset`; -1 when there is none. */
  #lookup(offset: number): number {
    let [low, high] = [0, this.#sources.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sources[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

/**
 * Reads the mapping of one removed top-level vdev.
 *
 * @param object that the vdev's config names
 * @throws FormatError when header or entries are nonsense; LimitError above 2^22 entries; what DmuObject.blocks throws
 * Source: module/zfs/vdev_indirect_mapping.c, vdev_indirect_mapping_open
 */
export async function readIndirectMapping(object: DmuObject, options: WalkOptions = {}): Promise<IndirectMapping> {
  const { dnode } = object;
  const header = decodeIndirectMapping(dnode.bonus, dnode.littleEndian, dnode.bonusPlace);
  const count = entryCount(object, header.entries, INDIRECT_MAPPING_ENTRY.size);
  const table = new PieceTable(object.place);
  for await (const { bytes, littleEndian, place } of entries(object, count, INDIRECT_MAPPING_ENTRY.size, options)) {
    const { source, target } = decodeIndirectEntry(bytes, littleEndian, place);
    const [from, to] = [source * 512n, target.offset * 512n];
    const limit = BigInt(Number.MAX_SAFE_INTEGER) - BigInt(target.asize);
    if (from > limit || to > limit)
      throw new FormatError('format-bounds', 'indirect mapping', 'bytes', `${from}`, place);
    table.push(Number(from), target.asize, target.vdev, Number(to));
  }
  return table;
}

function entryCount(object: DmuObject, count: bigint, size: number): number {
  const room = object.dnode.check().length / BigInt(size);
  if (count > room) throw new FormatError('format-bounds', 'entries', `at most ${room}`, `${count}`, object.place);
  if (count > BigInt(MAX_PIECES)) throw new LimitError(`more than ${MAX_PIECES} entries`, object.place);
  return Number(count);
}

/** Entries of fixed size, which may straddle blocks: 24 bytes do not divide a block. */
async function* entries(
  object: DmuObject,
  count: number,
  size: number,
  options: WalkOptions,
): AsyncGenerator<{ bytes: Uint8Array; littleEndian: boolean; place: Place }> {
  const perRead = 4096;
  for (let first = 0; first < count; first += perRead) {
    const length = Math.min(perRead, count - first) * size;
    const at = BigInt(first) * BigInt(size);
    const bytes = await object.read(at, length, options.signal);
    const block = await object.block(at / BigInt(object.dnode.dataBlockSize), options.signal);
    for (let from = 0; from < length; from += size) {
      const place = inside(object.place, `entry ${first + from / size}`);
      yield { bytes: bytes.subarray(from, from + size), littleEndian: block?.littleEndian ?? true, place };
    }
  }
}

/**
 * Reads the mappings of all removed vdevs, the youngest removal first.
 *
 * What a mapping is stored in may itself lie on a vdev that was removed later, never on one removed before: so each is
 * read with the mappings read so far, and an image in which two mappings need each other gives an error, not a wait.
 *
 * @param openMos the meta-object set, through a reader that finds addresses of removed vdevs with these mappings
 * @param options.onTrouble takes why a mapping could not be read
 * @returns by the id of the vdev: its mapping, or why it could not be read
 * Source: module/zfs/spa.c, spa_ld_open_indirect_vdev_metadata; module/zfs/vdev_removal.c, spa_remove_init
 */
export async function readIndirectMappings(
  openMos: (known: ReadonlyMap<number, IndirectMapping | ZfsUberError>) => Promise<Mos>,
  options: WalkOptions = {},
): Promise<ReadonlyMap<number, IndirectMapping | ZfsUberError>> {
  const { signal, onTrouble = () => {} } = options;
  let known: ReadonlyMap<number, IndirectMapping | ZfsUberError> = new Map();
  let mos = await openMos(known);
  const tree = await vdevTreeIn(mos, signal);
  for (const { id, indirect } of removalOrder(tree?.children ?? [], await lastRemoved(mos))) {
    if (id === null || indirect === null) continue;
    let mapping: IndirectMapping | ZfsUberError;
    try {
      mapping = await readIndirectMapping(await mos.object(indirect.object, signal), options);
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
      onTrouble(error);
      mapping = error;
    }
    known = new Map([...known, [id, mapping]]);
    mos = await openMos(known);
  }
  return known;
}

async function lastRemoved(mos: Mos): Promise<bigint | null> {
  return (await mos.removal())?.previousIndirect ?? null;
}

/** Removed vdevs from the youngest removal on, along the chain that the pool keeps; those outside it last. */
function removalOrder(tops: readonly VdevConfig[], last: bigint | null): VdevConfig[] {
  const removed = new Map(tops.filter((top) => top.indirect !== null).map((top) => [BigInt(top.id ?? -1), top]));
  const order: VdevConfig[] = [];
  for (let id = last; id !== null && order.length < MAX_REMOVED; ) {
    const top = removed.get(id);
    if (top === undefined) break;
    removed.delete(id);
    order.push(top);
    id = top.indirect?.previous ?? null;
  }
  return [...order, ...removed.values()];
}
