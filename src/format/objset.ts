import { FormatError } from '../bytes/errors.ts';
import { inside, type Place } from '../bytes/place.ts';
import { read } from '../bytes/struct.ts';
import { DNODE_SLOT } from './dnode.layout.ts';
import { Dnode } from './dnode.ts';
import { OBJECT_TYPE } from './objectTypes.ts';
import { OBJSET, OBJSET_ACCOUNTING, OBJSET_TYPES } from './objset.layout.ts';
import { decodeZilHeader, type ZilHeader } from './zil.ts';

/** `meta` is the MOS; `unknown` a number that no version writes. */
export type ObjsetType = (typeof OBJSET_TYPES)[number] | 'unknown';

export interface ObjsetPhys {
  /** The object whose content are the dnodes of all other objects. */
  readonly metaDnode: Dnode;
  /** Meaningless in a snapshot. */
  readonly zil: ZilHeader;
  readonly type: ObjsetType;
  /** Source: include/sys/dmu_objset.h, OBJSET_FLAG_* */
  readonly flags: bigint;
  /** Space used by user, group and project: ZAP objects outside the numbering. Null where the block is too short for it. */
  readonly userUsed: Dnode | null;
  readonly groupUsed: Dnode | null;
  readonly projectUsed: Dnode | null;
  readonly littleEndian: boolean;
}

/**
 * Decodes an object set.
 *
 * @param block the whole block: 1024, 2048 or 4096 bytes by version; views of it are kept
 * @param littleEndian byte order of the block, from its block pointer
 * @throws FormatError `format-bounds` below 1024 bytes; `format-value` when the meta-dnode is none
 * Source: module/zfs/dmu_objset.c, dmu_objset_open_impl
 */
export function decodeObjset(block: Uint8Array, littleEndian: boolean, place: Place): ObjsetPhys {
  const phys = read(OBJSET, block, littleEndian, place);
  const metaDnode = new Dnode(phys.metaDnode, littleEndian, inside(place, 'meta-dnode'));
  if (metaDnode.type !== OBJECT_TYPE.dnode) {
    const expected = `${OBJECT_TYPE.dnode} (DMU dnode)`;
    throw new FormatError('format-value', 'type of the meta-dnode', expected, `${metaDnode.type}`, metaDnode.place);
  }
  metaDnode.check();
  const at = OBJSET.fields.zilHeader.offset;
  return {
    metaDnode,
    zil: decodeZilHeader(phys.zilHeader, littleEndian, inside(place, 'ZIL header', at)),
    type: phys.type < BigInt(OBJSET_TYPES.length) ? (OBJSET_TYPES[Number(phys.type)] ?? 'unknown') : 'unknown',
    flags: phys.flags,
    userUsed: accounting(block, littleEndian, place, 'user used', OBJSET_ACCOUNTING.userUsed),
    groupUsed: accounting(block, littleEndian, place, 'group used', OBJSET_ACCOUNTING.groupUsed),
    projectUsed: accounting(block, littleEndian, place, 'project used', OBJSET_ACCOUNTING.projectUsed),
    littleEndian,
  };
}

/** A dnode of the accounting; null where the block ends before it and where it was never allocated. */
function accounting(block: Uint8Array, littleEndian: boolean, place: Place, step: string, at: number): Dnode | null {
  if (block.length < at + DNODE_SLOT) return null;
  const dnode = new Dnode(block.subarray(at, at + DNODE_SLOT), littleEndian, inside(place, step, at));
  return dnode.type === 0 ? null : dnode;
}
