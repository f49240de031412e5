import type { Candidate } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { UberblockCopy } from '../../pool/uberblockCopies.ts';
import { carriers } from './divergence.ts';

/** States of one device of which higher txgs are older by the clock. */
export interface TimeJump {
  /** All that tell the same. */
  readonly devices: readonly DeviceSurvey[];
  /** Some lower txg was written later by the clock. Ascending. */
  readonly behind: readonly Candidate[];
  /** Later by the clock than all of `behind`, and of a txg below the highest of them. Ascending, never empty. */
  readonly ahead: readonly Candidate[];
  /** Of the same second as the last of `ahead`, and of higher txgs: of which line they are the clock does not tell. */
  readonly tied: readonly Candidate[];
  /** The device has states from before `ahead`. */
  readonly hasCommonPast: boolean;
}

/** Where times go back while txgs go up: after a rewind, or when the writer's clock was set back. */
export function timeJumps(pool: Pool, candidates: readonly Candidate[]): TimeJump[] {
  const jumps: TimeJump[] = [];
  for (const device of new Set(candidates.flatMap((candidate) => [...carriers(candidate)]))) {
    const jump = jumpOf(
      device,
      candidates.filter(({ copies }) => copies.some((copy) => copy.device === device && isOwn(pool, copy))),
    );
    if (jump === null) continue;
    const same = jumps.findIndex(({ behind }) => sameCandidates(behind, jump.behind));
    const known = jumps[same];
    if (known === undefined) jumps.push(jump);
    else jumps[same] = { ...known, devices: [...known.devices, device] };
  }
  return jumps;
}

/** Not in a label of another pool, whose ring tells another story. */
export function isOwn({ guid }: Pool, { device, label }: UberblockCopy): boolean {
  const named = device.labels[label]?.config?.poolGuid ?? null;
  return named === null || named === guid;
}

function jumpOf(device: DeviceSurvey, newestFirst: readonly Candidate[]): TimeJump | null {
  const ascending = [...newestFirst].reverse();
  const behind: Candidate[] = [];
  let latest = 0n;
  for (const candidate of ascending) {
    const { timestamp } = candidate.uberblock;
    if (timestamp < latest) behind.push(candidate);
    else if (!isRewritten(candidate)) latest = timestamp;
  }
  const last = behind.at(-1);
  if (last === undefined) return null;
  const left = new Set(behind);
  const others = ascending.filter((candidate) => !left.has(candidate));
  const isLater = ({ uberblock }: Candidate): boolean =>
    behind.every((each) => uberblock.timestamp > each.uberblock.timestamp);
  const ahead = others.filter((candidate) => candidate.txg < last.txg && isLater(candidate));
  const end = ahead.at(-1);
  if (end === undefined) return null;
  const tied = others.filter(
    ({ txg, uberblock: { timestamp } }) => txg > end.txg && timestamp === end.uberblock.timestamp,
  );
  return { devices: [device], behind, ahead, tied, hasCommonPast: others[0] !== ahead[0] };
}

/**
 * While a raidz grows, the uberblock of a txg that was synced is written again with what was moved since, and with the
 * time of that: later than the txg that follows.
 *
 * Source: module/zfs/vdev_raidz.c, raidz_reflow_scratch_sync and vdev_raidz_reflow_copy_scratch
 */
const isRewritten = ({ uberblock: { raidzReflow } }: Candidate): boolean =>
  raidzReflow.offset !== 0n || raidzReflow.state !== 0;

const sameCandidates = (a: readonly Candidate[], b: readonly Candidate[]): boolean =>
  a.length === b.length && a.every((candidate, i) => candidate === b[i]);
