import { FormatError, LimitError, type ZfsUberError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { type Decoded, read } from '../bytes/struct.ts';
import { MBR, MBR_ENTRY, MBR_SIGNATURE, TYPE_PROTECTIVE, TYPES_EXTENDED } from './mbr.layout.ts';
import { type Partition, type PartitionTables, placePartition } from './partition.ts';
import { type ByteSource, SourceError } from './source.ts';

/** Logical partitions followed; Linux numbers up to 63 on most disks, and each costs a read of one sector. */
const MAX_LOGICAL = 60;

export type MbrEntry = Decoded<typeof MBR_ENTRY.fields>;

/**
 * The four entries of a boot record. File systems begin with a sector that carries the same signature and anything at
 * the place of the entries; the status byte of each entry tells them apart.
 *
 * @param sector at least 512 bytes
 * @returns null when it is no partition table
 */
function decodeBootRecord(sector: Uint8Array, place: Place): readonly MbrEntry[] | null {
  const record = read(MBR, sector, true, place);
  if (record.signature !== MBR_SIGNATURE) return null;
  const entries = [0, 16, 32, 48].map((at) => read(MBR_ENTRY, record.entries.subarray(at, at + 16), true, place));
  return entries.every(({ status }) => status === 0 || status === 0x80) ? entries : null;
}

/** The entries of a boot record whatever their status bytes; null without its signature. */
export function looseBootRecord(head: Uint8Array): { readonly entries: readonly MbrEntry[] } | null {
  if (head.length < MBR.size) return null;
  const place = { source: '', offset: 0, path: [] };
  const record = read(MBR, head, true, place);
  if (record.signature !== MBR_SIGNATURE) return null;
  return { entries: [0, 16, 32, 48].map((at) => read(MBR_ENTRY, record.entries.subarray(at, at + 16), true, place)) };
}

export const isProtective = ({ type }: MbrEntry): boolean => type === TYPE_PROTECTIVE;

/**
 * Partitions of an MBR: primary ones, and logical ones along the chain of extended boot records. Extended partitions
 * themselves and protective ones are not listed.
 *
 * @param head the first bytes of `source`
 * @param sectorSize bytes a sector of the table: nothing in it says so
 */
export async function readMbr(
  source: ByteSource,
  head: Uint8Array,
  sectorSize: number,
  signal?: AbortSignal,
): Promise<PartitionTables> {
  const place = { source: source.name, offset: 0, path: ['MBR'] };
  const entries = head.length < MBR.size ? null : decodeBootRecord(head, place);
  const partitions: Partition[] = [];
  const troubles: ZfsUberError[] = [];
  for (const [at, entry] of (entries ?? []).entries()) {
    if (isEmpty(entry) || entry.type === TYPE_PROTECTIVE) continue;
    if (isExtended(entry)) {
      const logical = await readLogical(source, entry, sectorSize, partitions.filter(isLogical).length + 5, signal);
      partitions.push(...logical.partitions);
      troubles.push(...logical.troubles);
      continue;
    }
    const path = [...place.path, `partition ${at + 1}`];
    if (entry.firstLba === 0) {
      const entryPlace = { ...place, path };
      troubles.push(new FormatError('format-value', 'first sector', 'one after the boot record', '0', entryPlace));
      continue;
    }
    partitions.push(partitionOf(source, sectorSize, at + 1, entry, BigInt(entry.firstLba), path));
  }
  for (const { trouble } of partitions) if (trouble !== null) troubles.push(trouble);
  return { partitions, troubles };
}

/** Sectors that the protective entry gives to the disk less the boot record; null when there is no such entry. */
export function protectiveSectors(head: Uint8Array): bigint | null {
  const entry = looseBootRecord(head)?.entries.find((each) => isProtective(each) && each.firstLba === 1);
  return entry === undefined ? null : BigInt(entry.sectorCount);
}

/**
 * Follows the chain: each extended boot record holds one partition, counted from that record, and a link to the next,
 * counted from the start of the extended partition.
 */
async function readLogical(
  source: ByteSource,
  extended: MbrEntry,
  sectorSize: number,
  firstIndex: number,
  signal?: AbortSignal,
): Promise<PartitionTables> {
  const partitions: Partition[] = [];
  const troubles: ZfsUberError[] = [];
  const visited = new Set<number>();
  let next: number | null = extended.firstLba;
  while (next !== null) {
    const lba: number = next;
    const place: Place = { source: source.name, offset: lba * sectorSize, path: ['MBR', 'extended boot record'] };
    if (visited.has(lba)) {
      troubles.push(new FormatError('format-value', 'link', 'a record not seen before', `sector ${lba} again`, place));
      break;
    }
    if (visited.size === MAX_LOGICAL) {
      troubles.push(new LimitError(`more than ${MAX_LOGICAL} extended boot records; the rest is left out`, place));
      break;
    }
    visited.add(lba);
    const entries = await readBootRecord(source, place, troubles, signal);
    if (entries === null) break;
    const own = entries.find((entry) => !isEmpty(entry) && !isExtended(entry));
    const link = entries.find((entry) => !isEmpty(entry) && isExtended(entry));
    if (own !== undefined) {
      const index = firstIndex + partitions.length;
      const first = BigInt(lba) + BigInt(own.firstLba);
      partitions.push(partitionOf(source, sectorSize, index, own, first, ['MBR', `partition ${index}`]));
    }
    next = link === undefined ? null : extended.firstLba + link.firstLba;
  }
  return { partitions, troubles };
}

async function readBootRecord(
  source: ByteSource,
  place: Place,
  troubles: ZfsUberError[],
  signal?: AbortSignal,
): Promise<readonly MbrEntry[] | null> {
  if (place.offset + MBR.size > source.size) {
    const expected = `a sector inside ${source.size} bytes`;
    troubles.push(new FormatError('format-bounds', 'link', expected, `${place.offset}`, place));
    return null;
  }
  try {
    const entries = decodeBootRecord(await source.read(place.offset, MBR.size, signal), place);
    if (entries === null) {
      troubles.push(new FormatError('format-magic', 'boot record', 'signature 0xaa55 and status bytes', 'none', place));
    }
    return entries;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    troubles.push(error);
    return null;
  }
}

function partitionOf(
  source: ByteSource,
  sectorSize: number,
  index: number,
  entry: MbrEntry,
  first: bigint,
  path: readonly string[],
): Partition {
  const extent = placePartition(source, sectorSize, first, BigInt(entry.sectorCount), path);
  const type = `0x${entry.type.toString(16).padStart(2, '0')}`;
  return { kind: 'mbr', index, name: '', type, from: 'primary', hidden: null, within: null, ...extent };
}

const isEmpty = ({ type, sectorCount }: MbrEntry): boolean => type === 0 || sectorCount === 0;
const isExtended = ({ type }: MbrEntry): boolean => TYPES_EXTENDED.some((extended) => extended === type);
const isLogical = ({ index }: Partition): boolean => index >= 5;
