import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackBlock } from '../../src/api/unpackBlock.ts';
import { FormatError, UsageError } from '../../src/bytes/errors.ts';

/** As ZFS stores it: filled up to whole sectors. */
function stored(content: Uint8Array): Uint8Array {
  const packed = deflateSync(content);
  const out = new Uint8Array(Math.ceil(packed.length / 512) * 512);
  out.set(packed);
  return out;
}

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => (i >> 3) & 0xff);

describe('unpackBlock', () => {
  it.each([512, 1024, 131072, 3 * 512, 77 * 1024])('finds the size of a content of %i bytes', async (size) => {
    expect((await unpackBlock(stored(ramp(size)), 'gzip', null)).bytes).toEqual(ramp(size));
  });

  it('takes the size that it is told, and fails where that is not it', async () => {
    expect((await unpackBlock(stored(ramp(1536)), 'gzip', 1536)).bytes).toEqual(ramp(1536));
    await expect(unpackBlock(stored(ramp(1536)), 'gzip', 1024)).rejects.toThrow(FormatError);
  });

  it('says what it needs for compressions that have no end', async () => {
    await expect(unpackBlock(new Uint8Array(512), 'lzjb', null)).rejects.toThrow('give both sizes');
    await expect(unpackBlock(new Uint8Array(512), 'zle', null)).rejects.toThrow(UsageError);
  });

  it.each(['on', 'inherit', 'lz5', ''])('refuses %j as a compression', async (name) => {
    await expect(unpackBlock(new Uint8Array(512), name, 512)).rejects.toThrow(UsageError);
  });

  it.each(['lz4', 'gzip', 'zstd'])('ends with a typed error for noise as %s', async (name) => {
    const noise = Uint8Array.from({ length: 4096 }, (_, i) => (i * 2654435761) >>> 24);
    await expect(unpackBlock(noise, name, null)).rejects.toThrow(FormatError);
  });
});
