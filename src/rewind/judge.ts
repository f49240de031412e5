import type { Pool } from '../pool/pool.ts';
import type { DeviceSurvey } from '../pool/survey.ts';
import type { Candidate } from './candidates.ts';
import { FIRST_STEPS, type LoadState } from './loadSteps.ts';
import { type Prediction, predict } from './predict.ts';
import type { RootCheck } from './rootCheck.ts';

/** A candidate with all that was found out about it. */
export interface Judged {
  readonly candidate: Candidate;
  readonly root: RootCheck;
  readonly prediction: Prediction;
  /** Devices to give to `zpool import` so that it takes this candidate; null when no choice does it. */
  readonly devices: readonly DeviceSurvey[] | null;
}

/**
 * Judges every candidate on the evidence, each for itself: whether a txg opens says nothing about its neighbours.
 *
 * @param all candidates of `pool`
 * @param asked those of `all` to judge; the result keeps their order
 * @param rootOf what became of the candidate's root block
 */
export async function judgeCandidates(
  pool: Pool,
  all: readonly Candidate[],
  asked: readonly Candidate[],
  rootOf: (candidate: Candidate) => RootCheck,
): Promise<Judged[]> {
  const newest = all.find(({ taken }) => taken) ?? null;
  const judged: Judged[] = [];
  for (const candidate of asked) {
    const root = rootOf(candidate);
    const devices = devicesFor(candidate, all, pool);
    const state: LoadState = { pool, candidate, newest, devices, root };
    const prediction = await predict(state, FIRST_STEPS, false);
    judged.push({ candidate, root, devices, prediction: explain(prediction, state) });
  }
  return judged;
}

/**
 * All devices of the pool where the candidate is the one that is taken. Else those that do not carry what would be
 * taken in its place: the legs of its own branch after a split brain.
 */
function devicesFor(candidate: Candidate, all: readonly Candidate[], pool: Pool): readonly DeviceSurvey[] | null {
  if (candidate.taken) return pool.devices;
  const rivals = new Set<DeviceSurvey>();
  for (const other of all) {
    if (other === candidate) break;
    if (other.txg !== candidate.txg) continue;
    for (const { device } of [...other.copies, ...other.heartbeats]) rivals.add(device);
  }
  const devices = pool.devices.filter((device) => !rivals.has(device));
  const carried = candidate.copies.some(({ device }) => devices.includes(device));
  return carried ? devices : null;
}

/** Says of a verdict that is still open what was looked at and what was not. */
function explain(prediction: Prediction, { root, candidate, devices, pool }: LoadState): Prediction {
  const reasons = [...prediction.reasons];
  if (prediction.verdict === 'unverified' && root.state === 'reads') {
    const good = root.attempts.filter(({ outcome }) => outcome === 'good').length;
    const rebuilt = root.attempts.some(({ outcome }) => outcome === 'rebuilt');
    const looked = root.attempts.length;
    const where = rebuilt
      ? 'rebuilt from redundancy'
      : `on ${good} of ${looked} ${looked === 1 ? 'place' : 'places'} looked at`;
    reasons.push(`root block reads ${where}; nothing below it was checked at this depth`);
  }
  if (!candidate.taken && devices !== null && devices.length < pool.devices.length) {
    const names = devices.map(({ source }) => source.name).join(', ');
    reasons.push(
      `with all devices another uberblock of txg ${candidate.txg} is taken: the commands give only ${names}`,
    );
  }
  return { ...prediction, reasons };
}
