import { failedReadsIn, failedReadsOf } from '../pool/blockRead.ts';
import { keptState } from '../pool/keptState.ts';
import type { VdevNode } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf, vdevHealth, vdevName } from '../pool/vdevHealth.ts';
import type { LoadState } from './loadState.ts';
import { type OpenZfs, unknownFeature } from './openzfs.ts';
import type { Trouble } from './predict.ts';
import { badPlaces, readPlaces, step, wrongPlaces } from './step.ts';
import { hasUnreadableLabel, refusedLeaves, unreadLabels } from './usableLeaves.ts';
import { validatedLabel } from './validatedLabel.ts';

/** The steps of the load that labels, rings and root blocks decide, in its order. */
export const LABEL_STEPS = [
  step('spa_ld_open_vdevs', 'always', openVdevs),
  step('spa_ld_select_uberblock', 'always', selectUberblock),
  step('spa_ld_open_rootbp', 'always', openRootbp),
];

/**
 * Every top-level vdev that the labels describe has to open. One of which no label is there stands as `missing` in
 * the config that `zpool import` makes up, which opens: what it was shows in the MOS, at a later step.
 *
 * Source: module/zfs/vdev.c, vdev_root_open; vdev_missing.c, vdev_missing_open
 */
function openVdevs({ pool, devices, candidate, missingTops }: LoadState): Trouble | undefined {
  const root = candidate.startsFrom?.root ?? pool.root;
  if (root === null) {
    return { message: 'no device has a label from which zpool import could tell the pool', because: 'damage' };
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
    const all = [...leavesOf(top)].length;
    const lacks = [...unusable].map(([leaf, why]) => `${vdevName(leaf)} ${why}`);
    if (absent.length > 0) {
      lacks.unshift(`${absent.length} of its ${all} devices ${absent.length === 1 ? 'is' : 'are'} missing`);
    }
    const message = `${vdevName(top)} cannot be opened: ${lacks.join('; ')}`;
    const opened = (leaf: VdevNode) => given(leaf) && keptState(leaf.config) === null;
    if (vdevHealth(top, opened) === 'missing') return { message, because: 'missing-device' };
    const hidden = [...unusable.keys()].filter(({ device }) => device !== null && hasUnreadableLabel(device));
    const opens = (leaf: VdevNode): boolean => opened(leaf) && (!unusable.has(leaf) || hidden.includes(leaf));
    if (vdevHealth(top, opens) === 'missing') return { message, because: 'damage' };
    return {
      message,
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
  const damage = (message: string): Trouble => ({ message, because: 'damage' });
  if (!candidate.seen && candidate.startsFrom === null) {
    const message = 'only devices that zpool import does not open carry this uberblock';
    const unread = [...copyHolders(candidate)].filter(hasUnreadableLabel).flatMap(unreadLabels);
    return unread.length === 0 ? damage(message) : { message, because: 'failed-read', unread };
  }
  if (devices === null) return damage(`another uberblock of txg ${txg} comes before this one on the same devices`);
  // Data is moved in place while a raidz grows, so older states of the expansion can no longer be read (since 2.3).
  const [reflow, latest] = [uberblock.raidzReflow, newest?.uberblock.raidzReflow ?? uberblock.raidzReflow];
  if (reflow.offset !== latest.offset || reflow.state !== latest.state) {
    const at = reflow.offset === 0n ? 'not begun' : `at byte ${reflow.offset}`;
    const now = latest.offset === 0n ? 'none is under way' : `at byte ${latest.offset}`;
    return damage(
      `it was written when the raidz expansion was ${at}, and the newest uberblock says ${now}: OpenZFS 2.3 and newer refuse to go back over that`,
    );
  }
  if (!isKnownVersion(uberblock.version)) {
    return damage(`it says pool version ${uberblock.version}, which OpenZFS does not import`);
  }
  return uberblock.version < FEATURES_VERSION ? undefined : labelFeatures(copyHolders(candidate), openZfs);
}

/** From this version on features are counted instead of versions. Source: include/sys/fs/zfs.h, SPA_VERSION_FEATURES */
export const FEATURES_VERSION = 5000n;

/** Source: include/sys/fs/zfs.h, SPA_VERSION_IS_SUPPORTED */
export const isKnownVersion = (version: bigint): boolean =>
  (version >= 1n && version <= 28n) || version === FEATURES_VERSION;

const copyHolders = ({ copies, heartbeats }: LoadState['candidate']): Set<DeviceSurvey> =>
  new Set([...copies, ...heartbeats].map(({ device }) => device));

/** Which of the leaves that hold the uberblock is asked is not determined, so one that answers well is enough. */
function labelFeatures(holders: ReadonlySet<DeviceSurvey>, { release, features }: OpenZfs): Trouble | undefined {
  let trouble: Trouble | undefined;
  for (const device of holders) {
    const label = validatedLabel(device);
    // A device without a sound label is none that is opened, so another one is asked.
    if (label === null) continue;
    if (label.featuresForRead === null) {
      trouble ??= { message: `the label of ${device.source.name} lists no features`, because: 'damage' };
      continue;
    }
    const unknown = label.featuresForRead.filter((guid) => !features.has(guid));
    if (unknown.length === 0) return undefined;
    const names = unknown.map(unknownFeature).join(', ');
    const message = `the label of ${device.source.name} needs features that OpenZFS ${release} does not know: ${names}`;
    trouble ??= { message, because: 'damage' };
  }
  return trouble;
}

/** Source: module/zfs/spa.c, spa_ld_open_rootbp */
function openRootbp({ root }: LoadState): Trouble | undefined {
  const where = root.copies.length === 0 ? '' : ` (${root.copies.join(', ')})`;
  switch (root.state) {
    case 'destroyed':
      return {
        message: `the root block${where} fails its checksum on every copy${badPlaces(root.attempts)}`,
        because: 'damage',
      };
    case 'unread': {
      const unread = failedReadsOf(root.attempts);
      return {
        message: `the root block${where} cannot be read ${readPlaces(unread)}${wrongPlaces(root.attempts)}`,
        because: 'failed-read',
        unread,
      };
    }
    case 'corrupted':
      return {
        message: `the root block${where} is not a meta-object set: ${root.error?.message ?? 'nonsense'}`,
        because: 'damage',
      };
    case 'missing-devices':
      return {
        message: `every copy of the root block${where} lies on devices that are missing`,
        because: 'missing-device',
      };
    case 'unsupported':
      return {
        message: `the root block${where} could not be judged: ${root.error?.message ?? ''}`,
        because: 'unknown',
        unread: failedReadsIn(root.error),
      };
    case 'not-checked':
      return { message: 'the root block was not read at this depth', because: 'unknown' };
    case 'reads':
      return undefined;
  }
}
