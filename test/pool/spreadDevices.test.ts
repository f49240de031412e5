import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pureEngine } from '../../src/block/pureEngine.ts';
import { type BatchAnswer, openBlockBatches } from '../../src/pool/blockBatch.ts';
import { type Health, inner, leaf, MadeDevice, noise, pointer, readerOf, root, same } from './madePool.ts';
import { onAll, writeRaidz } from './raidzByDefinition.ts';

const SECTOR = 512;
const INDIRECT = { level: 1, type: 19 };

/** A pool of one raidz, and blocks side by side on it with some room between. */
function madeRaidz(width: number, nparity: number, sizes: readonly number[], gap: number) {
  const devices = Array.from({ length: width }, (_, i) => new MadeDevice(`disk${i}`));
  let offset = 0;
  const blocks = sizes.map((units, seed) => {
    const data = noise(units * SECTOR, seed + 1);
    const block = { sector: SECTOR, nparity, logical: width, offset, data };
    writeRaidz(devices, block, onAll(width, SECTOR));
    const rows = Math.ceil(units / (width - nparity));
    offset += (units + rows * nparity + gap) * SECTOR;
    return { data, bp: pointer({ stored: data, dvas: [{ vdev: 0, offset: block.offset }], ...INDIRECT }) };
  });
  const tree = () =>
    root(
      inner(
        'raidz',
        devices.map((device) => leaf(device)),
        { nparity, ashift: Math.log2(SECTOR) },
      ),
    );
  return { devices, blocks, tree };
}

/** Answers of a batch, with content of their own. */
async function answersOf({ blocks, tree }: Pick<ReturnType<typeof madeRaidz>, 'blocks' | 'tree'>, content = true) {
  const answers: BatchAnswer[] = [];
  const batches = openBlockBatches(tree(), readerOf(tree()), { engine: pureEngine });
  await batches.read(
    blocks.map(({ bp }) => ({ bp, content })),
    ({ bytes, error }, i) => {
      answers[i] = { bytes: bytes?.slice() ?? null, error };
    },
  );
  return answers;
}

const anyRaidz = fc.record({
  nparity: fc.integer({ min: 1, max: 3 }),
  ndata: fc.integer({ min: 1, max: 6 }),
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
  gap: fc.integer({ min: 0, max: 3000 }),
});

describe('a batch of blocks on a raidz', () => {
  it('has what each of them holds, whatever is wrong with as many disks as there are parities', async () => {
    const damage = fc.array(
      fc.record({ child: fc.nat(), health: fc.constantFrom<Health>('absent', 'garbled', 'failing') }),
      { maxLength: 3 },
    );
    await fc.assert(
      fc.asyncProperty(anyRaidz, damage, async ({ nparity, ndata, sizes, gap }, wrong) => {
        const made = madeRaidz(nparity + ndata, nparity, sizes, gap);
        for (const { child, health } of wrong.slice(0, nparity)) {
          const device = made.devices[child % made.devices.length];
          if (device !== undefined) device.health = health;
        }
        const answers = await answersOf(made);
        for (const [i, { data }] of made.blocks.entries()) {
          expect(answers[i]?.error).toBeNull();
          expect(same(answers[i]?.bytes ?? new Uint8Array(), data)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('tells which block no redundancy gives, and has the others', async () => {
    const made = madeRaidz(4, 1, [3, 3, 3], 0);
    const [, broken] = made.blocks;
    if (broken === undefined) throw new Error('no block');
    const wrong = {
      ...broken,
      bp: pointer({ stored: noise(3 * SECTOR, 99), dvas: [{ vdev: 0, offset: 2048 }], ...INDIRECT }),
    };
    const answers = await answersOf({ ...made, blocks: made.blocks.map((each) => (each === broken ? wrong : each)) });
    expect(answers.map(({ error }) => error?.code ?? null)).toEqual([null, 'unavailable', null]);
  });

  it('asks each disk once for what lies side by side, and for no parity', async () => {
    const made = madeRaidz(
      5,
      2,
      Array.from({ length: 50 }, () => 3),
      0,
    );
    const answers = await answersOf(made, false);
    expect(answers.every(({ error }) => error === null)).toBe(true);
    expect(made.devices.map(({ reads }) => reads)).toEqual([0, 0, 1, 1, 1]);
  });
});
