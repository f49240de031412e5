/** Features by guid. Whoever lacks one of the second list may still open the pool read-only. */
export interface FeatureGuids {
  readonly read: readonly string[];
  readonly readOnlyCompatible: readonly string[];
}

/**
 * Features that a release of OpenZFS knows besides those of the releases before it in the list.
 * Source: module/zcommon/zfeature_common.c, zpool_feature_init (OpenZFS 2.1.0 to 2.4.4; all releases of a line know the same)
 */
export const FEATURES_BY_RELEASE: readonly (FeatureGuids & { readonly release: string })[] = [
  {
    release: '2.1',
    read: [
      'com.datto:bookmark_v2',
      'com.datto:encryption',
      'com.delphix:bookmark_written',
      'com.delphix:device_removal',
      'com.delphix:embedded_data',
      'com.delphix:extensible_dataset',
      'com.delphix:hole_birth',
      'com.delphix:redacted_datasets',
      'com.delphix:redaction_bookmarks',
      'com.joyent:multi_vdev_crash_dump',
      'org.freebsd:zstd_compress',
      'org.illumos:edonr',
      'org.illumos:lz4_compress',
      'org.illumos:sha512',
      'org.illumos:skein',
      'org.open-zfs:large_blocks',
      'org.openzfs:draid',
      'org.zfsonlinux:large_dnode',
    ],
    readOnlyCompatible: [
      'com.datto:resilver_defer',
      'com.delphix:async_destroy',
      'com.delphix:bookmarks',
      'com.delphix:empty_bpobj',
      'com.delphix:enabled_txg',
      'com.delphix:livelist',
      'com.delphix:log_spacemap',
      'com.delphix:obsolete_counts',
      'com.delphix:spacemap_histogram',
      'com.delphix:spacemap_v2',
      'com.delphix:zpool_checkpoint',
      'com.joyent:filesystem_limits',
      'org.openzfs:device_rebuild',
      'org.zfsonlinux:allocation_classes',
      'org.zfsonlinux:project_quota',
      'org.zfsonlinux:userobj_accounting',
    ],
  },
  {
    release: '2.2',
    read: ['com.delphix:head_errlog', 'com.klarasystems:vdev_zaps_v2', 'org.openzfs:blake3'],
    readOnlyCompatible: ['com.fudosecurity:block_cloning', 'org.openzfs:zilsaxattr'],
  },
  {
    release: '2.3',
    read: ['com.delphix:redaction_list_spill', 'org.openzfs:raidz_expansion', 'org.zfsonlinux:longname'],
    readOnlyCompatible: ['com.klarasystems:fast_dedup', 'com.klarasystems:large_microzap'],
  },
  {
    release: '2.4',
    read: ['com.klarasystems:dynamic_gang_header'],
    readOnlyCompatible: ['com.truenas:block_cloning_endian', 'com.truenas:physical_rewrite'],
  },
];

/**
 * Of no release yet: labels of 256 MiB at both ends, with larger rings of their own. Labels 0 and 1 of the old form stay,
 * labels 2 and 3 do not, and blocks lie further back on the device.
 *
 * Source: OpenZFS pull request 17573
 */
export const LARGE_LABEL = 'com.klarasystems:large_label';
