import { TRAILER, TRAILER_MAGIC } from '../format/label.layout.ts';
import { labelVerifier } from './embeddedChecksum.ts';
import type { Engine } from './engine.ts';

/**
 * Writes the trailer of a label's config or of a ring's slot, so that it verifies at `offset` and nowhere else.
 *
 * @param unit changed: its last 40 bytes are the trailer
 * @param offset of the unit in the vdev, in bytes
 * @param littleEndian byte order of the trailer: that of the writer of the vdev
 * Source: module/zfs/zio_checksum.c, zio_checksum_compute
 */
export function sealUnit(
  unit: Uint8Array,
  offset: number,
  littleEndian: boolean,
  engine: Pick<Engine, 'checksum'>,
): void {
  const view = new DataView(unit.buffer, unit.byteOffset, unit.byteLength);
  const trailer = unit.length - TRAILER.size;
  const checksum = trailer + TRAILER.fields.checksum.offset;
  view.setBigUint64(trailer, TRAILER_MAGIC, littleEndian);
  for (const [word, value] of labelVerifier(offset).entries()) {
    view.setBigUint64(checksum + word * 8, value, littleEndian);
  }
  for (const [word, value] of engine.checksum('sha256', unit, littleEndian).entries()) {
    view.setBigUint64(checksum + word * 8, value, littleEndian);
  }
}
