import { describe, expect, it, onTestFinished } from 'vitest';
import { chooseEngine } from '../../src/node/engine.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { BlockRead } from '../../src/pool/blockRead.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { VdevNode } from '../../src/pool/pool.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { compareUberblocks, uberblockCopies } from '../../src/pool/uberblockCopies.ts';
import { leavesOf, spareable } from '../../src/pool/vdevHealth.ts';
import { type PoolFixture, poolImages, pools } from '../tools/images.ts';
import { same, subsets } from './madePool.ts';

const engine = chooseEngine();

/** Pools that real ZFS wrote and could load at their newest txg. */
const fixtures = pools().filter(({ images, truth }) => images.length > 1 && truth.answers.plain?.rc === 0);

async function open(fixture: PoolFixture) {
  const sources = await Promise.all((await poolImages(fixture)).map((path) => openFileSource(path)));
  onTestFinished(async () => {
    await Promise.all(sources.map((source) => source.close()));
  });
  const devices = await Promise.all(sources.map((source) => surveyDevice(source, engine)));
  const pool = assemblePools(devices).pools.find((each) => each.root !== null);
  const copies = pool?.devices.flatMap((device) => [...uberblockCopies(device)]) ?? [];
  const newest = copies
    .map(({ uberblock }) => uberblock)
    .sort(compareUberblocks)
    .slice(-3);
  return { root: pool?.root ?? null, newest };
}

function without(node: VdevNode, lost: ReadonlySet<VdevNode>): VdevNode {
  const children = node.children.map((child) => without(child, lost));
  return { ...node, children, device: lost.has(node) ? null : node.device };
}

describe.each(fixtures)('the images of $name', (fixture) => {
  it('give the same root blocks with every set of devices missing that the redundancy allows', async ({ skip }) => {
    const { root, newest } = await open(fixture);
    const tops = root?.children.filter((top) => top.children.length > 0 && spareable(top) > 0) ?? [];
    if (root === null || tops.length === 0) return skip('no vdev can lose a disk');
    const readWith = async (tree: VdevNode, scrub: boolean) => {
      const reads: BlockRead[] = [];
      for (const { rootbp, raidzReflow } of newest) {
        reads.push(await openBlockReader(tree, { engine, raidzReflow, scrub }).read(rootbp));
      }
      return reads;
    };
    const whole = await readWith(root, true);
    // Where a disk lies, the others may be needed whole.
    if (whole.some(({ attempts }) => attempts.some(({ outcome }) => outcome === 'wrong'))) return skip('a disk lies');
    for (const top of tops) {
      const leaves = [...leavesOf(top)];
      const already = leaves.filter(({ device }) => device === null).length;
      const present = leaves.filter(({ device }) => device !== null);
      for (const lost of subsets(present, Math.max(0, spareable(top) - already))) {
        const read = await readWith(without(root, new Set(lost)), false);
        for (const [i, { bytes }] of read.entries())
          expect(same(bytes, whole[i]?.bytes ?? new Uint8Array())).toBe(true);
      }
    }
  });
});
