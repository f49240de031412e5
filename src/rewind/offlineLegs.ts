import { asTxg, type Txg } from '../bytes/units.ts';
import { type Candidate, carriers } from '../load/candidates.ts';
import { openedTree } from '../load/openedTree.ts';
import { passes } from '../load/predict.ts';
import { assemblePools } from '../pool/assemblePools.ts';
import { type KeptState, keptState } from '../pool/keptState.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { leavesOf, vdevHealth } from '../pool/vdevHealth.ts';
import type { Alternative } from './alternatives.ts';
import type { OtherDevicesGiven } from './choice.ts';
import { importCommands } from './commands.ts';
import type { Finding } from './findings/finding.ts';
import type { Gathered } from './gather.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import { rangeOf } from './judgeWith.ts';
import { stepsToRead } from './recommend.ts';
import { waySteps } from './waySteps.ts';
import type { WayOut } from './waysOut.ts';

/** What opens when zpool is given some of the devices. */
export interface OtherDevices {
  readonly way: WayOut;
  /** What to say beside a recommendation. */
  readonly alternative: Alternative;
  /** The same where there is none; null where the way is all there is to say. */
  readonly finding: Finding | null;
}

/**
 * Looks at what imports when some devices are not given to `zpool import`.
 *
 * A leg that was taken offline, or faulted by force, stays so as long as a sibling has a newer label that says it: its own
 * is from before, and does not. And a top-level vdev that its offline legs keep from opening is none that a txg
 * from before it was added needs; with its devices the newest labels ask for it at every txg.
 *
 * @param best what is recommended with all devices
 * @returns nothing that helps nobody: where something imports with all devices, only what leads to newer txgs
 * Source: module/zfs/vdev.c, vdev_alloc; lib/libzutil/zutil_import.c, get_configs: the newest label of a top-level vdev
 */
export async function otherDevices(gathered: Gathered, best: JudgedCandidate | null): Promise<OtherDevices[]> {
  const { pool, all, judgeWith } = gathered;
  const offline = offlineDevices(pool);
  if (offline.size === 0) return [];
  const newer = txgsOnLegs(all, offline).filter((txg) => best === null || txg > best.candidate.txg);
  const found: OtherDevices[] = [];
  const lookAt = async (given: readonly DeviceSurvey[], only: readonly Txg[] | null, legs: boolean) => {
    if (given.length === pool.devices.length) return;
    const part = await judgeWith(given, only === null ? {} : { range: rangeOf(only) });
    const opens = part?.candidates.find(
      ({ candidate, prediction, root }) =>
        candidate.taken &&
        (only === null || only.includes(candidate.txg)) &&
        (passes(prediction) || (prediction.verdict === 'unverified' && root.state === 'reads')),
    );
    if (part !== null && opens !== undefined)
      found.push(wayWith(gathered, opens, opens.devices ?? part.pool.devices, offline, legs));
  };
  if (best === null || newer.length > 0)
    await lookAt(withoutSiblings(pool, offline), best === null ? null : newer, true);
  if (best === null) await lookAt(withoutOfflineTops(pool, offline), null, false);
  const older = best === null && found.length === 0 ? withoutNewestLabels(pool) : null;
  if (older !== null) await lookAt(older, null, true);
  return found;
}

/** Devices of leaves that the tree of the labels says were taken offline or faulted by force. */
function offlineDevices({ root }: Pool): ReadonlyMap<DeviceSurvey, KeptState> {
  const devices = new Map<DeviceSurvey, KeptState>();
  for (const top of root?.children ?? []) {
    for (const { config, device } of leavesOf(top)) {
      const state = keptState(config);
      if (state !== null && device !== null) devices.set(device, state);
    }
  }
  return devices;
}

type OfflineDevices = ReturnType<typeof offlineDevices>;

/** All devices but those that stand beside an offline one: without them its own label is the newest of its vdev. */
function withoutSiblings({ root, devices }: Pool, offline: OfflineDevices): readonly DeviceSurvey[] {
  const siblings = new Set<DeviceSurvey>();
  for (const top of root?.children ?? []) {
    const legs = [...leavesOf(top)].flatMap(({ device }) => device ?? []);
    if (!legs.some((leg) => offline.has(leg))) continue;
    for (const leg of legs) if (!offline.has(leg)) siblings.add(leg);
  }
  return devices.filter((device) => !siblings.has(device));
}

/** All devices but those of top-level vdevs that do not open for being offline. */
function withoutOfflineTops({ root, devices }: Pool, offline: OfflineDevices): readonly DeviceSurvey[] {
  const left = new Set<DeviceSurvey>();
  for (const [index, top] of (root === null ? [] : openedTree(root, devices).children).entries()) {
    if (top.role === 'log' || vdevHealth(top) !== 'missing') continue;
    const asLabelled = root?.children[index];
    const legs = asLabelled === undefined ? [] : [...leavesOf(asLabelled)].flatMap(({ device }) => device ?? []);
    if (legs.some((leg) => offline.has(leg))) for (const leg of legs) left.add(leg);
  }
  return devices.filter((device) => !left.has(device));
}

/** Rounds of taking devices away: each has to make a label older decide. */
const ROUNDS = 8;

/**
 * What is left when of each vdev that does not open the devices with its newest label are taken away, until it opens by
 * an older one: legs that were taken offline one after the other say so each of those before it. Null where none is left.
 */
function withoutNewestLabels(pool: Pool): readonly DeviceSurvey[] | null {
  let given = pool.devices;
  for (let round = 0; round < ROUNDS; round++) {
    const root = assemblePools(given).pools.find(({ guid }) => guid === pool.guid)?.root ?? null;
    if (root === null) return null;
    const opened = openedTree(root, given);
    const away = new Set<DeviceSurvey>();
    for (const [index, top] of root.children.entries()) {
      const as = opened.children[index];
      if (top.role === 'log' || top.config.type === 'missing' || as === undefined || vdevHealth(as) !== 'missing')
        continue;
      const legs = [...leavesOf(top)].flatMap(({ device }) => device ?? []);
      const newest = legs.reduce((txg, { config }) => ((config?.txg ?? 0n) > txg ? (config?.txg ?? 0n) : txg), 0n);
      const older = legs.filter(({ config }) => (config?.txg ?? 0n) < newest);
      if (older.length === 0) return null;
      for (const leg of legs) if (!older.includes(leg)) away.add(leg);
    }
    if (away.size === 0) return given.length === pool.devices.length ? null : given;
    given = given.filter((device) => !away.has(device));
  }
  return null;
}

/** Txgs that stand in the ring of an offline leg: what it holds of them is not read beside its siblings. */
const txgsOnLegs = (all: readonly Candidate[], offline: OfflineDevices): readonly Txg[] =>
  all.filter((candidate) => [...carriers(candidate)].some((device) => offline.has(device))).map(({ txg }) => txg);

/** @param legs the offline legs are given, and not left out */
function wayWith(
  { pool, all, options: { placeOf, ambiguousName = false } }: Gathered,
  { candidate, prediction: { verdict }, logMissing, counts }: JudgedCandidate,
  given: readonly DeviceSurvey[],
  offline: OfflineDevices,
  legs: boolean,
): OtherDevices {
  const newest = all[0]?.txg ?? asTxg(0n);
  const { txg } = candidate;
  const those = [...offline.keys()].filter((device) => given.includes(device) === legs);
  const names = (devices: readonly DeviceSurvey[]) => devices.map(({ source }) => source.name);
  const why: OtherDevicesGiven = {
    given: names(given),
    closed: names(those),
    states: [...new Set(those.flatMap((device) => offline.get(device) ?? []))],
    which: !legs ? 'left-out' : given.length === those.length ? 'all' : 'some',
    txg,
    verdict,
  };
  const commands = importCommands(pool, txg, given, {
    placeOf,
    ambiguousName,
    logMissing: logMissing ?? false,
    verdict,
  });
  const by = { commands, devices: given };
  return {
    way: {
      kind: 'other-devices',
      txg,
      parameters: [],
      // Uberblocks of the devices left out are found again as soon as these are back.
      ...waySteps({ pool, placeOf, commands, devices: given, parameters: [], verdict, txg, newest }),
      verdict,
      risks: ['later-state-lost'],
      tops: [],
      devices: given,
      metadataErrors: counts?.metadataErrors ?? null,
    },
    alternative: { txg, why: { kind: 'other-devices', ...why }, by },
    finding: legs
      ? {
          code: 'offline-leg',
          severity: 'warning',
          values: why,
          devices: those,
          steps: stepsToRead({ pool, placeOf }, by),
        }
      : null,
  };
}
