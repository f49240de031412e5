import type { WalkOptions } from '../dataset/block.ts';
import { entryName } from '../dataset/entryName.ts';
import { ENTRY_OBJECT, type Files, XATTR_DIRECTORY } from '../dataset/files.ts';
import { orNull } from '../dataset/orNull.ts';
import { readAhead } from '../dataset/readAhead.ts';
import { Zap } from '../dataset/zap.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { type ObjectRange, ObjectRanges } from './objectRanges.ts';
import { type Link, PathTree } from './pathTree.ts';

/** Directories of one filesystem whose names are looked through. */
const MAX_DIRECTORIES = 1_000_000;
/** Files of one filesystem that are told of, and names of them. */
const MAX_TOLD = 20_000;
/** Directories read at once. */
const AT_ONCE = 8;
/** Type of a directory entry that is a directory; 0 in old filesystems, which have none. Source: include/sys/zfs_znode.h, IFTODT */
const ENTRY_DIRECTORY = 4n;

/** What is to be told of one filesystem. */
export interface Wanted {
  /** Their dnodes cannot be read. */
  readonly ranges: readonly ObjectRange[];
  /** Directories of which names are lost. */
  readonly directories: ReadonlySet<bigint>;
  /** Files of which all names are wanted. */
  readonly files: ReadonlySet<bigint>;
}

/** A file that is lost or that has lost its name. */
export interface LostFile {
  readonly object: bigint;
  /** `lost`: its dnode cannot be read. `nameless`: it reads, and its name is lost. `unlinked`: it waits for deletion. */
  readonly state: 'lost' | 'nameless' | 'unlinked';
  /** All that name it; of a nameless file what is known of its path. Raw text. */
  readonly paths: readonly string[];
  /** Null where nothing tells. */
  readonly directory: boolean | null;
  /** The directory that it says it is in; null where it does not read. */
  readonly parent: bigint | null;
}

/** Objects and directory entries that may still be looked at, in all filesystems together. */
export interface Budget {
  left: number;
}

export interface FoundFiles {
  /** Names of `files`, those that were found. */
  readonly paths: ReadonlyMap<bigint, readonly string[]>;
  readonly lost: readonly LostFile[];
  /** False where a bound ended the search: there may be more. */
  readonly complete: boolean;
}

/**
 * Finds the names of files that no longer say themselves where they are: looks through all dnodes and all directories
 * of the filesystem that read, once.
 *
 * @throws the reason of `options.signal`
 */
export async function findLostFiles(
  files: Files,
  wanted: Wanted,
  budget: Budget,
  options: Pick<WalkOptions, 'signal'> = {},
): Promise<FoundFiles> {
  const search = new Search(files, wanted, budget, options.signal);
  await search.readDnodes();
  await search.readDirectories();
  return search.result();
}

interface Hit extends Link {
  readonly id: bigint;
  readonly directory: bigint;
  readonly isDirectory: boolean;
}

class Search {
  readonly #files: Files;
  readonly #wanted: Wanted;
  readonly #ranges: ObjectRanges<ObjectRange>;
  readonly #budget: Budget;
  readonly #walk: { readonly signal: AbortSignal | undefined; readonly onTrouble: () => void };
  readonly #directories: bigint[] = [];
  /** Files that say of themselves that they are in a directory whose names are lost: that directory. */
  readonly #children = new Map<bigint, { readonly parent: bigint; readonly directory: boolean }>();
  /** Directories of extended attributes that are wanted: whose they are. */
  readonly #owners = new Map<bigint, bigint>();
  readonly #hits = new Map<bigint, Hit[]>();
  #told = 0;
  #complete = true;

  constructor(files: Files, wanted: Wanted, budget: Budget, signal: AbortSignal | undefined) {
    this.#files = files;
    this.#wanted = wanted;
    this.#ranges = new ObjectRanges(wanted.ranges);
    this.#budget = budget;
    // What does not read is why somebody asks.
    this.#walk = { signal, onTrouble: () => {} };
  }

  async readDnodes(): Promise<void> {
    for await (const object of this.#files.objset.objects(this.#walk)) {
      if (!this.#spend()) return;
      const isDirectory = object.dnode.type === OBJECT_TYPE.directory;
      if (!isDirectory && object.dnode.type !== OBJECT_TYPE.plainFile) continue;
      if (isDirectory) {
        if (this.#directories.length < MAX_DIRECTORIES) this.#directories.push(object.id);
        else this.#complete = false;
      }
      const znode = await orNull(() => this.#files.znode(object));
      if (znode === null) continue;
      const { parent, xattr } = znode;
      if (xattr !== null && this.#isWanted(xattr)) this.#owners.set(xattr, object.id);
      // The root says that it is in itself.
      const inside = parent !== null && object.id !== this.#files.root;
      const orphan = inside && (this.#wanted.directories.has(parent) || this.#isLost(parent));
      if (orphan && this.#mayTell()) this.#children.set(object.id, { parent, directory: isDirectory });
    }
  }

  async readDirectories(): Promise<void> {
    for await (const hits of readAhead(this.#directories, AT_ONCE, (id) => this.#hitsIn(id))) {
      this.#walk.signal?.throwIfAborted();
      for (const hit of hits) {
        if (!this.#mayTell()) return;
        const those = this.#hits.get(hit.id);
        if (those === undefined) this.#hits.set(hit.id, [hit]);
        else those.push(hit);
      }
    }
  }

  async result(): Promise<FoundFiles> {
    const { ranges } = this.#wanted;
    const tree = await this.#tree();
    const known = new Map<bigint, string>();
    const at = (directory: bigint, name: string): string => {
      const path = known.get(directory) ?? tree.path(directory).text;
      known.set(directory, path);
      return `${path === '/' ? '' : path}/${name}`;
    };
    const parents = new Set([...this.#children.values()].map(({ parent }) => parent));
    const pathsOf = (id: bigint): string[] => {
      const paths = (this.#hits.get(id) ?? []).map(({ directory, name }) => at(directory, name));
      const owner = this.#owners.get(id);
      if (id === this.#files.root) paths.push('/');
      if (owner !== undefined) paths.push(at(owner, XATTR_DIRECTORY));
      return [...new Set(paths)];
    };
    const lost = new Map<bigint, LostFile>();
    const tell = (file: LostFile): void => {
      if (!lost.has(file.object)) lost.set(file.object, file);
    };
    const named = [...this.#hits.values()].flatMap(([first]) => first ?? []);
    for (const { id, isDirectory } of named) {
      if (!this.#isLost(id)) continue;
      tell({
        object: id,
        state: 'lost',
        paths: pathsOf(id),
        directory: isDirectory || parents.has(id) || null,
        parent: null,
      });
    }
    for (const [id] of this.#owners) {
      if (this.#isLost(id)) tell({ object: id, state: 'lost', paths: pathsOf(id), directory: true, parent: null });
    }
    for (const [id, { parent, directory }] of this.#children) {
      // A directory that lost some of its names has others.
      if (this.#hits.has(id) || this.#owners.get(id) !== undefined) continue;
      if (this.#isLost(parent))
        tell({ object: parent, state: 'lost', paths: pathsOf(parent), directory: true, parent: null });
      tell({ object: id, state: 'nameless', paths: [tree.path(id).text], directory, parent });
    }
    if (ranges.length > 0) {
      for (const id of await this.#deleteQueue()) {
        if (this.#isLost(id)) tell({ object: id, state: 'unlinked', paths: [], directory: null, parent: null });
      }
    }
    const paths = new Map<bigint, readonly string[]>();
    for (const id of this.#wanted.files) {
      const those = pathsOf(id);
      if (those.length > 0) paths.set(id, those);
    }
    return { paths, lost: [...lost.values()].sort(byObject), complete: this.#complete };
  }

  /** What is above all that was found, with the names of lost directories, which only their own parents know. */
  async #tree(): Promise<PathTree> {
    const above = new Set<bigint>(this.#owners.values());
    for (const hits of this.#hits.values()) for (const { directory } of hits) above.add(directory);
    for (const [id, { parent }] of this.#children) above.add(id).add(parent);
    const tree = await PathTree.read(this.#files, above, this.#walk);
    for (const [id, [first]] of this.#hits) if (first !== undefined) tree.add(id, first);
    for (const [id, owner] of this.#owners) tree.add(id, { directory: owner, name: XATTR_DIRECTORY });
    return tree;
  }

  async #hitsIn(directory: bigint): Promise<Hit[]> {
    const hits: Hit[] = [];
    const object = await orNull(() => this.#files.objset.find(directory, this.#walk.signal));
    const zap = object && (await orNull(() => Zap.open(object, this.#walk.signal)));
    if (zap === null) return hits;
    for await (const entry of zap.entries(this.#walk)) {
      if (!this.#spend()) return hits;
      const [word = 0n] = entry.integers;
      const id = word & ENTRY_OBJECT;
      if (!this.#isWanted(id) && !this.#children.has(id)) continue;
      hits.push({ id, directory, name: entryName(entry), isDirectory: word >> 60n === ENTRY_DIRECTORY });
      if (hits.length > MAX_TOLD) return hits;
    }
    return hits;
  }

  async #deleteQueue(): Promise<bigint[]> {
    const ids: bigint[] = [];
    const zap = await orNull(() => this.#files.deleteQueue(this.#walk.signal));
    for await (const entry of zap?.entries(this.#walk) ?? []) {
      if (!this.#spend() || ids.length >= MAX_TOLD) break;
      ids.push(entry.integers[0] ?? 0n);
    }
    return ids;
  }

  #isLost(id: bigint): boolean {
    return this.#ranges.find(id) !== null;
  }

  #isWanted(id: bigint): boolean {
    return this.#wanted.files.has(id) || this.#wanted.directories.has(id) || this.#isLost(id);
  }

  #spend(): boolean {
    if (--this.#budget.left >= 0) return true;
    this.#complete = false;
    return false;
  }

  #mayTell(): boolean {
    if (++this.#told <= MAX_TOLD) return true;
    this.#complete = false;
    return false;
  }
}

const byObject = (a: LostFile, b: LostFile): number => (a.object < b.object ? -1 : a.object > b.object ? 1 : 0);
