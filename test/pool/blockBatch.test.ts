import { expect, it } from 'vitest';
import type { Engine } from '../../src/block/engine.ts';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { chooseEngine } from '../../src/node/engine.ts';
import { type BatchAnswer, openBlockBatches } from '../../src/pool/blockBatch.ts';
import { toLz4 } from '../block/greedy.ts';
import { leaf, MadeDevice, noise, pointer, pointerBytes, readerOf, root, same } from './madePool.ts';

const SECTOR = 512;
const MIB = 2 ** 20;
const LONG = 40 * 1024;
const LZ4 = 15;
const NOTHING = new Uint8Array(0);
const FAR = { vdev: 0, offset: 0 };

/** One disk with what is stored of each block in turn, `apart` from the one before. */
function madeDisk(stored: readonly Uint8Array[], apart: number) {
  const device = new MadeDevice('disk0');
  for (const [i, bytes] of stored.entries()) device.write(i * apart, bytes);
  return { tree: root(leaf(device)), at: (i: number) => [{ vdev: 0, offset: i * apart }] };
}

/** The engine, and how many blocks each call of it opened. */
function counted(engine: Engine) {
  const calls: number[] = [];
  const counting: Engine = {
    ...engine,
    openBlocks(blocks, ...rest) {
      calls.push(blocks.length);
      return engine.openBlocks(blocks, ...rest);
    },
  };
  return { calls, engine: counting };
}

const inSectors = (bytes: Uint8Array): Uint8Array => {
  const whole = new Uint8Array(Math.ceil(bytes.length / SECTOR) * SECTOR);
  whole.set(bytes);
  return whole;
};

it('opens short blocks by one call wherever they lie, and long ones each when it has come', async () => {
  const stored = [SECTOR, SECTOR * 3, LONG, SECTOR, LONG].map((length, i) => noise(length, i + 1));
  const { tree, at } = madeDisk(stored, MIB);
  const { calls, engine } = counted(pureEngine);
  const answers: BatchAnswer[] = [];
  const blocks = stored.map((bytes, i) => ({ bp: pointer({ stored: bytes, dvas: at(i) }), content: true }));
  await openBlockBatches(tree, readerOf(tree), { engine }).read(blocks, ({ bytes, error }) =>
    answers.push({ bytes: bytes?.slice() ?? null, error }),
  );
  expect(calls.sort()).toEqual([1, 1, 3]);
  expect(answers).toEqual(stored.map((bytes) => ({ bytes, error: null })));
});

it.each([
  ['pure', pureEngine],
  ['of this machine', chooseEngine()],
])('gives an indirect block up to its last pointer, however well it packs (engine %s)', async (_, engine) => {
  const lsize = 128 * 1024;
  const pointers = Array.from({ length: 3 }, (_, i) =>
    pointerBytes({ stored: noise(SECTOR, i), dvas: [FAR], words: [BigInt(i + 1), 0n, 0n, 0n] }),
  );
  const few = new Uint8Array(lsize);
  for (const [i, each] of pointers.entries()) few.set(each, i * 256);
  const alike = new Uint8Array(lsize);
  for (let i = 0; i < 1023; i++) alike.set(pointers[0] ?? [], i * 128);
  const contents = [few, alike, new Uint8Array(lsize)];
  const stored = contents.map((content) => inSectors(toLz4(content)));
  expect(stored.map(({ length }) => length < 4 * SECTOR)).toEqual([true, true, true]);
  const { tree, at } = madeDisk(stored, MIB);
  const counting = counted(engine);
  const answers: (Uint8Array | null)[] = [];
  const blocks = stored.map((bytes, i) => ({
    bp: pointer({ stored: bytes, dvas: at(i), lsize, compression: LZ4, level: 1 }),
    content: true,
  }));
  await openBlockBatches(tree, readerOf(tree), { engine: counting.engine }).read(blocks, ({ bytes }) =>
    answers.push(bytes?.slice() ?? null),
  );
  const expected = [few.subarray(0, 5 * 128), alike.subarray(0, 1023 * 128), new Uint8Array(128)];
  expect(answers.map((bytes, i) => same(bytes ?? NOTHING, expected[i] ?? NOTHING))).toEqual([true, true, true]);
  // That for which there was too little room once more.
  expect(counting.calls).toEqual([3, 1]);
});
