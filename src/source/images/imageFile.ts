import { FormatError, UnsupportedError, type ZfsUberError } from '../../bytes/errors.ts';
import type { Place } from '../../bytes/place.ts';
import { type Decoded, type Field, type Layout, read } from '../../bytes/struct.ts';
import { ChunkCache } from '../chunkCache.ts';
import { type ByteSource, SourceError } from '../source.ts';

/** What an image keeps of the bytes that were read when it was made. */
export interface KeptHashes {
  /** Null where it keeps none. */
  readonly md5: Uint8Array | null;
  readonly sha1: Uint8Array | null;
  /** The bytes that they are of: what could not be read then is the zeros that stand for it. */
  readonly content: ByteSource;
}

/**
 * What QEMU does with an image: `writes` all, as with most; `reads` it, and fails what is to be written into it; `shows-none`
 * of it: it does not open it read-only, or shows another disk.
 */
export type ByQemu = 'writes' | 'reads' | 'shows-none';

/** The disk inside an image. */
export interface OpenedImage {
  /** Absent for a format that has none. */
  readonly kept?: KeptHashes;
  readonly disk: ByteSource;
  /** Default: `writes`. */
  readonly byQemu?: ByQemu;
  /** About the image: copies of a table that differ, a parent that is missing. The disk is readable all the same. */
  readonly troubles: readonly ZfsUberError[];
}

/** Bytes of a table that are looked through for entries that say the same. */
const LOOK = 32 * 1024;
/** Bytes of tables that are kept of one file, whatever its header claims. */
const TABLES = 4 * 1024 * 1024;

/** The file of an image: its headers, and its tables, of which the same parts are asked for again and again. */
export class ImageFile {
  readonly source: ByteSource;
  /** For errors: `qcow2 image`. */
  readonly #what: string;
  readonly #tables: ByteSource;

  constructor(source: ByteSource, what: string) {
    this.source = source;
    this.#what = what;
    this.#tables = new ChunkCache({ capacity: TABLES }).of(source);
  }

  /**
   * @throws FormatError `format-bounds` when the file ends before
   * @throws SourceError when it cannot be read
   */
  async bytes(offset: number, length: number, part: string): Promise<Uint8Array> {
    if (!this.has(offset, length)) {
      throw new FormatError('format-bounds', part, this.#fits, `${offset}+${length}`, this.place(offset, part));
    }
    return this.#tables.read(offset, length);
  }

  async structure<F extends Record<string, Field<unknown>>>(
    table: Layout<F>,
    offset: number,
    littleEndian: boolean,
  ): Promise<Decoded<F>> {
    const bytes = await this.bytes(offset, table.size, table.name);
    return read(table, bytes, littleEndian, this.place(offset, table.name));
  }

  /** A part of a table; null when it is not in the file, or cannot be read. */
  async table(offset: number, length: number): Promise<DataView | null> {
    if (!this.has(offset, length)) return null;
    try {
      const bytes = await this.#tables.read(offset, length);
      return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    } catch (error) {
      if (error instanceof SourceError) return null;
      throw error;
    }
  }

  /**
   * How many entries of a table say the same from one on: that one, and those behind it that one look shows.
   *
   * @param at of the one, in bytes
   * @param width of an entry, in bytes
   * @param most entries that are asked for
   */
  async alike(
    at: number,
    width: 4 | 8,
    most: number,
    isAlike: (entries: DataView, at: number) => boolean,
  ): Promise<number> {
    const count = Math.min(most, LOOK / width, Math.floor((this.source.size - at) / width));
    const entries = count > 1 ? await this.table(at, count * width) : null;
    if (entries === null) return 1;
    let alike = 1;
    while (alike < count && isAlike(entries, alike * width)) alike++;
    return alike;
  }

  has(offset: number, length: number): boolean {
    return offset >= 0 && length >= 0 && offset + length <= this.source.size;
  }

  place(offset: number, part: string): Place {
    return { source: this.source.name, offset, path: [this.#what, part] };
  }

  wrong(part: string, offset: number, expected: string, found: number | bigint | string): FormatError {
    return new FormatError('format-value', part, expected, `${found}`, this.place(offset, part));
  }

  unsupported(message: string): UnsupportedError {
    return new UnsupportedError(message, { source: this.source.name, offset: 0, path: [] });
  }

  /** For a part of the disk that is in a file which is not there: the rest is readable. */
  lacks(message: string): SourceError {
    return new SourceError('needs-file', message, { source: this.source.name, offset: 0, path: [] });
  }

  get #fits(): string {
    return `a range inside ${this.source.size} bytes`;
  }
}

/** What a read of the disk says of bytes that the file should have. */
export const NOT_IN_FILE = 'the image file ends before what its tables name here, or its tables cannot be read';

/** @throws UnsupportedError for a disk of 2^53 bytes or more */
export function diskSize(file: ImageFile, size: bigint): number {
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw file.unsupported(`it says that its disk has ${size} bytes`);
  return Number(size);
}
