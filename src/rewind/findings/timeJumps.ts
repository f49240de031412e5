import type { Txg } from '../../bytes/units.ts';
import { type Candidate, carriers } from '../../load/candidates.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { UberblockCopy } from '../../pool/uberblockCopies.ts';

/** States of one device of which higher txgs are older, by the clock or by their configs. */
export interface TimeJump {
  /** All that tell the same. */
  readonly devices: readonly DeviceSurvey[];
  /** Some lower txg was written later. Ascending. */
  readonly behind: readonly Candidate[];
  /** Later than all of `behind`, and of a txg below the highest of them. Ascending, never empty. */
  readonly ahead: readonly Candidate[];
  /** Of the same second as the last of `ahead`, and of higher txgs: of which line they are the clock does not tell. */
  readonly tied: readonly Candidate[];
  /** The device has states from before `ahead`. */
  readonly hasCommonPast: boolean;
}

/** Where times go back while txgs go up: after a rewind, or when the writer's clock was set back. */
export function timeJumps(pool: Pool, candidates: readonly Candidate[]): TimeJump[] {
  return jumpsOf(pool, candidates, jumpOf);
}

/**
 * Where the configs of states go back while txgs go up, which only a rewind makes: on one line of txgs the config of a
 * later state is never older than that of an earlier one. For what the clock does not tell, as when all was within a second.
 *
 * @param configTxgs by the key of the candidate
 */
export function configJumps(
  pool: Pool,
  candidates: readonly Candidate[],
  configTxgs: ReadonlyMap<string, Txg>,
): TimeJump[] {
  return jumpsOf(pool, candidates, (device, newestFirst) => {
    const known = newestFirst.flatMap((candidate) => {
      const config = configTxgs.get(candidate.key);
      return config === undefined ? [] : [{ candidate, config }];
    });
    const ascending = known.reverse();
    const isBehind = ({ candidate, config }: (typeof known)[number]): boolean =>
      known.some((other) => other.candidate.txg < candidate.txg && other.config > config);
    const behind = ascending.filter(isBehind);
    const last = behind.at(-1);
    if (last === undefined) return null;
    const ahead = ascending.filter(
      (each) => !isBehind(each) && each.candidate.txg < last.candidate.txg && each.config > last.config,
    );
    if (ahead.length === 0) return null;
    const told = (side: typeof known) => side.map(({ candidate }) => candidate);
    return {
      ...{ devices: [device], behind: told(behind), ahead: told(ahead), tied: [] },
      hasCommonPast: ascending[0]?.candidate !== ahead[0]?.candidate,
    };
  });
}

/** @param newestFirst states that the device has in its own labels */
type JumpOn = (device: DeviceSurvey, newestFirst: readonly Candidate[]) => TimeJump | null;

function jumpsOf(pool: Pool, candidates: readonly Candidate[], jumpOn: JumpOn): TimeJump[] {
  const jumps: TimeJump[] = [];
  for (const [device, own] of ownStates(pool, candidates)) {
    const jump = jumpOn(device, statesOf(own));
    if (jump === null) continue;
    const same = jumps.findIndex(({ behind }) => sameCandidates(behind, jump.behind));
    const known = jumps[same];
    if (known === undefined) jumps.push(jump);
    else jumps[same] = { ...known, devices: [...known.devices, device] };
  }
  return jumps;
}

/** A state of a device, and in which of its labels it is. */
export interface OwnState {
  readonly candidate: Candidate;
  readonly labels: readonly number[];
}

/**
 * By device that has some of the states, those that it has in labels of the pool itself, in the order given. Hundreds of
 * disks have each in four.
 */
export function ownStates(
  pool: Pool,
  candidates: readonly Candidate[],
): ReadonlyMap<DeviceSurvey, readonly OwnState[]> {
  const states = new Map<DeviceSurvey, { candidate: Candidate; labels: number[] }[]>();
  for (const candidate of candidates) {
    for (const device of carriers(candidate)) if (!states.has(device)) states.set(device, []);
    for (const copy of candidate.copies) {
      const own = states.get(copy.device);
      if (own === undefined || !isOwn(pool, copy)) continue;
      const last = own.at(-1);
      if (last?.candidate === candidate) last.labels.push(copy.label);
      else own.push({ candidate, labels: [copy.label] });
    }
  }
  return states;
}

export const statesOf = (own: readonly OwnState[]): Candidate[] => own.map(({ candidate }) => candidate);

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
