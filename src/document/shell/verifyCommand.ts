import type { Candidate } from '../../load/candidates.ts';
import type { Showing } from '../../rewind/showing.ts';
import type { MayFail } from '../../source/failingMedia.ts';
import { sourceSpecs } from './placeLines.ts';

/** What a scan was asked that also changes what is said of one txg; absent for what is done where nobody asks. */
export interface AlsoAsked {
  /** The OpenZFS that is to import. */
  readonly zfs?: string;
  /** Name or guid of the pool. */
  readonly pool?: string;
  readonly mayFail?: MayFail;
}

/**
 * `zfs-uber verify` of one state of a pool: it reads everything, and names files that are damaged.
 *
 * @param showings of the devices that the state is loaded from
 * @param also what the scan was asked: how far it was to look is no part of it
 * @returns null when there are none, and where one has no front that a path leads to
 */
export function verifyCommand(
  showings: readonly Showing[],
  { txg, checkpoint }: Pick<Candidate, 'txg' | 'checkpoint'>,
  { zfs, pool, mayFail }: AlsoAsked = {},
): string[] | null {
  const specs = showings.map(({ place }) => (place.part !== null && place.part.start < 0 ? null : sourceSpecs(place)));
  if (specs.length === 0 || specs.includes(null)) return null;
  const which = checkpoint === null ? ['--txg', txg.toString()] : ['--checkpoint'];
  const also = [
    ...(zfs === undefined ? [] : ['--zfs', zfs]),
    ...(pool === undefined ? [] : ['--pool', pool]),
    ...(mayFail === undefined ? [] : ['--device-may-fail', mayFail]),
  ];
  return ['zfs-uber', 'verify', ...which, ...also, ...new Set(specs.flatMap((spec) => spec ?? []))];
}
