import { layout, raw, u64 } from '../bytes/struct.ts';

/**
 * The boot environment block of a label; its version is big-endian whoever wrote it. The checksum trailer follows.
 * Source: include/sys/vdev_impl.h, vdev_boot_envblock_t; module/zfs/vdev_label.c, vdev_label_read_bootenv.
 */
export const BOOT_ENVIRONMENT = layout('boot environment', 8192, { version: u64(0), payload: raw(8, 8144) });

/** Source: include/sys/vdev_impl.h, VB_RAW and VB_NVLIST. */
export const BOOT_ENVIRONMENT_VERSIONS = { text: 0n, nvlist: 1n } as const;

/**
 * Begins the boot header that labels were made with until 2009, in the writer's byte order. Nothing ever used it.
 * Source: include/sys/vdev_impl.h, VDEV_BOOT_MAGIC; module/zfs/vdev_label.c, vdev_label_init (OpenSolaris before build 117).
 */
export const BOOT_HEADER_MAGIC = 0x2f5b007b10cn;
