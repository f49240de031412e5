import { FormatError } from '../bytes/errors.ts';
import { openMosThrough, unread } from '../dataset/openMos.ts';
import { orNull } from '../dataset/orNull.ts';
import { nvlistOf } from '../format/nvlistFields.ts';
import { decodeVdevConfig } from '../format/vdevConfig.ts';
import { guidSumOf } from '../pool/guidSum.ts';
import { keptState } from '../pool/keptState.ts';
import { logHealth } from '../pool/logHealth.ts';
import type { VdevNode } from '../pool/pool.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';
import { carriers } from './candidates.ts';
import { mayLack } from './labelSteps.ts';
import type { LoadState } from './loadState.ts';
import { type MatchedTree, matchMosTree } from './mosTree.ts';
import { openedTree } from './openedTree.ts';
import type { Trouble } from './predict.ts';
import { type Reason, vdevRef } from './reason.ts';
import { type At, step } from './step.ts';
import { viewOf } from './viewOf.ts';

/** The step from which on the pool is what its meta-object set says. */
export const TRUSTED_CONFIG = step('spa_ld_trusted_config', 'always', trustedConfig);

/** Follows it where top-level vdevs may be missing: without all of them OpenZFS writes nothing. */
export const ALL_TOPS_TO_WRITE = step('spa_ld_open_vdevs', 'read-write-only', (state): Trouble | undefined => {
  const [top] = viewOf(state).lost;
  if (top === undefined) return undefined;
  return { reason: { code: 'top-lacking', top: vdevRef(top) }, because: 'missing-device' };
});

/** The tree that a load reads through until it knows the one of the meta-object set; null where the labels tell none. */
export function labelTreeOf({ pool, candidate: { startsFrom }, devices, memo }: LoadState): VdevNode | null {
  const given = devices ?? pool.devices;
  if (startsFrom !== null) return startsFrom.root;
  const { root } = pool;
  return root && memo.once(given, () => openedTree(root, given));
}

/** What a packed nvlist and the tree in it take as objects: some times its bytes. */
const UNPACKED = 16;

/** Source: module/zfs/spa.c, spa_ld_trusted_config */
async function trustedConfig(state: LoadState, at: At): Promise<Trouble | undefined> {
  const { pool, candidate, readers, signal } = state;
  const devices = state.devices ?? pool.devices;
  if (pool.root === null || readers === null) return { reason: { code: 'nothing-to-read-with' }, because: 'unknown' };
  const { raidzReflow, rootbp, guidSum } = candidate.uberblock;
  state.memo.limitTo(pool.devices);
  const labels = candidate.startsFrom?.located ?? pool.root;
  const labelRoot = labelTreeOf(state) ?? labels;
  at({ role: 'mos' });
  const { mos: first } = await openMosThrough(readers, unread(labelRoot, raidzReflow), rootbp, signal);
  at({ role: 'config' });
  const object = await first.object(await first.configObject(signal), signal);
  const size = Math.min(Number(object.dnode.length), Number.MAX_SAFE_INTEGER) * UNPACKED;
  const { config, matched } = await state.memo.of(
    `tree ${state.memo.numberOf(devices)} ${state.memo.numberOf(labels)}`,
    object,
    size,
    async () => {
      const read = await first.nvlist(object.id);
      const nvlist = nvlistOf(read, 'vdev_tree');
      if (nvlist === null)
        throw new FormatError('format-value', 'config', 'a vdev_tree', 'none', first.directory.object.place);
      return { config: read, matched: matchMosTree(decodeVdevConfig(nvlist), labels, devices) };
    },
  );
  const { root } = matched;
  const lost = root.children.filter((top) => top.role !== 'log' && !opens(top));
  const [closed] = lost;
  if (closed !== undefined && !mayLack(root, lost.length, state.missingTops)) return cannotOpen(closed, matched);
  // zpool's second attempt starts from this tree, so an uberblock that only other devices carry is not found again.
  const leaves = new Set([...leavesOf(root)].map(({ device }) => device));
  if (candidate.checkpoint === null && ![...carriers(candidate)].some((device) => leaves.has(device))) {
    return { reason: { code: 'uberblock-on-later-devices' }, because: 'damage' };
  }
  const sum = guidSumOf(root);
  if (sum !== guidSum) {
    return { reason: { code: 'guid-sum-differs', config: sum, uberblock: guidSum }, because: 'damage' };
  }
  at({ role: 'mos' });
  // The step that needs the salt complains when it does not read; here it is only taken along.
  const readerState = { ...unread(root, raidzReflow), salt: await orNull(() => first.salt(signal)) };
  const { blocks, mos } = await openMosThrough(readers, readerState, rootbp, signal);
  const logMissing = root.children.some((top) => top.role === 'log' && logHealth(top) === 'missing');
  state.view = {
    root,
    readerState,
    blocks,
    mos,
    config,
    logMissing,
    lost,
    conditions: conditionsOf(matched),
    features: new Map(),
  };
  return undefined;
}

const conditionsOf = ({ former }: MatchedTree): Reason[] =>
  former.map(({ path, guid }) => ({ code: 'device-to-be-at', guid, path }));

/** A placeholder opens: that something is missing is left to the sum of the guids to say. */
const opens = (top: VdevNode): boolean => top.config.type === 'missing' || vdevHealth(top) !== 'missing';

function cannotOpen(top: VdevNode, { refused }: MatchedTree): Trouble {
  const leaves = [...leavesOf(top)].filter(({ device, config }) => device === null && config.type !== 'dspare');
  const closed = leaves.map((leaf) => ({ ...vdevRef(leaf), refusal: refused.get(leaf.config.guid) ?? null }));
  const absent = ({ config }: VdevNode) => !refused.has(config.guid) || keptState(config) !== null;
  const because = leaves.every(absent) ? 'missing-device' : 'damage';
  return { reason: { code: 'config-top-closed', top: vdevRef(top), closed }, because };
}
