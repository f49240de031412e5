import { describe, expect, it } from 'vitest';
import { type ByteSource, EndedError, isGone, SourceError } from '../../src/source/source.ts';
import { vanishing } from '../../src/source/vanishing.ts';
import { zeroed } from '../../src/source/zeroed.ts';
import { testDisk } from './testDisk.ts';

const errorOf = (read: Promise<Uint8Array>): Promise<unknown> =>
  read.then(
    () => null,
    (error: unknown) => error,
  );

/** Gives zeros until it goes away. */
function going(code: SourceError['code'] = 'ENXIO'): { source: ByteSource; go: () => void; reads: () => number } {
  let [there, reads] = [true, 0];
  return {
    go: () => {
      there = false;
    },
    reads: () => reads,
    source: {
      name: 'sdb',
      size: 1 << 20,
      async read(offset, length) {
        reads++;
        if (there) return new Uint8Array(length);
        throw new SourceError(code, 'gone', { source: 'sdb', offset, path: [] });
      },
    },
  };
}

describe('a device that goes away', () => {
  it.each(['ENXIO', 'EIO', 'source-ended'] as const)(
    'with %s is told from a bad place, and not asked again',
    async (code) => {
      const { source, go, reads } = going(code);
      const watched = vanishing(source);
      await watched.read(0, 4096);
      go();
      expect(await errorOf(watched.read(8192, 512))).toMatchObject({ code, gone: true, place: { offset: 8192 } });
      const before = reads();
      expect(isGone(await errorOf(watched.read(0, 4096)))).toBe(true);
      expect(reads()).toBe(before);
    },
  );

  it('has a bad place alone where it gives again what it gave before', async () => {
    const disk = testDisk(1 << 20);
    disk.breakAt(8192, 512);
    const watched = vanishing(disk);
    await watched.read(0, 512);
    expect(await errorOf(watched.read(8192, 512))).toMatchObject({ code: 'EIO', gone: false });
    expect(await watched.read(4096, 512)).toHaveLength(512);
  });

  it('is gone after 64 failures where it never gave a byte', async () => {
    const disk = testDisk(1 << 20);
    disk.breakAt(0, disk.size);
    const watched = vanishing(disk);
    const errors = [];
    for (let i = 0; i < 70; i++) errors.push(await errorOf(watched.read(i * 512, 512)));
    expect(errors.findIndex(isGone)).toBe(63);
    expect(disk.reads).toHaveLength(64);
  });

  it('is not blamed for a range that it never had', async () => {
    const watched = vanishing(testDisk(4096));
    expect(await errorOf(watched.read(4096, 1))).toMatchObject({ code: 'source-short', gone: false });
  });
});

describe('a copy with zeros where nothing can be read', () => {
  it('has every other byte', async () => {
    const disk = testDisk(16384);
    disk.put(0, new Uint8Array(16384).fill(7));
    disk.breakAt(5000, 1);
    const bytes = await zeroed(disk).read(0, 16384);
    expect(bytes.indexOf(0)).toBe(4608);
    expect(bytes.filter((byte) => byte === 0)).toHaveLength(512);
  });

  it('ends where the source ends, and has zeros behind', async () => {
    const source: ByteSource = {
      name: 'cut.img',
      size: 16384,
      async read(offset, length) {
        const there = Math.max(0, Math.min(length, 9000 - offset));
        if (there === length) return new Uint8Array(length).fill(7);
        throw new EndedError('it ended', { source: 'cut.img', offset: offset + there, path: [] }, there);
      },
    };
    const bytes = await zeroed(source).read(0, 16384);
    expect(bytes.lastIndexOf(7)).toBe(8999);
  });
});
