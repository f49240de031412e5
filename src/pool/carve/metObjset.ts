import { decompress, MAX_LSIZE } from '../../block/decompress.ts';
import type { Engine } from '../../block/engine.ts';
import { LZ4_LENGTH } from '../../block/sectorMarks.ts';
import { ZfsUberError } from '../../bytes/errors.ts';
import type { Place } from '../../bytes/place.ts';
import { asTxg, SECTOR, type Txg } from '../../bytes/units.ts';
import { BLKPTR, BLKPTR_PROPS, DVA_WORD0 } from '../../format/blkptr.layout.ts';
import { Blkptr } from '../../format/blkptr.ts';
import { CHECKSUM_KINDS } from '../../format/checksumKinds.ts';
import { COMPRESSION_KINDS, type CompressionKind, compressionKind } from '../../format/compressionKinds.ts';
import type { Dnode } from '../../format/dnode.ts';
import { OBJECT_TYPE } from '../../format/objectTypes.ts';
import { decodeObjset, type ObjsetType } from '../../format/objset.ts';

/** Bytes of an object set by version, and so the most that one takes on a disk. Source: include/sys/dmu_objset.h */
const SIZES = [4096, 2048, 1024] as const;
export const LARGEST_OBJSET = SIZES[0];

/** An object set met anywhere in a source. It has no checksum of its own: it is one by the shape of all its fields. */
export interface MetObjset {
  /** Byte of the source. */
  readonly at: number;
  /** Bytes stored, in whole sectors. */
  readonly psize: number;
  readonly lsize: number;
  readonly compression: CompressionKind;
  readonly type: ObjsetType;
  readonly littleEndian: boolean;
  /** In which the newest of its pointers was written: of a meta-object set its own txg. */
  readonly txg: Txg;
  /** Allocated objects, by the count that its pointers keep. */
  readonly objects: bigint;
  /** The first of the pointers of its meta-dnode that is no hole. */
  readonly pointer: Blkptr;
}

/**
 * The object set that begins at `at`, if one does.
 *
 * @param bytes from `at` on as many as there are, up to 4096; those that are not there cannot be a part of it
 * @param offset of `bytes` in the source
 */
export function objsetAt(bytes: Uint8Array, at: number, offset: number, source: string): MetObjset | null {
  const place: Place = { source, offset: offset + at, path: ['object set'] };
  for (const kind of kindsOf(bytes, at)) {
    for (const { psize, lsize } of sizesOf(bytes, at, kind)) {
      const content = contentOf(kind, bytes.subarray(at, at + psize), lsize, place);
      const shape = content && shapeOf(content, place);
      if (shape === null) continue;
      return { at: offset + at, psize, lsize, compression: kind, ...shape };
    }
  }
  return null;
}

function kindsOf(bytes: Uint8Array, at: number): CompressionKind[] {
  if (bytes[at] === OBJECT_TYPE.dnode) return ['off'];
  return bytes[at] === 0 && bytes[at + 1] === 0 ? ['lz4', 'lzjb'] : ['lzjb'];
}

interface Sizes {
  readonly psize: number;
  readonly lsize: number;
}

/** lz4 says how long it is; lzjb does not, so that the shortest is taken that gives all of one. */
function sizesOf(bytes: Uint8Array, at: number, kind: CompressionKind): Sizes[] {
  const there = Math.min(LARGEST_OBJSET, bytes.length - at);
  const whole = (size: number): number => Math.ceil(size / SECTOR) * SECTOR;
  if (kind === 'off') return SIZES.filter((size) => size <= there).map((size) => ({ psize: size, lsize: size }));
  const lengths: number[] = [];
  if (kind === 'lz4') {
    const stored = new DataView(bytes.buffer, bytes.byteOffset + at, LZ4_LENGTH).getUint32(0);
    lengths.push(whole(stored + LZ4_LENGTH));
  } else for (let length = SECTOR; length < LARGEST_OBJSET; length += SECTOR) lengths.push(length);
  return lengths
    .filter((psize) => psize <= there)
    .flatMap((psize) => SIZES.filter((lsize) => lsize > psize).map((lsize) => ({ psize, lsize })));
}

function contentOf(kind: CompressionKind, stored: Uint8Array, lsize: number, place: Place): Uint8Array | null {
  try {
    return decompress(kind, stored, lsize, place);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    return null;
  }
}

type Shape = Pick<MetObjset, 'type' | 'littleEndian' | 'txg' | 'objects' | 'pointer'>;

const TYPES: ReadonlySet<ObjsetType> = new Set(['meta', 'zfs', 'zvol']);

function shapeOf(content: Uint8Array, place: Place): Shape | null {
  for (const littleEndian of [true, false]) {
    try {
      const { type, metaDnode } = decodeObjset(content, littleEndian, place);
      const pointers = TYPES.has(type) && hasRest(content) ? treePointers(metaDnode) : null;
      const [pointer] = pointers ?? [];
      if (pointers === null || pointer === undefined) continue;
      return {
        type,
        littleEndian,
        txg: newestOf(pointers),
        objects: pointers.reduce((sum, { fill }) => sum + fill, 0n),
        pointer: pointer.copy(),
      };
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
  }
  return null;
}

function newestOf(pointers: readonly Blkptr[]): Txg {
  let newest = asTxg(0n);
  for (const { physicalBirth } of pointers) if (physicalBirth > newest) newest = physicalBirth;
  return newest;
}

/** Behind its first 1024 bytes an object set has dnodes of the space accounting, of one type, or nothing. */
function hasRest(content: Uint8Array): boolean {
  for (let at = SIZES[2]; at < content.length; at += SECTOR) {
    const type = content[at] ?? 0;
    if (type !== 0 && type !== OBJECT_TYPE.userGroupUsed) return false;
  }
  return true;
}

/** The pointers of a meta-dnode that are no holes; null where one is none that leads to dnodes. */
function treePointers(dnode: Dnode): Blkptr[] | null {
  if (dnode.bonusType !== 0 || dnode.bonusLength !== 0 || dnode.dataBlockSize === 0) return null;
  const level = dnode.levels - 1;
  const lsize = level === 0 ? dnode.dataBlockSize : 2 ** dnode.indirectShift;
  const pointers: Blkptr[] = [];
  for (let i = 0; i < dnode.blockPointerCount; i++) {
    const bp = dnode.blockPointer(i);
    if (bp.hole) continue;
    const sound = !bp.embedded && bp.type === OBJECT_TYPE.dnode && bp.level === level && bp.lsize === lsize;
    if (!sound || bp.birth === 0n || bp.psize > MAX_LSIZE || bp.dvas.length === 0) return null;
    if (bp.checksum < FIRST_CHECKSUM || bp.checksum >= CHECKSUM_KINDS.length) return null;
    if ((compressionKind(bp.compression) ?? 'on') === 'on' || bp.compression === 0) return null;
    pointers.push(bp);
  }
  return pointers;
}

/** Those before are settings, or belong to other structures. */
const FIRST_CHECKSUM = CHECKSUM_KINDS.indexOf('fletcher2');

/**
 * A pointer to the object set as an uberblock would have it: with the checksum of what is there.
 *
 * @param stored its `psize` bytes
 * @param vdev id of the top-level vdev that it lies on
 * @param offset bytes from the start of the vdev's allocatable space
 */
export function pointerTo(
  objset: MetObjset,
  stored: Uint8Array,
  { vdev, offset }: { readonly vdev: number; readonly offset: number },
  { engine, place }: { readonly engine: Pick<Engine, 'checksum'>; readonly place: Place },
): Blkptr {
  const { psize, lsize, compression, littleEndian, txg, objects } = objset;
  const bytes = new Uint8Array(BLKPTR.size);
  const view = new DataView(bytes.buffer);
  const word = (at: number, value: bigint): void => view.setBigUint64(at, value, littleEndian);
  const sectors = (size: number): bigint => BigInt(size / SECTOR);
  const { dva0, props, birth, fill, checksum } = BLKPTR.fields;
  word(dva0.offset, DVA_WORD0.asize.put(sectors(psize)) | DVA_WORD0.vdev.put(BigInt(vdev)));
  word(dva0.offset + 8, sectors(offset));
  const compressed = BigInt(COMPRESSION_KINDS.indexOf(compression));
  word(
    props.offset,
    BLKPTR_PROPS.lsize.put(sectors(lsize) - 1n) |
      BLKPTR_PROPS.psize.put(sectors(psize) - 1n) |
      BLKPTR_PROPS.compression.put(compressed) |
      BLKPTR_PROPS.checksum.put(BigInt(CHECKSUM_KINDS.indexOf('fletcher4'))) |
      BLKPTR_PROPS.type.put(BigInt(OBJECT_TYPE.objset)) |
      BLKPTR_PROPS.littleEndian.put(littleEndian ? 1n : 0n),
  );
  word(birth.offset, txg);
  word(fill.offset, objects);
  for (const [i, sum] of engine.checksum('fletcher4', stored, littleEndian).entries())
    word(checksum.offset + i * 8, sum);
  return new Blkptr(bytes, littleEndian, place);
}
