import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { asTxg, type Txg } from '../bytes/units.ts';
import { TXG_LOG } from './txgLog.layout.ts';

/** A moment and the txg that was synced then. */
export interface TxgTime {
  /** Seconds since 1970. */
  readonly time: bigint;
  readonly txg: Txg;
}

/**
 * One ring of the txg time log, oldest first.
 *
 * @param words the array as the MOS directory holds it
 * @throws FormatError `format-bounds` when it is shorter than a ring; `format-value` when head or length pass its end
 * Source: module/zfs/zfs_crrd.c, rrd_entry
 */
export function decodeTxgLog(words: readonly bigint[], place: Place): TxgTime[] {
  const { entries, headWords, wordsPerEntry } = TXG_LOG;
  const size = headWords + entries * wordsPerEntry;
  if (words.length < size) {
    throw new FormatError('format-bounds', 'txg time log', `${size} words`, `${words.length} words`, place);
  }
  const [head = 0n, , length = 0n] = words;
  if (head >= BigInt(entries) || length > BigInt(entries)) {
    const found = `${head} and ${length}`;
    throw new FormatError('format-value', 'head and length of a txg time log', `at most ${entries}`, found, place);
  }
  return Array.from({ length: Number(length) }, (_, i) => {
    const at = headWords + ((Number(head) + i) % entries) * wordsPerEntry;
    return { time: words[at] ?? 0n, txg: asTxg(words[at + 1] ?? 0n) };
  });
}
