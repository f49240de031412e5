import type { Engine } from '../block/engine.ts';
import { UNREAD_SALT } from '../block/saltedChecksum.ts';
import { blockCheck } from '../block/verifyBlock.ts';
import { UnsupportedError, ZfsUberError } from '../bytes/errors.ts';
import { asGuid, asTxg, type Guid, SECTOR, type Txg } from '../bytes/units.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { decodeLabelConfig, type LabelConfig } from '../format/labelConfig.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { VdevConfig } from '../format/vdevConfig.ts';
import { openBlockReader } from '../pool/blockReader.ts';
import { keptState } from '../pool/keptState.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { LABEL_START } from '../pool/vdevLeaf.ts';
import { placeholder } from '../pool/vdevTree.ts';
import { readOrNull } from '../source/readOrNull.ts';
import type { ByteSource } from '../source/source.ts';
import type { WalkOptions } from './block.ts';
import { openPoolAt } from './openAt.ts';
import { openMosThrough, unread } from './openMos.ts';
import type { PoolAt } from './poolAt.ts';
import { PoolReaders } from './poolReaders.ts';

/** Datasets that are counted, and named. */
const MOST_DATASETS = 65536;
const MOST_NAMES = 64;
/** Top-level vdevs that a tree is made for whose labels nobody has. */
const MOST_TOPS = 256;

/** Where a vdev begins of which no label is left. */
export interface ProvenBase {
  /** Byte of the disk. */
  readonly base: number;
  /** Its id in the pool: that of the address that leads there. */
  readonly vdev: number;
}

/**
 * The first of `bases` from which an address of `pointer` leads to the block that its checksum is of: a disk, or a leg of
 * a mirror, begins there. Of a raidz no address leads to a whole block.
 */
export async function proveBase(
  disk: ByteSource,
  pointer: Blkptr,
  bases: Iterable<number>,
  engine: Engine,
  signal?: AbortSignal,
): Promise<ProvenBase | null> {
  if (pointer.gang) return null;
  const check = blockCheck(pointer, { engine, salted: UNREAD_SALT });
  for (const base of bases) {
    for (const { vdev, offset } of pointer.dvas) {
      const at = base + LABEL_START + Number(offset) * SECTOR;
      const bytes = await readOrNull(disk, at, pointer.psize, signal);
      if (bytes !== null && vdev < MOST_TOPS && isSound(check, bytes)) return { base, vdev };
    }
  }
  return null;
}

/** A salted checksum tells nothing before the salt is known, which lies in the pool. */
function isSound(check: ReturnType<typeof blockCheck>, bytes: Uint8Array): boolean {
  try {
    return check.matches(bytes);
  } catch (error) {
    if (!(error instanceof UnsupportedError)) throw error;
    return false;
  }
}

/** What was reached from a root, each with all before it: its directory, the config of its pool, the datasets. */
export type RootReach = 'nothing' | 'directory' | 'config' | 'datasets';

/** How far a pool can be read from one of its roots, on one device of it. */
export interface FollowedRoot {
  readonly reaches: RootReach;
  /** As the meta-object set keeps it; null where that cannot be read. */
  readonly config: LabelConfig | null;
  /** Filesystems and volumes that were read. */
  readonly datasets: number;
  /** The first of their names. */
  readonly names: readonly string[];
  /** What could not be read, or why it goes no further; the first that was met. */
  readonly trouble: ZfsUberError | null;
}

/**
 * Reads what a root leads to, by the config that its own meta-object set keeps: no label is needed.
 *
 * @param device of which no label need be left @param vdev the top-level vdev that it is, or is a leg of
 * @throws nothing that is about the bytes of the source
 */
export async function followRoot(
  device: DeviceSurvey,
  vdev: number,
  { rootbp, txg }: Pick<Uberblock, 'rootbp' | 'txg'>,
  engine: Engine,
  signal?: AbortSignal,
): Promise<FollowedRoot> {
  const readers = new PoolReaders((root, choice) => openBlockReader(root, { engine, ...choice }));
  let followed: FollowedRoot = { reaches: 'nothing', config: null, datasets: 0, names: [], trouble: null };
  const onTrouble = (trouble: ZfsUberError): void => {
    followed = { ...followed, trouble: followed.trouble ?? trouble };
  };
  try {
    const { mos } = await openMosThrough(readers, unread(treeOf(device, vdev, asGuid(0n))), rootbp, signal);
    followed = { ...followed, reaches: 'directory' };
    const config = decodeLabelConfig(await mos.config(signal));
    followed = { ...followed, reaches: 'config', config };
    const [leaf] = soleLeaves(config.vdevTree?.children[vdev]);
    if (leaf === undefined)
      throw new UnsupportedError('its vdev is no disk and no mirror: one device is not enough', null);
    const root = treeOf(device, vdev, leaf.guid);
    const { view } = await openPoolAt(poolOf(config, root, device), root, asUberblock(rootbp, txg), readers, {
      onTrouble,
      ...(signal && { signal }),
    });
    const { datasets, names } = await namesIn(view, { onTrouble, ...(signal && { signal }) });
    followed = { ...followed, reaches: 'datasets', datasets, names };
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    onTrouble(error);
  }
  return followed;
}

/**
 * The config of the pool as the meta-object set of a root keeps it.
 *
 * @param device @param vdev as for `followRoot`
 * @throws ZfsUberError when it cannot be read
 */
export async function configOfRoot(
  device: DeviceSurvey,
  vdev: number,
  rootbp: Blkptr,
  engine: Engine,
  signal?: AbortSignal,
): Promise<LabelConfig> {
  const readers = new PoolReaders((root, choice) => openBlockReader(root, { engine, ...choice }));
  const { mos } = await openMosThrough(readers, unread(treeOf(device, vdev, asGuid(0n))), rootbp, signal);
  return decodeLabelConfig(await mos.config(signal));
}

async function namesIn(view: PoolAt, options: WalkOptions): Promise<Pick<FollowedRoot, 'datasets' | 'names'>> {
  const names: string[] = [];
  let datasets = 0;
  for await (const { name } of view.datasets(options)) {
    if (names.length < MOST_NAMES) names.push(name);
    if (++datasets === MOST_DATASETS) break;
  }
  return { datasets, names };
}

/**
 * Leaves each of which has all of a top-level vdev: a disk, or the legs of a mirror, those first that OpenZFS opens. Empty
 * where one device is not enough.
 */
export function soleLeaves(top: VdevConfig | undefined): VdevConfig[] {
  if (top === undefined) return [];
  if (top.type === 'disk' || top.type === 'file') return [top];
  if (top.type !== 'mirror' && top.type !== 'replacing' && top.type !== 'spare') return [];
  const leaves = top.children.flatMap(soleLeaves);
  const opens = (leaf: VdevConfig): boolean => keptState(leaf) === null;
  return [...leaves.filter(opens), ...leaves.filter((leaf) => !opens(leaf))];
}

/** The tree of a pool of which nothing is known but that `device` is top-level vdev `vdev`. */
function treeOf(device: DeviceSurvey, vdev: number, guid: Guid): VdevNode {
  const children = Array.from({ length: MOST_TOPS }, (_, id): VdevNode => {
    const config = id === vdev ? { ...placeholder('missing', guid, id), type: 'disk' } : missingAt(id);
    return { config, role: 'normal', device: id === vdev ? device : null, children: [] };
  });
  return { config: placeholder('root', asGuid(0n), 0), role: 'root', device: null, children };
}

const missingAt = (id: number): VdevConfig => placeholder('missing', asGuid(0n), id);

const poolOf = (config: LabelConfig, root: VdevNode, device: DeviceSurvey): Pool => ({
  guid: config.poolGuid ?? asGuid(0n),
  name: config.name,
  state: 'active',
  version: config.version,
  hostname: config.hostname,
  hostid: config.hostid,
  devices: [device],
  outside: [],
  root,
  missing: [],
  guidSum: { found: 0n, expected: null },
  configTxg: config.txg,
});

/** As much of an uberblock as opening a pool looks at. */
const asUberblock = (rootbp: Blkptr, txg: Txg): Uberblock => ({
  version: 0n,
  txg,
  guidSum: 0n,
  timestamp: 0n,
  rootbp,
  softwareVersion: 0n,
  mmp: null,
  checkpointTxg: asTxg(0n),
  raidzReflow: { offset: 0n, state: 0 },
  littleEndian: rootbp.standsInLittleEndian,
});
