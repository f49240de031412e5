/**
 * What the objects are for that the pool's directory names. Keys that name no object are left out.
 * Source: include/sys/dmu.h, DMU_POOL_*
 */
export const POOL_OBJECTS: Readonly<Record<string, string>> = {
  config: 'config',
  features_for_write: 'features needed to write',
  features_for_read: 'features needed to read',
  feature_descriptions: 'descriptions of features',
  feature_enabled_txg: 'txgs at which features were enabled',
  root_dataset: 'root of the datasets',
  sync_bplist: 'blocks to free at the next txg',
  errlog_scrub: 'errors of the last scrub',
  errlog_last: 'errors since the last scrub',
  spares: 'list of hot spares',
  history: 'history',
  pool_props: 'properties of the pool',
  l2cache: 'list of cache devices',
  tmp_userrefs: 'temporary holds',
  'DDT-statistics': 'statistics of deduplication',
  free_bpobj: 'blocks of destroyed snapshots to free',
  bptree_obj: 'destroyed datasets to free',
  empty_bpobj: 'the empty list of blocks',
  'com.delphix:vdev_zap_map': 'properties of vdevs',
  'com.delphix:obsolete_bpobj': 'blocks of removed vdevs to free',
  'com.delphix:log_spacemap_zap': 'list of space map logs',
  'com.delphix:deleted_clones': 'destroyed clones to free',
};

/** Keys of tables of deduplication begin so. Source: include/sys/dmu.h, DMU_POOL_DDT */
export const DEDUP_PREFIX = 'DDT-';

/** In the ZAP of a top-level vdev. Source: include/sys/fs/zfs.h, VDEV_TOP_ZAP_* */
export const TOP_VDEV_OBJECTS: Readonly<Record<string, string>> = {
  'com.delphix:indirect_obsolete_sm': 'obsolete space of',
  'com.delphix:pool_checkpoint_sm': 'space map of the checkpoint on',
  'com.delphix:ms_unflushed_phys_txgs': 'txgs up to which space maps are flushed of',
};

/** In the ZAP of a DSL directory. Source: include/sys/dsl_dir.h, DD_FIELD_* */
export const DIRECTORY_OBJECTS: Readonly<Record<string, string>> = {
  'com.datto:crypto_key_obj': 'wrapped key of',
  'com.delphix:livelist': 'livelist of',
};

/** In the ZAP of a DSL dataset. Source: include/sys/dsl_dataset.h, DS_FIELD_* */
export const DATASET_OBJECTS: Readonly<Record<string, string>> = {
  'com.delphix:bookmarks': 'bookmarks of',
  'com.delphix:remap_deadlist': 'blocks of removed vdevs of',
};

/**
 * In the master node of a filesystem.
 * Source: include/sys/zfs_znode.h; module/zcommon/zfs_prop.c, zfs_userquota_prop_prefixes
 */
export const MASTER_OBJECTS: Readonly<Record<string, string>> = {
  ROOT: 'root directory',
  DELETE_QUEUE: 'delete queue',
  SA_ATTRS: 'directory of system attributes',
  FUID: 'domains of users',
  SHARES: 'shares',
  'userquota@': 'quotas of users',
  'groupquota@': 'quotas of groups',
  'projectquota@': 'quotas of projects',
  'userobjquota@': 'quotas of objects of users',
  'groupobjquota@': 'quotas of objects of groups',
  'projectobjquota@': 'quotas of objects of projects',
};

/** In the directory of system attributes. Source: include/sys/sa_impl.h, SA_LAYOUTS, SA_REGISTRY */
export const ATTRIBUTE_OBJECTS: Readonly<Record<string, string>> = {
  LAYOUTS: 'layouts of system attributes',
  REGISTRY: 'names of system attributes',
};

/** Of a volume. Source: include/sys/zvol_impl.h, ZVOL_OBJ, ZVOL_ZAP_OBJ */
export const VOLUME_OBJECTS: Readonly<Record<string, string>> = { 1: 'content of the volume', 2: 'size of the volume' };
