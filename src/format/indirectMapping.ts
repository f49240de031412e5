import type { Place } from '../bytes/place.ts';
import { type Decoded, read } from '../bytes/struct.ts';
import { asSectors, SECTOR, type Sectors } from '../bytes/units.ts';
import { DVA_WORD0, DVA_WORD1 } from './blkptr.layout.ts';
import type { Dva } from './blkptr.ts';
import {
  INDIRECT_BIRTHS,
  INDIRECT_MAPPING,
  INDIRECT_MAPPING_COUNTS,
  INDIRECT_MAPPING_ENTRY,
  INDIRECT_SOURCE,
} from './indirectMapping.layout.ts';

export interface IndirectMappingHeader {
  /** Bytes: nothing at or above is mapped. */
  readonly maxOffset: bigint;
  readonly bytes: bigint;
  readonly entries: bigint;
  /** Object with the obsolete bytes of each entry; null where the header has none. */
  readonly counts: bigint | null;
}

/** Where a range of a removed vdev went. */
export interface IndirectMappingEntry {
  /** In the removed vdev's allocatable space. */
  readonly source: Sectors;
  /** `asize` bytes went there; the vdev may have been removed in turn. */
  readonly target: Dva;
}

/**
 * @throws FormatError `format-bounds` below 24 bytes
 * Source: module/zfs/vdev_indirect_mapping.c, vdev_indirect_mapping_open
 */
export function decodeIndirectMapping(bonus: Uint8Array, littleEndian: boolean, place: Place): IndirectMappingHeader {
  const header = read(INDIRECT_MAPPING, bonus, littleEndian, place);
  const hasCounts = bonus.length >= INDIRECT_MAPPING_COUNTS.size;
  return { ...header, counts: hasCounts ? read(INDIRECT_MAPPING_COUNTS, bonus, littleEndian, place).counts : null };
}

/** @throws FormatError `format-bounds` below 24 bytes */
export function decodeIndirectEntry(bytes: Uint8Array, littleEndian: boolean, place: Place): IndirectMappingEntry {
  const { source, dva } = read(INDIRECT_MAPPING_ENTRY, bytes, littleEndian, place);
  const [word0 = 0n, word1 = 0n] = dva;
  return {
    source: asSectors(INDIRECT_SOURCE.offset(source)),
    target: {
      vdev: Number(DVA_WORD0.vdev(word0)),
      offset: asSectors(DVA_WORD1.offset(word1)),
      asize: Number(DVA_WORD0.asize(word0)) * SECTOR,
      gang: DVA_WORD1.gang(word1) === 1n,
    },
  };
}

/** @throws FormatError `format-bounds` below 8 bytes */
export const decodeIndirectBirths = (
  bonus: Uint8Array,
  littleEndian: boolean,
  place: Place,
): Decoded<typeof INDIRECT_BIRTHS.fields> => read(INDIRECT_BIRTHS, bonus, littleEndian, place);
