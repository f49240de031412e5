import { layout, raw, u64 } from '../bytes/struct.ts';

/**
 * An object set, as far as every version has it; its meta-dnode is the object that holds all its dnodes.
 * Source: include/sys/dmu_objset.h, objset_phys_t (OpenZFS 2.4.99).
 */
export const OBJSET = layout('object set', 1024, {
  metaDnode: raw(0, 512),
  zilHeader: raw(512, 192),
  type: u64(704),
  flags: u64(712),
  portableMac: raw(720, 32),
  localMac: raw(752, 32),
});

/**
 * Dnodes of the space accounting and how long the block is that has them: 2048 since version 15, 4096 since the
 * feature project_quota. Source: same file, OBJSET_PHYS_SIZE_V1 to V3.
 */
export const OBJSET_ACCOUNTING = { userUsed: 1024, groupUsed: 1536, projectUsed: 2048 } as const;

/** Source: include/sys/fs/zfs.h, dmu_objset_type_t. */
export const OBJSET_TYPES = ['none', 'meta', 'zfs', 'zvol', 'other', 'any'] as const;
