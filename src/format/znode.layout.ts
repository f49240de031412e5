import { layout, u64, words } from '../bytes/struct.ts';

/**
 * Bonus of a file before system attributes (filesystem version 5); access lists follow, to 264 bytes.
 * Source: include/sys/zfs_sa.h, znode_phys_t (OpenZFS 2.4.99).
 */
export const ZNODE = layout('znode', 144, {
  accessTime: words(0, 2),
  modificationTime: words(16, 2),
  changeTime: words(32, 2),
  creationTime: words(48, 2),
  generation: u64(64),
  mode: u64(72),
  size: u64(80),
  parent: u64(88),
  links: u64(96),
  xattr: u64(104),
  device: u64(112),
  flags: u64(120),
  user: u64(128),
  group: u64(136),
});

/**
 * Object 1 of every filesystem, and names in it.
 * Source: include/sys/zfs_znode.h, MASTER_NODE_OBJ, ZFS_ROOT_OBJ, ZFS_SA_ATTRS, ZFS_UNLINKED_SET
 */
export const MASTER_NODE = {
  object: 1n,
  root: 'ROOT',
  attributes: 'SA_ATTRS',
  version: 'VERSION',
  deleteQueue: 'DELETE_QUEUE',
} as const;
