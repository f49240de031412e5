import type { Candidate } from '../../load/candidates.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { count, type Evidence, type Finding, span } from './finding.ts';
import { isOwn } from './timeJumps.ts';

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
  return pool.devices.flatMap((device): TwoTimes[] => {
    const own = candidates.flatMap((candidate) => {
      const labels = candidate.copies.flatMap((copy) =>
        copy.device === device && isOwn(pool, copy) ? [copy.label] : [],
      );
      if (labels.length === 0) return [];
      return [{ candidate, front: labels.some((label) => label < 2), rear: labels.some((label) => label >= 2) }];
    });
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
  return devicesOfTwoTimes(evidence).map(({ device, newerEnd, ahead, stopped }): Finding => {
    const [first, last] = [ahead[0], ahead.at(-1)];
    const fails = newest?.prediction.verdict !== 'importable' && first === newest?.candidate;
    const [newer, older] = newerEnd === 'front' ? ['0 and 1', '2 and 3'] : ['2 and 3', '0 and 1'];
    const apart = first === undefined ? '' : span(first.uberblock.timestamp - stopped.uberblock.timestamp);
    const cause =
      newerEnd === 'rear'
        ? 'Likely cause: the source was copied from front to end while the pool was in use, or its front was put back from an older copy.'
        : 'Likely cause: a copy over an older one that did not come to its end, or an end that was put back or not written any more.';
    return {
      code: 'image-of-two-times',
      severity: fails ? 'error' : 'warning',
      message: `${device.source.name}: its labels ${newer} go on to txg ${first?.txg}, its labels ${older} stop at txg ${stopped.txg}, ${apart} earlier: ${count(ahead.length, 'uberblock')} (txg ${last?.txg} to ${first?.txg}) ${ahead.length === 1 ? 'is' : 'are'} at one end alone, and OpenZFS writes both ends in one go. ${cause} What lies between is of a time between. Copy it again, whole, while nothing writes to it.`,
      devices: [device],
    };
  });
}
