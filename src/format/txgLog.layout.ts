/**
 * Entries of one ring of the txg time log, and words before them: head, tail, length.
 * Source: include/zfs_crrd.h, rrd_t (OpenZFS 2.4.0).
 */
export const TXG_LOG = { entries: 256, headWords: 3, wordsPerEntry: 2 } as const;

/** MOS directory keys of the three rings, finest first. Source: include/sys/dmu.h, DMU_POOL_TXG_LOG_TIME_*. */
export const TXG_LOG_KEYS = {
  minutes: 'com.klarasystems:txg_log_time:minutes',
  days: 'com.klarasystems:txg_log_time:days',
  months: 'com.klarasystems:txg_log_time:months',
} as const;
