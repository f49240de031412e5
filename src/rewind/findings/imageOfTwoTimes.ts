import type { Candidate } from '../../load/candidates.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import type { Evidence, Finding } from './finding.ts';
import { ownStates } from './timeJumps.ts';

/** A device of which one end has uberblocks that the other end was never written with. */
export interface TwoTimes {
  readonly device: DeviceSurvey;
  /** Where the newer ones are: labels 0 and 1, or 2 and 3. */
  readonly newerEnd: 'front' | 'rear';
  /** On the newer end alone, newer than all of the other end. Newest first. */
  readonly ahead: readonly Candidate[];
  /** The newest of the other end. */
  readonly stopped: Candidate;
}

/** One may be the write that was under way when the power went. */
const ENOUGH = 2;

/**
 * Devices whose labels 0 and 1 tell of another time than labels 2 and 3. OpenZFS writes an uberblock to all four in one
 * go, so both ends have the same ones but for the last.
 *
 * @param candidates newest first
 * Source: module/zfs/vdev_label.c, vdev_uberblock_sync
 */
export function devicesOfTwoTimes({ pool, candidates }: Pick<Evidence, 'pool' | 'candidates'>): TwoTimes[] {
  const states = ownStates(pool, candidates);
  return pool.devices.flatMap((device): TwoTimes[] => {
    const own = (states.get(device) ?? []).map(({ candidate, labels }) => ({
      ...{ candidate, front: labels.some((label) => label < 2), rear: labels.some((label) => label >= 2) },
    }));
    const front = own.find((each) => each.front);
    const rear = own.find((each) => each.rear);
    if (front === undefined || rear === undefined || front === rear) return [];
    const newerEnd = own.indexOf(front) < own.indexOf(rear) ? 'front' : 'rear';
    const stopped = newerEnd === 'front' ? rear : front;
    const ahead = own.slice(0, own.indexOf(stopped)).map(({ candidate }) => candidate);
    return ahead.length < ENOUGH ? [] : [{ device, newerEnd, ahead, stopped: stopped.candidate }];
  });
}

/** A copy that was made while the pool was written to, or of which one end was put back. */
export function imagesOfTwoTimes(evidence: Evidence): Finding[] {
  const newest = evidence.judged.find(({ candidate }) => candidate.taken);
  return devicesOfTwoTimes(evidence).flatMap(({ device, newerEnd, ahead, stopped }): Finding[] => {
    const [first, last] = [ahead[0], ahead.at(-1)];
    if (first === undefined || last === undefined) return [];
    const fails = newest?.prediction.verdict !== 'importable' && first === newest?.candidate;
    return [
      {
        code: 'image-of-two-times',
        severity: fails ? 'error' : 'warning',
        values: {
          device: device.source.name,
          newerEnd,
          newest: { txg: first.txg, time: first.uberblock.timestamp },
          oldest: last.txg,
          stopped: { txg: stopped.txg, time: stopped.uberblock.timestamp },
          ahead: ahead.length,
        },
        devices: [device],
      },
    ];
  });
}
