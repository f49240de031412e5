import { FormatError, type ZfsUberError } from '../bytes/errors.ts';
import type { ByteSource } from './source.ts';

/**
 * Why Linux makes no device of a partition.
 *
 * `boot-signature` sector 0 does not end in 55 aa; `protective-entry` no entry of it has type 0xee and begins at sector 1;
 * `boot-indicator` an entry's first byte is neither 0 nor 0x80; `no-primary` nothing of a primary GPT at sector 1;
 * `header-size`, `header-crc`, `own-sector`, `usable-sectors`, `entry-size`, `entry-count`, `entries-crc` what is wrong
 * with the primary GPT; `sector-size` the table counts sectors of another size than the device has; `past-end` the
 * partition ends behind the disk; `other-table` another table decides, and does not list it; `no-label` only a BSD label or
 * a table of contents lists it, which Linux looks for in primary MBR partitions and nowhere else; `no-device` the table counts, and
 * the system was asked and has no device.
 */
export type HiddenReason =
  | 'boot-signature'
  | 'protective-entry'
  | 'boot-indicator'
  | 'no-primary'
  | 'header-size'
  | 'header-crc'
  | 'own-sector'
  | 'usable-sectors'
  | 'entry-size'
  | 'entry-count'
  | 'entries-crc'
  | 'sector-size'
  | 'past-end'
  | 'other-table'
  | 'no-label'
  | 'no-device';

/** A partition as its table gives it, cut to what the source has. */
export interface Partition {
  /** `bsd` a BSD label, `vtoc` a table of contents of Solaris or SunOS. */
  readonly kind: 'gpt' | 'mbr' | 'bsd' | 'vtoc';
  /** As the system numbers it: 1 for `sda1`; logical partitions of an MBR begin at 5. */
  readonly index: number;
  /** GPT: its name. BSD label and table of contents: the letter, `s0`. Empty where there is none. Raw text: escape it before it reaches a terminal. */
  readonly name: string;
  /** GPT: the type GUID in lower case. MBR: the type byte, `0xbf`. BSD label: its type in decimal. */
  readonly type: string;
  /** Bytes in the source. */
  readonly offset: number;
  /** Bytes; 0 when the source ends before the partition begins. */
  readonly length: number;
  /** Which copy of the table says so; an MBR has one. */
  readonly from: 'primary' | 'backup';
  /** The table's unit in bytes. */
  readonly sectorSize: number;
  /** Set when the table has it end past the end of the source: the image is truncated, or the table is wrong. */
  readonly trouble: ZfsUberError | null;
  /** Where the partition begins whose table it is in, in bytes of the source; null for a table of the disk. */
  readonly within: number | null;
  /** Null where Linux makes a device of it. */
  readonly hidden: HiddenReason | null;
}

/** What a table, or several, say about one source. */
export interface PartitionTables {
  readonly partitions: readonly Partition[];
  /** What was wrong, the `trouble` of partitions included; of many alike only the first few. */
  readonly troubles: readonly ZfsUberError[];
}

/**
 * Cuts the extent of a partition to its source.
 *
 * @param first @param count sectors, as the disk says
 * @param path what the entry is, for the trouble
 */
export function placePartition(
  source: ByteSource,
  sectorSize: number,
  first: bigint,
  count: bigint,
  path: readonly string[],
): Pick<Partition, 'offset' | 'length' | 'sectorSize' | 'trouble'> {
  const begin = first * BigInt(sectorSize);
  const end = begin + count * BigInt(sectorSize);
  const size = BigInt(source.size);
  if (end <= size) return { offset: Number(begin), length: Number(end - begin), sectorSize, trouble: null };
  const offset = begin < size ? Number(begin) : source.size;
  const place = { source: source.name, offset, path };
  const trouble = new FormatError(
    'format-bounds',
    'end of partition',
    `at most ${size}, where the source ends`,
    `${end}`,
    place,
  );
  return { offset, length: source.size - offset, sectorSize, trouble };
}

/** For a sentence: `partition 1`, `partition a` of a BSD label. */
export const partitionName = ({ kind, index, name }: Pick<Partition, 'kind' | 'index' | 'name'>): string =>
  `partition ${kind === 'bsd' || kind === 'vtoc' ? name : index}`;
