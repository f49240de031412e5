import type { Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { BRT_VDEV } from './brt.layout.ts';

/** Head of the block cloning table of one top-level vdev. */
export interface BrtVdev {
  /** ZAP: offset to the number of further references. */
  readonly entries: bigint;
  /** Regions that are counted: the object's content has 16 bits for each. */
  readonly size: bigint;
  readonly contentLittleEndian: boolean;
  readonly totalCount: bigint;
  /** Bytes of a region. */
  readonly rangeSize: bigint;
  readonly usedSpace: bigint;
  readonly savedSpace: bigint;
}

/**
 * @throws FormatError `format-bounds` below 56 bytes
 * Source: module/zfs/brt.c, brt_vdev_load
 */
export function decodeBrtVdev(bonus: Uint8Array, littleEndian: boolean, place: Place): BrtVdev {
  const { byteOrder, ...header } = read(BRT_VDEV, bonus, littleEndian, place);
  return { ...header, contentLittleEndian: byteOrder === 0n };
}
