import { leavesBelow } from '../format/vdevConfig.ts';
import { keptState } from '../pool/keptState.ts';
import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import { keptTxg, keptUberblock, undetached } from '../pool/undetached.ts';
import { unfaulted } from '../pool/unfaulted.ts';
import { leavesOf } from '../pool/vdevHealth.ts';
import { importCommands } from './commands.ts';
import type { Finding } from './findings/finding.ts';
import type { Gathered } from './gather.ts';
import { wholePlace } from './importPlace.ts';
import type { JudgedCandidate } from './judgedCandidate.ts';
import type { PoolJudgement } from './judgement.ts';
import { firstThatImports, rangeOf } from './judgeWith.ts';
import { STORE } from './showing.ts';
import { waySteps } from './waySteps.ts';
import type { WayOut } from './waysOut.ts';

/** More devices than these are not looked at one by one. */
const MOST = 8;

/** What devices that left the pool lead to, and how to get there. */
export interface Detached {
  readonly findings: readonly Finding[];
  readonly ways: readonly WayOut[];
}

/**
 * Looks at what devices that were detached, replaced or removed lead to, for a pool of which nothing else imports. Their
 * labels have txg 0, for which `zpool import` passes them over; `zhack label repair -u` gives the txg back.
 */
export async function detachedDevices({ pool, options, judgeWith }: Gathered): Promise<Detached> {
  const found = new Map<DeviceSurvey, DeviceSurvey>();
  for (const device of pool.devices) {
    const kept = keptUberblock(device);
    if (kept !== null) found.set(device, undetached(device, kept));
  }
  const each = [...found.keys()].slice(0, MOST).map((device) => [device]);
  for (const devices of each.length > 1 ? [[...found.keys()], ...each] : each) {
    const repaired = devices.flatMap((device) => found.get(device) ?? []);
    const part = await judgeWith([...besides(pool, devices), ...repaired]);
    const opens = firstThatImports(part?.candidates ?? []);
    if (part === null || opens === undefined) continue;
    const origin = new Map(
      devices.flatMap((device) => {
        const as = found.get(device);
        return as === undefined ? [] : [[as, device] as const];
      }),
    );
    const way = wayOf(part, opens, origin, 'txg', options);
    return {
      findings: [...found.keys()].map((device) => findingOf(device, opens, devices.includes(device))),
      ways: [way],
    };
  }
  return { findings: [...found.keys()].map((device) => findingOf(device, null, false)), ways: [] };
}

/** Members of other top-level vdevs than those of `devices`: beside a newer label of its own vdev none of them counts. */
function besides({ root }: Pool, devices: readonly DeviceSurvey[]): DeviceSurvey[] {
  const tops = new Set(devices.map(({ config }) => config?.topGuid));
  return (root?.children ?? [])
    .filter(({ config: { guid } }) => !tops.has(guid))
    .flatMap((top) => [...leavesOf(top)].flatMap(({ device }) => device ?? []));
}

function findingOf(device: DeviceSurvey, opens: JudgedCandidate | null, used: boolean): Finding {
  const kept = keptUberblock(device);
  const left = kept === null ? null : { txg: keptTxg(kept), time: kept.timestamp };
  const values = { device: device.source.name, left, leads: opens !== null && used };
  return { code: 'detached-device', severity: 'warning', values, devices: [device] };
}

/** The labels of a leg from before a fault do not have it. */
const saysFaulted = ({ labels }: DeviceSurvey): boolean =>
  labels.some(({ config }) =>
    config?.vdevTree == null ? false : [...leavesBelow(config.vdevTree)].some((leaf) => keptState(leaf) === 'faulted'),
  );

/**
 * Looks at what imports once a forced fault is gone from the labels: where it closes a vdev that nothing replaces, and
 * that OpenZFS does not do without, no setting helps.
 */
export async function withoutForcedFaults({ pool, options, judgeWith }: Gathered): Promise<WayOut | null> {
  const edited = new Map<DeviceSurvey, DeviceSurvey>();
  for (const top of pool.root?.children ?? []) {
    const leaves = [...leavesOf(top)];
    if (!leaves.some(({ config }) => keptState(config) === 'faulted')) continue;
    for (const { device } of leaves) if (device !== null && saysFaulted(device)) edited.set(device, unfaulted(device));
  }
  if (edited.size === 0) return null;
  const part = await judgeWith(pool.devices.map((device) => edited.get(device) ?? device));
  const opens = firstThatImports(part?.candidates ?? []);
  if (part === null || opens === undefined) return null;
  return wayOf(part, opens, new Map([...edited].map(([device, as]) => [as, device])), 'fault', options);
}

/** @param origin by a device with its labels repaired, the device as it is */
function wayOf(
  { pool, candidates }: PoolJudgement,
  { candidate: { txg }, prediction: { verdict }, logMissing, counts, devices }: JudgedCandidate,
  origin: ReadonlyMap<DeviceSurvey, DeviceSurvey>,
  repair: 'txg' | 'fault',
  { placeOf, ambiguousName = false }: Gathered['options'],
): WayOut {
  const given = devices ?? pool.devices;
  const copies = given.flatMap((device) => {
    const from = origin.get(device);
    const place = from === undefined ? null : placeOf(from);
    return place === null ? [] : [{ device, place, copy: `${STORE}/${place.name}` }];
  });
  const lies = (device: DeviceSurvey) => {
    const copied = copies.find((each) => each.device === device);
    return copied === undefined ? placeOf(device) : wholePlace(copied.copy, 'file', copied.place.name);
  };
  const commands = importCommands(pool, txg, given, {
    placeOf: lies,
    ambiguousName,
    logMissing: logMissing ?? false,
    verdict,
  });
  const newest = rangeOf(candidates.map(({ candidate }) => candidate.txg)).newest ?? txg;
  const plan = { pool, placeOf: lies, commands, devices: given, parameters: [], verdict, txg, newest };
  const { steps, ...how } = waySteps(plan);
  const repairs = copies.map(({ place, copy }) => ({ kind: 'copy' as const, place, path: copy, copy }));
  return {
    kind: repair === 'txg' ? 'repaired-labels' : 'edited-labels',
    txg,
    parameters: [],
    ...how,
    steps: steps.length === 0 ? [] : [{ kind: 'repair-labels', repair, showings: repairs }, ...steps],
    verdict,
    risks: ['later-state-lost'],
    tops: [],
    devices: given.map((device) => origin.get(device) ?? device),
    metadataErrors: counts?.metadataErrors ?? null,
  };
}
