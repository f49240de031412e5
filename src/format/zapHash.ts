/** ECMA-182, reflected. Source: include/sys/dmu.h, ZFS_CRC64_POLY. */
const POLYNOMIAL = 0xc96c5795d7870f42n;

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let crc = BigInt(byte);
  for (let bit = 0; bit < 8; bit++) crc = (crc >> 1n) ^ ((crc & 1n) === 1n ? POLYNOMIAL : 0n);
  return crc;
});

/**
 * Hash of a ZAP name, which is no checksum: it begins with the salt and is cut to its upper bits by the caller.
 *
 * @param name without its NUL, after normalisation; 64-bit keys as little-endian words
 * Source: module/zfs/zap_impl.c, zap_hash
 */
export function zapHash(salt: bigint, name: Uint8Array): bigint {
  let hash = salt;
  for (const byte of name) hash = (hash >> 8n) ^ (TABLE[Number((hash ^ BigInt(byte)) & 0xffn)] ?? 0n);
  return hash;
}
