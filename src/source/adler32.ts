/** The largest prime below 2^16. Source: RFC 1950, section 8.2 */
const BASE = 65521;
/** Bytes after which the sums must be reduced, so that they stay exact. */
const STRIDE = 5552;

/** Adler-32 of `bytes` as zlib computes it; unsigned. */
export function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + STRIDE, bytes.length);
    for (; at < end; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= BASE;
    b %= BASE;
  }
  return ((b << 16) | a) >>> 0;
}
