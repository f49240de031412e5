import type { Blkptr } from '../format/blkptr.ts';
import { objectTypeName } from '../format/objectTypes.ts';
import type { BlockPointerEntry } from './source.types.ts';
import { describeBlkptr } from './sourceEntry.ts';

/** A block pointer with all that it says. */
export interface BlockEntry extends Omit<BlockPointerEntry, 'checksum'> {
  /** 0 for content, above that indirect blocks. */
  readonly level: number;
  /** Of the object that it is a part of. */
  readonly type: string;
  /** Null in a pointer that holds its content itself. */
  readonly checksum: string | null;
  /** It stands for zeros. */
  readonly hole: boolean;
  /** The content is in the pointer. */
  readonly embedded: boolean;
  /** Its content is encrypted. */
  readonly encrypted: boolean;
  /** It leads to a gang header. */
  readonly gang: boolean;
  /** It is in a dedup table. */
  readonly dedup: boolean;
  /** Of the host that wrote it. */
  readonly byteOrder: 'little' | 'big';
  /** Txg that its content was written in, which deduplicated or remapped content has from before. */
  readonly physicalBirthTxg: string;
  /** Content blocks below that are no holes. */
  readonly fill: string;
}

export function blockEntry(bp: Blkptr): BlockEntry {
  const { checksum, ...entry } = describeBlkptr(bp);
  return {
    ...entry,
    level: bp.level,
    type: objectTypeName(bp.type),
    checksum: bp.embedded ? null : checksum,
    hole: bp.hole,
    embedded: bp.embedded,
    encrypted: bp.encrypted,
    gang: bp.gang,
    dedup: bp.dedup,
    byteOrder: bp.littleEndian ? 'little' : 'big',
    physicalBirthTxg: bp.physicalBirth.toString(),
    fill: bp.fill.toString(),
  };
}

/** `0:1a2b000:20000/1000`: what the command `block` takes, one a copy; empty for an embedded one. */
export function blockAddresses({ dvas, lsize, psize }: Pick<BlockEntry, 'dvas' | 'lsize' | 'psize'>): string[] {
  const sizes = lsize === psize ? hex(psize) : `${hex(lsize)}/${hex(psize)}`;
  return dvas.map(({ vdev, offset }) => `${vdev}:${hex(BigInt(offset))}:${sizes}`);
}

const hex = (value: number | bigint): string => value.toString(16);
