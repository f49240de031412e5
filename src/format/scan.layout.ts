/**
 * Words of the state of a scrub or resilver, by position. The words between are a bookmark of the dedup table.
 * Source: include/sys/dsl_scan.h, dsl_scan_phys_t (OpenZFS 2.4.99).
 */
export const SCAN_WORD = {
  function: 0,
  state: 1,
  queue: 2,
  minTxg: 3,
  maxTxg: 4,
  currentMinTxg: 5,
  currentMaxTxg: 6,
  startTime: 7,
  endTime: 8,
  toExamine: 9,
  examined: 10,
  skipped: 11,
  processed: 12,
  errors: 13,
} as const;

/** Source: include/sys/fs/zfs.h, pool_scan_func_t. */
export const SCAN_FUNCTIONS = ['none', 'scrub', 'resilver', 'error scrub'] as const;
/** Source: same file, dsl_scan_state_t. */
export const SCAN_STATES = ['none', 'scanning', 'finished', 'canceled', 'error scrubbing'] as const;

/** Words of the state of a device removal. Source: include/sys/spa_impl.h, spa_removing_phys_t. */
export const REMOVAL_WORD = {
  state: 0,
  vdev: 1,
  previousIndirect: 2,
  startTime: 3,
  endTime: 4,
  toCopy: 5,
  copied: 6,
} as const;
