import { FormatError } from '../bytes/errors.ts';
import type { Place } from '../bytes/place.ts';
import { UBERBLOCK } from './uberblock.layout.ts';
import { decodeUberblock, type Uberblock } from './uberblock.ts';

/** Words that the oldest version with checkpoints stored: up to `checkpointTxg`. */
const LEAST_WORDS = 22;

/**
 * The uberblock of a checkpoint, which the MOS directory keeps as an array of words.
 *
 * @param words as a ZAP gives them; fewer than today's uberblock has when an older version wrote them
 * @throws FormatError `format-bounds` when there are too few; `format-magic` when it is no uberblock
 * Source: module/zfs/spa_checkpoint.c, spa_checkpoint_sync; module/zfs/spa.c, spa_ld_checkpoint_rewind
 */
export function decodeCheckpoint(words: readonly bigint[], place: Place): Uberblock {
  if (words.length < LEAST_WORDS) {
    throw new FormatError('format-bounds', 'checkpoint', `${LEAST_WORDS} words`, `${words.length} words`, place);
  }
  const bytes = new Uint8Array(UBERBLOCK.size);
  const view = new DataView(bytes.buffer);
  // A ZAP stores integers without a byte order of their own, so any will do as long as it is read back.
  for (const [i, word] of words.slice(0, UBERBLOCK.size / 8).entries()) view.setBigUint64(i * 8, word, true);
  return decodeUberblock(bytes, place);
}
