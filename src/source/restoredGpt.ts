import { read } from '../bytes/struct.ts';
import { crc32 } from './crc32.ts';
import { readEnds, type SourceEnds } from './ends.ts';
import { findForeign } from './foreign.ts';
import { GPT_ENTRY, GPT_HEADER, GPT_SIGNATURE, SECTOR_SIZES } from './gpt.layout.ts';
import { type GptTable, headerCrcOf, readGpt } from './gpt.ts';
import { MBR, MBR_ENTRY, MBR_SIGNATURE, TYPE_PROTECTIVE } from './mbr.layout.ts';
import { isProtective, looseBootRecord, protectiveSectors } from './mbr.ts';
import type { Laid } from './overlaid.ts';
import { findPartitions } from './partitions.ts';
import type { ByteSource } from './source.ts';

/** A part of a disk, in bytes. */
export interface DiskPart {
  readonly start: number;
  readonly size: number;
}

/**
 * Why the table of a disk is not written.
 *
 * `sector-size-unknown` nothing says how large its sectors are; `sector-size-differs` the backup counts sectors of another
 * size than the device has; `other-table` a boot record or a label of
 * slices lists partitions; `other-signature` no table is left, and the disk is signed by something else, in which the vdev
 * may lie; `table-damaged` no copy verifies whole,
 * and what is left of one may list more than the vdev; `vdev-not-listed` the backup has no partition in which the vdev fits
 * and at whose front it begins; `table-on-vdev` the table would lie on the vdev or on a partition; `vdev-not-aligned` the
 * vdev does not begin and end at a sector; `several-vdevs` more than one vdev of the pool lies on the disk; `file-vdev`
 * OpenZFS opens the vdev as a file only, which a partition is not.
 */
export type GptRefusal =
  | 'sector-size-unknown'
  | 'sector-size-differs'
  | 'other-table'
  | 'other-signature'
  | 'table-damaged'
  | 'vdev-not-listed'
  | 'table-on-vdev'
  | 'vdev-not-aligned'
  | 'several-vdevs'
  | 'file-vdev';

/** What to lay over a disk for its system to find the partition of a vdev. */
export interface RestoredGpt {
  /** `backup`: the entries are those of the backup table. `vdev`: one entry, for the vdev, in both tables. */
  readonly from: 'backup' | 'vdev';
  /** Bytes. */
  readonly sectorSize: number;
  /** Sector 0 with a protective entry; null where it has one. */
  readonly bootRecord: Laid | null;
  /** Headers and entries, by offset; none where only the boot record is wrong. */
  readonly tables: readonly Laid[];
}

export interface RestoreGptOptions {
  /** Bytes a logical sector; null where the device does not say so. */
  readonly sectorSize: number | null;
  /** For the GUIDs of a table that is made anew: the same vdev gets the same ones. */
  readonly guids: { readonly pool: bigint; readonly vdev: bigint };
  readonly signal?: AbortSignal | undefined;
}

/** Bytes of the 128 entries that tools make. Source: UEFI specification 2.10, 5.3.1 (at least 16 KiB) */
const ENTRIES_BYTES = 128 * GPT_ENTRY.size;
/** `6a898cc3-1dd2-11b2-99a6-080020736631` as it is stored. Source: include/sys/efi_partition.h, EFI_USR */
const ZFS_TYPE = Uint8Array.of(
  ...[0xc3, 0x8c, 0x89, 0x6a, 0xd2, 0x1d, 0xb2, 0x11],
  ...[0x99, 0xa6, 0x08, 0x00, 0x20, 0x73, 0x66, 0x31],
);

/**
 * The table of a disk whose primary GPT is damaged or gone, as bytes to lay over it: from the backup where that verifies,
 * else, where no table is left, with one entry for the vdev that was found.
 *
 * @param vdev where it lies on `disk`
 * @returns null where Linux takes the table as it is; a refusal where writing one would harm, or lie
 * Source: UEFI specification 2.10, 5.2.3 (protective MBR), 5.3 (GPT)
 */
export async function restoreGpt(
  disk: ByteSource,
  vdev: DiskPart,
  { sectorSize, guids, signal }: RestoreGptOptions,
): Promise<RestoredGpt | GptRefusal | null> {
  const ends = await readEnds(disk, signal);
  const { copies } = await readGpt(disk, ends, protectiveSectors(ends.head), signal);
  const whole = copies.filter(({ damage, fault }) => damage === 0 && fault === null);
  const record = looseBootRecord(ends.head);
  const counts = record?.entries.some((entry) => isProtective(entry) && entry.firstLba === 1) ?? false;
  const fitting = sectorSize === null ? whole : whole.filter((copy) => copy.sectorSize === sectorSize);
  const [table, other] = fitting;
  if (counts && table?.from === 'primary') return null;
  // A hybrid boot record beside a table that counts lists partitions too.
  if ((!counts || copies.length === 0) && (await hasOtherTable(disk, ends, sectorSize, signal))) return 'other-table';
  if (table === undefined) {
    if (whole.length > 0) return 'sector-size-differs';
    if (copies.length > 0) return 'table-damaged';
    const foreign = await findForeign(disk, ends, signal);
    if (foreign.some(({ kind }) => kind !== 'table')) return 'other-signature';
    return madeGpt(disk, vdev, sectorSize ?? impliedSectorSize(vdev), guids, counts ? null : ends.head);
  }
  if (other !== undefined) return 'sector-size-unknown';
  const { partitions } = table;
  const listed = partitions.some(({ offset, length }) => offset === vdev.start && length >= vdev.size);
  if (!listed) return 'vdev-not-listed';
  const tables = table.from === 'primary' ? [] : primaryOf(table);
  const used = [vdev, ...partitions.map(({ offset, length }) => ({ start: offset, size: length }))];
  if (tables.some((laid) => used.some((part) => overlaps(laid, part)))) return 'table-on-vdev';
  const bootRecord = counts ? null : protectiveRecord(ends.head, disk.size / table.sectorSize);
  return { from: 'backup', sectorSize: table.sectorSize, bootRecord, tables };
}

async function hasOtherTable(
  disk: ByteSource,
  ends: SourceEnds,
  sectorSize: number | null,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const size = sectorSize === null ? {} : { sectorSize, mbrSectorSize: sectorSize };
  const { partitions } = await findPartitions(disk, { ends, ...size, ...(signal && { signal }) });
  return partitions.some(({ kind }) => kind !== 'gpt');
}

const overlaps = ({ offset, bytes }: Laid, { start, size }: DiskPart): boolean =>
  offset < start + size && start < offset + bytes.length;

/** What no other size allows: a vdev that begins within a sector of 4096 bytes, or before the table of those ends. */
const impliedSectorSize = ({ start }: DiskPart): number | null =>
  start % 4096 !== 0 || start < 2 * 4096 + ENTRIES_BYTES ? 512 : null;

/** The primary table that says what its backup does. */
function primaryOf({ sector: own, entries, lba, sectorSize }: GptTable): Laid[] {
  const sector = own.slice();
  put(sector, 'ownLba', 1n);
  put(sector, 'alternateLba', BigInt(lba));
  put(sector, 'entriesLba', 2n);
  seal(sector);
  return [
    { offset: sectorSize, bytes: sector },
    { offset: 2 * sectorSize, bytes: entries.slice() },
  ];
}

/** @param head of the disk, where its boot record is to be written */
function madeGpt(
  disk: ByteSource,
  vdev: DiskPart,
  sectorSize: number | null,
  guids: RestoreGptOptions['guids'],
  head: Uint8Array | null,
): RestoredGpt | GptRefusal {
  if (sectorSize === null || !SECTOR_SIZES.some((size) => size === sectorSize)) return 'sector-size-unknown';
  if (vdev.start % sectorSize !== 0 || vdev.size % sectorSize !== 0) return 'vdev-not-aligned';
  const total = Math.floor(disk.size / sectorSize);
  const span = ENTRIES_BYTES / sectorSize;
  const [first, last] = [2 + span, total - span - 2];
  const lastOfVdev = (vdev.start + vdev.size) / sectorSize - 1;
  if (vdev.start < first * sectorSize || lastOfVdev > last) return 'table-on-vdev';
  const entries = new Uint8Array(ENTRIES_BYTES);
  const entry = entries.subarray(0, GPT_ENTRY.size);
  const words = new DataView(entries.buffer);
  entry.set(ZFS_TYPE, GPT_ENTRY.fields.typeGuid.offset);
  entry.set(guidOf(guids.vdev, guids.pool), GPT_ENTRY.fields.partitionGuid.offset);
  words.setBigUint64(GPT_ENTRY.fields.firstLba.offset, BigInt(vdev.start / sectorSize), true);
  words.setBigUint64(GPT_ENTRY.fields.lastLba.offset, BigInt(lastOfVdev), true);
  for (const [i, letter] of [...'zfs'].entries()) {
    words.setUint16(GPT_ENTRY.fields.name.offset + 2 * i, letter.charCodeAt(0), true);
  }
  const header = (own: number, alternate: number, entriesAt: number): Laid => {
    const sector = new Uint8Array(sectorSize);
    put(sector, 'signature', GPT_SIGNATURE);
    put(sector, 'revision', 0x10000);
    put(sector, 'headerSize', GPT_HEADER.size);
    put(sector, 'ownLba', BigInt(own));
    put(sector, 'alternateLba', BigInt(alternate));
    put(sector, 'firstUsableLba', BigInt(first));
    put(sector, 'lastUsableLba', BigInt(last));
    sector.set(guidOf(guids.pool, guids.vdev), GPT_HEADER.fields.diskGuid.offset);
    put(sector, 'entriesLba', BigInt(entriesAt));
    put(sector, 'entryCount', ENTRIES_BYTES / GPT_ENTRY.size);
    put(sector, 'entrySize', GPT_ENTRY.size);
    put(sector, 'entriesCrc', crc32(entries));
    seal(sector);
    return { offset: own * sectorSize, bytes: sector };
  };
  const tables = [
    header(1, total - 1, 2),
    { offset: 2 * sectorSize, bytes: entries },
    { offset: (last + 1) * sectorSize, bytes: entries },
    header(total - 1, 1, last + 1),
  ];
  return { from: 'vdev', sectorSize, bootRecord: head === null ? null : protectiveRecord(head, total), tables };
}

/** Sector 0 with its boot code and its signature of the disk as they are, and the one entry of a disk with a GPT. */
function protectiveRecord(head: Uint8Array, sectors: number): Laid {
  const bytes = head.slice(0, MBR.size);
  const { entries, signature } = MBR.fields;
  bytes.fill(0, entries.offset, signature.offset);
  const view = new DataView(bytes.buffer);
  const at = entries.offset;
  // Of cylinders, heads and sectors: sector 2 of the first track, and the last that can be said.
  bytes.set([0x00, 0x00, 0x02, 0x00, TYPE_PROTECTIVE, 0xff, 0xff, 0xff], at);
  view.setUint32(at + MBR_ENTRY.fields.firstLba.offset, 1, true);
  view.setUint32(at + MBR_ENTRY.fields.sectorCount.offset, Math.min(Math.floor(sectors) - 1, 0xffffffff), true);
  view.setUint16(signature.offset, MBR_SIGNATURE, true);
  return { offset: 0, bytes };
}

type HeaderField = Exclude<keyof typeof GPT_HEADER.fields, 'diskGuid'>;

function put(sector: Uint8Array, field: HeaderField, value: bigint | number): void {
  const { offset, size } = GPT_HEADER.fields[field];
  const view = new DataView(sector.buffer, sector.byteOffset);
  if (size === 8) view.setBigUint64(offset, BigInt(value), true);
  else view.setUint32(offset, Number(value), true);
}

function seal(sector: Uint8Array): void {
  const header = read(GPT_HEADER, sector, true, { source: '', offset: 0, path: [] });
  put(sector, 'headerCrc', headerCrcOf(header, sector));
}

/** Of version 8, whose bytes are the maker's own. Source: RFC 9562, 5.8 */
function guidOf(first: bigint, second: bigint): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, first);
  view.setBigUint64(8, second);
  bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes;
}
