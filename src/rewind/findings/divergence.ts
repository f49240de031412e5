import type { Txg } from '../../bytes/units.ts';
import { type Candidate, carriers } from '../../load/candidates.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';

/** Devices that went on without each other: different uberblocks for the same txg. */
export interface Divergence {
  /** The oldest txg that is told in two ways. */
  readonly first: Txg;
  /** The branch of each telling, by the devices that carry it. */
  readonly branches: readonly (readonly DeviceSurvey[])[];
}

/** Some device of `branch` carries the candidate. */
export function isOn(candidate: Candidate, branch: readonly DeviceSurvey[]): boolean {
  const on = carriers(candidate);
  return branch.some((device) => on.has(device));
}

/** Asked for again with each of the candidates. */
const KNOWN = new WeakMap<readonly Candidate[], Divergence | null>();

/** Where the histories of a pool part; null when it has one. */
export function divergenceOf(candidates: readonly Candidate[]): Divergence | null {
  const known = KNOWN.get(candidates);
  if (known !== undefined) return known;
  const found = findDivergence(candidates);
  KNOWN.set(candidates, found);
  return found;
}

function findDivergence(candidates: readonly Candidate[]): Divergence | null {
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
