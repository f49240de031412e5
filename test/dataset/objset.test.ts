import { describe, expect, it } from 'vitest';
import { BlockCache } from '../../src/dataset/blockCache.ts';
import { Objset } from '../../src/dataset/objset.ts';
import { Blkptr } from '../../src/format/blkptr.ts';
import { OBJECT_TYPE } from '../../src/format/objectTypes.ts';
import { ForgedReader, forgedObject, putPointer } from './forgedBlocks.ts';

const [OBJSET_AT, DNODES_AT, SLOT] = [1, 2, 512];
const [EXTRA_SLOTS_AT, TYPE_AT] = [12, 704];

/** An object set whose dnodes lie in one block of that size, object 1 among them. */
async function objsetOf(blockSize: number): Promise<Objset> {
  const reader = new ForgedReader();
  const dnodes = { at: DNODES_AT, level: 0, size: blockSize, type: OBJECT_TYPE.dnode };
  const meta = forgedObject(reader, { levels: 1, type: OBJECT_TYPE.dnode, blockSize, pointers: [dnodes] });
  const objset = new Uint8Array(2048);
  objset.set(meta.dnode.bytes.subarray(0, SLOT));
  objset[EXTRA_SLOTS_AT] = 0;
  objset[TYPE_AT] = 2;
  reader.blocks.set(OBJSET_AT, objset);
  const block = new Uint8Array(blockSize);
  block.set(forgedObject(reader, { levels: 1, pointers: [null] }).dnode.bytes, SLOT);
  reader.blocks.set(DNODES_AT, block);
  const pointer = new Uint8Array(128);
  putPointer(pointer, 0, { at: OBJSET_AT, level: 0, size: 2048, type: OBJECT_TYPE.objset });
  const bp = new Blkptr(pointer, true, { source: 'forged', offset: 0, path: [] });
  return Objset.open(new BlockCache(reader), bp, 'forged');
}

describe('a block of dnodes', () => {
  it('is at hand after an object of it was asked for', async () => {
    const objset = await objsetOf(16 * 1024);
    expect(objset.peek(1n)).toBeUndefined();
    const object = await objset.object(1n);
    expect(objset.peek(1n)).toBe(object);
  });

  it('is not held where it is longer than OpenZFS makes one', async () => {
    const objset = await objsetOf(32 * 1024);
    expect((await objset.object(1n)).id).toBe(1n);
    expect(objset.peek(1n)).toBeUndefined();
  });
});
