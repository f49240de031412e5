import { gzip } from '../../block/gzip.ts';
import { FormatError, ZfsUberError } from '../../bytes/errors.ts';
import { adler32 } from '../adler32.ts';
import type { ByteSource } from '../source.ts';
import { type EwfChunks, type EwfReading, type EwfSegment, type EwfVolume, readEwfSegment } from './ewfSegments.ts';
import { type ChunkPlaces, EwfTableCache } from './ewfTable.ts';
import { diskSize, ImageFile, type OpenedImage } from './imageFile.ts';
import { type Extent, mappedSource } from './mapped.ts';
import type { ImageFolder } from './siblings.ts';

/** What the image says was not read when it was made. */
const UNREAD = 'the disk could not be read here when the image was made';
/** Names go from E01 to EZZ and on to ZZZ. */
const MOST_SEGMENTS = 14971;
/** Bytes of tables that are compared with their copies at once: those of an image of 128 GiB. */
const COMPARED = 32 * 1024 * 1024;
/** Segments in a row that are missing, before the last is given up. */
const MOST_MISSING = 64;

/**
 * The disk in an Expert Witness image (E01, S01) of any number of segments. Sectors that could not be read when it was made
 * are unread, although zeros stand for them; so are chunks of segments that are missing or cut. What lies behind those is
 * placed by the number of all chunks, where the last segment is there. The hashes of the whole are handed
 * on, and not checked: that takes a read of all of it.
 *
 * @throws FormatError when the first segment is none, or says nothing of the disk
 * Source: libewf, EWF specification
 */
export async function openEwf(source: ByteSource, folder: ImageFolder): Promise<OpenedImage> {
  const file = new ImageFile(source, 'E01 image');
  const reading: EwfReading = { cache: new EwfTableCache(), compared: COMPARED };
  const first = await readEwfSegment(source, 0, null, reading);
  if (first.volume === null)
    throw file.wrong('sections', 0, 'a section of the volume: the first segment', `segment ${first.number}`);
  const { volume } = first;
  const troubles: ZfsUberError[] = [];
  const segments = [first];
  let chunks = chunksIn(first.tables, 0);
  let number = 2;
  for (; segments.at(-1)?.last === false && segments.at(-1)?.counted === true; number++) {
    const segment = await findSegment(file, folder, number, troubles, { first: chunks, volume, reading });
    if (segment === null) break;
    segments.push(segment);
    chunks = chunksIn(segment.tables, chunks);
  }
  if (segments.at(-1)?.last === false) {
    const later = await laterSegments(file, folder, number, reading);
    segments.push(...countedFromEnd(later, chunks, volume));
  }
  const tables = segments.flatMap((segment) => segment.tables);
  const unread = segments.flatMap((segment) => segment.unread);
  troubles.push(...segments.flatMap((segment) => segment.troubles));
  const md5 = segments.flatMap((segment) => segment.md5 ?? []).at(-1) ?? null;
  const sha1 = segments.flatMap((segment) => segment.sha1 ?? []).at(-1) ?? null;
  const size = diskSize(file, volume.size);
  const gaps = unread
    .map(({ firstSector, sectors }) => ({
      from: firstSector * volume.sectorSize,
      to: (firstSector + sectors) * volume.sectorSize,
    }))
    .sort((a, b) => a.from - b.from);
  const map = { tables, volume, gaps, size };
  const laid = (by: EwfMap) => mappedSource(source.name, { size, extentAt: async (offset) => extentAt(by, offset) });
  return { disk: laid(map), troubles, kept: { md5, sha1, content: laid({ ...map, gaps: [] }) } };
}

interface EwfMap {
  readonly tables: readonly EwfChunks[];
  readonly volume: EwfVolume;
  /** Bytes of the disk, ascending. */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
  readonly size: number;
}

/** Number of the chunk behind those of `tables`; `before` where there are none. */
const chunksIn = (tables: readonly EwfChunks[], before: number): number => {
  const last = tables.at(-1);
  return last === undefined ? before : last.first + last.count;
};

interface Begin {
  readonly first: number;
  readonly volume: EwfVolume | null;
  readonly reading: EwfReading;
}

/** The segment of that number beside the first; null where there is none, of which `troubles` take note. */
async function findSegment(
  file: ImageFile,
  folder: ImageFolder,
  number: number,
  troubles: ZfsUberError[],
  { first, volume, reading }: Begin,
): Promise<EwfSegment | null> {
  const name = segmentName(file.source.name, number);
  const found = name === null ? null : await folder.file(name);
  if (found === null) {
    troubles.push(file.lacks(`segment ${number} of it is missing: give ${name ?? 'it'} too`));
    return null;
  }
  try {
    const segment = await readEwfSegment(found, first, volume, reading);
    if (segment.number === number) return segment;
    troubles.push(new ImageFile(found, 'E01 image').wrong('segment number', 9, `${number}`, segment.number));
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    troubles.push(error);
  }
  return null;
}

/** Those behind one that is missing or cut, up to the last of the image; none where that is not there. */
async function laterSegments(
  file: ImageFile,
  folder: ImageFolder,
  number: number,
  reading: EwfReading,
): Promise<EwfSegment[]> {
  let found: EwfSegment[] = [];
  for (let [next, missing] = [number, 0]; next <= MOST_SEGMENTS && missing < MOST_MISSING; next++) {
    const segment = await findSegment(file, folder, next, [], { first: 0, volume: null, reading });
    if (segment?.counted !== true) [found, missing] = [[], missing + 1];
    else [found, missing] = [[...found, segment], 0];
    if (segment?.last === true) return found;
  }
  return [];
}

/** The same with the numbers of their chunks, which the number of all chunks gives. @param before chunks of the others */
function countedFromEnd(later: readonly EwfSegment[], before: number, { chunks, chunkSize, size }: EwfVolume) {
  if (size === 0n || BigInt(chunks) !== (size - 1n) / BigInt(chunkSize) + 1n) return [];
  let first = chunks;
  const placed: EwfSegment[] = [];
  for (const segment of [...later].reverse()) {
    first -= chunksIn(segment.tables, 0);
    if (first < before) return [];
    const begin = first;
    const tables = segment.tables.map((table) => ({ ...table, first: table.first + begin }));
    placed.unshift({ ...segment, tables });
  }
  return placed;
}

function extentAt({ tables, volume, gaps, size }: EwfMap, offset: number): Extent {
  const gap = gaps.find(({ from, to }) => offset >= from && offset < to);
  if (gap !== undefined) return { kind: 'unread', why: UNREAD, tried: true, length: Math.min(gap.to, size) - offset };
  const next = gaps.find(({ from }) => from > offset)?.from ?? size;
  const index = Math.floor(offset / volume.chunkSize);
  const from = offset - index * volume.chunkSize;
  const length = Math.min(volume.chunkSize - from, next - offset, size - offset);
  const table = tableOf(tables, index);
  const within = table === undefined ? -1 : index - table.first;
  if (table === undefined || within >= table.count) {
    return {
      kind: 'unread',
      why: 'it lies in a segment of the image that is missing, cut or damaged',
      length: Math.min(next, (nextTable(tables, index)?.first ?? Infinity) * volume.chunkSize) - offset,
    };
  }
  const wanted = Math.min(volume.chunkSize, size - index * volume.chunkSize);
  return { kind: 'packed', key: index, from, length, unit: () => readChunk(table, within, wanted, volume.chunkSize) };
}

const nextTable = (tables: readonly EwfChunks[], index: number): EwfChunks | undefined =>
  tables[tablesUpTo(tables, index)];

/** The table whose chunks go on from one that is not behind `index`. */
const tableOf = (tables: readonly EwfChunks[], index: number): EwfChunks | undefined =>
  tables[tablesUpTo(tables, index) - 1];

/** How many of ascending tables begin at `index` or before. */
function tablesUpTo(tables: readonly EwfChunks[], index: number): number {
  let [low, high] = [0, tables.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((tables[middle]?.first ?? 0) <= index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @throws FormatError of the first place at which no sound chunk is */
async function readChunk(
  { file, places }: EwfChunks,
  index: number,
  wanted: number,
  chunkSize: number,
): Promise<Uint8Array> {
  let failure: FormatError | null = null;
  for (const each of await places()) {
    // The last chunk of a disk ends where that does, or is filled up.
    for (const length of wanted < chunkSize ? [wanted, chunkSize] : [wanted]) {
      try {
        return (await chunkAt(file, each, index, length)).subarray(0, wanted);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        failure ??= error;
      }
    }
  }
  throw failure ?? file.wrong('table of chunks', 0, 'one that can be read', 'none');
}

/** Each chunk has an Adler-32 of its own, of the bytes as they are or at the end of a zlib stream. */
async function chunkAt(
  file: ImageFile,
  { offsets, packed, end }: ChunkPlaces,
  index: number,
  wanted: number,
): Promise<Uint8Array> {
  const at = offsets[index] ?? 0;
  const next = Math.min(offsets[index + 1] ?? end, file.source.size);
  const stored = packed[index] === 1 ? Math.min(Math.max(0, next - at), wanted + 65536) : wanted + 4;
  const bytes = await file.bytes(at, Math.min(stored, file.source.size - at), 'chunk');
  if (packed[index] === 1) return gzip(bytes, wanted, file.place(at, 'chunk'));
  if (bytes.length < wanted) throw file.wrong('chunk', at, `${wanted} bytes`, bytes.length);
  const data = bytes.subarray(0, wanted);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < wanted + 4 || view.getUint32(wanted, true) !== adler32(data)) {
    throw file.wrong('chunk', at, 'a chunk with a sound Adler-32', 'another sum');
  }
  return data;
}

/**
 * `x.E01` to `x.E99`, `x.EAA` to `x.EZZ`, `x.FAA` and on, in the case of the first.
 *
 * @returns null when the name of the first has no such ending
 */
export function segmentName(first: string, number: number): string | null {
  const match = /^(.*\.)([A-Za-z])01$/s.exec(first);
  if (match === null) return null;
  const [, stem = '', letter = 'E'] = match;
  if (number < 100) return `${stem}${letter}${number.toString().padStart(2, '0')}`;
  const upper = letter.toUpperCase();
  const rest = number - 100;
  const lead = String.fromCharCode(upper.charCodeAt(0) + Math.floor(rest / 676));
  if (lead > 'Z') return null;
  const letters = [Math.floor(rest / 26) % 26, rest % 26].map((at) => String.fromCharCode(65 + at)).join('');
  const name = `${lead}${letters}`;
  return stem + (letter === upper ? name : name.toLowerCase());
}
