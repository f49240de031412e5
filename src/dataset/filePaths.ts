import type { WalkOptions } from './block.ts';
import type { Files } from './files.ts';
import { PathTree } from './pathTree.ts';

/**
 * Paths of many files from the root of their filesystem. Each directory above them is read once, however many of its
 * files are asked for.
 *
 * A file whose path cannot be told is left out: deleted and still open, its directory damaged, no file at all. Raw text.
 *
 * @param options.onTrouble takes what could not be read
 * @throws the reason of `options.signal`
 */
export async function filePaths(
  files: Files,
  ids: Iterable<bigint>,
  options: WalkOptions = {},
): Promise<ReadonlyMap<bigint, string>> {
  const asked = [...new Set(ids)];
  const tree = await PathTree.read(files, asked, options);
  const paths = new Map<bigint, string>();
  for (const id of asked) {
    const { text, whole } = tree.path(id);
    if (whole) paths.set(id, text);
  }
  return paths;
}
