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
  const specs = showings.map(({ place }) => specsOf(place));
  if (specs.length === 0 || specs.includes(null)) return null;
  const which = checkpoint === null ? ['--txg', txg.toString()] : ['--checkpoint'];
  return ['zfs-uber', 'verify', ...which, ...new Set(specs.flatMap((spec) => spec ?? []))];
}

/** What zfs-uber reads a vdev from: it opens images itself, and finds the further pieces of one. */
function specsOf({ path, part, image }: ImportPlace): readonly string[] | null {
  const file = image?.path ?? path;
  if (part !== null && part.start < 0) return null;
  // What is in a snapshot zfs-uber finds again.
  const snapshot = image?.snapshot ?? null;
  const place = part === null ? '' : `@${part.start}+${part.size}`;
  const spec = `${file}${snapshot === null ? place : `#snapshot=${snapshot}`}`;
  if (image === null || image.shards === null) return [spec];
  const folders = image.shards.globs.map((glob) => glob.replace(/\/[^/]*$/, ''));
  return [[spec, ...folders].join('?shards='), ...image.pieces];
}
