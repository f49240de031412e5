import { FormatError } from '../bytes/errors.ts';
import { type Bpobj, decodeBpobj } from '../format/bpobj.ts';
import { type Deadlist, decodeDeadlist } from '../format/deadlist.ts';
import type { WalkOptions } from './block.ts';
import { BONUS, decodeBonus } from './bonus.ts';
import type { Mos } from './mos.ts';
import type { DmuObject } from './object.ts';
import { Zap } from './zap.ts';

/** The head of the bpobj in `object`. @throws FormatError when it is none */
export const openBpobj = (object: DmuObject): Bpobj => decodeBonus(object, BONUS.bpobj, decodeBpobj);

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
