import { FormatError, LimitError } from '../bytes/errors.ts';
import { inside } from '../bytes/place.ts';
import { Blkptr } from '../format/blkptr.ts';
import { type Bpobj, decodeBpobj } from '../format/bpobj.ts';
import { type Deadlist, decodeDeadlist } from '../format/deadlist.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { Mos } from './mos.ts';
import type { DmuObject } from './object.ts';
import { wordBlocks } from './wordArray.ts';
import { Zap } from './zap.ts';

/** Lists under one list; a deadlist of a thousand snapshots has as many. */
const MAX_LISTS = 1024 * 1024;

/** The head of the bpobj in `object`. @throws FormatError when it is none */
export const openBpobj = (object: DmuObject): Bpobj => decodeBonus(object, BONUS.bpobj, decodeBpobj);

/**
 * All block pointers of a bpobj and of the lists under it, as far as they were written: what a list counts behind its
 * end, or in a hole of it, is a pointer to nothing. Streams; each list is read once.
 *
 * @throws FormatError when a list is none; LimitError above 2^20 lists; what DmuObject.blocks throws
 * Source: module/zfs/bpobj.c, bpobj_iterate_impl
 */
export async function* bpobjPointers(mos: Mos, id: bigint, options: WalkOptions = {}): AsyncGenerator<Blkptr> {
  const waiting = [id];
  const seen = new Set<bigint>(waiting);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const object = await mos.object(next, options.signal);
    const { pointers, subobjects, subobjectCount } = openBpobj(object);
    yield* ownPointers(object, pointers, options);
    if (subobjects === null) continue;
    const list = await mos.object(subobjects, options.signal);
    for await (const { words } of wordBlocks(list, subobjectCount, options)) {
      const fresh = words.filter((sub) => !seen.has(sub));
      for (const sub of fresh) seen.add(sub);
      if (seen.size > MAX_LISTS) throw new LimitError(`more than ${MAX_LISTS} lists`, object.place);
      for (const sub of fresh) waiting.push(sub);
    }
  }
}

async function* ownPointers(object: DmuObject, count: bigint, options: WalkOptions): AsyncGenerator<Blkptr> {
  const size = BigInt(object.dnode.check().dataBlockSize);
  const end = count * BigInt(Blkptr.SIZE);
  for await (const { bytes, offset, littleEndian, place } of object.blocks({ to: (end + size - 1n) / size }, options)) {
    const used = end - offset < size ? Number(end - offset) : bytes.length;
    for (let at = 0; at + Blkptr.SIZE <= used; at += Blkptr.SIZE) {
      yield new Blkptr(bytes.subarray(at, at + Blkptr.SIZE), littleEndian, inside(place, `pointer at ${at}`, at));
    }
  }
}

/** One list of a deadlist: what died since a txg. */
export interface DeadlistEntry {
  /** Blocks born after it. */
  readonly minTxg: bigint;
  readonly bpobj: bigint;
}

/** A deadlist or livelist: sums, and one bpobj a txg; before version 26 a single bpobj. */
export interface DeadlistRead {
  readonly header: Deadlist | null;
  readonly entries: readonly DeadlistEntry[];
}

/**
 * Reads a deadlist or livelist, without the pointers.
 *
 * @throws FormatError when it is none; what Zap.all throws
 * Source: module/zfs/dsl_deadlist.c, dsl_deadlist_open and dsl_deadlist_load_tree
 */
export async function readDeadlist(mos: Mos, id: bigint, options: WalkOptions = {}): Promise<DeadlistRead> {
  const object = await mos.object(id, options.signal);
  if (object.dnode.bonusType === BONUS.bpobj) return { header: null, entries: [{ minTxg: 0n, bpobj: id }] };
  const header = decodeBonus(object, BONUS.deadlist, decodeDeadlist);
  const entries: DeadlistEntry[] = [];
  for await (const entry of (await Zap.open(object, options.signal)).entries(options)) {
    if (!/^[0-9a-f]{1,16}$/.test(entry.name)) {
      throw new FormatError('format-value', 'deadlist entry', 'a txg in hexadecimal', entry.name, entry.place);
    }
    entries.push({ minTxg: BigInt(`0x${entry.name}`), bpobj: entry.integer });
  }
  return { header, entries: entries.sort((a, b) => (a.minTxg < b.minTxg ? -1 : 1)) };
}
