import { FormatError } from '../bytes/errors.ts';
import { lastPart, type Sibling, type Siblings } from '../source/images/siblings.ts';
import { type FileSource, openFileSource } from './fileSource.ts';
import type { HandlePool } from './handlePool.ts';

/** Paths by their last part. */
export type PathsByName = ReadonlyMap<string, readonly string[]>;

export function pathsByName(paths: readonly string[]): PathsByName {
  const found = new Map<string, string[]>();
  for (const path of paths) found.set(lastPart(path), [...(found.get(lastPart(path)) ?? []), path]);
  return found;
}

/** Files in a chain of parents. Source: QEMU has no limit; people's chains have some ten. */
const LONGEST_CHAIN = 64;

/** The files that one source turned out to be made of besides the one that was named. */
export interface FolderSiblings extends Siblings {
  readonly opened: readonly FileSource[];
  close(): Promise<void>;
}

/**
 * Looks in the folder of `path`, and first among the files that the user gave. What an image names is a name and no path:
 * it leads to no other folder, to no device, and to no file that is in the chain already.
 *
 * @param file the image itself
 * @param given the user's files
 */
export function siblingsOf(pool: HandlePool, file: FileSource, given: PathsByName): FolderSiblings {
  const opened = new Map<string, FileSource>();

  const open = async (path: string): Promise<FileSource | null> => {
    const known = opened.get(path);
    if (known !== undefined) return known;
    const status = await pool.host.stat(path).catch(() => null);
    if (status === null || !status.isFile()) return null;
    const found = await openFileSource(path, pool);
    opened.set(path, found);
    return found;
  };

  const from = (image: FileSource, chain: readonly string[]): Siblings => ({
    async find(name): Promise<Sibling | null> {
      const base = lastPart(name);
      if (base === '' || base === '.' || base === '..') return null;
      const folder = image.name.slice(0, image.name.length - lastPart(image.name).length);
      for (const path of [...(given.get(base) ?? []), `${folder}${base}`]) {
        const found = await open(path);
        if (found === null) continue;
        if (chain.includes(found.disk) || chain.length >= LONGEST_CHAIN) {
          const place = { source: image.name, offset: 0, path: ['parent'] };
          const expected = `a chain of up to ${LONGEST_CHAIN} files, each once`;
          throw new FormatError('format-nesting', 'chain of images', expected, found.name, place);
        }
        return { source: found, siblings: from(found, [...chain, found.disk]) };
      }
      return null;
    },
  });

  return {
    ...from(file, [file.disk]),
    get opened() {
      return [...opened.values()];
    },
    async close() {
      for (const each of opened.values()) await each.close();
    },
  };
}
