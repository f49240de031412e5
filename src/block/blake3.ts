import { blake3 as hash } from '@noble/hashes/blake3.js';

/**
 * 32 bytes of BLAKE3 in its keyed mode.
 *
 * @param salt 32 bytes, the key
 * Source: module/zfs/blake3_zfs.c, abd_checksum_blake3_native
 */
export const blake3 = (salt: Uint8Array, bytes: Uint8Array): Uint8Array => hash(bytes, { key: salt });
