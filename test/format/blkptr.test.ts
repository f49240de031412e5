import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { Blkptr } from '../../src/format/blkptr.ts';

const place = { source: 'disk0.img', offset: 0x20028, path: ['rootbp'] };

function pointer(write: (set: (word: number, value: bigint) => void) => void, littleEndian = true): Blkptr {
  const bytes = new Uint8Array(128);
  const view = new DataView(bytes.buffer);
  write((word, value) => view.setBigUint64(word * 8, value, littleEndian));
  return new Blkptr(bytes, littleEndian, place);
}

describe('Blkptr', () => {
  it.each([true, false])('reads what zdb prints of a root block pointer, little-endian writer %s', (littleEndian) => {
    // DVA[0]=<0:3c5000:1000> [L0 DMU objset] fletcher4 uncompressed LE size=1000L/1000P birth=96L/96P fill=112
    const bp = pointer((set) => {
      set(0, 8n);
      set(1, 0x3c5000n / 512n);
      set(6, (1n << 63n) | (11n << 48n) | (7n << 40n) | (2n << 32n) | (7n << 16n) | 7n);
      set(10, 96n);
      set(11, 112n);
      set(12, 0x31f16ae6cn);
    }, littleEndian);
    expect(bp.dvas).toEqual([{ vdev: 0, offset: 0x1e28n, asize: 4096, gang: false }]);
    expect({ ...pick(bp) }).toEqual({
      lsize: 4096,
      psize: 4096,
      level: 0,
      type: 11,
      checksum: 7,
      compression: 2,
      birth: 96n,
      physicalBirth: 96n,
      fill: 112n,
      littleEndian: true,
      hole: false,
      embedded: false,
      gang: false,
      crypt: false,
    });
    expect(bp.checksumWords).toEqual([0x31f16ae6cn, 0n, 0n, 0n]);
  });

  it('keeps the bits of a DVA: 24 of size, 24 of vdev, those of the offset that make 64 bits of bytes, one of gang', () => {
    const bp = pointer((set) => {
      set(0, 0xff_ffffff_ff_ffffffn);
      set(1, 2n ** 64n - 1n);
    });
    expect(bp.dvas).toEqual([{ vdev: 0xffffff, offset: 2n ** 55n - 1n, asize: 0xffffff * 512, gang: true }]);
  });

  it('takes a hole with a birth for a hole, and an embedded pointer with empty first words for none', () => {
    expect(pointer((set) => set(10, 77n)).hole).toBe(true);
    expect(pointer((set) => set(6, 1n << 39n)).hole).toBe(false);
  });

  it('gives the payload of an embedded pointer from all words but properties and birth', () => {
    const bp = pointer((set) => {
      for (let word = 0; word < 16; word++) set(word, BigInt(word) * 0x0101010101010101n);
      set(6, (1n << 39n) | (111n << 25n) | 99n);
    });
    expect([bp.lsize, bp.psize]).toEqual([100, 112]);
    expect([...bp.payload].filter((_, i) => i % 8 === 0)).toEqual([0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15]);
  });

  it('has as many copies, from the first on, as addresses with a size', () => {
    const bp = pointer((set) => {
      for (const [at, word] of [8n, 100n, 0n, 200n, 8n, 300n].entries()) set(at, word);
    });
    expect(bp.dvas.map(({ offset, asize }) => [offset, asize])).toEqual([
      [100n, 4096],
      [200n, 0],
    ]);
  });

  it('leaves the third place of an encrypted block to its salt', () => {
    const bp = pointer((set) => {
      for (const at of [0, 2, 4]) set(at, 8n);
      set(6, (1n << 61n) | (19n << 48n));
      set(11, (5n << 32n) | 1n);
    });
    expect(bp.dvas).toHaveLength(2);
    expect(bp.fill).toBe(1n);
  });

  it('refuses fewer than 128 bytes', () => {
    expect(() => new Blkptr(new Uint8Array(127), true, place)).toThrow(FormatError);
  });
});

function pick(bp: Blkptr) {
  const { lsize, psize, level, type, checksum, compression, birth, physicalBirth, fill } = bp;
  const { littleEndian, hole, embedded, gang, crypt } = bp;
  return {
    lsize,
    psize,
    level,
    type,
    checksum,
    compression,
    birth,
    physicalBirth,
    fill,
    littleEndian,
    hole,
    embedded,
    gang,
    crypt,
  };
}
