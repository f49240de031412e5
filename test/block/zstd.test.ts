import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { loadedZstd, loadZstd } from '../../src/block/zstd.ts';
import { FormatError } from '../../src/bytes/errors.ts';
import { record } from './content.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: [] };
const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));

/** A record as real ZFS stored it at level 3, without its padding. */
const STORED = hex(
  '000000ad030028a50018450500a24a1b111080be03fcffffffff67feffffffa7f40353a23c69b224c991224382fce8b123c7' +
    '8d1a3362bc68b122c5891223427ce8b021c3850a13223c68b020c181020302fcf5ede5ddd5cdc5bdb5ada59d958d857d756d' +
    '655d554d453d352d251d150d05fdf4ece4dcd4ccc4bcb4ac045558020012f8ffff1b04ee0f99999999999999999999999999' +
    '9999999999993333333333333333333333333333333333333333666666a604',
);

const changed = (at: number, ...bytes: number[]) => {
  const copy = Uint8Array.from(STORED);
  copy.set(bytes, at);
  return copy;
};

/** A frame without its magic, behind the header that ZFS writes at level 3. */
const stored = (frame: Uint8Array) => {
  const bytes = Uint8Array.of(0, 0, 0, 0, 3, 0, 0x28, 0xa5, ...frame);
  new DataView(bytes.buffer).setUint32(0, frame.length);
  return bytes;
};

await loadZstd();
const zstd = loadedZstd() ?? (() => expect.fail('not loaded'));

describe('zstd', () => {
  it('gives the content of a block that ZFS wrote', () => {
    expect(zstd(STORED, 8192, place)).toEqual(record('gaps', 0));
  });

  it('does not look at the padding after the stored length', () => {
    expect(zstd(Uint8Array.of(...STORED, 1, 2, 3, 0x28, 0xb5), 8192, place)).toEqual(record('gaps', 0));
  });

  it('reads the header of a big-endian writer, which has the level last', () => {
    expect(zstd(changed(4, 0, 0x28, 0xa5, 3), 8192, place)).toEqual(record('gaps', 0));
  });

  it.each([1, 19, 103, 123])('knows level %i', (level) => {
    expect(zstd(changed(4, level), 8192, place)).toHaveLength(8192);
  });

  it.each([0, 20, 101, 102, 124, 251, 255])('refuses level %i, which ZFS does not have', (level) => {
    expect(() => zstd(changed(4, level, 0, 0x28, 0xa5), 8192, place)).toThrow('zstd level');
  });

  it('refuses a stored length past the block, a short header and a cut frame', () => {
    expect(() => zstd(changed(0, 0xff, 0xff, 0xff, 0xff), 8192, place)).toThrow('zstd length field');
    expect(() => zstd(STORED.subarray(0, 7), 8192, place)).toThrow('zstd header: expected 8 bytes, found 7');
    expect(() => zstd(changed(3, (STORED[3] ?? 0) - 1), 8192, place)).toThrow(FormatError);
  });

  it('refuses a frame that gives more or fewer bytes than the block has', () => {
    expect(() => zstd(STORED, 8191, place)).toThrow(FormatError);
    expect(() => zstd(STORED, 8193, place)).toThrow(FormatError);
  });

  it('refuses frames that claim more than they hold', () => {
    // Single segment, content size 2^63 - 1; window of 2^41 bytes; a dictionary.
    expect(() => zstd(stored(hex('e0ffffffffffffff7f' + '010000')), 512, place)).toThrow(FormatError);
    expect(() => zstd(stored(hex('00ff' + '010000')), 512, place)).toThrow(FormatError);
    expect(() => zstd(stored(hex('2101' + '00' + '010000')), 512, place)).toThrow(FormatError);
  });

  it('refuses a block that announces 98,047 sequences and holds none', () => {
    // All three codes by a single symbol, matches of 65 KiB and more: a decoder without bounds writes 6 GB of them.
    const block = hex('00' + 'ffffff' + '54' + '00' + '05' + '34' + '01');
    const header = (block.length << 3) | (2 << 1) | 1;
    const frame = Uint8Array.of(0xa0, 0, 16, 0, 0, header & 255, header >> 8, 0, ...block);
    expect(() => zstd(stored(frame), 4096, place)).toThrow(FormatError);
  });

  it('keeps giving the right content between blocks that it refuses', () => {
    for (let i = 0; i < 200; i++) {
      expect(() => zstd(changed(20 + (i % 100), 0x55, 0xaa, 0x55), 8000, place)).toThrow(FormatError);
    }
    expect(zstd(STORED, 8192, place)).toEqual(record('gaps', 0));
  });

  const compress = 'zstdCompressSync' in zlib ? zlib.zstdCompressSync : null;
  it.skipIf(compress === null)('undoes what the zstd of Node makes, where Node has it', () => {
    if (typeof compress !== 'function') return;
    const content = record('text', 0);
    const frame = Uint8Array.from(compress(content));
    expect(zstd(stored(frame.subarray(4)), content.length, place)).toEqual(content);
  });
});
