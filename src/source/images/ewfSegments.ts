import type { ZfsUberError } from '../../bytes/errors.ts';
import { type Decoded, type Field, type Layout, read } from '../../bytes/struct.ts';
import { adler32 } from '../adler32.ts';
import type { ByteSource } from '../source.ts';
import {
  EWF_DIGEST,
  EWF_DIGEST_SUMMED,
  EWF_ERROR2,
  EWF_ERROR2_ENTRY,
  EWF_FILE,
  EWF_HASH,
  EWF_HASH_SUMMED,
  EWF_SECTION,
  EWF_SECTION_SUMMED,
  EWF_SIGNATURE,
  EWF_SMART_VOLUME,
  EWF_VOLUME,
} from './ewf.layout.ts';
import { type ChunkPlaces, type EwfTable, type EwfTableCache, entriesLength, entriesOf, ewfTable } from './ewfTable.ts';
import { walkChunks } from './ewfWalk.ts';
import { ImageFile } from './imageFile.ts';

export interface EwfVolume {
  /** Bytes. */
  readonly chunkSize: number;
  readonly sectorSize: number;
  /** Bytes of the disk. */
  readonly size: bigint;
  readonly chunks: number;
}

/** Chunks of one table, one after the other in a segment file. */
export interface EwfChunks {
  readonly file: ImageFile;
  /** Number of the first in the disk. */
  readonly first: number;
  readonly count: number;
  /** Where they are, what is most to be trusted first; none where it cannot be read. */
  places(): Promise<readonly ChunkPlaces[]>;
}

/** Of all segments of an image. */
export interface EwfReading {
  readonly cache: EwfTableCache;
  /** Bytes of entries that may still be read at once, to compare the copies of tables. */
  compared: number;
}

/** What one segment file holds. */
export interface EwfSegment {
  readonly number: number;
  readonly volume: EwfVolume | null;
  readonly tables: readonly EwfChunks[];
  /** Sectors that could not be read when the image was made. */
  readonly unread: readonly { readonly firstSector: number; readonly sectors: number }[];
  /** Of the whole disk; the last segment has them. */
  readonly md5: Uint8Array | null;
  readonly sha1: Uint8Array | null;
  /** The chain of sections ends with `done`. */
  readonly last: boolean;
  /** How many chunks it holds is known, and with that where the next segment begins. */
  readonly counted: boolean;
  readonly troubles: readonly ZfsUberError[];
}

const MOST_SECTIONS = 65536;
/** Not made until there is such an image: what decodes takes time to set up. */
const ascii = (bytes: Uint8Array): string => new TextDecoder('latin1').decode(bytes);

/**
 * Chunks of which no table is left, as in a file that was cut, are found by their own checksums, one after the other.
 *
 * @param first number of the first chunk that the segment holds
 * @param known what an earlier segment says of the disk; null: chunks without a table are not looked for, except by what
 *   this segment says
 * @throws FormatError when it is no segment file, or its sections lead nowhere
 * Source: libewf, EWF specification
 */
export async function readEwfSegment(
  source: ByteSource,
  first: number,
  known: EwfVolume | null,
  reading: EwfReading,
): Promise<EwfSegment> {
  const file = new ImageFile(source, 'E01 image');
  const head = await file.structure(EWF_FILE, 0, true);
  if (ascii(head.signature) !== EWF_SIGNATURE) throw file.wrong(EWF_FILE.name, 0, 'EVF', ascii(head.signature));
  const reader = new SegmentReader(file, first, known, reading);
  const last = await reader.sections();
  return { ...reader.found, number: head.segment, last, counted: reader.counted };
}

class SegmentReader {
  readonly found = {
    volume: null as EwfVolume | null,
    tables: [] as EwfChunks[],
    unread: [] as { firstSector: number; sectors: number }[],
    md5: null as Uint8Array | null,
    sha1: null as Uint8Array | null,
    troubles: [] as ZfsUberError[],
  };
  readonly #file: ImageFile;
  readonly #reading: EwfReading;
  #chunk: number;
  /** The last section `table`, and its copy, of which the heads are whole. */
  #tables: EwfTable[] = [];
  /** End of the last section `sectors`, where the last chunk of its table ends. */
  #dataEnd = 0;
  /** The chunks of the last section `sectors`, for which no table was found yet. */
  #untold: { readonly from: number; readonly to: number } | null = null;
  readonly #known: EwfVolume | null;
  counted = true;

  constructor(file: ImageFile, first: number, known: EwfVolume | null, reading: EwfReading) {
    this.#reading = reading;
    this.#file = file;
    this.#chunk = first;
    this.#known = known;
  }

  /** @returns whether the image ends with this segment */
  async sections(): Promise<boolean> {
    const end = await this.#chain();
    await this.#settle();
    if (end === 'broken') this.counted = false;
    return end === 'done';
  }

  async #chain(): Promise<'done' | 'next' | 'broken'> {
    let at: number = EWF_FILE.size;
    for (let i = 0; i < MOST_SECTIONS; i++) {
      const section = await this.#section(at);
      if (section === null) return 'broken';
      const { type, next, size } = section;
      if (type === 'sectors') {
        await this.#settle();
        this.#dataEnd = at + size;
        // The size is written when the section is whole: of an image that was never finished it is 0.
        const to = size > EWF_SECTION.size ? this.#dataEnd : this.#file.source.size;
        this.#untold = { from: at + EWF_SECTION.size, to };
      }
      await this.#take(type, at + EWF_SECTION.size, Math.max(0, size - EWF_SECTION.size));
      if (type === 'done' || type === 'next') return type;
      if (next <= at) return 'broken';
      at = next;
    }
    return 'broken';
  }

  /** Counts the chunks of the last tables; without any, those that their own checksums tell of. */
  async #settle(): Promise<void> {
    const tables = this.#tables;
    this.#tables = [];
    const [table] = tables;
    if (table === undefined || !this.counted) return this.#walk();
    this.#untold = null;
    await this.#compare(tables);
    const { cache } = this.#reading;
    const { file } = table;
    const same = tables.filter(({ entries }) => entries === table.entries);
    this.found.tables.push({ file, first: this.#chunk, count: table.entries, places: () => cache.places(same) });
    this.#chunk += table.entries;
  }

  /** Tells where a table and its copy differ, as far as that may be read at once. */
  async #compare(tables: readonly EwfTable[]): Promise<void> {
    const length = tables.reduce((sum, table) => sum + entriesLength(table), 0);
    if (length > this.#reading.compared) return;
    this.#reading.compared -= length;
    const found = await Promise.all(tables.map(entriesOf));
    for (const [i, entries] of found.entries()) {
      if (entries?.sound !== true)
        this.#found(tables[i]?.at ?? 0, 'entries of a table with a sound checksum', 'others');
    }
    const [first, copy] = found.flatMap((entries) => (entries?.sound === true ? entries.bytes : []));
    if (first === undefined || copy === undefined) return;
    const same = first.length === copy.length && first.every((byte, i) => byte === copy[i]);
    if (!same) this.#found(tables[1]?.at ?? 0, 'a copy of the table', 'another table, of which nothing is taken');
  }

  /** Finds the chunks that no table tells of. */
  async #walk(): Promise<void> {
    const section = this.#untold;
    this.#untold = null;
    const volume = this.found.volume ?? this.#known;
    if (section === null || !this.counted) return;
    const walked = volume && (await walkChunks(this.#file, section, this.#chunk, volume));
    const offsets = walked?.offsets ?? new Float64Array();
    this.#found(section.from, 'a table of the chunks', `${offsets.length} chunks, by their own checksums`);
    if (walked !== null) {
      const chunks = { file: this.#file, first: this.#chunk, count: offsets.length };
      this.found.tables.push({ ...chunks, places: async () => [walked] });
    }
    this.#chunk += offsets.length;
    this.counted = walked?.end === section.to;
  }

  async #section(at: number): Promise<{ readonly type: string; readonly next: number; readonly size: number } | null> {
    if (!this.#file.has(at, EWF_SECTION.size)) {
      this.#found(at, 'a section', 'the end of the file');
      return null;
    }
    const bytes = await this.#file.bytes(at, EWF_SECTION.size, EWF_SECTION.name);
    const { type, next, size, checksum } = read(EWF_SECTION, bytes, true, this.#file.place(at, EWF_SECTION.name));
    if (adler32(bytes.subarray(0, EWF_SECTION_SUMMED)) !== checksum) {
      this.#found(at, 'a section with a sound checksum', 'another sum');
      return null;
    }
    const [name = ''] = ascii(type).split('\0');
    return { type: name, next: Number(next), size: Number(size) };
  }

  async #take(type: string, at: number, length: number): Promise<void> {
    if (type === 'volume' || type === 'disk') this.found.volume ??= await this.#volume(at, length);
    else if (type === 'table') await this.#table(at, length);
    else if (type === 'table2') await this.#copy(at, length);
    else if (type === 'error2') await this.#errors(at);
    else if (type === 'hash') this.found.md5 ??= (await this.#summed(EWF_HASH, EWF_HASH_SUMMED, at))?.md5 ?? null;
    else if (type === 'digest') {
      const digest = await this.#summed(EWF_DIGEST, EWF_DIGEST_SUMMED, at);
      this.found.md5 = digest?.md5 ?? this.found.md5;
      this.found.sha1 = digest?.sha1 ?? null;
    }
  }

  async #volume(at: number, length: number): Promise<EwfVolume> {
    const { sectorsPerChunk, bytesPerSector, sectors, chunks } = await this.#file.structure(EWF_VOLUME, at, true);
    const count = length === EWF_SMART_VOLUME ? sectors & 0xffffffffn : sectors;
    const chunkSize = sectorsPerChunk * bytesPerSector;
    if (chunkSize < 512 || chunkSize > 64 * 1024 * 1024) {
      throw this.#file.wrong('chunk size', at + 8, '512 bytes to 64 MiB', chunkSize);
    }
    return { chunkSize, sectorSize: bytesPerSector, size: count * BigInt(bytesPerSector), chunks };
  }

  async #table(at: number, length: number): Promise<void> {
    // Tables that hold their chunks themselves follow each other.
    if (this.#tables.length > 0) await this.#settle();
    await this.#copy(at, length);
  }

  async #copy(at: number, length: number): Promise<void> {
    const table = await ewfTable(this.#file, at, length, this.#dataEnd);
    if (table === null) this.#found(at, 'a table with a sound checksum', 'none');
    else this.#tables.push(table);
  }

  async #errors(at: number): Promise<void> {
    if (!this.#file.has(at, EWF_ERROR2.size)) return;
    const { entries } = await this.#file.structure(EWF_ERROR2, at, true);
    for (let i = 0; i < Math.min(entries, MOST_SECTIONS); i++) {
      const from = at + EWF_ERROR2.size + i * EWF_ERROR2_ENTRY.size;
      if (!this.#file.has(from, EWF_ERROR2_ENTRY.size)) return;
      this.found.unread.push(await this.#file.structure(EWF_ERROR2_ENTRY, from, true));
    }
  }

  /** Null where its own checksum is wrong, which is told. */
  async #summed<F extends { readonly checksum: Field<number> } & Record<string, Field<unknown>>>(
    table: Layout<F>,
    summed: number,
    at: number,
  ): Promise<Decoded<F> | null> {
    if (!this.#file.has(at, table.size)) return null;
    const bytes = (await this.#file.bytes(at, table.size, table.name)).slice();
    const found = read(table, bytes, true, this.#file.place(at, table.name));
    const checksum: unknown = found.checksum;
    if (adler32(bytes.subarray(0, summed)) === checksum) return found;
    this.#found(at, `${table.name} with a sound checksum`, 'another sum');
    return null;
  }

  #found(at: number, expected: string, found: string): void {
    this.found.troubles.push(this.#file.wrong(EWF_SECTION.name, at, expected, found));
  }
}
