import { type ByteSource, SourceError } from './source.ts';
import { TRAILER_MAGIC } from './vdevTrace.layout.ts';

/** Where the config lies in a label, trailer included. Source: include/sys/vdev_impl.h, vdev_phys_t */
const CONFIG_AT = 0x4000;
const CONFIG_BYTES = 112 * 1024;

/** 32 bytes of digest. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/**
 * Whether the config of the label at `label` carries the checksum for that very place. Its offset goes into the
 * checksum, so a label that only passes by, inside some container, does not.
 *
 * @param label byte offset in `source`
 * Source: module/zfs/zio_checksum.c, zio_checksum_label_verifier and zio_checksum_error_impl
 */
export async function isSealedLabel(source: ByteSource, label: number, sha256: Sha256, signal?: AbortSignal) {
  const offset = label + CONFIG_AT;
  if (offset + CONFIG_BYTES > source.size) return false;
  let unit: Uint8Array;
  try {
    unit = await source.read(offset, CONFIG_BYTES, signal);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return false;
  }
  const view = new DataView(unit.buffer, unit.byteOffset, unit.length);
  const littleEndian = view.getBigUint64(CONFIG_BYTES - 40, true) === TRAILER_MAGIC;
  if (!littleEndian && view.getBigUint64(CONFIG_BYTES - 40, false) !== TRAILER_MAGIC) return false;
  const words = [0, 8, 16, 24];
  const stored = words.map((at) => view.getBigUint64(CONFIG_BYTES - 32 + at, littleEndian));
  for (const at of words) view.setBigUint64(CONFIG_BYTES - 32 + at, at === 0 ? BigInt(offset) : 0n, littleEndian);
  const digest = sha256(unit);
  const found = new DataView(digest.buffer, digest.byteOffset, digest.length);
  return words.every((at, i) => found.getBigUint64(at, false) === stored[i]);
}
