import { describe, expect, it } from 'vitest';
import { FormatError } from '../../src/bytes/errors.ts';
import { Dnode } from '../../src/format/dnode.ts';
import { decodeObjset } from '../../src/format/objset.ts';

const place = { source: 'disk0.img', offset: 0x400000, path: ['MOS', 'object 7'] };

/** Type 19, 128 KiB indirect blocks, two levels, one pointer, a bonus of 168 bytes, blocks of 16 KiB. */
function plain(change: (bytes: Uint8Array, view: DataView) => void = () => undefined, size = 512): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set([19, 17, 2, 1, 44, 7, 15, 1]);
  const view = new DataView(bytes.buffer);
  view.setUint16(8, 32, true);
  view.setUint16(10, 168, true);
  view.setBigUint64(16, 99n, true);
  view.setBigUint64(24, 8192n, true);
  change(bytes, view);
  return bytes;
}

describe('Dnode', () => {
  it('gives sizes in bytes, whatever unit the disk has', () => {
    const dnode = new Dnode(plain(), true, place);
    const { dataBlockSize, usedBytes, length, slots, pointersPerIndirect } = dnode;
    expect({ dataBlockSize, usedBytes, length, slots, pointersPerIndirect }).toEqual({
      dataBlockSize: 16384,
      usedBytes: 8192n,
      length: 1638400n,
      slots: 1,
      pointersPerIndirect: 1024,
    });
  });

  it('counts used space in sectors where the writer did', () => {
    expect(
      new Dnode(
        plain((bytes) => bytes.set([0], 7)),
        true,
        place,
      ).usedBytes,
    ).toBe(8192n * 512n);
  });

  it('takes the slots that a large dnode says it has, and its bonus up to their end', () => {
    const bytes = plain((b, view) => {
      b[12] = 1;
      view.setUint16(10, 1024 - 64 - 128, true);
    }, 1536);
    const dnode = new Dnode(bytes, true, place);
    expect([dnode.size, dnode.slots, dnode.bonus.length]).toEqual([1024, 2, 832]);
  });

  it('keeps the spill pointer out of the bonus', () => {
    const bytes = plain((b, view) => {
      b[7] = 1 | 4;
      view.setUint16(10, 320, true);
    });
    const dnode = new Dnode(bytes, true, place);
    expect(() => dnode.bonus).toThrow('dnode bonus: expected an end at or below 384, found 192+320');
    expect(dnode.spill?.place.offset).toBe(place.offset + 384);
    expect(new Dnode(plain(), true, place).spill).toBeNull();
  });

  it.each([
    ['fewer bytes than a slot', new Uint8Array(511)],
    ['more slots than there are bytes', plain((bytes) => bytes.set([31], 12), 16384 - 512)],
  ])('refuses %s', (_, bytes) => {
    expect(() => new Dnode(bytes, true, place)).toThrow(FormatError);
  });

  it.each([
    ['levels', 2, 0],
    ['levels', 2, 13],
    ['block pointers', 3, 0],
    ['block pointers', 3, 4],
    ['indirect block shift', 1, 63],
    ['indirect block shift', 1, 7],
  ])('check names %s out of range', (what, at, value) => {
    const bytes = plain((each) => each.set([value], at));
    expect(() => new Dnode(bytes, true, place).check()).toThrow(`dnode ${what}: expected`);
  });

  it('refuses a pointer that the dnode has not', () => {
    const dnode = new Dnode(plain(), true, place);
    expect(() => dnode.blockPointer(1)).toThrow('pointer 1 of 1');
    expect(() =>
      new Dnode(
        plain((bytes) => bytes.set([255], 3)),
        true,
        place,
      ).blockPointer(200),
    ).toThrow(FormatError);
  });
});

describe('decodeObjset', () => {
  const objset = (size: number): Uint8Array => {
    const bytes = new Uint8Array(size);
    bytes.set([10, 17, 1, 3, 0, 7, 15, 0, 32, 0]);
    new DataView(bytes.buffer).setBigUint64(704, 1n, true);
    return bytes;
  };

  it.each([1024, 2048, 4096])('reads a block of %i bytes, and has no accounting that lies behind its end', (size) => {
    const bytes = objset(size);
    for (const at of [1024, 1536, 2048]) if (at < size) bytes[at] = 39;
    const { type, userUsed, groupUsed, projectUsed } = decodeObjset(bytes, true, place);
    expect(type).toBe('meta');
    expect([userUsed, groupUsed, projectUsed].map((each) => each !== null)).toEqual([
      size > 1024,
      size > 1024,
      size > 2048,
    ]);
  });

  it('refuses a block without dnodes, and names a type it does not know', () => {
    expect(() => decodeObjset(new Uint8Array(1024), true, place)).toThrow('type of the meta-dnode: expected 10');
    const strange = objset(1024);
    strange[704] = 200;
    expect(decodeObjset(strange, true, place).type).toBe('unknown');
  });
});
