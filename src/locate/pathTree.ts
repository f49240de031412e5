import type { WalkOptions } from '../dataset/block.ts';
import { entryName } from '../dataset/entryName.ts';
import { ENTRY_OBJECT, type Files, MAX_DEPTH, XATTR_DIRECTORY } from '../dataset/files.ts';
import type { DmuObject } from '../dataset/object.ts';
import { orNull } from '../dataset/orNull.ts';
import { Zap } from '../dataset/zap.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';

/** Files and the directories above them that are looked at: what hostile parents could make endless ends here. */
const MAX_OBJECTS = 100_000;

/** A name that stands in a directory. */
export interface Link {
  readonly directory: bigint;
  readonly name: string;
}

/** A path as far as it can be told. */
export interface PartialPath {
  /** `/a/b`; `/a/<name unknown, object 9>`; `<path unknown, object 9, parent object 7>/b`. Raw text. */
  readonly text: string;
  /** Nothing of it is unknown. */
  readonly whole: boolean;
}

/** Files with the directories above them, and the names that lead down to them. */
export class PathTree {
  readonly #root: bigint;
  readonly #parents = new Map<bigint, bigint>();
  readonly #links = new Map<bigint, Link>();

  private constructor(root: bigint) {
    this.#root = root;
  }

  /**
   * Reads what is above `ids`: each directory once, however many of them are in it. What cannot be read is left out.
   *
   * @param options.onTrouble takes what could not be read
   * @throws the reason of `options.signal`
   * Source: module/zfs/zfs_znode.c, zfs_obj_to_path_impl
   */
  static async read(files: Files, ids: Iterable<bigint>, options: WalkOptions = {}): Promise<PathTree> {
    const tree = new PathTree(files.root);
    await tree.#readParents(files, ids, options);
    await tree.#readLinks(files, options);
    return tree;
  }

  /** A name that was found elsewhere; one that is known already stays. */
  add(id: bigint, link: Link): void {
    if (!this.#links.has(id)) this.#links.set(id, link);
  }

  /** Path from the root of the filesystem, with what is not known of it said in its place. */
  path(id: bigint): PartialPath {
    const steps: string[] = [];
    let unnamed: bigint | null = null;
    let whole = true;
    // Parents that lead in a circle never come to the root.
    for (let at = id; at !== this.#root; ) {
      const link = this.#links.get(at);
      const parent = link?.directory ?? this.#parents.get(at);
      if (parent === undefined || steps.length >= MAX_DEPTH) {
        // Whoever names its parent and is not named by it says both in one.
        if (unnamed !== null) steps.pop();
        steps.push(
          unnamed === null ? `<path unknown, object ${at}>` : `<path unknown, object ${unnamed}, parent object ${at}>`,
        );
        return { text: steps.reverse().join('/'), whole: false };
      }
      steps.push(link?.name ?? `<name unknown, object ${at}>`);
      unnamed = link === undefined ? at : null;
      whole &&= link !== undefined;
      at = parent;
    }
    return { text: `/${steps.reverse().join('/')}`, whole };
  }

  /** The directory of each file, of each of these directories, and so on up to the root. */
  async #readParents(files: Files, ids: Iterable<bigint>, options: WalkOptions): Promise<void> {
    const waiting = [...new Set(ids)];
    const seen = new Set(waiting);
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      options.signal?.throwIfAborted();
      if (id === this.#root) continue;
      const at = id;
      const parent = await orNull(async () => {
        const object = await files.objset.find(at, options.signal);
        return object === null ? null : (files.znode(object)?.parent ?? null);
      }, options.onTrouble);
      if (parent === null) continue;
      this.#parents.set(id, parent);
      if (seen.has(parent) || seen.size >= MAX_OBJECTS) continue;
      seen.add(parent);
      waiting.push(parent);
    }
  }

  async #readLinks(files: Files, options: WalkOptions): Promise<void> {
    const wanted = new Map<bigint, Set<bigint>>();
    for (const [id, parent] of this.#parents) {
      const inside = wanted.get(parent) ?? new Set();
      wanted.set(parent, inside.add(id));
    }
    for (const [directory, inside] of wanted) {
      await orNull(async () => {
        const object = await files.objset.find(directory, options.signal);
        if (object !== null) await this.#readDirectory(files, object, inside, options);
        return null;
      }, options.onTrouble);
    }
  }

  async #readDirectory(files: Files, object: DmuObject, inside: Set<bigint>, options: WalkOptions): Promise<void> {
    const directory = object.id;
    const xattr = await orNull(() => files.xattrOf(object, options.signal), options.onTrouble);
    if (xattr !== null && inside.delete(xattr)) this.add(xattr, { directory, name: XATTR_DIRECTORY });
    if (object.dnode.type !== OBJECT_TYPE.directory || inside.size === 0) return;
    const zap = await Zap.open(object, options.signal);
    const walk = { signal: options.signal, onTrouble: options.onTrouble ?? (() => {}) };
    for await (const entry of zap.entries(walk)) {
      const id = (entry.integers[0] ?? 0n) & ENTRY_OBJECT;
      if (!inside.delete(id)) continue;
      this.add(id, { directory, name: entryName(entry) });
      if (inside.size === 0) break;
    }
  }
}
