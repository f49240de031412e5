import type { Txg } from '../bytes/units.ts';
import type { Candidate } from '../load/candidates.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import type { Alternative } from './alternatives.ts';
import { type Finding, list } from './findings/finding.ts';
import type { ImportPlace } from './importPlace.ts';
import type { JudgedCandidate, JudgeOptions } from './judgement.ts';
import type { judgePool } from './judgePool.ts';
import { stepsToRead } from './recommend.ts';

/** A txg that only a leg opens which was taken offline, when its siblings are not given to zpool. */
export interface LoneLeg {
  /** What to say beside a recommendation. */
  readonly alternative: Alternative;
  /** The same where there is none. */
  readonly finding: Finding;
}

/**
 * Looks at what a leg that was taken offline opens when its siblings are not given to `zpool import`. With them it stays
 * closed: the newest label of the top-level vdev says offline. Its own is from before, and does not.
 *
 * @param all candidates of `pool`
 * @param best what is recommended with all devices
 * @param judge judges the pool that the devices left are
 * @returns null where it helps nobody: something imports with all devices, and the leg alone opens no txg that the
 *   devices which are opened do not have
 * Source: module/zfs/vdev.c, vdev_alloc; lib/libzutil/zutil_import.c, get_configs: the newest label of a top-level vdev
 */
export async function loneLeg(
  pool: Pool,
  all: readonly Candidate[],
  best: JudgedCandidate | null,
  { onCandidate: _, onProgress: __, onShare: ___, ...options }: JudgeOptions & Required<Pick<JudgeOptions, 'placeOf'>>,
  judge: typeof judgePool,
): Promise<LoneLeg | null> {
  const { blocks, depth, signal } = options;
  const offline = offlineDevices(pool);
  if (offline.size === 0 || blocks === undefined || depth === 'labels' || signal?.aborted) return null;
  const own = ownTxgs(all, offline);
  if (best !== null && own.length === 0) return null;
  const given = withoutSiblings(pool, offline);
  const lone = assemblePools(given).pools.find(({ guid, root }) => guid === pool.guid && root !== null);
  if (lone?.root == null || given.length === pool.devices.length) return null;
  const reader = blocks.open(lone.root, { salted: null, mappings: null, raidzReflow: { offset: 0n, state: 0 } });
  const { candidates } = await judge(lone, reader, best === null ? options : { ...options, ...within(own, options) });
  const opens = candidates.find(
    ({ candidate, prediction: { verdict }, root }) =>
      candidate.taken &&
      (best === null || own.includes(candidate.txg)) &&
      (verdict === 'importable' || verdict === 'readonly' || (verdict === 'unverified' && root.state === 'reads')),
  );
  return opens === undefined ? null : told(opens, lone, [...offline], options.placeOf);
}

/** Devices of leaves that the tree of the labels has as offline. */
function offlineDevices({ root }: Pool): ReadonlySet<DeviceSurvey> {
  const devices = new Set<DeviceSurvey>();
  for (const top of root?.children ?? []) {
    for (const { config, device } of leavesOf(top)) if (config.offline && device !== null) devices.add(device);
  }
  return devices;
}

/** All devices but those that stand beside an offline one: without them its own label is the newest of its vdev. */
function withoutSiblings({ root, devices }: Pool, offline: ReadonlySet<DeviceSurvey>): readonly DeviceSurvey[] {
  const siblings = new Set<DeviceSurvey>();
  for (const top of root?.children ?? []) {
    const legs = [...leavesOf(top)].flatMap(({ device }) => device ?? []);
    if (!legs.some((leg) => offline.has(leg))) continue;
    for (const leg of legs) if (!offline.has(leg)) siblings.add(leg);
  }
  return devices.filter((device) => !siblings.has(device));
}

/** Txgs that stand in the ring of an offline leg, and of none that is opened. */
function ownTxgs(all: readonly Candidate[], offline: ReadonlySet<DeviceSurvey>): readonly Txg[] {
  const seen = new Set(all.filter((each) => each.seen).map(({ txg }) => txg));
  return all
    .filter(({ copies, heartbeats }) => [...copies, ...heartbeats].some(({ device }) => offline.has(device)))
    .map(({ txg }) => txg)
    .filter((txg) => !seen.has(txg));
}

/** The range of `txgs`, newest first, within what was asked for. */
function within(
  txgs: readonly Txg[],
  { minTxg = null, maxTxg = null }: Pick<JudgeOptions, 'minTxg' | 'maxTxg'>,
): Pick<JudgeOptions, 'minTxg' | 'maxTxg'> {
  const [newest = 0n, oldest = 0n] = [txgs[0], txgs.at(-1)];
  return {
    minTxg: minTxg !== null && minTxg > oldest ? minTxg : oldest,
    maxTxg: maxTxg !== null && maxTxg < newest ? maxTxg : newest,
  };
}

function told(
  opens: JudgedCandidate,
  pool: Pool,
  offline: readonly DeviceSurvey[],
  placeOf: (device: DeviceSurvey) => ImportPlace | null,
): LoneLeg {
  const { candidate, prediction, commands } = opens;
  const { txg } = candidate;
  const given = opens.devices ?? pool.devices;
  const by = { commands, devices: given };
  const names = (devices: readonly DeviceSurvey[]) => list(devices.map(({ source }) => source.name));
  const were = offline.length === 1 ? 'was' : 'were';
  const which = given.length === offline.length ? `which ${were}` : `of which ${names(offline)} ${were}`;
  const does = DOES[prediction.verdict] ?? 'may import';
  const why = `with only ${names(given)} given, each by -d, ${which} taken offline, txg ${txg} ${does}`;
  const message = `Nothing imports with all devices; ${why}.`;
  const steps = stepsToRead({ pool, placeOf }, by);
  return {
    alternative: { txg, why, by },
    finding: { code: 'offline-leg', severity: 'warning', message, devices: offline, steps },
  };
}

const DOES: { readonly [verdict: string]: string } = { importable: 'imports', readonly: 'imports read-only' };
