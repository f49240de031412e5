import type { Txg } from '../../bytes/units.ts';
import type { Uberblock } from '../../format/uberblock.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { uberblockCopies } from '../../pool/uberblockCopies.ts';
import { leavesOf, vdevName } from '../../pool/vdevHealth.ts';
import type { Candidate } from '../candidates.ts';
import { count, type Evidence, type Finding, list, span, time } from './finding.ts';

/** Two devices that went on without each other: different uberblocks for the same txg. */
interface Divergence {
  /** The oldest txg that is told in two ways. */
  readonly first: Txg;
  /** The branch of each telling, by the devices that carry it. */
  readonly branches: readonly (readonly DeviceSurvey[])[];
}

const carriers = ({ copies, heartbeats }: Candidate): Set<DeviceSurvey> =>
  new Set([...copies, ...heartbeats].map(({ device }) => device));

function divergenceOf(candidates: readonly Candidate[]): Divergence | null {
  const byTxg = new Map<Txg, Candidate[]>();
  for (const candidate of candidates) byTxg.set(candidate.txg, [...(byTxg.get(candidate.txg) ?? []), candidate]);
  let found: Divergence | null = null;
  for (const [txg, tellings] of byTxg) {
    if (tellings.length < 2 || (found !== null && found.first <= txg)) continue;
    const branches = tellings.map((each) => [...carriers(each)]);
    const all = branches.flat();
    // One device with two tellings did not part from another: it was itself rewound.
    if (new Set(all).size === all.length) found = { first: txg, branches };
  }
  return found;
}

/** The last txg that the branches share, and how far each went on alone. */
export function divergedHistory({ candidates }: Evidence): Finding[] {
  const divergence = divergenceOf(candidates);
  if (divergence === null) return [];
  const { first, branches } = divergence;
  const common = candidates.find((candidate) => {
    const on = carriers(candidate);
    return candidate.txg < first && branches.every((branch) => branch.some((device) => on.has(device)));
  });
  const told = branches.map((branch) => {
    const newest = candidates.find((candidate) => branch.some((device) => carriers(candidate).has(device)));
    const names = branch.map(({ source }) => source.name).join(', ');
    return newest === undefined ? names : `${names} up to txg ${newest.txg} of ${time(newest.uberblock.timestamp)}`;
  });
  const shared =
    common === undefined
      ? 'No txg is shared any more'
      : `The last txg they share is ${common.txg} of ${time(common.uberblock.timestamp)}`;
  return [
    {
      code: 'history-diverged',
      severity: 'error',
      message: `The devices went on without each other and hold different states for the same txg. ${shared}; then ${told.join('; ')}. Decide which branch to keep before importing with all devices.`,
      devices: branches.flat(),
    },
  ];
}

/** Every leaf of a top-level vdev gets the same txgs; one that has not stopped earlier. */
export function staleLegs({ pool, candidates }: Evidence): Finding[] {
  const diverged = new Set(divergenceOf(candidates)?.branches.flat());
  return (pool.root?.children ?? []).flatMap((top) => {
    const legs = [...leavesOf(top)].flatMap((leaf) => {
      const newest = leaf.device === null ? null : newestOn(leaf.device);
      return leaf.device === null || newest === null ? [] : [{ leaf, device: leaf.device, newest }];
    });
    const ahead = legs.reduce<(typeof legs)[number] | null>(
      (best, leg) => (best === null || leg.newest.txg > best.newest.txg ? leg : best),
      null,
    );
    if (ahead === null) return [];
    return legs
      .filter(({ device, newest }) => newest.txg < ahead.newest.txg && !diverged.has(device))
      .map(({ leaf, device, newest }): Finding => {
        const behind = candidates.filter(({ txg }) => txg > newest.txg).length;
        return {
          code: 'leg-stale',
          severity: 'warning',
          message: `${device.source.name} (${vdevName(leaf)}) stopped at txg ${newest.txg} of ${time(newest.timestamp)}; its siblings go on to txg ${ahead.newest.txg}, ${span(ahead.newest.timestamp - newest.timestamp)} and ${count(behind, 'uberblock')} later.`,
          devices: [device],
        };
      });
  });
}

function newestOn(device: DeviceSurvey): Uberblock | null {
  let newest: Uberblock | null = null;
  for (const { uberblock } of uberblockCopies(device)) {
    if (newest === null || uberblock.txg > newest.txg) newest = uberblock;
  }
  return newest;
}

/**
 * Times that go back while txgs go up on one device. After a rewind the txgs start again from where it went, so the
 * newer ones of before stay with an older time: then the import has also rewritten the labels, in a txg of the new run.
 * Otherwise the writer's clock was set back.
 */
export function timeGoingBack({ pool }: Evidence): Finding[] {
  const findings: Finding[] = [];
  for (const device of pool.devices) {
    const history = historyOf(device);
    const drop = history.findIndex((each, i) => i > 0 && each.timestamp < (history[i - 1]?.timestamp ?? 0n));
    const [before, after] = [history[drop - 1], history[drop]];
    if (before === undefined || after === undefined) continue;
    const live = history.slice(0, drop).filter(({ timestamp }) => timestamp > after.timestamp);
    const left = history.slice(drop);
    const abandoned = live[0] !== undefined && rewroteLabels(pool, live[0].txg, before.txg);
    findings.push({
      code: abandoned ? 'abandoned-timeline' : 'clock-anomaly',
      severity: 'warning',
      message: abandoned
        ? `${device.source.name}: txg ${list(left.map(({ txg }) => txg))} remain from before a rewind; the pool went on at txg ${live[0]?.txg} to ${before.txg}, until ${time(before.timestamp)}. A later import takes the highest txg and with it the abandoned state.`
        : `${device.source.name}: the clock went back: txg ${before.txg} is of ${time(before.timestamp)}, the later txg ${after.txg} of ${time(after.timestamp)}. Times in the table are the writer's.`,
      devices: [device],
    });
  }
  return findings;
}

const rewroteLabels = ({ configTxg }: Pool, from: Txg, to: Txg): boolean =>
  configTxg !== null && configTxg >= from && configTxg <= to;

/** What a device was synced with, by txg and time; heartbeats sync nothing. */
function historyOf(device: DeviceSurvey): Uberblock[] {
  const syncs = new Map<string, Uberblock>();
  for (const { uberblock, heartbeat } of uberblockCopies(device)) {
    if (!heartbeat) syncs.set(`${uberblock.txg} ${uberblock.timestamp}`, uberblock);
  }
  return [...syncs.values()].sort((a, b) => Number(a.txg - b.txg) || Number(a.timestamp - b.timestamp));
}
