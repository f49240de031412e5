import type { ZfsUberError } from '../../bytes/errors.ts';
import { guidText } from '../../bytes/guidText.ts';
import { type Decoded, read } from '../../bytes/struct.ts';
import { crc32c } from '../crc32.ts';
import { memorySource } from '../memorySource.ts';
import type { ByteSource } from '../source.ts';
import { diskSize, ImageFile, NOT_IN_FILE, type OpenedImage } from './imageFile.ts';
import { type Extent, mappedSource } from './mapped.ts';
import { openParent, type Parent, parentExtent } from './parent.ts';
import type { ImageFolder } from './siblings.ts';
import {
  VHDX_BLOCK,
  VHDX_FILE_PARAMETERS,
  VHDX_GUID,
  VHDX_HAS_PARENT,
  VHDX_HEADER,
  VHDX_HEADER_BYTES,
  VHDX_HEADERS,
  VHDX_LOCATOR,
  VHDX_LOCATOR_ENTRY,
  VHDX_METADATA,
  VHDX_METADATA_REQUIRED,
  VHDX_METADATA_TABLE,
  VHDX_REGION,
  VHDX_REGION_BYTES,
  VHDX_REGION_TABLE,
  VHDX_REGION_TABLES,
  VHDX_SIGNATURE,
} from './vhdx.layout.ts';
import { replayVhdxLog, type VhdxReplay } from './vhdxLog.ts';

type Header = Decoded<typeof VHDX_HEADER.fields>;

const MIB = 1024 * 1024;
/** Source: [MS-VHDX] 2.6.2.1 */
const LARGEST_BLOCK = 256 * MIB;
const MOST_REGIONS = 2047;
/** Bits of a bitmap block, which is 1 MiB. Source: the same, 2.5.1 */
const BITMAP_BITS = 2 ** 23;

/**
 * The disk in a VHDX: fixed, dynamic, or differencing with its parent. A log that was not replayed counts: its sectors are
 * laid over the file in memory.
 *
 * @throws FormatError when no header or region table is sound; UnsupportedError for an item that must be known and is not
 * Source: [MS-VHDX]
 */
export async function openVhdx(source: ByteSource, folder: ImageFolder): Promise<OpenedImage> {
  const troubles: ZfsUberError[] = [];
  const stored = new ImageFile(source, 'VHDX image');
  const header = await newestHeader(stored, troubles);
  const log = { offset: Number(header.logOffset), length: header.logLength, guid: header.logGuid };
  const dirty = header.logGuid.some((byte) => byte !== 0);
  const replay = dirty ? await replayVhdxLog(stored, log) : null;
  if (dirty) {
    const found =
      replay === null
        ? 'a log of which nothing is whole: tables may be older than the data'
        : 'a log, replayed in memory';
    troubles.push(stored.wrong('log', log.offset, 'an image that was closed', found));
  }
  const file = replay === null ? stored : new ImageFile(replayed(source, replay), 'VHDX image');
  const regions = await regionsOf(file, troubles);
  const bat = regions.get(VHDX_GUID.bat);
  const metadata = regions.get(VHDX_GUID.metadata);
  if (bat === undefined || metadata === undefined)
    throw file.wrong('region table', VHDX_REGION_TABLES[0], 'BAT and metadata', 'not both');
  const items = await itemsOf(file, metadata.offset);
  const { blockSize, flags } = await itemOf(file, items, VHDX_GUID.fileParameters, VHDX_FILE_PARAMETERS.size, (bytes) =>
    read(VHDX_FILE_PARAMETERS, bytes, true, file.place(metadata.offset, VHDX_FILE_PARAMETERS.name)),
  );
  const size = diskSize(
    file,
    await itemOf(file, items, VHDX_GUID.diskSize, 8, (bytes) => viewOf(bytes).getBigUint64(0, true)),
  );
  const sector = await itemOf(file, items, VHDX_GUID.logicalSector, 4, (bytes) => viewOf(bytes).getUint32(0, true));
  if (sector !== 512 && sector !== 4096)
    throw file.wrong('logical sector size', metadata.offset, '512 or 4096', sector);
  if (blockSize < MIB || blockSize > LARGEST_BLOCK || (blockSize & (blockSize - 1)) !== 0) {
    throw file.wrong('block size', metadata.offset, 'a power of two from 1 MiB to 256 MiB', blockSize);
  }
  const derived = (flags & VHDX_HAS_PARENT) !== 0;
  const parent = derived ? await parentOf(file, items, folder) : null;
  troubles.push(...(parent?.troubles ?? []));
  const ratio = (BITMAP_BITS * sector) / blockSize;
  const map: VhdxMap = { file, bat: bat.offset, blockSize, sector, ratio, parent, size };
  const disk = mappedSource(source.name, { size, extentAt: (offset, wanted) => extentAt(map, offset, wanted) });
  // Source: QEMU, block/vhdx.c, vhdx_parse_metadata; block/vhdx-log.c, vhdx_parse_log: a log is replayed into the file or refused
  return { disk, troubles, byQemu: derived || dirty ? 'shows-none' : 'writes' };
}

async function newestHeader(file: ImageFile, troubles: ZfsUberError[]): Promise<Header> {
  const sound: Header[] = [];
  for (const at of VHDX_HEADERS) {
    const bytes = (await file.bytes(at, VHDX_HEADER_BYTES, VHDX_HEADER.name)).slice();
    const header = read(VHDX_HEADER, bytes, true, file.place(at, VHDX_HEADER.name));
    bytes.fill(0, 4, 8);
    if (header.signature === VHDX_SIGNATURE.header && crc32c(bytes) === header.checksum) sound.push(header);
    else troubles.push(file.wrong(VHDX_HEADER.name, at, 'a header with a sound checksum', 'none'));
  }
  const [first, second] = sound;
  const newest = first !== undefined && second !== undefined && second.sequence > first.sequence ? second : first;
  if (newest === undefined) throw file.wrong(VHDX_HEADER.name, VHDX_HEADERS[0], 'one sound header of two', 'none');
  if (newest.version !== 1) throw file.unsupported(`it is a VHDX of version ${newest.version}; 1 is known`);
  return newest;
}

interface Region {
  readonly offset: number;
  readonly length: number;
}

/** By GUID, from the first table that is sound. */
async function regionsOf(file: ImageFile, troubles: ZfsUberError[]): Promise<Map<string, Region>> {
  const sound: { readonly at: number; readonly bytes: Uint8Array; readonly entries: number }[] = [];
  for (const at of VHDX_REGION_TABLES) {
    const bytes = (await file.bytes(at, VHDX_REGION_BYTES, VHDX_REGION_TABLE.name)).slice();
    const table = read(VHDX_REGION_TABLE, bytes, true, file.place(at, VHDX_REGION_TABLE.name));
    bytes.fill(0, 4, 8);
    const { signature, checksum, entries } = table;
    if (signature === VHDX_SIGNATURE.regions && crc32c(bytes) === checksum && entries <= MOST_REGIONS) {
      sound.push({ at, bytes, entries });
    } else troubles.push(file.wrong(VHDX_REGION_TABLE.name, at, 'a table with a sound checksum', 'none'));
  }
  const [first, copy] = sound;
  if (first === undefined)
    throw file.wrong(VHDX_REGION_TABLE.name, VHDX_REGION_TABLES[0], 'one sound table of two', 'none');
  if (copy !== undefined && !copy.bytes.every((byte, i) => byte === first.bytes[i])) {
    const found = 'another: the first one counts';
    troubles.push(file.wrong(VHDX_REGION_TABLE.name, copy.at, 'a copy of the first table', found));
  }
  const regions = new Map<string, Region>();
  for (let i = 0; i < first.entries; i++) {
    const start = VHDX_REGION_TABLE.size + i * VHDX_REGION.size;
    const place = file.place(first.at + start, VHDX_REGION.name);
    const region = read(VHDX_REGION, first.bytes.subarray(start), true, place);
    const guid = guidText(region.guid);
    if (guid !== VHDX_GUID.bat && guid !== VHDX_GUID.metadata && (region.required & 1) === 1) {
      throw file.unsupported(`it needs a region ${guid}, which is not known`);
    }
    regions.set(guid, { offset: Number(region.offset), length: region.length });
  }
  return regions;
}

async function itemsOf(file: ImageFile, at: number): Promise<Map<string, Region>> {
  const table = await file.structure(VHDX_METADATA_TABLE, at, true);
  if (table.signature !== VHDX_SIGNATURE.metadata || table.entries > MOST_REGIONS) {
    throw file.wrong(VHDX_METADATA_TABLE.name, at, 'a metadata table', `0x${table.signature.toString(16)}`);
  }
  const known: readonly string[] = Object.values(VHDX_GUID);
  const items = new Map<string, Region>();
  for (let i = 0; i < table.entries; i++) {
    const item = await file.structure(VHDX_METADATA, at + VHDX_METADATA_TABLE.size + i * VHDX_METADATA.size, true);
    const guid = guidText(item.guid);
    if (!known.includes(guid) && (item.flags & VHDX_METADATA_REQUIRED) !== 0) {
      throw file.unsupported(`it needs an item ${guid}, which is not known`);
    }
    items.set(guid, { offset: at + item.offset, length: item.length });
  }
  return items;
}

async function itemOf<T>(
  file: ImageFile,
  items: ReadonlyMap<string, Region>,
  guid: string,
  length: number,
  decode: (bytes: Uint8Array) => T,
): Promise<T> {
  const item = items.get(guid);
  if (item === undefined) throw file.wrong('metadata', 0, `an item ${guid}`, 'none');
  return decode(await file.bytes(item.offset, length, 'metadata item'));
}

/** A locator is a list of keys with values; the paths among them are tried in the order in which they are most exact. */
async function parentOf(file: ImageFile, items: ReadonlyMap<string, Region>, folder: ImageFolder): Promise<Parent> {
  const item = items.get(VHDX_GUID.parentLocator);
  const values = item === undefined ? new Map<string, string>() : await locatorOf(file, item);
  const name = values.get('relative_path') ?? values.get('absolute_win32_path') ?? values.get('volume_path') ?? '';
  return openParent(file, folder, name, null);
}

async function locatorOf(file: ImageFile, item: Region): Promise<Map<string, string>> {
  const { count } = await file.structure(VHDX_LOCATOR, item.offset, true);
  const text = new TextDecoder('utf-16le');
  const values = new Map<string, string>();
  for (let i = 0; i < Math.min(count, 64); i++) {
    const at = item.offset + VHDX_LOCATOR.size + i * VHDX_LOCATOR_ENTRY.size;
    const entry = await file.structure(VHDX_LOCATOR_ENTRY, at, true);
    const key = await file.bytes(item.offset + entry.keyOffset, entry.keyLength, 'parent locator key');
    const value = await file.bytes(item.offset + entry.valueOffset, entry.valueLength, 'parent locator value');
    values.set(text.decode(key), text.decode(value));
  }
  return values;
}

interface VhdxMap {
  readonly file: ImageFile;
  /** Bytes in the file. */
  readonly bat: number;
  readonly blockSize: number;
  readonly sector: number;
  /** Blocks between two entries of bitmaps. */
  readonly ratio: number;
  readonly parent: Parent | null;
  readonly size: number;
}

async function extentAt(map: VhdxMap, offset: number, wanted: number): Promise<Extent> {
  const { file, bat, blockSize, ratio, parent, size } = map;
  const index = Math.floor(offset / blockSize);
  const from = offset - index * blockSize;
  const entryAt = bat + (index + Math.floor(index / ratio)) * 8;
  // All of the table behind the end of the file is not there.
  if (!file.has(entryAt, 8)) return { kind: 'unread', why: NOT_IN_FILE, length: size - offset };
  const entry = (await file.table(entryAt, 8))?.getBigUint64(0, true);
  const state = Number((entry ?? 0n) & 7n);
  const isStored = state === VHDX_BLOCK.full || state === VHDX_BLOCK.partial;
  const isSame = (view: DataView, at: number): boolean => (view.getUint32(at, true) & 7) === state;
  const most = Math.min(ratio - (index % ratio), Math.ceil((from + wanted) / blockSize));
  const alike = entry === undefined || isStored ? 1 : await file.alike(entryAt, 8, most, isSame);
  const length = Math.min(alike * blockSize - from, size - offset);
  if (entry === undefined) return { kind: 'unread', why: NOT_IN_FILE, length };
  const start = Number(entry >> 20n) * MIB;
  const stored = (count: number): Extent => {
    const there = Math.min(count, file.source.size - start - from);
    if (there <= 0) return { kind: 'unread', why: NOT_IN_FILE, length: count };
    return { kind: 'data', source: file.source, at: start + from, length: there };
  };
  switch (state) {
    case VHDX_BLOCK.full:
      return stored(length);
    case VHDX_BLOCK.partial: {
      const run = await ownRun(map, index, from, length);
      if (run === null) return { kind: 'unread', why: NOT_IN_FILE, length };
      return run.own || parent === null ? stored(run.length) : parentExtent(parent, offset, run.length);
    }
    case VHDX_BLOCK.notPresent:
      return parent === null ? { kind: 'zero', length } : parentExtent(parent, offset, length);
    default:
      // Zero, and the two states in which whatever stands there counts as nothing.
      return { kind: 'zero', length };
  }
}

/** Sectors from byte `from` of a block that are alike the image's own, or alike not. */
async function ownRun(
  { file, bat, blockSize, sector, ratio }: VhdxMap,
  index: number,
  from: number,
  length: number,
): Promise<{ readonly own: boolean; readonly length: number } | null> {
  const chunk = Math.floor(index / ratio);
  const entry = (await file.table(bat + (chunk * (ratio + 1) + ratio) * 8, 8))?.getBigUint64(0, true);
  if (entry === undefined || Number(entry & 7n) !== VHDX_BLOCK.full) return null;
  const first = ((index % ratio) * blockSize) / sector;
  const bytes = await file.table(Number(entry >> 20n) * MIB + first / 8, blockSize / sector / 8);
  if (bytes === null) return null;
  const isOwn = (at: number): boolean => ((bytes.getUint8(at >> 3) >> (at & 7)) & 1) === 1;
  const begin = Math.floor(from / sector);
  let end = begin + 1;
  while (end * sector < from + length && isOwn(end) === isOwn(begin)) end++;
  return { own: isOwn(begin), length: Math.min(end * sector - from, length) };
}

/** `source` with what the log says laid over it; zeros behind its end. */
function replayed(source: ByteSource, { sectors, zeros, size: least }: VhdxReplay): ByteSource {
  const size = Math.max(source.size, least);
  const laid = [...sectors].map(([at, bytes]) => ({ from: at, to: at + bytes.length, source: memorySource(bytes) }));
  const blank = zeros.map(({ offset, length }) => ({ from: offset, to: offset + length }));
  const edges = [...laid, ...blank].flatMap(({ from, to }) => [from, to]);
  return mappedSource(source.name, {
    size,
    async extentAt(offset) {
      const holds = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
        from <= offset && offset < to;
      const sector = laid.find(holds);
      if (sector !== undefined) {
        return { kind: 'data', source: sector.source, at: offset - sector.from, length: sector.to - offset };
      }
      const next = edges.reduce((least, edge) => (edge > offset && edge < least ? edge : least), size);
      if (blank.some(holds) || offset >= source.size) return { kind: 'zero', length: next - offset };
      return { kind: 'data', source, at: offset, length: Math.min(next, source.size) - offset };
    },
  });
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
