import { ASHIFT, LABEL_SIZE, SLOT_SHIFT } from './label.layout.ts';

/**
 * `size` rounded down to whole labels, from which the places of labels 2 and 3 are counted.
 *
 * Source: module/zfs/vdev.c, vdev_open; lib/libzutil/zutil_import.c, zpool_read_label
 */
export const alignedSize = (size: number): number => size - (size % LABEL_SIZE);

/**
 * Byte offset of label `index`, 0 to 3, on a device. Negative, or inside labels 0 and 1, where the device is too small
 * for four.
 *
 * @param aligned size of the device as alignedSize gives it
 * Source: module/zfs/vdev_label.c, vdev_label_offset
 */
export const labelOffset = (aligned: number, index: number): number =>
  index < 2 ? index * LABEL_SIZE : aligned - (4 - index) * LABEL_SIZE;

/**
 * Bytes of an uberblock slot under a top-level vdev of that ashift; null when no vdev has such an ashift.
 *
 * Source: include/sys/vdev_impl.h, VDEV_UBERBLOCK_SHIFT
 */
export function slotSizeOf(ashift: number | null): number | null {
  if (ashift === null || ashift < ASHIFT.min || ashift > ASHIFT.max) return null;
  return 1 << Math.min(Math.max(ashift, SLOT_SHIFT.min), SLOT_SHIFT.max);
}
