import type { Candidate } from '../../load/candidates.ts';
import type { Showing } from '../../rewind/showing.ts';
import { sourceSpecs } from './placeLines.ts';

/**
 * `zfs-uber verify` of one state of a pool: it reads everything, and names files that are damaged.
 *
 * @param showings of the devices that the state is loaded from
 * @returns null when there are none, and where one has no front that a path leads to
 */
export function verifyCommand(
  showings: readonly Showing[],
  { txg, checkpoint }: Pick<Candidate, 'txg' | 'checkpoint'>,
): string[] | null {
  const specs = showings.map(({ place }) => (place.part !== null && place.part.start < 0 ? null : sourceSpecs(place)));
  if (specs.length === 0 || specs.includes(null)) return null;
  const which = checkpoint === null ? ['--txg', txg.toString()] : ['--checkpoint'];
  return ['zfs-uber', 'verify', ...which, ...new Set(specs.flatMap((spec) => spec ?? []))];
}
