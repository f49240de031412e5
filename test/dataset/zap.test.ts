import { describe, expect, it } from 'vitest';
import { ZfsUberError } from '../../src/bytes/errors.ts';
import { Zap } from '../../src/dataset/zap.ts';
import { ForgedReader, forgedObject } from './forgedBlocks.ts';

/** Block 0 of a fat ZAP of 4 KiB blocks, table outside: block 1 and those behind it. */
function header(tableBlocks: bigint, tableShift: bigint): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, (1n << 63n) + 1n, true);
  view.setBigUint64(8, 0x2f52ab2abn, true);
  view.setBigUint64(16, 1n, true);
  view.setBigUint64(24, tableBlocks, true);
  view.setBigUint64(32, tableShift, true);
  view.setBigUint64(72, 2n ** 60n, true);
  view.setBigUint64(80, 1n, true);
  return bytes;
}

/** A table of which every pointer leads to `leaf`. */
const table = (leaf: bigint): Uint8Array => new Uint8Array(BigUint64Array.from({ length: 512 }, () => leaf).buffer);

function forged(blocks: readonly Uint8Array[]) {
  const reader = new ForgedReader();
  for (const [i, block] of blocks.entries()) reader.blocks.set(i + 1, block);
  const pointers = blocks.map((_, i) => ({ at: i + 1, level: 0, size: 4096, type: 196 }));
  return { reader, object: forgedObject(reader, { levels: 1, pointers, blockSize: 4096, type: 196 }) };
}

describe('Zap', () => {
  it('reads a leaf once that all pointers of the table lead to', async () => {
    const leaf = new Uint8Array(4096);
    const view = new DataView(leaf.buffer);
    view.setBigUint64(0, 1n << 63n, true);
    view.setUint32(24, 0x2ab1eaf, true);
    const { reader, object } = forged([header(1n, 9n), table(2n), leaf]);
    const zap = await Zap.open(object);
    for await (const entry of zap.entries()) expect.fail(`${entry.name} in an empty leaf`);
    expect(reader.reads).toBe(3);
  });

  it('reads only what exists of a table of 2^40 blocks, and no entry of 2^60', async () => {
    const { reader, object } = forged([header(2n ** 40n, 48n), table(0n), table(0n)]);
    const zap = await Zap.open(object);
    for await (const entry of zap.entries()) expect.fail(entry.name);
    expect(await zap.get('anything')).toBeNull();
    expect(reader.reads).toBe(3);
  });

  it('calls a leaf that is the header itself what it is', async () => {
    const { object } = forged([header(1n, 9n), table(1n)]);
    const troubles: ZfsUberError[] = [];
    const zap = await Zap.open(object);
    for await (const entry of zap.entries({ onTrouble: (trouble) => troubles.push(trouble) })) expect.fail(entry.name);
    expect(troubles.map(({ message }) => message)).toEqual([expect.stringContaining('type and magic of a ZAP leaf')]);
    await expect(zap.get('anything')).rejects.toThrow(ZfsUberError);
  });
});
