import { FormatError, LimitError, type ZfsUberError } from '../bytes/errors.ts';
import { guidText } from '../bytes/guidText.ts';
import type { Place } from '../bytes/place.ts';
import { type Decoded, read } from '../bytes/struct.ts';
import { crc32 } from './crc32.ts';
import { fromEnds, type SourceEnds } from './ends.ts';
import { GPT_ENTRY, GPT_HEADER, GPT_HEADER_CRC_OFFSET, GPT_SIGNATURE, SECTOR_SIZES } from './gpt.layout.ts';
import type { GptCopy } from './hidden.ts';
import { type HiddenReason, type Partition, type PartitionTables, placePartition } from './partition.ts';
import { readAround } from './readAround.ts';
import type { ByteSource } from './source.ts';

/** 1024 entries of the usual size; tools make 128. A larger table is read so far and its CRC is left unchecked. */
const MAX_ENTRIES_BYTES = 128 * 1024;
const MAX_ENTRY_SIZE = 4096;
/** Entries whose nonsense is told one by one; a table of random bytes would tell a thousand times the same. */
const MAX_ENTRY_TROUBLES = 8;

type Header = Decoded<typeof GPT_HEADER.fields>;

/** One copy of a table, as far as it could be read. */
export interface GptTable extends PartitionTables, GptCopy {
  /** Of header and entries: how many fail. 0 is a table to trust alone. */
  readonly damage: number;
  /** Sector of its header. */
  readonly lba: number;
  /** That sector. */
  readonly sector: Uint8Array;
  /** As far as they were read; empty where the header does not say where they are. */
  readonly entries: Uint8Array;
}

/**
 * The partitions of a GPT, for logical sectors of 512 and of 4096 bytes. The backup table is read when the primary is
 * not perfect. Where neither is, all that is readable in both is given.
 *
 * @param ends of `source`
 * @param protectedSectors length that a protective MBR gives to the disk: leads to the backup table of an image that
 *   grew; null when there is none
 * @returns no partitions, troubles and copies when nothing looks like a GPT
 */
export async function readGpt(
  source: ByteSource,
  ends: SourceEnds,
  protectedSectors: bigint | null,
  signal?: AbortSignal,
): Promise<PartitionTables & { readonly copies: readonly GptTable[] }> {
  const tables: GptTable[] = [];
  for (const sectorSize of SECTOR_SIZES) {
    tables.push(...(await readCopies(source, ends, sectorSize, protectedSectors, signal)));
  }
  const least = Math.min(...tables.map((table) => table.damage));
  // With a perfect table at hand a damaged one has nothing to add: for the other sector size it is a leftover.
  const used = least === 0 ? tables.filter((table) => table.damage === 0) : tables;
  const seen = new Set<string>();
  const partitions: Partition[] = [];
  for (const partition of used.flatMap((table) => table.partitions)) {
    const extent = `${partition.offset}+${partition.length}`;
    if (seen.has(extent)) continue;
    seen.add(extent);
    partitions.push(partition);
  }
  return { partitions, troubles: tables.flatMap((table) => table.troubles), copies: tables };
}

/** The primary table and, when it is not perfect, the backup. */
async function readCopies(
  source: ByteSource,
  ends: SourceEnds,
  sectorSize: number,
  protectedSectors: bigint | null,
  signal?: AbortSignal,
): Promise<GptTable[]> {
  const total = Math.floor(source.size / sectorSize);
  if (total < 3) return [];
  const primary = await readTable(source, ends, sectorSize, 1, 'primary', signal);
  if (primary?.table.damage === 0) return [primary.table];

  const places = new Set([total - 1]);
  for (const hint of [primary?.header.alternateLba, protectedSectors]) {
    if (hint !== undefined && hint !== null && hint > 1n && hint < BigInt(total)) places.add(Number(hint));
  }
  for (const lba of places) {
    const backup = await readTable(source, ends, sectorSize, lba, 'backup', signal);
    if (backup === null) continue;
    if (primary !== null) return [primary.table, backup.table];
    const place = { source: source.name, offset: sectorSize, path: ['primary GPT'] };
    const lost = new FormatError('format-magic', 'GPT signature', 'EFI PART', 'none; the backup table is used', place);
    return [{ ...backup.table, troubles: [lost, ...backup.table.troubles] }];
  }
  return primary === null ? [] : [primary.table];
}

/** One copy of the table; null when there is no signature or nothing in the header can be used. */
async function readTable(
  source: ByteSource,
  ends: SourceEnds,
  sectorSize: number,
  lba: number,
  from: Partition['from'],
  signal?: AbortSignal,
): Promise<{ header: Header; table: GptTable } | null> {
  const troubles: ZfsUberError[] = [];
  const place: Place = { source: source.name, offset: lba * sectorSize, path: [`${from} GPT`] };
  let sector = fromEnds(ends, place.offset, sectorSize);
  if (sector === null) {
    const around = await readAround(source, place.offset, sectorSize, { signal });
    sector = around.bytes;
    troubles.push(...around.troubles);
  }
  const header = read(GPT_HEADER, sector, true, place);
  if (header.signature !== GPT_SIGNATURE) return null;

  const headerTrouble = checkHeader(header, sector, BigInt(lba), place);
  if (headerTrouble !== null) troubles.push(headerTrouble);
  const damage = headerTrouble === null ? 0 : 1;
  const { entrySize, entryCount } = header;
  const offset = header.entriesLba * BigInt(sectorSize);
  if (
    entrySize < GPT_ENTRY.size ||
    entrySize > MAX_ENTRY_SIZE ||
    entrySize % 8 !== 0 ||
    offset >= BigInt(source.size)
  ) {
    const found = `${entryCount} of ${entrySize} bytes at sector ${header.entriesLba}`;
    troubles.push(new FormatError('format-value', 'GPT entries', `entries inside ${source.size} bytes`, found, place));
    const none = { partitions: [], entries: new Uint8Array() };
    return { header, table: { ...none, troubles, sectorSize, from, lba, sector, damage: 2, fault: 'entry-size' } };
  }
  const entriesAt = Number(offset);
  const claimed = entrySize * entryCount;
  const length = Math.min(claimed, MAX_ENTRIES_BYTES, source.size - entriesAt);
  const entries = await readAround(source, entriesAt, length, { signal });
  troubles.push(...entries.troubles);
  const entriesPlace = { source: source.name, offset: entriesAt, path: [`${from} GPT`, 'entries'] };
  const entriesTrouble = checkEntries(header, entries.bytes, claimed, entriesPlace);
  if (entriesTrouble !== null) troubles.push(entriesTrouble);

  const partitions = decodeEntries(source, entries.bytes, entrySize, sectorSize, from, entriesPlace, troubles);
  const fault =
    headerFault(header, sector, lba, source.size) ?? (entriesTrouble instanceof FormatError ? 'entries-crc' : null);
  return {
    header,
    table: {
      ...{ partitions, troubles, sectorSize, from, lba, sector, fault },
      entries: entries.bytes,
      damage: damage + (entriesTrouble === null ? 0 : 1),
    },
  };
}

/** Bytes of entries that Linux reads. Source: Linux, include/linux/slab.h, KMALLOC_MAX_SIZE */
const MOST_ENTRIES_BYTES = 4 * 1024 * 1024;

/** The rule of Linux that the header breaks. Source: Linux 6.1, block/partitions/efi.c, is_gpt_valid, in its order */
function headerFault(header: Header, sector: Uint8Array, lba: number, size: number): HiddenReason | null {
  if (header.headerSize < GPT_HEADER.size || header.headerSize > sector.length) return 'header-size';
  if (header.headerCrc !== headerCrcOf(header, sector)) return 'header-crc';
  if (header.ownLba !== BigInt(lba)) return 'own-sector';
  const last = BigInt(Math.floor(size / sector.length)) - 1n;
  const { firstUsableLba, lastUsableLba, entrySize, entryCount } = header;
  if (firstUsableLba > last || lastUsableLba > last || lastUsableLba < firstUsableLba) return 'usable-sectors';
  if (entrySize !== GPT_ENTRY.size) return 'entry-size';
  return entryCount === 0 || entryCount * entrySize > MOST_ENTRIES_BYTES ? 'entry-count' : null;
}

function checkHeader(header: Header, sector: Uint8Array, lba: bigint, place: Place): ZfsUberError | null {
  const { headerSize } = header;
  if (headerSize < GPT_HEADER.size || headerSize > sector.length) {
    const expected = `${GPT_HEADER.size} to ${sector.length} bytes`;
    return new FormatError('format-value', 'GPT header size', expected, `${headerSize}`, place);
  }
  const trouble = checkCrc('GPT header', header.headerCrc, headerCrcOf(header, sector), place);
  if (trouble !== null || header.ownLba === lba) return trouble;
  return new FormatError('format-value', 'sector of the GPT header', `${lba}`, `${header.ownLba}`, place);
}

/** CRC-32 of the header in `sector`, its own field taken for zeros. */
export function headerCrcOf({ headerSize }: Pick<Header, 'headerSize'>, sector: Uint8Array): number {
  const covered = sector.slice(0, headerSize);
  covered.fill(0, GPT_HEADER_CRC_OFFSET, GPT_HEADER_CRC_OFFSET + 4);
  return crc32(covered);
}

function checkEntries(header: Header, entries: Uint8Array, claimed: number, place: Place): ZfsUberError | null {
  if (claimed > MAX_ENTRIES_BYTES) {
    return new LimitError(`${claimed} bytes of GPT entries; the first ${entries.length} are used, unchecked`, place);
  }
  if (claimed > entries.length) {
    return new FormatError('format-bounds', 'GPT entries', `${claimed} bytes`, `${entries.length} bytes`, place);
  }
  return checkCrc('GPT entries', header.entriesCrc, crc32(entries), place);
}

function checkCrc(what: string, expected: number, found: number, place: Place): ZfsUberError | null {
  if (expected === found) return null;
  return new FormatError('format-value', `${what} CRC-32`, expected.toString(16), found.toString(16), place);
}

function decodeEntries(
  source: ByteSource,
  bytes: Uint8Array,
  entrySize: number,
  sectorSize: number,
  from: Partition['from'],
  place: Place,
  troubles: ZfsUberError[],
): Partition[] {
  const partitions: Partition[] = [];
  let nonsense = 0;
  for (let at = 0; at + entrySize <= bytes.length; at += entrySize) {
    const index = at / entrySize + 1;
    const path = [...place.path, `partition ${index}`];
    const entryPlace = { source: source.name, offset: place.offset + at, path };
    const entry = read(GPT_ENTRY, bytes.subarray(at, at + entrySize), true, entryPlace);
    if (entry.typeGuid.every((byte) => byte === 0)) continue;
    if (entry.firstLba === 0n || entry.lastLba < entry.firstLba) {
      const found = `${entry.firstLba} to ${entry.lastLba}`;
      if (nonsense++ < MAX_ENTRY_TROUBLES) {
        troubles.push(new FormatError('format-value', 'sectors of a partition', 'a rising range', found, entryPlace));
      }
      continue;
    }
    const extent = placePartition(source, sectorSize, entry.firstLba, entry.lastLba - entry.firstLba + 1n, path);
    if (extent.trouble !== null && nonsense++ < MAX_ENTRY_TROUBLES) troubles.push(extent.trouble);
    const type = guidText(entry.typeGuid);
    partitions.push({
      kind: 'gpt',
      index,
      name: entryName(entry.name),
      type,
      from,
      hidden: null,
      within: null,
      ...extent,
    });
  }
  return partitions;
}

/** UTF-16 up to the first zero; lone surrogates become U+FFFD. */
function entryName(bytes: Uint8Array): string {
  const [text = ''] = new TextDecoder('utf-16le').decode(bytes).split('\0');
  return text;
}
