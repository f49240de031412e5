import { FormatError } from '../bytes/errors.ts';
import { lastPart, type Sibling, type Siblings } from '../source/images/siblings.ts';
import type { FileSource } from './fileSource.ts';
import type { Target } from './target.ts';

/** A file that the user gave: by its path, or without one. */
export interface GivenFile {
  readonly path: string;
  readonly reached: Target['reached'];
}

/**
 * A file that an image is made of besides; null where there is none.
 *
 * @param byUser whether the user gave it; else an image names it, and it must be a regular file of the folder, no link out of it
 */
export type Beside = (file: GivenFile, byUser: boolean) => Promise<FileSource | null>;

/** By the last part of their paths. */
export type GivenFiles = ReadonlyMap<string, readonly GivenFile[]>;

export function givenFiles(files: readonly GivenFile[]): GivenFiles {
  const found = new Map<string, GivenFile[]>();
  for (const file of files) {
    // What is left out of an address is no part of the file's name.
    const name = lastPart(file.path.replace(file.reached === null ? '' : /\?.*$/s, ''));
    found.set(name, [...(found.get(name) ?? []), file]);
  }
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
export function siblingsOf(beside: Beside, file: FileSource, given: GivenFiles): FolderSiblings {
  const opened = new Map<string | NonNullable<Target['reached']>, FileSource>();

  const open = async ({ path, reached }: GivenFile, byUser: boolean): Promise<FileSource | null> => {
    const known = opened.get(reached ?? path);
    if (known !== undefined) return known;
    const found = await beside({ path, reached }, byUser);
    if (found !== null) opened.set(reached ?? path, found);
    return found;
  };

  const from = (image: FileSource, chain: readonly string[]): Siblings => ({
    async find(name): Promise<Sibling | null> {
      const base = lastPart(name);
      if (base === '' || base === '.' || base === '..') return null;
      const folder = image.name.slice(0, image.name.length - lastPart(image.name).length);
      // What has no path has no folder either.
      const inFolder = image.origin === 'path' ? [{ path: `${folder}${base}`, reached: null }] : [];
      const sameName = given.get(base) ?? [];
      // A map is named by its path, and others may be called the same.
      const byUser = [...sameName.filter(({ path }) => path === name), ...sameName.filter(({ path }) => path !== name)];
      for (const each of [...byUser, ...inFolder]) {
        const found = await open(each, byUser.includes(each));
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
