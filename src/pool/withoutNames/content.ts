import { ZfsUberError } from '../../bytes/errors.ts';
import { inside, type Place } from '../../bytes/place.ts';
import { read } from '../../bytes/struct.ts';
import { Blkptr } from '../../format/blkptr.ts';
import { checksumKind } from '../../format/checksumKinds.ts';
import { DNODE_CORE_SIZE, DNODE_MAX_BLOCK_POINTERS, DNODE_SLOT } from '../../format/dnode.layout.ts';
import { Dnode } from '../../format/dnode.ts';
import { OBJECT_TYPE } from '../../format/objectTypes.ts';
import { OBJSET, OBJSET_ACCOUNTING } from '../../format/objset.layout.ts';
import { SA_HEADER, SA_INFO, SA_MAGIC } from '../../format/sa.layout.ts';
import { isZapType } from '../../format/zapTypes.ts';
import { LOG_RECORD, LOG_RECORD_TYPES, LOG_WRITE, ZIL_CHAIN } from '../../format/zil.layout.ts';
import { decodeZilChain, logRecords } from '../../format/zil.ts';
import { ZNODE } from '../../format/znode.layout.ts';
import type { Aliases } from './alias.ts';
import { embeddedWithoutNames } from './embedded.ts';
import { zapWithoutNames } from './zapBlock.ts';

/** Object types, as in format/objectTypes, of which content or bonus is numbers, or the config of the pool's devices. */
const NUMBERS: ReadonlySet<number> = new Set([2, 3, 4, 6, 7, OBJECT_TYPE.spaceMap, 12, 16, 30, 36, 43, 51, 53]);
/** Arrays of block pointers. */
const BPOBJ = 5;
/** Of the types that are made of bits: metadata, not encrypted, words of 64 bits. */
const NEW_WORDS = 0xc3;
const [ZNODE_TYPE, SA_TYPE] = [17, 44];
/** Of system attributes: mode, size, generation, owner, group, parent, flags, four times, links. They come first, and names last. */
const SA_FIXED = 128;
/** What ZFS before system attributes keeps behind the fields that are known here: access lists. A link's target follows. */
const ZNODE_BONUS = 264;

/**
 * What is left of the content of a block without names of datasets, snapshots and files, and without what people wrote: what
 * the judging of a pool needs.
 *
 * @param bytes of a sound block, decompressed
 * @returns null where nothing is: only that the block is sound is known of it then
 */
export async function contentWithoutNames(bp: Blkptr, bytes: Uint8Array, aliases: Aliases): Promise<Uint8Array | null> {
  const { level, type, littleEndian, place } = bp;
  if (level > 0 || type === BPOBJ) return pointers(bytes, littleEndian, place, aliases);
  switch (type) {
    case OBJECT_TYPE.dnode:
      return dnodes(bytes, littleEndian, place, aliases);
    case OBJECT_TYPE.objset:
      return objectSet(bytes, littleEndian, place, aliases);
    case OBJECT_TYPE.intentLog:
      return logBlock(bytes, bp);
    default:
      return bp.encrypted ? null : plainContent(bytes, { type, littleEndian, aliases, place });
  }
}

interface PlainOptions {
  readonly type: number;
  readonly littleEndian: boolean;
  readonly aliases: Aliases;
  readonly place: Place;
  readonly longest?: number;
}

function plainContent(bytes: Uint8Array, options: PlainOptions): Uint8Array | null {
  const { type } = options;
  if (NUMBERS.has(type) || type === NEW_WORDS) return bytes;
  return isZapType(type) ? zapWithoutNames(bytes, options) : null;
}

async function pointers(bytes: Uint8Array, littleEndian: boolean, place: Place, aliases: Aliases): Promise<Uint8Array> {
  const out = bytes.slice();
  for (let at = 0; at + Blkptr.SIZE <= out.length; at += Blkptr.SIZE) {
    await replacePointer(out, at, littleEndian, inside(place, 'pointer', at), aliases);
  }
  return out;
}

/** @param out has the pointer at `at`, and gets it anew where it has content in itself */
async function replacePointer(
  out: Uint8Array,
  at: number,
  littleEndian: boolean,
  place: Place,
  aliases: Aliases,
): Promise<void> {
  const bp = new Blkptr(out.subarray(at, at + Blkptr.SIZE), littleEndian, place);
  if (!bp.embedded) return;
  const { type, level } = bp;
  const options = { type, littleEndian: bp.littleEndian, aliases, place };
  const shorten = (content: Uint8Array, longest: number) => plainContent(content, { ...options, longest });
  out.set(await embeddedWithoutNames(bp, level === 0 ? shorten : () => null), at);
}

async function dnodes(bytes: Uint8Array, littleEndian: boolean, place: Place, aliases: Aliases): Promise<Uint8Array> {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at + DNODE_SLOT <= bytes.length; ) {
    const here = inside(place, 'dnode', at);
    const left = await dnodeWithoutNames(bytes.subarray(at), littleEndian, here, aliases);
    out.set(left, at);
    at += left.length;
  }
  return out;
}

/** @returns the slots that it takes; one where it says nonsense */
async function dnodeWithoutNames(
  bytes: Uint8Array,
  littleEndian: boolean,
  place: Place,
  aliases: Aliases,
): Promise<Uint8Array> {
  try {
    const dnode = new Dnode(bytes, littleEndian, place);
    const out = new Uint8Array(dnode.size);
    if (dnode.type === 0) return out.subarray(0, DNODE_SLOT);
    const count = Math.min(dnode.blockPointerCount, DNODE_MAX_BLOCK_POINTERS);
    const bonusAt = DNODE_CORE_SIZE + count * Blkptr.SIZE;
    out.set(dnode.bytes.subarray(0, bonusAt));
    for (let i = 0; i < count; i++) {
      await replacePointer(out, DNODE_CORE_SIZE + i * Blkptr.SIZE, littleEndian, place, aliases);
    }
    const { spill } = dnode;
    if (spill !== null) {
      const at = dnode.size - Blkptr.SIZE;
      out.set(spill.bytes, at);
      await replacePointer(out, at, littleEndian, place, aliases);
    }
    const { bonus } = dnode;
    out.set(bonus.subarray(0, bonusSize(dnode.bonusType, bonus)), bonusAt);
    return out;
  } catch (error) {
    if (!(error instanceof ZfsUberError)) throw error;
    const out = new Uint8Array(DNODE_SLOT);
    out.set(bytes.subarray(0, DNODE_CORE_SIZE));
    return out;
  }
}

/** Bytes of a bonus in which no name can be. */
function bonusSize(type: number, bonus: Uint8Array): number {
  if (NUMBERS.has(type) || type === NEW_WORDS) return bonus.length;
  if (type === ZNODE_TYPE) return Math.min(bonus.length, Math.max(ZNODE.size, ZNODE_BONUS));
  if (type !== SA_TYPE || bonus.length < SA_HEADER.size) return 0;
  const place = { source: '', offset: 0, path: [] };
  const order = [true, false].find((littleEndian) => read(SA_HEADER, bonus, littleEndian, place).magic === SA_MAGIC);
  if (order === undefined) return 0;
  return Math.min(bonus.length, Number(SA_INFO.size(BigInt(read(SA_HEADER, bonus, order, place).info))) * 8 + SA_FIXED);
}

async function objectSet(
  bytes: Uint8Array,
  littleEndian: boolean,
  place: Place,
  aliases: Aliases,
): Promise<Uint8Array> {
  const out = bytes.slice();
  const { metaDnode } = OBJSET.fields;
  for (const at of [metaDnode.offset, ...Object.values(OBJSET_ACCOUNTING)]) {
    const end = at + DNODE_SLOT;
    if (end > out.length) continue;
    out.set(await dnodeWithoutNames(out.slice(at, end), littleEndian, inside(place, 'dnode', at), aliases), at);
  }
  return out;
}

const WRITE = LOG_RECORD_TYPES.indexOf('write');
const CLONE_RANGE = LOG_RECORD_TYPES.indexOf('clone range');

/** Heads of records and pointers to blocks stay: what was written, and under which name, does not. */
function logBlock(bytes: Uint8Array, bp: Blkptr): Uint8Array | null {
  const position = checksumKind(bp.checksum) === 'zilog2' ? 'start' : 'end';
  const out = new Uint8Array(bytes.length);
  try {
    const { records, recordsPlace } = decodeZilChain(bytes, position, bp.littleEndian, bp.place);
    const chainAt = position === 'start' ? 0 : bytes.length - ZIL_CHAIN.size;
    out.set(bytes.subarray(chainAt, chainAt + ZIL_CHAIN.size), chainAt);
    const begin = records.byteOffset - bytes.byteOffset;
    for (const record of logRecords(records, bp.littleEndian, recordsPlace)) {
      const at = record.bytes.byteOffset - records.byteOffset + begin;
      out.set(record.bytes.subarray(0, recordSize(record.type, record.bytes.length)), at);
    }
    return out;
  } catch (error) {
    if (error instanceof ZfsUberError) return null;
    throw error;
  }
}

function recordSize(type: number, length: number): number {
  if (type === CLONE_RANGE) return length;
  return type === WRITE ? LOG_WRITE.size : LOG_RECORD.size;
}
