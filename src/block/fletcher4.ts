import type { ChecksumWords } from '../bytes/errors.ts';

/** Words a run may have: the fourth sum of 64 words stays below 2^51.6, so doubles are exact. */
const RUN = 64;
const TWO_32 = 0x1_0000_0000;

/**
 * fletcher4: four running sums modulo 2^64 over 32-bit words in the block's byte order.
 *
 * Each run is summed from zero in doubles, then folded into the totals by the closed form of the recurrence. Totals are
 * kept as halves, so that the folding is exact in doubles too: a lower half gets at most 2^51.6 + 2^48 before its carry
 * is taken.
 *
 * @param bytes length a multiple of 4; a remainder is ignored
 * Source: module/zcommon/zfs_fletcher.c, fletcher_4_scalar_native and fletcher_4_scalar_byteswap
 */
export function fletcher4(bytes: Uint8Array, littleEndian: boolean): ChecksumWords {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words = Math.floor(bytes.length / 4);
  let al = 0;
  let ah = 0;
  let bl = 0;
  let bh = 0;
  let cl = 0;
  let ch = 0;
  let dl = 0;
  let dh = 0;
  for (let from = 0; from < words; from += RUN) {
    const n = Math.min(RUN, words - from);
    let w = 0;
    let x = 0;
    let y = 0;
    let z = 0;
    for (let at = from * 4, end = at + n * 4; at < end; at += 4) {
      w += view.getUint32(at, littleEndian);
      x += w;
      y += x;
      z += y;
    }
    // Weights of earlier sums after n more words: 1st into 3rd and 2nd into 4th; 1st into 4th.
    const n2 = (n * (n + 1)) / 2;
    const n3 = (n2 * (n + 2)) / 3;
    // Highest sum first: each line needs the lower totals as they were before this run.
    const d = dl + n * cl + n2 * bl + n3 * al + z;
    dh = (dh + n * ch + n2 * bh + n3 * ah + Math.floor(d / TWO_32)) >>> 0;
    dl = d >>> 0;
    const c = cl + n * bl + n2 * al + y;
    ch = (ch + n * bh + n2 * ah + Math.floor(c / TWO_32)) >>> 0;
    cl = c >>> 0;
    const b = bl + n * al + x;
    bh = (bh + n * ah + Math.floor(b / TWO_32)) >>> 0;
    bl = b >>> 0;
    const a = al + w;
    ah = (ah + Math.floor(a / TWO_32)) >>> 0;
    al = a >>> 0;
  }
  return [join(ah, al), join(bh, bl), join(ch, cl), join(dh, dl)];
}

const join = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);
