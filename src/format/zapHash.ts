/** ECMA-182, reflected, in halves of 32 bits. Source: include/sys/dmu.h, ZFS_CRC64_POLY. */
const POLYNOMIAL = { high: 0xc96c5795, low: 0xd7870f42 } as const;

const HIGH = new Int32Array(256);
const LOW = new Int32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const odd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) [high, low] = [high ^ POLYNOMIAL.high, low ^ POLYNOMIAL.low];
  }
  HIGH[byte] = high;
  LOW[byte] = low;
}

/**
 * Hash of a ZAP name, which is no checksum: it begins with the salt and is cut to its upper bits by the caller.
 *
 * @param name without its NUL, after normalisation; 64-bit keys as little-endian words
 * Source: module/zfs/zap_impl.c, zap_hash
 */
export function zapHash(salt: bigint, name: Uint8Array): bigint {
  let high = Number((salt >> 32n) & 0xffffffffn) | 0;
  let low = Number(salt & 0xffffffffn) | 0;
  for (const byte of name) {
    const index = (low ^ byte) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0);
    high = (high >>> 8) ^ (HIGH[index] ?? 0);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
