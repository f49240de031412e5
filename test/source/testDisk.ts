import { type ByteSource, SourceError } from '../../src/source/source.ts';
import type { RealTable } from './realTables.ts';

/** A disk of any size that keeps what was written to it and is zero elsewhere; reads can be made to fail. */
export interface TestDisk extends ByteSource {
  readonly size: number;
  put(offset: number, bytes: Uint8Array): void;
  /** Reads that touch these bytes fail with EIO. */
  breakAt(offset: number, length: number): void;
  /** Every read so far: offset, length. */
  readonly reads: (readonly [offset: number, length: number])[];
}

const PAGE = 4096;

export function testDisk(size: number, name = 'disk.img'): TestDisk {
  const pages = new Map<number, Uint8Array>();
  const broken: { offset: number; length: number }[] = [];
  const reads: (readonly [number, number])[] = [];
  return {
    name,
    size,
    reads,
    put(offset, bytes) {
      for (const [i, byte] of bytes.entries()) {
        const at = offset + i;
        const page = pages.get(Math.floor(at / PAGE)) ?? new Uint8Array(PAGE);
        page[at % PAGE] = byte;
        pages.set(Math.floor(at / PAGE), page);
      }
    },
    breakAt(offset, length) {
      broken.push({ offset, length });
    },
    async read(offset, length) {
      reads.push([offset, length]);
      const place = { source: name, offset, path: [] };
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        throw new SourceError('source-short', `wanted ${offset}+${length} of ${size} bytes`, place);
      }
      if (broken.some((bad) => offset < bad.offset + bad.length && bad.offset < offset + length)) {
        throw new SourceError('EIO', 'input/output error', place);
      }
      const bytes = new Uint8Array(length);
      for (let at = offset; at < offset + length; ) {
        const step = Math.min(PAGE - (at % PAGE), offset + length - at);
        const page = pages.get(Math.floor(at / PAGE));
        if (page !== undefined) bytes.set(page.subarray(at % PAGE, (at % PAGE) + step), at - offset);
        at += step;
      }
      return bytes;
    },
  };
}

/** A disk as the tool left it, or cut or grown to another size. */
export function diskWith(table: RealTable, size = table.size): TestDisk {
  const disk = testDisk(size);
  for (const [offset, base64] of table.written) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    if (offset + bytes.length <= size) disk.put(offset, bytes);
  }
  return disk;
}

/** Puts the magic that ends a label's config where the label at `label` has it. */
export function markLabel(disk: TestDisk, label: number): void {
  const magic = new Uint8Array(8);
  new DataView(magic.buffer).setBigUint64(0, 0x0210da7ab10c7a11n, true);
  disk.put(label + 0x1ffd8, magic);
}
