import { layout, u64, words } from '../bytes/struct.ts';

/** Bytes of one of the four labels of a device. Source: include/sys/vdev_impl.h, vdev_label_t (OpenZFS 2.4.99). */
export const LABEL_SIZE = 262144;
/** Labels on a device: two in front, two at the end. Source: same file, VDEV_LABELS. */
export const LABELS = 4;

/**
 * The parts of a label, by offset in it. `blank` is left to volume tables and boot code and never read.
 * Source: include/sys/vdev_impl.h, vdev_label_t, VDEV_PAD_SIZE, VDEV_PHYS_SIZE, VDEV_UBERBLOCK_RING.
 */
export const LABEL_REGIONS = {
  blank: { offset: 0, size: 8192 },
  bootEnvironment: { offset: 0x2000, size: 8192 },
  config: { offset: 0x4000, size: 114688 },
  ring: { offset: 0x20000, size: 131072 },
} as const;

/** First word of a trailer: its byte order is the writer's. Source: include/sys/zio.h, ZEC_MAGIC. */
export const TRAILER_MAGIC = 0x0210da7ab10c7a11n;

/**
 * Ends every unit that carries its own checksum: config, boot environment, uberblock slot, gang header.
 * Source: include/sys/zio.h, zio_eck_t.
 */
export const TRAILER = layout('checksum trailer', 40, { magic: u64(0), checksum: words(8, 4) });

/** Slot sizes are 1 << ashift within these. Source: include/sys/vdev_impl.h, VDEV_UBERBLOCK_SHIFT, MAX_UBERBLOCK_SHIFT. */
export const SLOT_SHIFT = { min: 10, max: 13 } as const;
/** What an ashift can be. Source: include/sys/spa.h, SPA_MINBLOCKSHIFT; include/sys/vdev_impl.h, ASHIFT_MAX. */
export const ASHIFT = { min: 9, max: 16 } as const;
