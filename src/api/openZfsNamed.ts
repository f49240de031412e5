import { UsageError } from '../bytes/errors.ts';
import { JUDGED_AS, type OpenZfs, openZfsOf } from '../load/openzfs.ts';
import { LINES } from '../load/releases.ts';

/**
 * The OpenZFS of that name; the one that verdicts speak for where there is none.
 *
 * @throws UsageError when pools are not judged for it
 */
export function openZfsNamed(release: string | undefined): OpenZfs {
  if (release === undefined) return JUDGED_AS;
  const found = openZfsOf(release);
  if (found !== null) return found;
  throw new UsageError(`zfs: expected ${LINES.join(', ')}, or one release of these such as 2.3.9; found '${release}'`);
}
