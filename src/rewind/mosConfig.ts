import { FormatError, ZfsUberError } from '../bytes/errors.ts';
import type { Guid } from '../bytes/units.ts';
import { BlockCache } from '../dataset/blockCache.ts';
import { Objset } from '../dataset/objset.ts';
import { Zap } from '../dataset/zap.ts';
import type { Blkptr } from '../format/blkptr.ts';
import { nvlistOf } from '../format/nvlistFields.ts';
import { decodeWholeNvlist } from '../format/nvlistStream.ts';
import { decodeVdevConfig, type VdevConfig } from '../format/vdevConfig.ts';
import type { BlockReader } from '../pool/blockRead.ts';
import type { Pool, VdevNode } from '../pool/pool.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import { missingBelow, nodeOf, roleOf } from '../pool/vdevTree.ts';

/** The object that names all others. Source: include/sys/dmu.h, DMU_POOL_DIRECTORY_OBJECT */
const DIRECTORY = 1n;

/** A config longer than this is not believed: that of a pool with a thousand disks is under 1 MiB. */
const MAX_CONFIG = 16n * 1024n * 1024n;

/**
 * The vdev tree as the meta-object set at `rootbp` has it: whole, with the top-level vdevs whose labels are lost.
 *
 * @throws what reading throws: FormatError, UnavailableBlockError, UnsupportedError
 * Source: module/zfs/spa.c, spa_ld_trusted_config and load_nvlist
 */
async function readMosTree(reader: BlockReader, rootbp: Blkptr, signal?: AbortSignal): Promise<VdevConfig> {
  const mos = await Objset.open(new BlockCache(reader), rootbp, 'MOS', signal);
  const directory = await Zap.open(await mos.object(DIRECTORY, signal), signal);
  const id = await directory.integer('config', signal);
  if (id === null) throw new FormatError('format-value', 'object directory', 'an entry config', 'none', rootbp.place);
  const object = await mos.object(id, signal);
  const { bonus, littleEndian } = object.dnode;
  const length = bonus.length < 8 ? 0n : new DataView(bonus.buffer, bonus.byteOffset, 8).getBigUint64(0, littleEndian);
  if (length === 0n || length > MAX_CONFIG) {
    throw new FormatError('format-value', 'length of the config', `1 to ${MAX_CONFIG}`, `${length}`, object.place);
  }
  const bytes = await object.read(0n, Number(length), signal);
  const tree = nvlistOf(decodeWholeNvlist(bytes, object.place), 'vdev_tree');
  if (tree === null) throw new FormatError('format-value', 'config', 'a vdev_tree', 'none', object.place);
  return decodeVdevConfig(tree);
}

/**
 * `pool` with its missing top-level vdevs, which no label describes, filled in from the config of a meta-object set.
 * What the labels say stays as it is, and so does the guid sum that was found in them.
 */
export function completePool(pool: Pool, mosTree: VdevConfig): Pool {
  if (pool.root === null) return pool;
  const leaves = new Map<Guid, VdevNode['device']>();
  for (const { config, device } of leavesOf(pool.root)) leaves.set(config.guid, device);
  const known = new Map(mosTree.children.map((child) => [child.id, child]));
  const children = pool.root.children.map((top): VdevNode => {
    const config = top.config.type === 'missing' ? known.get(top.config.id) : undefined;
    return config === undefined ? top : nodeOf(config, roleOf(config), (guid) => leaves.get(guid) ?? null, 1);
  });
  const root = { ...pool.root, children };
  return { ...pool, root, missing: missingBelow(root) };
}

/** The tree of the first of `roots` of which the config reads; null when none does. */
export async function firstMosTree(
  reader: BlockReader,
  roots: readonly Blkptr[],
  signal?: AbortSignal,
): Promise<VdevConfig | null> {
  for (const rootbp of roots) {
    try {
      return await readMosTree(reader, rootbp, signal);
    } catch (error) {
      if (!(error instanceof ZfsUberError)) throw error;
    }
  }
  return null;
}
