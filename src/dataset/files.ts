import { FormatError, LimitError } from '../bytes/errors.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { SA_ATTRIBUTE, SA_MASTER } from '../format/sa.layout.ts';
import { decodeSa, type SaAttribute, type SaTables } from '../format/sa.ts';
import { MASTER_NODE } from '../format/znode.layout.ts';
import { decodeZnode, type Znode, znodeOfAttributes } from '../format/znode.ts';
import { entryName } from './entryName.ts';
import type { DmuObject } from './object.ts';
import type { Objset } from './objset.ts';
import { orNull } from './orNull.ts';
import { Zap } from './zap.ts';

/** Types of bonus that files have. Source: include/sys/dmu.h, DMU_OT_ZNODE, DMU_OT_SA. */
const BONUS_TYPE = { znode: 17, attributes: 44 } as const;
/** Lower bits of a directory entry are the object; the upper four its type. Source: include/sys/zfs_znode.h, ZFS_DIRENT_OBJ. */
export const ENTRY_OBJECT = (1n << 48n) - 1n;
/** Directories above one file. Linux ends paths at 4096 bytes. */
export const MAX_DEPTH = 2048;

/** What stands in a path for the directory of extended attributes, which has no name; as zdb writes it. */
export const XATTR_DIRECTORY = '<xattrdir>';

/** The files of one filesystem or a snapshot of one, by object. */
export class Files {
  readonly objset: Objset;
  /** Object of the root directory. */
  readonly root: bigint;
  /** Names of the filesystem's own objects. */
  readonly master: Zap;
  readonly #tables: SaTables | null;

  private constructor(objset: Objset, root: bigint, master: Zap, tables: SaTables | null) {
    this.objset = objset;
    this.root = root;
    this.master = master;
    this.#tables = tables;
  }

  /**
   * Reads the master node and what it says of attributes.
   *
   * @throws FormatError when the object set is no filesystem; UnsupportedError when it is encrypted; what Zap.all throws
   * Source: module/zfs/zfs_vfsops.c, zfsvfs_init; module/zfs/sa.c, sa_setup
   */
  static async open(objset: Objset, signal?: AbortSignal): Promise<Files> {
    const master = await Zap.open(await objset.object(MASTER_NODE.object, signal), signal);
    const root = await master.integer(MASTER_NODE.root, signal);
    if (root === null) {
      throw new FormatError('format-value', objset.name, 'a root directory', 'none', master.object.place);
    }
    const attributes = await master.integer(MASTER_NODE.attributes, signal);
    return new Files(objset, root, master, attributes === null ? null : await readTables(objset, attributes, signal));
  }

  /**
   * What the filesystem says of a file; null for an object that is none. What stands in its spill block is not in it.
   *
   * @throws FormatError when its attributes are nonsense
   */
  znode({ dnode }: DmuObject): Znode | null {
    if (dnode.bonusType === BONUS_TYPE.znode) return decodeZnode(dnode.bonus, dnode.littleEndian, dnode.bonusPlace);
    if (dnode.bonusType !== BONUS_TYPE.attributes || this.#tables === null) return null;
    return znodeOfAttributes(decodeSa(dnode.bonus, this.#tables, dnode.bonusPlace));
  }

  /**
   * Directory of a file's extended attributes; null where it has none. Reads its spill block if the bonus does not say.
   *
   * @throws FormatError when its attributes are nonsense
   */
  async xattrOf(object: DmuObject, signal?: AbortSignal): Promise<bigint | null> {
    const znode = this.znode(object);
    const tables = this.#tables;
    if (znode === null || znode.xattr !== null || tables === null || !object.dnode.hasSpill) {
      return znode?.xattr ?? null;
    }
    // All but that is known without the spill block.
    const spilled = await orNull(async () => {
      const block = await object.spill(signal);
      return block === null ? null : znodeOfAttributes(decodeSa(block.bytes, tables, block.place));
    });
    return spilled?.xattr ?? null;
  }

  /**
   * Files that are deleted and were still open, by the number of their object in hexadecimal; null where there is no
   * such list.
   *
   * @throws what Zap.open and Zap.integer throw
   * Source: module/zfs/zfs_dir.c, zfs_unlinked_add
   */
  async deleteQueue(signal?: AbortSignal): Promise<Zap | null> {
    const id = await this.master.integer(MASTER_NODE.deleteQueue, signal);
    const object = id === null ? null : await this.objset.find(id, signal);
    return object === null ? null : Zap.open(object, signal);
  }

  /**
   * Path of a file from the root of its filesystem: `/a/b`; of an extended attribute `/a/b/<xattrdir>/name`. Reads the directories above it.
   *
   * Raw text: escape it before it reaches a terminal.
   *
   * @returns null for an object that is no file, and for a file that its directory does not name: deleted and still open
   * @throws FormatError when the directories above lead in a circle; LimitError above 2048; what Zap.entries throws
   * Source: module/zfs/zfs_znode.c, zfs_obj_to_path_impl
   */
  async pathOf(id: bigint, signal?: AbortSignal): Promise<string | null> {
    const steps: string[] = [];
    const seen = new Set<bigint>();
    for (let at = id; at !== this.root; ) {
      const object = await this.objset.find(at, signal);
      const parent = object === null ? null : (this.znode(object)?.parent ?? null);
      if (object === null || parent === null) return null;
      if (seen.has(at)) {
        throw new FormatError(
          'format-value',
          `path of object ${id}`,
          'directories up to the root',
          'a circle',
          object.place,
        );
      }
      seen.add(at);
      if (seen.size > MAX_DEPTH) throw new LimitError(`more than ${MAX_DEPTH} directories`, object.place);
      const name = await this.#nameIn(parent, at, signal);
      if (name === null) return null;
      steps.push(name);
      at = parent;
    }
    return `/${steps.reverse().join('/')}`;
  }

  async #nameIn(directory: bigint, id: bigint, signal: AbortSignal | undefined): Promise<string | null> {
    const object = await this.objset.find(directory, signal);
    if (object === null) return null;
    if ((await this.xattrOf(object, signal)) === id) return XATTR_DIRECTORY;
    if (object.dnode.type !== OBJECT_TYPE.directory) return null;
    for await (const entry of (await Zap.open(object, signal)).entries({ signal })) {
      if (((entry.integers[0] ?? 0n) & ENTRY_OBJECT) === id) return entryName(entry);
    }
    return null;
  }
}

async function readTables(objset: Objset, id: bigint, signal: AbortSignal | undefined): Promise<SaTables> {
  const master = await Zap.open(await objset.object(id, signal), signal);
  const attributes = new Map<number, SaAttribute>();
  const layouts = new Map<number, readonly number[]>();
  const named = async (name: string): Promise<Zap | null> => {
    const object = await master.integer(name, signal);
    return object === null ? null : Zap.open(await objset.object(object, signal), signal);
  };
  for (const [name, entry] of (await (await named(SA_MASTER.registry))?.all({ signal })) ?? []) {
    const word = entry.integer;
    attributes.set(Number(SA_ATTRIBUTE.number(word)), { name, length: Number(SA_ATTRIBUTE.length(word)) });
  }
  for (const [name, entry] of (await (await named(SA_MASTER.layouts))?.all({ signal })) ?? []) {
    if (/^[0-9]{1,4}$/.test(name)) layouts.set(Number(name), entry.integers.map(Number));
  }
  return { attributes, layouts };
}
