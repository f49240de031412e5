import { asTxg, type Txg } from '../bytes/units.ts';

/** A block that a read or a scrub found damaged, as the error log names it. */
export interface ErrorLogEntry {
  /** Object set: the dataset's number in the MOS, 0 for the MOS. Null where the log is kept by head dataset. */
  readonly objset: bigint | null;
  readonly object: bigint;
  /** Below 0 for what is no block of a tree: -1 the object set itself, -2 its intent log. */
  readonly level: bigint;
  readonly blockId: bigint;
  /** Only in logs kept by head dataset. */
  readonly birth: Txg | null;
}

/**
 * Reads the name of an error log entry: four hexadecimal numbers.
 *
 * @param byHead with the feature head_errlog: object, level, block, birth; else object set, object, level, block
 * @returns null when the name is none
 * Source: module/zfs/spa_errlog.c, name_to_bookmark and name_to_errphys
 */
export function parseErrorLogName(name: string, byHead: boolean): ErrorLogEntry | null {
  const parts = name.split(':');
  if (parts.length !== 4 || !parts.every((part) => /^[0-9a-f]{1,16}$/.test(part))) return null;
  const [a = 0n, b = 0n, c = 0n, d = 0n] = parts.map((part) => BigInt(`0x${part}`));
  if (byHead) return { objset: null, object: a, level: BigInt.asIntN(64, b), blockId: c, birth: asTxg(d) };
  return { objset: a, object: b, level: BigInt.asIntN(64, c), blockId: d, birth: null };
}
