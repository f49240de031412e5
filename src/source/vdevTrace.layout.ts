/** A label; four of them are on each device. Source: include/sys/vdev_impl.h, vdev_label_t */
export const LABEL_BYTES = 256 * 1024;
/** `zec_magic`, in the byte order of its writer. Source: include/sys/zio.h, zio_eck_t */
export const TRAILER_MAGIC = 0x0210da7ab10c7a11n;
/** `ub_magic`. Source: include/sys/uberblock_impl.h */
export const UBERBLOCK_MAGIC = 0x00bab10cn;
/** In a label: the trailers that end the boot environment block and the config. */
export const TRAILERS_AT = [0x3fd8, 0x1ffd8] as const;
/** In a label: places where a slot begins whatever the slot size is (1 to 8 KiB). */
export const SLOTS_AT = [0x20000, 0x24000, 0x28000, 0x2c000, 0x30000, 0x34000, 0x38000, 0x3c000] as const;
