import { leavesOf, vdevName } from '../../pool/vdevHealth.ts';
import type { Branch } from '../facts/branchFacts.ts';
import { newestOn } from '../stoppedTops.ts';
import { divergenceOf, isOn } from './divergence.ts';
import type { Evidence, Finding } from './finding.ts';
import { stateAt } from './values/named.ts';

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
    const known = facts?.branches.find(({ devices }) => devices.some((device) => branch.includes(device)));
    return {
      devices: branch.map(({ source }) => source.name),
      newest: newest === undefined ? null : stateAt(newest.uberblock),
      only: known === undefined ? null : onlyIn(known, facts?.branches ?? []),
    };
  });
  return [
    {
      code: 'history-diverged',
      severity: 'error',
      values: { common: common === undefined ? null : stateAt(common.uberblock), branches: told },
      devices: branches.flat(),
    },
  ];
}

/** Datasets and snapshots that only this branch has; null where they cannot be compared. */
function onlyIn(branch: Branch, all: readonly Branch[]): string[] | null {
  const others = all.filter((each) => each !== branch);
  if (branch.names === null || others.length === 0) return null;
  const elsewhere = new Set<bigint>();
  for (const { names } of others) {
    if (names === null) return null;
    for (const guid of names.keys()) elsewhere.add(guid);
  }
  return [...branch.names].flatMap(([guid, name]) => (elsewhere.has(guid) ? [] : [name]));
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
    const [last, others] =
      passed === undefined || passed.newest.txg <= ahead.newest.txg
        ? ([ahead.newest, 'siblings'] as const)
        : ([passed.newest, 'pool'] as const);
    return legs
      .filter(({ device, newest }) => newest.txg < last.txg && !diverged.has(device))
      .map(({ leaf, device, newest }): Finding => {
        const behind = candidates.filter(({ txg }) => txg > newest.txg).length;
        return {
          code: 'leg-stale',
          severity: 'warning',
          values: {
            device: device.source.name,
            vdev: vdevName(leaf),
            stopped: stateAt(newest),
            newest: stateAt(last),
            others,
            behind,
          },
          devices: [device],
        };
      });
  });
}
