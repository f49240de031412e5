import { SALT_SIZE, saltedChecksums } from '../block/saltedChecksum.ts';
import type { SaltedChecksums } from '../block/verifyBlock.ts';
import { ZfsUberError } from '../bytes/errors.ts';
import type { Guid } from '../bytes/units.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { IndirectMappings } from '../pool/indirect.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import { nodeOf, roleOf } from '../pool/vdevTree.ts';
import type { WalkOptions } from './block.ts';
import { readIndirectMappings } from './indirectVdevs.ts';
import type { Mos } from './mos.ts';
import { orNull } from './orNull.ts';
import { PoolAt } from './poolAt.ts';

/** What the bytes behind a block pointer depend on, besides the tree. */
export interface ReaderChoice {
  readonly salted: SaltedChecksums | null;
  readonly mappings: IndirectMappings | null;
  readonly raidzReflow: Uberblock['raidzReflow'];
}

export interface OpenedAt {
  readonly view: PoolAt;
  /** Of the config in the MOS, on the devices that are there. */
  readonly root: VdevNode;
  readonly choice: ReaderChoice;
}

/**
 * Opens the pool as one uberblock has it: first by what the labels say, then by the vdev tree, the salt and the mappings
 * of removed vdevs that its own MOS holds.
 *
 * More lenient than an import: a device serves wherever any of its labels says that it is the leaf, whatever else that
 * label says. Every block has a checksum, so a device that is not what it claims gives wrong copies, not wrong answers.
 *
 * @param open a reader of the blocks of the pool with the tree `root`
 * @param options.onTrouble takes what could not be read and is not needed to go on, such as the mapping of a removed vdev
 * @throws what PoolAt.open throws when MOS or config cannot be read
 * Source: module/zfs/spa.c, spa_ld_trusted_config
 */
export async function openPoolAt(
  pool: Pool,
  labelRoot: VdevNode,
  uberblock: Uberblock,
  open: (root: VdevNode, choice: ReaderChoice) => BlockReader,
  options: WalkOptions = {},
): Promise<OpenedAt> {
  const { signal, onTrouble = () => {} } = options;
  const { raidzReflow, rootbp } = uberblock;
  const plain = { salted: null, mappings: null, raidzReflow };
  const first = await PoolAt.open(open(labelRoot, plain), uberblock, signal);
  const root = first.vdevTree === null ? labelRoot : treeOf(first.vdevTree, pool);
  const salted = await orNull(() => saltOf(first.mos, signal), onTrouble);
  try {
    const { mappings, troubles } = await readIndirectMappings(
      (known) => open(root, { salted, mappings: known, raidzReflow }),
      rootbp,
      { signal },
    );
    for (const trouble of troubles.values()) onTrouble(trouble);
    const choice = { salted, mappings, raidzReflow };
    return { view: await PoolAt.open(open(root, choice), uberblock, signal), root, choice };
  } catch (error) {
    // The MOS was read by the labels' tree. One that its own tree cannot read is damaged, and still better than none.
    if (!(error instanceof ZfsUberError)) throw error;
    onTrouble(error);
    const choice = { ...plain, salted };
    return { view: await PoolAt.open(open(labelRoot, choice), uberblock, signal), root: labelRoot, choice };
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

/** A salt of another length is none; the blocks that need it say so themselves. */
async function saltOf(mos: Mos, signal: WalkOptions['signal']): Promise<SaltedChecksums | null> {
  const salt = (await mos.directory.get('org.illumos:checksum_salt', signal))?.valueBytes;
  return salt?.length === SALT_SIZE ? saltedChecksums(salt) : null;
}
