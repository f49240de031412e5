import { leavesOf, vdevName } from '../../pool/vdevHealth.ts';
import type { Branch } from '../facts/branchFacts.ts';
import { newestOn } from '../stoppedTops.ts';
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
    return `${names} went on to txg ${newest.txg} (${time(newest.uberblock.timestamp)})${own}`;
  });
  const shared =
    common === undefined
      ? 'No txg is shared any more'
      : `The last txg they share is ${common.txg} (${time(common.uberblock.timestamp)})`;
  return [
    {
      code: 'history-diverged',
      severity: 'error',
      message: `The devices went on without each other and hold different states for the same txg. ${shared}; ${told.join('; ')}. Decide which branch to keep before importing with all devices.`,
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
  return own.length === 0 ? ', with no dataset or snapshot that only it has' : `, and only it has ${list(own, 4)}`;
}

/**
 * Every leaf of a top-level vdev gets the same txgs; one that has not stopped earlier. So did a top-level vdev whose
 * devices all lack what the others of the pool tell.
 */
export function staleLegs({ pool, candidates, stopped }: Evidence): Finding[] {
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
    const passed = stopped.find((each) => each.top === top);
    const [last, who] =
      passed === undefined || passed.newest.txg <= ahead.newest.txg
        ? [ahead.newest, 'its siblings go on']
        : [passed.newest, 'the pool went on'];
    return legs
      .filter(({ device, newest }) => newest.txg < last.txg && !diverged.has(device))
      .map(({ leaf, device, newest }): Finding => {
        const behind = candidates.filter(({ txg }) => txg > newest.txg).length;
        return {
          code: 'leg-stale',
          severity: 'warning',
          message: `${device.source.name} (${vdevName(leaf)}) stopped at txg ${newest.txg} (${time(newest.timestamp)}); ${who} to txg ${last.txg}, ${span(last.timestamp - newest.timestamp)} and ${count(behind, 'uberblock')} later.`,
          devices: [device],
        };
      });
  });
}
