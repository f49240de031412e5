import { inflate } from '../../block/gzip.ts';
import type { ZfsUberError } from '../../bytes/errors.ts';
import { adler32 } from '../adler32.ts';
import type { ByteSource } from '../source.ts';
import { type EwfChunks, type EwfVolume, readEwfSegment } from './ewfSegments.ts';
import { diskSize, ImageFile, type OpenedImage } from './imageFile.ts';
import { type Extent, mappedSource } from './mapped.ts';
import type { ImageFolder } from './siblings.ts';

/** What the image says was not read when it was made. */
const UNREAD = 'the disk could not be read here when the image was made';
/** Names go from E01 to EZZ and on to ZZZ. */
const MOST_SEGMENTS = 14971;

/**
 * The disk in an Expert Witness image (E01, S01) of any number of segments. Sectors that could not be read when it was made
 * are unread, although zeros stand for them; so are chunks of segments that are missing. The hashes of the whole are handed
 * on, and not checked: that takes a read of all of it.
 *
 * @throws FormatError when the first segment is none, or says nothing of the disk
 * Source: libewf, EWF specification
 */
export async function openEwf(source: ByteSource, folder: ImageFolder): Promise<OpenedImage> {
  const file = new ImageFile(source, 'E01 image');
  const first = await readEwfSegment(source, 0);
  if (first.volume === null)
    throw file.wrong('sections', 0, 'a section of the volume: the first segment', `segment ${first.number}`);
  const { volume } = first;
  const tables: EwfChunks[] = [...first.tables];
  const unread = [...first.unread];
  const troubles: ZfsUberError[] = [...first.troubles];
  let { last, md5, sha1 } = first;
  for (let number = 2; !last && number <= MOST_SEGMENTS; number++) {
    const name = segmentName(source.name, number);
    const found = name === null ? null : await folder.file(name);
    if (found === null) {
      troubles.push(file.unsupported(`segment ${number} of it is missing: give ${name ?? 'it'} too`));
      break;
    }
    const segment = await readEwfSegment(found, chunksIn(tables));
    if (segment.number !== number) troubles.push(file.wrong('segment number', 9, `${number}`, segment.number));
    tables.push(...segment.tables);
    unread.push(...segment.unread);
    troubles.push(...segment.troubles);
    md5 = segment.md5 ?? md5;
    sha1 = segment.sha1 ?? sha1;
    ({ last } = segment);
  }
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

const chunksIn = (tables: readonly EwfChunks[]): number => {
  const last = tables.at(-1);
  return last === undefined ? 0 : last.first + last.offsets.length;
};

function extentAt({ tables, volume, gaps, size }: EwfMap, offset: number): Extent {
  const gap = gaps.find(({ from, to }) => offset >= from && offset < to);
  if (gap !== undefined) return { kind: 'unread', why: UNREAD, tried: true, length: Math.min(gap.to, size) - offset };
  const next = gaps.find(({ from }) => from > offset)?.from ?? size;
  const index = Math.floor(offset / volume.chunkSize);
  const from = offset - index * volume.chunkSize;
  const length = Math.min(volume.chunkSize - from, next - offset, size - offset);
  const table = tableOf(tables, index);
  const within = table === undefined ? -1 : index - table.first;
  if (table === undefined || within >= table.offsets.length) {
    return {
      kind: 'unread',
      why: 'it lies in a segment of the image that is missing or damaged',
      length: next - offset,
    };
  }
  const wanted = Math.min(volume.chunkSize, size - index * volume.chunkSize);
  return { kind: 'packed', key: index, from, length, unit: () => readChunk(table, within, wanted) };
}

/** The table whose chunks go on from one that is not behind `index`. */
function tableOf(tables: readonly EwfChunks[], index: number): EwfChunks | undefined {
  let found: EwfChunks | undefined;
  for (const table of tables) if (table.first <= index) found = table;
  return found;
}

async function readChunk(
  { file, offsets, packed, end }: EwfChunks,
  index: number,
  wanted: number,
): Promise<Uint8Array> {
  const at = offsets[index] ?? 0;
  const next = Math.min(offsets[index + 1] ?? end, file.source.size);
  const stored = packed[index] === 1 ? Math.min(Math.max(0, next - at), wanted + 65536) : wanted + 4;
  const bytes = await file.bytes(at, Math.min(stored, file.source.size - at), 'chunk');
  if (packed[index] === 1) return inflate(bytes, wanted, 'zlib', file.place(at, 'chunk'));
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
