import { describe, expect, it } from 'vitest';
import { FormatError, LimitError } from '../../src/bytes/errors.ts';
import type { IndirectMapping, IndirectPiece } from '../../src/pool/indirect.ts';
import { inner, leaf, MadeDevice, noise, pointer, readerOf, root, same } from './madePool.ts';

const data = noise(4096, 7);
const bp = pointer({ stored: data, dvas: [{ vdev: 0, offset: 8192 }] });

/** Mappings that move every range by a constant, or cut it in pieces. */
const moved = (vdev: number, by: number): IndirectMapping => ({
  pieces: (offset, size) => [{ vdev, offset: offset + by, size }],
});
const cut = (...places: readonly (readonly [vdev: number, offset: number, size: number])[]): IndirectMapping => ({
  pieces: (): IndirectPiece[] => places.map(([vdev, offset, size]) => ({ vdev, offset, size })),
});

const removed = () => inner('indirect', []);

describe('a removed vdev', () => {
  it('is read where it was copied to, over any number of removals', async () => {
    const device = new MadeDevice('disk');
    device.write(8192 + 512 + 1024, data);
    const tree = root(removed(), removed(), leaf(device));
    const mappings = async (vdev: number) => (vdev === 0 ? moved(1, 512) : moved(2, 1024));
    const { bytes, attempts } = await readerOf(tree, { mappings }).read(bp);
    expect(same(bytes, data)).toBe(true);
    expect(attempts).toMatchObject([{ vdev: 'disk', outcome: 'good' }]);
  });

  it('puts a split block together from whichever copies of its pieces are right, and names the others', async () => {
    const devices = ['a', 'b', 'c', 'd'].map((name) => new MadeDevice(name));
    const [a, b, c, d] = devices;
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four disks');
    a.write(0, noise(1024, 50));
    b.write(0, data.slice(0, 1024));
    a.write(65536, data.slice(3072));
    b.write(65536, noise(1024, 51));
    c.write(512, data.slice(1024, 3072));
    d.health = 'absent';
    const tree = root(removed(), inner('mirror', [leaf(a), leaf(b)]), inner('mirror', [leaf(d), leaf(c)]));
    const mappings = async () => cut([1, 0, 1024], [2, 512, 2048], [1, 65536, 1024]);
    const { bytes, attempts } = await readerOf(tree, { mappings }).read(bp);
    expect(same(bytes, data)).toBe(true);
    expect(attempts.map(({ vdev, outcome }) => `${vdev.slice(-1)} ${outcome}`)).toEqual([
      'd absent',
      'a wrong',
      'b good',
      'c good',
      'a good',
      'b wrong',
    ]);
  });

  it('says that a split block is lost when no choice of copies is right, after a bounded number of them', async () => {
    const pairs = Array.from({ length: 2 }, (_, i) => new MadeDevice(`disk${i}`));
    const pieces = Array.from({ length: 40 }, (_, i) => [1, i * 65536, 512] as const);
    for (const [side, device] of pairs.entries()) {
      for (const [i, [, offset]] of pieces.entries()) device.write(offset, noise(512, side * 100 + i));
    }
    const stored = noise(40 * 512, 3);
    const tree = root(
      removed(),
      inner(
        'mirror',
        pairs.map((device) => leaf(device)),
      ),
    );
    const reader = readerOf(tree, { mappings: async () => cut(...pieces) });
    const lost = reader.read(pointer({ stored, dvas: [{ vdev: 0, offset: 0 }] }));
    await expect(lost).rejects.toMatchObject({ code: 'unavailable', becauseMissing: false });
  });

  it('is not supported without its mapping, and says so', async () => {
    await expect(readerOf(root(removed())).read(bp)).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('keeps the reason when the mapping has no such range, and asks again after a mapping could not be read', async () => {
    const broken = new FormatError('format-bounds', 'mapping', 'a range', 'none', { source: 'x', offset: 0, path: [] });
    const device = new MadeDevice('disk');
    device.write(8192, data);
    let asked = 0;
    const mappings = () => (asked++ === 0 ? Promise.reject(broken) : Promise.resolve(moved(1, 0)));
    const reader = readerOf(root(removed(), leaf(device)), { mappings });
    const error = await reader.read(bp).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'unavailable', attempts: [{ outcome: 'unreadable', error: broken }] });
    expect(same((await reader.read(bp)).bytes, data)).toBe(true);
  });

  it('does not follow mappings that lead in a circle, or into ever more pieces', async () => {
    const circle = readerOf(root(removed(), removed()), { mappings: async (vdev) => moved(1 - vdev, 0) });
    const many = readerOf(root(removed(), removed()), {
      mappings: async (vdev) => ({
        pieces: (offset, size) => [0, 1].map((half) => ({ vdev: 1 - vdev, offset: offset + half, size: size / 2 })),
      }),
    });
    for (const reader of [circle, many]) {
      const error = await reader.read(bp).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ attempts: [{ error: expect.any(LimitError) }] });
    }
  });
});
