/** What not all releases of OpenZFS do alike when they load a pool. */
export interface ReleaseRule {
  /** First and last release that does so: `2.3.6-2.3.9, 2.4.1-2.4.4`. Releases 2.0.0 to 2.4.4 were looked at. */
  readonly holds: string;
  /** Where that is seen. */
  readonly source: string;
}

/** By its name. A step or hazard that depends on the release asks for one of these; some decide no verdict and are only told: docs/versions.md. */
export const RELEASE_RULES = {
  'rewritten-births': {
    holds: '2.4.0-2.4.4',
    source: 'module/zfs/dmu_traverse.c, get_birth_time',
  },
  'pointers-halt': {
    holds: '2.0.0-2.1.16',
    source: 'module/zfs/spa.c, spa_load_verify_cb; module/zfs/zio.c, zio_read and zfs_blkptr_verify',
  },
  'clones-fail': {
    holds: '2.3.0-2.4.4',
    source: 'module/zfs/brt.c, brt_load',
  },
  'clone-counts-held': {
    holds: '2.3.0-2.4.3',
    source: 'module/zfs/brt.c, brt_vdev_load; module/zfs/spa_misc.c, spa_evicting_os_wait',
  },
  'clone-entries-asserted': {
    holds: '2.3.0-2.4.4',
    source: 'module/zfs/brt.c, brt_vdev_load',
  },
  'clone-tables-freed': {
    holds: '2.3.0-2.4.4',
    source: 'module/zfs/brt.c, brt_vdevs_free and brt_get_dspace; module/zfs/spa.c, spa_load_retry',
  },
  'multihost-claim': {
    holds: '2.3.6-2.3.9, 2.4.1-2.4.4',
    source: 'module/zfs/mmp.c, mmp_claim_uberblock; module/zfs/spa.c, spa_ld_activity_check',
  },
  'rewind-ends-with-claim': {
    holds: '2.3.6-2.3.9, 2.4.1-2.4.4',
    source: 'module/zfs/spa.c, spa_load_best',
  },
  'checkpoint-kept': {
    holds: '2.0.0-2.3.2',
    source: 'module/zfs/spa.c, spa_unload',
  },
  'draid-rows': {
    holds: '2.3.7-2.3.9, 2.4.2-2.4.4',
    source: 'module/zfs/vdev_draid.c, vdev_draid_min_asize',
  },
  'frees-wait': {
    holds: '2.4.0-2.4.4',
    source: 'module/zfs/dsl_scan.c, dsl_scan_sync',
  },
} as const satisfies Readonly<Record<string, ReleaseRule>>;

export type RuleName = keyof typeof RELEASE_RULES;
