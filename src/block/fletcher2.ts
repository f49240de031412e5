import type { ChecksumWords } from '../bytes/errors.ts';

/** Pairs a run may have: the second sum of 1024 halves stays below 2^52, so doubles are exact. */
const RUN = 1024;

/**
 * fletcher2: two streams of 64-bit words taken in turn, for each the sum and the sum of sums modulo 2^64.
 *
 * Words are summed as halves in doubles and folded into the totals once a run.
 *
 * @param bytes length a multiple of 16; a remainder is ignored
 * @returns first sums of both streams, then second sums
 * Source: module/zcommon/zfs_fletcher.c, fletcher_2_incremental_native and fletcher_2_incremental_byteswap
 */
export function fletcher2(bytes: Uint8Array, littleEndian: boolean): ChecksumWords {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pairs = Math.floor(bytes.length / 16);
  const lower = littleEndian ? 0 : 4;
  const upper = 4 - lower;
  let a0 = 0n;
  let a1 = 0n;
  let b0 = 0n;
  let b1 = 0n;
  for (let from = 0; from < pairs; from += RUN) {
    const count = Math.min(RUN, pairs - from);
    // First and second sums of the lower and upper halves of stream 0 (w, x) and of stream 1 (y, z).
    let wl = 0;
    let wu = 0;
    let xl = 0;
    let xu = 0;
    let yl = 0;
    let yu = 0;
    let zl = 0;
    let zu = 0;
    for (let at = from * 16, end = at + count * 16; at < end; at += 16) {
      wl += view.getUint32(at + lower, littleEndian);
      wu += view.getUint32(at + upper, littleEndian);
      xl += wl;
      xu += wu;
      yl += view.getUint32(at + lower + 8, littleEndian);
      yu += view.getUint32(at + upper + 8, littleEndian);
      zl += yl;
      zu += yu;
    }
    const n = BigInt(count);
    // Second sums first: they need the first ones as they were before this run.
    b0 = BigInt.asUintN(64, b0 + n * a0 + BigInt(xl) + (BigInt(xu) << 32n));
    b1 = BigInt.asUintN(64, b1 + n * a1 + BigInt(zl) + (BigInt(zu) << 32n));
    a0 = BigInt.asUintN(64, a0 + BigInt(wl) + (BigInt(wu) << 32n));
    a1 = BigInt.asUintN(64, a1 + BigInt(yl) + (BigInt(yu) << 32n));
  }
  return [a0, a1, b0, b1];
}
