import { ZfsUberError } from '../bytes/errors.ts';
import type { Guid } from '../bytes/units.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import { nodeOf, roleOf } from '../pool/vdevTree.ts';
import type { WalkOptions } from './block.ts';
import { readIndirectMappings } from './indirectVdevs.ts';
import type { Mos } from './mos.ts';
import { openMosThrough, unread } from './openMos.ts';
import { PoolAt } from './poolAt.ts';
import { type OpenBlocks, PoolReaders, type ReaderChoice, type ReaderState } from './poolReaders.ts';

export interface OpenedAt {
  readonly view: PoolAt;
  /** Of the config in the MOS, on the devices that are there. */
  readonly root: VdevNode;
  readonly choice: ReaderChoice;
}

/**
 * Opens the pool as one uberblock has it, to look at: first by what the labels say, then by the vdev tree, the salt and the
 * mappings of removed vdevs that its own MOS holds.
 *
 * More lenient than the load of an import, which goes the same way: a device serves wherever any of its labels says that
 * it is the leaf, whatever else that label says, and what cannot be read and is not needed is told and passed over. Every
 * block has a checksum, so a device that is not what it claims gives wrong copies, not wrong answers.
 *
 * @param open a reader of the blocks of the pool with the tree `root`; or readers that others look through too
 * @param options.onTrouble takes what could not be read and is not needed to go on, such as the mapping of a removed vdev
 * @throws what PoolAt.open throws when MOS or config cannot be read
 * Source: module/zfs/spa.c, spa_ld_trusted_config
 */
export async function openPoolAt(
  pool: Pool,
  labelRoot: VdevNode,
  uberblock: Uberblock,
  open: OpenBlocks | PoolReaders,
  options: WalkOptions = {},
): Promise<OpenedAt> {
  const { signal, onTrouble = () => {} } = options;
  const readers = open instanceof PoolReaders ? open : new PoolReaders(open);
  const { raidzReflow, rootbp } = uberblock;
  const byLabels = unread(labelRoot, raidzReflow);
  const first = await PoolAt.open(readers.open(byLabels).cache, uberblock, signal);
  const root = first.vdevTree === null ? labelRoot : treeOf(first.vdevTree, pool);
  const byMos = { root, raidzReflow, salt: await saltOf(first.mos, { signal, onTrouble }) };
  try {
    const mappings = await readIndirectMappings(
      async (known) => (await openMosThrough(readers, { ...byMos, mappings: known }, rootbp, signal)).mos,
      { signal, onTrouble },
    );
    const { cache, choice } = readers.open({ ...byMos, mappings });
    return { view: await PoolAt.open(cache, uberblock, signal), root, choice };
  } catch (error) {
    // The MOS was read by the labels' tree. One that its own tree cannot read is damaged, and still better than none.
    if (!(error instanceof ZfsUberError)) throw error;
    onTrouble(error);
    const { cache, choice } = readers.open({ ...byLabels, salt: byMos.salt });
    return { view: await PoolAt.open(cache, uberblock, signal), root: labelRoot, choice };
  }
}

/** Blocks that need a salt which cannot be read say so themselves. */
async function saltOf(mos: Mos, { signal, onTrouble = () => {} }: WalkOptions): Promise<ReaderState['salt']> {
  try {
    return await mos.salt(signal);
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    onTrouble(error);
    return 'unreadable';
  }
}

function treeOf(config: VdevConfig, pool: Pool): VdevNode {
  const devices = new Map<Guid, DeviceSurvey>();
  // The tree of the labels decides between two devices that are the same leaf.
  for (const { config: leaf, device } of pool.root === null ? [] : leavesOf(pool.root)) {
    if (device !== null) devices.set(leaf.guid, device);
  }
  for (const device of pool.devices) {
    for (const label of device.labels) {
      const guid = label.config?.guid;
      if (guid != null && !devices.has(guid)) devices.set(guid, device);
    }
  }
  const children = config.children.map((top) => nodeOf(top, roleOf(top), (guid) => devices.get(guid) ?? null, 1));
  return { config, role: 'root', device: null, children };
}
