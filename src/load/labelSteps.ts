import { failedReadsIn, failedReadsOf } from '../pool/blockRead.ts';
import { keptState } from '../pool/keptState.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';
import { carriers } from './candidates.ts';
import type { LoadState } from './loadState.ts';
import type { OpenZfs } from './openzfs.ts';
import type { Trouble } from './predict.ts';
import { type StepReason, vdevRef } from './reason.ts';
import type { RootState } from './rootState.ts';
import { step } from './step.ts';
import { hasUnreadableLabel, refusedLeaves, unreadLabels } from './usableLeaves.ts';
import { validatedLabel } from './validatedLabel.ts';

/** The steps of the load that labels, rings and root blocks decide, in its order. */
export const OPEN_VDEVS = step('spa_ld_open_vdevs', 'always', openVdevs);
export const SELECT_UBERBLOCK = step('spa_ld_select_uberblock', 'always', selectUberblock);
export const OPEN_ROOTBP = step('spa_ld_open_rootbp', 'always', openRootbp);

/** The beginning of plan.ts, apart from it: who asks for no more does not load the rest. */
export const LABEL_STEPS = [OPEN_VDEVS, SELECT_UBERBLOCK, OPEN_ROOTBP];

/**
 * Every top-level vdev that the labels describe has to open. One of which no label is there stands as `missing` in
 * the config that `zpool import` makes up, which opens: what it was shows in the MOS, at a later step.
 *
 * Source: module/zfs/vdev.c, vdev_root_open; vdev_missing.c, vdev_missing_open
 */
function openVdevs({ pool, devices, candidate, missingTops }: LoadState): Trouble | undefined {
  const root = candidate.startsFrom?.root ?? pool.root;
  if (root === null) {
    return { reason: { code: 'no-label' }, because: 'damage' };
  }
  const given = (leaf: VdevNode) => leaf.device !== null && (devices ?? pool.devices).includes(leaf.device);
  let closed = 0;
  for (const top of root.children) {
    if (top.role === 'log' || top.config.type === 'missing') continue;
    const unusable = refusedLeaves(top);
    if (vdevHealth(top, (leaf) => given(leaf) && !unusable.has(leaf)) !== 'missing') continue;
    closed++;
    if (mayLack(root, closed, missingTops)) continue;
    const absent = [...leavesOf(top)].filter((leaf) => !given(leaf) && leaf.config.type !== 'dspare');
    const reason: StepReason = {
      code: 'top-closed',
      top: vdevRef(top),
      absent: absent.length,
      leaves: [...leavesOf(top)].length,
      closed: [...unusable].map(([leaf, refusal]) => ({ ...vdevRef(leaf), refusal })),
    };
    const opened = (leaf: VdevNode) => given(leaf) && keptState(leaf.config) === null;
    if (vdevHealth(top, opened) === 'missing') return { reason, because: 'missing-device' };
    const hidden = [...unusable.keys()].filter(({ device }) => device !== null && hasUnreadableLabel(device));
    const opens = (leaf: VdevNode): boolean => opened(leaf) && (!unusable.has(leaf) || hidden.includes(leaf));
    if (vdevHealth(top, opens) === 'missing') return { reason, because: 'damage' };
    return {
      reason,
      because: 'failed-read',
      unread: hidden.flatMap(({ device }) => device ?? []).flatMap(unreadLabels),
    };
  }
  return undefined;
}

/**
 * Whether the root opens without `closed` of its top-level vdevs where `missingTops` are allowed: never without all.
 *
 * Source: module/zfs/vdev_root.c, too_many_errors
 */
export function mayLack(root: VdevNode, closed: number, missingTops: number): boolean {
  const counted = ({ role, config: { type } }: VdevNode) => role !== 'log' && type !== 'hole' && type !== 'indirect';
  return closed <= missingTops && closed < root.children.filter(counted).length;
}

/** Source: module/zfs/vdev_label.c, vdev_uberblock_load; module/zfs/spa.c, spa_ld_select_uberblock */
function selectUberblock({ candidate, newest, devices, openZfs }: LoadState): Trouble | undefined {
  const { uberblock, txg } = candidate;
  const damage = (reason: StepReason): Trouble => ({ reason, because: 'damage' });
  if (!candidate.seen && candidate.startsFrom === null) {
    const reason: StepReason = { code: 'uberblock-not-seen' };
    const unread = [...carriers(candidate)].filter(hasUnreadableLabel).flatMap(unreadLabels);
    return unread.length === 0 ? damage(reason) : { reason, because: 'failed-read', unread };
  }
  if (devices === null) return damage({ code: 'other-uberblock-first', txg });
  // Data is moved in place while a raidz grows, so older states of the expansion can no longer be read (since 2.3).
  const [reflow, latest] = [uberblock.raidzReflow, newest?.uberblock.raidzReflow ?? uberblock.raidzReflow];
  if (reflow.offset !== latest.offset || reflow.state !== latest.state) {
    return damage({ code: 'reflow-differs', at: reflow.offset, newest: latest.offset });
  }
  if (!isKnownVersion(uberblock.version)) return damage({ code: 'version-unknown', version: uberblock.version });
  return uberblock.version < FEATURES_VERSION ? undefined : labelFeatures(carriers(candidate), openZfs);
}

/** From this version on features are counted instead of versions. Source: include/sys/fs/zfs.h, SPA_VERSION_FEATURES */
export const FEATURES_VERSION = 5000n;

/** Source: include/sys/fs/zfs.h, SPA_VERSION_IS_SUPPORTED */
export const isKnownVersion = (version: bigint): boolean =>
  (version >= 1n && version <= 28n) || version === FEATURES_VERSION;

/** Which of the leaves that hold the uberblock is asked is not determined, so one that answers well is enough. */
function labelFeatures(holders: ReadonlySet<DeviceSurvey>, openZfs: OpenZfs): Trouble | undefined {
  let trouble: Trouble | undefined;
  for (const device of holders) {
    const label = validatedLabel(device);
    // A device without a sound label is none that is opened, so another one is asked.
    if (label === null) continue;
    if (label.featuresForRead === null) {
      trouble ??= { reason: { code: 'label-without-features', device: device.source.name }, because: 'damage' };
      continue;
    }
    const unknown = label.featuresForRead.filter((guid) => !openZfs.knows(guid));
    if (unknown.length === 0) return undefined;
    const about = { device: device.source.name, release: openZfs.release, features: unknown };
    trouble ??= { reason: { code: 'label-features-unknown', ...about }, because: 'damage' };
  }
  return trouble;
}

const ROOT_CAUSES: Readonly<Record<Exclude<RootState, 'reads'>, Trouble['because']>> = {
  destroyed: 'damage',
  unread: 'failed-read',
  corrupted: 'damage',
  'missing-devices': 'missing-device',
  unsupported: 'unknown',
  'not-checked': 'unknown',
};

/** Source: module/zfs/spa.c, spa_ld_open_rootbp */
function openRootbp({ root }: LoadState): Trouble | undefined {
  const { state, attempts, error } = root;
  if (state === 'reads') return undefined;
  const trouble: Trouble = { reason: { code: 'root-block', state, root }, because: ROOT_CAUSES[state] };
  if (state === 'unread') return { ...trouble, unread: failedReadsOf(attempts) };
  return state === 'unsupported' ? { ...trouble, unread: failedReadsIn(error) } : trouble;
}
