import { UsageError } from '../../bytes/errors.ts';

/** What a txg must have to be gone back to. */
export interface Need {
  /** As it was asked for. */
  readonly text: string;
  /** `tank/home` or `tank/home@monday`. */
  readonly dataset: string;
  /** Names of directories and file from the root of the filesystem; null when the whole dataset is wanted. */
  readonly path: readonly string[] | null;
}

/**
 * `tank/data`, `tank/data@s1`, `tank/data:/path`, `tank/data@s1:/path`. A snapshot's name has no slash, so
 * `tank/data@s1/path` says the same as the last.
 *
 * @throws UsageError when it is none of these
 */
export function parseNeed(text: string): Need {
  const colon = text.indexOf(':/');
  const head = colon < 0 ? text : text.slice(0, colon);
  const at = head.indexOf('@');
  const slash = at < 0 ? -1 : head.indexOf('/', at);
  const dataset = slash < 0 ? head : head.slice(0, slash);
  const rest = colon >= 0 ? text.slice(colon + 1) : slash < 0 ? null : head.slice(slash);
  const path = rest === null ? null : rest.split('/').filter((step) => step !== '' && step !== '.');
  // A path into the path is none: `tank@a/b:/c`.
  const wrong = !isName(dataset) || (colon >= 0 && slash >= 0) || (path?.includes('..') ?? false);
  if (wrong) {
    throw new UsageError(`expected DATASET[@SNAPSHOT][:/PATH], such as tank/data@monday:/file; found '${text}'`);
  }
  return { text, dataset, path };
}

/** Source: module/zcommon/zfs_namecheck.c, entity_namecheck */
const isName = (name: string): boolean => /^[^/@#]+(\/[^/@#]+)*(@[^/@#]+)?$/.test(name);
