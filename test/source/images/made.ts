import { deflate } from 'pako';
import { adler32 } from '../../../src/source/adler32.ts';
import { recogniseContainer } from '../../../src/source/containers.ts';
import { readEnds } from '../../../src/source/ends.ts';
import type { Siblings } from '../../../src/source/images/siblings.ts';
import { memorySource } from '../../../src/source/memorySource.ts';

/** Images made by the words of the formats' descriptions: forms that no tool at hand writes, and lies. */

export const MIB = 1024 * 1024;

const beside = (files: Readonly<Record<string, Uint8Array>>): Siblings => ({
  async find(name) {
    const bytes = files[name];
    return bytes === undefined ? null : { source: memorySource(bytes, name), siblings: beside(files) };
  },
});

export async function open(bytes: Uint8Array, name: string, files: Readonly<Record<string, Uint8Array>> = {}) {
  const source = memorySource(bytes, name);
  const container = recogniseContainer(await readEnds(source));
  if (container === null) throw new Error('not recognised');
  return container.open(source, { siblings: beside(files), snapshot: null });
}

/** A byte that tells where it stands. */
export const pattern = (length: number, salt: number): Uint8Array =>
  new Uint8Array(length).map((_, i) => (i * 7 + (i >> 9) * 13 + salt) & 0xff);

export function vdi(type: number, blocks: readonly (number | null)[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 * MIB + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0x40, 0xbeda107f, true);
  view.setUint32(0x44, 0x10001, true);
  view.setUint32(0x4c, type, true);
  view.setUint32(0x154, MIB, true);
  view.setUint32(0x158, 4 * MIB, true);
  view.setBigUint64(0x170, BigInt(blocks.length * MIB), true);
  view.setUint32(0x178, MIB, true);
  view.setUint32(0x180, blocks.length, true);
  for (const [i, block] of blocks.entries()) view.setUint32(MIB + i * 4, block ?? 0xffffffff, true);
  bytes.set(data, 4 * MIB);
  bytes.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16], 0x1a8);
  return bytes;
}

/** One block of 2 MiB; its odd sectors are its own. */
export function differencingVhd(own: Uint8Array, parent = 'parent.img'): Uint8Array {
  const bytes = new Uint8Array(512 + 1024 + 512 + 512 + own.length + 512);
  const view = new DataView(bytes.buffer);
  const sum = (at: number, length: number): number => {
    let total = 0;
    for (const byte of bytes.subarray(at, at + length)) total += byte;
    return ~total >>> 0;
  };
  const header = 512;
  bytes.set(new TextEncoder().encode('cxsparse'), header);
  view.setBigUint64(header + 16, 1536n);
  view.setUint32(header + 28, 1);
  view.setUint32(header + 32, 2 * MIB);
  for (const [i, letter] of [...parent].slice(0, 255).entries())
    view.setUint16(header + 64 + i * 2, letter.charCodeAt(0));
  view.setUint32(header + 36, sum(header, 1024));
  view.setUint32(1536, 4);
  bytes.fill(0x55, 2048, 2560);
  bytes.set(own, 2560);
  for (const at of [bytes.length - 512, 0]) {
    bytes.set(new TextEncoder().encode('conectix'), at);
    view.setBigUint64(at + 16, BigInt(header));
    view.setBigUint64(at + 48, BigInt(2 * MIB));
    view.setUint32(at + 60, 4);
    view.setUint32(at + 64, sum(at, 512));
  }
  return bytes;
}

/** Sections of a segment file, each with its descriptor, chained. */
function segment(number: number, sections: readonly (readonly [type: string, body: Uint8Array])[]): Uint8Array {
  const head = Uint8Array.from([0x45, 0x56, 0x46, 9, 13, 10, 255, 0, 1, number, 0, 0, 0]);
  const parts: Uint8Array[] = [head];
  let at = head.length;
  for (const [type, body] of sections) {
    const descriptor = new Uint8Array(76);
    descriptor.set(new TextEncoder().encode(type));
    const view = new DataView(descriptor.buffer);
    const last = type === 'next' || type === 'done';
    view.setBigUint64(16, BigInt(last ? at : at + 76 + body.length), true);
    view.setBigUint64(24, BigInt(76 + body.length), true);
    view.setUint32(72, adler32(descriptor.subarray(0, 72)), true);
    parts.push(descriptor, body);
    at += 76 + body.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

export const CHUNK = 4096;
/** @param count of the segments @param firstChunk packed, in place of the first */
export function evidence(
  disk: Uint8Array,
  unread: readonly (readonly [number, number])[] = [],
  count = 2,
  firstChunk?: Uint8Array,
): Record<string, Uint8Array> {
  const volume = new Uint8Array(1052);
  const view = new DataView(volume.buffer);
  view.setUint32(4, disk.length / CHUNK, true);
  view.setUint32(8, CHUNK / 512, true);
  view.setUint32(12, 512, true);
  view.setBigUint64(16, BigInt(disk.length / 512), true);
  const share = disk.length / count;
  const chunksOf = (from: number, start: number): readonly (readonly [string, Uint8Array])[] => {
    const chunks: Uint8Array[] = [];
    const table = new Uint8Array(24 + (share / CHUNK) * 4 + 4);
    const entries = new DataView(table.buffer);
    entries.setUint32(0, share / CHUNK, true);
    entries.setUint32(20, adler32(table.subarray(0, 20)), true);
    let at = start + 76;
    for (let i = 0; i < share / CHUNK; i++) {
      const plain = disk.subarray(from + i * CHUNK, from + (i + 1) * CHUNK);
      const packed = i % 2 === 0;
      const sum = new Uint8Array(4);
      new DataView(sum.buffer).setUint32(0, adler32(plain), true);
      const chunk =
        firstChunk !== undefined && from + i === 0
          ? firstChunk
          : packed
            ? deflate(plain)
            : new Uint8Array(Buffer.concat([plain, sum]));
      entries.setUint32(24 + i * 4, packed ? (at | 0x80000000) >>> 0 : at, true);
      chunks.push(chunk);
      at += chunk.length;
    }
    entries.setUint32(table.length - 4, adler32(table.subarray(24, table.length - 4)), true);
    return [
      ['sectors', new Uint8Array(Buffer.concat(chunks))],
      ['table', table],
      ['table2', table],
    ];
  };
  const errors = new Uint8Array(520 + unread.length * 8);
  new DataView(errors.buffer).setUint32(0, unread.length, true);
  for (const [i, [first, count]] of unread.entries()) {
    new DataView(errors.buffer).setUint32(520 + i * 8, first, true);
    new DataView(errors.buffer).setUint32(524 + i * 8, count, true);
  }
  const none = new Uint8Array(0);
  const files: Record<string, Uint8Array> = {
    'ev.E01': segment(1, [['volume', volume], ...chunksOf(0, 13 + 76 + volume.length), ['next', none]]),
  };
  for (let number = 2; number <= count; number++) {
    const end: readonly (readonly [string, Uint8Array])[] =
      number === count
        ? [
            ['error2', errors],
            ['done', none],
          ]
        : [['next', none]];
    files[`ev.E0${number}`] = segment(number, [...chunksOf((number - 1) * share, 13), ...end]);
  }
  return files;
}

export function batOffset(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < 2; i++) {
    const at = 192 * 1024 + 16 + i * 32;
    if (view.getUint32(at, true) === 0x2dc27766) return Number(view.getBigUint64(at + 16, true));
  }
  throw new Error('no BAT');
}
