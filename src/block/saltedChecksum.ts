import { type ChecksumWords, UsageError } from '../bytes/errors.ts';
import { blake3 } from './blake3.ts';
import { edonr } from './edonr.ts';
import type { SaltedAlgorithm, SaltedChecksums } from './engine.ts';
import { skein } from './skein.ts';

/** Bytes of a pool's salt. Source: include/sys/zio_checksum.h, zio_cksum_salt_t */
export const SALT_SIZE = 32;

/**
 * The checksums that depend on a pool's salt, for one pool.
 *
 * A digest is 32 bytes on every host; a block holds it as four words of its own byte order. (OpenZFS itself verifies no
 * edonr block of the other byte order, because it swaps the wrong words.)
 *
 * @param salt 32 bytes, `org.illumos:checksum_salt` of the meta-object set; not kept
 * @throws UsageError when the salt has another size
 * Source: module/zfs/zio_checksum.c, zio_checksum_table; module/zfs/{skein,edonr,blake3}_zfs.c
 */
export function saltedChecksums(salt: Uint8Array): SaltedChecksums {
  if (salt.length !== SALT_SIZE) throw new UsageError(`a salt has ${SALT_SIZE} bytes, not ${salt.length}`);
  const key = salt.slice();
  const digests: Readonly<Record<SaltedAlgorithm, (bytes: Uint8Array) => Uint8Array>> = {
    skein: skein(key),
    edonr: edonr(key),
    blake3: (bytes) => blake3(key, bytes),
  };
  return {
    salt: key,
    checksum(algorithm, bytes, littleEndian): ChecksumWords {
      const digest = digests[algorithm](bytes);
      const view = new DataView(digest.buffer, digest.byteOffset, SALT_SIZE);
      const word = (i: number): bigint => view.getBigUint64(i * 8, littleEndian);
      return [word(0), word(1), word(2), word(3)];
    },
  };
}

/** As a load computes them before it has read the salt. Source: module/zfs/spa.c, spa_cksum_salt in spa_load_impl */
export const UNREAD_SALT: SaltedChecksums = saltedChecksums(new Uint8Array(SALT_SIZE));
