import { describe, expect, it } from 'vitest';
import { openFileSource } from '../../src/node/fileSource.ts';
import { type PoolFixture, poolImages, pools } from '../tools/images.ts';
import { readWithout, redundantTops, soundBlocks, subsets } from '../tools/losses.ts';
import { type OpenedSources, openSources } from '../tools/openSources.ts';

/** Blocks looked at for each loss: enough to have some on each device and of each shape. */
const BLOCKS = 120;

/** Newest txg that real ZFS loaded. */
function soundTxg({ truth }: PoolFixture): bigint | null {
  const { ro } = truth.answers;
  const txgs = Object.keys(ro)
    .map(Number)
    .filter((txg) => ro[`${txg}`]?.rc === 0 && ro[`${txg}`]?.used === txg);
  return txgs.length === 0 ? null : BigInt(Math.max(...txgs));
}

async function withPool(fixture: PoolFixture, look: (opened: OpenedSources) => Promise<void>): Promise<void> {
  const txg = soundTxg(fixture);
  const sources = await Promise.all((await poolImages(fixture)).map((path) => openFileSource(path)));
  try {
    await look(await openSources(sources, txg === null ? {} : { txg }));
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

const withParity = pools().filter((fixture) => /raidz|draid/.test(fixture.name) && soundTxg(fixture) !== null);

describe.skipIf(withParity.length === 0)('raidz and dRAID that real ZFS wrote', { concurrent: true }, () => {
  it.for(withParity.map((fixture) => [fixture.name, fixture] as const))(
    '%s: every block reads without any allowed set of devices, and with wrong data on them',
    async ([, fixture]) => {
      await withPool(fixture, async (opened) => {
        for (const { top, leaves, spareParity } of redundantTops(opened.root)) {
          const blocks = await soundBlocks(opened, top, BLOCKS);
          for (let count = 1; count <= spareParity; count++) {
            for (const lost of subsets(leaves, count)) {
              const without = await readWithout(opened, blocks, lost, 'missing');
              expect(without).toEqual({ read: blocks.length, lost: [], wrong: new Set() });
              const wrong = await readWithout(opened, blocks, lost, 'garbled');
              expect(wrong.lost).toEqual([]);
            }
          }
        }
      });
    },
  );

  it.for(withParity.map((fixture) => [fixture.name, fixture] as const))(
    '%s: the devices with wrong data are named, and no others',
    async ([, fixture]) => {
      await withPool(fixture, async (opened) => {
        for (const { top, leaves, spareParity } of redundantTops(opened.root)) {
          const blocks = await soundBlocks(opened, top, BLOCKS);
          const names = new Map<bigint, string>();
          for (const leaf of spareParity > 0 ? leaves : []) {
            const { wrong } = await readWithout(opened, blocks, [leaf], 'garbled');
            expect(wrong.size).toBe(1);
            names.set(leaf, [...wrong].join());
          }
          expect(new Set(names.values()).size).toBe(names.size);
          for (let count = 2; count <= spareParity; count++) {
            for (const lost of subsets(leaves, count)) {
              const { wrong } = await readWithout(opened, blocks, lost, 'garbled');
              expect(wrong).toEqual(new Set(lost.map((leaf) => names.get(leaf))));
            }
          }
        }
      });
    },
  );

  it.for(withParity.map((fixture) => [fixture.name, fixture] as const))(
    '%s: one device more, and the error names the block and says whether devices are missing',
    async ([, fixture]) => {
      await withPool(fixture, async (opened) => {
        for (const { top, leaves, spareParity } of redundantTops(opened.root)) {
          const blocks = await soundBlocks(opened, top, BLOCKS);
          let lostBlocks = 0;
          for (const lost of subsets(leaves, spareParity + 1)) {
            for (const how of ['missing', 'garbled'] as const) {
              for (const error of (await readWithout(opened, blocks, lost, how)).lost) {
                lostBlocks++;
                expect(error.code).toBe('unavailable');
                expect(error.message).toContain(`no copy of block ${top}:`);
                expect(error.becauseMissing).toBe(how === 'missing');
                expect(error.attempts.length).toBeGreaterThan(0);
              }
            }
          }
          // A dRAID whose few blocks lie on two of five devices loses none when others go.
          if (fixture.name.includes('raidz')) expect(lostBlocks).toBeGreaterThan(0);
        }
      });
    },
  );
});
