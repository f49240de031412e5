import { ZfsUberError } from '../../bytes/errors.ts';
import type { PoolAt } from '../../dataset/poolAt.ts';
import type { Candidate } from '../../load/candidates.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { divergenceOf, isOn } from '../findings/divergence.ts';
import type { Judged } from '../judge.ts';

/** How one of several histories of a pool ends. */
export interface Branch {
  readonly devices: readonly DeviceSurvey[];
  readonly newest: Candidate;
  /** Names of datasets and snapshots by their guid, at the newest txg that opens; null when none does. */
  readonly names: ReadonlyMap<bigint, string> | null;
}

/** Datasets and snapshots that are compared. */
const MAX_NAMES = 4096;
/** Of each branch, for one that opens. */
const TRIES = 4;

/** @param readable newest first */
export async function branchesOf(
  readable: readonly Judged[],
  viewOf: (candidate: Candidate) => Promise<PoolAt | null>,
  signal?: AbortSignal,
): Promise<Branch[]> {
  const candidates = readable.map(({ candidate }) => candidate);
  const divergence = divergenceOf(candidates);
  if (divergence === null) return [];
  const branches: Branch[] = [];
  for (const devices of divergence.branches) {
    const own = candidates.filter((candidate) => isOn(candidate, devices));
    const [newest] = own;
    if (newest === undefined) continue;
    let names: Branch['names'] = null;
    for (const candidate of own.slice(0, TRIES)) {
      const view = await viewOf(candidate);
      names = view === null ? null : await namesIn(view, signal);
      if (names !== null) break;
    }
    branches.push({ devices, newest, names });
  }
  return branches;
}

async function namesIn(view: PoolAt, signal: AbortSignal | undefined): Promise<ReadonlyMap<bigint, string> | null> {
  const names = new Map<bigint, string>();
  try {
    for await (const { name, phys } of view.datasets({ signal })) {
      names.set(phys.guid, name);
      if (names.size > MAX_NAMES) return null;
    }
    for await (const { name, phys } of view.snapshots(null, { signal })) {
      names.set(phys.guid, name);
      if (names.size > MAX_NAMES) return null;
    }
    return names;
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}
