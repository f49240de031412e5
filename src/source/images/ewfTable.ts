import { read } from '../../bytes/struct.ts';
import { adler32 } from '../adler32.ts';
import { SourceError } from '../source.ts';
import { EWF_PACKED, EWF_TABLE, EWF_TABLE_SUMMED } from './ewf.layout.ts';
import type { ImageFile } from './imageFile.ts';

/** Where chunks that follow each other are in a segment file. */
export interface ChunkPlaces {
  /** Of each the offset in the file. */
  readonly offsets: Float64Array;
  /** 1 for one that is packed. */
  readonly packed: Uint8Array;
  /** Where the last one ends. */
  readonly end: number;
}

/** A table or its copy, of which the head was read. */
export interface EwfTable {
  readonly file: ImageFile;
  /** Of the head, in the file. */
  readonly at: number;
  readonly entries: number;
  /** What is added to each entry. */
  readonly base: number;
  /** Where its last chunk ends. */
  readonly end: number;
  /** A checksum stands behind its entries; tables that hold the chunks themselves (S01) have none. */
  readonly summed: boolean;
}

/** Entries of one table; EnCase writes 16,375 to 65,534. */
const MOST_ENTRIES = 1 << 24;
const SUM = 4;

/**
 * The head of a table.
 *
 * @param at behind the descriptor of its section
 * @param length of the section behind that
 * @param dataEnd where the section of chunks in front of it ends; 0: the chunks are in the table's own
 * @returns null when it is not whole
 * Source: libewf, EWF specification, "Table section"
 */
export async function ewfTable(file: ImageFile, at: number, length: number, dataEnd: number): Promise<EwfTable | null> {
  const bytes = file.has(at, EWF_TABLE.size) ? await file.bytes(at, EWF_TABLE.size, EWF_TABLE.name) : null;
  if (bytes === null) return null;
  const { entries, base, checksum } = read(EWF_TABLE, bytes, true, file.place(at, EWF_TABLE.name));
  if (adler32(bytes.subarray(0, EWF_TABLE_SUMMED)) !== checksum || entries > MOST_ENTRIES) return null;
  if (!file.has(at + EWF_TABLE.size, entries * 4)) return null;
  const own = dataEnd === 0;
  return { file, at, entries, base: Number(base), end: own ? at + length : dataEnd, summed: !own };
}

/** Bytes that {@link entriesOf} reads. */
export const entriesLength = ({ entries, summed }: EwfTable): number => entries * 4 + (summed ? SUM : 0);

/**
 * Its entries.
 *
 * @returns null where they cannot be read; `sound` is false where their checksum is wrong or not there
 */
export async function entriesOf(
  table: EwfTable,
): Promise<{ readonly bytes: Uint8Array; readonly sound: boolean } | null> {
  const { file, at, entries, summed } = table;
  const from = at + EWF_TABLE.size;
  try {
    const length = Math.min(entriesLength(table), file.source.size - from);
    const bytes = await file.source.read(from, length);
    const listed = bytes.subarray(0, entries * 4);
    if (!summed) return { bytes: listed, sound: true };
    if (bytes.length < entries * 4 + SUM) return { bytes: listed, sound: false };
    const sum = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(entries * 4, true);
    return { bytes: listed, sound: sum === adler32(listed) };
  } catch (error) {
    if (error instanceof SourceError) return null;
    throw error;
  }
}

function placesOf({ entries, base, end }: EwfTable, bytes: Uint8Array): ChunkPlaces {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const offsets = new Float64Array(entries);
  const packed = new Uint8Array(entries);
  // EnCase 6 and newer let offsets grow past 31 bits; from the first that does, no chunk is compressed.
  let overflowed = false;
  let before = 0;
  for (let i = 0; i < entries; i++) {
    const word = view.getUint32(i * 4, true);
    const offset = word & 0x7fffffff;
    if (!overflowed && offset < before) overflowed = true;
    offsets[i] = base + (overflowed ? word : offset);
    packed[i] = !overflowed && (word & EWF_PACKED) !== 0 ? 1 : 0;
    before = offset;
  }
  return { offsets, packed, end };
}

/**
 * What a table and its copy say, the one with the sound checksum first; both where neither has one: each chunk has a
 * checksum of its own. Where they say the same, once.
 */
async function readPlaces(tables: readonly EwfTable[]): Promise<ChunkPlaces[]> {
  const doubtful: ChunkPlaces[] = [];
  for (const table of tables) {
    const found = await entriesOf(table);
    if (found === null) continue;
    const places = placesOf(table, found.bytes);
    if (found.sound) return [places, ...doubtful];
    doubtful.push(places);
  }
  return doubtful;
}

/** Entries of tables that are kept, whatever the image has: 9 bytes each. */
const KEPT = 1 << 20;

/** Reads the entries of tables when they are asked for: those of an image of some TB fill hundreds of MB. */
export class EwfTableCache {
  readonly #kept = new Map<readonly EwfTable[], Promise<ChunkPlaces[]>>();
  #entries = 0;

  /** @param tables a table and its copy, or one of them; the same array for the same chunks */
  places(tables: readonly EwfTable[]): Promise<ChunkPlaces[]> {
    const known = this.#kept.get(tables);
    const places = known ?? readPlaces(tables);
    this.#kept.delete(tables);
    this.#kept.set(tables, places);
    if (known === undefined) this.#entries += countOf(tables);
    for (const oldest of this.#kept.keys()) {
      if (this.#entries <= KEPT || oldest === tables) break;
      this.#kept.delete(oldest);
      this.#entries -= countOf(oldest);
    }
    return places;
  }
}

const countOf = (tables: readonly EwfTable[]): number => tables.reduce((sum, { entries }) => sum + entries, 0);
