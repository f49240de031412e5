import { FormatError, type ZfsUberError } from '../bytes/errors.ts';
import { inside } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import { DNODE, DNODE_CORE_SIZE, DNODE_FLAG, DNODE_SLOT } from '../format/dnode.layout.ts';
import { DSL_DATASET } from '../format/dslDataset.layout.ts';
import { OBJECT_TYPE } from '../format/objectTypes.ts';
import { OBJSET, OBJSET_ACCOUNTING } from '../format/objset.layout.ts';
import { decodeZilHeader } from '../format/zil.ts';
import type { LogHead } from './summary.ts';
import type { DatasetRef } from './verifyMemo.ts';

/** One object set being traversed. */
export interface Tree {
  readonly mos: boolean;
  /** Number of the dataset, 0 for the MOS. */
  readonly objset: number;
  /** Blocks born up to here are not visited. */
  readonly min: number;
}

/** A block pointer as it stands in its parent. */
export interface Child {
  readonly view: DataView;
  readonly at: number;
  readonly littleEndian: boolean;
  /** Position in the parent. */
  readonly order: number;
  readonly object: number;
  /** As the parent has it: the pointer may say no more. */
  readonly level: number;
  readonly blockId: number;
  /** In which tree: the object set itself, its dnodes, or any other object. */
  readonly role: 'root' | 'dnodes' | 'object';
}

/**
 * Takes the pointers of a block in the order in which OpenZFS visits them. What it gets is in numbers, since most
 * pointers of most blocks are looked at and passed over.
 */
export interface PointerVisitor {
  /** Nothing is to be done about the pointer at `at`. */
  passesOver(view: DataView, at: number, littleEndian: boolean): boolean;
  /** One that is not passed over: what {@link Child} has, by the names of its fields. */
  visit(
    view: DataView,
    at: number,
    littleEndian: boolean,
    order: number,
    object: number,
    level: number,
    blockId: number,
    role: Child['role'],
  ): void;
}

/** What a block leads to, besides blocks. */
export interface Below {
  /** In the dnodes of the MOS. */
  readonly datasets: readonly DatasetRef[];
  /** Of an object set that has a log. */
  readonly log: LogHead | null;
  /** The rest of the block makes no sense. */
  readonly broken: ZfsUberError | null;
}

const SPILL = -1;
const AT = DNODE.fields;
const DATASET_AT = DSL_DATASET.fields;
/** What the accounting of projects makes of an object set. Source: include/sys/dmu_objset.h, OBJSET_PHYS_SIZE_V3 */
const WITH_PROJECTS = 4096;
const WITH_USERS = 2048;

/** What is wrong with the content of a block that should have blocks below it; null when nothing is. */
export function wrongContent(bp: Blkptr, bytes: Uint8Array, role: Child['role']): ZfsUberError | null {
  const least = bp.level > 0 ? Blkptr.SIZE : role === 'root' ? OBJSET.size : DNODE_SLOT;
  if (bytes.length >= least) return null;
  return new FormatError('format-bounds', 'block', `at least ${least} bytes`, `${bytes.length}`, bp.place);
}

/**
 * Hands the pointers in a block to `visitor`, in the order in which OpenZFS visits them.
 *
 * @param bytes of an indirect block may lack zeros at their end
 * Source: module/zfs/dmu_traverse.c, traverse_visitbp and traverse_dnode
 */
export function visitChildren(bp: Blkptr, bytes: Uint8Array, child: Child, tree: Tree, visitor: PointerVisitor): Below {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bp.level > 0) {
    visitPointers(view, bp, child, visitor);
    return { datasets: [], log: null, broken: null };
  }
  if (bp.type === OBJECT_TYPE.objset) return ofObjset(bp, bytes, view, visitor);
  return ofDnodes(bp, view, child, tree, visitor);
}

function visitPointers(
  view: DataView,
  { littleEndian, level, lsize }: Blkptr,
  { object, role, blockId }: Child,
  visitor: PointerVisitor,
): void {
  const count = Math.floor(lsize / Blkptr.SIZE);
  const end = Math.min(view.byteLength - Blkptr.SIZE, lsize - Blkptr.SIZE);
  for (let i = 0, at = 0; at <= end; i++, at += Blkptr.SIZE) {
    if (visitor.passesOver(view, at, littleEndian)) continue;
    visitor.visit(view, at, littleEndian, i, object, level - 1, blockId * count + i, role);
  }
}

/** Neither an address nor properties: a hole that says nothing, as most of some blocks are. */
export function isBlank(view: DataView, at: number): boolean {
  return (
    view.getUint32(at) === 0 &&
    view.getUint32(at + 4) === 0 &&
    view.getUint32(at + 8) === 0 &&
    view.getUint32(at + 12) === 0 &&
    view.getUint32(at + 48) === 0 &&
    view.getUint32(at + 52) === 0
  );
}

function ofDnodes(bp: Blkptr, view: DataView, { blockId }: Child, { mos }: Tree, visitor: PointerVisitor): Below {
  const datasets: { readonly at: number; readonly object: number }[] = [];
  const slots = Math.floor(view.byteLength / DNODE_SLOT);
  for (let slot = 0; slot < slots; ) {
    const at = slot * DNODE_SLOT;
    const object = blockId * slots + slot;
    const broken = dnodePointers(view, at, bp, object, slot * 256, 'object', visitor);
    if (broken !== null) return { datasets: datasetRefs(bp, view, datasets), log: null, broken };
    if (
      mos &&
      view.getUint8(at + AT.type.offset) !== 0 &&
      view.getUint8(at + AT.bonusType.offset) === OBJECT_TYPE.dslDataset
    ) {
      datasets.push({ at, object });
    }
    slot += view.getUint8(at + AT.extraSlots.offset) + 1;
  }
  return { datasets: datasetRefs(bp, view, datasets), log: null, broken: null };
}

/** Visits the pointers of the dnode at `at`. @returns what is wrong with it */
function dnodePointers(
  view: DataView,
  at: number,
  bp: Blkptr,
  object: number,
  firstOrder: number,
  role: Child['role'],
  visitor: PointerVisitor,
): ZfsUberError | null {
  const { littleEndian } = bp;
  const count = view.getUint8(at + AT.blockPointers.offset);
  if (count === 0) return null;
  const size = (view.getUint8(at + AT.extraSlots.offset) + 1) * DNODE_SLOT;
  const end = Math.min(at + size, view.byteLength);
  const level = view.getUint8(at + AT.levels.offset) - 1;
  if (at + DNODE_CORE_SIZE + count * Blkptr.SIZE > end) {
    const found = `${count} in ${end - at} bytes`;
    return new FormatError(
      'format-bounds',
      'dnode block pointers',
      'those that fit',
      found,
      inside(bp.place, `object ${object}`, at),
    );
  }
  for (let i = 0; i < count; i++) {
    const pointer = at + DNODE_CORE_SIZE + i * Blkptr.SIZE;
    if (visitor.passesOver(view, pointer, littleEndian)) continue;
    visitor.visit(view, pointer, littleEndian, firstOrder + i, object, level, i, role);
  }
  if ((view.getUint8(at + AT.flags.offset) & DNODE_FLAG.spill) !== 0) {
    visitor.visit(view, end - Blkptr.SIZE, littleEndian, firstOrder + 255, object, 0, SPILL, role);
  }
  return null;
}

function ofObjset(bp: Blkptr, bytes: Uint8Array, view: DataView, visitor: PointerVisitor): Below {
  let broken = dnodePointers(view, 0, bp, 0, 0, 'dnodes', visitor);
  const accounts = [
    { at: OBJSET_ACCOUNTING.projectUsed, object: -3, since: WITH_PROJECTS },
    { at: OBJSET_ACCOUNTING.groupUsed, object: -2, since: WITH_USERS },
    { at: OBJSET_ACCOUNTING.userUsed, object: -1, since: WITH_USERS },
  ];
  for (const [i, { at, object, since }] of accounts.entries()) {
    if (broken !== null || bytes.length < since) continue;
    broken = dnodePointers(view, at, bp, object, (i + 1) * 256, 'object', visitor);
  }
  const { offset, size } = OBJSET.fields.zilHeader;
  const log = decodeZilHeader(
    bytes.slice(offset, offset + size),
    bp.littleEndian,
    inside(bp.place, 'ZIL header', offset),
  );
  return { datasets: [], log: log.log.hole ? null : { log }, broken };
}

/** Those that are remembered do not keep the block that they stand in, but their pointers, in one piece of memory. */
function datasetRefs(
  bp: Blkptr,
  view: DataView,
  datasets: readonly { readonly at: number; readonly object: number }[],
): readonly DatasetRef[] {
  if (datasets.length === 0) return [];
  const pointers = new DataView(new ArrayBuffer(datasets.length * Blkptr.SIZE));
  const refs: DatasetRef[] = [];
  // No closure: the trace of an error keeps those that it passed through, and what they hold.
  for (const { at, object } of datasets) {
    refs.push(datasetRef(bp, view, at, object, pointers, refs.length * Blkptr.SIZE));
  }
  return refs;
}

/**
 * @param pointers takes the dataset's block pointer, at `into`
 * Source: module/zfs/dsl_dataset.c, dsl_dataset_hold_obj
 */
function datasetRef(
  bp: Blkptr,
  view: DataView,
  at: number,
  object: number,
  pointers: DataView,
  into: number,
): DatasetRef {
  const { littleEndian } = bp;
  const bonus = at + DNODE_CORE_SIZE + view.getUint8(at + AT.blockPointers.offset) * Blkptr.SIZE;
  const length = view.getUint16(at + AT.bonusLength.offset, littleEndian);
  const size = (view.getUint8(at + AT.extraSlots.offset) + 1) * DNODE_SLOT;
  if (length < DSL_DATASET.size || bonus + length > Math.min(at + size, view.byteLength)) {
    const place = inside(bp.place, `dataset ${object}`, at);
    const error = new FormatError(
      'format-bounds',
      'bonus of a dataset',
      `${DSL_DATASET.size} bytes`,
      `${length}`,
      place,
    );
    const broken = {
      kind: 'metadata',
      counted: false,
      because: 'damage',
      what: 'dataset',
      object,
      level: 0,
      blockId: 0,
      bp,
      error,
    } as const;
    return {
      id: object,
      view: pointers,
      at: into,
      littleEndian,
      snapshot: true,
      previousSnapshotTxg: 0,
      weight: 1,
      broken,
    };
  }
  const word = (offset: number): number => Number(view.getBigUint64(bonus + offset, littleEndian));
  const snapshot = word(DATASET_AT.children.offset) !== 0;
  const from = bonus + DATASET_AT.bp.offset;
  for (let word = 0; word < Blkptr.SIZE; word += 4) pointers.setUint32(into + word, view.getUint32(from + word));
  return {
    id: object,
    view: pointers,
    at: into,
    littleEndian,
    snapshot,
    previousSnapshotTxg: word(DATASET_AT.previousSnapshotTxg.offset),
    weight: 1 + word(snapshot ? DATASET_AT.unique.offset : DATASET_AT.referenced.offset),
    broken: null,
  };
}
