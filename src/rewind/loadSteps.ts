import type { Attempt } from '../pool/blockRead.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf, vdevHealth, vdevName } from '../pool/vdevHealth.ts';
import type { Candidate } from './candidates.ts';
import type { LoadStep, Trouble } from './predict.ts';
import type { RootCheck } from './rootCheck.ts';
import { refusedLeaves } from './usableLeaves.ts';

/** Evidence about one candidate, all of it gathered before: judging reads nothing. */
export interface LoadState {
  readonly pool: Pool;
  readonly candidate: Candidate;
  /** The newest uberblock of all that OpenZFS sees; null when it sees none. */
  readonly newest: Candidate | null;
  /** Devices to give to `zpool import` so that it takes this candidate; null when no choice does it. */
  readonly devices: readonly DeviceSurvey[] | null;
  readonly root: RootCheck;
}

/** The steps of the load that labels, rings and root blocks decide, in its order. Source: module/zfs/spa.c, spa_load_impl */
export const FIRST_STEPS: readonly LoadStep<LoadState>[] = [
  { name: 'spa_ld_open_vdevs', when: 'always', check: openVdevs },
  { name: 'spa_ld_select_uberblock', when: 'always', check: selectUberblock },
  { name: 'spa_ld_open_rootbp', when: 'always', check: openRootbp },
];

/**
 * Every top-level vdev that the labels describe has to open. One of which no label is there stands as `missing` in
 * the config that `zpool import` makes up, which opens: what it was shows in the MOS, at a later step.
 *
 * Source: module/zfs/vdev.c, vdev_root_open; vdev_missing.c, vdev_missing_open
 */
function* openVdevs({ pool }: LoadState): Generator<Trouble> {
  if (pool.root === null) {
    yield { message: 'no device has a label from which zpool import could tell the pool', because: 'damage' };
    return;
  }
  for (const top of pool.root.children) {
    if (top.role === 'log' || top.config.type === 'missing') continue;
    const unusable = refusedLeaves(top);
    if (vdevHealth(top, (leaf) => leaf.device !== null && !unusable.has(leaf)) !== 'missing') continue;
    const absent = [...leavesOf(top)].filter((leaf) => leaf.device === null && leaf.config.type !== 'dspare');
    const all = [...leavesOf(top)].length;
    const lacks = [...unusable].map(([leaf, why]) => `${vdevName(leaf)} ${why}`);
    if (absent.length > 0)
      lacks.unshift(`${absent.length} of its ${all} devices ${absent.length === 1 ? 'is' : 'are'} missing`);
    const because = vdevHealth(top) === 'missing' ? 'missing-device' : 'damage';
    yield { message: `${vdevName(top)} cannot be opened: ${lacks.join('; ')}`, because };
  }
}

/** Source: module/zfs/vdev_label.c, vdev_uberblock_load; module/zfs/spa.c, spa_ld_select_uberblock */
function* selectUberblock({ candidate, newest, devices }: LoadState): Generator<Trouble> {
  const { uberblock, txg } = candidate;
  if (!candidate.seen) {
    yield {
      message: 'only devices outside the tree carry this uberblock: zpool import does not see it',
      because: 'damage',
    };
  } else if (devices === null) {
    yield { message: `another uberblock of txg ${txg} comes before this one on the same devices`, because: 'damage' };
  }
  // Data is moved in place while a raidz grows, so older states of the expansion can no longer be read (since 2.3).
  const [reflow, latest] = [uberblock.raidzReflow, newest?.uberblock.raidzReflow ?? uberblock.raidzReflow];
  if (reflow.offset !== latest.offset || reflow.state !== latest.state) {
    const at = reflow.offset === 0n ? 'not begun' : `at byte ${reflow.offset}`;
    const now = latest.offset === 0n ? 'none' : `at byte ${latest.offset}`;
    yield {
      message: `raidz expansion was ${at}, the newest uberblock says ${now}: OpenZFS 2.3 and newer refuse to go back over it`,
      because: 'damage',
    };
  }
  if (!isKnownVersion(uberblock.version)) {
    yield { message: `pool version ${uberblock.version} is none that OpenZFS imports`, because: 'damage' };
  }
}

/** Source: include/sys/fs/zfs.h, SPA_VERSION_IS_SUPPORTED */
const isKnownVersion = (version: bigint): boolean => (version >= 1n && version <= 28n) || version === 5000n;

/** Source: module/zfs/spa.c, spa_ld_open_rootbp */
function* openRootbp({ root }: LoadState): Generator<Trouble> {
  const where = root.copies.length === 0 ? '' : ` (${root.copies.join(', ')})`;
  switch (root.state) {
    case 'destroyed':
      yield {
        message: `root block${where} fails its checksum wherever it was looked for${badPlaces(root.attempts)}`,
        because: 'damage',
      };
      break;
    case 'corrupted':
      yield {
        message: `root block${where} is not a meta-object set: ${root.error?.message ?? 'nonsense'}`,
        because: 'damage',
      };
      break;
    case 'missing-devices':
      yield {
        message: `every copy of the root block${where} lies on devices that are missing`,
        because: 'missing-device',
      };
      break;
    case 'unsupported':
      yield { message: `root block${where} could not be judged: ${root.error?.message ?? ''}`, because: 'unknown' };
      break;
    case 'not-checked':
      yield { message: 'root block was not read at this depth', because: 'unknown' };
      break;
    case 'reads':
  }
}

/** The first places that were wrong, for who wants to look; the rest are counted. */
function badPlaces(attempts: readonly Attempt[]): string {
  const bad = attempts.filter(({ outcome }) => outcome !== 'good' && outcome !== 'rebuilt');
  if (bad.length === 0) return '';
  const shown = bad.slice(0, 3).map(({ vdev, place, outcome }) => {
    const where = place === null ? vdev : `${place.source} @ 0x${place.offset.toString(16)}`;
    return outcome === 'wrong' ? where : `${where} (${outcome})`;
  });
  return `: ${shown.join(', ')}${bad.length > 3 ? ` and ${bad.length - 3} more` : ''}`;
}
