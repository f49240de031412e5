import type { Txg } from '../../bytes/units.ts';
import type { NvList, NvPair, NvValue } from '../../format/nvlist.ts';
import type { VdevConfig } from '../../format/vdevConfig.ts';

/** Keys that stand in the MOS alone. Source: module/zfs/vdev_label.c, vdev_config_generate with VDEV_CONFIG_MOS */
const OF_THE_MOS: ReadonlySet<string> = new Set([
  'com.delphix:has_per_vdev_zaps',
  'com.klarasystems:vdev_zap_root',
  'com.delphix:vdev_zap_leaf',
  'com.delphix:vdev_zap_top',
]);

const uint64 = (name: string, value: bigint): NvPair => ({ name, type: 'uint64', value });

/** Which leaf a label is for. */
export interface LabelOf {
  readonly top: VdevConfig;
  readonly leaf: VdevConfig;
}

/**
 * The config that OpenZFS would have written to the labels of a leaf at a txg.
 *
 * @param config of the MOS at that txg
 * @param of vdevs of the tree in `config`
 * @param state number of the pool's state
 * Source: module/zfs/spa_config.c, spa_config_generate; module/zfs/vdev_label.c, vdev_config_generate
 */
export function labelConfigAt(config: NvList, { top, leaf }: LabelOf, txg: Txg, state: bigint): NvList {
  const own = [uint64('top_guid', top.guid), uint64('guid', leaf.guid), ...(top.isLog ? [uint64('is_log', 1n)] : [])];
  const pairs = config.pairs
    .filter(({ name }) => !OF_THE_MOS.has(name) && !own.some((each) => each.name === name))
    .flatMap((pair): NvPair[] => {
      if (pair.name === 'state') return [uint64('state', state)];
      if (pair.name === 'txg') return [uint64('txg', txg)];
      if (pair.name === 'vdev_children') return [...own, pair];
      if (pair.name === 'vdev_tree') return [{ ...pair, value: labelTree(top.nvlist) }];
      return [pair];
    });
  const lacking = own.filter(({ name }) => !pairs.some((pair) => pair.name === name));
  return { pairs: [...pairs, ...lacking] };
}

function labelTree({ pairs }: NvList): NvList {
  return {
    pairs: pairs
      .filter(({ name }) => !OF_THE_MOS.has(name))
      .map((pair) => (pair.name === 'children' ? { ...pair, value: listsOf(pair.value).map(labelTree) } : pair)),
  };
}

const listsOf = (value: NvValue): readonly NvList[] =>
  Array.isArray(value) ? value.filter((each): each is NvList => typeof each === 'object' && 'pairs' in each) : [];

/**
 * Keys that say nothing of what the pool is made up of: when and by whom the text was written, where devices were, and what
 * happens to the pool meanwhile.
 */
const BY_THE_WAY: ReadonlySet<string> = new Set([
  ...OF_THE_MOS,
  ...['txg', 'state', 'hostid', 'hostname', 'comment', 'compatibility', 'errata'],
  ...['path', 'devid', 'phys_path', 'vdev_enc_sysfs_path', 'DTL', 'create_txg', 'whole_disk', 'stats'],
  ...['resilver_txg', 'rebuild_txg', 'is_log', 'is_spare', 'is_hole'],
]);

/** Whether two configs of a label describe the same leaf of the same pool, made up alike. */
export function describesTheSame(a: NvList, b: NvList): boolean {
  const [left, right] = [told(a), told(b)];
  return left.size === right.size && [...left].every(([name, value]) => right.get(name) === value);
}

/** What is told, by key; values as text, which compares. */
function told({ pairs }: NvList): Map<string, string> {
  return new Map(pairs.filter(({ name }) => !BY_THE_WAY.has(name)).map(({ name, value }) => [name, textOf(value)]));
}

function textOf(value: NvValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value !== 'object') return `${value}`;
  if (value instanceof Uint8Array) return value.join();
  if ('pairs' in value) {
    const entries = [...told(value)].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([name, text]) => `${name}=${text}`).join()}}`;
  }
  return `[${value.map((each) => textOf(each as NvValue)).join()}]`;
}
