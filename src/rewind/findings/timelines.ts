import type { Txg } from '../../bytes/units.ts';
import type { Uberblock } from '../../format/uberblock.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { uberblockCopies } from '../../pool/uberblockCopies.ts';
import { leavesOf, vdevName } from '../../pool/vdevHealth.ts';
import type { Branch } from '../facts/branchFacts.ts';
import { divergenceOf, isOn } from './divergence.ts';
import { count, type Evidence, type Finding, list, span, time } from './finding.ts';

/** The last txg that the branches share, how far each went on alone, and what each has that the others have not. */
export function divergedHistory({ candidates, facts }: Evidence): Finding[] {
  const divergence = divergenceOf(candidates);
  if (divergence === null) return [];
  const { first, branches } = divergence;
  const common = candidates.find(
    (candidate) => candidate.txg < first && branches.every((branch) => isOn(candidate, branch)),
  );
  const told = branches.map((branch) => {
    const newest = candidates.find((candidate) => isOn(candidate, branch));
    const names = branch.map(({ source }) => source.name).join(', ');
    if (newest === undefined) return names;
    const known = facts?.branches.find(({ devices }) => devices.some((device) => branch.includes(device)));
    const own = known === undefined ? '' : onlyIn(known, facts?.branches ?? []);
    return `${names} up to txg ${newest.txg} of ${time(newest.uberblock.timestamp)}${own}`;
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

/** Datasets and snapshots that only this branch has; empty where they cannot be compared. */
function onlyIn(branch: Branch, all: readonly Branch[]): string {
  const others = all.filter((each) => each !== branch);
  if (branch.names === null || others.length === 0) return '';
  const elsewhere = new Set<bigint>();
  for (const { names } of others) {
    if (names === null) return '';
    for (const guid of names.keys()) elsewhere.add(guid);
  }
  const own = [...branch.names].flatMap(([guid, name]) => (elsewhere.has(guid) ? [] : [name]));
  return own.length === 0 ? ', no dataset or snapshot of its own' : `, alone with ${list(own, 4)}`;
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
