import type { Candidate } from '../../load/candidates.ts';
import type { ImportPlace } from '../../rewind/importPlace.ts';
import type { Showing } from '../../rewind/showing.ts';

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
  const specs = showings.map(({ place }) => specOf(place));
  if (specs.length === 0 || specs.includes(null)) return null;
  const which = checkpoint === null ? ['--txg', txg.toString()] : ['--checkpoint'];
  return ['zfs-uber', 'verify', ...which, ...new Set(specs.flatMap((spec) => spec ?? []))];
}

/** What zfs-uber reads a vdev from: it opens images itself. */
function specOf({ path, part, image }: ImportPlace): string | null {
  const file = image?.path ?? path;
  // What is in it zfs-uber finds again.
  if (image !== null && image.snapshot !== null) return `${file}#snapshot=${image.snapshot}`;
  if (part === null) return file;
  return part.start < 0 ? null : `${file}@${part.start}+${part.size}`;
}
