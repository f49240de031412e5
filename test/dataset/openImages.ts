import { pureEngine } from '../../src/block/pureEngine.ts';
import { readIndirectMappings } from '../../src/dataset/indirectVdevs.ts';
import { PoolAt } from '../../src/dataset/poolAt.ts';
import type { Uberblock } from '../../src/format/uberblock.ts';
import { openFileSource } from '../../src/node/fileSource.ts';
import { assemblePools } from '../../src/pool/assemblePools.ts';
import type { BlockReader } from '../../src/pool/blockRead.ts';
import { openBlockReader } from '../../src/pool/blockReader.ts';
import type { IndirectMappings } from '../../src/pool/indirect.ts';
import type { Pool, VdevNode } from '../../src/pool/pool.ts';
import { surveyDevice } from '../../src/pool/surveyDevice.ts';
import { compareUberblocks, uberblockCopies } from '../../src/pool/uberblockCopies.ts';
import { nodeOf, roleOf } from '../../src/pool/vdevTree.ts';

/** The pool on these images at its newest uberblock, or at that of `txg`. */
export async function openImages(paths: readonly string[], txg?: bigint): Promise<PoolAt> {
  const devices = await Promise.all(paths.map(async (path) => surveyDevice(await openFileSource(path), pureEngine)));
  const pool = assemblePools(devices).pools.find((each) => each.root !== null);
  if (pool === undefined || pool.root === null) throw new Error(`no pool on ${paths.join()}`);
  const uberblock = pool.devices
    .flatMap((device) => [...uberblockCopies(device)])
    .map((copy) => copy.uberblock)
    .filter((each) => txg === undefined || each.txg === txg)
    .sort(compareUberblocks)
    .at(-1);
  if (uberblock === undefined) throw new Error('no uberblock');
  return openAt(pool, pool.root, uberblock);
}

/** Opens with what the labels say, then again with the tree and the mappings that the MOS has. */
async function openAt(pool: Pool, root: VdevNode, uberblock: Uberblock): Promise<PoolAt> {
  const open = (tree: VdevNode, mappings: IndirectMappings | null): BlockReader =>
    openBlockReader(tree, { engine: pureEngine, mappings, raidzReflow: uberblock.raidzReflow });
  const first = await PoolAt.open(open(root, null), uberblock);
  const config = first.vdevTree;
  if (config === null) return first;
  const deviceOf = (guid: bigint) => pool.devices.find((device) => device.config?.guid === guid) ?? null;
  const children = config.children.map((top) => nodeOf(top, roleOf(top), deviceOf, 1));
  const tree: VdevNode = { config, role: 'root', device: null, children };
  const { mappings } = await readIndirectMappings((known) => open(tree, known), uberblock.rootbp);
  return PoolAt.open(open(tree, mappings), uberblock);
}
